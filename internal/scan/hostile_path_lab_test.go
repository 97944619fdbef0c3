//go:build linux && lab

package scan_test

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// services opens some TCP ports of a host for the test.
func services(t *testing.T, h *lab.Host, ports ...uint16) {
	t.Helper()
	for _, port := range ports {
		h.Listen(t, "tcp", fmt.Sprintf("[::]:%d", port))
	}
}

// exactly checks that these ports of an address are open, and that each other
// one that was looked at is in the other state.
func (d document) exactly(t *testing.T, address netip.Addr, open []uint16, other exposure.State) {
	t.Helper()
	for _, o := range d.observations {
		want := other
		if slices.Contains(open, o.Port) {
			want = exposure.Open
		}
		if o.Address == address && o.State != want {
			t.Errorf("%v is %v (%s, %s), want %v", o.Endpoint(), o.State, o.Reason, o.Detail, want)
		}
	}
	if !d.summary.Complete {
		t.Errorf("%+v", d.summary)
	}
}

// Case 18: a host that has other ports open over IPv6 than over IPv4.
func TestHostile18DualStack(t *testing.T) {
	l := lab.New(t)
	sekisho := program(t)
	services(t, l.Home, 20001, 20002, 20003)
	l.Home.Filter(t, lab.Input, "meta nfproto ipv4 tcp dport 20002", lab.Drop)
	l.Home.Filter(t, lab.Input, "meta nfproto ipv6 tcp dport 20001", lab.RejectReset)
	l.Home.Filter(t, lab.Input, "meta nfproto ipv6 tcp dport 20003", lab.RejectAdmin)
	for _, method := range bothMethods {
		t.Run(method, func(t *testing.T) {
			d := scanFrom(t, l.LAN, sekisho, "--method", method, "-p", "20001-20003", l.Home.V4.String(), l.Home.V6.String())
			for _, c := range []struct {
				address netip.Addr
				port    uint16
				want    exposure.State
			}{
				{l.Home.V4, 20001, exposure.Open},
				{l.Home.V4, 20002, exposure.Filtered},
				{l.Home.V4, 20003, exposure.Open},
				{l.Home.V6, 20001, exposure.Closed},
				{l.Home.V6, 20002, exposure.Open},
				{l.Home.V6, 20003, exposure.Filtered},
			} {
				if o := d.observations[place(exposure.TCP, c.address, c.port)]; o.State != c.want {
					t.Errorf("%v: %v (%s), want %v", o.Endpoint(), o.State, o.Reason, c.want)
				}
			}
		})
	}
}

// An answer whose source is another address than the one that was asked is no
// answer, whatever it carries: here the target's SYN-ACKs and resets leave it
// under the address of a neighbour.
func TestHostileRepliesFromElsewhere(t *testing.T) {
	l := lab.New(t)
	sekisho := program(t)
	services(t, l.Home, 20001)
	l.Home.Run(t, "ip", "addr", "add", "192.168.77.99/24", "dev", "eth0")
	l.Home.Run(t, "ip", "addr", "add", "2608:26:20:7::99/64", "dev", "eth0", "nodad")
	l.Home.NFT(t, `table inet elsewhere {
		chain untrack { type filter hook prerouting priority raw; tcp dport 20000-20003 notrack; }
		chain out {
			type filter hook output priority raw
			tcp sport 20000-20003 notrack
			meta nfproto ipv4 tcp sport { 20001, 20002 } ip saddr set 192.168.77.99
			meta nfproto ipv6 tcp sport { 20001, 20002 } ip6 saddr set 2608:26:20:7::99
		}
	}`)
	for _, method := range bothMethods {
		t.Run(method, func(t *testing.T) {
			d := scanFrom(t, l.LAN, sekisho, "--method", method, "-p", "20000-20003", l.Home.V4.String(), l.Home.V6.String())
			for _, address := range []netip.Addr{l.Home.V4, l.Home.V6} {
				for port, want := range map[uint16]exposure.State{
					20000: exposure.Closed, 20001: exposure.Filtered, 20002: exposure.Filtered, 20003: exposure.Closed,
				} {
					if o := d.observations[place(exposure.TCP, address, port)]; o.State != want {
						t.Errorf("%v: %v (%s), want %v", o.Endpoint(), o.State, o.Reason, want)
					}
				}
			}
		})
	}
}

