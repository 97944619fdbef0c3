package probe

import (
	"bytes"
	"regexp"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
	"sekisho/internal/wire/igd"
)

func init() {
	register(Probe{
		Name: "ssdp", Transport: exposure.UDP, Ports: []uint16{1900}, Weak: true,
		// A search sent to one host (UPnP Device Architecture 1.1, section 1.3.2),
		// for root devices only: each answers once, and not for all that it has.
		Hello: func(uint64) []byte { return igd.Search(igd.RootDevice) },
		Match: ssdpReplies, Tell: ssdpTell,
		Tests: []Test{{Name: "ssdp", Port: 1900, Run: testSSDP}},
	})
}

// ssdpReplies wants a response of HTTP with the target of the search (section
// 1.3.3).
func ssdpReplies(_, b []byte) bool {
	head := bytes.ToUpper(b[:min(len(b), 2048)])
	return (bytes.HasPrefix(head, []byte("HTTP/1.1 200")) || bytes.HasPrefix(head, []byte("HTTP/1.0 200"))) &&
		bytes.Contains(head, []byte("\nST:"))
}

var ssdpProducts = []pattern{
	{"MiniUPnPd", regexp.MustCompile(`(?i)MiniUPnPd/(?P<version>\d[\w.-]*)`)},
	{"Microsoft Windows UPnP", regexp.MustCompile(`^Microsoft-Windows/(?P<version>\d[\w.]*)`)},
	// System, version of UPnP, product, each with its version (section 1.3.3).
	{"", regexp.MustCompile(`UPnP/\d\.\d,? (?P<product>[^/]+)/(?P<version>\d[\w.-]*)`)},
}

// ssdpTell keeps the server's words and where the description of the device is.
func ssdpTell(reply []byte, svc *exposure.Service) {
	server := fieldOf(reply, "SERVER")
	svc.Banner = untrusted.New(server, maxBanner)
	svc.Product, svc.Version = match(ssdpProducts, server)
	for name, fact := range map[string]string{"LOCATION": "location", "USN": "device"} {
		if value := fieldOf(reply, name); value != "" {
			svc.Facts[fact] = untrusted.New(value, maxFact)
		}
	}
}
