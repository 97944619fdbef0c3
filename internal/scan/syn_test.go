package scan

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"maps"
	"math/rand/v2"
	"net/netip"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"sekisho/internal/cookie"
	"sekisho/internal/exposure"
	"sekisho/internal/netio"
	"sekisho/internal/rawsock"
)

// fakeWire keeps what is sent and delivers what a test puts into it.
type fakeWire struct {
	in     chan rawsock.Packet
	closed chan struct{}
	behind atomic.Bool
	unread atomic.Bool

	mu   sync.Mutex
	sent []rawsock.Frame
	fail func(rawsock.Frame) error // what sending a frame ends in
	lost int
}

func newFakeWire() *fakeWire {
	return &fakeWire{in: make(chan rawsock.Packet, 1024), closed: make(chan struct{})}
}

func (w *fakeWire) Send(frames []rawsock.Frame) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, f := range frames {
		if w.fail != nil {
			if err := w.fail(f); err != nil {
				return i, err
			}
		}
		link := *f.Link
		w.sent = append(w.sent, rawsock.Frame{Link: &link, Protocol: f.Protocol, Data: append([]byte(nil), f.Data...)})
	}
	return len(frames), nil
}

func (w *fakeWire) Receive(until time.Time, take func(rawsock.Packet)) error {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case p := <-w.in:
		take(p)
	case <-timer.C:
	case <-w.closed:
		return os.ErrClosed
	}
	return nil
}

func (w *fakeWire) Lost() (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := w.lost
	w.lost = 0
	return n, nil
}

func (w *fakeWire) Behind() bool { return w.behind.Load() }

func (w *fakeWire) Unread() bool { return w.unread.Load() }

func (w *fakeWire) Close() error {
	close(w.closed)
	return nil
}

// taken returns the frames of a protocol that were sent since it was last
// asked.
func (w *fakeWire) taken(protocol rawsock.Protocol) []rawsock.Frame {
	w.mu.Lock()
	defer w.mu.Unlock()
	var kept, taken []rawsock.Frame
	for _, f := range w.sent {
		if f.Protocol == protocol {
			taken = append(taken, f)
		} else {
			kept = append(kept, f)
		}
	}
	w.sent = kept
	return taken
}

// fakeRouter is a network of one link with a gateway.
type fakeRouter struct {
	cached map[netip.Addr]netio.Neighbour
}

var (
	here4, here6       = netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")
	near4, near6       = netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("2001:db8::7")
	link6              = netip.MustParseAddr("fe80::7%3")
	far4               = netip.MustParseAddr("198.51.100.9")
	gateway4           = netip.MustParseAddr("192.0.2.254")
	nowhere            = netip.MustParseAddr("203.0.113.1")
	here               = netio.HardwareAddr{2, 0, 0, 0, 0, 1}
	there              = netio.HardwareAddr{2, 0, 0, 0, 0, 7}
	fakeRow            = &netio.Reservation{First: 61000, Last: 61063}
	errNoWay     error = &netio.Error{Op: "route", Reason: exposure.NetUnreach, Err: syscall.ENETUNREACH}
)

func (r fakeRouter) To(target netip.Addr) (netio.Route, error) {
	way := netio.Route{Source: here4, NextHop: target.WithZone(""), Index: 3, Raw: true, Neighbours: true, Hardware: here}
	switch target {
	case nowhere:
		return netio.Route{}, errNoWay
	case far4:
		way.NextHop = gateway4
	}
	if target.Is6() {
		way.Source = here6
	}
	return way, nil
}

func (r fakeRouter) Neighbours(int) (map[netip.Addr]netio.Neighbour, error) { return r.cached, nil }
func (r fakeRouter) Close()                                                 {}

// everybody is cached.
var everybody = fakeRouter{map[netip.Addr]netio.Neighbour{
	near4: {Hardware: there}, near6: {Hardware: there}, gateway4: {Hardware: there}, link6.WithZone(""): {Hardware: there},
}}

// synBench is a way over a fake wire.
type synBench struct {
	t    *testing.T
	wire *fakeWire
	tap  *tap
	way  *synWay
	lap  uint16 // each question is of another one
}

