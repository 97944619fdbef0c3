//go:build linux && lab

package scan_test

import (
	"net/netip"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// A middlebox near the vantage that answers 25, 110 and 3128 for everybody: the
// router redirects them to itself. What is open at the target stays so.
func TestHostileMiddleboxNearTheVantage(t *testing.T) {
	l := lab.New(t)
	sekisho := program(t)
	lab.Serve(t, l.Router.Listen(t, "tcp", "[::]:7777"), lab.Greet("220 mailfilter\r\n"))
	lab.Serve(t, l.Outside.Listen(t, "tcp", "[::]:80"), lab.Silent())
	l.Router.NFT(t, `table inet grab { chain in { type nat hook prerouting priority dstnat - 5; iifname "lan" tcp dport { 25, 110, 3128 } redirect to :7777; }; }`)
	// A router of Linux says of six packets at once that they died, then of one a
	// second: enough for a scan, and not for four in a row.
	l.Router.Run(t, "sysctl", "-q", "-w", "net.ipv4.icmp_ratelimit=0", "net.ipv6.icmp.ratelimit=0")
	for _, method := range bothMethods {
		for address, router := range map[netip.Addr]netip.Addr{l.Outside.V4: l.Gateway4, l.Outside.V6: l.Gateway6} {
			t.Run(method+"_"+family(address), func(t *testing.T) {
				d := scanFrom(t, l.LAN, sekisho, "--method", method, "-p", "22,25,80,110,3128", address.String())
				for _, port := range []uint16{25, 110, 3128} {
					d.check(t, exposure.TCP, address, port, wanted{exposure.Unknown, exposure.SynAck, router.String()})
				}
				d.check(t, exposure.TCP, address, 80, wanted{exposure.Open, exposure.SynAck, ""})
				if o := d.observations[place(exposure.TCP, address, 22)]; o.State != exposure.Closed {
					t.Errorf("port 22: %v", o.State)
				}
				if !d.says("a middlebox at hop 1 or nearer answers on 25, 110, 3128 in place of the address, which is 2 hops away") {
					t.Errorf("notes %q", d.summary.Notes)
				}
			})
		}
	}
	t.Run("distance_unknown", func(t *testing.T) {
		// No other port of the target answers, or no router says where packets
		// die: then nothing is said.
		l.Outside.Filter(t, lab.Input, "tcp dport 22", lab.Drop)
		d := scanFrom(t, l.LAN, sekisho, "-p", "22,25", l.Outside.V4.String())
		d.check(t, exposure.TCP, l.Outside.V4, 25, wanted{exposure.Open, exposure.SynAck, ""})
		l.Router.NFT(t, `table inet mute { chain out { type filter hook output priority filter; icmp type time-exceeded drop; }; }`)
		d = scanFrom(t, l.LAN, sekisho, "-p", "23,25", l.Outside.V4.String())
		d.check(t, exposure.TCP, l.Outside.V4, 25, wanted{exposure.Open, exposure.SynAck, ""})
	})
	t.Run("on_the_link", func(t *testing.T) {
		lab.Serve(t, l.Home.Listen(t, "tcp", "[::]:25"), lab.Silent())
		d := scanFrom(t, l.LAN, sekisho, "--method", "syn", "-p", "24,25", l.Home.V4.String())
		d.check(t, exposure.TCP, l.Home.V4, 25, wanted{exposure.Open, exposure.SynAck, ""})
		// On a busy machine a port that answered may be asked again, as a control.
		if d.summary.PacketsSent > 4 {
			t.Errorf("%d packets for two ports and a neighbour", d.summary.PacketsSent)
		}
	})
}
