package probe

import (
	"bytes"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{
		Name: "ssdp", Transport: exposure.UDP, Ports: []uint16{1900}, Weak: true,
		// A search sent to one host (UPnP Device Architecture 1.1, section 1.3.2),
		// for root devices only: each answers once, and not for all that it has.
		Hello: func(uint64) []byte {
			return []byte("M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\nST: upnp:rootdevice\r\n\r\n")
		},
		Match: ssdpReplies,
	})
}

// ssdpReplies wants a response of HTTP with the target of the search (section
// 1.3.3).
func ssdpReplies(_, b []byte) bool {
	head := bytes.ToUpper(b[:min(len(b), 2048)])
	return (bytes.HasPrefix(head, []byte("HTTP/1.1 200")) || bytes.HasPrefix(head, []byte("HTTP/1.0 200"))) &&
		bytes.Contains(head, []byte("\nST:"))
}
