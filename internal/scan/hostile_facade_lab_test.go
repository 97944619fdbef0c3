//go:build linux && lab

package scan_test

import (
	"context"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// Case 5: portspoof. Every port is redirected to one server that greets as a
// service drawn by chance. It is recognised by 16 answers and 8 connections, and
// no port is looked at again.
func TestHostile05Portspoof(t *testing.T) {
	l := lab.New(t)
	sekisho := program(t)
	var connections atomic.Int64
	babble := lab.Babble()
	lab.Serve(t, l.Home.Listen(t, "tcp", "[::]:7"), func(ctx context.Context, c net.Conn) {
		connections.Add(1)
		babble(ctx, c)
	})
	l.Home.NFT(t, `table inet portspoof { chain in { type nat hook prerouting priority dstnat; tcp dport 1-65535 redirect to :7; }; }`)
	for _, method := range bothMethods {
		for _, address := range []netip.Addr{l.Home.V4, l.Home.V6} {
			t.Run(method+"_"+family(address), func(t *testing.T) {
				before := connections.Load()
				d := scanFrom(t, l.LAN, sekisho, "--method", method, "-p", "1-1000", address.String())
				if d.summary.Open != 1000 || !d.says("All ports of "+address.String()+" answer: 8 of 8") {
					t.Errorf("%+v", d.summary)
				}
				for _, o := range d.observations {
					if o.Detail != "every port of this address answers, random ones too" {
						t.Fatalf("port %d: detail %q", o.Port, o.Detail)
					}
				}
				if n := connections.Load() - before; method == "syn" && n != 8 {
					t.Errorf("%d connections were made beside the SYNs", n)
				}
			})
		}
	}
}

// Case 6: a tarpit accepts everything and lets nothing through, in three ways.
func TestHostile06Tarpit(t *testing.T) {
	l := lab.New(t)
	sekisho := program(t)
	end := tunnel(t, l.LAN, "26.99.0.1/24")
	l.LAN.Run(t, "ip", "addr", "add", "2608:26:99::1/64", "dev", "tun0", "nodad")
	var answer atomic.Pointer[func([]byte) []byte]
	go func() {
		packet := make([]byte, 2048)
		for {
			n, err := end.Read(packet)
			if err != nil {
				return
			}
			if reply := (*answer.Load())(packet[:n]); reply != nil {
				if _, err := end.Write(reply); err != nil {
					return
				}
			}
		}
	}()
	for _, c := range []struct {
		name   string
		window uint16
		takes  bool
		state  exposure.State
		note   string
	}{
		{"zero_window", 0, false, exposure.Unknown, "100 ports accept connections and never take any data"},
		{"deaf", 64240, false, exposure.Unknown, "100 ports accept connections and never take any data"},
		{"small_window", 5, true, exposure.Open, "answer: 8 of 8 random ports took a connection too"},
	} {
		peer := lab.Tarpit(c.window, c.takes)
		answer.Store(&peer)
		t.Run(c.name, func(t *testing.T) {
			for _, method := range bothMethods {
				for _, address := range []string{"26.99.0.9", "2608:26:99::9"} {
					t.Run(method+"_"+family(netip.MustParseAddr(address)), func(t *testing.T) {
						t.Parallel()
						d := scanFrom(t, l.LAN, sekisho, "--method", method, "-p", "101-200", address)
						for _, o := range d.observations {
							if o.State != c.state || o.Reason != exposure.SynAck {
								t.Fatalf("port %d: %v, %v (%s)", o.Port, o.State, o.Reason, o.Detail)
							}
						}
						if len(d.observations) != 100 || !d.summary.Complete || !d.says(c.note) {
							t.Errorf("%+v", d.summary)
						}
					})
				}
			}
		})
	}
}