func newSYNBench(t *testing.T, r router, addresses ...netip.Addr) *synBench {
	t.Helper()
	b := &synBench{t: t, wire: newFakeWire()}
	b.tap = startTap(b.wire, r, fakeRow)
	var targets []exposure.Target
	for _, a := range addresses {
		targets = append(targets, exposure.Target{Address: a})
	}
	var err error
	b.way, err = newSYNWay(b.tap, newPlan(exposure.TCP, targets, []uint16{22, 80, 443}, 1))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *synBench) close() {
	b.t.Helper()
	if err := errors.Join(b.way.close(), b.tap.close()); err != nil {
		b.t.Error(err)
	}
}

// ask sends one question and returns its packet.
func (b *synBench) ask(index uint32, purpose purpose) []byte {
	b.t.Helper()
	b.lap++
	n, err := b.way.send([]ask{{index: index, to: b.way.plan.endpoint(index), purpose: purpose, lap: b.lap}})
	if n != 1 || err != nil {
		b.t.Fatalf("sent %d: %v", n, err)
	}
	protocol := rawsock.IPv4
	if b.way.plan.endpoint(index).Addr().Is6() {
		protocol = rawsock.IPv6
	}
	frames := b.wire.taken(protocol)
	if len(frames) != 1 {
		b.t.Fatalf("%d packets for one question", len(frames))
	}
	return frames[0].Data
}

// deliver has the wire bring packets, and returns the evidence that follows.
func (b *synBench) deliver(packets ...[]byte) []evidence {
	b.t.Helper()
	for _, p := range packets {
		b.wire.in <- rawsock.Packet{Data: p, Protocol: protocolOf(p), Index: 3, At: time.Now(), Unsummed: true}
	}
	synctest.Wait()
	found, err := b.way.receive(nil, time.Now())
	if err != nil {
		b.t.Fatal(err)
	}
	return found
}

func protocolOf(p []byte) rawsock.Protocol {
	if p[0]>>4 == 6 {
		return rawsock.IPv6
	}
	return rawsock.IPv4
}

// A reply to a SYN is its mirror: addresses and ports change places, which
// leaves the header's checksum as it is.
const (
	synAck = 0x12
	rstAck = 0x14
)

func reply(syn []byte, flags byte) []byte {
	b := append([]byte(nil), syn...)
	tcp, address, size := 20, 12, 4
	if b[0]>>4 == 6 {
		tcp, address, size = 40, 8, 16
	}
	for i := range size {
		b[address+i], b[address+size+i] = b[address+size+i], b[address+i]
	}
	port := append([]byte(nil), b[tcp:tcp+2]...)
	copy(b[tcp:], b[tcp+2:tcp+4])
	copy(b[tcp+2:], port)
	sequence := binary.BigEndian.Uint32(b[tcp+4:])
	binary.BigEndian.PutUint32(b[tcp+4:], 0)
	binary.BigEndian.PutUint32(b[tcp+8:], sequence+1)
	b[tcp+13] = flags
	return b
}

// reject is an ICMP error about a SYN.
func reject(from netip.Addr, syn []byte, kind, code byte) []byte {
	body := append([]byte{kind, code, 0, 0, 0, 0, 0, 0}, syn...)
	if from.Is6() {
		b := make([]byte, 40)
		b[0], b[6], b[7] = 6<<4, 58, 64
		binary.BigEndian.PutUint16(b[4:], uint16(len(body)))
		source := from.As16()
		copy(b[8:], source[:])
		copy(b[24:], syn[8:24])
		return append(b, body...)
	}
	b := make([]byte, 20)
	b[0], b[8], b[9] = 4<<4|5, 64, 1
	binary.BigEndian.PutUint16(b[2:], uint16(20+len(body)))
	source := from.As4()
	copy(b[12:], source[:])
	copy(b[16:], syn[12:16])
	sum := uint32(0)
	for i := 0; i < 20; i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	sum = sum>>16 + sum&0xffff
	binary.BigEndian.PutUint16(b[10:], ^uint16(sum+sum>>16))
	return append(b, body...)
}

