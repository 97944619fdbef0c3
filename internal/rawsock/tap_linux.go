package rawsock

import (
	"encoding/binary"
	"errors"
	"os"
	"slices"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// Tap listens to a talk: the packets that come in, before this machine's packet
// filter has seen them, and those that go out, after it. It sends nothing.
// Packets longer than tapLength are cut.
type Tap struct {
	receiver
}

// tapLength is how much of a packet a Tap keeps: the headers of IPv6 with some
// extensions and of TCP, or an ICMP error with those that it quotes. The kernel
// may have merged packets into one of 64 KB.
const tapLength = 256

// OpenTap begins to listen. It needs CAP_NET_RAW in the network namespace; the
// *Error says so.
func OpenTap(talk Talk) (*Tap, error) {
	if len(talk.Peers) > MostPeers || len(talk.Ports) > MostPorts {
		return nil, &Error{"filter", errors.New("too many peers or ports to listen to")}
	}
	fd, err := packetSocket()
	if err != nil {
		return nil, &Error{"open", err}
	}
	ring, err := prepareTap(fd, talk)
	if err != nil {
		return nil, errors.Join(err, unix.Close(fd))
	}
	t := &Tap{receiver{cut: true}}
	if err := t.begin(fd, ring); err != nil {
		return nil, &Error{"open", errors.Join(err, t.Close())}
	}
	return t, nil
}

func prepareTap(fd int, talk Talk) (*ring, error) {
	if err := check(fd); err != nil {
		return nil, &Error{"open", err}
	}
	if err := attach(fd, talkFilter(talk)); err != nil {
		return nil, &Error{"filter", err}
	}
	ring, err := newRing(fd)
	if err != nil {
		return nil, &Error{"ring", err}
	}
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: networkOrder(unix.ETH_P_ALL)}); err != nil {
		return nil, &Error{"ring", errors.Join(err, ring.close())}
	}
	return ring, nil
}

// Close ends the listening; a Receive that waits returns.
func (t *Tap) Close() error {
	if t.closed.Swap(true) {
		return t.error("close", os.ErrClosed)
	}
	return errors.Join(t.rx.Close(), t.end())
}

// The protocols beside TCP, ICMP and ICMPv6 that a talk may have.
const protoUDP = 17

// talkFilter lets through the packets of a talk. All of it is checked again by
// whoever reads it.
func talkFilter(talk Talk) []bpf.Instruction {
	four, six := talkFilter4(talk), talkFilter6(talk)
	if talk.Everybody {
		four = []bpf.Instruction{bpf.RetConstant{Val: tapLength}}
		six = four
	}
	program := []bpf.Instruction{
		bpf.LoadExtension{Num: bpf.ExtType},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.PACKET_HOST, SkipTrue: 2},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.PACKET_OUTGOING, SkipTrue: 1},
		bpf.RetConstant{},
		bpf.LoadExtension{Num: bpf.ExtProto},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: uint32(IPv4), SkipTrue: 2},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: uint32(IPv6), SkipTrue: 2},
		bpf.RetConstant{},
		bpf.Jump{Skip: 1},
		bpf.Jump{Skip: uint32(len(four))},
	}
	return slices.Concat(program, four, six)
}

// passes ends the program with the packet when A is a value.
func passes(value uint32) []bpf.Instruction {
	return []bpf.Instruction{
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: value, SkipTrue: 1},
		bpf.RetConstant{Val: tapLength},
	}
}

// talkFilter4 compares the addresses, then what TCP and UDP say, which later
// fragments do not.
func talkFilter4(talk Talk) []bpf.Instruction {
	var program []bpf.Instruction
	for _, at := range []uint32{12, 16} {
		program = append(program, bpf.LoadAbsolute{Off: at, Size: 4})
		for _, p := range talk.Peers {
			if p = p.Unmap(); p.Is4() {
				a := p.As4()
				program = append(program, passes(binary.BigEndian.Uint32(a[:]))...)
			}
		}
	}
	program = append(program, bpf.LoadAbsolute{Off: 9, Size: 1})
	if len(talk.Ports) > 0 {
		program = append(program, passes(protoICMP)...)
	}
	program = append(program,
		bpf.TAX{}, // the protocol, for later
		bpf.StoreScratch{Src: bpf.RegX, N: 0},
		bpf.LoadAbsolute{Off: 6, Size: 2},
		bpf.JumpIf{Cond: bpf.JumpBitsNotSet, Val: 0x1fff, SkipTrue: 1},
		bpf.RetConstant{},
		bpf.LoadMemShift{Off: 0},
		bpf.LoadScratch{Dst: bpf.RegA, N: 0},
	)
	return append(program, talked(talk)...)
}

// talkFilter6 lets through what has extension headers before its ports: a
// program cannot walk over those.
func talkFilter6(talk Talk) []bpf.Instruction {
	var program []bpf.Instruction
	for _, at := range []uint32{8, 24} {
		for _, p := range talk.Peers {
			if p.Unmap().Is4() {
				continue
			}
			a := p.As16()
			for word := range 4 {
				program = append(program,
					bpf.LoadAbsolute{Off: at + 4*uint32(word), Size: 4},
					bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: binary.BigEndian.Uint32(a[4*word:]), SkipTrue: uint8(2*(3-word) + 1)},
				)
			}
			program = append(program, bpf.RetConstant{Val: tapLength})
		}
	}
	program = append(program, bpf.LoadAbsolute{Off: 6, Size: 1})
	if len(talk.Ports) > 0 {
		for _, extension := range []uint32{protoICMPv6, hopByHop, routing, fragment, destinationOptions} {
			program = append(program, passes(extension)...)
		}
	}
	program = append(program, bpf.LoadConstant{Dst: bpf.RegX, Val: 40})
	return append(program, talked(talk)...)
}

// talked ends the program: with the packet when it is TCP, as A tells, that
// begins or refuses a connection, or TCP or UDP of one of the ports. X is where
// its header begins.
func talked(talk Talk) []bpf.Instruction {
	program := []bpf.Instruction{
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: protoUDP, SkipTrue: 5},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: protoTCP, SkipTrue: 1},
		bpf.RetConstant{},
		bpf.LoadIndirect{Off: 13, Size: 1},
		bpf.JumpIf{Cond: bpf.JumpBitsNotSet, Val: beginsOrRefuses(talk), SkipTrue: 1},
		bpf.RetConstant{Val: tapLength},
	}
	for _, at := range []uint32{0, 2} {
		program = append(program, bpf.LoadIndirect{Off: at, Size: 2})
		for _, p := range talk.Ports {
			program = append(program, passes(uint32(p))...)
		}
	}
	return append(program, bpf.RetConstant{})
}

// beginsOrRefuses are the flags of TCP that let a segment through: SYN and RST,
// or none.
func beginsOrRefuses(talk Talk) uint32 {
	if talk.Connections {
		return 0x02 | 0x04
	}
	return 0
}

// The extension headers of IPv6 (RFC 8200 section 4).
const (
	hopByHop           = 0
	routing            = 43
	fragment           = 44
	destinationOptions = 60
)
