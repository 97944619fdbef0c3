package scan

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"sekisho/internal/exposure"
)

// written is a request of two hosts whose journal holds every kind of record,
// and what it must tell when it is read.
func written(t testing.TB, store Store) (requests []Request, want []conclusion) {
	t.Helper()
	at := time.Now().Truncate(time.Microsecond)
	ends := []conclusion{
		{evidence{index: 0, reason: exposure.SynAck, rtt: 310 * time.Microsecond, at: at, shut: true}, exposure.Open, 1},
		{evidence{index: 1, reason: exposure.ConnRefused, rtt: time.Millisecond, at: at.Add(time.Millisecond)}, exposure.Closed, 2},
		{evidence{index: 2, reason: exposure.ConnRefused, rtt: 2 * time.Millisecond, at: at.Add(-time.Second)}, exposure.Closed, 2},
		{evidence{index: 3, reason: exposure.NoResponse, at: at}, exposure.Filtered, 3},
		{evidence{index: 4, reason: exposure.NoResponse, at: at}, exposure.Filtered, 3},
		{evidence{index: 5, reason: exposure.AdminProhibited, by: netip.MustParseAddr("2001:db8::9"), at: at}, exposure.Filtered, 1},
		{evidence{index: 6, reason: exposure.HostUnreach, local: true, at: at}, exposure.Unknown, 0},
		{evidence{index: 7, reason: exposure.ProtoResponse, note: unrecognised, from: netip.MustParseAddrPort("192.0.2.9:99"), at: at}, exposure.Open, 1},
	}
	j, requests, err := OpenJournal(store, []Request{{Targets: block(2), TCP: portsUpTo(20), Retries: -1}})
	if err != nil {
		t.Fatal(err)
	}
	k, err := requests[0].know(0, requests[0].Targets)
	if err != nil {
		t.Fatal(err)
	}
	p := newPlan(exposure.TCP, k.left(), requests[0].TCP, 1)
	k.begin(p, 1)
	p.log.ended(slices.Clone(ends))
	// A port that could not be asked is asked again, and one that was is not
	// told twice.
	p.log.ended([]conclusion{
		{evidence{index: 8, reason: exposure.LocalError, local: true, err: errors.New("no buffer\x1b[2J space"), at: at}, exposure.Unknown, 1},
		ends[3],
	})
	asked := make([]uint8, p.size())
	for i := range asked {
		asked[i] = 2
	}
	asked[12] = settled
	hints := map[uint32]evidence{11: {index: 11, reason: exposure.HostUnreach, by: netip.MustParseAddr("192.0.2.1"), at: at}}
	stranger := func(int) bool { return true }
	way := func(host int) wayPast {
		return wayPast{roundTrips{40, host}, time.Second, time.Millisecond, time.Microsecond}
	}
	p.log.asked(10, 2, time.Second, false, at)
	p.log.asked(11, 1, time.Second, true, at)
	p.log.asked(12, 2, time.Second, false, at)
	p.log.asked(13, 3, time.Second, false, at) // was taken back
	for _, index := range []uint32{14, 15, 15, 14} {
		p.log.asked(index, 2, time.Second, false, at)
	}
	for range 2 {
		at = at.Add(canaryPatience + time.Second)
		p.log.lull(lull{asked, hints, stranger, way, at}, at)
	}
	for _, index := range []uint32{14, 15, 15, 16} {
		p.log.again(index)
	}
	p.log.asked(17, 2, time.Second, false, at) // and a control is lost since
	alive := at.Add(-time.Second)
	for range 2 {
		at = at.Add(canaryPatience + time.Second)
		p.log.lull(lull{asked, hints, stranger, way, alive}, at)
	}
	p.log.end()
	if err := j.Err(); err != nil {
		t.Fatal(err)
	}
	return requests, ends
}

