package probe

import (
	"encoding/binary"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{
		Name: "radius", Transport: exposure.UDP, Ports: []uint16{1812, 1645, 1813, 1646}, Weak: true, Silent: true,
		Hello: radiusHello, Match: radiusReplies, Tell: radiusTell,
		Tests: []Test{{Name: "radius", Port: 1812, Run: testRADIUS}},
	})
}

const radiusHeader = 20

// radiusHello is Status-Server, which logs nobody in (RFC 5997 section 3). It
// must be signed under a secret that we do not have, and a server is silent to
// whoever has none (RFC 2865 section 3): what answers does not hold to that.
func radiusHello(nonce uint64) []byte {
	b := append([]byte{12, byte(nonce), 0, radiusHeader + 18}, noise(nonce, 16)...)
	return append(append(b, 80, 18), noise(nonce+1, 16)...)
}

// radiusReplies wants an acceptance, a refusal, an accounting response or an
// error of our id, whose length fits. What proves it cannot be checked without
// the secret.
func radiusReplies(hello, b []byte) bool {
	if len(hello) < 2 || len(b) < radiusHeader || b[1] != hello[1] || int(binary.BigEndian.Uint16(b[2:])) != len(b) {
		return false
	}
	switch b[0] {
	case 2, 3, 5, 11, 52: // 52: Protocol-Error, RFC 7930
		return true
	}
	return false
}

// radiusTell notes that the server answers what is not signed under its secret.
func radiusTell(_ []byte, svc *exposure.Service) { svc.Facts["checks_secret"] = false }
