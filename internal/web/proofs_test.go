package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/reach"
	"sekisho/internal/web"
)

const (
	asker  = "26.10.0.2"
	server = "26.20.0.9" // another address of the asker's
	agreed = `{"consent":{"text":"My other computer may look at this one.","scope":"any port"}}`
)

// generous is a vantage that is done at once, and has time for many.
type generous struct{ door }

func (g *generous) Station() exposure.Station {
	s := g.door.Station()
	s.Limits.PerHour = 400
	return s
}

// twoVantages is a service and the one that it asks for a second opinion.
func twoVantages(more ...func(*web.Config)) (d *door, first, other *web.Service) {
	scope := func() reach.Scope {
		return reach.Scope{Own: []netip.Addr{own}, Out: []netip.Prefix{netip.MustParsePrefix("26.66.0.0/16")}}
	}
	other = web.New(web.Config{Door: &acting{}, Scope: scope})
	a := &acting{}
	c := web.Config{
		Door: a, Scope: scope, Seconds: []string{"https://second.example"},
		Second: func(_ context.Context, token string) (netip.Addr, error) {
			p, status := proofOf(other, own.String(), token)
			if status != 200 {
				return netip.Addr{}, errors.New("no address has claimed it there")
			}
			return p.Address, nil
		},
	}
	for _, m := range more {
		m(&c)
	}
	return &a.door, web.New(c), other
}

func proofOf(s *web.Service, from, token string) (p exposure.Proof, status int) {
	w := ask(s, from, "GET", "/api/v1/proofs/"+token, "")
	_ = json.Unmarshal(w.Body.Bytes(), &p)
	return p, w.Code
}

