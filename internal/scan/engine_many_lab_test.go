//go:build linux && lab

package scan_test

import (
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// footprint is what a process holds.
type footprint struct{ files, goroutines, heap, packetSockets int }

func footprintOf(t *testing.T, h *lab.Host) footprint {
	t.Helper()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	var packets []byte
	err = h.Do(func() (err error) {
		packets, err = os.ReadFile("/proc/thread-self/net/packet")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return footprint{len(files), runtime.NumGoroutine(), int(m.HeapInuse >> 20), strings.Count(string(packets), "\n") - 1}
}

// Two hundred scans of 1,056 ports at once, of sixteen addresses each with open
// ports of its own, find what is there: through one ring, from one row of
// source ports, and without anything left behind.
func TestEngineServesTwoHundredScansAtOnce(t *testing.T) {
	l := lab.New(t)
	var targets []netip.Addr
	open := map[netip.AddrPort]bool{}
	for i := range 8 {
		for _, base := range both(l.Home) {
			a := nth(base, byte(100+i))
			bits := map[bool]int{true: 24, false: 64}[a.Is4()]
			l.Home.Run(t, "ip", "addr", "add", fmt.Sprintf("%v/%d", a, bits), "dev", "eth0", "nodad")
			for _, port := range []int{1 + i, 500 + 10*i + len(targets)%2, 1056 - i} {
				at := netip.AddrPortFrom(a, uint16(port))
				l.Home.Listen(t, "tcp", at.String())
				open[at] = true
			}
			targets = append(targets, a)
		}
	}
	l.Home.Filter(t, lab.Input, "ip daddr "+targets[14].String()+" tcp dport 200-299", lab.Drop)
	want := truth(func(to netip.AddrPort) exposure.State {
		switch {
		case open[to]:
			return exposure.Open
		case to.Addr() == targets[14] && to.Port() >= 200 && to.Port() < 300:
			return exposure.Filtered
		}
		return exposure.Closed
	})
	e := rawEngine(t, l.LAN, l.Home.V4)
	ports := portsBetween(1, 1056)
	before := footprintOf(t, l.LAN)
	if before.packetSockets != 2 {
		t.Errorf("%d packet sockets", before.packetSockets)
	}

	f := newForger(t, l.Home, l.LAN, "eth0") // which only listens here
	sources := map[uint16]bool{}
	heard := make(chan error, 1)
	go func() {
		heard <- f.hear(func(s heardSYN) bool {
			sources[s.from.Port()] = true
			return false
		})
	}()
	// 5 has the kernel forget the most that was ever resident (proc(5)).
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0o600); err != nil {
		t.Fatal(err)
	}
	resident := residentMost(t)
	var after [2]footprint
	for turn, scans := range []int{200, 50} {
		var all sync.WaitGroup
		start := make(chan struct{})
		for i := range scans {
			all.Go(func() {
				<-start
				want.holds(t, e, rawRequest(targets[i%16:i%16+1], ports...))
			})
		}
		close(start)
		all.Wait()
		after[turn] = footprintOf(t, l.LAN)
	}
	resident = residentMost(t) - resident
	t.Logf("files, goroutines, MiB of heap, packet sockets: %v, then %v; at most %d MiB more resident", before, after, resident>>10)
	if resident > 200*800 && !raceEnabled { // KiB, of which the test and the garbage have their share
		t.Errorf("%d MiB resident", resident>>10)
	}
	if after[1].packetSockets != 2 || after[1].files > before.files+2 || after[1].goroutines > before.goroutines+4 || after[1].heap > after[0].heap+8 {
		t.Errorf("held before %+v, after 200 scans %+v, after 50 more %+v", before, after[0], after[1])
	}
	if err := f.socket.Close(); err != nil {
		t.Error(err)
	}
	<-heard
	lowest, highest := uint16(65535), uint16(0)
	for s := range sources {
		lowest, highest = min(lowest, s), max(highest, s)
	}
	if highest-lowest >= 64 {
		t.Errorf("source ports from %d to %d, more than one row", lowest, highest)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	if end := footprintOf(t, l.LAN); end.packetSockets != 0 {
		t.Errorf("%d packet sockets after the end", end.packetSockets)
	}
	for range 100 { // a goroutine that has done its last may still be there
		if working := atWork(); len(working) == 0 {
			return
		}
		runtime.Gosched()
	}
	t.Errorf("still at work:\n%s", strings.Join(atWork(), "\n\n"))
}

// residentMost is the most memory that this process has had, in KiB.
func residentMost(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	var n int
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	if _, err := fmt.Sscan(rest, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// atWork are the goroutines of the program itself, not of its tests.
func atWork() []string {
	buffer := make([]byte, 1<<20)
	buffer = buffer[:runtime.Stack(buffer, true)]
	var found []string
	for stack := range strings.SplitSeq(string(buffer), "\n\n") {
		if strings.Contains(stack, "sekisho/internal/scan.") || strings.Contains(stack, "sekisho/internal/netio.") {
			found = append(found, stack)
		}
	}
	return found
}

// nth is the address so many after a.
func nth(a netip.Addr, n byte) netip.Addr {
	b := a.AsSlice()
	b[len(b)-1] += n
	next, _ := netip.AddrFromSlice(b)
	return next
}