// Case 25: a service that takes connections and resets them at once is open,
// and so are more of them than raise a doubt, as long as others are closed.
func TestHostile25ResetAfterHandshake(t *testing.T) {
	l := lab.New(t)
	sekisho := program(t)
	var open []uint16
	for port := uint16(20001); port <= 20020; port++ {
		lab.Serve(t, l.Home.Listen(t, "tcp", fmt.Sprintf("[::]:%d", port)), lab.Reset())
		open = append(open, port)
	}
	for _, method := range bothMethods {
		t.Run(method, func(t *testing.T) {
			for _, ports := range []string{"20001-20030", "20001-20020"} {
				d := scanFrom(t, l.LAN, sekisho, "--method", method, "-p", ports, l.Home.V4.String(), l.Home.V6.String())
				for _, address := range []netip.Addr{l.Home.V4, l.Home.V6} {
					d.exactly(t, address, open, exposure.Closed)
				}
			}
		})
	}
}

// Case 7: a host that sends ten resets a second. Every open port is found, and
// what stays silent is not called filtered without a word.
func TestHostile07LimitedResets(t *testing.T) {
	l := lab.New(t)
	sekisho := program(t)
	open := []uint16{20003, 20250, 20499}
	services(t, l.Home, open...)
	l.Home.NFT(t, `table inet stingy { chain output { type filter hook output priority filter; tcp flags rst limit rate over 10/second drop; }; }`)
	for _, method := range bothMethods {
		for _, address := range []netip.Addr{l.Home.V4, l.Home.V6} {
			t.Run(method+"_"+family(address), func(t *testing.T) {
				d := scanFrom(t, l.LAN, sekisho, "--method", method, "-p", "20001-20500", address.String())
				for _, port := range open {
					d.check(t, exposure.TCP, address, port, wanted{exposure.Open, exposure.SynAck, ""})
				}
				if s := d.summary; s.Open != len(open) || s.Filtered > 0 && !d.says("limits its resets") {
					t.Errorf("%+v", s)
				}
			})
		}
	}
}

// Case 13: 64 descriptors, for everything. The scan gets slower, and nothing is
// missed, neither by the scan nor by what confirms it.
func TestHostile13FewDescriptors(t *testing.T) {
	l := lab.New(t)
	sekisho := program(t)
	services(t, l.Home, 20042)
	limited := filepath.Join(filepath.Dir(sekisho), "limited")
	if err := os.WriteFile(limited, []byte("#!/bin/sh\nexec prlimit --nofile=64:64 "+sekisho+" \"$@\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	few := func(t *testing.T, method string, address netip.Addr) document {
		return scanFrom(t, l.LAN, limited, "--method", method, "-p", "20001-20300", address.String())
	}
	for _, method := range bothMethods {
		for _, address := range []netip.Addr{l.Home.V4, l.Home.V6} {
			t.Run(method+"_"+family(address), func(t *testing.T) {
				few(t, method, address).exactly(t, address, []uint16{20042}, exposure.Closed)
			})
		}
	}
	shield(t, l.Home, lab.Input, 20001, 20300)
	for _, method := range bothMethods {
		for _, address := range []netip.Addr{l.Home.V4, l.Home.V6} {
			t.Run("proxy_"+method+"_"+family(address), func(t *testing.T) {
				few(t, method, address).exactly(t, address, []uint16{20042}, exposure.Closed)
			})
		}
	}
}

// Case 16: the link of this machine takes 100 packets a second, and its queue
// holds a few. Connecting goes on at that pace, and misses nothing.
func TestHostile16SlowLink(t *testing.T) {
	l := lab.New(t)
	sekisho := program(t)
	services(t, l.Home, 20042)
	l.LAN.Run(t, "tc", "qdisc", "add", "dev", "eth0", "root", "tbf", "rate", "64kbit", "burst", "1600", "limit", "3000")
	for _, address := range []netip.Addr{l.Home.V4, l.Home.V6} {
		t.Run(family(address), func(t *testing.T) {
			d := scanFrom(t, l.LAN, sekisho, "-p", "20001-20100", address.String())
			d.exactly(t, address, []uint16{20042}, exposure.Closed)
			t.Logf("%+v", d.summary)
		})
	}
}
