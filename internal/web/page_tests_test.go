package web_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/reach"
	"sekisho/internal/untrusted"
	"sekisho/internal/web"
)

var everyMode = []string{"pasv", "epsv", "port", "eprt"}

// secretly sends a form inside TLS.
func secretly(s *web.Service, path string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "https://vantage.example"+path, strings.NewReader(form.Encode()))
	r.RemoteAddr, r.TLS = visitor+":40000", &tls.ConnectionState{}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// TestFormsOfTests: what a form of a test asks for, and which are refused with a
// sentence before anything is planned.
func TestFormsOfTests(t *testing.T) {
	for name, c := range map[string]struct {
		kind  string
		form  url.Values
		from  string
		clear bool
		want  int
		words string
	}{
		"anonymous":           {kind: "ftp", form: url.Values{"modes": everyMode}, want: 303},
		"anonymous_in_clear":  {kind: "ftp", form: url.Values{"modes": everyMode}, clear: true, want: 303},
		"login":               {kind: "ftp", form: url.Values{"modes": everyMode, "user": {"kaisha"}, "password": {"himitsu"}}, want: 303},
		"login_in_clear":      {kind: "ftp", form: url.Values{"modes": everyMode, "user": {"kaisha"}, "password": {"himitsu"}}, clear: true, want: 403, words: "over HTTPS"},
		"password_in_clear":   {kind: "ftp", form: url.Values{"modes": everyMode, "password": {"himitsu"}}, clear: true, want: 403, words: "over HTTPS"},
		"user_in_clear":       {kind: "ftp", form: url.Values{"modes": everyMode, "user": {"kaisha"}}, clear: true, want: 403, words: "over HTTPS"},
		"password_alone":      {kind: "ftp", form: url.Values{"modes": everyMode, "password": {"himitsu"}}, want: 400, words: "a user and a password"},
		"two_lines":           {kind: "ftp", form: url.Values{"modes": everyMode, "user": {"a\r\nDELE b"}, "password": {"himitsu"}}, want: 400, words: "one line"},
		"long_login":          {kind: "ftp", form: url.Values{"modes": everyMode, "user": {strings.Repeat("a", 300)}}, want: 400, words: "one line"},
		"file_of_two_lines":   {kind: "ftp", form: url.Values{"modes": everyMode, "file": {"a\r\nDELE b"}}, want: 400, words: "one line"},
		"no_mode":             {kind: "ftp", form: url.Values{}, want: 400, words: "at least one mode"},
		"strange_mode":        {kind: "ftp", form: url.Values{"modes": {"telepathy"}}, want: 400, words: "at least one mode"},
		"port_0":              {kind: "ftp", form: url.Values{"modes": everyMode, "port": {"0"}}, want: 400, words: "1 to 65535"},
		"port_70000":          {kind: "ftp", form: url.Values{"modes": everyMode, "port": {"70000"}}, want: 400, words: "1 to 65535"},
		"own_address":         {kind: "ftp", form: url.Values{"modes": everyMode, "host": {visitor}}, want: 303},
		"own_name":            {kind: "ftp", form: url.Values{"modes": everyMode, "host": {"My.example."}}, want: 303},
		"another_address":     {kind: "ftp", form: url.Values{"modes": everyMode, "host": {"26.10.0.77"}}, want: 403, words: "Only the address"},
		"mapped_address":      {kind: "ftp", form: url.Values{"modes": everyMode, "host": {"::ffff:26.10.0.77"}}, want: 403, words: "Only the address"},
		"another_name":        {kind: "ftp", form: url.Values{"modes": everyMode, "host": {"other.example"}}, want: 403, words: "leads to 26.10.0.77"},
		"name_without":        {kind: "ftp", form: url.Values{"modes": everyMode, "host": {"empty.example"}}, want: 400, words: "has no address"},
		"name_unasked":        {kind: "ftp", form: url.Values{"modes": everyMode, "host": {"away.example"}}, want: 503, words: "could not be looked up"},
		"no_name":             {kind: "ftp", form: url.Values{"modes": everyMode, "host": {"a b<i>"}}, want: 400, words: "no name of a host"},
		"mail":                {kind: "mail", form: url.Values{"ports": {"25", "993"}}, want: 303},
		"mail_at_no_port":     {kind: "mail", form: url.Values{"ports": {"22"}}, want: 400, words: "at least one port"},
		"refused_address":     {kind: "ftp", form: url.Values{"modes": everyMode}, from: "10.1.1.1", clear: true, want: 403},
		"through_a_web_proxy": {kind: "mail", form: url.Values{"ports": {"25"}}, from: "192.0.2.1", clear: true, want: 403},
	} {
		t.Run(name, func(t *testing.T) {
			a := &acting{batches: make(chan exposure.Batch, 16)}
			s := web.New(web.Config{Door: a, Scope: func() reach.Scope { return reach.Scope{Own: []netip.Addr{own}} }, Names: called})
			c.form.Set("consent", "yes")
			var w *httptest.ResponseRecorder
			switch {
			case c.from != "":
				w = post(s, c.from, "/check/"+c.kind, c.form)
			case c.clear:
				w = post(s, visitor, "/check/"+c.kind, c.form)
			default:
				w = secretly(s, "/check/"+c.kind, c.form)
			}
			if w.Code != c.want || !strings.Contains(w.Body.String(), c.words) || strings.Contains(w.Body.String(), "<i>") {
				t.Fatalf("%d, want %d with %q: %s", w.Code, c.want, c.words, w.Body)
			}
			if strings.Contains(w.Body.String(), "himitsu") {
				t.Error("the password is told")
			}
			if planned := len(a.planned); planned != map[bool]int{true: 1}[c.want == 303] {
				t.Errorf("%d jobs", planned)
			}
		})
	}
}

