package vantage_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/vantage"
)

var public = netip.MustParseAddr("26.10.0.2")

// script is a vantage that says what a test wants.
type script struct {
	whoami  any
	plan    any
	batches []any
	status  int    // of the plan; 0: 201
	kind    string // its content type
}

func (s script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	say := func(status int, body any) {
		w.Header().Set("Content-Type", s.kind)
		w.WriteHeader(status)
		if text, ok := body.(string); ok {
			_, _ = io.WriteString(w, text)
			return
		}
		_ = json.NewEncoder(w).Encode(body)
	}
	switch {
	case r.Method == http.MethodDelete, strings.HasSuffix(r.URL.Path, "/heartbeat"), strings.HasSuffix(r.URL.Path, "/go"):
		w.WriteHeader(http.StatusNoContent)
	case strings.HasSuffix(r.URL.Path, "/whoami"):
		say(200, s.whoami)
	case strings.HasSuffix(r.URL.Path, "/batches"):
		say(200, map[string]any{"batches": s.batches})
	case s.status != 0:
		say(s.status, s.plan)
	default:
		say(201, s.plan)
	}
}

func client(t *testing.T, s script, source netip.Addr) *vantage.Client {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	address, err := vantage.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	c := vantage.New(address, netip.MustParseAddr("127.0.0.1"), source)
	t.Cleanup(c.Close)
	return c
}

func plan() exposure.Plan {
	return exposure.Plan{Schema: exposure.PlanSchema, Job: "J1", Attempt: 1, Address: public, Heartbeat: 30}
}

func observation(port uint16, state exposure.State, reason exposure.Reason) exposure.Observation {
	return exposure.Observation{Address: public, Transport: exposure.TCP, Port: port, State: state, Reason: reason, Attempts: 1, SeenAt: time.Unix(1, 0)}
}

func batch(n int, change func(*exposure.Batch)) exposure.Batch {
	b := exposure.Batch{Job: "J1", Attempt: 1, Number: n, Done: true}
	if change != nil {
		change(&b)
	}
	return b
}

var asked = exposure.JobRequest{TCP: exposure.PortList{22, 80}, Consent: exposure.Consent{Text: "a", Scope: "b"}}

func TestLookTakesWhatWasAsked(t *testing.T) {
	first := batch(1, func(b *exposure.Batch) {
		b.Done = false
		b.Observations = []exposure.Observation{observation(22, exposure.Open, exposure.SynAck)}
		b.Services = []exposure.JobService{{Transport: exposure.TCP, Port: 22, Service: exposure.Service{Address: public, Protocol: "ssh", Error: "\x1b[31mred"}}}
		b.Sent = []exposure.SentProbes{{Transport: exposure.TCP, Ports: exposure.PortList{22}, TTL: 64, Tries: 1}}
	})
	second := batch(2, func(b *exposure.Batch) {
		b.Alike = []exposure.AlikePorts{{Transport: exposure.TCP, Ports: exposure.PortList{80}, State: exposure.Filtered, Reason: exposure.NoResponse, Attempts: 3}}
		b.Summary = &exposure.ScanSummary{PacketsSent: 4}
	})
	c := client(t, script{plan: plan(), batches: []any{first, second}}, netip.Addr{})
	planned := false
	seen, err := c.Look(t.Context(), asked, func(p exposure.Plan) error {
		planned = p.Job == "J1"
		return nil
	})
	if err != nil || !planned || !seen.Complete || seen.Packets != 4 || len(seen.Observations) != 2 || len(seen.Services) != 1 || len(seen.Sent) != 1 {
		t.Fatalf("%+v, %v", seen, err)
	}
	if seen.Observations[1].State != exposure.Filtered || seen.Observations[1].Attempts != 3 || strings.Contains(seen.Services[0].Error, "\x1b") {
		t.Errorf("%+v %q", seen.Observations[1], seen.Services[0].Error)
	}
}

