package netio_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
	"sekisho/internal/netio"
)

// manners are those of the tests: nothing in them is waited for to its end
// but where nothing comes.
var manners = netio.Manners{
	Accept: 5 * time.Second, Listen: 20 * time.Millisecond, Survive: 40 * time.Millisecond, Whole: 200 * time.Millisecond,
	Words: []byte("\r\n"),
}

// TestHandshake meets peers of every kind.
func TestHandshake(t *testing.T) {
	patient := manners
	patient.Whole = 20 * time.Second
	for _, c := range []struct {
		name string
		peer lab.Peer
		want netio.After
	}{
		{"speaks", lab.Greet("220 ready\r\n"), netio.Spoke},
		{"endless", lab.Endless("a"), netio.Spoke},
		{"hangs_up", lab.HangUp(), netio.HungUp},
		{"resets", lab.Reset(), netio.WasReset},
		{"listens", lab.Silent(), netio.Acknowledged},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := netio.NewHandshaker(netio.NewDescriptors())
			got := h.Shake(t.Context(), lab.Serve(t, lab.Loopback(t), c.peer), patient)
			if got.Reason != exposure.SynAck || got.After != c.want || got.Passed <= 0 || got.Shut || h.Made() != 1 {
				t.Errorf("%+v", got)
			}
		})
	}
	t.Run("silent_for_the_silent", func(t *testing.T) {
		wordless := manners
		wordless.Words = nil
		h := netio.NewHandshaker(netio.NewDescriptors())
		if got := h.Shake(t.Context(), lab.Serve(t, lab.Loopback(t), lab.Silent()), wordless); got.Reason != exposure.SynAck || got.After != netio.Nothing || got.Shut {
			t.Errorf("%+v", got)
		}
	})
	t.Run("opened_since", func(t *testing.T) {
		shut := manners
		shut.Shut = true
		h := netio.NewHandshaker(netio.NewDescriptors())
		if got := h.Shake(t.Context(), lab.Serve(t, lab.Loopback(t), lab.Silent()), shut); got.After != netio.Opened {
			t.Errorf("%+v", got)
		}
	})
}

// TestHandshakeRefused: nobody has the port.
func TestHandshakeRefused(t *testing.T) {
	ln := lab.Loopback(t)
	nobody := ln.Addr().(*net.TCPAddr).AddrPort()
	ln.Close()
	h := netio.NewHandshaker(netio.NewDescriptors())
	if got := h.Shake(t.Context(), nobody, manners); got.Reason != exposure.ConnRefused || got.After != netio.Nothing || got.Err != nil {
		t.Errorf("%+v", got)
	}
}

// TestHandshakeEndsWithItsContext says so as a fault of ours.
func TestHandshakeEndsWithItsContext(t *testing.T) {
	to := lab.Serve(t, lab.Loopback(t), lab.Silent())
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	h := netio.NewHandshaker(netio.NewDescriptors())
	if got := h.Shake(ended, to, manners); got.Reason != exposure.LocalError || !errors.Is(got.Err, context.Canceled) {
		t.Errorf("%+v", got)
	}
}

// TestHandshakeWithoutDescriptors: what this machine is short of is no word of
// the peer's.
func TestHandshakeWithoutDescriptors(t *testing.T) {
	to := lab.Serve(t, lab.Loopback(t), lab.Silent())
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	h := netio.NewHandshaker(netio.NewDescriptors())
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 3, Max: limit.Max}); err != nil {
		t.Fatal(err)
	}
	shaken, reached := h.Shake(t.Context(), to, manners), h.Reach(t.Context(), to, 64, time.Second)
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if shaken.Reason != exposure.LocalError || !errors.Is(shaken.Err, syscall.EMFILE) || !netio.Scarce(shaken.Err) {
		t.Errorf("%+v", shaken)
	}
	if reached.Reason != exposure.LocalError || reached.Answered() {
		t.Errorf("%+v", reached)
	}
}

// TestReach over the one hop that there is to this machine itself.
func TestReach(t *testing.T) {
	open := lab.Serve(t, lab.Loopback(t), lab.Silent())
	ln := lab.Loopback(t)
	nobody := ln.Addr().(*net.TCPAddr).AddrPort()
	ln.Close()
	h := netio.NewHandshaker(netio.NewDescriptors())
	for to, want := range map[netip.AddrPort]exposure.Reason{open: exposure.SynAck, nobody: exposure.ConnRefused} {
		if got := h.Reach(t.Context(), to, 1, 20*time.Second); got.Reason != want || !got.Answered() || got.By.IsValid() {
			t.Errorf("%v: %+v", to, got)
		}
	}
}
