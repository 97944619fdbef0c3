package netio

import (
	"errors"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"sekisho/internal/exposure"
)

// udpPeers are a port that answers, one that is silent and one that is closed.
// The closed one belongs to a connected socket, which takes nothing from us,
// so that no other program can get it meanwhile.
func udpPeers(t *testing.T, host string) (echoing, silent, closed netip.AddrPort) {
	t.Helper()
	listen := func() *net.UDPConn {
		c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(host), 0)))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	e, s := listen(), listen()
	go func() {
		b := make([]byte, 100)
		for {
			n, from, err := e.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			_, _ = e.WriteToUDPAddrPort(b[:n], from)
		}
	}()
	silent = s.LocalAddr().(*net.UDPAddr).AddrPort()
	busy, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(silent))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { busy.Close() })
	return e.LocalAddr().(*net.UDPAddr).AddrPort(), silent, busy.LocalAddr().(*net.UDPAddr).AddrPort()
}

// gather receives until enough has come.
func gather(t *testing.T, d *Datagrams, enough int) []Datagram {
	t.Helper()
	var all []Datagram
	for end := time.Now().Add(time.Minute); len(all) < enough && time.Now().Before(end); {
		err := d.Receive(end, func(d Datagram) {
			d.Data = append([]byte(nil), d.Data...)
			all = append(all, d)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func TestDatagrams(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "::1"} {
		t.Run(host, func(t *testing.T) {
			echoing, silent, closed := udpPeers(t, host)
			d := NewDatagrams()
			defer d.Close()
			for _, to := range []netip.AddrPort{echoing, silent, closed} {
				if err := d.Send(to, true, []byte("hello")); err != nil {
					t.Fatal(err)
				}
			}
			for _, got := range gather(t, d, 2) {
				switch {
				case got.Peer == echoing && got.Reason == "" && string(got.Data) == "hello":
				case got.Peer == closed && got.Reason == exposure.PortUnreach && got.By == closed.Addr() && !got.Local:
				default:
					t.Errorf("got %+v", got)
				}
			}
		})
	}
}

// TestDatagramsChargeErrorsToTheirPeer sends to a silent port while the error
// of a closed one is pending on the socket.
func TestDatagramsChargeErrorsToTheirPeer(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "::1"} {
		_, silent, closed := udpPeers(t, host)
		d := NewDatagrams()
		defer d.Close()
		const each = 50
		for range each {
			for _, to := range []netip.AddrPort{closed, silent} {
				if err := d.Send(to, true, nil); err != nil {
					t.Fatalf("to %v, with the error of %v pending: %v", to, closed, err)
				}
			}
		}
		for _, got := range gather(t, d, each) {
			if got.Peer != closed || got.Reason != exposure.PortUnreach {
				t.Errorf("got %+v, want errors of %v only", got, closed)
			}
		}
	}
}

// TestDatagramsAskTheirOwnPort asks the port that the socket itself has: it
// must not take its own question for an answer.
func TestDatagramsAskTheirOwnPort(t *testing.T) {
	for family, host := range []string{"127.0.0.1", "::1"} {
		_, _, closed := udpPeers(t, host)
		d := NewDatagrams()
		defer d.Close()
		if err := d.Send(closed, true, nil); err != nil {
			t.Fatal(err)
		}
		own := netip.AddrPortFrom(closed.Addr(), d.sockets[family].port)
		if err := d.Send(own, true, []byte("hello")); err != nil {
			t.Fatal(err)
		}
		got := gather(t, d, 1)
		if len(got) != 1 || got[0].Peer != own || got[0].Reason != exposure.PortUnreach {
			t.Errorf("our own port %v: %+v, want port-unreach", own, got)
		}
	}
}

// TestDatagramsPortZero asks the port that sendto(2) refuses. The replies to
// what is asked before and after must still come.
func TestDatagramsPortZero(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "::1"} {
		echoing, _, closed := udpPeers(t, host)
		zero := netip.AddrPortFrom(echoing.Addr(), 0)
		d := NewDatagrams()
		defer d.Close()
		for _, to := range []netip.AddrPort{zero, closed, zero, echoing} {
			if err := d.Send(to, true, []byte("hello")); err != nil {
				t.Fatalf("to %v: %v", to, err)
			}
		}
		came := map[netip.AddrPort][]exposure.Reason{}
		for _, got := range gather(t, d, 4) {
			came[got.Peer] = append(came[got.Peer], got.Reason)
		}
		want := map[netip.AddrPort][]exposure.Reason{
			zero:   {exposure.PortUnreach, exposure.PortUnreach},
			closed: {exposure.PortUnreach}, echoing: {""},
		}
		if d := cmp.Diff(want, came, cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); d != "" {
			t.Errorf("%s: %s", host, d)
		}
	}
}

func TestDatagramsUnsent(t *testing.T) {
	for _, c := range []struct {
		name, to string
		reason   exposure.Reason
		errno    syscall.Errno
	}{
		{"no-such-zone", "[fe80::1%nosuchdevice]:9", exposure.LocalError, unix.ENODEV},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := NewDatagrams()
			defer d.Close()
			err := d.Send(netip.MustParseAddrPort(c.to), false, nil)
			var e *Error
			if !errors.As(err, &e) || e.Reason != c.reason || e.By != exposure.Local || !errors.Is(err, c.errno) {
				t.Errorf("got %#v", err)
			}
			if Scarce(err) {
				t.Error("it is taken for a shortage")
			}
		})
	}
}