// tokenOf has a token made.
func tokenOf(t *testing.T, s *web.Service, from string) string {
	t.Helper()
	w := ask(s, from, "POST", "/api/v1/proofs", "")
	var p exposure.Proof
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != 201 || len(p.Claim) != 2 || p.Address.IsValid() ||
		p.Claim[0] != "http://vantage.example/api/v1/proofs/"+p.Token || p.Claim[1] != "https://second.example/api/v1/proofs/"+p.Token {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return p.Token
}

func claim(s *web.Service, from, token string, headers ...string) *httptest.ResponseRecorder {
	return ask(s, from, "POST", "/api/v1/proofs/"+token, agreed, headers...)
}

func ordered(s *web.Service, from, token string) *httptest.ResponseRecorder {
	return ask(s, from, "POST", "/api/v1/jobs", `{"tcp":"22","proof":"`+token+`","consent":{"text":"I agree.","scope":"1 port"}}`)
}

// TestProofByTwoVantages: an address that claimed the token at both is looked at, by
// the asker's heartbeat alone, and may stop it.
func TestProofByTwoVantages(t *testing.T) {
	d, s, other := twoVantages()
	token := tokenOf(t, s, asker)
	for _, vantage := range []*web.Service{s, other} {
		if w := claim(vantage, server, token); w.Code != 200 {
			t.Fatalf("claim: %d %s", w.Code, w.Body)
		}
	}
	if p, status := proofOf(s, asker, token); status != 200 || p.Address != netip.MustParseAddr(server) {
		t.Errorf("%d %+v", status, p)
	}
	w := ordered(s, asker, token)
	var plan exposure.Plan
	if err := json.Unmarshal(w.Body.Bytes(), &plan); err != nil || w.Code != 201 || plan.Address != netip.MustParseAddr(server) {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	job := d.planned[0]
	if job.Address != plan.Address || job.Grant.Kind != exposure.GrantProof || job.Grant.Address != plan.Address ||
		job.Grant.Asker != netip.MustParseAddr(asker) || job.Grant.Consent.Text != "I agree." || job.TripUS != 0 {
		t.Errorf("%+v", job)
	}
	path := "/api/v1/jobs/" + plan.Job
	for _, from := range []string{server, "26.10.0.9"} { // the heartbeat is the asker's
		if w := ask(s, from, "POST", path+"/go", ""); w.Code != 404 {
			t.Errorf("go from %s: %d", from, w.Code)
		}
		if w := ask(s, from, "POST", path+"/heartbeat", ""); w.Code != 404 {
			t.Errorf("heartbeat from %s: %d", from, w.Code)
		}
	}
	if w := ask(s, asker, "POST", path+"/go", ""); w.Code != 202 {
		t.Fatalf("go: %d %s", w.Code, w.Body)
	}
	if g := d.granted[0]; g.Kind != exposure.GrantProof || g.Address != plan.Address || g.Asker != netip.MustParseAddr(asker) {
		t.Errorf("%+v", g)
	}
	if w := ask(s, "26.10.0.9", "DELETE", path, ""); w.Code != 404 {
		t.Errorf("a stranger stops it: %d", w.Code)
	}
	if w := ask(s, server, "DELETE", path, ""); w.Code != 204 {
		t.Errorf("who is looked at cannot stop it: %d %s", w.Code, w.Body)
	}
}

// TestProofsThatAreNone: each is refused, with nothing planned.
func TestProofsThatAreNone(t *testing.T) {
	claimed := func(t *testing.T, s *web.Service, from, token string) {
		t.Helper()
		if w := claim(s, from, token); w.Code != 200 {
			t.Fatalf("claim: %d %s", w.Code, w.Body)
		}
	}
	for name, c := range map[string]struct {
		do   func(t *testing.T, s, other *web.Service, token string)
		from string
		kind string
		why  string
	}{
		"not_claimed":       {do: func(*testing.T, *web.Service, *web.Service, string) {}, why: "no address has claimed"},
		"by_one_vantage":    {do: func(t *testing.T, s, _ *web.Service, token string) { claimed(t, s, server, token) }, why: "no second vantage"},
		"by_the_other_only": {do: func(t *testing.T, _, other *web.Service, token string) { claimed(t, other, server, token) }, why: "no address has claimed"},
		"two_addresses": {do: func(t *testing.T, s, other *web.Service, token string) {
			claimed(t, s, "26.20.0.8", token)
			claimed(t, other, server, token)
		}, why: "by 26.20.0.9, this one by 26.20.0.8"},
		"own_address": {do: func(t *testing.T, s, other *web.Service, token string) {
			claimed(t, s, asker, token)
			claimed(t, other, asker, token)
		}, why: "needs no proof"},
		"anothers_token": {from: "26.10.0.9", do: func(t *testing.T, s, other *web.Service, token string) {
			claimed(t, s, server, token)
			claimed(t, other, server, token)
		}, why: "no such token"},
	} {
		d, s, other := twoVantages()
		token := tokenOf(t, s, asker)
		c.do(t, s, other, token)
		from := c.from
		if from == "" {
			from = asker
		}
		if w := ordered(s, from, token); w.Code != 403 || !strings.Contains(w.Body.String(), string(exposure.JobUnproven)) || !strings.Contains(w.Body.String(), c.why) {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
		if len(d.planned) > 0 {
			t.Errorf("%s: planned %+v", name, d.planned)
		}
	}
	d, s, _ := twoVantages()
	for _, token := range []string{"A", "../../jobs", strings.Repeat("A", 26), server} {
		if w := ordered(s, asker, token); w.Code != 403 {
			t.Errorf("%q: %d %s", token, w.Code, w.Body)
		}
	}
	token := tokenOf(t, s, asker)
	for _, more := range []string{`"tests":[{"protocol":"ftp","port":21}]`, `"watch":true`, `"address":"` + server + `"`, `"tests":[],"target":"a"`} {
		if w := ask(s, asker, "POST", "/api/v1/jobs", `{"tcp":"22","proof":"`+token+`",`+more+`,"consent":{"text":"a","scope":"b"}}`); w.Code != 400 {
			t.Errorf("%s: %d %s", more, w.Code, w.Body)
		}
	}
	if len(d.planned) > 0 {
		t.Errorf("planned %+v", d.planned)
	}
}

// TestClaimsThatAreNone: whom nobody looks at claims nothing, nor does who was made to
// send a request, and the first claim is the only one.
func TestClaimsThatAreNone(t *testing.T) {
	_, s, _ := twoVantages()
	token := tokenOf(t, s, asker)
	for name, w := range map[string]*httptest.ResponseRecorder{
		"private":      claim(s, "10.1.1.1", token),
		"shared":       claim(s, "100.64.0.1", token),
		"own":          claim(s, own.String(), token),
		"opted_out":    claim(s, "26.66.0.1", token),
		"proxied":      claim(s, server, token, "X-Forwarded-For", "26.30.0.1"),
		"cross_site":   claim(s, server, token, "Sec-Fetch-Site", "cross-site"),
		"cross_origin": claim(s, server, token, "Origin", "https://evil.example"),
		"a_form":       claim(s, server, token, "Content-Type", "application/x-www-form-urlencoded"),
		"plain":        claim(s, server, token, "Content-Type", "text/plain"),
		"no_consent":   ask(s, server, "POST", "/api/v1/proofs/"+token, `{}`),
		"address":      ask(s, server, "POST", "/api/v1/proofs/"+token, `{"address":"26.30.0.1",`+agreed[1:]),
		"long_consent": ask(s, server, "POST", "/api/v1/proofs/"+token, `{"consent":{"text":"`+strings.Repeat("a", 5000)+`","scope":"b"}}`),
		"no_token":     claim(s, server, "short"),
		"small":        claim(s, server, strings.ToLower(token)),
	} {
		if w.Code != 400 && w.Code != 403 {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	if p, status := proofOf(s, asker, token); status != 200 || p.Address.IsValid() {
		t.Errorf("claimed by %+v, %d", p, status)
	}
	if w := claim(s, server, token); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := claim(s, "26.20.0.10", token); w.Code != 403 {
		t.Errorf("a second address claims it, too: %d %s", w.Code, w.Body)
	}
	if p, _ := proofOf(s, asker, token); p.Address != netip.MustParseAddr(server) {
		t.Errorf("claimed by %s", p.Address)
	}
	// A page that only loads the URL claims nothing.
	token = tokenOf(t, s, asker)
	if p, _ := proofOf(s, server, token); p.Address.IsValid() {
		t.Error("GET claims")
	}
}

// TestProofNeedsASecondVantage: without a peer the answer says why, and how.
func TestProofNeedsASecondVantage(t *testing.T) {
	d, s := service()
	for _, w := range []*httptest.ResponseRecorder{ask(s, asker, "POST", "/api/v1/proofs", ""), ordered(s, asker, strings.Repeat("A", 26))} {
		if w.Code != 403 || problem(t, w) != string(exposure.JobUnproven) || !strings.Contains(w.Body.String(), "--peer") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	if len(d.planned) > 0 {
		t.Errorf("planned %+v", d.planned)
	}
}

// TestProofEnds: a token lasts a quarter of an hour, is confirmed once, and what is
// open at once is bounded. Who opts out after the claim is not looked at.
func TestProofEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked, out, d := 0, []netip.Prefix(nil), &generous{}
		_, s, other := twoVantages(func(c *web.Config) {
			c.Door = d
			c.Scope = func() reach.Scope { return reach.Scope{Own: []netip.Addr{own}, Out: out} }
			c.Second = func(context.Context, string) (netip.Addr, error) { asked++; return netip.MustParseAddr(server), nil }
		})
		token := tokenOf(t, s, asker)
		claim(s, server, token)
		claim(other, server, token)
		for range 2 {
			w := ordered(s, asker, token)
			if w.Code != 201 || asked != 1 {
				t.Fatalf("%d %s, asked %d times", w.Code, w.Body, asked)
			}
			var plan exposure.Plan
			_ = json.Unmarshal(w.Body.Bytes(), &plan)
			if w := ask(s, asker, "DELETE", "/api/v1/jobs/"+plan.Job, "", "Authorization", "Bearer "+plan.Secret); w.Code != 204 {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
		}
		out = []netip.Prefix{netip.MustParsePrefix("26.20.0.0/24")}
		if w := ordered(s, asker, token); w.Code != 403 || problem(t, w) != string(exposure.JobOut) {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		out = nil
		time.Sleep(15*time.Minute + time.Second)
		if w := ordered(s, asker, token); w.Code != 403 || len(d.planned) != 2 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		if _, status := proofOf(s, asker, token); status != 404 {
			t.Errorf("%d", status)
		}
		var statuses []int
		for range 10 {
			statuses = append(statuses, ask(s, asker, "POST", "/api/v1/proofs", "").Code)
		}
		if !slices.Equal(statuses, []int{201, 201, 201, 201, 201, 201, 201, 201, 429, 429}) {
			t.Errorf("%v", statuses)
		}
		synctest.Wait()
	})
}

// TestProofAsksOthersSeldom: who repeats a request has the other vantage asked no more
// often than names may be asked for.
func TestProofAsksOthersSeldom(t *testing.T) {
	asked := 0
	_, s, _ := twoVantages(func(c *web.Config) {
		c.Door = &generous{}
		c.Second = func(context.Context, string) (netip.Addr, error) {
			asked++
			return netip.Addr{}, errors.New("no address has claimed it there")
		}
	})
	token := tokenOf(t, s, asker)
	claim(s, server, token)
	for range 200 {
		if w := ordered(s, asker, token); w.Code != 403 && w.Code != 429 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	if asked < 50 || asked > 110 { // of 400 an hour a quarter at once
		t.Errorf("the other vantage was asked %d times", asked)
	}
}
