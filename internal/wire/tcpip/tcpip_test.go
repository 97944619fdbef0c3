package tcpip

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	here4, there4 = netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.77")
	here6, there6 = netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("fe80::1234:5678:9abc:def0")
	address       = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })
	endpoint      = cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })
)

// The wanted bytes were put together and summed apart from this code.
func TestSYN(t *testing.T) {
	for _, c := range []struct {
		name        string
		here, there netip.Addr
		parse       func([]byte, bool) (Packet, error)
		want        string
	}{
		{"ipv4", here4, there4, ParseIPv4, "4500002c000040004006b67dc0000201c000024d" +
			"ee4f01bbdeadbeef000000006002faf08b3e0000020405b4"},
		{"ipv6", here6, there6, ParseIPv6, "600000000018064020010db8000000000000000000000001fe80000000000000123456789abcdef0" +
			"ee4f01bbdeadbeef000000006002faf0010d0000020405a0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := NewSYN(c.here, c.there).Append([]byte("before"), 61007, 443, 0xdeadbeef)[len("before"):]
			if got := hex.EncodeToString(b); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			p, err := c.parse(b, true)
			if err != nil {
				t.Fatal(err)
			}
			want := Packet{
				Kind: Segment, Source: c.here, Destination: c.there, Sequence: 0xdeadbeef, SYN: true, Window: synWindow,
				From: netip.AddrPortFrom(c.here, 61007), To: netip.AddrPortFrom(c.there, 443),
			}
			if d := cmp.Diff(want, p, address, endpoint); d != "" {
				t.Error(d)
			}
		})
	}
}

// answer4 builds a packet of any content with right checksums.
func answer4(source, destination netip.Addr, protocol byte, payload []byte) []byte {
	seal(payload, source, destination, protocol)
	return append(header4(source, destination, protocol, len(payload)), payload...)
}

func answer6(source, destination netip.Addr, next byte, payload []byte) []byte {
	seal(payload, source, destination, next)
	hops := byte(ndpHops)
	return append(header6(source, destination, next, hops, len(payload)), payload...)
}

// seal puts the right checksum into a transport header.
func seal(payload []byte, source, destination netip.Addr, protocol byte) {
	at, sum := 2, uint32(0)
	if protocol != protoICMP {
		sum = pseudo(source, destination, protocol, len(payload))
	}
	if protocol == protoTCP {
		at = 16
	}
	if len(payload) >= at+2 {
		binary.BigEndian.PutUint16(payload[at:], 0)
		binary.BigEndian.PutUint16(payload[at:], fold(add(sum, payload)))
	}
}

func tcp(source, destination uint16, flags byte, acknowledged uint32) []byte {
	b := make([]byte, tcpLength)
	binary.BigEndian.PutUint16(b, source)
	binary.BigEndian.PutUint16(b[2:], destination)
	binary.BigEndian.PutUint32(b[8:], acknowledged)
	b[12], b[13] = tcpLength/4<<4, flags
	return b
}

func icmp(kind, code byte, quoted []byte) []byte {
	return append([]byte{kind, code, 0, 0, 0, 0, 0, 0}, quoted...)
}

