//go:build linux && lab

package scan_test

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/scan"
)

// A lab test runs in a network namespace of its own, where nothing listens but
// what the test opens: there the truth about every port is known.

func everyPort(first uint16) []uint16 {
	var ports []uint16
	for p := int(first); p <= 65535; p++ {
		ports = append(ports, uint16(p))
	}
	return ports
}

// TestLoopbackSweep looks at all TCP ports, again and again. Some sockets of
// each sweep meet themselves; no port may be called open for it.
func TestLoopbackSweep(t *testing.T) {
	for address, sweeps := range map[string]int{"127.0.0.1": 20, "::1": 5} {
		open := listeners(t, address, 25)
		e := engine(t)
		for sweep := range sweeps {
			wrong := 0
			summary, err := e.Run(t.Context(), scan.Request{
				Targets: addressed(address), TCP: everyPort(0), Retries: -1, Own: netip.Addr.IsLoopback,
			}, func(o exposure.Observation) {
				want := exposure.Closed
				if slices.Contains(open, o.Port) {
					want = exposure.Open
				}
				if o.State != want {
					wrong++
					t.Errorf("sweep %d: %v is %v (%s, %s), want %v", sweep, o.Endpoint(), o.State, o.Reason, o.Detail, want)
				}
			})
			if err != nil || !summary.Complete || summary.Ports != 65536 || wrong > 0 {
				t.Errorf("sweep %d of %s: %d wrong, %+v, %v", sweep, address, wrong, summary, err)
			}
		}
	}
}

// TestLoopbackSweepUDP looks at all UDP ports, one of which is always the
// socket that asks.
func TestLoopbackSweepUDP(t *testing.T) {
	for _, address := range []string{"127.0.0.1", "::1"} {
		want := map[uint16]exposure.State{}
		for range 10 {
			want[answering(t, address, func(b []byte) []byte { return append([]byte{}, b...) })] = exposure.Open
			want[answering(t, address, func([]byte) []byte { return nil })] = exposure.OpenFiltered
		}
		for sweep := range 3 {
			summary, err := engine(t).Run(t.Context(), scan.Request{
				Targets: addressed(address), UDP: everyPort(0), Retries: -1, Own: netip.Addr.IsLoopback,
			}, func(o exposure.Observation) {
				state, special := want[o.Port]
				if !special {
					state = exposure.Closed
				}
				if o.State != state {
					t.Errorf("sweep %d: %v is %v (%s, %s), want %v", sweep, o.Endpoint(), o.State, o.Reason, o.Detail, state)
				}
			})
			if err != nil || !summary.Complete {
				t.Errorf("sweep %d of %s: %+v, %v", sweep, address, summary, err)
			}
		}
	}
}

// TestSweepInLittleMemory has a process of its own look at all ports.
func TestSweepInLittleMemory(t *testing.T) {
	nft(t, `table inet silent { chain input { type filter hook input priority filter; tcp dport 20000-59999 tcp flags & (syn | ack) == syn drop; }; }`)
	for _, address := range []string{"127.0.0.1", "::1"} {
		r := scanInChild(t, 0, address, 1, 65535)
		if !r.Summary.Complete || r.Summary.Filtered != 40000 || r.Summary.Closed != 25535 {
			t.Errorf("%s: %+v", address, r.Summary)
		}
		t.Logf("%s: %d KiB, %d threads, %d ms", address, r.MostRSS, r.Threads, r.Summary.ElapsedMS)
		// The race detector alone takes several times as much.
		if r.MostRSS > 64<<10 && !raceEnabled || r.MostRSS == 0 {
			t.Errorf("%s: %d KiB resident", address, r.MostRSS)
		}
	}
}

