package tcpip

import (
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// udp is a datagram, without a checksum.
func udp(from, to uint16, data string) []byte {
	b := binary.BigEndian.AppendUint16(nil, from)
	b = binary.BigEndian.AppendUint16(b, to)
	b = binary.BigEndian.AppendUint16(b, uint16(udpLength+len(data)))
	return append(append(b, 0, 0), data...)
}

// extended puts extension headers before the payload of an IPv6 packet.
func extended(packet []byte, headers ...[]byte) []byte {
	out := append([]byte(nil), packet[:ipv6Length]...)
	last := out[6]
	out[6] = headers[0][0]
	for i, h := range headers {
		h[1] = last
		if i+1 < len(headers) {
			h[1] = headers[i+1][0]
		}
		out = append(out, h[1:]...)
	}
	out = append(out, packet[ipv6Length:]...)
	binary.BigEndian.PutUint16(out[4:], uint16(len(out)-ipv6Length))
	return out
}

// header is an extension header for extended: its kind, room for the next one's,
// and the rest.
func header(kind byte, b ...byte) []byte { return append([]byte{kind}, append([]byte{0}, b...)...) }

// flows are packets as a bystander gets them.
func flows() map[string][]byte {
	all := answers()
	delete(all, "arp")
	delete(all, "advertisement")
	syn4, syn6 := NewSYN(here4, there4).Append(nil, 61007, 443, 0xdeadbeef), NewSYN(here6, there6).Append(nil, 61007, 443, 0xdeadbeef)
	all["syn4"], all["syn6"] = syn4, syn6
	all["udp4"] = answer4(here4, there4, protoUDP, udp(61007, 53, "question"))
	all["quoted_udp4"] = answer4(there4, here4, protoICMP, icmp(unreachable4, 3, answer4(here4, there4, protoUDP, udp(61007, 53, ""))))
	all["quoted_udp6"] = answer6(there6, here6, protoICMPv6, icmp(unreachable6, 4, answer6(here6, there6, protoUDP, udp(61007, 53, ""))))
	return all
}

func TestFlow(t *testing.T) {
	syn6 := NewSYN(here6, there6).Append(nil, 61007, 443, 0xdeadbeef)
	for name, packet := range flows() {
		t.Run(name, func(t *testing.T) {
			f, err := ParseFlow(packet, true)
			if err != nil || f.Spoilt && f.Transport != protoUDP {
				t.Fatalf("%+v, %v", f, err)
			}
			if f.Error != (f.Quoted != nil) || f.Quoted != nil && (!f.Quoted.Ports || f.Quoted.From.Port() != 61007) {
				t.Errorf("quotes %+v", f.Quoted)
			}
			// Whatever is cut off behind the headers changes nothing of who talks.
			for n := len(packet); n >= ipv6Length+tcpLength+icmpLength && f.Quoted == nil; n-- {
				cut, err := ParseFlow(packet[:n], true)
				if err != nil || cut.From != f.From || cut.To != f.To || cut.Sequence != f.Sequence || cut.Spoilt {
					t.Fatalf("cut to %d bytes: %+v, %v", n, cut, err)
				}
			}
		})
	}
	for name, packet := range map[string][]byte{
		"hop_by_hop":  extended(syn6, header(hopByHop, 0, 1, 4, 0, 0, 0, 0)),
		"two":         extended(syn6, header(hopByHop, 0, 1, 4, 0, 0, 0, 0), header(destination, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
		"first_piece": extended(syn6, header(fragmentHeader, 0, 0, 1, 0, 0, 0, 7)),
		"ah":          extended(syn6, header(authentication, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)),
	} {
		f, err := ParseFlow(packet, true)
		if err != nil || !f.Ports || f.To.Port() != 443 || f.Sequence != 0xdeadbeef || !f.SYN || f.ACK {
			t.Errorf("%s: %+v, %v", name, f, err)
		}
	}
	later := extended(syn6, header(fragmentHeader, 0, 0, 9, 0, 0, 0, 7))
	if f, err := ParseFlow(later, true); err != nil || f.Ports || f.Transport != protoTCP || f.Source != here6 {
		t.Errorf("a later fragment: %+v, %v", f, err)
	}
	later4 := answer4(here4, there4, protoUDP, udp(61007, 53, "question"))
	later4[7] = 9
	if f, err := ParseFlow(later4, true); err != nil || f.Ports || f.Transport != protoUDP || f.Source != here4 {
		t.Errorf("a later fragment: %+v, %v", f, err)
	}
	spoilt := NewSYN(here4, there4).Append(nil, 61007, 443, 0xdeadbeef)
	spoilt[len(spoilt)-1] ^= 1
	if f, err := ParseFlow(spoilt, true); err != nil || !f.Spoilt {
		t.Errorf("a wrong checksum: %+v, %v", f, err)
	}
	if f, err := ParseFlow(spoilt, false); err != nil || f.Spoilt {
		t.Errorf("a checksum that nobody made yet: %+v, %v", f, err)
	}
}

func FuzzFlow(f *testing.F) {
	for _, packet := range flows() {
		f.Add(packet, true)
	}
	f.Add(extended(NewSYN(here6, there6).Append(nil, 1, 2, 3), header(hopByHop, 255, 1, 4, 0, 0, 0, 0)), false)
	f.Fuzz(func(t *testing.T, b []byte, summed bool) {
		p, err := ParseFlow(b, summed)
		if err != nil {
			if d := cmp.Diff(Flow{}, p, address, endpoint); d != "" {
				t.Errorf("beside an error: %s", d)
			}
			return
		}
		if p.Data < 0 || p.From.Addr() != p.Source || p.To.Addr() != p.Destination || !p.Source.IsValid() {
			t.Errorf("%+v", p)
		}
		if !summed && p.Transport == protoTCP && p.Spoilt && p.Source.Is6() {
			t.Error("spoilt by a checksum that was not to be verified")
		}
		if q := p.Quoted; q != nil && (!p.Error || !q.Ports || q.Quoted != nil) {
			t.Errorf("quotes %+v", q)
		}
	})
}
