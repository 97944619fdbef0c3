package rawsock

import (
	"net/netip"
	"slices"
	"testing"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// hears runs the filter of a talk on one packet as the kernel would.
func hears(t testing.TB, talk Talk, kind uint32, protocol Protocol, packet []byte) bool {
	t.Helper()
	program := slices.Clone(talkFilter(talk))
	for i, ins := range program {
		if ext, ok := ins.(bpf.LoadExtension); ok {
			value := kind
			if ext.Num == bpf.ExtProto {
				value = uint32(protocol)
			}
			program[i] = bpf.LoadConstant{Dst: bpf.RegA, Val: value}
		}
	}
	vm, err := bpf.NewVM(program)
	if err != nil {
		t.Fatal(err)
	}
	n, err := vm.Run(packet)
	if err != nil {
		t.Fatal(err)
	}
	return n == tapLength
}

var (
	peer4, peer6   = netip.MustParseAddr("192.0.2.9"), netip.MustParseAddr("2001:db8::9:1")
	other4, other6 = netip.MustParseAddr("192.0.2.8"), netip.MustParseAddr("2001:db8::8:1")
)

// between puts addresses into a packet.
func between(packet []byte, from, to netip.Addr) []byte {
	if from.Is4() {
		copy(packet[12:], from.AsSlice())
		copy(packet[16:], to.AsSlice())
	} else {
		copy(packet[8:], from.AsSlice())
		copy(packet[24:], to.AsSlice())
	}
	return packet
}

// TestTalkOfEverybody passes whatever is of IP and of this machine.
func TestTalkOfEverybody(t *testing.T) {
	for name, c := range map[string]struct {
		kind     uint32
		protocol Protocol
		packet   []byte
		want     bool
	}{
		"comes":       {unix.PACKET_HOST, IPv4, between(header4(20, 6, ports(1, 2)...), other4, peer4), true},
		"leaves":      {unix.PACKET_OUTGOING, IPv4, between(header4(20, 17, ports(1, 2)...), peer4, other4), true},
		"of IPv6":     {unix.PACKET_HOST, IPv6, between(make([]byte, 60), other6, peer6), true},
		"of others":   {unix.PACKET_OTHERHOST, IPv4, header4(20, 6, ports(1, 2)...), false},
		"broadcast":   {unix.PACKET_BROADCAST, IPv4, header4(20, 17, ports(1, 2)...), false},
		"another one": {unix.PACKET_HOST, ARP, make([]byte, 28), false},
	} {
		if got := hears(t, Talk{Everybody: true}, c.kind, c.protocol, c.packet); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestTalkFilter(t *testing.T) {
	segment := func(source, destination uint16, flags byte) []byte {
		b := append(ports(source, destination), make([]byte, 16)...)
		b[13] = flags
		return b
	}
	fragment := header4(20, 17, ports(9, 80)...)
	fragment[7] = 1
	extended := header6(0, 6, 0, 0, 0, 0, 0, 0, 0)
	for _, c := range []struct {
		name                      string
		protocol                  Protocol
		packet                    []byte
		peers, ports, connections bool
	}{
		{"from_a_peer", IPv4, between(header4(20, 17), peer4, other4), true, false, false},
		{"to_a_peer", IPv4, between(header4(20, 6, segment(5, 6, 0x10)...), other4, peer4), true, false, false},
		{"from_a_peer6", IPv6, between(header6(17), peer6, other6), true, false, false},
		{"to_a_peer6", IPv6, between(header6(6, segment(5, 6, 0x10)...), other6, peer6), true, false, false},
		{"near_a_peer6", IPv6, between(header6(17, ports(5, 6)...), netip.MustParseAddr("2001:db8::9:2"), other6), false, false, false},
		{"fragment_of_a_peer", IPv4, between(slices.Clone(fragment), peer4, other4), true, false, false},
		{"udp_to_a_port", IPv4, between(header4(20, 17, ports(9, 80)...), other4, other4), false, true, false},
		{"udp_from_a_port", IPv4, between(header4(36, 17, ports(81, 9)...), other4, other4), false, true, false},
		{"tcp_to_a_port", IPv4, between(header4(24, 6, segment(9, 80, 0x10)...), other4, other4), false, true, false},
		{"udp_to_a_port6", IPv6, between(header6(17, ports(9, 81)...), other6, other6), false, true, false},
		{"tcp_from_a_port6", IPv6, between(header6(6, segment(80, 9, 0x10)...), other6, other6), false, true, false},
		{"other_ports", IPv4, between(header4(20, 17, ports(9, 82)...), other4, other4), false, false, false},
		{"fragment", IPv4, between(fragment, other4, other4), false, false, false},
		{"error", IPv4, between(header4(20, 1, icmp(3, nil)...), other4, other4), false, true, false},
		{"error6", IPv6, between(header6(58, icmp(1, nil)...), other6, other6), false, true, false},
		{"extended", IPv6, between(extended, other6, other6), false, true, false},
		{"syn", IPv4, between(header4(20, 6, segment(9, 82, 0x02)...), other4, other4), false, false, true},
		{"syn_options", IPv4, between(header4(60, 6, segment(9, 82, 0x02)...), other4, other4), false, false, true},
		{"reset6", IPv6, between(header6(6, segment(9, 82, 0x14)...), other6, other6), false, false, true},
		{"data", IPv4, between(header4(20, 6, segment(9, 82, 0x18)...), other4, other4), false, false, false},
		{"arp", ARP, header4(20, 6, segment(9, 80, 0x02)...), false, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			for talk, want := range map[*Talk]bool{
				{Peers: []netip.Addr{other6.Next(), peer4, peer6}}: c.peers,
				{Ports: []uint16{80, 81}}:                          c.ports,
				{Connections: true}:                                c.connections,
				{Peers: []netip.Addr{peer4, peer6}, Ports: []uint16{80, 81}, Connections: true}: c.peers || c.ports || c.connections,
			} {
				if got := hears(t, *talk, unix.PACKET_HOST, c.protocol, c.packet); got != want {
					t.Errorf("%+v: %t, want %t", *talk, got, want)
				}
				if hears(t, *talk, unix.PACKET_OUTGOING, c.protocol, c.packet) != want {
					t.Error("going out it is another")
				}
				if hears(t, *talk, unix.PACKET_OTHERHOST, c.protocol, c.packet) {
					t.Error("of another host")
				}
			}
		})
	}
}

// The longest program that a talk can make is one that the kernel takes.
func TestTalkFilterIsShortEnough(t *testing.T) {
	talk := Talk{Connections: true}
	for i := range MostPeers {
		talk.Peers = append(talk.Peers, netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), netip.AddrFrom16([16]byte{32, 15: byte(i)}))
	}
	for i := range MostPorts {
		talk.Ports = append(talk.Ports, uint16(i))
	}
	const most = 4096 // BPF_MAXINSNS
	if raw, err := bpf.Assemble(talkFilter(talk)); err != nil || len(raw) > most {
		t.Errorf("%d instructions, %v", len(raw), err)
	}
}
