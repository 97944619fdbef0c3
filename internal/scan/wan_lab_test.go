//go:build linux && lab

package scan_test

import (
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// countFlows has the router count the connections to Outside that it takes
// into its table, and the questions that pass. A chain of kind nat sees the
// first packet of each connection only.
func countFlows(t *testing.T, l *lab.Lab, silent string) {
	t.Helper()
	l.Router.NFT(t, fmt.Sprintf(`table inet flows {
		counter silent { }
		counter others { }
		counter asked { }
		chain first {
			type nat hook postrouting priority srcnat - 5
			oifname "wan" tcp dport { %[1]s } counter name silent accept
			oifname "wan" meta l4proto tcp counter name others
		}
		chain every {
			type filter hook forward priority filter - 5
			oifname "wan" tcp flags & (syn | ack) == syn tcp dport { %[1]s } counter name asked
		}
	}`, silent))
}

// flowsCounted reads a counter of the router.
func flowsCounted(t *testing.T, l *lab.Lab, counter string) int {
	t.Helper()
	out := l.Router.Run(t, "nft", "list", "counter", "inet", "flows", counter)
	found := regexp.MustCompile(`packets (\d+)`).FindStringSubmatch(out)
	if found == nil {
		t.Fatalf("no number in %q", out)
	}
	n, err := strconv.Atoi(found[1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestWANSparesTheRouter looks at a host on the other side of a router that
// translates: a silent port is asked again and again, and has one place in the
// router's table all the same.
func TestWANSparesTheRouter(t *testing.T) {
	const ports, answering = 300, 12
	l := lab.New(t)
	sekisho := program(t)
	open := []uint16{20042, 20300}
	services(t, l.Outside, open...)
	l.Outside.Filter(t, lab.Input, "tcp dport 20001-20300 tcp dport != { 20042, 20101-20110, 20300 }", lab.Drop)
	countFlows(t, l, "20001-20041, 20043-20100, 20111-20299")

	d := scanFrom(t, l.LAN, sekisho, "--method", "syn", "-p", "20001-20300", l.Outside.V4.String())
	if s := d.summary; s.Profile != "wan" || !s.Complete || len(d.observations) != ports {
		t.Errorf("%d ports, %+v", len(d.observations), s)
	}
	attempts := 0
	for _, o := range d.observations {
		want := exposure.Filtered
		switch {
		case o.Port == 20042 || o.Port == 20300:
			want = exposure.Open
		case o.Port >= 20101 && o.Port <= 20110:
			want = exposure.Closed
		}
		if o.State != want {
			t.Errorf("port %d is %v (%s), want %v", o.Port, o.State, o.Reason, want)
		}
		if want == exposure.Filtered {
			attempts += o.Attempts
			if o.Attempts < 2 {
				t.Errorf("silent port %d was asked %d times", o.Port, o.Attempts)
			}
		}
	}
	silent, others, asked := flowsCounted(t, l, "silent"), flowsCounted(t, l, "others"), flowsCounted(t, l, "asked")
	if silent != ports-answering || asked < 2*silent || asked < attempts {
		t.Errorf("%d connections to %d silent ports, %d questions, %d of them told", silent, ports-answering, asked, attempts)
	}
	// One in ten questions may be a control, each a connection of its own since
	// the router forgets those that were answered.
	if most := answering + int(d.summary.PacketsSent)/10 + 1; others < answering || others > most {
		t.Errorf("%d connections to the ports that answer, want %d and the controls: %d at most", others, answering, most)
	}
	t.Logf("%d + %d connections, %d packets to silent ports, %d in all, %d ms",
		silent, others, asked, d.summary.PacketsSent, d.summary.ElapsedMS)
}

// TestProfileOfPaths: only what a router translates is asked as the small table
// in it wants.
func TestProfileOfPaths(t *testing.T) {
	l := lab.New(t)
	sekisho := program(t)
	for _, c := range []struct {
		name    string
		from    *lab.Host
		targets []netip.Addr
		want    string
	}{
		{"lan-to-home", l.LAN, both(l.Home), "lan"},
		{"home-to-lan", l.Home, both(l.LAN), "lan"},
		{"lan-to-router", l.LAN, []netip.Addr{l.Gateway4, l.Gateway6}, "lan"},
		{"out-untranslated", l.LAN, []netip.Addr{l.Outside.V6}, "lan"},
		{"out-translated", l.LAN, []netip.Addr{l.Outside.V4}, "wan"},
		{"out-both", l.Home, both(l.Outside), "lan, wan"},
		{"outside-to-router", l.Outside, []netip.Addr{l.Router.V4}, "lan"},
	} {
		for _, method := range bothMethods {
			t.Run(c.name+"_"+method, func(t *testing.T) {
				t.Parallel()
				arguments := []string{"--method", method, "--retries", "0", "-p", "20001-20010"}
				for _, a := range c.targets {
					arguments = append(arguments, a.String())
				}
				d := scanFrom(t, c.from, sekisho, arguments...)
				if s := d.summary; s.Profile != c.want || !s.Complete || s.Ports != 10*len(c.targets) {
					t.Errorf("profile %q, want %q: %+v", s.Profile, c.want, s)
				}
			})
		}
	}
}
