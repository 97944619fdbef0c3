//go:build linux && lab

package scan_test

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// Case 2: the line is dead for half a second, again and again. No port is
// missed for it.
func TestHostile02Outages(t *testing.T) {
	l := lab.New(t)
	sekisho := program(t)
	open := []uint16{20003, 20500, 20997, 21500, 21999}
	services(t, l.Home, open...)
	l.Home.Filter(t, lab.Input, "tcp dport 20000-21000 tcp dport != { 20003, 20500, 20997 }", lab.Drop)
	l.Home.NFT(t, `table inet gap { chain in { type filter hook prerouting priority raw; }; }`)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	toggled := make(chan error, 1)
	go func() {
		toggled <- l.Home.Command(ctx, "sh", "-c", `
			while :; do
				sleep 1.2; nft add rule inet gap in meta l4proto tcp drop
				sleep 0.5; nft flush chain inet gap in
			done`).Run()
	}()
	t.Cleanup(func() {
		cancel()
		<-toggled
	})
	for _, method := range bothMethods {
		for _, address := range []netip.Addr{l.Home.V4, l.Home.V6} {
			t.Run(method+"_"+family(address), func(t *testing.T) {
				t.Parallel()
				d := scanFrom(t, l.LAN, sekisho, "--method", method, "-p", "20000-21999", address.String())
				for _, port := range open {
					d.check(t, exposure.TCP, address, port, wanted{exposure.Open, exposure.SynAck, ""})
				}
				if d.summary.Open != len(open) {
					t.Errorf("%+v", d.summary)
				}
			})
		}
	}
}

// Case 3: everything takes three seconds and a bit, packets overtake each
// other, and many come twice. Each port has one state, the right one, and the
// round trip is told as it is.
func TestHostile03LateAndDoubled(t *testing.T) {
	l := lab.New(t)
	sekisho := program(t)
	open := []uint16{20003, 20033}
	services(t, l.Home, open...)
	l.Link(t, lab.LANCable, lab.Impairment{Delay: 1500 * time.Millisecond, Jitter: 200 * time.Millisecond, Duplicate: 0.3, Seed: 3})
	for _, method := range bothMethods {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			d := scanFrom(t, l.LAN, sekisho, "--method", method, "-p", "20001-20040", l.Home.V4.String(), l.Home.V6.String())
			for _, address := range []netip.Addr{l.Home.V4, l.Home.V6} {
				d.exactly(t, address, open, exposure.Closed)
			}
			for _, o := range d.observations {
				if rtt := time.Duration(o.RTT); rtt != 0 && (rtt < 2900*time.Millisecond || rtt > 3600*time.Millisecond) {
					t.Errorf("%v: round trip %v", o.Endpoint(), rtt)
				}
			}
		})
	}
}
