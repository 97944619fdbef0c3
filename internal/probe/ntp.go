package probe

import (
	"bytes"
	"encoding/binary"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{Name: "ntp", Transport: exposure.UDP, Ports: []uint16{123}, Hello: ntpHello, Match: ntpReplies})
}

const (
	ntpSize     = 48 // the header without extensions
	ntpOrigin   = 24 // where the origin timestamp is
	ntpTransmit = 40 // where the transmit timestamp is
)

// ntpHello is the request of a client in version 4. It tells nothing of this
// machine's clock: the transmit timestamp, which the server only repeats, is
// the nonce, and the other fields are zero, as every client may have them.
func ntpHello(nonce uint64) []byte {
	b := make([]byte, ntpSize)
	b[0] = 4<<3 | 3 // version, mode client
	binary.BigEndian.PutUint64(b[ntpTransmit:], nonce)
	return b
}

// ntpReplies wants the mode of a server and our transmit timestamp as the
// origin (RFC 5905 section 8, test 2). A kiss-o'-death is an answer too.
func ntpReplies(hello, b []byte) bool {
	return len(b) >= ntpSize && len(hello) == ntpSize && b[0]&7 == 4 &&
		bytes.Equal(b[ntpOrigin:ntpOrigin+8], hello[ntpTransmit:])
}
