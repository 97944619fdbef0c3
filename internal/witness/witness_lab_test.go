//go:build linux && lab

package witness_test

import (
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
	"sekisho/internal/witness"
)

// openIn begins a watch in a host.
func openIn(t *testing.T, h *lab.Host, w witness.Watch) *witness.Witness {
	t.Helper()
	var s *witness.Witness
	if err := h.Do(func() (err error) { s, err = witness.Open(w); return err }); err != nil {
		t.Fatal(err)
	}
	return s
}

// dial tries a port from a host, and does not mind that it fails.
func dial(t *testing.T, h *lab.Host, network string, to netip.AddrPort) {
	t.Helper()
	_ = h.Do(func() error {
		c, err := net.DialTimeout(network, to.String(), 500*time.Millisecond)
		if err != nil {
			return err
		}
		defer c.Close()
		_, err = c.Write([]byte("hello"))
		return err
	})
}

// TestWitnessHearsBothSidesOfTheFilter: what comes in is heard before the packet
// filter drops it, and what the filter drops on its way out is not called an
// answer.
func TestWitnessHearsBothSidesOfTheFilter(t *testing.T) {
	l := lab.New(t)
	for _, port := range []string{"81", "82", "83", "84"} {
		l.Home.Listen(t, "tcp", "[::]:"+port)
	}
	l.Home.Filter(t, lab.Input, "tcp dport 82", lab.Drop)
	l.Home.Filter(t, lab.Input, "tcp dport 83", lab.RejectAdmin)
	l.Home.Filter(t, lab.Output, "tcp sport 84", lab.Drop)
	l.Home.Filter(t, lab.Input, "udp dport 86", lab.Drop)
	l.Home.ListenPacket(t, "udp", "[::]:87")
	for _, family := range []struct {
		from, at netip.Addr
	}{{l.LAN.V4, l.Home.V4}, {l.LAN.V6, l.Home.V6}} {
		s := openIn(t, l.Home, witness.Watch{
			Address: family.at, TCP: []uint16{80, 81, 82, 83, 84, 85}, UDP: []uint16{85, 86, 87},
			Sources: []exposure.JobSource{{Transport: exposure.TCP, Address: family.from}},
		})
		for _, port := range []uint16{80, 81, 82, 83, 84} {
			dial(t, l.LAN, "tcp", netip.AddrPortFrom(family.at, port))
		}
		for _, port := range []uint16{85, 86, 87} {
			dial(t, l.LAN, "udp", netip.AddrPortFrom(family.at, port))
		}
		seen := s.Close()
		if !seen.Whole || seen.StrayTCP+seen.StrayUDP > 0 {
			t.Errorf("%+v", seen)
		}
		want := map[exposure.Transport]map[uint16]exposure.Reason{
			exposure.TCP: {80: exposure.Reset, 81: exposure.SynAck, 82: "", 83: exposure.AdminProhibited, 84: ""},
			exposure.UDP: {85: exposure.PortUnreach, 86: "", 87: ""},
		}
		for transport, ports := range want {
			for port, answer := range ports {
				a, ok := seen.Of(transport, port)
				if !ok || a.Answer != answer || a.Interface != "eth0" || a.From.Addr() != family.from || a.To != netip.AddrPortFrom(family.at, port) {
					t.Errorf("%s %d: %+v, %v", transport, port, a, ok)
				}
			}
		}
		if len(seen.Arrivals) != 8 {
			t.Errorf("%d arrivals", len(seen.Arrivals))
		}
	}
}

// TestWitnessThroughARouter: the router changes address and port, and the
// witness still knows the vantage; what the router drops does not arrive.
func TestWitnessThroughARouter(t *testing.T) {
	l := lab.New(t)
	l.Home.Listen(t, "tcp", "[::]:80")
	l.Forward(t, "tcp", 8080, 80)
	s := openIn(t, l.Home, witness.Watch{
		Address: l.Router.V4, TCP: []uint16{8080}, Sources: []exposure.JobSource{{Transport: exposure.TCP, Address: l.Outside.V4}},
	})
	dial(t, l.Outside, "tcp", netip.AddrPortFrom(l.Router.V4, 8080))
	dial(t, l.Outside, "tcp", netip.AddrPortFrom(l.Router.V4, 8081))
	seen := s.Close()
	if a, ok := seen.Of(exposure.TCP, 8080); !ok || a.Answer != exposure.SynAck || a.To != netip.AddrPortFrom(l.Home.V4, 80) || len(seen.Arrivals) != 1 {
		t.Errorf("%+v", seen)
	}
}

// TestNobodyIsToldWhatIsMissing: without the privilege there is an error that
// names it. Only the thread of this test becomes nobody, and is thrown away.
func TestNobodyIsToldWhatIsMissing(t *testing.T) {
	result := make(chan error)
	go func() {
		runtime.LockOSThread()
		const id = 65534
		if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, id, id, id); errno != 0 {
			result <- errno
			return
		}
		_, err := witness.Open(witness.Watch{TCP: []uint16{80}})
		result <- err
	}()
	if err := <-result; !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "CAP_NET_RAW") {
		t.Error(err)
	}
}