// called is a resolver.
func called(_ context.Context, name string) []exposure.NameAnswer {
	found := func(addresses ...netip.Addr) []exposure.NameAnswer {
		outcome := exposure.NameFound
		if len(addresses) == 0 {
			outcome = exposure.NameNoData
		}
		return []exposure.NameAnswer{{Record: "A", Outcome: outcome, Addresses: addresses}}
	}
	switch name {
	case "my.example":
		return found(netip.MustParseAddr("26.10.0.77"), netip.MustParseAddr(visitor))
	case "other.example":
		return found(netip.MustParseAddr("26.10.0.77"))
	case "empty.example":
		return found()
	}
	return []exposure.NameAnswer{{Record: "A", Outcome: exposure.NameNoResponse}}
}

// TestJobOfFTPTest: the form as the vantage is asked, and no login in what is kept.
func TestJobOfFTPTest(t *testing.T) {
	a := &acting{batches: make(chan exposure.Batch, 16)}
	s := web.New(web.Config{Door: a, Scope: func() reach.Scope { return reach.Scope{Own: []netip.Addr{own}} }, Names: called})
	form := url.Values{
		"consent": {"yes"}, "token": {"T1"}, "host": {"my.example"}, "tls": {"first"}, "port": {""}, "user": {"kaisha"}, "password": {" himitsu "}, "modes": {"pasv", "eprt"},
		"file": {"a.txt"}, "upload": {"yes"},
	}
	w := secretly(s, "/check/ftp", form)
	if w.Code != 303 || len(a.planned) != 1 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	job := a.planned[0]
	test := exposure.JobTest{Protocol: "ftp", Port: 990, TLS: exposure.JobTLSFirst, Modes: []string{"pasv", "eprt"}, File: "a.txt", Write: true, OnlyOpen: true}
	if got := job.Tests; len(got) != 1 || got[0].Port != 990 || got[0].TLS != test.TLS || !slices.Equal(got[0].Modes, test.Modes) || got[0].File != test.File || !got[0].Write || !got[0].OnlyOpen {
		t.Errorf("%+v", got)
	}
	if job.Name != "my.example" || job.Address.String() != visitor || len(job.Logins) != 1 || job.Logins[0].Password != " himitsu " || !slices.Equal(job.TCP, exposure.PortList{990}) {
		t.Errorf("%+v", job)
	}
	if scope := job.Grant.Consent.Scope; !strings.Contains(scope, "ftp 990 with an upload") {
		t.Errorf("scope %q", scope)
	}
	// A double click: the browser has its cookie from the first answer by then.
	cookie, _, _ := strings.Cut(w.Header().Get("Set-Cookie"), ";")
	form.Set("token", "T2")
	one, two := post(s, visitor, "/check/mail", url.Values{"consent": {"yes"}, "token": {"T3"}, "ports": {"25"}}, "Cookie", cookie), post(s, visitor, "/check/mail", url.Values{"consent": {"yes"}, "token": {"T3"}, "ports": {"25"}}, "Cookie", cookie)
	if len(a.planned) != 2 || one.Header().Get("Location") != two.Header().Get("Location") {
		t.Errorf("%d jobs, %s and %s", len(a.planned), one.Header().Get("Location"), two.Header().Get("Location"))
	}
	// From a page of another site nothing begins.
	if w := post(s, visitor, "/check/mail", url.Values{"consent": {"yes"}, "ports": {"25"}}, "Sec-Fetch-Site", "cross-site", "Origin", "https://other.example"); w.Code != 403 || len(a.planned) != 2 {
		t.Errorf("%d, %d jobs", w.Code, len(a.planned))
	}
}

