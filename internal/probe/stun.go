package probe

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"regexp"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

func init() {
	register(Probe{
		Name: "stun", Transport: exposure.UDP, Ports: []uint16{3478}, Hello: stunHello, Match: stunReplies, Tell: stunTell,
		Tests: []Test{{Name: "stun", Port: 3478, Run: testSTUN}},
	})
}

const (
	stunHeader  = 20
	stunRequest = 0x0001 // Binding
	stunAnswer  = 0x0101
	stunRefusal = 0x0111
	stunCookie  = 0x2112a442
)

// stunHello is a Binding request without attributes (RFC 8489 section 5).
func stunHello(nonce uint64) []byte {
	b := binary.BigEndian.AppendUint16(nil, stunRequest)
	b = binary.BigEndian.AppendUint32(append(b, 0, 0), stunCookie)
	return append(b, noise(nonce, 12)...)
}

// stunReplies wants a response or an error of the same transaction.
func stunReplies(hello, b []byte) bool {
	if len(hello) != stunHeader || len(b) < stunHeader || int(binary.BigEndian.Uint16(b[2:])) != len(b)-stunHeader {
		return false
	}
	kind := binary.BigEndian.Uint16(b)
	return (kind == stunAnswer || kind == stunRefusal) && bytes.Equal(b[4:stunHeader], hello[4:])
}

// The attributes that tell something (RFC 8489 section 18.3).
const (
	stunError    = 0x0009
	stunMapped   = 0x0020
	stunSoftware = 0x8022
)

var stunProducts = []pattern{
	{"coturn", regexp.MustCompile(`(?i)^coturn-(?P<version>\d[\w.]*)`)},
	{"", regexp.MustCompile(`^(?P<product>[A-Za-z][\w. -]*?)(?:[ /-]v?(?P<version>\d[\w.]*))?(?:\s.*)?$`)},
}

// stunTell keeps the server's name and the address that it saw us at. Attributes
// are padded to four bytes (section 14).
func stunTell(reply []byte, svc *exposure.Service) {
	svc.Facts["login_required"] = binary.BigEndian.Uint16(reply) == stunRefusal
	for b := reply[stunHeader:]; len(b) >= 4; {
		kind, n := binary.BigEndian.Uint16(b), int(binary.BigEndian.Uint16(b[2:]))
		b = b[4:]
		if n > len(b) {
			return
		}
		switch value := b[:n]; kind {
		case stunSoftware:
			svc.Banner = untrusted.New(bytes.TrimRight(value, "\x00"), maxBanner)
			svc.Product, svc.Version = match(stunProducts, svc.Banner.Raw())
		case stunMapped:
			if seen, ok := stunSeen(value, reply); ok {
				svc.Facts["seen_from"] = untrusted.New(seen.String(), maxFact)
			}
		case stunError:
			if n >= 4 {
				svc.Facts["error_code"] = int(value[2]&7)*100 + int(value[3])
			}
		}
		b = b[min((n+3)&^3, len(b)):]
	}
}

// stunSeen is our address as the server saw it: masked, so that no router on the
// way rewrites it (section 14.2).
func stunSeen(value, reply []byte) (netip.AddrPort, bool) {
	if len(value) != 8 && len(value) != 20 {
		return netip.AddrPort{}, false
	}
	plain := bytes.Clone(value[4:])
	for i := range plain {
		plain[i] ^= reply[4+i]
	}
	a, ok := netip.AddrFromSlice(plain)
	return netip.AddrPortFrom(a, binary.BigEndian.Uint16(value[2:])^stunCookie>>16), ok
}
