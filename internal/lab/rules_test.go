//go:build linux && lab

package lab_test

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"sekisho/internal/lab"
)

// ask sends a datagram from a host and returns what comes of it.
func ask(h *lab.Host, to netip.AddrPort, within time.Duration) error {
	return h.Do(func() error {
		c, err := net.Dial("udp", to.String())
		if err != nil {
			return err
		}
		defer c.Close()
		if _, err := c.Write([]byte("?")); err != nil {
			return err
		}
		c.SetReadDeadline(time.Now().Add(within))
		_, err = c.Read(make([]byte, 64))
		return err
	})
}

// echo answers every datagram with itself.
func echo(pc net.PacketConn) {
	buf := make([]byte, 2048)
	for {
		n, from, err := pc.ReadFrom(buf)
		if err != nil {
			return
		}
		pc.WriteTo(buf[:n], from)
	}
}

// TestVerdicts shows what a client meets behind each verdict, on a port that
// answers without it.
func TestVerdicts(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	is := func(want error) func(error) bool { return func(err error) bool { return errors.Is(err, want) } }
	for i, tc := range []struct {
		name            string
		verdict         lab.Verdict
		tcp4, tcp6, udp func(error) bool
	}{
		{"accept", lab.Accept, is(nil), is(nil), is(nil)},
		{"drop", lab.Drop, silent, silent, silent},
		{"reset", lab.RejectReset, is(syscall.ECONNREFUSED), is(syscall.ECONNREFUSED), nil},
		{"port", lab.RejectPort, is(syscall.ECONNREFUSED), is(syscall.ECONNREFUSED), is(syscall.ECONNREFUSED)},
		{"admin", lab.RejectAdmin, is(syscall.EHOSTUNREACH), is(syscall.EACCES), nil},
		{"host", lab.RejectHost, is(syscall.EHOSTUNREACH), is(syscall.EHOSTUNREACH), nil},
	} {
		port := uint16(7000 + i)
		tellPeer(t, h, fmt.Sprint(port))
		go echo(h.ListenPacket(t, "udp", fmt.Sprintf(":%d", port)))
		h.Filter(t, lab.Input, fmt.Sprintf("tcp dport %d", port), tc.verdict)
		if tc.udp != nil {
			h.Filter(t, lab.Input, fmt.Sprintf("udp dport %d", port), tc.verdict)
		}
		t.Run(tc.name, func(t *testing.T) {
			within := patience
			if tc.verdict == lab.Drop {
				within = haste
			}
			if got, err := hear(l.LAN, netip.AddrPortFrom(h.V4, port), within); !tc.tcp4(err) {
				t.Errorf("tcp over IPv4: %q, %v", got, err)
			}
			if got, err := hear(l.LAN, netip.AddrPortFrom(h.V6, port), within); !tc.tcp6(err) {
				t.Errorf("tcp over IPv6: %q, %v", got, err)
			}
			if tc.udp == nil {
				return
			}
			for _, a := range []netip.Addr{h.V4, h.V6} {
				if err := ask(l.LAN, netip.AddrPortFrom(a, port), within); !tc.udp(err) {
					t.Errorf("udp to %s: %v", a, err)
				}
			}
		})
	}
	// What nobody filters and nobody binds.
	if err := ask(l.LAN, netip.AddrPortFrom(h.V4, 7999), patience); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("udp port that nobody has: %v, want refused", err)
	}
}

// TestRulesStandWhereTheyAreAsked shows the order of rules and the hooks.
func TestRulesStandWhereTheyAreAsked(t *testing.T) {
	l := lab.New(t)
	tellPeer(t, l.Outside, "25")
	tellPeer(t, l.Outside, "26")
	to25, to26 := netip.AddrPortFrom(l.Outside.V4, 25), netip.AddrPortFrom(l.Outside.V4, 26)
	l.Router.Filter(t, lab.Forwarding, fmt.Sprintf("ip saddr %s tcp dport 25", l.LAN.V4), lab.Accept)
	l.Router.Filter(t, lab.Forwarding, "tcp dport 25", lab.RejectReset)
	l.Home.Filter(t, lab.Output, "tcp dport 26", lab.RejectReset)
	for name, tc := range map[string]struct {
		from *lab.Host
		to   netip.AddrPort
		want error
	}{
		"lan-25": {l.LAN, to25, nil}, "home-25": {l.Home, to25, syscall.ECONNREFUSED},
		"lan-26": {l.LAN, to26, nil}, "home-26": {l.Home, to26, syscall.ECONNREFUSED},
	} {
		if got, err := hear(tc.from, tc.to, patience); !errors.Is(err, tc.want) {
			t.Errorf("%s: %q, %v; want %v", name, got, err, tc.want)
		}
	}
}

// TestRates shows a limit, and a loss whose chance does not repeat.
func TestRates(t *testing.T) {
	l := lab.New(t)
	l.Home.Filter(t, lab.Output, "tcp flags & rst == rst limit rate over 1/hour burst 5 packets", lab.Drop)
	var refused, unanswered int
	for i := range 7 {
		_, err := hear(l.LAN, netip.AddrPortFrom(l.Home.V4, uint16(6000+i)), haste)
		switch {
		case errors.Is(err, syscall.ECONNREFUSED):
			refused++
		case silent(err):
			unanswered++
		}
	}
	if refused != 5 || unanswered != 2 {
		t.Errorf("of 7 connections to closed ports %d were refused and %d met silence; want 5 and 2", refused, unanswered)
	}

	l.LAN.Filter(t, lab.Input, "udp sport 9000 numgen random mod 100 < 50", lab.Drop)
	go echo(l.Home.ListenPacket(t, "udp", ":9000"))
	var answered int
	for range 20 {
		if err := ask(l.LAN, netip.AddrPortFrom(l.Home.V6, 9000), 20*time.Millisecond); err == nil {
			answered++
		}
	}
	if answered == 0 || answered == 20 {
		t.Errorf("%d of 20 answers came through a rule that drops every second at random", answered)
	}
}
