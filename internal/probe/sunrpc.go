package probe

import (
	"bytes"
	"encoding/binary"

	"sekisho/internal/exposure"
)

func init() {
	for _, p := range []struct {
		name             string
		port             uint16
		program, version uint32
	}{{"rpcbind", 111, 100000, 2}, {"nfs", 2049, 100003, 3}, {"mountd", 20048, 100005, 3}} {
		register(Probe{
			Name: p.name, Transport: exposure.UDP, Ports: []uint16{p.port}, Match: sunrpcReplies,
			Hello: func(nonce uint64) []byte { return sunrpcNull(uint32(nonce)+p.program, p.program, p.version) },
		})
	}
}

// sunrpcNull calls procedure 0, which does nothing in every program (RFC 5531
// section 12.1), without credentials.
func sunrpcNull(id, program, version uint32) []byte {
	var b []byte
	for _, word := range []uint32{id, 0, 2, program, version, 0, 0, 0, 0, 0} {
		b = binary.BigEndian.AppendUint32(b, word)
	}
	return b
}

// sunrpcReplies wants a reply to the same call (RFC 5531 section 9): a result,
// a refusal, or that the program has other versions. A server that says that it
// has no such program is another one.
func sunrpcReplies(hello, b []byte) bool {
	if len(hello) < 4 || len(b) < 20 || len(b)%4 != 0 || !bytes.Equal(b[:4], hello[:4]) || binary.BigEndian.Uint32(b[4:]) != 1 {
		return false
	}
	switch binary.BigEndian.Uint32(b[8:]) {
	case 0: // accepted: the verifier and its length, then how the call went
		skip := uint64(binary.BigEndian.Uint32(b[16:]))
		if skip > 400 || uint64(len(b)) < 24+skip {
			return false
		}
		status := binary.BigEndian.Uint32(b[20+skip:])
		return status != 1 && status <= 5
	case 1: // denied: another RPC version, or no credentials
		return binary.BigEndian.Uint32(b[12:]) <= 1
	}
	return false
}
