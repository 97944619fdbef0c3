package netio

import "encoding/binary"

// tcpHeader is the length of a TCP header without options.
const tcpHeader = 20

// answersTo reports whether a TCP segment came from one port to another and takes
// up a connection or refuses one: a SYN-ACK or a reset (RFC 9293 section 3.1).
func answersTo(segment []byte, from, to uint16) bool {
	const syn, rst, ack = 0x02, 0x04, 0x10
	if len(segment) < tcpHeader || binary.BigEndian.Uint16(segment) != from || binary.BigEndian.Uint16(segment[2:]) != to {
		return false
	}
	flags := segment[13]
	return flags&rst != 0 || flags&(syn|ack) == syn|ack
}
