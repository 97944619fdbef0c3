package web_test

import (
	"crypto/rand"
	"html"
	"net/url"
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

// looked makes a look that saw some batches, and returns the id of its link.
func looked(t *testing.T, kind string, form url.Values, batches ...exposure.Batch) (get func(path string, headers ...string) (int, string), more func(kind string, form url.Values, batches ...exposure.Batch) string, id, cookie string) {
	t.Helper()
	a, s := pagesService()
	get = func(path string, headers ...string) (int, string) {
		t.Helper()
		w := ask(s, "26.10.0.9", "GET", path, "", headers...)
		return w.Code, w.Body.String()
	}
	run := func(kind string, form url.Values, cookie string, batches ...exposure.Batch) (string, string) {
		t.Helper()
		form.Set("consent", "yes")
		form.Set("token", rand.Text())
		w := post(s, visitor, "/check/"+kind, form, "Cookie", cookie)
		if w.Code != 303 {
			t.Fatalf("%s: %d %s", kind, w.Code, w.Body)
		}
		if c, _, set := strings.Cut(w.Header().Get("Set-Cookie"), ";"); set {
			cookie = c
		}
		for _, b := range batches {
			a.batches <- b
		}
		a.batches <- exposure.Batch{Done: true}
		path := w.Header().Get("Location")
		ended(t, s, path)
		return strings.TrimPrefix(path, "/look/"), cookie
	}
	id, cookie = run(kind, form, "", batches...)
	more = func(kind string, form url.Values, batches ...exposure.Batch) string {
		t.Helper()
		id, _ := run(kind, form, cookie, batches...)
		return id
	}
	return get, more, id, cookie
}

func pinged(state exposure.State, reason exposure.Reason) exposure.Observation {
	return exposure.Observation{Transport: exposure.ICMP, State: state, Reason: reason}
}

func ssh(product string) exposure.JobService {
	return exposure.JobService{Transport: exposure.TCP, Port: 22, Service: exposure.Service{
		Protocol: "ssh", Product: untrusted.New(product, 0), Confidence: exposure.Confirmed,
	}}
}

// TestTwoResultsSideBySide: what differs comes first and in words; what only one of
// them looked at is no difference.
func TestTwoResultsSideBySide(t *testing.T) {
	get, more, first, _ := looked(t, "custom", url.Values{"ports": {"20-25,80,443,u:53"}},
		exposure.Batch{
			Observations: []exposure.Observation{isOpen(22), isOpen(80), pinged(exposure.Open, exposure.EchoReply)},
			Services:     []exposure.JobService{ssh("OpenSSH")},
		},
		seenAs(exposure.TCP, exposure.Closed, exposure.Reset, 20, 21, 23),
		seenAs(exposure.TCP, exposure.Filtered, exposure.NoResponse, 443),
		seenAs(exposure.UDP, exposure.OpenFiltered, exposure.NoResponse, 53),
	)
	second := more("custom", url.Values{"ports": {"20-23,80,443,8080"}},
		exposure.Batch{
			Observations: []exposure.Observation{isOpen(22), isOpen(443), pinged(exposure.Filtered, exposure.NoResponse)},
			Services:     []exposure.JobService{ssh("Dropbear " + hostile)},
		},
		seenAs(exposure.TCP, exposure.Filtered, exposure.NoResponse, 20, 21, 80),
		seenAs(exposure.TCP, exposure.Closed, exposure.Reset, 23),
		exposure.Batch{Observations: []exposure.Observation{isOpen(8080)}},
	)
	code, page := get("/compare?look=" + second + "&look=" + url.QueryEscape("https://vantage.example/look/"+first+"?lang=ja"))
	page = html.UnescapeString(page)
	rest := page
	for _, want := range []string{
		"80/tcp http: could be reached in A only. In B it was: silent (stealth).",
		"443/tcp https: can be reached in B only. In A it was: silent (stealth).",
		"22/tcp ssh: something else answers. In A it was ssh OpenSSH, in B ssh Dropbear",
		"A ping was answered in A only.",
		"TCP 20-21: in A closed (refuses), in B silent (stealth). Nobody gets in either way.",
		"closed (refuses)</dt><dd tabindex=\"0\">TCP 23<",
		"Only A looked at these</dt><dd tabindex=\"0\">TCP 24-25; UDP 53<",
		"Only B looked at these</dt><dd tabindex=\"0\">TCP 8080<",
	} {
		before, behind, ok := strings.Cut(rest, want)
		if !ok {
			t.Errorf("no %q, or not in this order, in %s", want, before)
			continue
		}
		rest = behind
	}
	if code != 200 || strings.Contains(page, "\x1b") {
		t.Errorf("%d", code)
	}
	if _, page := get("/compare?look=" + first + "&look=" + second); strings.Contains(page, "<script>alert") || strings.Contains(page, "<img") {
		t.Error("a banner is taken for markup")
	}
	if _, page := get("/compare?look="+first+"&look="+second, "Accept-Language", "ja"); !strings.Contains(page, "443/tcp https:Bでだけ届きます。") || strings.Contains(page, "web.") {
		t.Errorf("%s", page)
	}
}

// TestLinksToCompareAreAnything: what is no link of a result, or not two of them, is
// said, and nothing of it is markup.
func TestLinksToCompareAreAnything(t *testing.T) {
	get, more, first, cookie := looked(t, "custom", url.Values{"ports": {"22"}}, seenAs(exposure.TCP, exposure.Closed, exposure.Reset, 22))
	second := more("custom", url.Values{"ports": {"22"}}, seenAs(exposure.TCP, exposure.Closed, exposure.Reset, 22))
	for query, want := range map[string]struct {
		code int
		text string
	}{
		"":                                  {200, `name="look"`},
		"look=" + first:                     {200, `value="` + first + `"`},
		"look=" + first + "&look=" + first:  {400, "the same result twice"},
		"look=a&look=b&look=c":              {400, "Two results are compared"},
		"look=" + first + "&look=none":      {404, "There is no result at none"},
		"look=" + first + "&look=":          {200, `value="` + first + `"`},
		"look=../../etc/passwd&look=%00":    {404, "There is no result at"},
		"look=" + first + "&look=" + second: {200, "Nothing differs"},
		"look=" + url.QueryEscape(hostile) + "&look=" + first:  {404, "There is no result at"},
		"look=" + strings.Repeat("x", 5000) + "&look=" + first: {404, "There is no result at"},
	} {
		code, page := get("/compare?" + query)
		if code != want.code || !strings.Contains(page, want.text) || strings.Contains(page, "<script>alert") {
			t.Errorf("%.80q: %d, want %d %q: %s", query, code, want.code, want.text, page)
		}
	}
	if _, page := get("/results", "Cookie", cookie); strings.Count(page, `type="checkbox" name="look"`) != 2 {
		t.Errorf("nothing to tick: %s", page)
	}
}
