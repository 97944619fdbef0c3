package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/reach"
	"sekisho/internal/web"
)

// door is a vantage that sends nothing and remembers what it was asked.
type door struct {
	mu      sync.Mutex
	planned []exposure.Job
	granted []exposure.Grant
}

func (d *door) Station() exposure.Station {
	return exposure.Station{ID: "vantage", Kind: "outside", Version: "1", Limits: exposure.JobLimits{Ports: 100, Rate: 10, TimeMS: 60000, AtOnce: 2, PerHour: 4}}
}

func (d *door) Plan(_ context.Context, job exposure.Job) (exposure.Plan, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.planned = append(d.planned, job)
	return exposure.Plan{Schema: exposure.PlanSchema, Job: job.ID, Attempt: job.Attempt, Address: job.Address, Key: job.Key}, nil
}

func (d *door) Go(_ context.Context, _ string, g exposure.Grant) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.granted = append(d.granted, g)
	return nil
}

func (d *door) Beat(ctx context.Context, id string, g exposure.Grant) error { return d.Go(ctx, id, g) }
func (d *door) Stop(context.Context, string) error                          { return nil }
func (d *door) Batches(context.Context, string, int) ([]exposure.Batch, error) {
	return []exposure.Batch{{Number: 1, Done: true}}, nil
}

var own = netip.MustParseAddr("26.10.0.1")

func service() (*door, *web.Service) {
	d := &door{}
	return d, web.New(web.Config{Door: d, Scope: func() reach.Scope { return reach.Scope{Own: []netip.Addr{own}} }})
}

const consented = `{"tcp":"22,80-82","consent":{"text":"I agree.","scope":"4 ports"}}`

// ask sends one request from an address.
func ask(s *web.Service, from, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	host := "vantage.example"
	if netip.MustParseAddr(from).IsLoopback() {
		host = "localhost" // by another name nobody is served there
	}
	r := httptest.NewRequest(method, "http://"+host+path, strings.NewReader(body))
	r.RemoteAddr = netip.AddrPortFrom(netip.MustParseAddr(from), 40000).String()
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func problem(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	var p exposure.Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Status != w.Code || w.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("no problem of RFC 9457: %d %q %v", w.Code, w.Body, err)
	}
	return strings.TrimPrefix(p.Type, exposure.ProblemType)
}

func TestTheCallerIsTheTarget(t *testing.T) {
	d, s := service()
	w := ask(s, "::ffff:26.10.0.2", "POST", "/api/v1/jobs", consented)
	if w.Code != 201 || len(d.planned) != 1 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	job := d.planned[0]
	want := netip.MustParseAddr("26.10.0.2")
	if job.Address != want || job.Grant.Address != want || job.Grant.Kind != exposure.GrantOwn || job.Grant.Consent.Text != "I agree." || job.Key == (exposure.JobKey{}) {
		t.Errorf("%+v", job)
	}
	if !slices.Equal(job.TCP, exposure.PortList{22, 80, 81, 82}) {
		t.Errorf("ports %v", job.TCP)
	}
	at := w.Header().Get("Location")
	for _, c := range []struct {
		from, method, path string
		want               int
	}{
		{"26.10.0.2", "POST", at + "/go", 202},
		{"26.10.0.2", "POST", at + "/heartbeat", 204},
		{"26.10.0.2", "GET", at + "/batches?after=0", 200},
		{"26.10.0.2", "GET", at + "/batches?after=-1", 400},
		{"26.10.0.3", "POST", at + "/go", 404}, // whoever guesses the id is somebody else still
		{"26.10.0.3", "POST", at + "/heartbeat", 404},
		{"26.10.0.3", "GET", at + "/batches", 404},
		{"26.10.0.3", "DELETE", at, 404},
		{"26.10.0.2", "POST", "/api/v1/jobs/none/go", 404},
		{"26.10.0.2", "DELETE", at, 403}, // it is over, and belongs to its owner alone
	} {
		if w := ask(s, c.from, c.method, c.path, ""); w.Code != c.want {
			t.Errorf("%s %s from %s: %d, want %d: %s", c.method, c.path, c.from, w.Code, c.want, w.Body)
		}
	}
	for _, g := range d.granted {
		if g.Address != want {
			t.Errorf("a grant for %s", g.Address)
		}
	}
}

