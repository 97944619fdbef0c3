package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"text/tabwriter"
	"time"
)

// webRow is a case of the service: visitors at once, each of whom has the grid of
// their own address looked at. All of them drop what they are asked.
type webRow struct {
	name, what string
	visitors   int
	delay      time.Duration // each way
	longest    time.Duration // from the click to the end, of each visitor; 0 is no goal
}

// The goals of the service, and its cap of packets for one look.
const (
	pagesGoal  = 200 * time.Millisecond // 99 of 100 page requests
	serveGoal  = 512 << 10              // KiB
	firstGoal  = 60 << 10               // bytes of the first page
	lookRate   = 2000                   // packets a second
	webTime    = 4 * time.Minute
	besideRate = 20 // pages a second that others load meanwhile
)

func webRows() []webRow {
	return []webRow{
		{name: "W1", what: "the grid of one visitor who drops everything, 20 ms each way", visitors: 1, delay: wayDelay, longest: 3 * time.Second},
		{name: "W200", what: "200 visitors at once, each with the grid", visitors: 200},
	}
}

// public are addresses as they are on the Internet: a service looks at no others.
// They lead nowhere but into the hosts of the harness.
func public(seed uint64) network {
	n := seed%100 + 20
	addr := func(format string) netip.Addr { return netip.MustParseAddr(fmt.Sprintf(format, n)) }
	return network{
		scanner4: addr("26.%d.0.1"), target4: addr("26.%d.0.2"), scanner6: addr("2608:%d::1"), target6: addr("2608:%d::2"),
		many4: netip.PrefixFrom(addr("26.%d.64.0"), 22), many6: netip.PrefixFrom(addr("2608:%d:0:1::"), 118),
	}
}

// webStage is the service on one host and its visitors on the other.
type webStage struct {
	*stage
	v6   bool
	base string
	pid  int
	end  func()
}

// raiseWeb builds the hosts, and starts the service.
func (o *options) raiseWeb(ctx context.Context, r webRow, v6 bool) (*webStage, error) {
	s := &webStage{stage: &stage{network: public(o.seed)}, v6: v6, end: func() {}}
	err := s.build(row{where: behind, delay: r.delay}, o.seed, o.dir)
	if err == nil {
		err = errors.Join(s.target.nft(visitorsFilter), s.target.do(func() error { // an IPv4 address of a whole prefix may be bound anyway
			return os.WriteFile("/proc/sys/net/ipv6/ip_nonlocal_bind", []byte("1"), 0o644)
		}))
	}
	if err != nil {
		s.close()
		return nil, err
	}
	at := netip.AddrPortFrom(s.scanner4, 8080)
	if v6 {
		at = netip.AddrPortFrom(s.scanner6, 8080)
	}
	s.base = "http://" + at.String()
	database := filepath.Join(o.dir, fmt.Sprintf("%s-%d.db", r.name, time.Now().UnixNano()))
	cmd := exec.CommandContext(ctx, o.sekisho, "serve", "--listen", at.String(), "--echo-ports", "none", "--database", database, "--rate", strconv.Itoa(lookRate))
	cmd.Env = []string{"PATH=/usr/sbin:/sbin:/usr/bin:/bin", "HOME=" + o.dir, "LC_ALL=C"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	said, err := cmd.StderrPipe()
	begun, ended := make(chan error, 1), make(chan struct{})
	if err == nil {
		// The thread that starts it stays: it is killed when that ends.
		go func() {
			defer close(ended)
			_ = s.scanner.do(func() error {
				err := cmd.Start()
				if begun <- err; err == nil {
					_ = cmd.Wait() // it is told to end
				}
				return nil
			})
		}()
		err = <-begun
	}
	if err != nil {
		s.close()
		return nil, err
	}
	s.pid = cmd.Process.Pid
	s.end = func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-ended
	}
	last, lines := "", bufio.NewScanner(said)
	for lines.Scan() {
		last = lines.Text()
		if strings.HasPrefix(lines.Text(), "Answering at ") {
			go func() { _, _ = io.Copy(io.Discard, said) }()
			return s, nil
		}
	}
	s.end()
	s.close()
	return nil, fmt.Errorf("the service does not answer: %s", last)
}

// visitorsFilter drops what a visitor did not ask for, without a word, and counts it
// for each address.
const visitorsFilter = `table inet visitors {
	set each4 { type ipv4_addr; size 4096; flags dynamic; counter; }
	set each6 { type ipv6_addr; size 4096; flags dynamic; counter; }
	chain prerouting {
		type filter hook prerouting priority raw
		iifname "lo" accept
		tcp sport 8080 accept
		icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
		ip daddr != 0.0.0.0 add @each4 { ip daddr }
		ip6 daddr != :: add @each6 { ip6 daddr }
		drop
	}
}`

