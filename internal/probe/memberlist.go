package probe

import (
	"bytes"
	"encoding/binary"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{
		Name: "memberlist", Transport: exposure.UDP, Hello: memberlistHello, Match: memberlistReplies,
		// Consul, in the LAN and between sites, Nomad and Alertmanager. Clusters
		// with a key of their own, as Consul's guides tell to have, are silent.
		Ports: []uint16{8301, 8302, 4648, 9094}, Silent: true,
	})
}

// memberlistNumber is the field that a ping and its answer share, in
// MessagePack: the name, and that a number of four bytes follows.
var memberlistNumber = []byte("\xa5SeqNo\xce")

// memberlistHello is a ping that names no node, which any node answers (HashiCorp
// memberlist, message type 0). Nobody joins by it.
func memberlistHello(nonce uint64) []byte {
	b := append([]byte{0, 0x82}, memberlistNumber...)
	b = binary.BigEndian.AppendUint32(b, uint32(nonce)|1<<31)
	return append(b, "\xa4Node\xa0"...)
}

// memberlistReplies wants an acknowledgement (type 1) of the same number, alone
// or within a message of several (7) or one with a checksum before it (12).
func memberlistReplies(hello, b []byte) bool {
	start := 2 + len(memberlistNumber)
	return len(hello) >= start+4 && len(b) > start && (b[0] == 1 || b[0] == 7 || b[0] == 12) &&
		bytes.Contains(b, hello[2:start+4])
}