// TestLiesAreNotTaken: a vantage that tells what cannot be is not believed in
// anything.
func TestLiesAreNotTaken(t *testing.T) {
	told := func(change func(*exposure.Observation)) script {
		o := observation(22, exposure.Open, exposure.SynAck)
		change(&o)
		return script{plan: plan(), batches: []any{batch(1, func(b *exposure.Batch) { b.Observations = []exposure.Observation{o} })}}
	}
	planned := func(change func(*exposure.Plan)) script {
		p := plan()
		change(&p)
		return script{plan: p}
	}
	for name, c := range map[string]struct {
		script script
		kind   vantage.Kind
	}{
		"another port":       {told(func(o *exposure.Observation) { o.Port = 23 }), vantage.Lies},
		"another transport":  {told(func(o *exposure.Observation) { o.Transport = exposure.UDP }), vantage.Lies},
		"another address":    {told(func(o *exposure.Observation) { o.Address = netip.MustParseAddr("8.8.8.8") }), vantage.Lies},
		"no evidence":        {told(func(o *exposure.Observation) { o.Reason = exposure.NoResponse }), vantage.Lies},
		"strange evidence":   {told(func(o *exposure.Observation) { o.State, o.Reason = exposure.Filtered, "magic" }), vantage.Lies},
		"a strange answerer": {told(func(o *exposure.Observation) { o.By = "\x1b[2J" }), vantage.Lies},
		"out of order":       {script{plan: plan(), batches: []any{batch(2, nil)}}, vantage.Lies},
		"of another job":     {script{plan: plan(), batches: []any{batch(1, func(b *exposure.Batch) { b.Job = "J2" })}}, vantage.Lies},
		"after the end":      {script{plan: plan(), batches: []any{batch(1, nil), batch(2, nil)}}, vantage.Lies},
		"twice": {script{plan: plan(), batches: []any{batch(1, func(b *exposure.Batch) {
			b.Observations = []exposure.Observation{observation(22, exposure.Open, exposure.SynAck), observation(22, exposure.Closed, exposure.Reset)}
		})}}, vantage.Lies},
		"a service of nobody": {script{plan: plan(), batches: []any{batch(1, func(b *exposure.Batch) {
			b.Services = []exposure.JobService{{Transport: exposure.TCP, Port: 22, Service: exposure.Service{Address: public}}}
		})}}, vantage.Lies},
		"this machine's loopback": {planned(func(p *exposure.Plan) { p.Address = netip.MustParseAddr("127.0.0.1") }), vantage.Lies},
		"no address":              {planned(func(p *exposure.Plan) { p.Address = netip.Addr{} }), vantage.Lies},
		"a path for an id":        {planned(func(p *exposure.Plan) { p.Job = "../../x" }), vantage.Strange},
		"another document":        {planned(func(p *exposure.Plan) { p.Schema = "x" }), vantage.Strange},
		"no JSON":                 {script{plan: "<html>"}, vantage.Strange},
		"a huge answer":           {script{plan: `{"job":"` + strings.Repeat("x", 9<<20) + `"}`}, vantage.Lies},
		"an error of no kind":     {script{status: 500, plan: "oops"}, vantage.Strange},
		"a way elsewhere":         {script{status: 302, plan: ""}, vantage.Strange},
		"ports without an end": {script{plan: plan(), batches: []any{json.RawMessage(
			`{"job":"J1","attempt":1,"number":1,"alike":[{"transport":"tcp","ports":"0-65535,0-65535","state":"closed","reason":"reset"}]}`)}}, vantage.Strange},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			_, err := client(t, c.script, netip.Addr{}).Look(t.Context(), asked, nil)
			var e *vantage.Error
			if !errors.As(err, &e) || e.Kind != c.kind {
				t.Errorf("%v, want %s", err, c.kind)
			}
			if err != nil && (len(err.Error()) > 500 || strings.Contains(err.Error(), "\x1b")) {
				t.Errorf("the error cannot be shown: %q", err)
			}
		})
	}
}

func TestAnotherAddressThanTheSourceIsALie(t *testing.T) {
	who := exposure.Whoami{Schema: exposure.WhoamiSchema, Address: netip.MustParseAddr("26.10.0.3")}
	c := client(t, script{whoami: who}, netip.Addr{})
	if got, err := c.Whoami(t.Context()); err != nil || got.Address != who.Address {
		t.Errorf("behind a router: %+v, %v", got, err)
	}
	who.Address = netip.MustParseAddr("2608:26:20:7::99")
	c = client(t, script{whoami: who}, netip.MustParseAddr("127.0.0.1"))
	var e *vantage.Error
	if _, err := c.Whoami(t.Context()); !errors.As(err, &e) || e.Kind != vantage.Lies {
		t.Errorf("another family: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	for kind, retry := range map[exposure.JobErrorKind]int{exposure.JobLimit: 120, exposure.JobOwn: 0, exposure.JobProxied: 0} {
		s := script{status: 403, kind: "application/problem+json", plan: exposure.Problem{Type: exposure.ProblemType + string(kind), Title: "No.", Status: 403, Retry: retry}}
		var e *vantage.Error
		_, err := client(t, s, netip.Addr{}).Look(t.Context(), asked, nil)
		if !errors.As(err, &e) || e.Kind != vantage.Refuses || e.Problem != kind || e.Retry != time.Duration(retry)*time.Second {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

func TestNobodyThere(t *testing.T) {
	server := httptest.NewServer(nil)
	address, err := vantage.Parse(server.URL)
	server.Close()
	if err != nil {
		t.Fatal(err)
	}
	var e *vantage.Error
	if _, err := vantage.New(address, netip.MustParseAddr("127.0.0.1"), netip.Addr{}).Whoami(t.Context()); !errors.As(err, &e) || e.Kind != vantage.Away {
		t.Errorf("%v", err)
	}
}

func TestParse(t *testing.T) {
	for word, want := range map[string]string{
		"http://vantage.example": "vantage.example 80", "https://vantage.example": "vantage.example 443",
		"http://[2001:db8::1]:8080/": "2001:db8::1 8080", "https://h:1": "h 1",
		"": "", "vantage.example": "", "ftp://h": "", "http://": "", "http://h:0": "", "http://h:99999": "", "http://u:p@h": "",
		"http://h?x": "", "http://h#x": "", "http://h:x": "", "://": "",
	} {
		a, err := vantage.Parse(word)
		got := fmt.Sprintf("%s %d", a.Host, a.Port)
		if err != nil {
			got = ""
		}
		if got != want {
			t.Errorf("%q is %q, want %q", word, got, want)
		}
	}
}
