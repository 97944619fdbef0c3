package probe

import (
	"bytes"
	"encoding/binary"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{Name: "gnutella", Transport: exposure.UDP, Ports: []uint16{6346}, Hello: gnutellaHello, Match: gnutellaReplies})
}

const (
	gnutellaHeader = 23
	gnutellaID     = 16
	gnutellaPong   = 1
)

// gnutellaHello is a Ping with one hop to live, so that it is passed on to
// nobody (Gnutella 0.6, section 2.2). Its id comes back.
func gnutellaHello(nonce uint64) []byte {
	return append(noise(nonce, gnutellaID), 0, 1, 0, 0, 0, 0, 0)
}

// gnutellaReplies wants a Pong of the same id.
func gnutellaReplies(hello, b []byte) bool {
	return len(hello) == gnutellaHeader && len(b) >= gnutellaHeader+14 && bytes.Equal(b[:gnutellaID], hello[:gnutellaID]) &&
		b[gnutellaID] == gnutellaPong && uint64(binary.LittleEndian.Uint32(b[19:])) == uint64(len(b)-gnutellaHeader)
}
