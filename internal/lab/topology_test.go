//go:build linux && lab

package lab_test

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"sekisho/internal/lab"
	"sekisho/internal/reach"
)

// patience bounds what must answer; haste what must not.
const (
	patience = 5 * time.Second
	haste    = 300 * time.Millisecond
)

// hear dials from a host and returns what the other side says at once.
func hear(h *lab.Host, to netip.AddrPort, within time.Duration) (string, error) {
	var said []byte
	err := h.Do(func() error {
		c, err := net.DialTimeout("tcp", to.String(), within)
		if err != nil {
			return err
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(within))
		said, err = io.ReadAll(c)
		return err
	})
	return string(said), err
}

// silent reports whether a dial ended because nothing came back.
func silent(err error) bool {
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout()
}

// tellPeer serves each client the address that it is seen to come from.
func tellPeer(t *testing.T, h *lab.Host, port string) {
	ln := h.Listen(t, "tcp", net.JoinHostPort("", port))
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			io.WriteString(c, c.RemoteAddr().(*net.TCPAddr).AddrPort().Addr().Unmap().String())
			c.Close()
		}
	}()
}

func TestHomeReachesOutsideUnderTheRoutersAddress(t *testing.T) {
	l := lab.New(t)
	tellPeer(t, l.Outside, "80")
	for _, tc := range []struct {
		name string
		from *lab.Host
		to   netip.Addr
		seen netip.Addr
	}{
		{"home-v4", l.Home, l.Outside.V4, l.Router.V4},
		{"lan-v4", l.LAN, l.Outside.V4, l.Router.V4},
		{"router-v4", l.Router, l.Outside.V4, l.Router.V4},
		{"home-v6", l.Home, l.Outside.V6, l.Home.V6},
		{"lan-v6", l.LAN, l.Outside.V6, l.LAN.V6},
		{"router-v6", l.Router, l.Outside.V6, l.Router.V6},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := hear(tc.from, netip.AddrPortFrom(tc.to, 80), patience)
			if err != nil || got != tc.seen.String() {
				t.Errorf("outside saw %q, %v; want %s", got, err, tc.seen)
			}
		})
	}
}

func TestLANReachesHome(t *testing.T) {
	l := lab.New(t)
	tellPeer(t, l.Home, "80")
	for to, seen := range map[netip.Addr]netip.Addr{l.Home.V4: l.LAN.V4, l.Home.V6: l.LAN.V6} {
		got, err := hear(l.LAN, netip.AddrPortFrom(to, 80), patience)
		if err != nil || got != seen.String() {
			t.Errorf("home saw %q, %v; want %s", got, err, seen)
		}
	}
	for _, gateway := range []netip.Addr{l.Gateway4, l.Gateway6} {
		if _, err := hear(l.LAN, netip.AddrPortFrom(gateway, 80), patience); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("router's LAN side %s: %v, want refused", gateway, err)
		}
	}
}

func TestOutsideReachesHomeOnlyByForward(t *testing.T) {
	l := lab.New(t)
	tellPeer(t, l.Home, "80")
	v4, v6 := netip.AddrPortFrom(l.Router.V4, 8080), netip.AddrPortFrom(l.Home.V6, 80)
	for _, to := range []netip.AddrPort{v4, v6} {
		if got, err := hear(l.Outside, to, haste); !silent(err) {
			t.Errorf("%s before the forward: %q, %v; want silence", to, got, err)
		}
	}
	l.Forward(t, "tcp", 8080, 80)
	for to, seen := range map[netip.AddrPort]netip.Addr{v4: l.Outside.V4, v6: l.Outside.V6} {
		got, err := hear(l.Outside, to, patience)
		if err != nil || got != seen.String() {
			t.Errorf("%s: home saw %q, %v; want %s", to, got, err, seen)
		}
	}
	if got, err := hear(l.Outside, netip.AddrPortFrom(l.Router.V4, 80), haste); !silent(err) {
		t.Errorf("port that nobody forwarded: %q, %v; want silence", got, err)
	}
}

// TestAddressesAreOrdinary shows that what is under test may take the hosts
// outside for hosts of the public Internet, and those at home for what they are.
func TestAddressesAreOrdinary(t *testing.T) {
	l := lab.New(t)
	for _, a := range []netip.Addr{l.Outside.V4, l.Outside.V6, l.Router.V4, l.Router.V6, l.Home.V6, l.LAN.V6, l.Gateway6} {
		if !reach.Global(a) {
			t.Errorf("%s is not an ordinary public address: %+v", a, reach.Classify(a))
		}
	}
	for _, a := range []netip.Addr{l.Home.V4, l.LAN.V4, l.Gateway4} {
		if !reach.LAN(a) || reach.Global(a) {
			t.Errorf("%s is not an address of a LAN: %+v", a, reach.Classify(a))
		}
	}
}

