package netio

import (
	"errors"
	"net"
	"net/netip"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"sekisho/internal/exposure"
)

// longPatience is longer than any test.
const longPatience = time.Minute

func budget(limit int) *Descriptors {
	return &Descriptors{limit: func() (int, bool) { return limit, true }, open: func() int { return 0 }}
}

func newTestConnector(t *testing.T, d *Descriptors) *Connector {
	t.Helper()
	c, err := NewConnector(d)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if d.taken != 0 {
			t.Errorf("%d descriptors were not given back", d.taken)
		}
	})
	return c
}

// results waits until nothing is in flight.
func results(t *testing.T, c *Connector) map[uint64]Connection {
	t.Helper()
	all := map[uint64]Connection{}
	for c.Waiting() > 0 {
		batch, err := c.Wait(nil, time.Now().Add(time.Second))
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range batch {
			if _, twice := all[r.ID]; twice {
				t.Errorf("attempt %d ends twice", r.ID)
			}
			all[r.ID] = r
		}
	}
	return all
}

// unheard is a TCP socket that has a port and does not listen.
func unheard(t *testing.T, address netip.AddrPort) (fd int, at netip.AddrPort) {
	t.Helper()
	domain := unix.AF_INET
	if address.Addr().Is6() {
		domain = unix.AF_INET6
	}
	fd, err := unix.Socket(domain, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	sockaddr, err := sockaddrOf(address, nil)
	if err == nil {
		err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	}
	if err == nil {
		err = unix.Bind(fd, sockaddr)
	}
	if err != nil {
		t.Fatal(err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return fd, addrPort(name)
}

// deaf is a listener that drops SYNs, because its queue is full.
func deaf(t *testing.T, host string) (fd int, at netip.AddrPort) {
	t.Helper()
	fd, at = unheard(t, netip.AddrPortFrom(netip.MustParseAddr(host), 0))
	if err := unix.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	filler, err := net.Dial("tcp", at.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { filler.Close() })
	return fd, at
}

func TestConnectorTellsOpenFromClosed(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "::1"} {
		for name, own := range map[string]bool{"at-once": true, "polled": false} {
			t.Run(name+"-"+host, func(t *testing.T) {
				ln, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
				if err != nil {
					t.Fatal(err)
				}
				defer ln.Close()
				open := ln.Addr().(*net.TCPAddr).AddrPort()
				_, closed := unheard(t, netip.AddrPortFrom(open.Addr(), 0))
				_, silent := deaf(t, host)

				c := newTestConnector(t, budget(100))
				for id, to := range []netip.AddrPort{open, closed, silent, closed, open} {
					patience := longPatience
					if to == silent {
						patience = 50 * time.Millisecond
					}
					if err := c.Start(uint64(id), to, own, patience); err != nil {
						t.Fatal(err)
					}
				}
				got := results(t, c)
				for id, want := range []exposure.Reason{exposure.SynAck, exposure.ConnRefused, exposure.NoResponse, exposure.ConnRefused, exposure.SynAck} {
					r := got[uint64(id)]
					if r.Reason != want || r.Local || r.Again || r.Cut || r.By.IsValid() {
						t.Errorf("attempt %d: got %+v, want %s", id, r, want)
					}
					if r.RTT <= 0 || r.At.IsZero() {
						t.Errorf("attempt %d: no time in %+v", id, r)
					}
				}
			})
		}
	}
}

// TestConnectorUsesSocketsAgain asks for more than there are descriptors.
func TestConnectorUsesSocketsAgain(t *testing.T) {
	_, v4 := unheard(t, netip.MustParseAddrPort("127.0.0.1:0"))
	_, v6 := unheard(t, netip.MustParseAddrPort("[::1]:0"))
	d := budget(17) // one is left
	c := newTestConnector(t, d)
	for id := range uint64(1000) {
		to := v4
		if id%100 >= 50 {
			to = v6
		}
		if err := c.Start(id, to, true, longPatience); err != nil {
			t.Fatalf("attempt %d: %v", id, err)
		}
	}
	got := results(t, c)
	for id := range uint64(1000) {
		if got[id].Reason != exposure.ConnRefused {
			t.Fatalf("attempt %d: %+v", id, got[id])
		}
	}
	if d.taken > 1 {
		t.Errorf("%d descriptors are held, there was room for 1", d.taken)
	}
}

func TestConnectorStaysInItsBudget(t *testing.T) {
	_, silent := deaf(t, "127.0.0.1")
	c := newTestConnector(t, budget(16+10))
	for id := range uint64(10) {
		if err := c.Start(id, silent, false, longPatience); err != nil {
			t.Fatalf("attempt %d: %v", id, err)
		}
	}
	if err := c.Start(10, silent, false, longPatience); !errors.Is(err, ErrNoRoom) {
		t.Errorf("an eleventh attempt: %v", err)
	}
	if n := c.Waiting(); n != 10 {
		t.Errorf("%d attempts wait, want 10", n)
	}
}

// TestConnectorFaults makes the kernel fail. A fault of this machine is never
// an answer of the peer.
func TestConnectorFaults(t *testing.T) {
	for _, c := range []struct {
		errno  syscall.Errno
		reason exposure.Reason
		again  bool
	}{
		{unix.EADDRNOTAVAIL, exposure.LocalError, true},
		{unix.ENOBUFS, exposure.LocalError, true},
		{unix.ENOMEM, exposure.LocalError, true},
		{unix.EAGAIN, exposure.LocalError, true},
		{unix.EPERM, exposure.LocalError, false},
		{unix.EACCES, exposure.LocalError, false},
		{unix.EINVAL, exposure.LocalError, false},
		{unix.EAFNOSUPPORT, exposure.LocalError, false},
		{unix.ENETUNREACH, exposure.NetUnreach, false},
		{unix.EHOSTUNREACH, exposure.HostUnreach, false},
	} {
		t.Run(unix.ErrnoName(c.errno), func(t *testing.T) {
			connector := newTestConnector(t, budget(100))
			connector.system.connect = func(int, unix.Sockaddr) error { return c.errno }
			if err := connector.Start(7, netip.MustParseAddrPort("127.0.0.1:9"), true, longPatience); err != nil {
				t.Fatal(err)
			}
			got := results(t, connector)[7]
			if got.Reason != c.reason || got.Again != c.again || !got.Local {
				t.Errorf("got %+v, want %s, again %v, local", got, c.reason, c.again)
			}
		})
	}
	for _, errno := range []syscall.Errno{unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM, unix.EAFNOSUPPORT} {
		t.Run("socket-"+unix.ErrnoName(errno), func(t *testing.T) {
			connector := newTestConnector(t, budget(100))
			connector.system.socket = func(int, int, int) (int, error) { return -1, errno }
			err := connector.Start(7, netip.MustParseAddrPort("127.0.0.1:9"), true, longPatience)
			if !Local(err) || !errors.Is(err, errno) || connector.Waiting() != 0 {
				t.Errorf("got %v with %d waiting", err, connector.Waiting())
			}
		})
	}
}

// TestConnectorMeetsItself binds its sockets, so that what is rare by chance
// happens: a socket that connects to its own port.
func TestConnectorMeetsItself(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "::1"} {
		for _, own := range []bool{true, false} {
			c := newTestConnector(t, budget(100))
			fd, at := unheard(t, netip.AddrPortFrom(netip.MustParseAddr(host), 0))
			c.system.socket = func(int, int, int) (int, error) { return unix.Dup(fd) }
			if err := c.Start(1, at, own, longPatience); err != nil {
				t.Fatal(err)
			}
			if got := results(t, c)[1]; !got.Again || got.Reason != "" {
				t.Errorf("%s: got %+v, want a void attempt", at, got)
			}
		}
	}
}

// TestConnectorMeetsAnother has two attempts meet: each is the port that the
// other one asks for, and one of them waits while the other begins.
func TestConnectorMeetsAnother(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "::1"} {
		c := newTestConnector(t, budget(100))
		listener, there := deaf(t, host)
		fd, here := unheard(t, netip.AddrPortFrom(netip.MustParseAddr(host), 0))
		c.system.socket = func(int, int, int) (int, error) { return unix.Dup(fd) }
		if err := c.Start(1, there, false, longPatience); err != nil {
			t.Fatal(err)
		}
		unix.Close(listener)
		fd, _ = unheard(t, there)
		if err := c.Start(2, here, true, longPatience); err != nil {
			t.Fatal(err)
		}
		got := results(t, c)
		for id := range uint64(2) {
			if r := got[id+1]; !r.Again || r.Reason == exposure.SynAck {
				t.Errorf("%s: attempt %d: got %+v, want a void one", host, id+1, r)
			}
		}
	}
}