func TestScarce(t *testing.T) {
	for _, err := range []error{ErrNoRoom, unix.ENOBUFS, errAsked(netip.AddrPort{}, unix.ENOMEM), &Error{Err: unix.EMFILE}} {
		if !Scarce(err) {
			t.Errorf("%v is no shortage", err)
		}
	}
	for _, err := range []error{nil, unix.EPERM, errAsked(netip.AddrPort{}, unix.EHOSTUNREACH), ErrBudget} {
		if Scarce(err) {
			t.Errorf("%v is a shortage", err)
		}
	}
}

// TestEchoes asks loopback. Where this process may not, that is what it says.
func TestEchoes(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "::1"} {
		e := NewEchoes()
		defer e.Close()
		address := netip.MustParseAddr(host)
		const nonce = 0xfeedface
		if err := e.Send(address, nonce); err != nil {
			if !errors.Is(err, ErrEchoForbidden) || !Local(err) {
				t.Errorf("%s: %v", host, err)
			}
			continue
		}
		var got []Echo
		for end := time.Now().Add(time.Minute); len(got) == 0 && time.Now().Before(end); {
			if err := e.Receive(end, func(r Echo) { got = append(got, r) }); err != nil {
				t.Fatal(err)
			}
		}
		if len(got) != 1 || got[0].Nonce != nonce || got[0].Peer.Addr() != address || got[0].Reason != "" {
			t.Errorf("%s: got %+v", host, got)
		}
	}
}

func TestSourceOf(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "::1"} {
		if a := netip.MustParseAddr(host); SourceOf(a) != a {
			t.Errorf("packets to %v come from %v", a, SourceOf(a))
		}
	}
}

// TestDatagramsQuote: an error brings what it quotes of our own datagram.
func TestDatagramsQuote(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "::1"} {
		_, _, closed := udpPeers(t, host)
		d := NewDatagrams()
		defer d.Close()
		if err := d.Send(closed, true, []byte("hello")); err != nil {
			t.Fatal(err)
		}
		got := gather(t, d, 1)
		if len(got) != 1 || got[0].Reason != exposure.PortUnreach || string(got[0].Data) != "hello" {
			t.Errorf("%s: got %+v", host, got)
		}
	}
}

// TestDatagramsFlood has a peer answer one datagram with far more than fits:
// of each answer the beginning is read, and what was dropped is counted.
func TestDatagramsFlood(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "::1"} {
		peer, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(host), 0)))
		if err != nil {
			t.Fatal(err)
		}
		defer peer.Close()
		to := peer.LocalAddr().(*net.UDPAddr).AddrPort()
		d := NewDatagrams()
		defer d.Close()
		if err := d.Send(to, true, []byte("hello")); err != nil {
			t.Fatal(err)
		}
		_, from, err := peer.ReadFromUDPAddrPort(make([]byte, 100))
		if err != nil {
			t.Fatal(err)
		}
		const answers = 200
		large := make([]byte, 60000)
		for range answers {
			if _, err := peer.WriteToUDPAddrPort(large, from); err != nil {
				t.Fatal(err)
			}
		}
		read := 0
		receive := func() {
			err := d.Receive(time.Now().Add(time.Minute), func(got Datagram) {
				if read++; len(got.Data) > mostReply {
					t.Errorf("%d bytes of an answer", len(got.Data))
				}
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		receive()
		// The count comes with what is queued after a drop.
		if _, err := peer.WriteToUDPAddrPort(large, from); err != nil {
			t.Fatal(err)
		}
		receive()
		if dropped := d.Dropped(); read == 0 || dropped == 0 || read+dropped != answers+1 {
			t.Errorf("%s: %d read, %d dropped of %d", host, read, dropped, answers+1)
		}
	}
}
