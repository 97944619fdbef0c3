package scan_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"sekisho/internal/exposure"
	"sekisho/internal/scan"
)

// look runs a scan and keeps what it found by endpoint, each once.
func look(ctx context.Context, t *testing.T, e *scan.Engine, r scan.Request) (map[netip.AddrPort]exposure.Observation, exposure.ScanSummary, error) {
	t.Helper()
	if r.Own == nil {
		r.Own = netip.Addr.IsLoopback
	}
	seen := map[netip.AddrPort]exposure.Observation{}
	summary, err := e.Run(ctx, r, func(o exposure.Observation) {
		if _, twice := seen[o.Endpoint()]; twice {
			t.Errorf("%v was found twice", o.Endpoint())
		}
		seen[o.Endpoint()] = o
	})
	return seen, summary, err
}

func engine(t *testing.T) *scan.Engine {
	t.Helper()
	e := scan.New()
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

func addressed(addresses ...string) []exposure.Target {
	var targets []exposure.Target
	for _, a := range addresses {
		targets = append(targets, exposure.Target{Name: "host.example", Address: netip.MustParseAddr(a)})
	}
	return targets
}

// listeners open TCP ports on an address.
func listeners(t *testing.T, address string, n int) []uint16 {
	t.Helper()
	var ports []uint16
	for range n {
		ln, err := net.Listen("tcp", net.JoinHostPort(address, "0"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { ln.Close() })
		ports = append(ports, ln.Addr().(*net.TCPAddr).AddrPort().Port())
	}
	return ports
}

// closed are TCP ports that nobody listens on, and that nobody can: they belong
// to connections.
func closed(t *testing.T, address string, n int) []uint16 {
	t.Helper()
	ln, err := net.Listen("tcp", net.JoinHostPort(address, "0"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	var ports []uint16
	for range n {
		c, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		ports = append(ports, c.LocalAddr().(*net.TCPAddr).AddrPort().Port())
	}
	return ports
}

func TestRunTCP(t *testing.T) {
	for _, address := range []string{"127.0.0.1", "::1"} {
		open, shut := listeners(t, address, 10), closed(t, address, 50)
		seen, summary, err := look(t.Context(), t, engine(t), scan.Request{
			Targets: addressed(address), TCP: slices.Concat(open, shut), Retries: -1, Vantage: "self",
			View: func(netip.Addr) exposure.View { return exposure.ViewLoopback },
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, port := range slices.Concat(open, shut) {
			o := seen[netip.AddrPortFrom(netip.MustParseAddr(address), port)]
			want := exposure.Observation{
				Host: "host.example", Address: netip.MustParseAddr(address), Transport: exposure.TCP, Port: port,
				State: exposure.Closed, Reason: exposure.ConnRefused,
				View: exposure.ViewLoopback, Vantage: "self", Attempts: 1,
				RTT: o.RTT, SeenAt: o.SeenAt,
			}
			if slices.Contains(open, port) {
				want.State, want.Reason = exposure.Open, exposure.SynAck
			}
			if d := cmp.Diff(want, o, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); d != "" {
				t.Error(d)
			}
			if o.RTT <= 0 || o.SeenAt.Location() != time.UTC {
				t.Errorf("%v: rtt %d, seen at %v", o.Endpoint(), o.RTT, o.SeenAt)
			}
		}
		zero := 0.0
		want := exposure.ScanSummary{
			Hosts: 1, Ports: 60, Open: 10, Closed: 50, PacketsSent: summary.PacketsSent, Complete: true, Loss: &zero, RTT: summary.RTT,
			Method: "connect, since the addresses are this machine's own", ElapsedMS: summary.ElapsedMS,
		}
		if d := cmp.Diff(want, summary); d != "" {
			t.Error(d)
		}
		if summary.RTT <= 0 {
			t.Error("no round-trip time though every port answered")
		}
		if n := summary.PacketsSent; n < 60 || n > 70 { // more than 60 where a socket met itself
			t.Errorf("%d packets for 60 ports that answer", n)
		}
	}
}

// TestRunFamiliesTogether looks at IPv4 and IPv6, TCP and UDP in one run; the
// same address twice is looked at once.
func TestRunFamiliesTogether(t *testing.T) {
	open := listeners(t, "127.0.0.1", 1)[0]
	seen, summary, err := look(t.Context(), t, engine(t), scan.Request{
		Targets: addressed("127.0.0.1", "::1", "127.0.0.1", "::ffff:127.0.0.1"), TCP: []uint16{open, open}, Retries: -1,
	})
	if err != nil {
		t.Fatal(err)
	}
	if summary.Hosts != 2 || summary.Ports != 2 || len(seen) != 2 {
		t.Errorf("%d observations, %+v", len(seen), summary)
	}
	if o := seen[netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), open)]; o.State != exposure.Open {
		t.Errorf("got %+v", o)
	}
}

// TestRunPortZero asks the port that nobody can listen on.
func TestRunPortZero(t *testing.T) {
	for _, address := range []string{"127.0.0.1", "::1"} {
		for transport, reason := range map[exposure.Transport]exposure.Reason{
			exposure.TCP: exposure.ConnRefused, exposure.UDP: exposure.PortUnreach,
		} {
			r := scan.Request{Targets: addressed(address), TCP: []uint16{0}, Retries: -1}
			if transport == exposure.UDP {
				r.TCP, r.UDP = nil, r.TCP
			}
			seen, _, err := look(t.Context(), t, engine(t), r)
			if err != nil {
				t.Fatal(err)
			}
			got := seen[netip.AddrPortFrom(netip.MustParseAddr(address), 0)]
			if got.Transport != transport || got.State != exposure.Closed || got.Reason != reason {
				t.Errorf("%v port 0 of %s: got %+v", transport, address, got)
			}
		}
	}
}

// answering is a UDP service: what it is asked goes through answer, and nil
// stays unanswered.
func answering(t *testing.T, address string, answer func([]byte) []byte) uint16 {
	t.Helper()
	c, err := net.ListenPacket("udp", net.JoinHostPort(address, "0"))
	if err != nil {
		t.Fatal(err)
	}
	var done sync.WaitGroup
	t.Cleanup(func() { c.Close(); done.Wait() })
	done.Go(func() {
		b := make([]byte, 2048)
		for {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			if reply := answer(b[:n]); reply != nil {
				_, _ = c.WriteTo(reply, from)
			}
		}
	})
	return c.LocalAddr().(*net.UDPAddr).AddrPort().Port()
}

// deafTo is a UDP port that is closed to everybody and that nobody can get: its
// socket is connected to another port.
func deafTo(t *testing.T, address string, peer uint16) uint16 {
	t.Helper()
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(address), peer)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.LocalAddr().(*net.UDPAddr).AddrPort().Port()
}

// payload echoes its nonce.
var payload = scan.Payload{
	Protocol: "test",
	New:      func(nonce uint64) []byte { return binary.BigEndian.AppendUint64([]byte("ask "), nonce) },
	Match:    func(request, reply []byte) bool { return bytes.Equal(reply, append([]byte("re: "), request...)) },
}

func TestRunUDP(t *testing.T) {
	for _, address := range []string{"127.0.0.1", "::1"} {
		t.Run(address, func(t *testing.T) {
			proper := answering(t, address, func(b []byte) []byte { return append([]byte("re: "), b...) })
			strange := answering(t, address, func([]byte) []byte { return []byte("what?") })
			echoing := answering(t, address, func(b []byte) []byte { return append([]byte{}, b...) })
			silent := answering(t, address, func([]byte) []byte { return nil })
			shut := deafTo(t, address, silent)
			seen, summary, err := look(t.Context(), t, engine(t), scan.Request{
				Targets: addressed(address), UDP: []uint16{proper, strange, echoing, silent, shut}, Retries: -1,
				Payloads: func(port uint16) []scan.Payload {
					if port == echoing || port == shut {
						return nil
					}
					return []scan.Payload{{Protocol: "other", New: func(uint64) []byte { return []byte("x") }, Match: func(_, _ []byte) bool { return false }}, payload}
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			for port, want := range map[uint16]exposure.Observation{
				proper:  {State: exposure.Open, Reason: exposure.ProtoResponse, Attempts: 1},
				strange: {State: exposure.Open, Reason: exposure.ProtoResponse, Attempts: 2, Detail: "something answered, but not in the protocol that was asked"},
				echoing: {State: exposure.Open, Reason: exposure.ProtoResponse, Attempts: 1, Detail: "the answer echoes nothing of the question: weak evidence"},
				silent:  {State: exposure.OpenFiltered, Reason: exposure.NoResponse, Attempts: 2},
				shut:    {State: exposure.Closed, Reason: exposure.PortUnreach, Attempts: 1},
			} {
				got := seen[netip.AddrPortFrom(netip.MustParseAddr(address), port)]
				if got.State != want.State || got.Reason != want.Reason || got.Detail != want.Detail || got.Attempts != want.Attempts || got.By != "" {
					t.Errorf("port %d: got %+v, want %+v", port, got, want)
				}
			}
			if summary.Open != 3 || summary.Closed != 1 || summary.OpenFiltered != 1 || !summary.Complete || summary.Method != "" {
				t.Errorf("summary %+v", summary)
			}
		})
	}
}

// TestRunEcho asks for an ICMP echo. Where this process may not send one, the
// state is unknown and the detail says what it takes.
func TestRunEcho(t *testing.T) {
	for _, address := range []string{"127.0.0.1", "::1"} {
		seen, summary, err := look(t.Context(), t, engine(t), scan.Request{Targets: addressed(address), Echo: true, Retries: -1})
		if err != nil {
			t.Fatal(err)
		}
		got := seen[netip.AddrPortFrom(netip.MustParseAddr(address), 0)]
		answered := got.State == exposure.Open && got.Reason == exposure.EchoReply
		unasked := got.State == exposure.Unknown && got.Reason == exposure.LocalError && got.Detail != ""
		if got.Transport != exposure.ICMP || !answered && !unasked || !summary.Complete {
			t.Errorf("got %+v, %+v", got, summary)
		}
	}
}

func TestRunRefusesWhatIsNoScan(t *testing.T) {
	for name, r := range map[string]scan.Request{
		"no-address": {TCP: []uint16{22}},
		"no-port":    {Targets: addressed("127.0.0.1")},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := look(t.Context(), t, engine(t), r)
			var e *scan.Error
			if !errors.As(err, &e) || e.Op != "start" {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestRunCanceled(t *testing.T) {
	open, silent := listeners(t, "127.0.0.1", 1)[0], listenFull(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var found []exposure.Observation
	summary, err := engine(t).Run(ctx, scan.Request{
		Targets: addressed("127.0.0.1"), TCP: []uint16{open, silent}, Retries: 200, Own: netip.Addr.IsLoopback,
	}, func(o exposure.Observation) {
		found = append(found, o)
		cancel()
	})
	if !errors.Is(err, context.Canceled) || summary.Complete {
		t.Errorf("ended with %v, complete %v", err, summary.Complete)
	}
	if len(found) != 1 || found[0].Port != open || summary.Open != 1 || summary.Ports != 2 {
		t.Errorf("found %+v, %+v", found, summary)
	}
}

func TestRunTimeout(t *testing.T) {
	open, silent := listeners(t, "127.0.0.1", 1)[0], listenFull(t)
	seen, summary, err := look(t.Context(), t, engine(t), scan.Request{
		Targets: addressed("127.0.0.1"), TCP: []uint16{open, silent}, Retries: 200, Timeout: 500 * time.Millisecond,
	})
	if err != nil {
		t.Fatalf("the request's own time is no error: %v", err)
	}
	if summary.Complete || len(seen) != 1 || summary.Open != 1 || len(summary.Notes) != 1 {
		t.Errorf("seen %v, %+v", seen, summary)
	}
}

func TestRunSilence(t *testing.T) {
	silent := listenFull(t)
	seen, _, err := look(t.Context(), t, engine(t), scan.Request{Targets: addressed("127.0.0.1"), TCP: []uint16{silent}, Retries: 3})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range seen {
		if o.State != exposure.Filtered || o.Reason != exposure.NoResponse || o.Attempts != 4 || o.RTT != 0 {
			t.Errorf("got %+v", o)
		}
	}
}

// TestRunProgress tells what is done. A silent port makes it last.
func TestRunProgress(t *testing.T) {
	silent := listenFull(t)
	var told []scan.Progress
	_, _, err := look(t.Context(), t, engine(t), scan.Request{
		Targets: addressed("127.0.0.1"), TCP: []uint16{silent}, Retries: 4,
		Progress: func(p scan.Progress) { told = append(told, p) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(told) == 0 {
		t.Fatal("no progress was told")
	}
	for i, p := range told {
		if p.Total != 1 || p.Share < 0 || p.Share > 1 || p.Left < 0 || i > 0 && p.Sent < told[i-1].Sent {
			t.Errorf("told %+v", p)
		}
	}
}

// TestRunsAtOnce shares one engine among many scans.
func TestRunsAtOnce(t *testing.T) {
	e := engine(t)
	open, shut := listeners(t, "127.0.0.1", 5), closed(t, "127.0.0.1", 45)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			seen, summary, err := look(t.Context(), t, e, scan.Request{Targets: addressed("127.0.0.1"), TCP: slices.Concat(open, shut), Retries: -1})
			if err != nil || len(seen) != 50 || summary.Open != 5 || summary.Closed != 45 {
				t.Errorf("%v, %+v", err, summary)
			}
		})
	}
	all.Wait()
}

// TestRunSpeaksTheLanguageOfItsRequest has the notes worded by the caller.
func TestRunSpeaksTheLanguageOfItsRequest(t *testing.T) {
	_, summary, err := look(t.Context(), t, engine(t), scan.Request{
		Targets: addressed("127.0.0.1"), TCP: listeners(t, "127.0.0.1", 1), Retries: -1, Method: scan.Connect,
		Say: func(id string, _ ...any) string { return "<" + id + ">" },
	})
	if err != nil || summary.Method != "<method.connect>" {
		t.Errorf("method %q, %v", summary.Method, err)
	}
}

func TestParse(t *testing.T) {
	for word, want := range map[string]scan.Method{"auto": scan.Auto, "syn": scan.SYN, "connect": scan.Connect} {
		if got, err := scan.ParseMethod(word); err != nil || got != want {
			t.Errorf("%s: got %v, %v", word, got, err)
		}
	}
	for word, want := range map[string]scan.Profile{"auto": scan.AutoProfile, "lan": scan.LAN, "wan": scan.WAN, "polite": scan.Polite} {
		if got, err := scan.ParseProfile(word); err != nil || got != want {
			t.Errorf("%s: got %v, %v", word, got, err)
		}
	}
	if _, err := scan.ParseMethod("fin"); err == nil {
		t.Error("fin is no method of ours")
	}
	if _, err := scan.ParseProfile(""); err == nil {
		t.Error("nothing is no profile")
	}
}

// listenFull listens on loopback with a queue that is full: Linux drops the
// SYNs that come then.
func listenFull(t *testing.T) uint16 {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err == nil {
		t.Cleanup(func() { unix.Close(fd) })
		err = unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
	}
	if err == nil {
		err = unix.Listen(fd, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	port := name.(*unix.SockaddrInet4).Port
	c, err := net.DialTCP("tcp", nil, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return uint16(port)
}
