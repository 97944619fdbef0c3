package web_test

import (
	"context"
	"fmt"
	"html"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/reach"
	"sekisho/internal/untrusted"
	"sekisho/internal/web"
)

// answered is what a resolver says of both records of a name. Words that are no
// outcome are addresses.
func answered(a, aaaa string) []exposure.NameAnswer {
	var list []exposure.NameAnswer
	for record, words := range map[string]string{"A": a, "AAAA": aaaa} {
		ttl := uint32(300)
		n := exposure.NameAnswer{Source: exposure.NameResolver, Record: record, Outcome: exposure.NameOutcome(words)}
		for word := range strings.FieldsSeq(words) {
			if address, err := netip.ParseAddr(word); err == nil {
				n.Outcome, n.TTL = exposure.NameFound, &ttl
				n.Addresses = append(n.Addresses, address)
			}
		}
		list = append(list, n)
	}
	return list
}

// resolving is a service whose resolver says the same of each name, and what it was
// asked for.
func resolving(list []exposure.NameAnswer, more ...func(*web.Config)) (*web.Service, *acting, *[]string) {
	a, asked := &acting{}, &[]string{}
	c := web.Config{
		Door: a, Scope: func() reach.Scope { return reach.Scope{Own: []netip.Addr{own}} }, Hostnames: []string{"vantage.example"},
		Names: func(_ context.Context, name string) []exposure.NameAnswer {
			*asked = append(*asked, name)
			return list
		},
	}
	for _, m := range more {
		m(&c)
	}
	return web.New(c), a, asked
}

func named(s *web.Service, from, name string, headers ...string) *httptest.ResponseRecorder {
	return post(s, from, "/name", url.Values{"name": {name}}, headers...)
}

var (
	markup  = regexp.MustCompile(`<[^>]*>`)
	verdict = regexp.MustCompile(`<p class="verdict (\w+)"`)
)

// TestNameLeads: what a name is told to lead to, and that nobody is sent anything.
func TestNameLeads(t *testing.T) {
	const you6 = "2608:26::2"
	for name, c := range map[string]struct {
		from, a, aaaa string
		outcome       string
		words         []string
	}{
		"here":                {visitor, visitor, "no-data", "pass", []string{"Yes: home.example", "300 seconds", "no AAAA record"}},
		"here_v6":             {you6, "no-data", you6, "pass", []string{"Yes: home.example", "no A record"}},
		"other_family_open":   {visitor, visitor, you6, "inconclusive", []string{"as far as it could be compared", "did not come over IPv6"}},
		"old_address":         {visitor, "26.10.0.99", "no-data", "fail", []string{"leads somewhere else", "26.10.0.99 – not yours", visitor + " is what belongs there"}},
		"one_of_two":          {visitor, "26.10.0.99 " + visitor, "no-data", "fail", []string{"others are not", visitor + " – yours"}},
		"private":             {visitor, "192.168.1.20", "no-data", "fail", []string{"nobody on the Internet can reach", "(Private-Use)"}},
		"shared":              {visitor, "100.64.1.20", "no-data", "fail", []string{"nobody on the Internet can reach", "(Shared Address Space)"}},
		"loopback":            {visitor, "127.0.0.1", "::1", "fail", []string{"(Loopback)"}},
		"mapped":              {visitor, visitor, "::ffff:" + visitor, "fail", []string{"(IPv4-mapped Address)"}},
		"private_v6_unproven": {visitor, visitor, "fd00::1", "fail", []string{"(Unique-Local)"}},
		"gone":                {visitor, "no-such-name", "no-such-name", "fail", []string{"no such name", "not confirmed"}},
		"empty":               {visitor, "no-data", "no-data", "fail", []string{"has no address"}},
		"resolver_away":       {visitor, "timeout", "timeout", "inconclusive", []string{"could not be looked up"}},
		"nothing_said":        {visitor, "", "", "inconclusive", []string{"could not be looked up"}},
		"half_said":           {visitor, visitor, "server-failure", "inconclusive", []string{"no answer for the AAAA record"}},
		"service":             {visitor, own.String(), "no-data", "fail", []string{"this service and not to you"}},
		"near_v6":             {you6, "no-data", "2608:26::dead", "inconclusive", []string{"into your network", "the same /64"}},
		"far_v6":              {you6, "no-data", "2608:26:0:1::2", "fail", []string{"leads somewhere else"}},
		"missing_v6":          {you6, visitor, "no-data", "inconclusive", []string{"no AAAA record", "does not find you"}},
	} {
		s, door, asked := resolving(answered(c.a, c.aaaa))
		w := named(s, c.from, "Home.Example.", "Accept-Language", "en")
		text := html.UnescapeString(markup.ReplaceAllString(w.Body.String(), ""))
		if got := verdict.FindStringSubmatch(w.Body.String()); w.Code != 200 || got == nil || got[1] != c.outcome {
			t.Errorf("%s: %d %v, want %s", name, w.Code, got, c.outcome)
		}
		for _, words := range c.words {
			if !strings.Contains(text, words) {
				t.Errorf("%s: %q is not in %s", name, words, text)
			}
		}
		if !slices.Equal(*asked, []string{"home.example"}) || len(door.planned)+len(door.granted) > 0 {
			t.Errorf("%s: asked for %v, planned %v", name, *asked, door.planned)
		}
		if w := named(s, c.from, "home.example", "Accept-Language", "ja"); w.Code != 200 || !strings.Contains(w.Body.String(), `lang="ja"`) || strings.Contains(w.Body.String(), "web.name") {
			t.Errorf("%s in Japanese: %d %s", name, w.Code, w.Body)
		}
	}
}

