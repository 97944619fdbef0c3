package web_test

import (
	"bufio"
	"context"
	"encoding/json"
	"html"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sekisho/internal/book"
	"sekisho/internal/exposure"
	"sekisho/internal/portspec"
	"sekisho/internal/reach"
	"sekisho/internal/untrusted"
	"sekisho/internal/web"
)

// acting is a vantage that hands out batches as a test has them come.
type acting struct {
	door
	batches chan exposure.Batch
}

func (a *acting) Batches(ctx context.Context, _ string, after int) ([]exposure.Batch, error) {
	select {
	case b := <-a.batches:
		b.Number = after + 1
		return []exposure.Batch{b}, nil
	case <-ctx.Done():
		return nil, nil
	}
}

func (a *acting) Station() exposure.Station {
	s := a.door.Station()
	s.Limits = exposure.JobLimits{Ports: 65536, Rate: 1000, TimeMS: 60000, AtOnce: 2, PerHour: 400}
	return s
}

const visitor = "26.10.0.2"

func pagesService() (*acting, *web.Service) {
	a := &acting{batches: make(chan exposure.Batch, 16)}
	return a, web.New(web.Config{
		Door: a, Scope: func() reach.Scope { return reach.Scope{Own: []netip.Addr{own}} },
		Reverse: func(context.Context, netip.Addr) []string { return []string{"<script>alert(1)</script>.example."} },
	})
}

// post sends a form.
func post(s *web.Service, from, path string, form url.Values, headers ...string) *httptest.ResponseRecorder {
	return ask(s, from, "POST", path, form.Encode(), append([]string{"Content-Type", "application/x-www-form-urlencoded"}, headers...)...)
}

// begun starts a look and returns its page and the cookie of its owner.
func begun(t *testing.T, s *web.Service, kind string, form url.Values) (path, cookie string) {
	t.Helper()
	form.Set("consent", "yes")
	w := post(s, visitor, "/check/"+kind, form)
	if w.Code != http.StatusSeeOther {
		t.Fatalf("%s: %d %s", kind, w.Code, w.Body)
	}
	cookie, _, _ = strings.Cut(w.Header().Get("Set-Cookie"), ";")
	return w.Header().Get("Location"), cookie
}

