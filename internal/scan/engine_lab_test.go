//go:build linux && lab

package scan_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
	"sekisho/internal/rawsock"
	"sekisho/internal/scan"
	"sekisho/internal/wire/tcpip"
)

// rawEngine is an engine whose raw packets leave from a host: the sockets that
// its first scan opens there belong to the host from then on, so that later
// scans may be run from anywhere.
func rawEngine(t *testing.T, h *lab.Host, neighbour netip.Addr) *scan.Engine {
	t.Helper()
	e := engine(t)
	err := h.Do(func() error {
		_, err := e.Run(t.Context(), rawRequest([]netip.Addr{neighbour}, 1), func(exposure.Observation) {})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// rawRequest is a scan by raw SYN that asks nothing of the namespace that it is
// started in.
func rawRequest(addresses []netip.Addr, ports ...uint16) scan.Request {
	r := scan.Request{TCP: ports, Method: scan.SYN, Profile: scan.LAN, Retries: -1}
	for _, a := range addresses {
		r.Targets = append(r.Targets, exposure.Target{Address: a})
	}
	return r
}

// both are the addresses of a host.
func both(h *lab.Host) []netip.Addr { return []netip.Addr{h.V4, h.V6} }

// portsBetween are the ports from first to last.
func portsBetween(first, last uint16) []uint16 {
	var ports []uint16
	for p := int(first); p <= int(last); p++ {
		ports = append(ports, uint16(p))
	}
	return ports
}

// truth is the state that each port has.
type truth func(netip.AddrPort) exposure.State

// openOnly are the ports that are open among closed ones.
func openOnly(ports ...uint16) truth {
	return func(to netip.AddrPort) exposure.State {
		if slices.Contains(ports, to.Port()) {
			return exposure.Open
		}
		return exposure.Closed
	}
}

// holds runs a scan, and the test fails for each port that is not what the
// truth says. The first few are told.
func (want truth) holds(t *testing.T, e *scan.Engine, r scan.Request) exposure.ScanSummary {
	t.Helper()
	seen, wrong := make([]bool, len(r.Targets)*len(r.TCP)), 0
	summary, err := e.Run(t.Context(), r, func(o exposure.Observation) {
		at := o.Endpoint()
		host := slices.IndexFunc(r.Targets, func(target exposure.Target) bool { return target.Address == at.Addr() })
		port := slices.Index(r.TCP, at.Port())
		if host < 0 || port < 0 || seen[host*len(r.TCP)+port] {
			t.Errorf("%v was found, twice or unasked", at)
			return
		}
		seen[host*len(r.TCP)+port] = true
		if state := want(at); o.State != state {
			if wrong++; wrong <= 5 {
				t.Errorf("%v is %v (%s by %q, %d tries, %s), want %v", at, o.State, o.Reason, o.By, o.Attempts, o.Detail, state)
			}
		}
	})
	if missing := slices.Index(seen, false); err != nil || missing >= 0 || summary.Method != "raw SYN" || wrong > 0 {
		t.Errorf("%v; first that is missing: %d; %d of %d are wrong: %+v", err, missing, wrong, len(seen), summary)
	}
	return summary
}

// device is an interface of a host.
func device(t *testing.T, h *lab.Host, name string) *net.Interface {
	t.Helper()
	var found *net.Interface
	err := h.Do(func() (err error) {
		found, err = net.InterfaceByName(name)
		return err
	})
	if err != nil {
		t.Fatalf("%s: %v", h.Name, err)
	}
	return found
}

// plug lays one more cable between two hosts, whose ends have the name and an
// address of either family each.
func plug(t *testing.T, name string, a, b *lab.Host, addresses ...string) {
	t.Helper()
	var namespace *os.File
	err := b.Do(func() (err error) {
		namespace, err = os.Open("/proc/thread-self/ns/net")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer namespace.Close()
	err = a.Do(func() error {
		cmd := exec.Command("ip", "link", "add", name, "type", "veth", "peer", "name", name, "netns", "/proc/self/fd/3")
		cmd.ExtraFiles = []*os.File{namespace}
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, address := range addresses {
		h := []*lab.Host{a, b}[i%2]
		h.Run(t, "ip", "addr", "add", address, "dev", name, "nodad")
	}
	a.Run(t, "ip", "link", "set", name, "up")
	b.Run(t, "ip", "link", "set", name, "up")
}

// forger sits on a host's wire: it hears every SYN to the host and puts there
// whatever it likes.
type forger struct {
	socket *rawsock.Socket
	link   rawsock.Link // to the host that is lied to
}

// heardSYN is a SYN that came by.
type heardSYN struct {
	from, to netip.AddrPort
	sequence uint32
	packet   []byte
}

func newForger(t *testing.T, at, to *lab.Host, name string) *forger {
	t.Helper()
	f := &forger{link: rawsock.Link{Index: device(t, at, name).Index}}
	f.link.HardwareLen = uint8(copy(f.link.Hardware[:], device(t, to, name).HardwareAddr))
	err := at.Do(func() (err error) {
		f.socket, err = rawsock.Open(rawsock.Ports{First: 1, Last: 65535})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.socket.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
			t.Error(err)
		}
	})
	return f
}

// hear hands over what comes until take says that it is enough.
func (f *forger) hear(take func(heardSYN) (enough bool)) error {
	for enough := false; !enough; {
		err := f.socket.Receive(time.Now().Add(time.Second), func(p rawsock.Packet) {
			parse := tcpip.ParseIPv4
			if p.Protocol == rawsock.IPv6 {
				parse = tcpip.ParseIPv6
			}
			s, err := parse(p.Data, false)
			if err == nil && s.Kind == tcpip.Segment && s.SYN && !s.ACK && !enough {
				enough = take(heardSYN{s.From, s.To, s.Sequence, slices.Clone(p.Data)})
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// frame makes a packet one that goes to the host that is lied to.
func (f *forger) frame(packet []byte) rawsock.Frame {
	protocol := rawsock.IPv4
	if packet[0]>>4 == 6 {
		protocol = rawsock.IPv6
	}
	return rawsock.Frame{Link: &f.link, Protocol: protocol, Data: packet}
}

// put sends all packets, waiting where the link is full.
func (f *forger) put(frames ...rawsock.Frame) error {
	for len(frames) > 0 {
		n, err := f.socket.Send(frames)
		if frames = frames[n:]; err != nil && len(frames) == 0 {
			return err
		}
	}
	return nil
}

// What TCP says in its flags.
const (
	flagsSYNACK = 0x12
	flagsRSTACK = 0x14
)

// segment is a TCP segment with right checksums.
func segment(from, to netip.AddrPort, sequence, acknowledged uint32, flags byte) []byte {
	b := make([]byte, 20)
	binary.BigEndian.PutUint16(b, from.Port())
	binary.BigEndian.PutUint16(b[2:], to.Port())
	binary.BigEndian.PutUint32(b[4:], sequence)
	binary.BigEndian.PutUint32(b[8:], acknowledged)
	b[12], b[13] = 5<<4, flags
	binary.BigEndian.PutUint16(b[14:], 64240)
	return wrapped(from.Addr(), to.Addr(), 6, 16, b)
}

// prohibited is the ICMP error that says a packet was filtered.
func prohibited(by netip.Addr, packet []byte) []byte {
	if packet[0]>>4 == 6 {
		return wrapped(by, netip.AddrFrom16([16]byte(packet[8:])), 58, 2, append([]byte{1, 1, 0, 0, 0, 0, 0, 0}, packet...))
	}
	return wrapped(by, netip.AddrFrom4([4]byte(packet[12:])), 1, 2, append([]byte{3, 13, 0, 0, 0, 0, 0, 0}, packet...))
}

// wrapped puts an IP header before a payload, and the sum of the payload where
// its protocol has it.
func wrapped(from, to netip.Addr, protocol byte, at int, payload []byte) []byte {
	var header, pseudo []byte
	if from.Is4() {
		header = append([]byte{0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, protocol, 0, 0}, append(from.AsSlice(), to.AsSlice()...)...)
		binary.BigEndian.PutUint16(header[2:], uint16(20+len(payload)))
		binary.BigEndian.PutUint16(header[10:], sum(header))
		pseudo = header[12:]
	} else {
		header = append([]byte{0x60, 0, 0, 0, 0, 0, protocol, 64}, append(from.AsSlice(), to.AsSlice()...)...)
		binary.BigEndian.PutUint16(header[4:], uint16(len(payload)))
		pseudo = header[8:]
	}
	summed := payload
	if protocol != 1 {
		summed = slices.Concat(pseudo, []byte{0, protocol}, binary.BigEndian.AppendUint16(nil, uint16(len(payload))), payload)
	}
	binary.BigEndian.PutUint16(payload[at:], sum(summed))
	return append(header, payload...)
}

// sum is the checksum of RFC 1071 over an even number of bytes.
func sum(b []byte) uint16 {
	var s uint32
	for i := 0; i < len(b); i += 2 {
		s += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	s = s>>16 + s&0xffff
	return ^uint16(s + s>>16)
}