// TestNameIsReadAsPeopleWriteIt: what a name is asked for as, and what is refused
// before anybody is asked.
func TestNameIsReadAsPeopleWriteIt(t *testing.T) {
	for _, c := range []struct{ written, asked, words string }{
		{"home.example", "home.example", ""},
		{" HOME.Example. ", "home.example", ""},
		{"https://home.example:8443/nas?x=1", "home.example", ""},
		{"home.example:8080", "home.example", ""},
		{"家.example", "xn--fct.example", ""},
		{"ｈｏｍｅ．example", "home.example", ""},
		{"ホーム。example", "xn--ydkk7f.example", ""},
		{"my_nas.home.example", "my_nas.home.example", "has an underscore"},
		{strings.Repeat("a", 63) + ".example", strings.Repeat("a", 63) + ".example", ""},
		{strings.Repeat("a", 64) + ".example", "", "no name of a host"},
		{strings.Repeat("a.", 126) + "ab", "", "no name of a host"},
		{strings.Repeat("a", 9000), "", "no name of a host"},
		{"", "", "Write a name"},
		{"  ", "", "Write a name"},
		{"..", "", "no name of a host"},
		{"a..example", "", "no name of a host"},
		{"a b.example", "", "no name of a host"},
		{"a\x00.example", "", "no name of a host"},
		{"a.example\r\nb.example", "", "no name of a host"},
		{"*.example", "", "no name of a host"},
		{"a@b.example", "", "no name of a host"},
		{"\xff\xfe.example", "", "no name of a host"},
		{"<script>alert(1)</script>.example", "", "no name of a host"},
		{"http://", "", "no name of a host"},
		{"26.10.0.99", "", "an address and no name"},
		{"26.10.0.99:80", "", "an address and no name"},
		{"[2608:26::1]", "", "an address and no name"},
		{"http://[2608:26::1]:80/", "", ""},
		{"127.1", "", "an address and no name"},
		{"nas", "", "has no dot"},
		{"localhost", "", ".localhost"},
		{"a.localhost", "", ".localhost"},
		{"printer.local", "", ".local"},
		{"nas.home.arpa", "", ".home.arpa"},
		{"nas.internal", "", ".internal"},
		{"vantage.example", "", "this service itself"},
		{"VANTAGE.example.", "", "this service itself"},
	} {
		s, _, asked := resolving(answered(visitor, "no-data"))
		w := named(s, visitor, c.written, "Accept-Language", "en")
		want, status := []string{c.asked}, 200
		if c.asked == "" {
			want, status = nil, 400
		}
		if !slices.Equal(*asked, want) || w.Code != status || !strings.Contains(html.UnescapeString(w.Body.String()), c.words) {
			t.Errorf("%.80q: %d, asked for %.80q: %.3000s", c.written, w.Code, *asked, w.Body)
		}
		if strings.Contains(w.Body.String(), "<script>alert") {
			t.Errorf("%q is not escaped", c.written)
		}
	}
	// In a home network the resolver may be that of the home.
	s, _, asked := resolving(answered("192.168.1.20", "no-data"), func(c *web.Config) {
		c.Scope = func() reach.Scope { return reach.Scope{Near: []netip.Prefix{netip.MustParsePrefix("192.168.1.0/24")}} }
	})
	if w := named(s, "192.168.1.20", "nas.home.arpa", "Accept-Language", "en"); w.Code != 200 || len(*asked) != 1 || !strings.Contains(w.Body.String(), "Yes: nas.home.arpa") {
		t.Errorf("%d %v %s", w.Code, *asked, w.Body)
	}
	if w := named(s, "192.168.1.21", "nas.home.arpa", "Accept-Language", "en"); !strings.Contains(w.Body.String(), "leads somewhere else") {
		t.Error("another of the network is taken for the visitor")
	}
}

