package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"math"
	"net/http"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/reach"
	"sekisho/internal/untrusted"
)

//go:embed pages
var pageFiles embed.FS

// The content security policy of the pages: nothing from elsewhere, no script or
// style inside a page.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// asker is a page whose script asks others than the service.
type asker interface{ policy() string }

// templates are the pages by name, each inside the frame.
var templates = sync.OnceValue(func() map[string]*template.Template {
	names, err := fs.Glob(pageFiles, "pages/*.html")
	if err != nil {
		panic(err)
	}
	all := map[string]*template.Template{}
	for _, name := range names {
		if base := path.Base(name); base != "frame.html" && !strings.HasPrefix(base, "part_") {
			all[strings.TrimSuffix(base, ".html")] = template.Must(template.New("frame.html").ParseFS(pageFiles, "pages/frame.html", "pages/part_*.html", name))
		}
	}
	return all
})

// statics are the files that pages load, by an address that changes with them.
var statics = sync.OnceValue(func() map[string]string {
	all := map[string]string{}
	for _, name := range []string{"style.css", "live.js", "icon.svg"} {
		b, err := pageFiles.ReadFile("pages/" + name)
		if err != nil {
			panic(err)
		}
		sum := sha256.Sum256(b)
		all[name] = "/static/" + hex.EncodeToString(sum[:6]) + "/" + name
	}
	return all
})

// packedStatics are those files packed, as well as it goes: they are packed once.
var packedStatics = sync.OnceValue(func() map[string][]byte {
	all := map[string][]byte{}
	for name := range statics() {
		b, err := pageFiles.ReadFile("pages/" + name)
		if err != nil {
			panic(err)
		}
		var packed bytes.Buffer
		z, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
		if err == nil {
			_, err = z.Write(b)
		}
		if err := errors.Join(err, z.Close()); err != nil {
			panic(err) // into memory
		}
		all[name] = packed.Bytes()
	}
	return all
})

// page is what every template is given.
type page struct {
	Lang  lang.Tag
	Title string
	Path  string
	Frame string // the name of the page, for the menu
	Wait  bool   // the page is loaded again after a while where there is no script
	Data  any

	say *lang.Printer
}

// T is a message of the pages.
func (p page) T(key string, values ...any) string { return p.say.Say("web."+key, values...) }

// Say is a message that the pages share with the command line.
func (p page) Say(key string, values ...any) string { return p.say.Say(key, values...) }

// File is the address of a file that the page loads.
func (p page) File(name string) string { return statics()[name] }

// Other is the language that the switch leads to.
func (p page) Other() lang.Tag {
	if p.Lang == lang.Japanese {
		return lang.English
	}
	return lang.Japanese
}

// languageCookie holds the language that the visitor chose.
const languageCookie = "sekisho_lang"

// spoken is the language of a request: the one chosen, or the first of
// Accept-Language that is spoken, by weight (RFC 9110 section 12.5.4).
func (s *Service) spoken(w http.ResponseWriter, r *http.Request) lang.Tag {
	if t, err := lang.Parse(r.URL.Query().Get("lang")); err == nil {
		s.setCookie(w, r, languageCookie, string(t))
		return t
	}
	if c, err := r.Cookie(languageCookie); err == nil {
		if t, err := lang.Parse(c.Value); err == nil {
			return t
		}
	}
	best, weight := lang.English, 0.0
	for i, element := range strings.Split(r.Header.Get("Accept-Language"), ",") {
		if i == 32 {
			break
		}
		word, parameter, _ := strings.Cut(strings.TrimSpace(element), ";")
		q := 1.0
		if value, ok := strings.CutPrefix(strings.TrimSpace(parameter), "q="); ok {
			var err error
			if q, err = strconv.ParseFloat(value, 64); err != nil {
				continue
			}
		}
		if t, err := lang.Parse(word); err == nil && q > weight {
			best, weight = t, q
		}
	}
	return best
}

