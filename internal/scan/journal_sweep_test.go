package scan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"sekisho/internal/exposure"
)

// memory is a store that is no file.
type memory struct{ b []byte }

func (m *memory) ReadAt(b []byte, at int64) (int, error) {
	if at >= int64(len(m.b)) {
		return 0, io.EOF
	}
	n := copy(b, m.b[at:])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

func (m *memory) WriteAt(b []byte, at int64) (int, error) {
	m.b = append(m.b[:at], b...)
	return len(b), nil
}

func (m *memory) Truncate(size int64) error {
	m.b = m.b[:size]
	return nil
}

// bitmap is ports of hosts whose addresses differ in the last byte.
type bitmap []uint64

func newBitmap() bitmap { return make(bitmap, 256*65536/64) }

func bitOf(a netip.AddrPort) int {
	b := a.Addr().As4()
	return int(b[3])<<16 | int(a.Port())
}

func (b bitmap) has(i int) bool { return b[i>>6]>>(i&63)&1 != 0 }
func (b bitmap) set(i int)      { b[i>>6] |= 1 << (i & 63) }

// sweep is a way on which every port is closed and says so. It holds what is
// asked against what may be.
type sweep struct {
	t        *testing.T
	known    bitmap // in the journal when the run began, or asked since: not to be asked
	excluded func(netip.Addr) bool
	sent     int64
	left     int // questions until the run is killed
	kill     context.CancelFunc
	answers  []uint32
}

func (w *sweep) send(batch []ask) (int, error) {
	for _, a := range batch {
		i := bitOf(a.to)
		switch {
		case w.excluded(a.to.Addr()):
			w.t.Errorf("%v is excluded and was asked", a.to)
		case w.known.has(i):
			w.t.Errorf("%v has ended or was asked, and is asked again", a.to)
		}
		w.known.set(i)
		w.answers = append(w.answers, a.index)
		if w.left--; w.left == 0 {
			w.kill()
		}
	}
	w.sent += int64(len(batch))
	return len(batch), nil
}

func (w *sweep) receive(into []evidence, _ time.Time) ([]evidence, error) {
	now := time.Now()
	for _, index := range w.answers {
		into = append(into, evidence{index: index, reason: exposure.ConnRefused, at: now})
	}
	w.answers = w.answers[:0]
	return into, nil
}

func (w *sweep) waiting() int   { return len(w.answers) }
func (w *sweep) packets() int64 { return w.sent }
func (w *sweep) close() error   { return nil }

// TestShardsAndResumesMeetEachPortOnce asks every port of 256 hosts but some in
// shards and ends runs at any moment, a hundred of them in all; what is left of
// the journal then ends at any byte. The lane, its plan, its walk, its ledger
// and the journal are the real ones: only the wire is not.
func TestShardsAndResumesMeetEachPortOnce(t *testing.T) {
	for of, kills := range map[int]int{1: 4, 2: 8, 7: 28, 64: 60} {
		t.Run(fmt.Sprintf("shards-%d", of), func(t *testing.T) {
			t.Parallel()
			s := sweeps{
				t: t, random: rand.New(rand.NewPCG(3, uint64(of))),
				done: newBitmap(), block: netip.MustParsePrefix("198.51.100.0/24"),
				exclude: []netip.Prefix{netip.MustParsePrefix("198.51.100.17/32"), netip.MustParsePrefix("198.51.100.64/29")},
			}
			for p := range sweepPorts {
				s.ports = append(s.ports, uint16(65535-p))
			}
			sizes := map[int]bool{}
			for number := 1; number <= of; number++ {
				size := s.shard(Shard{Number: number, Of: of}, number*kills/of-(number-1)*kills/of)
				sizes[size] = true
			}
			if s.kills != kills || len(sizes) > 2 {
				t.Errorf("%d kills, want %d; shards of %d sizes", s.kills, kills, len(sizes))
			}
			hosts := 256 - 1 - 8
			if want := hosts * sweepPorts; s.met != want {
				t.Errorf("%d ports ended, want %d", s.met, want)
			}
			t.Logf("%d ports; %d were known when runs began; %d bytes of journal at most", s.met, s.repeated, s.most)
		})
	}
}

// sweeps are all shards of one work.
type sweeps struct {
	t       *testing.T
	random  *rand.Rand
	block   netip.Prefix
	exclude []netip.Prefix
	ports   []uint16
	done    bitmap // ended in some shard's last run

	met, kills, repeated, most int
}

func (s *sweeps) excluded(a netip.Addr) bool {
	for _, p := range s.exclude {
		if p.Contains(a) {
			return true
		}
	}
	return !s.block.Contains(a)
}

// shard looks at one shard, killed and resumed so many times. It returns how
// many ports it has.
func (s *sweeps) shard(shard Shard, kills int) int {
	var targets []exposure.Target
	for a := s.block.Addr(); s.block.Contains(a); a = a.Next() {
		if !s.excluded(a) {
			targets = append(targets, exposure.Target{Address: a})
		}
	}
	// The order in which targets are written means nothing.
	s.random.Shuffle(len(targets), func(i, j int) { targets[i], targets[j] = targets[j], targets[i] })
	var store memory
	for {
		_, requests, err := OpenJournal(&store, []Request{{Targets: targets, TCP: s.ports, Retries: -1, Shard: shard}})
		if err != nil {
			s.t.Fatal(err)
		}
		r := &requests[0]
		size := r.Shard.Share(r.size())
		left := 0
		if kills > 0 {
			left = 1 + s.random.IntN(max(size/(kills+1), 1))
		}
		ended := s.run(r, left)
		if s.most = max(s.most, len(store.b)); ended {
			return size
		}
		kills--
		s.kills++
		// A kill may come while a block is written, and lose what the system had
		// not written yet.
		if n := s.random.IntN(4); n > 0 {
			store.b = store.b[:len(store.b)-s.random.IntN(min(len(store.b), 1<<(6*n)))]
		}
	}
}

// run is one run of a shard. It reports whether it came to its end.
func (s *sweeps) run(r *Request, left int) bool {
	ctx, cancel := context.WithCancel(s.t.Context())
	defer cancel()
	n := &run{engine: New(), request: r, total: r.size()}
	w := &sweep{t: s.t, known: newBitmap(), excluded: s.excluded, left: left, kill: cancel}
	met := newBitmap()
	count := 0
	meet := func(p *plan, batch []conclusion) {
		for _, c := range batch {
			i := bitOf(p.endpoint(c.index))
			if met.has(i) || c.state != exposure.Closed || c.tries != 1 {
				s.t.Errorf("%v ended twice or wrongly: %+v", p.endpoint(c.index), c)
			}
			met.set(i)
			count++
		}
	}
	var err error
	if n.known, err = r.repeat(0, r.Targets, meet); err != nil {
		s.t.Fatal(err)
	}
	targets := n.known.left()
	s.repeated += count
	copy(w.known, met)
	g := &group{targets: targets, own: true, limits: ownLimits, heard: make([]atomic.Bool, len(targets))}
	l, err := n.newLane(g, exposure.TCP, r.TCP, func(*plan) (way, error) { return w, nil })
	if err != nil {
		s.t.Fatal(err)
	}
	if l != nil {
		l.report(func(p *plan, batch []conclusion) {
			p.conclude(batch)
			meet(p, batch)
		})
		if err = l.run(ctx); err != nil && !errors.Is(err, context.Canceled) {
			s.t.Fatal(err)
		}
	}
	if err != nil {
		return false
	}
	if size := r.Shard.Share(r.size()); count != size {
		s.t.Errorf("shard %v: %d ports ended, want %d", r.Shard, count, size)
	}
	for i := range met {
		if met[i]&s.done[i] != 0 {
			s.t.Errorf("shard %v has ports of another one", r.Shard)
			break
		}
		s.done[i] |= met[i]
	}
	s.met += count
	return true
}