// recalled reads a journal and returns what it tells.
func recalled(t testing.TB, store Store) (told []conclusion, k *known) {
	t.Helper()
	_, requests, err := OpenJournal(store, []Request{{Targets: block(2), TCP: portsUpTo(20), Retries: -1}})
	if err != nil {
		t.Fatal(err)
	}
	k, err = requests[0].repeat(0, requests[0].Targets, func(p *plan, batch []conclusion) {
		for _, c := range batch {
			if p.endpoint(c.index).Port() != requests[0].TCP[c.index%20] {
				t.Errorf("port %d is %v", c.index, p.endpoint(c.index))
			}
			told = append(told, c)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(told, func(a, b conclusion) int { return int(a.index) - int(b.index) })
	return told, k
}

var evidenceAsIs = cmp.Options{
	cmp.AllowUnexported(conclusion{}, evidence{}),
	cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
	cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b }),
	cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) }),
	cmp.Comparer(func(a, b error) bool { return fmt.Sprint(a) == fmt.Sprint(b) }),
}

func TestJournalTellsWhatWasWritten(t *testing.T) {
	var store memory
	_, want := written(t, &store)
	told, k := recalled(t, &store)
	if d := cmp.Diff(want, told, evidenceAsIs); d != "" {
		t.Error(d)
	}
	for port, tries := range map[int]uint8{8: 0, 9: 0, 10: 2, 11: 1, 12: 0, 13: 0, 14: 1, 15: 0, 16: 0, 17: 0, 3: settled, 6: settled} {
		if k.ports[port] != tries {
			t.Errorf("port %d: %d tries, want %d", port, k.ports[port], tries)
		}
	}
	if e := k.hints[11]; e.reason != exposure.HostUnreach || e.by.String() != "192.0.2.1" {
		t.Errorf("the hint is %+v", e)
	}
	h := k.hosts[hostPlace{0, exposure.TCP}]
	slices.Sort(h.refusing)
	if h.open != 2 || h.silent != 2 || h.way.seen.answered != 40 || h.way.srtt != time.Millisecond || h.way.longest != time.Second || !slices.Equal(h.refusing, []uint16{2, 3}) {
		t.Errorf("the host is %+v", h)
	}
}

// TestJournalIsCutAnywhere ends a journal at every byte, and spoils every byte:
// what is read is a beginning of what was written, and writing goes on there.
func TestJournalIsCutAnywhere(t *testing.T) {
	var whole memory
	_, want := written(t, &whole)
	head := len(journalTitle) + 65
	for cut := range whole.b {
		store := memory{bytes.Clone(whole.b[:cut])}
		told, _ := recalled(t, &store)
		if len(told) > len(want) || cut < head && len(told) > 0 || len(store.b) > max(cut, head) {
			t.Fatalf("cut at %d: %d ports are told, %d bytes are kept", cut, len(told), len(store.b))
		}
		if cut < head {
			continue
		}
		for i, c := range told {
			if d := cmp.Diff(want[c.index], told[i], evidenceAsIs); d != "" {
				t.Fatalf("cut at %d: %s", cut, d)
			}
		}
		spoilt := memory{bytes.Clone(whole.b)}
		spoilt.b[cut] ^= 0x41
		if told, _ = recalled(t, &spoilt); len(told) > len(want) || len(spoilt.b) > cut {
			t.Fatalf("spoilt at %d: %d ports are told, %d bytes are kept", cut, len(told), len(spoilt.b))
		}
	}
}