func TestSYNAnswers(t *testing.T) {
	for _, c := range []struct {
		name   string
		target netip.Addr
		answer func(syn []byte) []byte
		reason exposure.Reason
		by     netip.Addr
	}{
		{"syn_ack", near4, func(syn []byte) []byte { return reply(syn, synAck) }, exposure.SynAck, netip.Addr{}},
		{"reset", near4, func(syn []byte) []byte { return reply(syn, rstAck) }, exposure.Reset, netip.Addr{}},
		{"through_gateway", far4, func(syn []byte) []byte { return reply(syn, synAck) }, exposure.SynAck, netip.Addr{}},
		{"syn_ack6", near6, func(syn []byte) []byte { return reply(syn, synAck) }, exposure.SynAck, netip.Addr{}},
		{"link_local", link6, func(syn []byte) []byte { return reply(syn, rstAck) }, exposure.Reset, netip.Addr{}},
		{"prohibited", far4, func(syn []byte) []byte { return reject(gateway4, syn, 3, 13) }, exposure.AdminProhibited, gateway4},
		{"only_eight_bytes", far4, func(syn []byte) []byte { return reject(gateway4, syn[:28], 3, 1) }, exposure.HostUnreach, gateway4},
		{"prohibited6", near6, func(syn []byte) []byte { return reject(near6, syn, 1, 1) }, exposure.AdminProhibited, near6},
		{"hops", far4, func(syn []byte) []byte { return reject(gateway4, syn, 11, 0) }, exposure.TimeExceeded, gateway4},

		{"reset_without_ack", near4, func(syn []byte) []byte { return reply(syn, 0x04) }, "", netip.Addr{}},
		{"bare_ack", near4, func(syn []byte) []byte { return reply(syn, 0x10) }, "", netip.Addr{}},
		{"syn_and_reset", near4, func(syn []byte) []byte { return reply(syn, 0x16) }, "", netip.Addr{}},
		{"fragmentation_needed", far4, func(syn []byte) []byte { return reject(gateway4, syn, 3, 4) }, "", netip.Addr{}},
		{"wrong_number", near4, func(syn []byte) []byte { b := reply(syn, synAck); b[31]++; return b }, "", netip.Addr{}},
		{"wrong_source_port", near4, func(syn []byte) []byte { b := reply(syn, synAck); b[21]++; return b }, "", netip.Addr{}},
		{"wrong_port_of_ours", near4, func(syn []byte) []byte { b := reply(syn, synAck); b[23] ^= 1; return b }, "", netip.Addr{}},
		{"port_outside_of_row", near4, func(syn []byte) []byte { b := reply(syn, synAck); b[22] = 0; return b }, "", netip.Addr{}},
		{"wrong_number_quoted", far4, func(syn []byte) []byte { b := reject(gateway4, syn, 3, 13); b[20+8+20+7]++; return b }, "", netip.Addr{}},
		{"from_elsewhere", near4, func(syn []byte) []byte {
			b := reply(syn, synAck)
			b[13], b[15] = b[13]+1, b[15]-1 // keeps the checksum
			return b
		}, "", netip.Addr{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newSYNBench(t, everybody, c.target)
				defer b.close()
				syn := b.ask(1, find)
				b.deliver() // the neighbours
				time.Sleep(3 * time.Millisecond)
				found := b.deliver(c.answer(syn))
				if c.reason == "" {
					if len(found) != 0 {
						t.Errorf("believed: %+v", found)
					}
					return
				}
				if len(found) != 1 {
					t.Fatalf("%d pieces of evidence", len(found))
				}
				e := found[0]
				if e.index != 1 || e.reason != c.reason || e.by != c.by || e.purpose != find || e.rtt != 3*time.Millisecond || e.local || e.void {
					t.Errorf("%+v", e)
				}
			})
		})
	}
}

// Another scan's key is no better than none.
func TestSYNAnswerOfAnotherScanIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, other := newSYNBench(t, everybody, near4), newSYNBench(t, everybody, near4)
		defer b.close()
		defer other.close()
		other.deliver()
		if found := other.deliver(reply(b.ask(1, find), synAck)); len(found) != 0 {
			t.Errorf("believed: %+v", found)
		}
	})
}

func TestSYNRepeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newSYNBench(t, everybody, near4)
		defer b.close()
		first, again, controlled := b.ask(1, find), b.ask(1, find), b.ask(1, control)
		b.deliver()
		ports := map[uint16]bool{}
		for _, syn := range [][]byte{first, again, controlled} {
			ports[binary.BigEndian.Uint16(syn[20:])] = true
		}
		if len(ports) != 3 {
			t.Errorf("source ports %v, want three", ports)
		}
		if found := b.deliver(reply(controlled, synAck), reply(controlled, synAck)); len(found) != 1 || found[0].purpose != control {
			t.Errorf("control, answered twice: %+v", found)
		}
		// Which of the two questions is answered, the port that it came from tells.
		time.Sleep(time.Millisecond)
		for name, question := range map[string][]byte{"first": first, "later": again} {
			if found := b.deliver(reply(question, synAck)); len(found) != 1 || found[0].rtt != time.Millisecond {
				t.Errorf("answer to the %s question: %+v", name, found)
			}
		}
	})
}

