//go:build linux && lab

package scan_test

import (
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
	"sekisho/internal/rawsock"
)

// stealthy has a host listen on two ports and be silent on the lower half of
// the 1,056.
func stealthy(t *testing.T, h *lab.Host) truth {
	t.Helper()
	h.Filter(t, lab.Input, "tcp dport 100-599", lab.Drop)
	h.Listen(t, "tcp", "[::]:22")
	h.Listen(t, "tcp", "[::]:1000")
	return func(to netip.AddrPort) exposure.State {
		switch {
		case to.Port() == 22, to.Port() == 1000:
			return exposure.Open
		case to.Port() >= 100 && to.Port() < 600:
			return exposure.Filtered
		}
		return exposure.Closed
	}
}

// flood is forged answers to the questions of a scanner: right addresses, right
// ports, right checksums, and words that are guessed.
type flood struct {
	forger *forger
	random *rand.Rand
	frames []rawsock.Frame
	words  []int // where in each packet the guessed word begins, and the checksum
	sums   []int
}

// newFlood prepares forged answers to questions from the sources.
func newFlood(t *testing.T, f *forger, target []netip.Addr, sources []netip.AddrPort) *flood {
	t.Helper()
	l := &flood{forger: f, random: rand.New(rand.NewPCG(3, 5))}
	for len(l.frames) < 64*rawsock.Batch {
		to := sources[l.random.IntN(len(sources))]
		i := slices.IndexFunc(target, func(a netip.Addr) bool { return a.Is4() == to.Addr().Is4() })
		from := netip.AddrPortFrom(target[i], uint16(1+l.random.IntN(1056)))
		header := map[bool]int{true: 20, false: 40}[to.Addr().Is4()]
		switch l.random.IntN(3) {
		case 0:
			l.add(segment(from, to, 1, l.random.Uint32(), flagsSYNACK), header+8, header+16)
		case 1:
			l.add(segment(from, to, 0, l.random.Uint32(), flagsRSTACK), header+8, header+16)
		case 2:
			// The quoted segment's own checksum is nobody's business.
			l.add(prohibited(from.Addr(), segment(to, from, l.random.Uint32(), 0, 2)), header+8+header+4, header+2)
		}
	}
	return l
}

func (l *flood) add(packet []byte, word, sum int) {
	l.frames = append(l.frames, l.forger.frame(packet))
	l.words, l.sums = append(l.words, word), append(l.sums, sum)
}

// pour sends n forged answers, each with another word.
func (l *flood) pour(n int) error {
	for at := 0; n > 0; at = (at + rawsock.Batch) % len(l.frames) {
		for i := at; i < at+rawsock.Batch; i++ {
			b := l.frames[i].Data
			word, sum := b[l.words[i]:], b[l.sums[i]:]
			before, after := binary.BigEndian.Uint32(word), l.random.Uint32()
			binary.BigEndian.PutUint32(word, after)
			// RFC 1624 section 3: the checksum follows what has changed.
			s := uint32(^binary.BigEndian.Uint16(sum)) + uint32(^uint16(before>>16)) + uint32(^uint16(before)) + after>>16 + after&0xffff
			s = s>>16 + s&0xffff
			binary.BigEndian.PutUint16(sum, ^uint16(s+s>>16))
		}
		if err := l.forger.put(l.frames[at : at+rawsock.Batch]...); err != nil {
			return err
		}
		n -= rawsock.Batch
	}
	return nil
}

// sourcesOf collects the addresses and ports that a scanner asks from, which
// are all that somebody on the way needs to lie to it, but for the word.
func (f *forger) sourcesOf(t *testing.T, start func()) []netip.AddrPort {
	t.Helper()
	seen, heard := map[netip.AddrPort]bool{}, 0
	var running sync.WaitGroup
	running.Go(start)
	err := f.hear(func(s heardSYN) bool {
		seen[s.from] = true
		heard++
		return heard == 400
	})
	running.Wait()
	if err != nil {
		t.Fatal(err)
	}
	var sources []netip.AddrPort
	for s := range seen {
		sources = append(sources, s)
	}
	slices.SortFunc(sources, netip.AddrPort.Compare)
	return sources
}

// A million forged answers that come in through the ring while ports are asked
// make no port anything but what it is.
func TestEngineBelievesNoneOfAMillionForgedAnswers(t *testing.T) {
	l := lab.New(t)
	plug(t, "wing0", l.LAN, l.Home, "26.98.0.1/24", "26.98.0.2/24", "2608:26:98::1/64", "2608:26:98::2/64")
	targets := []netip.Addr{netip.MustParseAddr("26.98.0.2"), netip.MustParseAddr("2608:26:98::2")}
	want := stealthy(t, l.Home)
	e := rawEngine(t, l.LAN, targets[0])
	f := newForger(t, l.Home, l.LAN, "wing0")
	request := rawRequest(targets, portsBetween(1, 1056)...)
	sources := f.sourcesOf(t, func() { want.holds(t, e, request) })

	// What a kernel would say to a forged answer is of no interest here, and
	// takes longer than to read it.
	l.LAN.NFT(t, `table netdev quiet { chain in { type filter hook ingress device wing0 priority 0
		tcp sport != { 22, 1000 } drop
		meta l4proto { icmp, ipv6-icmp } @th,0,8 { 1, 3 } drop
	}; }`)
	forged := newFlood(t, f, targets, sources)
	poured := make(chan error, 1)
	go func() { poured <- forged.pour(1_000_000) }()
	for scans := 1; ; scans++ {
		summary := want.holds(t, e, request)
		select {
		case err := <-poured:
			if err != nil {
				t.Error(err)
			}
			t.Logf("%d scans; the last: %+v", scans, summary)
			return
		default:
		}
	}
}