// ended waits until a look is over.
func ended(t *testing.T, s *web.Service, path string) string {
	t.Helper()
	w := ask(s, visitor, "GET", path+"/events", "")
	if !strings.Contains(w.Body.String(), "event: end") {
		t.Fatalf("%s: no end: %s", path, w.Body)
	}
	for range 500 {
		var d struct{ State exposure.LookState }
		w := ask(s, visitor, "GET", path+"/result.json", "")
		if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil {
			t.Fatal(err)
		}
		if d.State == exposure.LookDone || d.State == exposure.LookInterrupted {
			return w.Body.String()
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("the look does not end")
	return ""
}

func seenAs(transport exposure.Transport, state exposure.State, reason exposure.Reason, ports ...uint16) exposure.Batch {
	return exposure.Batch{Alike: []exposure.AlikePorts{{Transport: transport, Ports: ports, State: state, Reason: reason}}}
}

func isOpen(port uint16) exposure.Observation {
	return exposure.Observation{Address: netip.MustParseAddr(visitor), Transport: exposure.TCP, Port: port, State: exposure.Open, Reason: exposure.SynAck, View: exposure.ViewOutside}
}

const hostile = "</code></textarea><script>alert(1)</script><img src=x onerror=alert(1)>\x1b[31m\r\nX: y\u202e{{.}}"

// TestHostileWordsAreInert: whatever a service, a name or a browser says, no page
// has a tag of it and no text a control.
func TestHostileWordsAreInert(t *testing.T) {
	a, s := pagesService()
	text := untrusted.New(hostile, 0)
	path, cookie := begun(t, s, "custom", url.Values{"ports": {"22,443"}, "own": {"22"}})
	a.batches <- exposure.Batch{
		Observations: []exposure.Observation{isOpen(22), isOpen(443)},
		Services: []exposure.JobService{
			{Transport: exposure.TCP, Port: 22, Service: exposure.Service{
				Protocol: "ssh", Product: text, Version: text, Banner: text, Confidence: exposure.Confirmed,
				Facts: exposure.Facts{"hostname": text, "computer_name": text, "host_keys": []untrusted.Text{text}},
			}},
			{Transport: exposure.TCP, Port: 443, Service: exposure.Service{
				Protocol: "http", Banner: text, Confidence: exposure.Confirmed, Facts: exposure.Facts{"server": text, "title": text},
				TLS: &exposure.TLS{Certificate: &exposure.Certificate{Subject: text, Issuer: text, Names: []untrusted.Text{text}, NotAfter: time.Now()}},
			}},
		},
	}
	a.batches <- exposure.Batch{Done: true, Summary: &exposure.ScanSummary{Complete: true}}
	ended(t, s, path)
	pages := []string{"/", "/check/custom?ports=" + url.QueryEscape(hostile), path, path + "/report.txt", path + "/forum.txt", "/results", "/about", "/check/" + url.PathEscape(hostile), "/look/" + url.PathEscape(hostile)}
	for _, page := range pages {
		for _, language := range []string{"en", "ja"} {
			w := ask(s, visitor, "GET", page, "", "Accept-Language", language, "Cookie", cookie, "User-Agent", hostile, "Referer", hostile, "Sec-CH-UA", hostile)
			body := w.Body.String()
			if strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
				for _, bad := range []string{"<script>", "<img", "onerror=\"", "</textarea><s"} {
					if strings.Contains(body, bad) {
						t.Errorf("%s (%s) holds %s", page, language, bad)
					}
				}
				if got := w.Header().Get("Content-Security-Policy"); strings.Contains(got, "unsafe") || !strings.Contains(got, "default-src 'none'") {
					t.Errorf("%s: policy %q", page, got)
				}
			}
			if strings.ContainsAny(body, "\x1b\u202e⟦") {
				t.Errorf("%s (%s) holds a control, or a message that is missing: %q", page, language, body)
			}
		}
	}
	forum := ask(s, visitor, "GET", path+"/forum.txt", "").Body.String()
	if strings.Contains(forum, visitor) || strings.Contains(forum, "alert") || !strings.Contains(forum, "26.10.x.x") || !strings.Contains(forum, "22/tcp ssh") {
		t.Errorf("for a forum: %s", forum)
	}
	bad := post(s, visitor, "/check/custom", url.Values{"ports": {hostile}, "consent": {"yes"}, "own": {hostile}})
	if bad.Code != 400 || strings.Contains(bad.Body.String(), "<script>alert") {
		t.Errorf("%d %s", bad.Code, bad.Body)
	}
}

// TestVerdictIsAgainstWhatRuns: an open port is a pass where it is meant, and a
// fail where it is not; what is said to run and is not reachable is one.
func TestVerdictIsAgainstWhatRuns(t *testing.T) {
	silent := seenAs(exposure.TCP, exposure.Filtered, exposure.NoResponse, 22, 443)
	open := exposure.Batch{Observations: []exposure.Observation{isOpen(80)}}
	shut := seenAs(exposure.TCP, exposure.Closed, exposure.Reset, 80)
	for name, c := range map[string]struct {
		runs    []string
		own     string
		batches []exposure.Batch
		ended   exposure.JobEnd
		want    exposure.Outcome
	}{
		"open and meant":            {[]string{"web"}, "", []exposure.Batch{open, silent}, "", exposure.Pass},
		"open and meant by number":  {nil, "80", []exposure.Batch{open, silent}, "", exposure.Pass},
		"open and not meant":        {nil, "", []exposure.Batch{open, silent}, "", exposure.Fail},
		"meant and closed":          {[]string{"web"}, "", []exposure.Batch{shut, silent}, "", exposure.Fail},
		"nothing open, none meant":  {nil, "", []exposure.Batch{shut, silent}, "", exposure.Pass},
		"games closed":              {[]string{"games"}, "", []exposure.Batch{shut, silent}, "", exposure.Pass},
		"not looked at to the end":  {nil, "", []exposure.Batch{silent}, exposure.EndHeartbeat, exposure.Inconclusive},
		"the vantage could not see": {nil, "", []exposure.Batch{shut, seenAs(exposure.TCP, exposure.Unknown, exposure.LocalError, 22, 443)}, "", exposure.Inconclusive},
	} {
		a, s := pagesService()
		path, _ := begun(t, s, "custom", url.Values{"ports": {"22,80,443"}, "runs": c.runs, "own": {c.own}})
		for _, b := range c.batches {
			a.batches <- b
		}
		a.batches <- exposure.Batch{Done: true, Ended: c.ended}
		var d struct{ Verdict exposure.Outcome }
		if err := json.Unmarshal([]byte(ended(t, s, path)), &d); err != nil || d.Verdict != c.want {
			t.Errorf("%s: %s, want %s (%v)", name, d.Verdict, c.want, err)
		}
	}
}

// TestSilenceOnPortsThatProvidersCut is no state of the port where nothing proves
// that the vantage sends there.
func TestSilenceOnPortsThatProvidersCut(t *testing.T) {
	a, s := pagesService()
	path, _ := begun(t, s, "custom", url.Values{"ports": {"25,26,27"}})
	a.batches <- seenAs(exposure.TCP, exposure.Filtered, exposure.NoResponse, 25, 26)
	a.batches <- seenAs(exposure.TCP, exposure.Closed, exposure.Reset, 27)
	a.batches <- exposure.Batch{Done: true}
	var d struct {
		Counts map[string]int
		Alike  []exposure.AlikePorts
		Ports  []exposure.Port
	}
	if err := json.Unmarshal([]byte(ended(t, s, path)), &d); err != nil || d.Counts["unknown"] != 1 || d.Counts["silent"] != 1 {
		t.Errorf("%+v, %v", d, err)
	}
	// The other one is silent, with the note; the one that answered needs none.
	if len(d.Alike) != 2 || d.Alike[0].Detail != exposure.EgressUnproven || d.Alike[1].Detail != "" || d.Ports[0].Observations[0].Detail != exposure.EgressUnproven {
		t.Errorf("%+v %+v", d.Alike, d.Ports)
	}
	page := ask(s, visitor, "GET", path, "").Body.String()
	for _, words := range []string{"this vantage on TCP 26 within the last hour", "can send to TCP 25 at all"} {
		if !strings.Contains(page, words) {
			t.Errorf("the page lacks %q: %s", words, page)
		}
	}
}

// TestEventsArriveAsTheyCome: who watches is told of each batch, and who comes
// again of what is new.
func TestEventsArriveAsTheyCome(t *testing.T) {
	a, s := pagesService()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.RemoteAddr = visitor + ":40000"
		s.ServeHTTP(w, r)
	}))
	defer server.Close()
	path, _ := begun(t, s, "grid", url.Values{})
	answer, err := http.Get(server.URL + path + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("%v", answer.Header)
	}
	lines := bufio.NewScanner(answer.Body)
	next := func(want string) {
		t.Helper()
		for lines.Scan() {
			if strings.Contains(lines.Text(), want) {
				return
			}
		}
		t.Fatalf("the stream ends without %s: %v", want, lines.Err())
	}
	a.batches <- seenAs(exposure.TCP, exposure.Closed, exposure.Reset, 0, 1, 2)
	next(`"ports":"0-2","form":"closed","verdict":"pass"`)
	a.batches <- exposure.Batch{Observations: []exposure.Observation{isOpen(80)}}
	next(`"open":[{"port":"80/tcp","name":"http"}]`)
	again := httptest.NewRequest("GET", path+"/events", nil)
	a.batches <- exposure.Batch{Done: true}
	next("event: end")
	again.RemoteAddr = visitor + ":40000"
	again.Header.Set("Last-Event-ID", "1")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, again)
	if body := w.Body.String(); strings.Contains(body, `"ports":"0-2"`) || !strings.Contains(body, `"ports":"80"`) {
		t.Errorf("after the first: %s", body)
	}
}