// A neighbour that nobody answers for is asked three times, and then every
// question to hosts behind it is unknown by our own word, never silence.
func TestSYNNeighbourMissing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newSYNBench(t, fakeRouter{}, near4, far4)
		defer b.close()
		questions := 0
		var said []evidence
		start := time.Now()
		for range 10_000 {
			n, err := b.way.send([]ask{{index: 0, to: b.way.plan.endpoint(0)}})
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range b.wire.taken(rawsock.ARP) {
				questions++
				if f.Link.Hardware != [8]byte{255, 255, 255, 255, 255, 255} || f.Link.Index != 3 {
					t.Errorf("asked over %+v", f.Link)
				}
				if netip.AddrFrom4([4]byte(f.Data[24:])) == gateway4 { // the gateway is there
					b.wire.in <- rawsock.Packet{Data: arpReply(f.Data), Protocol: rawsock.ARP, Index: 3, At: time.Now()}
				}
			}
			if said, err = b.way.receive(said, time.Now().Add(20*time.Millisecond)); err != nil {
				t.Fatal(err)
			}
			if n > 0 {
				break
			}
		}
		if waited := time.Since(start); waited < 3*time.Second || waited > 4*time.Second {
			t.Errorf("gave up after %v", waited)
		}
		if questions != 3+1 {
			t.Errorf("%d questions, want 3 for the one and 1 for the other", questions)
		}
		for _, want := range []struct {
			index   uint32
			purpose purpose
			local   bool
		}{{0, neighbour, true}, {3, neighbour, false}, {0, find, true}} {
			i := 0
			for i < len(said) && (said[i].index != want.index || said[i].purpose != want.purpose) {
				i++
			}
			if i == len(said) {
				t.Fatalf("no evidence like %+v in %+v", want, said)
			}
			if e := said[i]; e.local != want.local || e.local && e.reason != exposure.HostUnreach {
				t.Errorf("%+v", e)
			}
		}
		if frames := b.wire.taken(rawsock.IPv4); len(frames) != 0 {
			t.Errorf("%d packets to a neighbour that is not there", len(frames))
		}
	})
}

func arpReply(request []byte) []byte {
	b := append([]byte(nil), request...)
	b[7] = 2
	copy(b[8:], there[:])
	copy(b[14:], request[24:28])
	copy(b[18:], request[8:18])
	return b
}

// An IPv6 neighbour is asked through its group, and asked again when what is
// known of it has grown old.
func TestSYNNeighbourFoundAndRefreshed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newSYNBench(t, fakeRouter{}, near6)
		defer b.close()
		question := []ask{{index: 0, to: b.way.plan.endpoint(0)}}
		if n, err := b.way.send(question); n != 0 || err != nil {
			t.Fatalf("sent %d before the neighbour was found: %v", n, err)
		}
		solicitation := b.wire.taken(rawsock.IPv6)
		if len(solicitation) != 1 || solicitation[0].Link.Hardware != [8]byte{0x33, 0x33, 0xff, 0, 0, 7} {
			t.Fatalf("solicited by %+v", solicitation)
		}
		found := b.deliver(advertisement())
		if n, err := b.way.send(question); n != 1 || err != nil || len(found) != 0 {
			t.Fatalf("sent %d: %v, %+v", n, err, found)
		}
		frames := b.wire.taken(rawsock.IPv6)
		if len(frames) != 1 || frames[0].Link.Hardware != [8]byte{2, 0, 0, 0, 0, 7} {
			t.Fatalf("sent over %+v", frames)
		}
		time.Sleep(hopFresh)
		if n, err := b.way.send(question); n != 1 || err != nil {
			t.Fatalf("sent %d while the neighbour is asked for again: %v", n, err)
		}
		if frames := b.wire.taken(rawsock.IPv6); len(frames) != 2 {
			t.Errorf("%d packets, want a solicitation and the question", len(frames))
		}
	})
}

func advertisement() []byte {
	b := make([]byte, 40+32)
	b[0], b[5], b[6], b[7] = 6<<4, 32, 58, 255
	source, destination := near6.As16(), here6.As16()
	copy(b[8:], source[:])
	copy(b[24:], destination[:])
	b[40], b[44] = 136, 0x60
	copy(b[48:], source[:])
	b[64], b[65] = 2, 1
	copy(b[66:], there[:])
	return b
}