// A scanner that gets no processor for a while finds its ring overrun: it says
// so, and asks again whatever may have been in it.
func TestEngineTellsThatTheRingWasFull(t *testing.T) {
	l := lab.New(t)
	want := stealthy(t, l.Home)
	f := newForger(t, l.Home, l.LAN, "eth0")
	sekisho := program(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cmd := l.LAN.Command(ctx, sekisho, "scan", l.Home.V4.String(), "-p", "1-1056", "--rate", "2000", "-f", "jsonl", "--show", "all", "--authorized")
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	sources := f.sourcesOf(t, func() {
		if err := cmd.Start(); err != nil {
			t.Error(err)
		}
	})
	l.LAN.Run(t, "sh", "-c", "kill -STOP $(pidof sekisho)")
	err := newFlood(t, f, both(l.Home), sources).pour(200_000)
	l.LAN.Run(t, "sh", "-c", "kill -CONT $(pidof sekisho)")
	if err = errors.Join(err, cmd.Wait()); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	s := readScan(t, out.String())
	if len(s.states) != 1056 || !strings.Contains(out.String(), "the ring of received packets was full") {
		t.Errorf("%d ports, and of the ring: %s", len(s.states), out.String()[max(0, out.Len()-1000):])
	}
	for port, state := range s.states {
		if wanted := want(netip.AddrPortFrom(l.Home.V4, port)); state != wanted {
			t.Errorf("port %d is %v (%s), want %v", port, state, s.reasons[port], wanted)
		}
	}
}

// A true answer to one scan is a forged one to another that runs at the same
// time on the same engine and asks the same ports of the same host.
func TestEngineBelievesNoAnswerOfAnotherScan(t *testing.T) {
	l := lab.New(t)
	l.Home.Filter(t, lab.Input, "meta l4proto tcp", lab.Drop)
	e := rawEngine(t, l.LAN, l.Home.V4)
	f := newForger(t, l.Home, l.LAN, "eth0")
	ports := portsBetween(1001, 1100)
	const silent = 2

	// The first scan is answered by the forger alone, who so comes to know a
	// word of it for each port.
	words := map[netip.AddrPort]uint32{}
	asked := make(chan struct{})
	forging := make(chan error, 1)
	strange := 0
	go func() {
		forging <- f.hear(func(s heardSYN) bool {
			if s.to.Port() == silent {
				return false
			}
			if len(words) < 2*len(ports) {
				if words[s.to] = s.sequence; len(words) == 2*len(ports) {
					close(asked)
				}
			} else if words[s.to] != s.sequence {
				strange++
			}
			open, closed := segment(s.to, s.from, 1, words[s.to]+1, flagsSYNACK), segment(s.to, s.from, 0, words[s.to]+1, flagsRSTACK)
			if s.to.Port()%2 == 0 {
				open, closed = closed, open
			}
			err := f.put(f.frame(open), f.frame(closed), f.frame(prohibited(s.to.Addr(), segment(s.from, s.to, words[s.to], 0, 2))))
			return err != nil
		})
	}()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	first := make(chan map[netip.AddrPort]exposure.Observation, 1)
	go func() {
		r := rawRequest(both(l.Home), append([]uint16{silent}, ports...)...)
		r.Rate = 150 // the port that nobody answers for keeps it running
		seen, _, _ := look(ctx, t, e, r)
		first <- seen
	}()
	<-asked
	truth(func(netip.AddrPort) exposure.State { return exposure.Filtered }).holds(t, e, rawRequest(both(l.Home), ports...))
	cancel()
	seen := <-first
	if err := f.socket.Close(); err != nil {
		t.Error(err)
	}
	if err := <-forging; !errors.Is(err, os.ErrClosed) {
		t.Error(err)
	}
	if strange < 2*len(ports) {
		t.Errorf("the second scan asked %d times with words of its own", strange)
	}
	believed := 0
	for at, o := range seen {
		switch want := map[uint16]exposure.State{0: exposure.Closed, 1: exposure.Open}[at.Port()%2]; {
		case at.Port() == silent:
		case o.State == want:
			believed++
		default:
			t.Errorf("first scan: %v is %v (%s), want %v", at, o.State, o.Reason, want)
		}
	}
	if believed < len(ports) {
		t.Errorf("the first scan believed %d of its answers", believed)
	}
}