func TestJournalOfSomethingElse(t *testing.T) {
	var mine memory
	written(t, &mine)
	requests := func(change func(*Request)) []Request {
		r := Request{Targets: block(2), TCP: portsUpTo(20), Retries: -1}
		change(&r)
		return []Request{r}
	}
	for name, c := range map[string]struct {
		b        []byte
		requests []Request
		want     error
	}{
		"the-same":     {mine.b, requests(func(r *Request) { r.Retries, r.Rate, r.Method = 3, 10, Connect; r.Targets[1].Name = "b" }), nil},
		"in-reverse":   {mine.b, requests(func(r *Request) { slices.Reverse(r.Targets); slices.Reverse(r.TCP) }), nil},
		"one-host":     {mine.b, requests(func(r *Request) { r.Targets = r.Targets[:1] }), ErrOtherScan},
		"another-host": {mine.b, requests(func(r *Request) { r.Targets[0] = block(3)[2] }), ErrOtherScan},
		"a-zone":       {mine.b, requests(func(r *Request) { r.Targets[0].Address = netip.MustParseAddr("fe80::1%1") }), ErrOtherScan},
		"one-port":     {mine.b, requests(func(r *Request) { r.TCP = r.TCP[1:] }), ErrOtherScan},
		"udp":          {mine.b, requests(func(r *Request) { r.TCP, r.UDP = nil, r.TCP }), ErrOtherScan},
		"echo":         {mine.b, requests(func(r *Request) { r.Echo = true }), ErrOtherScan},
		"a-shard":      {mine.b, requests(func(r *Request) { r.Shard = Shard{Number: 1, Of: 2} }), ErrOtherScan},
		"two-jobs":     {mine.b, append(requests(func(*Request) {}), requests(func(*Request) {})...), ErrOtherScan},
		"version":      {[]byte(strings.Replace(string(mine.b), "journal 1", "journal 2", 1)), requests(func(*Request) {}), ErrJournalVersion},
		"text":         {[]byte("dear diary, today I scanned my machine and found that it was quite open\n"), requests(func(*Request) {}), ErrNoJournal},
		"one-byte":     {[]byte{0}, requests(func(*Request) {}), ErrNoJournal},
		"zeros":        {make([]byte, 4096), requests(func(*Request) {}), ErrNoJournal},
	} {
		t.Run(name, func(t *testing.T) {
			store := memory{bytes.Clone(c.b)}
			_, _, err := OpenJournal(&store, c.requests)
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if err != nil && !bytes.Equal(store.b, c.b) {
				t.Error("the file was changed")
			}
		})
	}
}

// full is a store on a disk that has room for so much.
type full struct {
	memory
	room int
}

func (f *full) WriteAt(b []byte, at int64) (int, error) {
	if n := max(f.room-int(at), 0); n < len(b) {
		_, _ = f.memory.WriteAt(b[:n], at)
		return n, syscall.ENOSPC
	}
	return f.memory.WriteAt(b, at)
}

// TestJournalOnAFullDisk ends every run well, and what is on the disk is read
// as far as it goes.
func TestJournalOnAFullDisk(t *testing.T) {
	var all memory
	written(t, &all)
	for room := range all.b {
		store := &full{room: room}
		j, requests, err := OpenJournal(store, []Request{{Targets: block(2), TCP: portsUpTo(20)}})
		if room < len(journalTitle)+65 {
			if !errors.Is(err, syscall.ENOSPC) || len(store.b) > 0 {
				t.Fatalf("room for %d: %v, %d bytes are left", room, err, len(store.b))
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		n := &run{engine: New(), request: &requests[0]}
		if _, _, err := n.recall(requests[0].Targets); err != nil {
			t.Fatal(err)
		}
		p := newPlan(exposure.TCP, requests[0].Targets, requests[0].TCP, 1)
		n.known.begin(p, 1)
		for i := range 40 {
			p.log.ended([]conclusion{{evidence{index: uint32(i), reason: exposure.Reset, at: time.UnixMicro(1), rtt: time.Second}, exposure.Closed, 1}})
			p.log.end()
		}
		if !errors.Is(j.Err(), syscall.ENOSPC) {
			t.Fatalf("room for %d: %v", room, j.Err())
		}
		before := len(store.b)
		if told, _ := recalled(t, &store.memory); len(told) > 40 || len(store.b) > before {
			t.Fatalf("room for %d: %d ports", room, len(told))
		}
	}
}

// TestJournalKnowsAllOfEvidence fails when evidence gets a field or a reason
// that the journal would forget.
func TestJournalKnowsAllOfEvidence(t *testing.T) {
	var fields []string
	for f := range reflect.TypeFor[conclusion]().Fields() {
		fields = append(fields, f.Name)
	}
	for f := range reflect.TypeFor[evidence]().Fields() {
		fields = append(fields, f.Name)
	}
	want := []string{"evidence", "state", "tries", "index", "purpose", "reason", "by", "local", "void", "shut", "rtt", "at", "note", "from", "err"}
	if d := cmp.Diff(want, fields); d != "" {
		t.Errorf("appendEnd and readEnd must know these too: %s", d)
	}
	file, err := parser.ParseFile(token.NewFileSet(), "../exposure/words.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); ok && kind.Name == "Reason" {
			word := strings.Trim(spec.Values[0].(*ast.BasicLit).Value, `"`)
			if found++; !slices.Contains(reasons, exposure.Reason(word)) {
				t.Errorf("the journal has no number for %q", word)
			}
		}
		return true
	})
	if found < 13 {
		t.Errorf("%d reasons found", found)
	}
}