func TestParse(t *testing.T) {
	syn4 := NewSYN(here4, there4).Append(nil, 61007, 443, 0xdeadbeef)
	syn6 := NewSYN(here6, there6).Append(nil, 61007, 443, 0xdeadbeef)
	router4, router6 := netip.MustParseAddr("198.51.100.1"), netip.MustParseAddr("2001:db8::fe")
	synAck := answer4(there4, here4, protoTCP, tcp(443, 61007, flagSYN|flagACK, 0xdeadbef0))
	broken := answer4(there4, here4, protoTCP, tcp(443, 61007, flagSYN|flagACK, 0xdeadbef0))
	broken[36]++
	brokenHeader := answer4(there4, here4, protoTCP, tcp(443, 61007, flagSYN|flagACK, 0xdeadbef0))
	brokenHeader[8]++
	unreach := answer4(router4, here4, protoICMP, icmp(unreachable4, 13, syn4[:28]))
	brokenICMP := answer4(router4, here4, protoICMP, icmp(unreachable4, 13, syn4[:28]))
	brokenICMP[40]++
	fragment := header4(there4, here4, protoTCP, tcpLength)
	fragment[7] = 2
	binary.BigEndian.PutUint16(fragment[10:], 0)
	binary.BigEndian.PutUint16(fragment[10:], fold(add(0, fragment)))
	fragment = append(fragment, tcp(443, 61007, flagSYN|flagACK, 1)...)

	for _, c := range []struct {
		name   string
		parse  func([]byte, bool) (Packet, error)
		packet []byte
		want   Packet
		err    error
	}{
		{name: "syn_ack", parse: ParseIPv4, packet: synAck, want: Packet{
			Kind: Segment, Source: there4, Destination: here4, SYN: true, ACK: true, Acknowledged: 0xdeadbef0,
			From: netip.AddrPortFrom(there4, 443), To: netip.AddrPortFrom(here4, 61007),
		}},
		{name: "padded", parse: ParseIPv4, packet: append(synAck[:40:40], 1, 2, 3, 4, 5, 6), want: Packet{
			Kind: Segment, Source: there4, Destination: here4, SYN: true, ACK: true, Acknowledged: 0xdeadbef0,
			From: netip.AddrPortFrom(there4, 443), To: netip.AddrPortFrom(here4, 61007),
		}},
		{
			name: "reset6", parse: ParseIPv6, packet: answer6(there6, here6, protoTCP, tcp(443, 61007, flagRST|flagACK, 5)),
			want: Packet{
				Kind: Segment, Source: there6, Destination: here6, RST: true, ACK: true, Acknowledged: 5,
				From: netip.AddrPortFrom(there6, 443), To: netip.AddrPortFrom(here6, 61007),
			},
		},
		{name: "unreachable4", parse: ParseIPv4, packet: unreach, want: Packet{
			Kind: Error, Source: router4, Destination: here4, Type: 3, Code: 13, Sequence: 0xdeadbeef,
			From: netip.AddrPortFrom(here4, 61007), To: netip.AddrPortFrom(there4, 443),
		}},
		{name: "unreachable6", parse: ParseIPv6, packet: answer6(router6, here6, protoICMPv6, icmp(unreachable6, 1, syn6)), want: Packet{
			Kind: Error, Source: router6, Destination: here6, Type: 1, Code: 1, Sequence: 0xdeadbeef,
			From: netip.AddrPortFrom(here6, 61007), To: netip.AddrPortFrom(there6, 443),
		}},
		{name: "checksum", parse: ParseIPv4, packet: broken, err: ErrChecksum},
		{name: "header_checksum", parse: ParseIPv4, packet: brokenHeader, err: ErrChecksum},
		{name: "icmp_checksum", parse: ParseIPv4, packet: brokenICMP, err: ErrChecksum},
		{name: "fragment", parse: ParseIPv4, packet: fragment, err: ErrOther},
		{name: "cut", parse: ParseIPv4, packet: synAck[:39], err: ErrShort},
		{name: "empty4", parse: ParseIPv4, err: ErrShort},
		{name: "empty6", parse: ParseIPv6, err: ErrShort},
		{name: "version", parse: ParseIPv6, packet: synAck, err: ErrShort},
		{name: "redirect", parse: ParseIPv4, packet: answer4(router4, here4, protoICMP, icmp(5, 1, syn4[:28])), err: ErrOther},
		{name: "quotes_seven_bytes", parse: ParseIPv4, packet: answer4(router4, here4, protoICMP, icmp(3, 1, syn4[:27])), err: ErrShort},
		{name: "quotes_udp", parse: ParseIPv4, packet: answer4(router4, here4, protoICMP,
			icmp(3, 1, answer4(here4, there4, 17, make([]byte, 8)))), err: ErrOther},
		{name: "udp", parse: ParseIPv4, packet: answer4(there4, here4, 17, make([]byte, 8)), err: ErrOther},
		{name: "tcp_offset", parse: ParseIPv4, packet: answer4(there4, here4, protoTCP, make([]byte, 20)), err: ErrShort},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := c.parse(c.packet, true)
			if !errors.Is(err, c.err) || err == nil && c.err != nil {
				t.Fatalf("error %v, want %v", err, c.err)
			}
			if err != nil {
				if p.Kind != 0 {
					t.Errorf("kind %d beside an error", p.Kind)
				}
				return
			}
			if d := cmp.Diff(c.want, p, address, endpoint); d != "" {
				t.Error(d)
			}
		})
	}
	// Between two namespaces the sum is left unfinished; the packet is good.
	if _, err := ParseIPv4(broken, false); err != nil {
		t.Errorf("unsummed: %v", err)
	}
}

var (
	ourHardware   = [6]byte{2, 0, 0, 0, 0, 1}
	theirHardware = [6]byte{2, 0, 0, 0, 0, 2}
)

func TestARP(t *testing.T) {
	request := AppendARPRequest(nil, ourHardware, here4, there4)
	want := "0001080006040001" + "020000000001" + "c0000201" + "000000000000" + "c000024d"
	if got := hex.EncodeToString(request); got != want {
		t.Errorf("request %s, want %s", got, want)
	}
	if _, err := ParseARP(request); !errors.Is(err, ErrOther) {
		t.Errorf("a request was read as a reply: %v", err)
	}
	reply := AppendARPRequest(nil, theirHardware, there4, here4)
	reply[7] = arpReply
	p, err := ParseARP(append(reply, make([]byte, 18)...)) // filled up to Ethernet's least
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(Packet{Kind: Neighbour, Source: there4, Destination: here4, Hardware: theirHardware}, p, address, endpoint); d != "" {
		t.Error(d)
	}
	if _, err := ParseARP(reply[:27]); !errors.Is(err, ErrShort) {
		t.Errorf("cut reply: %v", err)
	}
}

