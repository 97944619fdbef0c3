package witness

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
)

// listening opens a listener on a port that was free a moment ago, and serves.
func listening(t *testing.T, transport exposure.Transport) (port uint16, came <-chan exposure.Arrival) {
	t.Helper()
	for range 20 {
		free, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := addrPort(free.Addr()).Port()
		free.Close()
		l, err := Listen(t.Context(), transport, port)
		if err != nil {
			continue // somebody else was faster
		}
		ctx, cancel := context.WithCancel(context.Background())
		events, done := make(chan exposure.Arrival, 1000), make(chan struct{})
		go func() { defer close(done); l.Serve(ctx, func(a exposure.Arrival) { events <- a }) }()
		t.Cleanup(func() { cancel(); <-done })
		return port, events
	}
	t.Fatal("no port is free")
	return 0, nil
}

func TestListenerGivesBack(t *testing.T) {
	for _, c := range []struct {
		network, address string
		transport        exposure.Transport
		answer           exposure.Reason
	}{
		{"tcp", "127.0.0.1", exposure.TCP, exposure.SynAck},
		{"tcp", "::1", exposure.TCP, exposure.SynAck},
		{"udp", "127.0.0.7", exposure.UDP, exposure.ProtoResponse},
		{"udp", "::1", exposure.UDP, exposure.ProtoResponse},
	} {
		t.Run(c.network+"_"+c.address, func(t *testing.T) {
			port, came := listening(t, c.transport)
			to := netip.AddrPortFrom(netip.MustParseAddr(c.address), port)
			conn, err := net.Dial(c.network, to.String()) // an answer from another address would not come through
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
				t.Fatal(err)
			}
			want := "cookie 7"
			if c.transport == exposure.TCP {
				want = greeting + want
			}
			if _, err := conn.Write([]byte("cookie 7")); err != nil {
				t.Fatal(err)
			}
			b := make([]byte, len(want))
			if _, err := io.ReadFull(conn, b); err != nil || string(b) != want {
				t.Errorf("%q, %v", b, err)
			}
			if a := <-came; a.To != to || a.From != addrPort(conn.LocalAddr()) || a.Answer != c.answer || a.Port != port {
				t.Errorf("%+v", a)
			}
		})
	}
}

// Whoever sends much is answered only so often: his address may be forged.
func TestListenerEndsLoops(t *testing.T) {
	port, came := listening(t, exposure.UDP)
	conn, err := net.Dial("udp", netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port).String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	l := &Listener{answered: map[netip.Addr]int{}}
	for i := range 2 * mostAnswers {
		if l.may(foreign) != (i < mostAnswers) {
			t.Fatalf("answer %d", i)
		}
	}
	for i := range 2 * mostAskers {
		l.may(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}))
	}
	if len(l.answered) > mostAskers {
		t.Errorf("%d addresses are remembered", len(l.answered))
	}
	if _, err := conn.Write(nil); err != nil {
		t.Fatal(err)
	}
	if a := <-came; a.Answer != exposure.ProtoResponse {
		t.Errorf("%+v", a)
	}
}

func TestListenTellsThatThePortIsTaken(t *testing.T) {
	for _, network := range []string{"tcp", "udp"} {
		transport, at := exposure.TCP, netip.AddrPort{}
		if network == "tcp" {
			taken, err := net.Listen(network, ":0")
			if err != nil {
				t.Fatal(err)
			}
			defer taken.Close()
			at = addrPort(taken.Addr())
		} else {
			taken, err := net.ListenPacket(network, ":0")
			if err != nil {
				t.Fatal(err)
			}
			defer taken.Close()
			transport, at = exposure.UDP, addrPort(taken.LocalAddr())
		}
		_, err := Listen(t.Context(), transport, at.Port())
		var e *Error
		if !errors.As(err, &e) || !netio.SourceTaken(err) {
			t.Errorf("%s: %v", network, err)
		}
	}
}