// show writes a page.
func (s *Service) show(w http.ResponseWriter, r *http.Request, status int, name string, title string, data any, wait bool) {
	tag := s.spoken(w, r)
	p := page{Lang: tag, Path: r.URL.Path, Frame: name, Data: data, Wait: wait, say: lang.For(tag)}
	p.Title = title
	if title == "" {
		p.Title = p.T("title-" + name)
	}
	b := drafts.Get().(*bytes.Buffer)
	defer drafts.Put(b)
	b.Reset()
	if err := templates()[name].Execute(b, p); err != nil {
		s.problem(w, err)
		return
	}
	h := w.Header()
	h.Set("Content-Security-Policy", pagePolicy)
	if own, asks := data.(asker); asks {
		h.Set("Content-Security-Policy", own.policy())
	}
	h.Set("Referrer-Policy", "same-origin") // without any, a form over plain HTTP tells no origin, and is refused
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", string(tag))
	h.Set("Vary", "Accept-Language, Accept-Encoding, Cookie")
	s.body(w, r, status, b.Bytes())
}

// drafts are what pages are written into first: the page of a grid has 170 KB.
var drafts = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// packedFrom is from how many bytes on it is worth to pack an answer.
const packedFrom = 1400

// packers are kept, since each takes most of a megabyte. To pack better would cost
// three times the processor time for a tenth of the bytes.
var packers = sync.Pool{New: func() any {
	z, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	if err != nil {
		panic(err) // the level is one
	}
	return z
}}

// body writes an answer, packed where the browser unpacks.
func (s *Service) body(w http.ResponseWriter, r *http.Request, status int, b []byte) {
	if len(b) >= packedFrom && unpacks(r) {
		w.Header().Set("Content-Encoding", "gzip")
		w.WriteHeader(status)
		z := packers.Get().(*gzip.Writer)
		defer packers.Put(z)
		z.Reset(w)
		_, err := z.Write(b)
		if err := errors.Join(err, z.Close()); err != nil {
			s.config.Log.Debug("write", "error", err)
		}
		return
	}
	s.plain(w, status, b)
}

// pages adds the pages to what is answered.
func (s *Service) pages() {
	for pattern, handler := range map[string]http.HandlerFunc{
		"GET /{$}":                   s.you,
		"GET /check/{kind}":          s.ask,
		"POST /check/{kind}":         s.start,
		"GET /look/{id}":             s.look,
		"GET /look/{id}/events":      s.events,
		"GET /look/{id}/result.json": s.lookJSON,
		"GET /look/{id}/report.txt":  s.lookText,
		"GET /look/{id}/forum.txt":   s.lookText,
		"POST /look/{id}/beat":       s.lookBeat,
		"POST /look/{id}/stop":       s.lookStop,
		"POST /look/{id}/delete":     s.lookDelete,
		"GET /results":               s.results,
		"GET /compare":               s.compare,
		"GET /outgoing":              s.outgoing,
		"GET /local":                 s.local,
		"GET /whence":                s.whence,
		"GET /name":                  s.nameForm,
		"POST /name":                 s.nameTest,
		"GET /about":                 s.about,
		"GET /book":                  s.book,
		"GET /book/{name}":           s.bookEntry,
		"GET /static/{sum}/{name}":   s.static,

		"GET /.well-known/probing.txt":  s.probing,
		"GET /.well-known/security.txt": s.security,
	} {
		s.mux.HandleFunc(pattern, handler)
	}
}

func (s *Service) static(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	b, err := pageFiles.ReadFile("pages/" + name)
	if err != nil || statics()[name] != r.URL.Path {
		s.absent(w)
		return
	}
	h := w.Header()
	h.Set("Content-Type", map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}[path.Ext(name)])
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	if unpacks(r) {
		h.Set("Content-Encoding", "gzip")
		s.plain(w, http.StatusOK, packedStatics()[name])
		return
	}
	s.plain(w, http.StatusOK, b)
}