// TestFewDescriptorsAndSilence leaves 64 files for 300 ports that keep their
// sockets waiting.
func TestFewDescriptorsAndSilence(t *testing.T) {
	open := listeners(t, "127.0.0.1", 1)[0]
	first := min(open, 65000) - 150
	nft(t, fmt.Sprintf(`table inet silent { chain input { type filter hook input priority filter; tcp dport != %d tcp flags & (syn | ack) == syn drop; }; }`, open))
	r := scanInChild(t, 64, "127.0.0.1", first, first+299)
	if !r.Summary.Complete || r.Summary.Filtered != 299 || !slices.Equal(r.Open, []uint16{open}) {
		t.Errorf("open %v, want %d; %+v", r.Open, open, r.Summary)
	}
}

// TestFewEphemeralPorts leaves a hundred source ports for a whole sweep.
func TestFewEphemeralPorts(t *testing.T) {
	const knob = "/proc/sys/net/ipv4/ip_local_port_range"
	open := listeners(t, "127.0.0.1", 3)
	before, err := os.ReadFile(knob)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(knob, []byte("40000 40099"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.WriteFile(knob, before, 0o644); err != nil {
			t.Error(err)
		}
	})
	summary, err := engine(t).Run(t.Context(), scan.Request{
		Targets: addressed("127.0.0.1"), TCP: everyPort(1), Retries: -1, Own: netip.Addr.IsLoopback,
	}, func(o exposure.Observation) {
		if want := slices.Contains(open, o.Port); want != (o.State == exposure.Open) || o.State == exposure.Filtered {
			t.Errorf("port %d is %v (%s %s)", o.Port, o.State, o.Reason, o.Detail)
		}
	})
	if err != nil || !summary.Complete || summary.Open != 3 || summary.Closed != 65532 {
		t.Errorf("%+v, %v", summary, err)
	}
}

// TestOwnRules: what a rule of this machine's own does to its own addresses is
// seen, though it goes over loopback.
func TestOwnRules(t *testing.T) {
	nft(t, `table inet own {
		chain input { type filter hook input priority filter;
			tcp dport 20001 drop; tcp dport 20002 reject with tcp reset;
			tcp dport 20003 reject with icmpx type admin-prohibited; udp dport 20003 reject with icmpx type admin-prohibited; }
		chain output { type filter hook output priority filter; udp dport 20004 drop; }
	}`)
	seen := map[string]exposure.Observation{}
	_, err := engine(t).Run(t.Context(), scan.Request{
		Targets: addressed("127.0.0.1", "::1"), TCP: []uint16{20001, 20002, 20003}, UDP: []uint16{20003, 20004}, Retries: -1, Own: netip.Addr.IsLoopback,
	}, func(o exposure.Observation) { seen[place(o.Transport, o.Address, o.Port)] = o })
	if err != nil {
		t.Fatal(err)
	}
	d := document{observations: seen}
	for _, target := range addressed("127.0.0.1", "::1") {
		d.check(t, exposure.TCP, target.Address, 20001, wanted{exposure.Filtered, exposure.NoResponse, ""})
		d.check(t, exposure.TCP, target.Address, 20002, wanted{exposure.Closed, exposure.ConnRefused, ""})
		d.check(t, exposure.TCP, target.Address, 20003, wanted{exposure.Filtered, exposure.AdminProhibited, ""})
		d.check(t, exposure.UDP, target.Address, 20003, wanted{exposure.Filtered, exposure.AdminProhibited, ""})
		d.check(t, exposure.UDP, target.Address, 20004, wanted{exposure.Unknown, exposure.LocalError, ""})
	}
}

// nft applies rules to the namespace that the test is in, until it ends.
func nft(t *testing.T, rules string) {
	t.Helper()
	run := func(rules string) {
		cmd := exec.Command("nft", "-f", "-")
		cmd.Stdin = strings.NewReader(rules)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("nft: %v\n%s", err, out)
		}
	}
	devices, err := net.Interfaces()
	if err != nil || len(devices) != 1 {
		t.Fatalf("this is no empty namespace: %v, %v", devices, err)
	}
	run(rules)
	t.Cleanup(func() { run("flush ruleset") })
}