// counted is how many packets came to each visitor.
func (s *webStage) counted() (map[netip.Addr]int, error) {
	set := "each4"
	if s.v6 {
		set = "each6"
	}
	cmd := exec.Command("nft", "-j", "list", "set", "inet", "visitors", set)
	var out []byte
	if err := s.target.do(func() (err error) { out, err = cmd.Output(); return err }); err != nil {
		return nil, err
	}
	var said struct {
		Nftables []struct {
			Set struct {
				Elem []struct {
					Elem struct {
						Val     netip.Addr
						Counter struct{ Packets int }
					}
				}
			}
		}
	}
	if err := json.Unmarshal(out, &said); err != nil {
		return nil, err
	}
	all := map[netip.Addr]int{}
	for _, one := range said.Nftables {
		for _, e := range one.Set.Elem {
			all[e.Elem.Val] += e.Elem.Counter.Packets
		}
	}
	return all, nil
}

// webResult is a row measured once in one family.
type webResult struct {
	webRow
	v6     bool
	visits []visit
	pages  []time.Duration
	rss    int // KiB
	cpu    time.Duration
	wall   time.Duration
	peak   int // packets in the second with the most
}

// webRow measures a row in each family.
func (o *options) webRow(ctx context.Context, r webRow) ([]webResult, error) {
	var list []webResult
	for _, v6 := range o.families {
		for range o.runs {
			one, err := o.webRun(ctx, r, v6)
			if err != nil {
				return nil, fmt.Errorf("row %s: %w", r.name, err)
			}
			list = append(list, one)
			fmt.Fprintln(os.Stderr, strings.Join(one.cells(), " | "), "|", strings.Join(one.faults(), "; "))
		}
	}
	return list, nil
}

func (o *options) webRun(ctx context.Context, r webRow, v6 bool) (webResult, error) {
	ctx, cancel := context.WithTimeout(ctx, webTime)
	defer cancel()
	res := webResult{webRow: r, v6: v6, visits: make([]visit, r.visitors)}
	s, err := o.raiseWeb(ctx, r, v6)
	if err != nil {
		return res, err
	}
	defer s.close()
	defer s.end()
	var mu sync.Mutex
	paged := func(d time.Duration) {
		mu.Lock()
		res.pages = append(res.pages, d)
		mu.Unlock()
	}
	first := s.many4.Addr()
	if v6 {
		first = s.many6.Addr()
	}
	first = first.Next()
	var over atomic.Bool
	var beside, visiting sync.WaitGroup
	beside.Go(func() { s.beside(ctx, s.address(v6), &over, paged) })
	beside.Go(func() { res.peak = s.busiest(&over) })
	began, address := time.Now(), first
	for i := range r.visitors {
		v := newVisitor(s.target, address, s.base, paged)
		address = address.Next()
		visiting.Go(func() {
			defer v.close()
			res.visits[i] = v.grid(ctx)
		})
	}
	visiting.Wait()
	res.wall = time.Since(began)
	over.Store(true)
	beside.Wait()
	res.rss, res.cpu = peakMemory(s.pid), spent(s.pid)
	counts, err := s.counted()
	if err != nil {
		return res, err
	}
	address = first
	for i := range res.visits {
		res.visits[i].packets = counts[address]
		address = address.Next()
	}
	return res, ctx.Err()
}

// address is one that nobody looks at.
func (s *webStage) address(v6 bool) netip.Addr {
	if v6 {
		return s.target6
	}
	return s.target4
}

// beside loads pages at a steady pace, as other visitors do meanwhile.
func (s *webStage) beside(ctx context.Context, from netip.Addr, over *atomic.Bool, paged func(time.Duration)) {
	v := newVisitor(s.target, from, s.base, paged)
	defer v.close()
	pages := []string{"/", "/check/grid", "/book", "/about", "/results"}
	tick := time.NewTicker(time.Second / besideRate)
	defer tick.Stop()
	var loading sync.WaitGroup
	defer loading.Wait()
	for n := 0; !over.Load() && ctx.Err() == nil; n++ {
		<-tick.C
		loading.Go(func() {
			if _, _, err := v.page(ctx, pages[n%len(pages)]); err != nil {
				paged(webTime) // a page that does not come has taken for ever
			}
		})
	}
}

// busiest is how many packets left in the second with the most.
func (s *webStage) busiest(over *atomic.Bool) (most int) {
	const parts = 10
	var list []uint64
	tick := time.NewTicker(time.Second / parts)
	defer tick.Stop()
	for !over.Load() {
		<-tick.C
		n, err := s.scanner.sent(cableEnd)
		if err != nil {
			continue
		}
		if list = append(list, n); len(list) > parts {
			most = max(most, int(n-list[len(list)-1-parts]))
		}
	}
	return most
}