// TestOneFormIsOneLook: a double click starts nothing twice, another site nothing
// at all, and nobody but the owner deletes.
func TestOneFormIsOneLook(t *testing.T) {
	a, s := pagesService()
	form := url.Values{"consent": {"yes"}, "token": {"T"}, "ports": {"22"}}
	first, cookie := begun(t, s, "port", form)
	if w := post(s, visitor, "/check/port", form, "Cookie", cookie); w.Header().Get("Location") != first {
		t.Errorf("again: %d %s, want %s", w.Code, w.Header().Get("Location"), first)
	}
	if w := post(s, visitor, "/check/port", form, "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"); w.Code != 403 {
		t.Errorf("another site: %d", w.Code)
	}
	if w := post(s, visitor, "/check/port", url.Values{"ports": {"22"}}); w.Code != 400 {
		t.Errorf("no consent: %d", w.Code)
	}
	if w := ask(s, visitor, "GET", "/check/port?consent=yes&ports=22", ""); w.Code != 200 {
		t.Errorf("a link: %d", w.Code)
	}
	if len(a.planned) != 1 {
		t.Fatalf("%d looks were planned", len(a.planned))
	}
	if c := a.planned[0].Grant.Consent; !strings.Contains(c.Text, visitor) || c.Scope == "" || c.At.IsZero() {
		t.Errorf("consent %+v", c)
	}
	a.batches <- exposure.Batch{Done: true}
	ended(t, s, first)
	for _, c := range []struct {
		cookie string
		want   int
	}{{"", 403}, {"sekisho_owner=AAAAAAAAAAAAAAAAAAAAAAAAAA", 403}, {cookie, 303}, {cookie, 404}} {
		if w := post(s, visitor, first+"/delete", url.Values{}, "Cookie", c.cookie); w.Code != c.want {
			t.Errorf("delete with %q: %d, want %d", c.cookie, w.Code, c.want)
		}
	}
	if strings.Contains(ask(s, visitor, "GET", "/results", "").Body.String(), "/look/") {
		t.Error("results of another browser are listed")
	}
}