// TestNobodyElseIsLookedAt: whatever a request says, no job is planned for any
// address but the one that it comes from.
func TestNobodyElseIsLookedAt(t *testing.T) {
	d, s := service()
	refused := map[string]exposure.JobErrorKind{
		"127.0.0.1": exposure.JobOwn, "::1": exposure.JobOwn, "26.10.0.1": exposure.JobOwn, "192.168.1.2": exposure.JobAway,
		"10.0.0.1": exposure.JobAway, "fd00::1": exposure.JobAway, "100.64.0.1": exposure.JobSpecial, "169.254.0.1": exposure.JobSpecial,
		"64:ff9b::1a0a:2": exposure.JobSpecial, "2002:1a0a:2::1": exposure.JobSpecial, "fec0::1": exposure.JobSpecial, "224.0.0.1": exposure.JobSpecial,
		"2001::1": exposure.JobSpecial, "192.0.2.1": exposure.JobSpecial, "198.18.0.1": exposure.JobSpecial,
	}
	for from, kind := range refused {
		w := ask(s, from, "POST", "/api/v1/jobs", consented)
		if got := problem(t, w); w.Code != 403 || got != string(kind) {
			t.Errorf("%s: %d %s, want %s", from, w.Code, got, kind)
		}
	}
	for _, header := range []string{"X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"} {
		w := ask(s, "26.10.0.2", "POST", "/api/v1/jobs", consented, header, "8.8.8.8")
		if got := problem(t, w); got != string(exposure.JobProxied) {
			t.Errorf("%s: %d %s", header, w.Code, got)
		}
	}
	for _, key := range []string{"address", "target", "host", "ip", "Address"} {
		body := fmt.Sprintf(`{"%s":"8.8.8.8",%s`, key, consented[1:])
		if w := ask(s, "26.10.0.2", "POST", "/api/v1/jobs", body); w.Code != 400 {
			t.Errorf("%s: %d %s", key, w.Code, w.Body)
		}
	}
	if w := ask(s, "26.10.0.2", "POST", "/api/v1/jobs", consented, "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"); w.Code != 403 {
		t.Errorf("a page of another site starts a job: %d", w.Code)
	}
	if len(d.planned) != 0 {
		t.Errorf("%d jobs were planned: %+v", len(d.planned), d.planned)
	}
}

