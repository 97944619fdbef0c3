package probe

import (
	"bytes"
	"fmt"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{Name: "ws-discovery", Transport: exposure.UDP, Ports: []uint16{3702}, Hello: wsdHello, Match: wsdReplies})
}

// wsdHello is a Probe sent to one host (WS-Discovery 2005/04 section 5.2, which
// Windows, printers and cameras speak), for whatever type of device it is.
func wsdHello(nonce uint64) []byte {
	return fmt.Appendf(nil, `<?xml version="1.0" encoding="utf-8"?>`+
		`<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery">`+
		`<s:Header><a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action>`+
		`<a:MessageID>%s</a:MessageID><a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To></s:Header>`+
		`<s:Body><d:Probe/></s:Body></s:Envelope>`, wsdID(nonce))
}

// wsdID is a message id of our own.
func wsdID(nonce uint64) string {
	return fmt.Sprintf("urn:uuid:%08x-%04x-4%03x-8000-000000000000", uint32(nonce>>32), uint16(nonce>>16), nonce&0xfff)
}

// wsdReplies wants ProbeMatches that relate to our message.
func wsdReplies(hello, b []byte) bool {
	id, ok := wsdBetween(hello, "MessageID>", "<")
	related, replied := wsdBetween(b, "RelatesTo>", "<")
	return ok && replied && bytes.Equal(bytes.TrimSpace(related), id) && bytes.Contains(b, []byte("ProbeMatches"))
}

// wsdBetween is what stands between two marks, whatever prefix the name has.
func wsdBetween(b []byte, from, to string) ([]byte, bool) {
	_, b, found := bytes.Cut(b, []byte(from))
	if !found {
		return nil, false
	}
	b, _, found = bytes.Cut(b, []byte(to))
	return b, found
}