// advertise builds a neighbour advertisement with options.
func advertise(options ...byte) []byte {
	target := there6.As16()
	b := append([]byte{advertisement, 0, 0, 0, 0x60, 0, 0, 0}, target[:]...)
	return append(b, options...)
}

func TestNeighbourDiscovery(t *testing.T) {
	b := AppendSolicitation(nil, ourHardware, here6, there6)
	group, hardware := SolicitedNode(there6)
	if want := netip.MustParseAddr("ff02::1:ffbc:def0"); group != want {
		t.Errorf("group %v, want %v", group, want)
	}
	if want := [6]byte{0x33, 0x33, 0xff, 0xbc, 0xde, 0xf0}; hardware != want {
		t.Errorf("group's link address %x, want %x", hardware, want)
	}
	if sum := fold(add(pseudo(here6, group, protoICMPv6, len(b)-40), b[40:])); sum != 0 || b[7] != 255 || b[40] != 135 {
		t.Errorf("solicitation %x", b)
	}

	link := append([]byte{optionTarget, 1}, theirHardware[:]...)
	nonce := []byte{14, 1, 1, 2, 3, 4, 5, 6}
	routed := answer6(there6, here6, protoICMPv6, advertise(link...))
	routed[7] = 254
	for _, c := range []struct {
		name   string
		packet []byte
		err    error
	}{
		{"good", answer6(there6, here6, protoICMPv6, advertise(link...)), nil},
		{"second_option", answer6(there6, here6, protoICMPv6, advertise(append(nonce, link...)...)), nil},
		{"without_link", answer6(there6, here6, protoICMPv6, advertise(nonce...)), ErrOther},
		{"option_of_no_length", answer6(there6, here6, protoICMPv6, advertise(2, 0, 0, 0, 0, 0, 0, 0)), ErrShort},
		{"option_too_long", answer6(there6, here6, protoICMPv6, advertise(2, 9, 0, 0, 0, 0, 0, 0)), ErrShort},
		{"cut", answer6(there6, here6, protoICMPv6, advertise()[:20]), ErrShort},
		{"through_a_router", routed, ErrOther},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := ParseIPv6(c.packet, true)
			if !errors.Is(err, c.err) || err == nil && c.err != nil {
				t.Fatalf("error %v, want %v", err, c.err)
			}
			if err == nil && (p.Kind != Neighbour || p.Hardware != theirHardware || p.Source != there6 || p.Destination != here6) {
				t.Errorf("%+v", p)
			}
		})
	}
}

// Whatever the bytes are, reading them ends, and what was read holds together.
func FuzzParse(f *testing.F) {
	f.Add(NewSYN(here4, there4).Append(nil, 61007, 443, 1))
	f.Add(NewSYN(here6, there6).Append(nil, 61007, 443, 1))
	f.Add(answer4(there4, here4, protoICMP, icmp(3, 13, NewSYN(here4, there4).Append(nil, 61007, 443, 1))))
	f.Add(answer6(there6, here6, protoICMPv6, icmp(1, 1, NewSYN(here6, there6).Append(nil, 61007, 443, 1))))
	f.Add(answer6(there6, here6, protoICMPv6, advertise(append([]byte{2, 1}, theirHardware[:]...)...)))
	f.Add(AppendARPRequest(nil, ourHardware, here4, there4))
	f.Fuzz(func(t *testing.T, b []byte) {
		for name, parse := range map[string]func([]byte) (Packet, error){
			"ipv4":     func(b []byte) (Packet, error) { return ParseIPv4(b, false) },
			"ipv4_sum": func(b []byte) (Packet, error) { return ParseIPv4(b, true) },
			"ipv6":     func(b []byte) (Packet, error) { return ParseIPv6(b, false) },
			"ipv6_sum": func(b []byte) (Packet, error) { return ParseIPv6(b, true) },
			"arp":      ParseARP,
		} {
			p, err := parse(b)
			if (err == nil) != (p.Kind != 0) {
				t.Errorf("%s: kind %d and error %v", name, p.Kind, err)
			}
			if err == nil && p.Kind != Neighbour && (!p.From.IsValid() || !p.To.IsValid() || p.From.Addr().Is4() != p.To.Addr().Is4()) {
				t.Errorf("%s: from %v to %v", name, p.From, p.To)
			}
		}
	})
}

func BenchmarkSYN(b *testing.B) {
	syn, buffer := NewSYN(here4, there4), make([]byte, 0, 64)
	for b.Loop() {
		buffer = syn.Append(buffer[:0], 61007, 443, 1)
	}
}

func BenchmarkParse(b *testing.B) {
	packet := answer4(there4, here4, protoTCP, tcp(443, 61007, flagSYN|flagACK, 1))
	for b.Loop() {
		if _, err := ParseIPv4(packet, true); err != nil {
			b.Fatal(err)
		}
	}
}
