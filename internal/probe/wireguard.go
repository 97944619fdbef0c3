package probe

import (
	"bytes"
	"encoding/binary"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{Name: "wireguard", Transport: exposure.UDP, Ports: []uint16{51820}, Silent: true, Hello: wireguardHello, Match: wireguardReplies, Tests: []Test{wireguardTest}})
}

const (
	wireguardInitiation = 148
	wireguardResponse   = 92
	wireguardCookie     = 64
	wireguardIndex      = 4
)

// wireguardHello has the shape of a first message. Its proofs are noise, since
// they must be made with the server's public key; a server drops it without an
// answer (WireGuard paper, sections 5.3 and 5.4.4).
func wireguardHello(nonce uint64) []byte {
	b := binary.LittleEndian.AppendUint32([]byte{1, 0, 0, 0}, uint32(nonce))
	return append(b, noise(nonce, wireguardInitiation-len(b))...)
}

// wireguardReplies wants a response or a cookie for our index.
func wireguardReplies(hello, b []byte) bool {
	const end = wireguardIndex + 4
	if len(hello) != wireguardInitiation {
		return false
	}
	index := hello[wireguardIndex:end]
	switch len(b) {
	case wireguardResponse:
		return b[0] == 2 && bytes.Equal(b[end:end+4], index)
	case wireguardCookie:
		return b[0] == 3 && bytes.Equal(b[wireguardIndex:end], index)
	}
	return false
}
