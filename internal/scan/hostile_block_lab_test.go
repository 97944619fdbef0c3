//go:build linux && lab

package scan_test

import (
	"net/netip"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// Case 11: a target that blocks who scans it. Before it does, ports answer;
// afterwards nothing does, not even those that answered before. Nobody knows
// then what its ports are.
func TestHostile11BlockedByTheTarget(t *testing.T) {
	sekisho := program(t)
	for name, trigger := range map[string]string{
		"trap_port": "tcp dport 20500",
		"rate":      "tcp flags & (syn | ack) == syn limit rate over 100/second burst 300 packets",
	} {
		for _, method := range bothMethods {
			for _, v6 := range []bool{false, true} {
				t.Run(name+"_"+method+map[bool]string{false: "_v4", true: "_v6"}[v6], func(t *testing.T) {
					t.Parallel()
					l := lab.New(t)
					address, family, kind := l.Home.V4, "ip", "ipv4_addr"
					if v6 {
						address, family, kind = l.Home.V6, "ip6", "ipv6_addr"
					}
					l.Home.Listen(t, "tcp", "[::]:20022")
					l.Home.NFT(t, `table inet ips {
						set banned { type `+kind+`; flags dynamic,timeout; timeout 60s; }
						chain in {
							type filter hook input priority filter - 20
							`+family+` saddr @banned drop
							`+trigger+` add @banned { `+family+` saddr } drop
						}
					}`)
					d := scanFrom(t, l.LAN, sekisho, "--method", method, "-p", "20001-21000", address.String())
					blocked(t, d, address)
				})
			}
		}
	}
}

// blocked checks what is to be seen of a host that answered until it did not.
func blocked(t *testing.T, d document, address netip.Addr) {
	t.Helper()
	for _, o := range d.observations {
		switch {
		case o.State == exposure.Open && o.Port == 20022, o.State == exposure.Closed && o.Port != 20022:
		case o.State == exposure.Unknown && o.Reason == exposure.NoResponse:
		default:
			t.Fatalf("port %d: %v, %v (%s)", o.Port, o.State, o.Reason, o.Detail)
		}
	}
	if s := d.summary; s.Closed == 0 || s.Unknown == 0 || !s.Complete || !d.says(address.String()+" stopped answering") {
		t.Errorf("%+v", s)
	}
}

// Case 15: the router on the way has room for a hundred connections, and the
// target drops most of them, so that each stays in its table for two minutes.
// When the table is full nothing new gets through but where an old connection
// ends, and that is said. So many ports answer that some of them do before,
// whatever the order. (The router's own limit cannot be set in a namespace: a rule
// counts for it.)
func TestHostile15FullTableOnTheWay(t *testing.T) {
	sekisho := program(t)
	for _, method := range bothMethods {
		for _, v6 := range []bool{false, true} {
			t.Run(method+map[bool]string{false: "_v4", true: "_v6"}[v6], func(t *testing.T) {
				t.Parallel()
				l := lab.New(t)
				address := l.Outside.V4
				if v6 {
					address = l.Outside.V6
				}
				open := []uint16{20042, 20500, 20599}
				services(t, l.Outside, open...)
				l.Outside.Filter(t, lab.Input, "tcp dport != { 20042, 20500, 20599, 20001-20060 }", lab.Drop)
				l.Router.NFT(t, `table inet full { chain room {
					type filter hook forward priority filter - 1
					iifname "lan" tcp flags & (syn | ack) == syn ct state new ct count over 100 drop
				}; }`)
				d := scanFrom(t, l.LAN, sekisho, "--method", method, "-p", "20001-20600", address.String())
				for _, port := range open {
					if o := d.observations[place(exposure.TCP, address, port)]; o.State == exposure.Closed {
						t.Errorf("port %d: %v, %v", port, o.State, o.Reason)
					}
				}
				if s := d.summary; s.Unknown == 0 || !s.Complete || !d.says(address.String()+" stopped answering") {
					t.Errorf("%+v", s)
				}
			})
		}
	}
}