func TestSYNFaultsOfThisMachine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newSYNBench(t, everybody, near4, nowhere)
		defer b.close()
		asks := make([]ask, 6)
		for i := range asks {
			asks[i] = ask{index: uint32(i), to: b.way.plan.endpoint(uint32(i))}
		}
		count := 0
		b.wire.fail = func(rawsock.Frame) error {
			if count++; count == 3 {
				return &rawsock.Error{Op: "send", Err: syscall.ENOBUFS}
			}
			return nil
		}
		b.deliver()
		if n, err := b.way.send(asks); n != 5 || !errors.Is(err, syscall.ENOBUFS) {
			t.Errorf("full queue: %d dealt with, error %v", n, err)
		}
		b.deliver() // that the neighbours are there
		b.wire.fail = func(f rawsock.Frame) error {
			if binary.BigEndian.Uint16(f.Data[22:]) == 80 {
				return &rawsock.Error{Op: "send", Err: syscall.EMSGSIZE}
			}
			return nil
		}
		if n, err := b.way.send(asks); n != len(asks) || err != nil {
			t.Errorf("%d dealt with, error %v", n, err)
		}
		found := b.deliver()
		want := map[uint32]exposure.Reason{1: exposure.LocalError, 3: exposure.NetUnreach, 4: exposure.NetUnreach, 5: exposure.NetUnreach}
		if len(found) != len(want) {
			t.Fatalf("evidence %+v", found)
		}
		for _, e := range found {
			if e.reason != want[e.index] || !e.local || e.err == nil {
				t.Errorf("%+v", e)
			}
		}
	})
}

// TestSYNHelper has many packets sent beside the lane: what did not go out is
// told later and is not counted, and a link that takes nothing holds up the lane.
func TestSYNHelper(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ports := make([]uint16, 200)
		for i := range ports {
			ports[i] = uint16(1 + i)
		}
		b := newSYNBench(t, everybody, near4)
		defer b.close()
		way, err := newSYNWay(b.tap, newPlan(exposure.TCP, []exposure.Target{{Address: near4}}, ports, 1))
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := way.close(); err != nil {
				t.Error(err)
			}
		}()
		asks := make([]ask, len(ports))
		for i := range asks {
			asks[i] = ask{index: uint32(i), to: way.plan.endpoint(uint32(i))}
		}
		gate := make(chan struct{})
		b.wire.fail = func(f rawsock.Frame) error {
			switch binary.BigEndian.Uint16(f.Data[22:]) {
			case 1:
				<-gate // the link takes nothing
			case 50:
				return &rawsock.Error{Op: "send", Err: syscall.EMSGSIZE}
			case 100:
				return &rawsock.Error{Op: "send", Err: syscall.ENOBUFS}
			}
			return nil
		}
		if n, err := way.send(asks); n != len(asks) || err != nil {
			t.Fatalf("%d handed over, error %v", n, err)
		}
		if left, err := way.unsent(time.Now()); len(left) > 0 || err != nil {
			t.Errorf("nothing is known yet: %d came back, error %v", len(left), err)
		}
		time.AfterFunc(time.Second, func() { close(gate) })
		time.Sleep(mostHeldUp)
		held := time.Now()
		left, err := way.unsent(held)
		if time.Since(held) < time.Second-2*mostHeldUp {
			t.Error("the lane went on while nothing left this machine")
		}
		if len(left) != 101 || left[0].index != 99 || !errors.Is(err, syscall.ENOBUFS) {
			t.Errorf("%d came back, error %v", len(left), err)
		}
		if way.packets() != 98 {
			t.Errorf("%d packets are counted, 98 went out", way.packets())
		}
		found, err := way.receive(nil, time.Now())
		told := slices.ContainsFunc(found, func(e evidence) bool {
			return e.index == 49 && e.local && e.reason == exposure.LocalError && !e.at.IsZero()
		})
		if err != nil || !told {
			t.Errorf("evidence %+v, error %v", found, err)
		}
		if left, err := way.unsent(time.Now()); len(left) > 0 || err != nil {
			t.Errorf("told twice: %d, error %v", len(left), err)
		}
	})
}

