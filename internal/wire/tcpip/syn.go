package tcpip

import (
	"encoding/binary"
	"net/netip"
)

// SYN is a connection request from one address to another, built but for the
// ports and the sequence number: building it anew for each port would cost
// more than sending it.
type SYN struct {
	packet [ipv6Length + synLength]byte // in place: a scan goes from host to host, and each look elsewhere takes its time
	length uint8
	sum    uint32 // of all that does not change
}

// What a SYN carries: a window that real clients offer, and the one option
// that every client sends (RFC 9293 section 3.7.1). Some filters drop a SYN
// without it.
const (
	synWindow  = 64240
	synLength  = tcpLength + 4
	optionMSS  = 2
	flagSYN    = 0x02
	flagRST    = 0x04
	flagACK    = 0x10
	segmentMSS = 1460 // of an Ethernet link; 20 less on IPv6
)

// NewSYN prepares the SYNs from source to target, which must be of one family.
func NewSYN(source, target netip.Addr) *SYN {
	s := &SYN{}
	mss := uint16(segmentMSS)
	var header []byte
	if target.Is4() {
		header = header4(source, target, protoTCP, synLength)
	} else {
		header = header6(source, target, protoTCP, hopLimit, synLength)
		mss -= ipv6Length - ipv4Length
	}
	tcp := make([]byte, synLength)
	tcp[12] = synLength / 4 << 4
	tcp[13] = flagSYN
	binary.BigEndian.PutUint16(tcp[14:], synWindow)
	tcp[20], tcp[21] = optionMSS, 4
	binary.BigEndian.PutUint16(tcp[22:], mss)
	s.sum = add(pseudo(source, target, protoTCP, synLength), tcp)
	s.length = uint8(copy(s.packet[:], append(header, tcp...)))
	return s
}

// Append appends the SYN from port source to port target.
func (s *SYN) Append(b []byte, source, target uint16, sequence uint32) []byte {
	b = append(b, s.packet[:s.length]...)
	tcp := b[len(b)-synLength:]
	binary.BigEndian.PutUint16(tcp, source)
	binary.BigEndian.PutUint16(tcp[2:], target)
	binary.BigEndian.PutUint32(tcp[4:], sequence)
	sum := s.sum + uint32(source) + uint32(target) + sequence>>16 + sequence&0xffff
	binary.BigEndian.PutUint16(tcp[16:], fold(sum))
	return b
}
