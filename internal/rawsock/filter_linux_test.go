package rawsock

import (
	"encoding/binary"
	"slices"
	"testing"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// run runs the filter on one packet as the kernel would. Go's machine knows no
// packet type and no protocol, so that those two loads are replaced by what
// they would give.
func run(t *testing.T, kind, protocol uint32, packet []byte) int {
	t.Helper()
	program := slices.Clone(filter(Ports{First: 61000, Last: 61063}))
	for i, ins := range program {
		if ext, ok := ins.(bpf.LoadExtension); ok {
			value := kind
			if ext.Num == bpf.ExtProto {
				value = protocol
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
	return n
}

// header4 is an IPv4 header of the given length before a payload.
func header4(length, protocol byte, payload ...byte) []byte {
	b := make([]byte, length)
	b[0] = 0x40 | length/4
	b[6] = 0x40 // don't fragment
	b[9] = protocol
	return append(b, payload...)
}

func header6(next byte, payload ...byte) []byte {
	b := make([]byte, 40)
	b[0] = 0x60
	b[6] = next
	return append(b, payload...)
}

// ports are the first 4 bytes of a TCP header.
func ports(source, destination uint16) []byte {
	return binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, source), destination)
}

func icmp(kind byte, quoted []byte) []byte {
	return append([]byte{kind, 0, 0, 0, 0, 0, 0, 0}, quoted...)
}

func TestFilter(t *testing.T) {
	fragment := header4(20, 6, ports(80, 61000)...)
	fragment[7] = 1
	more := header4(20, 6, ports(80, 61000)...)
	more[6] = 0x20
	for _, c := range []struct {
		name     string
		protocol Protocol
		packet   []byte
		want     bool
	}{
		{"tcp4_first", IPv4, header4(20, 6, ports(80, 61000)...), true},
		{"tcp4_last", IPv4, header4(20, 6, ports(80, 61063)...), true},
		{"tcp4_below", IPv4, header4(20, 6, ports(80, 60999)...), false},
		{"tcp4_above", IPv4, header4(20, 6, ports(80, 61064)...), false},
		{"tcp4_options", IPv4, header4(60, 6, ports(80, 61001)...), true},
		{"tcp4_source_only", IPv4, header4(20, 6, ports(61001, 80)...), false},
		{"tcp4_cut", IPv4, header4(20, 6, 0, 80), false},
		{"fragment", IPv4, fragment, false},
		{"first_fragment", IPv4, more, false},
		{"udp4", IPv4, header4(20, 17, ports(80, 61000)...), false},
		{"icmp4", IPv4, header4(20, 1, icmp(3, header4(20, 6, ports(61005, 80)...))...), true},
		{"icmp4_options", IPv4, header4(24, 1, icmp(3, header4(36, 6, ports(61005, 80)...))...), true},
		{"icmp4_other_port", IPv4, header4(20, 1, icmp(3, header4(20, 6, ports(5, 80)...))...), false},
		{"icmp4_udp", IPv4, header4(20, 1, icmp(3, header4(20, 17, ports(61005, 80)...))...), false},
		{"icmp4_echo", IPv4, header4(20, 1, icmp(0, nil)...), false},
		{"tcp6", IPv6, header6(6, ports(80, 61000)...), true},
		{"tcp6_other_port", IPv6, header6(6, ports(80, 1)...), false},
		{"icmp6", IPv6, header6(58, icmp(1, header6(6, ports(61005, 80)...))...), true},
		{"icmp6_other_port", IPv6, header6(58, icmp(1, header6(6, ports(1, 80)...))...), false},
		{"icmp6_udp", IPv6, header6(58, icmp(1, header6(17, ports(61005, 80)...))...), false},
		{"advertisement", IPv6, header6(58, icmp(136, nil)...), true},
		{"solicitation", IPv6, header6(58, icmp(135, nil)...), false},
		{"udp6", IPv6, header6(17, ports(80, 61000)...), false},
		{"arp_reply", ARP, []byte{0, 1, 8, 0, 6, 4, 0, 2}, true},
		{"arp_request", ARP, []byte{0, 1, 8, 0, 6, 4, 0, 1}, false},
		{"other_protocol", 0x88cc, header4(20, 6, ports(80, 61000)...), false},
		{"empty", IPv4, nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := run(t, unix.PACKET_HOST, uint32(c.protocol), c.packet) != 0; got != c.want {
				t.Errorf("let through: %t, want %t", got, c.want)
			}
			if run(t, unix.PACKET_OTHERHOST, uint32(c.protocol), c.packet) != 0 {
				t.Error("a packet for another host was let through")
			}
		})
	}
}
