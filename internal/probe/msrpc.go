package probe

import (
	"bytes"
	"encoding/binary"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{Name: "msrpc", Transport: exposure.UDP, Ports: []uint16{135}, Hello: msrpcHello, Match: msrpcReplies})
}

const (
	msrpcHeader   = 80 // of the connectionless protocol, C706 section 12.5
	msrpcPing     = 1
	msrpcActivity = 40 // where the id of the activity is
	msrpcNode     = msrpcActivity + 8
)

// msrpcMapper is the interface of the endpoint mapper,
// e1af8308-5d1f-11c9-91a4-08002b14a0fa, in little-endian form.
var msrpcMapper = []byte{0x08, 0x83, 0xaf, 0xe1, 0x1f, 0x5d, 0xc9, 0x11, 0x91, 0xa4, 0x08, 0x00, 0x2b, 0x14, 0xa0, 0xfa}

// msrpcHello asks how a call is coming along that was never made (C706 section
// 12.6.4.2): the server knows of none and says so, and nothing is called.
func msrpcHello(nonce uint64) []byte {
	b := make([]byte, msrpcHeader)
	b[0], b[1], b[4] = 4, msrpcPing, 0x10
	copy(b[24:], msrpcMapper)
	copy(b[msrpcActivity:], noise(nonce, 8))
	binary.BigEndian.PutUint64(b[msrpcNode:], nonce)
	b[60] = 3                 // interface version
	b[70], b[71] = 0xff, 0xff // no hint of the interface
	b[72], b[73] = 0xff, 0xff // nor of the activity
	return b
}

// msrpcReplies wants one of the server's packets for the same activity. Its
// first half is in the byte order of whoever sends it, its second in one only.
func msrpcReplies(hello, b []byte) bool {
	if len(hello) != msrpcHeader || len(b) < msrpcHeader || b[0] != 4 {
		return false
	}
	switch b[1] & 0x1f {
	case 2, 3, 4, 5, 6, 7, 9, 10: // response, fault, working, nocall, reject, ack, fack, cancel_ack
		return bytes.Equal(b[msrpcNode:msrpcNode+8], hello[msrpcNode:msrpcNode+8])
	}
	return false
}
