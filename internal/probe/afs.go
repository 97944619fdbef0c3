package probe

import (
	"bytes"
	"encoding/binary"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{Name: "afs", Transport: exposure.UDP, Ports: []uint16{7000, 7001, 7003}, Hello: afsHello, Match: afsReplies})
}

const (
	afsHeader  = 28   // of the Rx protocol, under all of AFS
	afsVersion = 0x0d // the packet that asks for the server's version
	afsType    = 20
)

// afsHello asks an Rx server for its version, as rxdebug does. The epoch and
// the call number of the header are the nonce; no connection comes about.
func afsHello(nonce uint64) []byte {
	b := make([]byte, afsHeader+1)
	binary.BigEndian.PutUint32(b, uint32(nonce>>32))
	binary.BigEndian.PutUint32(b[8:], uint32(nonce))
	b[afsType], b[afsType+1] = afsVersion, 0x05 // flags: from the client, last packet
	return b
}

// afsReplies wants the same header without the flag of the client.
func afsReplies(hello, b []byte) bool {
	return len(hello) > afsHeader && len(b) > afsHeader && bytes.Equal(b[:12], hello[:12]) &&
		b[afsType] == afsVersion && b[afsType+1]&1 == 0
}
