package web_test

import (
	"html"
	"net/url"
	"strings"
	"testing"

	"sekisho/internal/exposure"
)

// TestQuickAndSYNSideBySide: what both saw otherwise is asked again and explained,
// for the owner alone.
func TestQuickAndSYNSideBySide(t *testing.T) {
	again := func(port uint16, method string, state exposure.State, reason exposure.Reason) exposure.AskedAgain {
		return exposure.AskedAgain{Port: port, Method: method, State: state, Reason: reason}
	}
	get, more, quick, cookie := looked(t, "quick", url.Values{},
		exposure.Batch{Observations: []exposure.Observation{isOpen(22), isOpen(80), isOpen(443), isOpen(21)}},
		seenAs(exposure.TCP, exposure.Closed, exposure.Reset, 25, 110, 113),
	)
	if _, page := get("/look/"+quick, "Cookie", cookie); !strings.Contains(page, `href="/check/syn"`) {
		t.Errorf("nobody says that there is a SYN scan: %s", page)
	}
	syn := more("syn", url.Values{},
		exposure.Batch{Observations: []exposure.Observation{isOpen(443), isOpen(113)}},
		seenAs(exposure.TCP, exposure.Filtered, exposure.NoResponse, 22, 80, 110, 21),
		seenAs(exposure.TCP, exposure.Closed, exposure.Reset, 25),
		exposure.Batch{Again: []exposure.AskedAgain{
			again(22, "syn", exposure.Filtered, exposure.NoResponse), again(22, "connect", exposure.Filtered, exposure.NoResponse),
			again(80, "syn", exposure.Filtered, exposure.NoResponse), again(80, "connect", exposure.Open, exposure.SynAck),
			again(110, "syn", exposure.Closed, exposure.Reset), again(110, "connect", exposure.Closed, exposure.ConnRefused),
			again(113, "syn", exposure.Open, exposure.SynAck),
		}},
	)
	for _, id := range []string{quick, syn} {
		_, page := get("/look/"+id, "Cookie", cookie)
		page = html.UnescapeString(page)
		for _, want := range []string{
			"22/tcp ssh", "Whoever had scanned is shut out", "80/tcp http", "treats half of a connection otherwise than a whole one",
			"110/tcp", "was lost on the way", "113/tcp", "was opened", "21/tcp", "were not asked again", "saw 2 ports alike", "href=\"/look/" + quick + "\"", "href=\"/look/" + syn + "\"",
		} {
			if !strings.Contains(page, want) {
				t.Errorf("no %q in %s", want, page)
			}
		}
	}
	if _, page := get("/look/" + syn); strings.Contains(page, quick) {
		t.Error("who has the link of one result is given that of another")
	}
	if _, page := get("/look/"+syn, "Cookie", cookie, "Accept-Language", "ja"); strings.Contains(page, "web.") || !strings.Contains(page, "締め出") {
		t.Errorf("%s", page)
	}
}