// TestNameFromInside: who comes by a private address cannot be compared with what
// the name has outside.
func TestNameFromInside(t *testing.T) {
	s, _, _ := resolving(answered("26.10.0.2", "no-data"), func(c *web.Config) {
		c.Scope = func() reach.Scope { return reach.Scope{Near: []netip.Prefix{netip.MustParsePrefix("192.168.1.0/24")}} }
	})
	if w := named(s, "192.168.1.20", "home.example", "Accept-Language", "en"); !strings.Contains(w.Body.String(), "from inside your network") || strings.Contains(w.Body.String(), "verdict fail") {
		t.Errorf("%s", w.Body)
	}
}

// TestNameIsLimited: the test asks no more often than names may be asked for, tells
// nobody whom the vantage would not look at, and says what it could not do.
func TestNameIsLimited(t *testing.T) {
	s, _, asked := resolving(answered(visitor, "no-data"), func(c *web.Config) { c.Door = &door{} })
	if w := named(s, visitor, "home.example"); w.Code != 200 {
		t.Errorf("%d", w.Code)
	}
	if w := named(s, visitor, "home.example", "Accept-Language", "en"); w.Code != 429 || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), `value="home.example"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	for from, headers := range map[string][]string{"26.10.0.3": {"X-Forwarded-For", "26.10.0.9"}, "10.1.1.1": nil, own.String(): nil, "26.10.0.4": {"Sec-Fetch-Site", "cross-site"}} {
		if w := named(s, from, "home.example", headers...); w.Code != 403 {
			t.Errorf("%s: %d", from, w.Code)
		}
		if w := ask(s, from, "GET", "/name", "", headers...); w.Code != 200 {
			t.Errorf("%s: the page is %d", from, w.Code)
		}
	}
	if len(*asked) != 1 {
		t.Errorf("asked for %v", *asked)
	}
	without, _, _ := resolving(nil, func(c *web.Config) { c.Names = nil })
	if w := named(without, visitor, "home.example", "Accept-Language", "en"); w.Code != 503 || !strings.Contains(w.Body.String(), "without a resolver") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestNameOfHostileServers: what a name server says is bounded and escaped.
func TestNameOfHostileServers(t *testing.T) {
	a := exposure.NameAnswer{Record: "A", Outcome: exposure.NameFound, More: 7}
	for i := range 100 {
		a.Addresses = append(a.Addresses, netip.AddrFrom4([4]byte{26, 11, 0, byte(i)}))
		a.Chain = append(a.Chain, untrusted.New(fmt.Sprintf("<img src=x onerror=alert(%d)>\x1b[2J\u202e.example", i), 300))
	}
	s, _, _ := resolving([]exposure.NameAnswer{a, {Record: "AAAA", Outcome: "<b>odd</b>"}, {Record: "TXT", Outcome: exposure.NameFound}})
	body := named(s, visitor, "home.example", "Accept-Language", "en").Body.String()
	if strings.Contains(body, "<img") || strings.ContainsAny(body, "\x1b\u202e") || strings.Contains(body, "<b>odd") {
		t.Errorf("%s", body)
	}
	if n := strings.Count(body, "– not yours"); n != 16 || !strings.Contains(body, "and 91 more") || strings.Count(body, "onerror") != 16 {
		t.Errorf("%d addresses: %s", n, body)
	}
}