// TestConsentIsForTheAddressOnThePage: a form that comes from another address than
// its page starts nothing, and is shown again with the address that it would be now.
func TestConsentIsForTheAddressOnThePage(t *testing.T) {
	const v6 = "2608:26::2"
	a, s := pagesService()
	shown := regexp.MustCompile(`name="shown" value="([^"]+)"`)
	for _, kind := range []string{"quick", "port", "custom", "ftp", "mail"} {
		page := shown.FindStringSubmatch(ask(s, v6, "GET", "/check/"+kind, "").Body.String())
		if page == nil || page[1] != v6 {
			t.Fatalf("%s does not say whom it is about: %q", kind, page)
		}
		form := url.Values{"consent": {"yes"}, "token": {kind}, "ports": {"22", "25"}, "modes": {"pasv"}, "shown": {page[1]}}
		w := post(s, visitor, "/check/"+kind, form)
		again := shown.FindStringSubmatch(w.Body.String())
		if w.Code != http.StatusConflict || len(a.planned) != 0 || again == nil || again[1] != visitor {
			t.Errorf("%s: %d, %d looks planned, now about %q", kind, w.Code, len(a.planned), again)
		}
	}
	first, cookie := begun(t, s, "port", url.Values{"ports": {"22"}, "shown": {visitor}, "token": {"A"}})
	// Another tab of the same browser is a look of its own.
	second := post(s, visitor, "/check/port", url.Values{"consent": {"yes"}, "token": {"B"}, "ports": {"23"}, "shown": {visitor}}, "Cookie", cookie)
	if at := second.Header().Get("Location"); second.Code != http.StatusSeeOther || at == first || len(a.planned) != 2 {
		t.Errorf("two tabs: %d %s beside %s", second.Code, at, first)
	}
}

// TestHeartbeatIsTheVisitors: only the browser that asked, at the address that is
// looked at, keeps a look alive.
func TestHeartbeatIsTheVisitors(t *testing.T) {
	a, s := pagesService()
	path, cookie := begun(t, s, "port", url.Values{"ports": {"22"}})
	before := len(a.granted)
	for _, c := range []struct{ from, cookie string }{{"26.10.0.3", cookie}, {visitor, ""}, {"26.10.0.3", ""}} {
		ask(s, c.from, "GET", path, "", "Cookie", c.cookie)
		post(s, c.from, path+"/beat", url.Values{}, "Cookie", c.cookie)
	}
	ask(s, visitor, "GET", path, "", "Cookie", cookie, "Via", "1.1 proxy")
	if len(a.granted) != before {
		t.Errorf("%d heartbeats of others", len(a.granted)-before)
	}
	ask(s, visitor, "GET", path, "", "Cookie", cookie)
	if w := post(s, visitor, path+"/beat", url.Values{}, "Cookie", cookie); w.Code != 204 || len(a.granted) != before+2 {
		t.Errorf("%d, %d heartbeats", w.Code, len(a.granted)-before)
	}
}

