package tcpip

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// answers are packets of every kind that is read, with what real hosts put into
// them beside the least: options, padding, a whole packet quoted.
func answers() map[string][]byte {
	syn4 := NewSYN(here4, there4).Append(nil, 61007, 443, 0xdeadbeef)
	syn6 := NewSYN(here6, there6).Append(nil, 61007, 443, 0xdeadbeef)
	options := func(flags byte) []byte {
		b := append(tcp(443, 61007, flags, 0xdeadbef0), 2, 4, 5, 0xb4, 4, 2, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 3, 3, 7)
		b[12] = 10 << 4
		return b
	}
	long := append([]byte(nil), syn4...)
	long[0], long[3] = 0x46, 48 // a header with options, as a router quotes it
	long = append(long[:20], append([]byte{1, 1, 1, 0}, long[20:]...)...)
	reply := AppendARPRequest(nil, theirHardware, there4, here4)
	reply[7] = arpReply
	link := append([]byte{optionTarget, 1}, theirHardware[:]...)
	return map[string][]byte{
		"syn_ack4":          answer4(there4, here4, protoTCP, tcp(443, 61007, flagSYN|flagACK, 0xdeadbef0)),
		"syn_ack4_options":  answer4(there4, here4, protoTCP, options(flagSYN|flagACK)),
		"syn_ack4_padded":   append(answer4(there4, here4, protoTCP, tcp(443, 61007, flagSYN|flagACK, 0xdeadbef0)), 0, 0, 0, 0, 0, 0),
		"reset4":            answer4(there4, here4, protoTCP, tcp(443, 61007, flagRST|flagACK, 0xdeadbef0)),
		"reset4_data":       answer4(there4, here4, protoTCP, append(tcp(443, 61007, flagRST|flagACK, 0xdeadbef0), "go away"...)),
		"syn_ack6":          answer6(there6, here6, protoTCP, options(flagSYN|flagACK)),
		"reset6":            answer6(there6, here6, protoTCP, tcp(443, 61007, flagRST|flagACK, 0xdeadbef0)),
		"unreachable4":      answer4(there4, here4, protoICMP, icmp(unreachable4, 13, syn4)),
		"unreachable4_old":  answer4(there4, here4, protoICMP, icmp(unreachable4, 1, syn4[:28])),
		"unreachable4_long": answer4(there4, here4, protoICMP, icmp(unreachable4, 10, long)),
		"exceeded4":         answer4(there4, here4, protoICMP, icmp(timeExceeded4, 0, syn4[:28])),
		"parameter4":        answer4(there4, here4, protoICMP, icmp(parameterProblem4, 0, syn4)),
		"unreachable6":      answer6(there6, here6, protoICMPv6, icmp(unreachable6, 1, syn6)),
		"exceeded6":         answer6(there6, here6, protoICMPv6, icmp(timeExceeded6, 0, syn6)),
		"parameter6":        answer6(there6, here6, protoICMPv6, icmp(parameterProblem6, 1, syn6[:48])),
		"advertisement":     answer6(there6, here6, protoICMPv6, advertise(link...)),
		"arp":               append(reply, make([]byte, 18)...),
	}
}

// parsers are what a packet may be given to.
var parsers = map[string]func([]byte, bool) (Packet, error){
	"ipv4": ParseIPv4,
	"ipv6": ParseIPv6,
	"arp":  func(b []byte, _ bool) (Packet, error) { return ParseARP(b) },
}

func TestEveryKindOfAnswerIsRead(t *testing.T) {
	for name, packet := range answers() {
		t.Run(name, func(t *testing.T) {
			read := 0
			for _, parse := range parsers {
				if p, err := parse(packet, true); err == nil && p.Kind != 0 {
					read++
				}
			}
			if read != 1 {
				t.Errorf("read by %d parsers", read)
			}
		})
	}
}

// No single bit of what a checksum covers may be wrong, whichever it is. Beyond
// the end of the packet, and in what routers change on the way, it may.
func TestEveryBitIsSummed(t *testing.T) {
	for name, packet := range answers() {
		if name == "arp" { // which has no checksum
			continue
		}
		t.Run(name, func(t *testing.T) {
			parse, from, to := ParseIPv4, 0, int(packet[2])<<8|int(packet[3])
			if packet[0]>>4 == 6 {
				parse, from, to = ParseIPv6, 8, len(packet) // behind class, flow, length, next header and hops
			}
			for bit := from * 8; bit < to*8; bit++ {
				spoilt := bytes.Clone(packet)
				spoilt[bit/8] ^= 1 << (bit % 8)
				if p, err := parse(spoilt, true); err == nil {
					t.Errorf("byte %d, bit %d: read as %+v", bit/8, bit%8, p)
				}
			}
		})
	}
}

// Whatever the bytes are: what is read with its checksum verified is read
// without, and says the same; and it is not read when one of its bits is
// another.
func FuzzChecksum(f *testing.F) {
	for _, packet := range answers() {
		f.Add(packet, uint16(0))
		f.Add(packet, uint16(8*len(packet)-1))
		f.Add(packet[:len(packet)-1], uint16(0))
	}
	f.Fuzz(func(t *testing.T, b []byte, bit uint16) {
		before := bytes.Clone(b)
		for name, parse := range parsers {
			p, err := parse(b, true)
			if !bytes.Equal(before, b) {
				t.Fatalf("%s: the packet was changed", name)
			}
			if err != nil {
				continue
			}
			loose, err := parse(b, false)
			if d := cmp.Diff(p, loose, address, endpoint); err != nil || d != "" {
				t.Errorf("%s: without its checksum: %v\n%s", name, err, d)
			}
			from, to := 0, 0
			switch name {
			case "ipv4":
				to = int(b[2])<<8 | int(b[3])
			case "ipv6":
				from, to = 8, 40+(int(b[4])<<8|int(b[5]))
			}
			if place := int(bit / 8); place >= from && place < to {
				spoilt := bytes.Clone(b)
				spoilt[place] ^= 1 << (bit % 8)
				if p, err := parse(spoilt, true); err == nil {
					t.Errorf("%s: read with byte %d spoilt: %+v", name, place, p)
				}
			}
		}
	})
}
