//go:build linux && lab

package probe_test

import (
	"net/netip"
	"testing"

	"sekisho/internal/lab"
)

// TestOldServicesRecordedAgain records servers of another age again.
func TestOldServicesRecordedAgain(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	at := func(port uint16) netip.AddrPort { return netip.AddrPortFrom(h.V4, port) }
	h.StartInetd(t, `79 stream tcp6 nowait nobody /usr/sbin/in.fingerd in.fingerd
513 stream tcp6 nowait root /usr/sbin/in.rlogind in.rlogind
514 stream tcp6 nowait root /usr/sbin/in.rshd in.rshd
`, 79, 513, 514)
	recordAgain(t, l.LAN, at(79), "finger/happy-fingerd", "fingerd", "fingerd")
	recordAgain(t, l.LAN, at(513), "rlogin/happy-rlogind", "rlogind", "rsh-server")
	recordAgain(t, l.LAN, at(514), "rsh/happy-rshd-nameless", "rshd", "rsh-server")
	// It knows nothing of the connection between the probe and the recorder.
	h.StartOidentd(t, "--reply", "nobody")
	recordAgain(t, l.LAN, at(113), "ident/happy-oidentd", "oidentd", "oidentd")
	open := h.StartXvfb(t, "-ac")
	recordAgain(t, l.LAN, at(6005), "x11/happy-xvfb-open", "Xvfb", "xvfb")
	open.Stop()
	h.StartXvfbLocked(t)
	recordAgain(t, l.LAN, at(6005), "x11/happy-xvfb", "Xvfb", "xvfb")
}