// TestKilledScansOfSilenceGoOn ends scans of hosts of which most ports are
// silent, at any moment, and lets them go on. Each port gets its tries and no
// more, apart from what was on the way when the run ended; what it ends in is
// the truth, and so is what stands on a hint.
func TestKilledScansOfSilenceGoOn(t *testing.T) {
	for name, c := range map[string]struct {
		answer    func(uint32) (exposure.Reason, bool)
		clockless bool
		want      map[string]int
	}{
		"stealth":  {everyNth(400, "", false), false, map[string]int{"open syn-ack": 30, "filtered no-response": 11970}},
		"raw":      {everyNth(400, "", false), true, map[string]int{"open syn-ack": 30, "filtered no-response": 11970}},
		"refusing": {everyNth(400, exposure.Reset, true), true, map[string]int{"open syn-ack": 30, "closed reset": 11970}},
		"a-router-says-no": {
			func(index uint32) (exposure.Reason, bool) {
				return exposure.HostUnreach, index%400 != 0
			}, false, map[string]int{"filtered host-unreach": 11970, "filtered no-response": 30},
		},
	} {
		t.Run(name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(7, 7))
			// Two more tries for all, or as many as the loss that is seen wants.
			for i, retries := range []int{2, 2, -1} {
				once := killed(t, random, 0, retries, c.answer, c.clockless)
				r := killed(t, random, 4, retries, c.answer, c.clockless)
				if d := cmp.Diff(c.want, r.states); d != "" {
					t.Error(i, d)
				}
				if retries < 0 {
					continue
				}
				if spare := once.asked / 100; r.asked > once.asked+r.lost+spare || r.kills == 0 {
					t.Errorf("%d questions and %d kills: %d would do, and %d were on the way when runs ended", r.asked, r.kills, once.asked, r.lost)
				}
			}
		})
	}
}

// timed is a network that knows until when an answer may come to what it was
// asked.
type timed struct {
	network
	times []time.Time
	hosts []int
}

func (w *timed) send(batch []ask) (int, error) {
	n, err := w.network.send(batch)
	for _, a := range batch[:n] {
		w.times = append(w.times, time.Now().Add(a.patience))
		w.hosts = append(w.hosts, w.plan.host(a.index))
	}
	return n, err
}

// since is how many questions had time for an answer then, or went to strangers.
func (w *timed) since(then time.Time, stranger func(int) bool) int {
	n := 0
	for i, at := range w.times {
		if at.After(then) || stranger(w.hosts[i]) {
			n++
		}
	}
	return n
}

// killedResult is what a scan came to that was killed some times.
type killedResult struct {
	states             map[string]int
	asked, lost, kills int // lost were on the way at a kill
}

