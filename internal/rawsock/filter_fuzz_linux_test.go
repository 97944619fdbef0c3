package rawsock

import (
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// machines are the filter as it runs on packets of each protocol.
func machines(t testing.TB, row Ports) map[Protocol]*bpf.VM {
	t.Helper()
	all := map[Protocol]*bpf.VM{}
	for _, protocol := range []Protocol{IPv4, IPv6, ARP, 0x88cc} {
		program := slices.Clone(filter(row))
		for i, ins := range program {
			if ext, ok := ins.(bpf.LoadExtension); ok {
				value := uint32(unix.PACKET_HOST)
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
		all[protocol] = vm
	}
	return all
}

// may says the same as the filter, in words: whether a packet may be an answer
// to a probe from one of the ports, or of a neighbour.
func may(protocol Protocol, b []byte, row Ports) bool {
	at := func(i int) int { // −1 beyond the end, which is no number of anything
		if i >= len(b) {
			return -1
		}
		return int(b[i])
	}
	port := func(i int) bool {
		return i+2 <= len(b) && binary.BigEndian.Uint16(b[i:]) >= row.First && binary.BigEndian.Uint16(b[i:]) <= row.Last
	}
	switch protocol {
	case IPv4:
		if len(b) < 8 || binary.BigEndian.Uint16(b[6:])&0x3fff != 0 {
			return false
		}
		header := int(b[0]&0xf) * 4
		if at(9) == 6 {
			return port(header + 2)
		}
		quoted := header + 8
		return at(9) == 1 && at(quoted+9) == 6 && port(quoted+(at(quoted)&0xf)*4)
	case IPv6:
		if at(6) == 6 {
			return port(40 + 2)
		}
		return at(6) == 58 && (at(40) == 136 || at(40) >= 0 && at(40+8+6) == 6 && port(40+8+40))
	case ARP:
		return at(6) == 0 && at(7) == 2
	}
	return false
}

// FuzzFilter holds the program that the kernel runs against what it is meant to
// say, for any packet and any row of ports.
func FuzzFilter(f *testing.F) {
	for _, protocol := range []Protocol{IPv4, IPv6, ARP, 0x88cc} {
		for _, packet := range [][]byte{
			nil,
			header4(20, 6, ports(80, 61000)...),
			header4(60, 6, ports(80, 61063)...),
			header4(20, 6, ports(80, 60999)...),
			header4(24, 1, icmp(3, header4(36, 6, ports(61005, 80)...))...),
			header4(20, 1, icmp(11, header4(20, 6, ports(61005, 80)...))...),
			header4(20, 1, icmp(3, header4(20, 17, ports(61005, 80)...))...),
			header6(6, ports(80, 61000)...),
			header6(58, icmp(1, header6(6, ports(61005, 80)...))...),
			header6(58, icmp(136, nil)...),
			header6(58, icmp(135, nil)...),
			{0, 1, 8, 0, 6, 4, 0, 2},
			{0, 1, 8, 0, 6, 4, 0, 1},
		} {
			f.Add(packet, uint16(protocol))
		}
	}
	rows := map[Ports]map[Protocol]*bpf.VM{}
	for _, row := range []Ports{{61000, 61063}, {1, 65535}, {80, 80}, {65535, 65535}} {
		rows[row] = machines(f, row)
	}
	f.Fuzz(func(t *testing.T, b []byte, protocol uint16) {
		for row, all := range rows {
			vm := all[Protocol(protocol)]
			if vm == nil {
				vm = all[0x88cc]
			}
			n, err := vm.Run(b)
			if err != nil {
				t.Fatal(err)
			}
			if want := may(Protocol(protocol), b, row); want != (n != 0) || want && n != snapLength {
				t.Errorf("ports %v: %d bytes let through, want any: %t", row, n, want)
			}
		}
	})
}

// FuzzWalkNumbers walks over blocks that a kernel could never have written:
// with numbers that lead out of the block, back into it, or around in it.
func FuzzWalkNumbers(f *testing.F) {
	f.Add(uint32(2), uint32(48), uint32(96), uint32(3), uint32(3), uint16(80))
	f.Add(uint32(1<<31), uint32(0), uint32(1), uint32(0), uint32(0), uint16(68))
	f.Add(uint32(3), uint32(48), uint32(1<<32-16), uint32(3), uint32(3), uint16(80))
	f.Add(uint32(1<<32-1), uint32(48), uint32(16), uint32(1<<32-1), uint32(1<<32-1), uint16(65535))
	f.Fuzz(func(t *testing.T, packets, first, next, snap, length uint32, network uint16) {
		b := make([]byte, 4096)
		native := binary.NativeEndian
		for at := 0; at+packetNet+2 <= len(b); at += 16 {
			native.PutUint32(b[at+packetNext:], next)
			native.PutUint32(b[at+packetSnap:], snap)
			native.PutUint16(b[at+packetNet:], network)
		}
		for at := 0; at+packetLen+4 <= len(b); at += 16 {
			if at%32 == 0 {
				native.PutUint32(b[at+packetLen:], length)
			}
		}
		native.PutUint32(b[blockPackets:], packets)
		native.PutUint32(b[blockFirst:], first)
		n := 0
		walk(b, time.Unix(1, 0), false, func(p Packet) {
			n++
			if len(p.Data) > len(b) || cap(p.Data) != len(p.Data) {
				t.Errorf("%d bytes of a packet, room for %d", len(p.Data), cap(p.Data))
			}
		})
		if n > len(b) {
			t.Errorf("%d packets in %d bytes", n, len(b))
		}
	})
}
