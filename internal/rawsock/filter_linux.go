package rawsock

import (
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// snapLength is how much of a packet is kept: all of it, since a checksum
// covers the whole. Nothing that fits an Ethernet link is longer.
const snapLength = 2048

// The numbers of the header fields that the filter reads.
const (
	protoICMP   = 1
	protoTCP    = 6
	protoICMPv6 = 58

	typeAdvertisement = 136 // RFC 4861 section 4.4
	arpReply          = 2   // RFC 826
)

// filter lets through what may be an answer to a probe from one of ports: TCP
// to them, ICMP errors that quote TCP from them, and the answers of
// neighbours. All of it is checked again by whoever reads it; the filter only
// spares the copy. It reads packets without link header, as a SOCK_DGRAM
// packet socket has them. A read past the end of a packet ends the program
// with "ignore", so that no length needs checking here.
func filter(ports Ports) []bpf.Instruction {
	program := []bpf.Instruction{
		// Packets that a bridge or a promiscuous neighbour overhears are
		// nobody's answer.
		bpf.LoadExtension{Num: bpf.ExtType},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.PACKET_HOST, SkipTrue: 1},
		bpf.RetConstant{},
		bpf.LoadExtension{Num: bpf.ExtProto},
	}
	for _, p := range []struct {
		protocol Protocol
		body     []bpf.Instruction
	}{
		{IPv4, filterIPv4(ports)},
		{IPv6, filterIPv6(ports)},
		{ARP, filterARP()},
	} {
		program = append(program, bpf.JumpIf{
			Cond: bpf.JumpNotEqual, Val: uint32(p.protocol), SkipTrue: uint8(len(p.body)),
		})
		program = append(program, p.body...)
	}
	return append(program, bpf.RetConstant{})
}

// filterIPv4 needs the length of the header in X twice: for the transport
// header and, behind 8 bytes of ICMP, for the header that the error quotes.
func filterIPv4(ports Ports) []bpf.Instruction {
	program := []bpf.Instruction{
		bpf.LoadAbsolute{Off: 6, Size: 2}, // fragments carry no whole answer
		bpf.JumpIf{Cond: bpf.JumpBitsNotSet, Val: 0x3fff, SkipTrue: 1},
		bpf.RetConstant{},
		bpf.LoadMemShift{Off: 0},
		bpf.LoadAbsolute{Off: 9, Size: 1},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: protoTCP, SkipTrue: 1 + portsLen},
		bpf.LoadIndirect{Off: 2, Size: 2}, // destination port
	}
	program = append(program, inPorts(ports)...)
	program = append(program,
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: protoICMP, SkipTrue: 1},
		bpf.RetConstant{},
		bpf.LoadIndirect{Off: 8 + 9, Size: 1}, // the quoted packet's protocol
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: protoTCP, SkipTrue: 1},
		bpf.RetConstant{},
		bpf.LoadIndirect{Off: 8, Size: 1}, // the quoted header's length
		bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: 0x0f},
		bpf.ALUOpConstant{Op: bpf.ALUOpShiftLeft, Val: 2},
		bpf.ALUOpX{Op: bpf.ALUOpAdd},
		bpf.TAX{},
		bpf.LoadIndirect{Off: 8, Size: 2}, // the quoted source port
	)
	return append(program, inPorts(ports)...)
}

// filterIPv6 looks for no extension headers: neither an answer to a bare SYN
// nor an error about it has any.
func filterIPv6(ports Ports) []bpf.Instruction {
	program := []bpf.Instruction{
		bpf.LoadAbsolute{Off: 6, Size: 1},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: protoTCP, SkipTrue: 1 + portsLen},
		bpf.LoadAbsolute{Off: 40 + 2, Size: 2}, // destination port
	}
	program = append(program, inPorts(ports)...)
	program = append(program,
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: protoICMPv6, SkipTrue: 1},
		bpf.RetConstant{},
		bpf.LoadAbsolute{Off: 40, Size: 1},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: typeAdvertisement, SkipTrue: 1},
		bpf.RetConstant{Val: snapLength},
		bpf.LoadAbsolute{Off: 40 + 8 + 6, Size: 1}, // the quoted packet's protocol
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: protoTCP, SkipTrue: 1},
		bpf.RetConstant{},
		bpf.LoadAbsolute{Off: 40 + 8 + 40, Size: 2}, // the quoted source port
	)
	return append(program, inPorts(ports)...)
}

func filterARP() []bpf.Instruction {
	return []bpf.Instruction{
		bpf.LoadAbsolute{Off: 6, Size: 2},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: arpReply, SkipTrue: 1},
		bpf.RetConstant{},
		bpf.RetConstant{Val: snapLength},
	}
}

// portsLen is the number of instructions of inPorts, for the jumps over it.
const portsLen = 4

// inPorts ends the program: with the packet when A is one of ports, else
// without.
func inPorts(ports Ports) []bpf.Instruction {
	return []bpf.Instruction{
		bpf.JumpIf{Cond: bpf.JumpLessThan, Val: uint32(ports.First), SkipTrue: 1},
		bpf.JumpIf{Cond: bpf.JumpLessOrEqual, Val: uint32(ports.Last), SkipTrue: 1},
		bpf.RetConstant{},
		bpf.RetConstant{Val: snapLength},
	}
}

// attach makes the kernel run the program on what the socket receives.
func attach(fd int, program []bpf.Instruction) error {
	raw, err := bpf.Assemble(program)
	if err != nil {
		return err
	}
	code := make([]unix.SockFilter, len(raw))
	for i, r := range raw {
		code[i] = unix.SockFilter{Code: r.Op, Jt: r.Jt, Jf: r.Jf, K: r.K}
	}
	return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
		&unix.SockFprog{Len: uint16(len(code)), Filter: &code[0]})
}
