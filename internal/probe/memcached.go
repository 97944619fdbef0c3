package probe

import (
	"bytes"
	"encoding/binary"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{Name: "memcached", Transport: exposure.UDP, Ports: []uint16{11211}, Hello: memcachedHello, Match: memcachedReplies})
}

// memcachedHello asks for the version, which is one short line; the statistics
// of these servers are used to flood others. Before it stands the header of
// datagrams: request id, number and count of datagrams, and two bytes for later
// (memcached, doc/protocol.txt, "UDP protocol").
func memcachedHello(nonce uint64) []byte {
	b := binary.BigEndian.AppendUint16(nil, uint16(nonce))
	return append(append(b, 0, 0, 0, 1, 0, 0), "version\r\n"...)
}

// memcachedReplies wants the same request id and an answer or a refusal.
func memcachedReplies(hello, b []byte) bool {
	const header = 8
	return len(hello) > header && len(b) > header && bytes.Equal(b[:2], hello[:2]) && b[2] == 0 && b[3] == 0 &&
		(bytes.HasPrefix(b[header:], []byte("VERSION ")) || bytes.HasPrefix(b[header:], []byte("ERROR")) ||
			bytes.HasPrefix(b[header:], []byte("SERVER_ERROR ")))
}
