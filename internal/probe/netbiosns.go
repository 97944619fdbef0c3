package probe

import (
	"bytes"
	"encoding/binary"
	"strings"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{Name: "netbios-ns", Transport: exposure.UDP, Ports: []uint16{137}, Hello: netbiosHello, Match: netbiosReplies})
}

// netbiosName is the wildcard name "*" and 15 zero bytes in the first-level
// encoding, with its length before it and the root after it (RFC 1001 section
// 14.1).
var netbiosName = "\x20CK" + strings.Repeat("A", 30) + "\x00"

const (
	netbiosStatus = 0x0021 // NBSTAT
	netbiosIN     = 0x0001
)

// netbiosHello asks for the node status (RFC 1002 section 4.2.17), which every
// node answers, whatever its names are.
func netbiosHello(nonce uint64) []byte {
	b := binary.BigEndian.AppendUint16(nil, uint16(nonce>>16))
	b = append(b, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0)
	b = append(b, netbiosName...)
	b = binary.BigEndian.AppendUint16(b, netbiosStatus)
	return binary.BigEndian.AppendUint16(b, netbiosIN)
}

// netbiosReplies wants a response of the same id that bears one record of the
// name and kind that was asked for (RFC 1002 section 4.2.18).
func netbiosReplies(hello, b []byte) bool {
	record := dnsHeader + len(netbiosName)
	return len(b) > record+10 && len(hello) > 2 && b[0] == hello[0] && b[1] == hello[1] && b[2]&0x80 != 0 &&
		bytes.Equal(b[dnsHeader:record], []byte(netbiosName)) && binary.BigEndian.Uint16(b[record:]) == netbiosStatus
}