// unpacks reports whether a browser takes a packed answer.
func unpacks(r *http.Request) bool { return strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") }

// plain is an answer as it is.
func (s *Service) plain(w http.ResponseWriter, status int, b []byte) {
	w.WriteHeader(status)
	if _, err := w.Write(b); err != nil {
		s.config.Log.Debug("write", "error", err)
	}
}

// reverse remembers what addresses are called, so that a page waits for no
// resolver twice.
type reverse struct {
	mu    sync.Mutex
	names map[netip.Addr]string
}

// The bounds of asking for a name: a page waits shortly, and the answer is there
// when it is loaded again.
const (
	reverseWait  = 100 * time.Millisecond
	reverseLasts = 5 * time.Second
	mostReverse  = 4096
)

// called is what an address is called, empty when nobody knows, or not yet.
func (s *Service) called(ctx context.Context, a netip.Addr) string {
	if s.config.Reverse == nil || !a.IsValid() {
		return ""
	}
	v := &s.reverse
	v.mu.Lock()
	name, known := v.names[a]
	v.mu.Unlock()
	if known {
		return name
	}
	found := make(chan string, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), reverseLasts)
		defer cancel()
		name := ""
		if names := s.config.Reverse(ctx, a); len(names) > 0 {
			name = clean(strings.TrimSuffix(names[0], "."))
		}
		v.mu.Lock()
		if len(v.names) >= mostReverse || v.names == nil {
			v.names = map[netip.Addr]string{}
		}
		v.names[a] = name
		v.mu.Unlock()
		found <- name
	}()
	select {
	case name = <-found:
	case <-time.After(reverseWait):
	}
	return name
}

// asking is the page before a look.
type asking struct {
	Kind    kind
	Address string
	Doubt   string // why the address may be somebody else's, empty for none
	Refused string
	Wrong   string
	Ports   string
	UDP     bool
	Ticked  map[string]bool
	Own     string
	Token   string
	Limits  exposure.JobLimits
	TooMany bool
	Runs    []string
	Lasts   int
	V6      bool
	Through string
	Names   string
	Seconds int
	Tried   testForm
}

func (s *Service) asking(r *http.Request, k kind) asking {
	station, address := s.config.Door.Station(), caller(r)
	a := asking{
		Kind: k, Address: address.String(), Ticked: map[string]bool{}, Token: rand.Text(), Limits: station.Limits,
		TooMany: station.Limits.Ports > 0 && k.Count() > station.Limits.Ports, Lasts: int(s.keepFor / (24 * time.Hour)), V6: address.Is6(),
		Names: s.called(r.Context(), address), Through: proxied(r),
	}
	if !address.IsValid() {
		a.Address = "?"
	}
	if err := s.refuses(r); err != nil {
		a.Refused = string(err.Kind)
	}
	a.Doubt = doubt(a.Names)
	if rate := station.Limits.Rate; rate > 0 {
		a.Seconds = 2 + 2*k.Count()/rate
	}
	for _, run := range runs {
		a.Runs = append(a.Runs, run.id)
	}
	if k.Tests() {
		a.Tried = s.newTestForm(r, k)
	}
	return a
}

// doubt is what the name of an address betrays of whose it is: of a Tor exit, a
// VPN, a proxy, a carrier's shared address or a mobile network. It is a guess, and
// asks for one tick more.
func doubt(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == '.' || r == '-' || '0' <= r && r <= '9' })
	for kind, list := range map[string][]string{
		"tor": {"tor", "torexit", "exitnode"}, "vpn": {"vpn"}, "proxy": {"proxy", "cache", "squid"},
		"cgnat": {"cgn", "cgnat", "lsn", "nat"}, "mobile": {"mobile", "lte", "gprs", "spmode", "panda"},
	} {
		if slices.ContainsFunc(words, func(w string) bool { return slices.Contains(list, w) }) {
			return kind
		}
	}
	return ""
}

// you is the first page: what a stranger learns of the visitor by the request
// alone.
func (s *Service) you(w http.ResponseWriter, r *http.Request) {
	type you struct {
		asking
		kin
		Kinds   []kind
		Browser string
		System  string
		Agent   string
		Headers []header
		Bridged bool
		Others  []string
		Local   bool
		Home    bool // the visitor sits at this machine
	}
	y := you{asking: s.asking(r, kind{}), Kinds: kinds(), Agent: clean(r.UserAgent()), Bridged: bridged(r)}
	y.Browser, y.System = guess(r)
	y.Headers = disclosed(r)
	y.Others, y.kin = s.others(r), s.kinOf(r)
	y.Local, y.Home = y.Refused == string(exposure.JobOwn), s.atHome(r)
	s.show(w, r, http.StatusOK, "you", "", y, false)
}

