package netio

import (
	"context"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"sekisho/internal/exposure"
)

// TestListenerTakesItsPeerOnly has a stranger come first, of 127.0.0.2, who is
// sent away unheard.
func TestListenerTakesItsPeerOnly(t *testing.T) {
	home := netip.MustParseAddr("127.0.0.1")
	d := &Dialer{Limits: Limits{Deadline: time.Now().Add(time.Minute), Bytes: 4}}
	ln, err := d.Listen(t.Context(), home, home)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	if ln.Addr().Port() < 1024 {
		t.Errorf("listens on %s", ln.Addr())
	}
	call := func(source string) net.Conn {
		t.Helper()
		c, err := (&Dialer{Source: netip.MustParseAddrPort(source)}).Dial(t.Context(), exposure.TCP, ln.Addr())
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	stranger := call("127.0.0.2:0")
	defer stranger.Close()
	peer := call("127.0.0.1:0")
	defer peer.Close()
	got, err := ln.Accept(t.Context(), 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Close()
	if got.RemoteAddr().String() != peer.LocalAddr().String() {
		t.Errorf("took %v", got.RemoteAddr())
	}
	if _, err := stranger.Read(make([]byte, 1)); err == nil {
		t.Error("the stranger was heard")
	}
	if _, err := io.WriteString(peer, "12345"); err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(got); string(b) != "1234" || err == nil {
		t.Errorf("read %q, %v past the budget", b, err)
	}
}

// TestListenerWaitsNoLongerThanItMay ends by its own time, by the context's and
// by that of the dialer.
func TestListenerWaitsNoLongerThanItMay(t *testing.T) {
	home := netip.MustParseAddr("127.0.0.1")
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx   context.Context
		limit time.Time
		wait  time.Duration
		want  exposure.Reason
	}{
		"wait":    {t.Context(), time.Now().Add(time.Hour), time.Millisecond, exposure.NoResponse},
		"dialer":  {t.Context(), time.Now().Add(time.Millisecond), time.Hour, exposure.NoResponse},
		"context": {cancelled, time.Now().Add(time.Hour), time.Hour, exposure.LocalError},
	} {
		ln, err := (&Dialer{Limits: Limits{Deadline: c.limit}}).Listen(t.Context(), home, home)
		if err != nil {
			t.Fatal(err)
		}
		_, err = ln.Accept(c.ctx, c.wait)
		ln.Close()
		e, ok := err.(*Error)
		if !ok || e.Reason != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}