func TestConnectorZone(t *testing.T) {
	c := newTestConnector(t, budget(100))
	if err := c.Start(1, netip.MustParseAddrPort("[fe80::1%nosuchdevice]:9"), false, longPatience); err != nil {
		t.Fatal(err)
	}
	if got := results(t, c)[1]; got.Reason != exposure.LocalError || got.Again || !errors.Is(got.Err, unix.ENODEV) {
		t.Errorf("got %+v", got)
	}
}

func TestConnectionCut(t *testing.T) {
	var c Connection
	c.ended(syscall.ECONNRESET)
	if c.Reason != exposure.SynAck || !c.Cut || c.Local {
		t.Errorf("a reset after the handshake is %+v", c)
	}
}

func TestDescriptors(t *testing.T) {
	for _, c := range []struct {
		name              string
		limit, open, most int
		unlimited         bool
	}{
		{"few", 64, 10, 38, false},
		{"usual", 1024, 20, 876, false},
		{"many", 20000, 100, 19644, false},
		{"all-in-use", 64, 70, 1, false},
		{"no-limit", 0, 0, unlimited, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := &Descriptors{limit: func() (int, bool) { return c.limit, !c.unlimited }, open: func() int { return c.open }}
			d.Refresh()
			n := 0
			for d.take() {
				n++
			}
			if n != c.most {
				t.Errorf("%d may be taken, want %d", n, c.most)
			}
			d.give(n)
			if !d.take() {
				t.Error("what was given back cannot be taken")
			}
		})
	}
}