// others are the addresses of this page in the other family, by which the other
// address of the visitor proves itself.
func (s *Service) others(r *http.Request) []string {
	if k := s.kinOf(r); k.Origin != "" {
		return []string{k.Origin + "/"}
	}
	_, port, _ := strings.Cut(r.Host[strings.LastIndex(r.Host, "]")+1:], ":")
	if r.TLS != nil || len(s.config.Hostnames) > 0 {
		return nil // a certificate is for a name
	}
	var list []string
	for _, a := range s.config.Door.Station().Addresses {
		if a.Is6() != caller(r).Is6() && !a.IsLoopback() && !a.IsLinkLocalUnicast() && len(list) < 2 {
			at := a.String()
			if a.Is6() {
				at = "[" + at + "]"
			}
			if port != "" {
				at += ":" + port
			}
			list = append(list, "http://"+at+"/")
		}
	}
	return list
}

// written is what a visitor wrote, as a page shows it again.
func written(text string) string { return untrusted.New(text, mostList).Terminal() }

// ask shows what will be looked at and under which limits, and asks for consent.
func (s *Service) ask(w http.ResponseWriter, r *http.Request) {
	k, ok := kindOf(r.PathValue("kind"))
	if !ok {
		s.lost(w, r)
		return
	}
	if s.atHome(r) {
		http.Redirect(w, r, "/local", http.StatusSeeOther)
		return
	}
	s.owning(w, r) // so that a form that is sent twice is known for the same
	a := s.asking(r, k)
	a.Ports = written(r.URL.Query().Get("ports"))
	s.show(w, r, http.StatusOK, "ask", lang.For(s.spoken(w, r)).Say("web.kind-"+k.ID), a, false)
}

// start begins a look by the form of a page.
func (s *Service) start(w http.ResponseWriter, r *http.Request) {
	k, ok := kindOf(r.PathValue("kind"))
	if !ok {
		s.lost(w, r)
		return
	}
	tag := s.spoken(w, r)
	say := lang.For(tag)
	a := s.asking(r, k)
	a.Ports, a.UDP, a.Own = r.PostFormValue("ports"), r.PostFormValue("transport") == "udp", r.PostFormValue("own")
	for _, id := range r.PostForm["runs"] {
		a.Ticked[id] = true
	}
	again := func(status int, wrong string) {
		a.Wrong, a.Ports, a.Own = wrong, written(a.Ports), written(a.Own)
		s.show(w, r, status, "ask", say.Say("web.kind-"+k.ID), a, false)
	}
	if err := s.refuses(r); err != nil {
		again(http.StatusForbidden, "")
		return
	}
	if a.Doubt != "" && r.PostFormValue("mine") == "" {
		again(http.StatusBadRequest, say.Say("web.tick-mine"))
		return
	}
	if r.PostFormValue("consent") == "" {
		again(http.StatusBadRequest, say.Say("web.no-consent"))
		return
	}
	// Who agreed to one address has not agreed to another: the page may have come over
	// IPv6 and the form over IPv4, or the device is in another network by now.
	if shown := r.PostFormValue("shown"); shown != "" && shown != a.Address {
		again(http.StatusConflict, say.Say("web.moved", "Then", written(shown), "Now", a.Address))
		return
	}
	transport := r.PostFormValue("transport")
	if k.Watch {
		transport = "tcp"
	}
	k, wrong := k.with(a.Ports, transport, tag)
	switch {
	case wrong != "" || k.Tests():
	case k.Count() == 0:
		wrong = say.Say("web.no-port")
	case k.Watch && k.Count() > 1:
		wrong = say.Say("web.watch-one")
	}
	var words []string
	for _, run := range runs {
		if a.Ticked[run.id] {
			words = append(words, run.id)
		}
	}
	if k.Watch && r.PostFormValue("wanted") != "shut" && wrong == "" {
		words = append(words, ownRun+strconv.Itoa(int(k.tcp[0])))
	}
	if text := strings.TrimSpace(a.Own); text != "" && wrong == "" {
		if _, bad := (kind{Asks: "list"}).with(text, "tcp", tag); bad != "" {
			wrong = bad
		}
		words = append(words, ownRun+text[:min(len(text), mostList)])
	}
	request := exposure.JobRequest{TCP: k.tcp, UDP: k.udp, Echo: k.echo, Identify: k.identify, Method: k.method, Watch: k.Watch}
	if k.Tests() {
		var status int
		if request, words, status, wrong = s.testsAsked(r, k, &a.Tried, say); status != http.StatusOK {
			again(status, wrong)
			return
		}
	}
	if wrong != "" {
		again(http.StatusBadRequest, wrong)
		return
	}
	request.Consent = exposure.Consent{Text: say.Say("web.consent", "Address", a.Address), Scope: scopeOf(say, k, request)}
	l := exposure.Look{ID: rand.Text(), Owner: s.owning(w, r), Kind: k.ID, Runs: words, Started: time.Now()}
	l.Expires = l.Started.Add(s.keepFor)
	l.Job.Address = caller(r)
	l.Job.Before = s.before(r.Context(), l, k.tcp)
	once := onceKey{l.Owner, r.PostFormValue("token")}
	form, repeated := s.looks.first(once, l.ID)
	for repeated {
		select {
		case <-form.done:
		case <-r.Context().Done():
			return
		}
		if form.sent {
			http.Redirect(w, r, "/look/"+form.id, http.StatusSeeOther)
			return
		}
		form, repeated = s.looks.first(once, l.ID)
	}
	// Who clicks twice takes the first request back: what it began goes on.
	wait, err := s.begin(r.WithContext(context.WithoutCancel(r.Context())), l, request)
	s.looks.settle(once, form, wait == 0 && err == nil)
	switch {
	case wait > 0:
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
		again(http.StatusTooManyRequests, say.Say("web.wait", "Seconds", int(math.Ceil(wait.Seconds()))))
	case err != nil:
		status, text := s.explained(say, err)
		again(status, text)
	default:
		http.Redirect(w, r, "/look/"+l.ID, http.StatusSeeOther)
	}
}