// TestTestsAreShown: steps come as events, the page, the document and the texts have
// the test with its findings, and what a server says is inert in all of them.
func TestTestsAreShown(t *testing.T) {
	a, s := pagesService()
	path, cookie := begun(t, s, "ftp", url.Values{"modes": everyMode})
	text := untrusted.New(hostile, 0)
	address := netip.MustParseAddr(visitor)
	flow := func(from, to string, row exposure.FlowRow) exposure.Flow {
		return exposure.Flow{Row: row, From: netip.MustParseAddrPort(from), To: netip.MustParseAddrPort(to), What: hostile}
	}
	a.batches <- exposure.Batch{Observations: []exposure.Observation{isOpen(21)}}
	a.batches <- exposure.Batch{Steps: []exposure.JobStep{
		{Step: exposure.Step{ID: "ftp-greeting", Result: exposure.StepOK, Said: text, Facts: exposure.Facts{"features": []untrusted.Text{text}}}},
		{Step: exposure.Step{ID: "ftp-login", Result: exposure.StepOK, Asked: "USER anonymous, PASS", Said: text}},
		{Test: 7, Step: exposure.Step{ID: "ftp-login"}}, // of no test
	}}
	// Without a script the page has the dialogue when it is loaded again.
	reloaded := ""
	for !strings.Contains(reloaded, `id="s0-1"`) && t.Context().Err() == nil {
		reloaded = ask(s, visitor, "GET", path, "", "Cookie", cookie).Body.String()
	}
	if !strings.Contains(reloaded, `http-equiv="refresh"`) || !strings.Contains(reloaded, "greeting and features") || strings.Contains(reloaded, "<script>alert") {
		t.Errorf("while it runs: %s", reloaded)
	}
	a.batches <- exposure.Batch{
		Steps: []exposure.JobStep{
			{Step: exposure.Step{ID: "ftp-pasv-list", Result: exposure.StepOK}},
			{Step: exposure.Step{ID: "ftp-pasv-get", Result: exposure.StepOK, Asked: hostile}},
			{Step: exposure.Step{ID: "ftp-port-list", Result: exposure.StepFailed, Why: "ftp-data-silent", Detail: hostile}},
			{Step: exposure.Step{ID: "ftp-epsv-get", Result: exposure.StepSkipped, Why: "ftp-no-file"}},
			{Step: exposure.Step{ID: "ftp-pasv-put", Result: exposure.StepOK}},
		},
		Tested: []exposure.JobTested{{Test: 0, State: exposure.Open, Flow: []exposure.Flow{
			flow("26.10.0.1:40001", visitor+":21", exposure.FlowControl), flow(visitor+":50001", "26.10.0.1:40002", exposure.FlowTransfer),
		}, Service: exposure.Service{
			Address: address, Protocol: "ftp", Banner: text, Product: text, Confidence: exposure.Confirmed,
			Facts: exposure.Facts{"logged_in": true, "anonymous": true, "pasv": untrusted.New("ok", 0), "port": untrusted.New("silent", 0), "upload_left": []untrusted.Text{text}},
		}}},
	}
	a.batches <- exposure.Batch{Done: true, Summary: &exposure.ScanSummary{Complete: true}}
	events := ask(s, visitor, "GET", path+"/events", "", "Cookie", cookie).Body.String()
	for _, word := range []string{`"at":"s0-0"`, `"at":"s0-6"`, `"name":"PASV: list of files"`, `"why":"no data connection: no answer"`} {
		if !strings.Contains(events, word) {
			t.Errorf("no %s in the events: %s", word, events)
		}
	}
	var d struct {
		Verdict exposure.Outcome
		Tests   []struct {
			Steps    []exposure.Step
			Findings []exposure.Finding
			Flow     []exposure.Flow
		}
	}
	if err := json.Unmarshal([]byte(ended(t, s, path)), &d); err != nil || len(d.Tests) != 1 || len(d.Tests[0].Steps) != 7 || len(d.Tests[0].Findings) == 0 || len(d.Tests[0].Flow) != 2 {
		t.Fatalf("%v %+v", err, d)
	}
	for _, language := range []string{"en", "ja"} {
		for _, page := range []string{path, path + "/forum.txt", path + "/report.txt"} {
			body := ask(s, visitor, "GET", page, "", "Cookie", cookie, "Accept-Language", language).Body.String()
			for _, bad := range []string{"<script>alert", "<img", "\x1b", "\u202e", "⟦"} {
				if strings.Contains(body, bad) {
					t.Errorf("%s (%s) holds %q", page, language, bad)
				}
			}
			words := []string{"PASV", ":50001", "40002"}
			if page == path {
				words = []string{"50001", "40002", "26.10.0.1", map[string]string{"en": "your test file is still public", "ja": "まだ公開されたまま"}[language], map[string]string{"en": "Your test file is still public", "ja": "テストからは消せませんでした"}[language]}
			}
			for _, word := range words {
				if !strings.Contains(body, word) {
					t.Errorf("%s (%s) lacks %q: %s", page, language, word, body)
				}
			}
			if strings.HasSuffix(page, ".txt") && (strings.Contains(body, visitor) || strings.Contains(body, "alert")) {
				t.Errorf("%s tells what is to be masked: %s", page, body)
			}
		}
	}
	if w := ask(s, visitor, "GET", "/api/v1/jobs/"+strings.TrimPrefix(path, "/look/")+"/result", ""); !strings.Contains(w.Body.String(), `"ftp-anonymous"`) {
		t.Errorf("the report has no finding: %s", w.Body)
	}
}

// TestControlOnly: the page of one port and its result lead from 21 to the test of
// the data ports.
func TestControlOnly(t *testing.T) {
	a, s := pagesService()
	if w := ask(s, visitor, "GET", "/check/port?ports=21", ""); !strings.Contains(w.Body.String(), `href="/check/ftp"`) {
		t.Errorf("%s", w.Body)
	}
	path, _ := begun(t, s, "port", url.Values{"ports": {"21"}})
	a.batches <- exposure.Batch{Observations: []exposure.Observation{isOpen(21)}, Done: true, Summary: &exposure.ScanSummary{Complete: true}}
	ended(t, s, path)
	body := ask(s, visitor, "GET", path, "").Body.String()
	if !strings.Contains(body, "control connection only") || !strings.Contains(body, `href="/check/ftp?port=21"`) {
		t.Errorf("%s", body)
	}
	if w := ask(s, visitor, "GET", "/check/ftp?port=2121", ""); !strings.Contains(w.Body.String(), `value="2121"`) || strings.Contains(w.Body.String(), `type="password"`) {
		t.Errorf("%s", w.Body)
	}
}