// TestTextAsOldForumsKnowIt holds the layout of ShieldsUP!'s report.
func TestTextAsOldForumsKnowIt(t *testing.T) {
	a, s := pagesService()
	path, _ := begun(t, s, "custom", url.Values{"ports": {"79-82"}})
	a.batches <- exposure.Batch{Observations: []exposure.Observation{isOpen(80)}}
	a.batches <- seenAs(exposure.TCP, exposure.Filtered, exposure.NoResponse, 79, 81, 82)
	a.batches <- exposure.Batch{Done: true}
	ended(t, s, path)
	text := ask(s, visitor, "GET", path+"/report.txt", "").Body.String()
	want := `Results from scan of ports: 79-82

    1 Ports Open
    0 Ports Closed
    3 Ports Stealth
---------------------
    4 Ports Tested

The port found to be OPEN was: 80
NO PORTS were found to be CLOSED.
Other than what is listed above, all ports are STEALTH.

Fully silent: FAILED - NOT all tested ports were STEALTH,
`
	if !strings.Contains(text, want) {
		t.Errorf("%s", text)
	}
}

// TestLanguage is the one that the visitor prefers, or chose.
func TestLanguage(t *testing.T) {
	_, s := pagesService()
	for _, c := range []struct{ path, accept, cookie, want string }{
		{"/", "", "", "en"},
		{"/", "ja,en;q=0.8", "", "ja"},
		{"/", "fr, en;q=0.5, ja;q=0.4", "", "en"},
		{"/", "en;q=0.2, ja-JP;q=0.9", "", "ja"},
		{"/?lang=ja", "en", "", "ja"},
		{"/", "en", "sekisho_lang=ja", "ja"},
		{"/?lang=xx", "en", "sekisho_lang=\"><", "en"},
	} {
		w := ask(s, visitor, "GET", c.path, "", "Accept-Language", c.accept, "Cookie", c.cookie)
		if !strings.Contains(w.Body.String(), `<html lang="`+c.want+`"`) {
			t.Errorf("%+v: %.80s", c, w.Body)
		}
	}
}

// TestMessagesOfPagesAreUsed: every message is in a page or in the code.
func TestMessagesOfPagesAreUsed(t *testing.T) {
	var text strings.Builder
	for _, pattern := range []string{"*.go", "pages/*.html"} {
		files, err := fs.Glob(os.DirFS("."), pattern)
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, err)
		}
		for _, f := range files {
			b, err := os.ReadFile(filepath.FromSlash(f))
			if err != nil {
				t.Fatal(err)
			}
			text.Write(b)
		}
	}
	var families []string
	for _, m := range regexp.MustCompile(`(?:printf "|"web\.)([a-z-]+-)(?:%s|")`).FindAllStringSubmatch(text.String(), -1) {
		families = append(families, m[1])
	}
	b, err := os.ReadFile("../lang/en.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`"web\.([a-z0-9-]+)"`).FindAllStringSubmatch(string(b), -1) {
		used := strings.Contains(text.String(), `T "`+m[1]+`"`) || strings.Contains(text.String(), `"web.`+m[1]+`"`)
		for _, f := range append(families, "leg-", "title-") {
			used = used || strings.HasPrefix(m[1], f)
		}
		if !used {
			t.Errorf("nobody says web.%s", m[1])
		}
	}
}