// explained is the status and the sentence for why something cannot be done.
func (s *Service) explained(say *lang.Printer, err error) (int, string) {
	var e *exposure.JobError
	switch {
	case errors.Is(err, exposure.ErrLookGone):
		return http.StatusNotFound, say.Say("web.gone")
	case errors.Is(err, exposure.ErrStoreFull):
		return http.StatusServiceUnavailable, say.Say("web.full")
	case errors.Is(err, exposure.ErrStoreAway):
		return http.StatusServiceUnavailable, say.Say("web.away")
	case errors.As(err, &e):
		s.metrics.problem(e.Kind)
		return problems[e.Kind].status, say.Say("web.refused-" + string(e.Kind))
	}
	s.config.Log.Error("request", "error", err)
	return http.StatusInternalServerError, say.Say("web.refused-fault")
}

// failed shows why a page cannot be shown.
func (s *Service) failed(w http.ResponseWriter, r *http.Request, err error) {
	status, text := s.explained(lang.For(s.spoken(w, r)), err)
	s.show(w, r, status, "message", "", text, false)
}

func (s *Service) lost(w http.ResponseWriter, r *http.Request) {
	s.failed(w, r, exposure.ErrLookGone)
}

// found is a look and what came of it.
func (s *Service) found(r *http.Request) (*result, error) {
	l, err := s.config.Keep.Look(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if f := s.looks.feed(l.ID); f != nil {
		list, _, _ := f.since(0)
		return resultOf(l, list), nil
	}
	list, err := s.config.Keep.Batches(r.Context(), l.ID)
	if err != nil {
		return nil, err
	}
	return resultOf(l, list), nil
}

func (s *Service) lookJSON(w http.ResponseWriter, r *http.Request) {
	found, err := s.found(r)
	if err != nil {
		s.failed(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Robots-Tag", "noindex")
	b, err := json.MarshalIndent(found.document(s.spoken(w, r)), "", "  ")
	if err != nil {
		s.problem(w, err)
		return
	}
	s.body(w, r, http.StatusOK, append(b, '\n'))
}

func (s *Service) lookText(w http.ResponseWriter, r *http.Request) {
	found, err := s.found(r)
	if err != nil {
		s.failed(w, r, err)
		return
	}
	text := found.classic()
	if path.Base(r.URL.Path) == "forum.txt" {
		text = found.forum(lang.For(s.spoken(w, r)))
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Robots-Tag", "noindex")
	s.body(w, r, http.StatusOK, []byte(text))
}

// ownedLook is a look of the browser that asks; where it is none, that is shown.
func (s *Service) ownedLook(w http.ResponseWriter, r *http.Request) (exposure.Look, bool) {
	l, err := s.config.Keep.Look(r.Context(), r.PathValue("id"))
	if err == nil && !mine(r, l) {
		err = &exposure.JobError{Kind: exposure.JobForeign}
	}
	if err != nil {
		s.failed(w, r, err)
		return l, false
	}
	return l, true
}

func (s *Service) lookBeat(w http.ResponseWriter, r *http.Request) {
	l, ok := s.ownedLook(w, r)
	if !ok {
		return
	}
	s.beat(r, l)
	w.WriteHeader(http.StatusNoContent)
}

func (s *Service) lookStop(w http.ResponseWriter, r *http.Request) {
	l, ok := s.ownedLook(w, r)
	if !ok {
		return
	}
	if err := s.config.Door.Stop(r.Context(), l.ID); err != nil {
		s.config.Log.Debug("stop", "id", l.ID, "error", err)
	}
	http.Redirect(w, r, "/look/"+l.ID, http.StatusSeeOther)
}

func (s *Service) lookDelete(w http.ResponseWriter, r *http.Request) {
	l, ok := s.ownedLook(w, r)
	if !ok {
		return
	}
	s.forget(r.Context(), l)
	if err := s.config.Keep.DeleteLook(r.Context(), l.ID); err != nil {
		s.failed(w, r, err)
		return
	}
	http.Redirect(w, r, "/results", http.StatusSeeOther)
}

// mostResults is how many results one page lists.
const mostResults = 50

func (s *Service) results(w http.ResponseWriter, r *http.Request) {
	type results struct {
		Looks  []exposure.Look
		Before string
	}
	var shown results
	if hash, known := browser(r); known {
		before, _ := time.Parse(time.RFC3339Nano, r.URL.Query().Get("before"))
		list, err := s.config.Keep.OwnedLooks(r.Context(), hash, before, mostResults)
		if err != nil {
			s.failed(w, r, err)
			return
		}
		shown.Looks = list
		if len(list) == mostResults {
			shown.Before = list[len(list)-1].Started.UTC().Format(time.RFC3339Nano)
		}
	}
	s.show(w, r, http.StatusOK, "results", "", shown, false)
}

func (s *Service) about(w http.ResponseWriter, r *http.Request) {
	type about struct {
		Station   exposure.Station
		Addresses []netip.Addr
		Lasts     int
	}
	station := s.config.Door.Station()
	s.show(w, r, http.StatusOK, "about", "", about{Station: station, Addresses: s.sources(r), Lasts: int(s.keepFor / (24 * time.Hour))}, false)
}

// sources are the addresses that packets to a visitor come from.
func (s *Service) sources(r *http.Request) []netip.Addr {
	return sourcesFor(caller(r), s.config.Door.Station().Addresses)
}

// sourcesFor are those addresses of a vantage that somebody may see packets come from:
// what it is called in networks of its own is nobody's business outside of them.
func sourcesFor(caller netip.Addr, list []netip.Addr) []netip.Addr {
	return slices.DeleteFunc(slices.Clone(list), func(a netip.Addr) bool {
		return a.IsLoopback() || a.IsLinkLocalUnicast() || !reach.Global(a) && !reach.LAN(caller) && !reach.Loopback(caller)
	})
}

// at is the address of the service as the request names it.
func at(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// probing describes the probes in the form of RFC 9511 section 4.
func (s *Service) probing(w http.ResponseWriter, r *http.Request) {
	var b strings.Builder
	fmt.Fprintf(&b, "Canonical: %s/.well-known/probing.txt\nContact: %s/about\nExpires: %s\nPreferred-Languages: en, ja\n", at(r), at(r), time.Now().Add(30*24*time.Hour).UTC().Format(time.RFC3339))
	b.WriteString("Description: Somebody at your address asked this service to look at that address, and agreed to it on a page or by a program. It looks at no other.\n")
	for _, a := range s.sources(r) {
		fmt.Fprintf(&b, "# probes come from %s\n", a)
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	s.body(w, r, http.StatusOK, []byte(b.String()))
}

// security says where weaknesses are told (RFC 9116).
func (s *Service) security(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	s.body(w, r, http.StatusOK, fmt.Appendf(nil, "Contact: %s/about\nExpires: %s\nPreferred-Languages: en, ja\nCanonical: %s/.well-known/security.txt\n",
		at(r), time.Now().Add(30*24*time.Hour).UTC().Format(time.RFC3339), at(r)))
}
