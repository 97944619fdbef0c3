//go:build linux && lab

package scan_test

import (
	"errors"
	"net/netip"
	"os"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// A checksum that the sender has finished is verified, whatever its network
// card does for the others: what does not pass is no answer. One that it has
// left to the card is not, or nothing would ever be open between namespaces.
func TestEngineVerifiesWholeChecksums(t *testing.T) {
	for name, offload := range map[string]bool{"offload_on": true, "offload_off": false} {
		t.Run(name, func(t *testing.T) {
			l := lab.New(t)
			setChecksumOffload(t, l.Home, offload)
			l.Home.Listen(t, "tcp", "[::]:22")
			l.Home.Filter(t, lab.Input, "tcp dport 1000-1059", lab.Drop)
			e := rawEngine(t, l.LAN, l.Home.V4)
			f := newForger(t, l.Home, l.LAN, "eth0")

			// A port's place tells what is said about it, and what is spoilt then.
			answer := func(s heardSYN) []byte {
				header := map[bool]int{true: 20, false: 40}[s.to.Addr().Is4()]
				var b []byte
				if ten := s.to.Port() / 10 % 10; ten < 3 {
					b = segment(s.to, s.from, 1, s.sequence+1, flagsSYNACK)
				} else {
					b = prohibited(s.to.Addr(), s.packet)
				}
				switch s.to.Port() / 10 % 10 {
				case 1, 4:
					b[len(b)-1] ^= 1 // the urgent pointer, the end of the quoted packet
				case 2:
					b[header+16] ^= 0x10 // the checksum itself
				case 5:
					b[header+2] ^= 0x10
				}
				return b
			}
			forging := make(chan error, 1)
			go func() {
				forging <- f.hear(func(s heardSYN) bool {
					return s.to.Port() >= 1000 && s.to.Port() <= 1059 && f.put(f.frame(answer(s))) != nil
				})
			}()
			seen, _, err := look(t.Context(), t, e, rawRequest(both(l.Home), append([]uint16{22, 23}, portsBetween(1000, 1059)...)...))
			if err != nil {
				t.Fatal(err)
			}
			if err := f.socket.Close(); err != nil {
				t.Error(err)
			}
			if err := <-forging; !errors.Is(err, os.ErrClosed) {
				t.Error(err)
			}
			for at, o := range seen {
				want, why := exposure.Filtered, exposure.NoResponse
				switch port := at.Port(); {
				case port == 22, port/10 == 100:
					want, why = exposure.Open, exposure.SynAck
				case port == 23:
					want, why = exposure.Closed, exposure.Reset
				case port/10 == 103:
					why = exposure.AdminProhibited
				}
				if o.State != want || o.Reason != why {
					t.Errorf("%v is %v (%s), want %v (%s)", at, o.State, o.Reason, want, why)
				}
			}
			if len(seen) != 2*62 {
				t.Errorf("%d observations", len(seen))
			}
		})
	}
}

// The header of an IPv4 packet is always whole.
func TestEngineVerifiesIPv4Headers(t *testing.T) {
	l := lab.New(t)
	l.Home.Filter(t, lab.Input, "tcp dport 1000-1009", lab.Drop)
	e := rawEngine(t, l.LAN, l.Home.V4)
	f := newForger(t, l.Home, l.LAN, "eth0")
	go func() {
		_ = f.hear(func(s heardSYN) bool {
			b := segment(s.to, s.from, 1, s.sequence+1, flagsSYNACK)
			if s.to.Port()%2 == 1 {
				b[8]-- // the time to live
			}
			return s.to.Port() >= 1000 && f.put(f.frame(b)) != nil
		})
	}()
	truth(func(to netip.AddrPort) exposure.State {
		if to.Port()%2 == 1 {
			return exposure.Filtered
		}
		return exposure.Open
	}).holds(t, e, rawRequest([]netip.Addr{l.Home.V4}, portsBetween(1000, 1009)...))
}
