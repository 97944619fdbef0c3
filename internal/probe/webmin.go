package probe

import (
	"regexp"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{
		Name: "webmin", Transport: exposure.UDP, Ports: []uint16{10000}, Weak: true,
		// Webmin's own search for other servers; any datagram is answered.
		Hello: func(uint64) []byte { return []byte("webmin") },
		Match: func(_, reply []byte) bool { return len(reply) < 512 && webminReply.Match(reply) },
	})
}

// webminReply is a name or address, the port of its pages and whether they
// stand inside TLS.
var webminReply = regexp.MustCompile(`^[\w.:-]{0,255}:\d{1,5}:[01](?::|$)`)