// TestBookHasEveryService: each service of the catalogue has a page with all that
// the book says of it, in both languages, and each number leads somewhere.
func TestBookHasEveryService(t *testing.T) {
	_, s := pagesService()
	get := func(path, tag string) string {
		t.Helper()
		w := ask(s, visitor, "GET", path, "", "Accept-Language", tag)
		if w.Code != 200 || !strings.Contains(w.Body.String(), "</html>") {
			t.Fatalf("%s: %d %.200s", path, w.Code, w.Body)
		}
		return html.UnescapeString(w.Body.String())
	}
	for _, tag := range []string{"en", "ja"} {
		all := get("/book", tag)
		for _, service := range portspec.Services() {
			e := book.Entry(service, tag == "ja")
			page := get("/book/"+service.Name, tag)
			for _, text := range append([]string{e.Summary, e.Session, e.Risk, e.Close, e.Successor}, e.Facts...) {
				if !strings.Contains(page, text) {
					t.Errorf("%s, %s: the page does not say %q", service.Name, tag, text)
				}
			}
			for _, d := range e.Diagrams {
				for _, step := range d.Steps {
					if !strings.Contains(page, step.Text) {
						t.Errorf("%s, %s: the drawing lacks %q", service.Name, tag, step.Text)
					}
				}
			}
			if !strings.Contains(all, `href="/book/`+service.Name+`"`) {
				t.Errorf("%s: not in the list", service.Name)
			}
		}
	}
	for path, want := range map[string]string{
		"/book?q=443/tcp":                    `<a href="/book/https">https</a> 443/tcp`,
		"/book?q=1023/tcp":                   "No service that the book knows uses it.",
		"/book?q=0/tcp":                      `href="/check/port?ports=0"`,
		"/book?q=telnett":                    `<a href="/book/telnet">telnet</a>?`,
		"/book?q=ports":                      "49152-65535",
		"/book?q=%3Cscript%3Ealert(1)":       "has nothing for",
		"/book?q=" + strings.Repeat("é", 99): "has nothing for",
	} {
		if page := get(path, "en"); !strings.Contains(page, want) {
			t.Errorf("%s: no %q in %.3000s", path, want, page)
		}
	}
	if w := ask(s, visitor, "GET", "/book?q=%3Cscript%3Ealert(1)", ""); strings.Contains(w.Body.String(), "<script>") {
		t.Error("a word is taken for markup")
	}
	if w := ask(s, visitor, "GET", "/book/nothing-of-that-name", ""); w.Code != 404 {
		t.Errorf("a service that is none: %d", w.Code)
	}
}

// slow is a vantage that takes its time to plan.
type slow struct {
	*acting
	planning, plan chan struct{}
}

func (s slow) Plan(ctx context.Context, job exposure.Job) (exposure.Plan, error) {
	s.planning <- struct{}{}
	<-s.plan
	if err := ctx.Err(); err != nil {
		return exposure.Plan{}, err
	}
	return s.acting.Plan(ctx, job)
}

// TestDoubleClick: the second click takes the first request back before it is
// answered. There is one look all the same, and the second one leads to it; also
// for somebody who comes for the first time.
func TestDoubleClick(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := slow{&acting{batches: make(chan exposure.Batch, 1)}, make(chan struct{}), make(chan struct{})}
		s := web.New(web.Config{Door: d, Scope: func() reach.Scope { return reach.Scope{Own: []netip.Addr{own}} }})
		cookie, _, set := strings.Cut(ask(s, visitor, "GET", "/check/port", "").Header().Get("Set-Cookie"), ";")
		if !set {
			t.Fatal("the form comes without a cookie, so that a second click is somebody else's")
		}
		click := func(ctx context.Context) *httptest.ResponseRecorder {
			form := url.Values{"consent": {"yes"}, "token": {"T"}, "ports": {"22"}}
			r := httptest.NewRequestWithContext(ctx, "POST", "http://vantage.example/check/port", strings.NewReader(form.Encode()))
			r.RemoteAddr = visitor + ":40000"
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Cookie", cookie)
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			return w
		}
		first, back := context.WithCancel(t.Context())
		go click(first)
		<-d.planning
		second := make(chan *httptest.ResponseRecorder, 1)
		go func() { second <- click(t.Context()) }()
		synctest.Wait()
		back()
		d.plan <- struct{}{}
		w := <-second
		at := w.Header().Get("Location")
		if w.Code != 303 || len(d.planned) != 1 || ask(s, visitor, "GET", at, "", "Cookie", cookie).Code != 200 {
			t.Errorf("%d %s, %d looks: %s", w.Code, at, len(d.planned), w.Body)
		}
		d.batches <- exposure.Batch{Done: true}
		synctest.Wait()
	})
}