func TestDescriptorsOfThisProcess(t *testing.T) {
	before := openDescriptors()
	fds := make([]int, 2)
	if err := unix.Pipe2(fds, unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fds[0])
	defer unix.Close(fds[1])
	if after := openDescriptors(); after != before+2 {
		t.Errorf("%d open, and %d after two more", before, after)
	}
	if n, limited := descriptorLimit(); !limited || n < before {
		t.Errorf("limit %d %v with %d open", n, limited, before)
	}
}

func TestWheel(t *testing.T) {
	epoch := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	for _, patience := range []time.Duration{0, time.Millisecond, 8 * time.Millisecond, 200 * time.Millisecond, time.Second, 3600 * time.Millisecond} {
		w := newWheel(epoch)
		begin := 1234567 * time.Microsecond
		w.due(epoch.Add(begin))
		w.add(5, 9, begin+patience)
		came := time.Duration(-1)
		for now := begin; now < begin+10*time.Second; now += w.next(epoch.Add(now)) {
			if due := w.due(epoch.Add(now)); len(due) > 0 {
				if came >= 0 || due[0] != (wheelEntry{5, 9}) {
					t.Errorf("patience %v: %v came up", patience, due)
				}
				came = now - begin
			}
		}
		if came < patience || came > patience+2*wheelTick {
			t.Errorf("patience %v: came up after %v", patience, came)
		}
	}
}

// TestWheelTurns keeps what is due after a whole turn.
func TestWheelTurns(t *testing.T) {
	epoch := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	w := newWheel(epoch)
	const patience = 3 * wheelTicks * wheelTick
	w.add(1, 1, patience)
	for now := time.Duration(0); now <= patience+2*wheelTick; now += wheelTick {
		for _, e := range w.due(epoch.Add(now)) {
			if now >= patience {
				return
			}
			w.add(e.slot, e.generation, patience)
		}
	}
	t.Error("it never came up")
}

// TestConnectorShorten lets attempts go that wait for longer than is needed,
// and keeps the one that it is told to keep and those to another address.
func TestConnectorShorten(t *testing.T) {
	_, silent := deaf(t, "127.0.0.1")
	_, other := deaf(t, "::1")
	c := newTestConnector(t, budget(100))
	for id, to := range []netip.AddrPort{silent, silent, silent, other} {
		if err := c.Start(uint64(id), to, false, longPatience); err != nil {
			t.Fatal(err)
		}
	}
	c.Shorten(silent.Addr(), 50*time.Millisecond, func(id uint64) bool { return id == 1 })
	ended := map[uint64]exposure.Reason{}
	for len(ended) < 2 {
		batch, err := c.Wait(nil, time.Now().Add(time.Second))
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range batch {
			ended[r.ID] = r.Reason
			if r.RTT < 50*time.Millisecond {
				t.Errorf("attempt %d ended after %v", r.ID, r.RTT)
			}
		}
	}
	if diff := cmp.Diff(map[uint64]exposure.Reason{0: exposure.NoResponse, 2: exposure.NoResponse}, ended); diff != "" || c.Waiting() != 2 {
		t.Errorf("%d wait (-want +got):\n%s", c.Waiting(), diff)
	}
}

// TestConnectorMemory counts what attempts in flight take of the heap.
func TestConnectorMemory(t *testing.T) {
	_, silent := deaf(t, "127.0.0.1")
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc + m.StackInuse
	}
	c := newTestConnector(t, NewDescriptors())
	before, n := heap(), 0
	for ; n < 4000; n++ {
		err := c.Start(uint64(n), silent, false, longPatience)
		if errors.Is(err, ErrNoRoom) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if n < 100 || c.Waiting() != n {
		t.Fatalf("%d of %d are in flight", c.Waiting(), n)
	}
	each := int64(heap()-before) / int64(n)
	t.Logf("%d bytes each of %d", each, n)
	if each > 1024 {
		t.Errorf("%d attempts take %d bytes each", n, each)
	}
	runtime.KeepAlive(c)
}
