package scan

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
)

// socksServer answers each request by the port that it asks for: what the code
// of the map says, and nothing for a port that is not in it.
func socksServer(t *testing.T, codes map[uint16]byte) *netio.Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				greeting := make([]byte, 3)
				if _, err := io.ReadFull(c, greeting); err != nil {
					return
				}
				_, _ = c.Write([]byte{5, 0})
				request := make([]byte, 512)
				n, err := c.Read(request)
				if err != nil || n < 7 {
					return
				}
				code, known := codes[uint16(request[n-2])<<8|uint16(request[n-1])]
				if known {
					_, _ = c.Write([]byte{5, code, 0, 1, 0, 0, 0, 0, 0, 0})
				}
			}()
		}
	}()
	return &netio.Proxy{SOCKS: true, At: netip.MustParseAddrPort(l.Addr().String())}
}

func TestScanThroughAProxy(t *testing.T) {
	proxy := socksServer(t, map[uint16]byte{443: 4, 80: 0, 81: 5, 82: 4, 83: 1, 84: 2, 85: 6, 86: 3})
	want := map[uint16]string{
		80: "open proto-response 127.0.0.1", 81: "closed conn-refused 127.0.0.1", 82: "filtered host-unreach 127.0.0.1",
		83: "unknown local-error ", 84: "unknown local-error ", 85: "filtered time-exceeded 127.0.0.1",
		86: "filtered net-unreach 127.0.0.1", 87: "unknown local-error ",
	}
	e := New()
	defer e.Close()
	got := map[uint16]string{}
	var last Progress
	summary, err := e.Run(t.Context(), Request{
		Targets: []exposure.Target{{Name: "home.example", Address: netio.Behind(1)}}, TCP: []uint16{80, 81, 82, 83, 84, 85, 86, 87},
		Proxy: proxy, Retries: -1, Rate: 10_000, Progress: func(p Progress) { last = p },
	}, func(o exposure.Observation) {
		got[o.Port] = o.State.String() + " " + string(o.Reason) + " " + o.By
		if o.View != exposure.ViewProxy || o.Host != "home.example" || o.State == exposure.Unknown && (o.Detail == "" || o.Attempts != 2) {
			t.Errorf("saw %+v", o)
		}
	})
	if err != nil || !summary.Complete || summary.Open != 1 || summary.Unknown != 3 || summary.PacketsSent != 11 || last.Total != 8 {
		t.Errorf("%+v, %v, %+v", summary, err, last)
	}
	for port, w := range want {
		if got[port] != w {
			t.Errorf("port %d: %s, want %s", port, got[port], w)
		}
	}
}

// TestProxyThatGrantsAll: OpenSSH says yes before it has tried.
func TestProxyThatGrantsAll(t *testing.T) {
	proxy := socksServer(t, map[uint16]byte{443: 0, 80: 0, 81: 5})
	e := New()
	defer e.Close()
	var states []exposure.State
	summary, err := e.Run(t.Context(), Request{
		Targets: []exposure.Target{{Address: netip.MustParseAddr("192.0.2.9")}}, TCP: []uint16{80, 81}, Proxy: proxy, Profile: Polite, Retries: 0,
	}, func(o exposure.Observation) { states = append(states, o.State) })
	slices.Sort(states)
	if err != nil || len(summary.Notes) != 1 || !slices.Equal(states, []exposure.State{exposure.Unknown, exposure.Closed}) {
		t.Errorf("%v, %+v, %v", states, summary, err)
	}
}

func TestWhatAProxyCannot(t *testing.T) {
	e := New()
	defer e.Close()
	targets := []exposure.Target{{Address: netip.MustParseAddr("192.0.2.9")}}
	proxy := socksServer(t, nil)
	for name, r := range map[string]Request{
		"udp":  {Targets: targets, UDP: []uint16{53}, Proxy: proxy},
		"echo": {Targets: targets, TCP: []uint16{80}, Echo: true, Proxy: proxy},
		"syn":  {Targets: targets, TCP: []uint16{80}, Method: SYN, Proxy: proxy},
	} {
		if _, err := e.Run(t.Context(), r, func(exposure.Observation) {}); !errors.Is(err, errProxied) {
			t.Errorf("%s: %v", name, err)
		}
	}
	closed := &netio.Proxy{At: netip.MustParseAddrPort("127.0.0.1:1")}
	if _, err := e.Run(t.Context(), Request{Targets: targets, TCP: []uint16{80}, Proxy: closed}, func(exposure.Observation) { t.Error("a port got a state") }); !errors.Is(err, netio.ErrProxy) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if summary, err := e.Run(ctx, Request{Targets: targets, TCP: []uint16{80, 81}, Proxy: proxy}, func(exposure.Observation) {}); !errors.Is(err, context.Canceled) || summary.Complete {
		t.Errorf("%+v, %v", summary, err)
	}
}
