package probe

import (
	"bytes"
	"encoding/binary"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{Name: "rip", Transport: exposure.UDP, Ports: []uint16{520}, Hello: ripHello, Match: ripReplies})
	register(Probe{Name: "ripng", Transport: exposure.UDP, Ports: []uint16{521}, Hello: ripngHello, Match: ripReplies})
}

const (
	ripEntry    = 4 + 20 // the header and one entry, in both protocols
	ripRequest  = 1
	ripResponse = 2
)

// ripHello asks for the distance of one address, which is the nonce (RFC 2453
// section 3.9.1). The same entry comes back with the distance filled in, and it
// is no longer; the whole table, sixteen times as long, is not asked for.
func ripHello(nonce uint64) []byte {
	b := make([]byte, ripEntry)
	b[0], b[1], b[5] = ripRequest, 2, 2 // version 2, family IP
	binary.BigEndian.PutUint32(b[8:], uint32(nonce))
	b[ripEntry-1] = 1
	return b
}

// ripngHello asks the same of RIPng (RFC 2080 section 2.4.1), for an address
// that documents have for themselves.
func ripngHello(nonce uint64) []byte {
	b := append([]byte{ripRequest, 1, 0, 0}, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0)
	b = binary.BigEndian.AppendUint64(b, nonce)
	return append(b, 0, 0, 128, 1)
}

// ripReplies wants a response whose entry is of the same address.
func ripReplies(hello, b []byte) bool {
	return len(hello) == ripEntry && len(b) >= ripEntry && len(b)%20 == 4 && b[0] == ripResponse && b[1] > 0 &&
		bytes.Equal(b[4:20], hello[4:20])
}