func killed(t *testing.T, random *rand.Rand, kills, retries int, answer func(uint32) (exposure.Reason, bool), clockless bool) (r killedResult) {
	t.Helper()
	var store memory
	for over := false; !over; {
		synctest.Test(t, func(t *testing.T) {
			_, requests, err := OpenJournal(&store, []Request{{Targets: block(4), TCP: portsUpTo(3000), Retries: -1}})
			if err != nil {
				t.Fatal(err)
			}
			q := &requests[0]
			met := map[uint32]conclusion{}
			k, err := q.repeat(0, q.Targets, func(p *plan, batch []conclusion) {
				for _, c := range batch {
					if met[c.index].tries > 0 {
						t.Errorf("port %d is told twice", c.index)
					}
					met[c.index] = c
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			p := newPlan(exposure.TCP, k.left(), q.TCP, q.Seed)
			left := k.begin(p, q.Seed)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if kills > 0 {
				time.AfterFunc(time.Duration(1+random.IntN(1000))*time.Millisecond, cancel)
			}
			// Hosts that have ended are not in the plan: its ports get others' numbers.
			number := func(index uint32) uint32 {
				i, _ := rank(q.Targets, p.targets[p.host(index)].Address)
				return uint32(i*3000) + index%3000
			}
			w := &timed{network: network{
				plan: p, random: random, delay: 20 * time.Millisecond, clockless: clockless,
				answer: func(index uint32) (exposure.Reason, bool) { return answer(number(index)) },
			}}
			over = true
			if left > 0 {
				l := &lane{
					plan: p, ledger: newLedger(p, retries, false), way: w,
					pace:  &pace{rate: 10000, window: 16384},
					mine:  func(netip.Addr) bool { return false },
					heard: make([]atomic.Bool, len(p.targets)),
					conclude: func(_ *lane, batch []conclusion) {
						p.conclude(batch)
						for _, c := range batch {
							c.index = number(c.index)
							if met[c.index].tries > 0 {
								t.Errorf("port %d ends twice", c.index)
							}
							met[c.index] = c
						}
					},
				}
				if err := l.run(ctx); err != nil {
					over = false
					kills--
					r.kills++
					// What an answer could come to still, or just before the
					// journal was last written to; or what was sent to hosts that nothing was
					// heard of, for their neighbour may be missing.
					r.lost += w.since(time.Now().Add(-2*slice-logDelay-logMeet), l.strange)
				}
			}
			r.asked += int(w.sent - w.checks)
			if over {
				r.states = result{ends: met}.states()
			}
		})
	}
	return r
}

// FuzzJournal reads what follows a right header: nothing of it may be told of a
// port that was not asked for, nor twice.
func FuzzJournal(f *testing.F) {
	var store memory
	written(f, &store)
	head := len(journalTitle) + 65
	f.Add(store.b[head:])
	f.Add(store.b[head : len(store.b)-3])
	for at := head; at < len(store.b); {
		in := bytes.NewReader(store.b[at:])
		block, ok, err := readBlock(in, nil)
		if err != nil || !ok {
			f.Fatal(err)
		}
		f.Add(block)
		at += blockHead + len(block)
	}
	head1 := bytes.Clone(store.b[:head])
	f.Fuzz(func(t *testing.T, b []byte) {
		check := func(b []byte) {
			store := memory{append(bytes.Clone(head1), b...)}
			_, requests, err := OpenJournal(&store, []Request{{Targets: block(2), TCP: portsUpTo(20), Retries: -1}})
			if err != nil {
				t.Fatal(err)
			}
			met := map[netip.AddrPort]bool{}
			k, err := requests[0].repeat(0, requests[0].Targets, func(p *plan, batch []conclusion) {
				for _, c := range batch {
					to := p.endpoint(c.index)
					if met[to] || to.Port() < 1 || to.Port() > 20 || p.transport != exposure.TCP {
						t.Fatalf("%v is told twice, or was not asked for", to)
					}
					met[to] = true
					if c.by.IsValid() && strings.ContainsRune(c.by.String(), 27) || c.err != nil && strings.ContainsRune(c.err.Error(), 27) {
						t.Fatalf("%q, %q go to a terminal", c.by, c.err)
					}
				}
			})
			if errors.Is(err, errJournal) {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			p := newPlan(exposure.TCP, k.left(), requests[0].TCP, 1)
			if k.begin(p, 1) > 0 {
				newLedger(p, -1, false)
			}
		}
		check(b)
		// As it is, nearly nothing has its checksum: give it one.
		var sealed memory
		j := &Journal{store: &sealed}
		j.append(append(make([]byte, blockHead), b...))
		check(sealed.b)
	})
}
