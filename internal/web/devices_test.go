package web_test

import (
	"html"
	"net/url"
	"strings"
	"testing"

	"sekisho/internal/exposure"
)

// TestDevicesByTheirDistance: who answered is told where the hops of the answers
// tell it, and else not.
func TestDevicesByTheirDistance(t *testing.T) {
	at := func(hops uint8, ports ...uint16) exposure.AnswerHops {
		return exposure.AnswerHops{Transport: exposure.TCP, Hops: hops, Ports: ports}
	}
	ping := func(hops uint8) exposure.AnswerHops { return exposure.AnswerHops{Transport: exposure.ICMP, Hops: hops} }
	const behind, before, one = "further away than the device", "nearer than the device", "from the same distance"
	for name, c := range map[string]struct {
		hops []exposure.AnswerHops
		want string
	}{
		"a forward":          {[]exposure.AnswerHops{ping(60), at(59, 80, 443), at(60, 22)}, "TCP 80, 443: answered from 1 hop " + behind},
		"another system":     {[]exposure.AnswerHops{ping(60), at(122, 3389)}, "TCP 3389: answered from 2 hops " + behind},
		"a proxy on the way": {[]exposure.AnswerHops{ping(60), at(62, 25)}, "TCP 25: answered from 2 hops " + before},
		"one device":         {[]exposure.AnswerHops{ping(60), at(60, 22, 80), at(251, 443)}, one},
		"no ping":            {[]exposure.AnswerHops{at(60, 21, 22, 23), at(59, 80)}, "TCP 80: answered from 1 hop " + behind},
		"one answer":         {[]exposure.AnswerHops{at(60, 22)}, ""},
		"no answer":          {nil, ""},
	} {
		a, s := pagesService()
		path, _ := begun(t, s, "custom", url.Values{"ports": {"22,80"}})
		a.batches <- seenAs(exposure.TCP, exposure.Closed, exposure.Reset, 22, 80)
		a.batches <- exposure.Batch{Done: true, Unasked: &exposure.Unasked{Watched: true}, Hops: c.hops}
		ended(t, s, path)
		page := html.UnescapeString(ask(s, visitor, "GET", path, "").Body.String())
		if c.want == "" {
			if strings.Contains(page, behind) || strings.Contains(page, before) || strings.Contains(page, one) {
				t.Errorf("%s: something is told: %s", name, page)
			}
		} else if !strings.Contains(page, c.want) {
			t.Errorf("%s: no %q in %s", name, c.want, page)
		}
	}
}