func TestWrongRequestsAreRefused(t *testing.T) {
	d, s := service()
	for name, body := range map[string]string{
		"no consent":     `{"tcp":"22"}`,
		"empty consent":  `{"tcp":"22","consent":{"text":" ","scope":"x"}}`,
		"no port":        `{"consent":{"text":"a","scope":"b"}}`,
		"no JSON":        `tcp=22`,
		"falling ports":  `{"tcp":"80,22","consent":{"text":"a","scope":"b"}}`,
		"no such port":   `{"tcp":"65536","consent":{"text":"a","scope":"b"}}`,
		"a strange name": `{"tcp":"22","name":"a b\r\nc","consent":{"text":"a","scope":"b"}}`,
		"a huge body":    `{"tcp":"22","consent":{"text":"` + strings.Repeat("a", 1<<17) + `","scope":"b"}}`,
		"a long text":    `{"tcp":"22","consent":{"text":"` + strings.Repeat("a", 5000) + `","scope":"b"}}`,
	} {
		if w := ask(s, "26.10.0.2", "POST", "/api/v1/jobs", body); w.Code != 400 || problem(t, w) != string(exposure.JobWrong) {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	if w := ask(s, "26.10.0.2", "POST", "/api/v1/jobs", consented, "Content-Type", "text/plain"); w.Code != 400 {
		t.Errorf("a form of another site could send text/plain: %d", w.Code)
	}
	if w := ask(s, "26.10.0.2", "GET", "/api/v1/jobs", ""); w.Code != 405 || w.Header().Get("Allow") != "POST" {
		t.Errorf("GET: %d, Allow %q", w.Code, w.Header().Get("Allow"))
	}
	if w := ask(s, "26.10.0.2", "GET", "/nothing", ""); w.Code != 404 {
		t.Errorf("nothing: %d", w.Code)
	}
	if len(d.planned) != 0 {
		t.Errorf("%d jobs were planned", len(d.planned))
	}
}

func TestLimits(t *testing.T) {
	_, s := service()
	codes := func(from string, n int) (list []int) {
		for range n {
			list = append(list, ask(s, from, "POST", "/api/v1/jobs", consented).Code)
		}
		return list
	}
	if got := codes("26.10.0.2", 3); !slices.Equal(got, []int{201, 429, 429}) {
		t.Errorf("one caller: %v", got)
	}
	w := ask(s, "26.10.0.2", "POST", "/api/v1/jobs", consented)
	if w.Header().Get("Retry-After") == "" {
		t.Errorf("no Retry-After: %s", w.Body)
	}
	if got := codes("26.10.0.3", 1); got[0] != 201 {
		t.Errorf("a neighbour: %v", got)
	}
	var network []int
	for i := 4; i < 10; i++ {
		network = append(network, codes(fmt.Sprintf("26.10.0.%d", i), 1)...)
	}
	if !slices.Contains(network, 429) {
		t.Errorf("a whole network has no limit: %v", network)
	}
	if got := codes("26.11.0.2", 1); got[0] != 201 {
		t.Errorf("another network: %v", got)
	}
}

// often is a vantage that is asked more often than the bound of looks at once.
type often struct{ *door }

func (o often) Station() exposure.Station {
	s := o.door.Station()
	s.Limits.PerHour = 4000
	return s
}

// TestLooksThatAreOverStandInNobodysWay: a caller who forgets to delete them may
// have others, and who has too many under way is told when to try again.
func TestLooksThatAreOverStandInNobodysWay(t *testing.T) {
	s := web.New(web.Config{Door: often{&door{}}, Scope: func() reach.Scope { return reach.Scope{Own: []netip.Addr{own}} }})
	for i := range 4 {
		w := ask(s, "26.10.0.2", "POST", "/api/v1/jobs", consented)
		if w.Code != 201 {
			t.Fatalf("look %d: %d %s", i+1, w.Code, w.Body)
		}
		if sent := ask(s, "26.10.0.2", "POST", w.Header().Get("Location")+"/go", ""); sent.Code != 202 {
			t.Fatalf("look %d is not sent: %d %s", i+1, sent.Code, sent.Body)
		}
		if over := ask(s, "26.10.0.2", "GET", w.Header().Get("Location")+"/batches", ""); over.Code != 200 {
			t.Fatalf("what came of look %d: %d %s", i+1, over.Code, over.Body)
		}
	}
	var last *httptest.ResponseRecorder
	for range 3 {
		last = ask(s, "26.10.0.2", "POST", "/api/v1/jobs", consented)
	}
	if last.Code != 429 || last.Header().Get("Retry-After") == "" {
		t.Errorf("three under way at once: %d, again after %q", last.Code, last.Header().Get("Retry-After"))
	}
}

func TestWhoami(t *testing.T) {
	_, s := service()
	for from, want := range map[string]string{"26.10.0.2": "", "192.168.1.2": string(exposure.JobAway)} {
		w := ask(s, from, "GET", "/api/v1/whoami", "")
		var who exposure.Whoami
		if err := json.Unmarshal(w.Body.Bytes(), &who); err != nil || who.Schema != exposure.WhoamiSchema || who.Address.String() != from || who.Refused != want {
			t.Errorf("%s: %+v, %v", from, who, err)
		}
	}
	if w := ask(s, "192.168.1.2", "GET", "/healthz", ""); w.Code != 200 || !strings.Contains(w.Body.String(), "ok") {
		t.Errorf("healthz: %d %s", w.Code, w.Body)
	}
}

// TestDescriptionHoldsTogether: every reference in the description of the API has
// something that it leads to, and the schemas know the keys of the documents.
func TestDescriptionHoldsTogether(t *testing.T) {
	_, s := service()
	b, err := io.ReadAll(ask(s, "26.10.0.2", "GET", "/api/v1/openapi.json", "").Body)
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		OpenAPI    string
		Paths      map[string]map[string]any
		Components struct {
			Schemas map[string]struct{ Properties map[string]any }
		}
	}
	if err := json.Unmarshal(b, &d); err != nil || d.OpenAPI != "3.1.0" {
		t.Fatalf("%q, %v", d.OpenAPI, err)
	}
	for _, part := range strings.Split(string(b), `"$ref":"#/components/schemas/`)[1:] {
		name, _, _ := strings.Cut(part, `"`)
		if _, ok := d.Components.Schemas[name]; !ok {
			t.Errorf("nothing is called %s", name)
		}
	}
	for path, method := range map[string]string{
		"/api/v1/whoami": "get", "/api/v1/jobs": "post", "/api/v1/jobs/{id}": "delete", "/api/v1/jobs/{id}/go": "post",
		"/api/v1/jobs/{id}/heartbeat": "post", "/api/v1/jobs/{id}/batches": "get", "/healthz": "get",
	} {
		if d.Paths[path][method] == nil {
			t.Errorf("%s %s is not described", method, path)
		}
	}
	for schema, key := range map[string]string{"JobRequest": "consent", "Plan": "sources", "Batch": "alike", "Observation": "rtt_us", "JobService": "banner", "Problem": "retry_after_s"} {
		if d.Components.Schemas[schema].Properties[key] == nil {
			t.Errorf("%s has no %s", schema, key)
		}
	}
	if d.Components.Schemas["JobRequest"].Properties["address"] != nil {
		t.Error("a request may name an address")
	}
}

var _ http.Handler = (*web.Service)(nil)