// peakMemory is the largest resident set of a process so far, in KiB.
func peakMemory(pid int) int {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, _ := strconv.Atoi(strings.Fields(rest)[0])
			return n
		}
	}
	return 0
}

// spent is the processor time of a process so far.
func spent(pid int) time.Duration {
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	const user, system, tick = 11, 12, 10 * time.Millisecond // proc(5), with USER_HZ
	if len(fields) <= system {
		return 0
	}
	u, _ := strconv.Atoi(fields[user])
	y, _ := strconv.Atoi(fields[system])
	return time.Duration(u+y) * tick
}

// share is the duration that so many of a hundred do not exceed.
func share(list []time.Duration, percent int) time.Duration {
	if len(list) == 0 {
		return 0
	}
	list = slices.Sorted(slices.Values(list))
	return list[min(len(list)*percent/100, len(list)-1)]
}

// of gathers something of the visits that came to their end.
func (r webResult) of(what func(visit) time.Duration) (list []time.Duration) {
	for _, v := range r.visits {
		if v.err == nil {
			list = append(list, what(v))
		}
	}
	return list
}

// faults are the goals that were missed.
func (r webResult) faults() (list []string) {
	add := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	failed, first := 0, error(nil)
	for _, v := range r.visits {
		switch {
		case v.err != nil:
			failed++
			first = errors.Join(v.err)
		case r.longest > 0 && v.took > r.longest:
			add("%.2f s", v.took.Seconds())
		case v.first > firstGoal:
			add("first page of %d bytes", v.first)
		case float64(v.packets) > lookRate*(v.took.Seconds()+1):
			add("%d packets in %.1f s", v.packets, v.took.Seconds())
		}
	}
	if failed > 0 {
		add("%d visitors saw no end (%v)", failed, first)
	}
	if p := share(r.pages, 99); p > pagesGoal {
		add("pages took %v", p.Round(time.Millisecond))
	}
	if r.rss > serveGoal {
		add("%d MiB", r.rss>>10)
	}
	return list
}

var webHead = []string{"row", "IP", "visitors", "complete", "click to end s (max)", "click to page ms, 99 % (max)", "pages", "page ms, 99 % (max)", "first page KiB", "MiB", "CPU s", "wall s", "packets a visitor (most)", "packets in the busiest s"}

func (r webResult) cells() []string {
	family, done, first, most, sum := "4", 0, 0, 0, 0
	if r.v6 {
		family = "6"
	}
	for _, v := range r.visits {
		if v.err == nil {
			done++
		}
		first, most, sum = max(first, v.first), max(most, v.packets), sum+v.packets
	}
	took, click := r.of(func(v visit) time.Duration { return v.took }), r.of(func(v visit) time.Duration { return v.click })
	ms := func(d time.Duration) string { return strconv.Itoa(int(d.Milliseconds())) }
	return []string{
		r.name, family, strconv.Itoa(r.visitors), strconv.Itoa(done), fmt.Sprintf("%.2f (%.2f)", share(took, 50).Seconds(), share(took, 100).Seconds()),
		ms(share(click, 99)) + " (" + ms(share(click, 100)) + ")", strconv.Itoa(len(r.pages)), ms(share(r.pages, 99)) + " (" + ms(share(r.pages, 100)) + ")",
		fmt.Sprintf("%.1f", float64(first)/1024), fmt.Sprintf("%.0f", float64(r.rss)/1024), fmt.Sprintf("%.1f", r.cpu.Seconds()), fmt.Sprintf("%.1f", r.wall.Seconds()),
		fmt.Sprintf("%d (%d)", sum/len(r.visits), most), strconv.Itoa(r.peak),
	}
}

// printWeb writes the table of the service.
func printWeb(w io.Writer, results []webResult, markdown bool) {
	table := io.Writer(w)
	line := func(cells []string) { fmt.Fprintln(table, strings.Join(cells, "\t")) }
	if markdown {
		line = func(cells []string) { fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | ")) }
	} else {
		aligned := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		defer aligned.Flush()
		table = aligned
	}
	line(append(slices.Clone(webHead), "goals"))
	if markdown {
		line(slices.Repeat([]string{"---"}, len(webHead)+1))
	}
	for _, r := range results {
		verdict := "ok"
		if list := r.faults(); len(list) > 0 {
			verdict = "**missed**: " + strings.Join(list, "; ")
		}
		line(append(r.cells(), verdict))
	}
}