// What the ring had no room for slows the lane down; a reader that has ended
// ends the scan, for everything would look silent.
func TestSYNReceivingFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newSYNBench(t, everybody, near4)
		b.wire.lost = 3
		b.deliver(make([]byte, 20))
		question := []ask{{index: 0, to: b.way.plan.endpoint(0)}}
		if _, err := b.way.leaked(time.Now()); !errors.Is(err, errOverflow) {
			t.Errorf("after an overflow: %v", err)
		}
		if _, err := b.way.leaked(time.Now()); err != nil {
			t.Errorf("told twice: %v", err)
		}
		if n, err := b.way.send(question); n != 1 || err != nil {
			t.Errorf("afterwards: sent %d, error %v", n, err)
		}
		b.close()
		if _, err := b.way.send(question); !errors.Is(err, os.ErrClosed) {
			t.Errorf("sending after the end: %v", err)
		}
		if _, err := b.way.receive(nil, time.Now().Add(time.Hour)); !errors.Is(err, os.ErrClosed) {
			t.Errorf("receiving after the end: %v", err)
		}
	})
}

// blocked is a network behind a filter of this machine's own that drops the
// packets to some ports, with the error of a full queue.
type blocked struct {
	*network
	ports map[uint16]bool
}

func (w *blocked) send(batch []ask) (int, error) {
	for i, a := range batch {
		if w.ports[a.to.Port()] {
			n, _ := w.network.send(batch[:i])
			return n, syscall.ENOBUFS
		}
	}
	return w.network.send(batch)
}

// Ports to which nothing can be sent end unknown, and hold up no other.
func TestBlockedPortsHoldUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlan(exposure.TCP, []exposure.Target{{Address: near4}}, portsUpTo(1000), 1)
		w := &blocked{&network{
			plan: p, random: rand.New(rand.NewPCG(1, 2)), delay: time.Millisecond, clockless: true,
			answer: everyNth(100, exposure.Reset, true),
		}, map[uint16]bool{80: true, 81: true}}
		states := map[string]int{}
		l := &lane{
			plan: p, ledger: newLedger(p, -1, false), way: w,
			pace:  &pace{rate: lanLimits.rate, window: lanLimits.window},
			mine:  func(netip.Addr) bool { return false },
			heard: make([]atomic.Bool, 1),
			conclude: func(_ *lane, batch []conclusion) {
				for _, c := range batch {
					states[c.state.String()+" "+string(c.reason)]++
				}
			},
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := l.run(ctx); err != nil {
			t.Fatal(err)
		}
		want := map[string]int{"open syn-ack": 10, "closed reset": 988, "unknown local-error": 2}
		if !maps.Equal(states, want) {
			t.Errorf("states %v, want %v", states, want)
		}
	})
}

// No bytes that did not come as an answer become one: whatever is believed
// carries the cookie.
func FuzzSYNPackets(f *testing.F) {
	w := newFakeWire()
	tap := &tap{wire: w, router: everybody, row: fakeRow}
	p := newPlan(exposure.TCP, []exposure.Target{{Address: near4}, {Address: near6}}, []uint16{22, 80, 443}, 1)
	way, err := newSYNWay(tap, p)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = way.close() })
	way.key = cookie.Key{1} // so that seeds stay answers
	asks := []ask{{index: 1, to: p.endpoint(1)}, {index: 4, to: p.endpoint(4)}}
	if n, err := way.send(asks); n != 2 || err != nil {
		f.Fatal(n, err)
	}
	for _, syn := range w.sent {
		f.Add(syn.Data, uint16(syn.Protocol))
		f.Add(reply(syn.Data, synAck), uint16(syn.Protocol))
		f.Add(reject(netip.MustParseAddr("192.0.2.9"), syn.Data, 3, 13), uint16(rawsock.IPv4))
	}
	f.Add(advertisement(), uint16(rawsock.IPv6))
	f.Fuzz(func(t *testing.T, b []byte, protocol uint16) {
		tap.take(rawsock.Packet{Data: b, Protocol: rawsock.Protocol(protocol), Index: 3, At: time.Now(), Unsummed: true})
		for _, a := range way.answers {
			endpoint := p.endpoint(a.index)
			word := uint32(way.key.Word(endpoint, a.source))
			acknowledged, quoted := binary.BigEndian.AppendUint32(nil, word+1), binary.BigEndian.AppendUint32(nil, word)
			if !bytes.Contains(b, acknowledged) && !bytes.Contains(b, quoted) {
				t.Errorf("believed without a cookie: %+v", a)
			}
		}
		way.answers = way.answers[:0]
	})
}