// TestLabsDoNotMeet raises two labs, whose hosts have the same names,
// addresses and ports.
func TestLabsDoNotMeet(t *testing.T) {
	one, two := lab.New(t), lab.New(t)
	for name, l := range map[string]*lab.Lab{"one": one, "two": two} {
		l.Home.WriteFile(t, "/etc/issue", name)
		l.Home.StartTelnetd(t, lab.Telnetd{})
		lab.Serve(t, l.Home.Listen(t, "tcp", ":80"), lab.Greet(name+"\n"))
	}
	for name, l := range map[string]*lab.Lab{"one": one, "two": two} {
		if got, err := talk(l.LAN, "tcp", netip.AddrPortFrom(l.Home.V4, 80), nil, "", "\n"); err != nil || got != name+"\n" {
			t.Errorf("home of lab %s says %q, %v", name, got, err)
		}
		if got := l.Home.Run(t, "cat", "/etc/issue"); got != name {
			t.Errorf("/etc/issue of lab %s says %q", name, got)
		}
	}
}

// TestHostHasItsOwnFiles shows that a host's writes stay in it, and that the
// test's own directory is the one that they share.
func TestHostHasItsOwnFiles(t *testing.T) {
	l := lab.New(t)
	const text = "of home alone\n"
	for _, path := range []string{
		"/etc/sekisho-lab.test", "/var/lib/sekisho/lab.test", "/run/sekisho-lab.test",
		"/tmp/sekisho-lab.test", "/root/sekisho-lab.test", "/var/run/sekisho-lab.2.test",
	} {
		l.Home.WriteFile(t, path, text)
		if got := l.Home.Run(t, "cat", path); got != text {
			t.Errorf("home reads %q in %s", got, path)
		}
		if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is on the machine: %v", path, err)
		}
		if got := l.LAN.Run(t, "sh", "-c", `test -e "$1" || echo absent`, "sh", path); got != "absent\n" {
			t.Errorf("%s is in lan too", path)
		}
	}
	shared := t.TempDir() + "/shared"
	l.Home.Run(t, "sh", "-c", `hostname >"$1"`, "sh", shared)
	if got := l.LAN.Run(t, "cat", shared); got != "home\n" {
		t.Errorf("lan reads %q from the test's directory", got)
	}
	if got, err := os.ReadFile(shared); err != nil || string(got) != "home\n" {
		t.Errorf("the test reads %q, %v from its directory", got, err)
	}
}

func TestCommandStandsForItsProcess(t *testing.T) {
	l := lab.New(t)
	if got := l.Home.Run(t, "hostname"); got != "home\n" {
		t.Errorf("hostname says %q", got)
	}
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if got := l.Home.Run(t, "pwd"); got != wd+"\n" {
		t.Errorf("command started in %q, want %q", got, wd)
	}
	if got := l.Home.Run(t, "sh", "-c", "ls /proc | grep -c '^[0-9]'"); len(strings.TrimSpace(got)) > 1 {
		t.Errorf("a host shows %s processes: the machine's are among them", strings.TrimSpace(got))
	}
	if err := l.Home.Command(t.Context(), "sh", "-c", "exit 7").Run(); err == nil || err.Error() != "exit status 7" {
		t.Errorf("exit 7 arrives as %v", err)
	}
	if err := l.Home.Command(t.Context(), "no-such-program").Run(); err == nil || err.Error() != "exit status 127" {
		t.Errorf("a missing program arrives as %v", err)
	}
	cmd := l.Home.Command(t.Context(), "sh", "-c", `trap 'echo interrupted; exit 130' INT; echo ready; while :; do read line; done`)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, len("ready\n"))); err != nil {
		t.Fatal(err)
	}
	cmd.Process.Signal(os.Interrupt)
	rest, err := io.ReadAll(out)
	if err != nil || string(rest) != "interrupted\n" {
		t.Errorf("an interrupted command said %q, %v", rest, err)
	}
	if err := cmd.Wait(); err == nil || err.Error() != "exit status 130" {
		t.Errorf("an interrupted command arrives as %v", err)
	}
}
