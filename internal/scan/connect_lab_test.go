//go:build linux && lab

package scan_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// document is what scan -f jsonl says.
type document struct {
	observations map[string]exposure.Observation // by transport, address and port
	summary      exposure.ScanSummary
	code         int
}

func place(transport exposure.Transport, address netip.Addr, port uint16) string {
	return fmt.Sprint(transport, " ", netip.AddrPortFrom(address, port))
}

// scanFrom runs the program in a host.
func scanFrom(t *testing.T, h *lab.Host, program string, arguments ...string) document {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	command := append([]string{"scan", "--method", "connect", "-f", "jsonl", "--show", "all", "--authorized"}, arguments...)
	cmd := h.Command(ctx, program, command...)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	d := document{observations: map[string]exposure.Observation{}, code: -1}
	err := cmd.Run()
	var exit *exec.ExitError
	if err == nil {
		d.code = 0
	} else if errors.As(err, &exit) {
		d.code = exit.ExitCode()
	}
	for line := range strings.Lines(out.String()) {
		var kind struct{ Type string }
		if err := json.Unmarshal([]byte(line), &kind); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if kind.Type == "summary" {
			err = json.Unmarshal([]byte(line), &d.summary)
		} else {
			var o exposure.Observation
			if err = json.Unmarshal([]byte(line), &o); err == nil {
				d.observations[place(o.Transport, o.Address, o.Port)] = o
			}
		}
		if err != nil {
			t.Fatalf("%v: %s", err, line)
		}
	}
	if d.code != 0 && d.code != 3 || d.summary.Ports == 0 {
		t.Fatalf("%q: exit %d: %v\n%s%s", arguments, d.code, err, out.Bytes(), said.Bytes())
	}
	return d
}

// wanted is what is to be seen of a port.
type wanted struct {
	state  exposure.State
	reason exposure.Reason
	by     string
}

func (d document) check(t *testing.T, transport exposure.Transport, address netip.Addr, port uint16, want wanted) {
	t.Helper()
	o, ok := d.observations[place(transport, address, port)]
	got := wanted{o.State, o.Reason, o.By}
	if !ok || got != want {
		t.Errorf("%v %v port %d: got %+v (%s), want %+v", transport, address, port, got, o.Detail, want)
	}
}

// says reports whether some note holds the words.
func (d document) says(words string) bool {
	return slices.ContainsFunc(d.summary.Notes, func(n string) bool { return strings.Contains(n, words) })
}

// echoUDP answers on a port of a host.
func echoUDP(t *testing.T, h *lab.Host, port uint16) {
	t.Helper()
	pc := h.ListenPacket(t, "udp", fmt.Sprintf("[::]:%d", port))
	go func() {
		b := make([]byte, 2048)
		for {
			n, from, err := pc.ReadFrom(b)
			if err != nil {
				return
			}
			_, _ = pc.WriteTo(append(b[:n:n], '!'), from)
		}
	}()
}

// rules gives the target a rule for each of some ports of both transports, and
// says what is to be seen of them.
func rules(t *testing.T, h *lab.Host) (tcp, udp map[uint16]wanted) {
	t.Helper()
	h.Listen(t, "tcp", "[::]:20001")
	echoUDP(t, h, 20001)
	h.ListenPacket(t, "udp", "[::]:20007")
	tcp = map[uint16]wanted{
		20001: {exposure.Open, exposure.SynAck, ""},
		20002: {exposure.Closed, exposure.ConnRefused, ""},
		20003: {exposure.Filtered, exposure.NoResponse, ""},
		20004: {exposure.Closed, exposure.ConnRefused, ""}, // a reset looks like nobody there
		20005: {exposure.Filtered, exposure.AdminProhibited, ""},
		20006: {exposure.Filtered, exposure.PortUnreach, ""},
	}
	udp = map[uint16]wanted{
		20001: {exposure.Open, exposure.ProtoResponse, ""},
		20002: {exposure.Closed, exposure.PortUnreach, ""},
		20003: {exposure.OpenFiltered, exposure.NoResponse, ""},
		20005: {exposure.Filtered, exposure.AdminProhibited, ""},
		20007: {exposure.OpenFiltered, exposure.NoResponse, ""},
	}
	h.Filter(t, lab.Input, "meta l4proto { tcp, udp } th dport 20003", lab.Drop)
	h.Filter(t, lab.Input, "tcp dport 20004", lab.RejectReset)
	h.Filter(t, lab.Input, "meta l4proto { tcp, udp } th dport 20005", lab.RejectAdmin)
	h.Filter(t, lab.Input, "tcp dport 20006", lab.RejectPort)
	return tcp, udp
}

// TestStatesOnALink looks at a host of the same segment, over IPv4, IPv6 and
// its link-local address.
func TestStatesOnALink(t *testing.T) {
	l := lab.New(t)
	tcp, udp := rules(t, l.Home)
	zoned := linkLocal(t, l.Home, "eth0").WithZone("eth0")
	sekisho := program(t)
	targets := []netip.Addr{l.Home.V4, l.Home.V6, zoned}
	d := scanFrom(t, l.LAN, sekisho, "-p", "t:20001-20006,u:20001-20003,20005,20007", "--ping", l.Home.V4.String(), l.Home.V6.String(), zoned.String())
	for _, address := range targets {
		for port, want := range tcp {
			d.check(t, exposure.TCP, address, port, want)
		}
		for port, want := range udp {
			d.check(t, exposure.UDP, address, port, want)
		}
		d.check(t, exposure.ICMP, address, 0, wanted{exposure.Open, exposure.EchoReply, ""})
	}
	if !d.summary.Complete || d.summary.Hosts != 3 || d.code != 0 {
		t.Errorf("exit %d, %+v", d.code, d.summary)
	}
}

// TestStatesBehindARouter has the router reject on the way, which is told from
// the target's own word by who said so.
func TestStatesBehindARouter(t *testing.T) {
	l := lab.New(t)
	l.Outside.Listen(t, "tcp", "[::]:20001")
	for port, verdict := range map[int]lab.Verdict{20002: lab.RejectAdmin, 20003: lab.RejectHost, 20004: lab.RejectPort, 20005: lab.RejectReset, 20006: lab.Drop} {
		l.Router.Filter(t, lab.Forwarding, fmt.Sprintf("tcp dport %d", port), verdict)
		if verdict != lab.RejectReset {
			l.Router.Filter(t, lab.Forwarding, fmt.Sprintf("udp dport %d", port), verdict)
		}
	}
	// A router of Linux sends six ICMP errors at once, then one a second.
	l.Router.Run(t, "sysctl", "-q", "-w", "net.ipv4.icmp_ratelimit=0", "net.ipv6.icmp.ratelimit=0")
	d := scanFrom(t, l.LAN, program(t), "-p", "t:20001-20006,u:20002-20004,20006", l.Outside.V4.String(), l.Outside.V6.String())
	for address, router := range map[netip.Addr]netip.Addr{l.Outside.V4: l.Gateway4, l.Outside.V6: l.Gateway6} {
		by := router.String()
		for port, want := range map[uint16]wanted{
			20001: {exposure.Open, exposure.SynAck, ""},
			20002: {exposure.Filtered, exposure.AdminProhibited, by},
			20003: {exposure.Filtered, exposure.HostUnreach, by},
			20004: {exposure.Filtered, exposure.PortUnreach, by},
			20005: {exposure.Closed, exposure.ConnRefused, ""},
			20006: {exposure.Filtered, exposure.NoResponse, ""},
		} {
			d.check(t, exposure.TCP, address, port, want)
			if port == 20006 {
				want.state = exposure.OpenFiltered
			}
			if port != 20001 && port != 20005 {
				d.check(t, exposure.UDP, address, port, want)
			}
		}
	}
}

// TestStatesOfThisMachinesOwnFaults: what our own kernel says is no state.
func TestStatesOfThisMachinesOwnFaults(t *testing.T) {
	l := lab.New(t)
	sekisho := program(t)
	ports := []string{"-p", "t:20001-20004,u:20001-20002", "--ping"}
	each := func(t *testing.T, d document, address netip.Addr, want wanted) {
		t.Helper()
		for port := uint16(20001); port <= 20004; port++ {
			d.check(t, exposure.TCP, address, port, want)
		}
		for port := uint16(20001); port <= 20002; port++ {
			d.check(t, exposure.UDP, address, port, want)
		}
		d.check(t, exposure.ICMP, address, 0, want)
		if d.code != 3 {
			t.Errorf("exit %d, want 3: something could not be seen", d.code)
		}
	}
	t.Run("nobody-there", func(t *testing.T) {
		for _, missing := range []netip.Addr{l.Gateway4.Next().Next(), l.Gateway6.Next().Next()} {
			d := scanFrom(t, l.LAN, sekisho, append(ports, missing.String())...)
			each(t, d, missing, wanted{exposure.Unknown, exposure.HostUnreach, exposure.Local})
		}
	})
	t.Run("no-route", func(t *testing.T) {
		for _, unrouted := range []string{"26.99.0.1", "2608:26:99::1"} {
			d := scanFrom(t, l.Outside, sekisho, append(ports, unrouted)...)
			each(t, d, netip.MustParseAddr(unrouted), wanted{exposure.Unknown, exposure.NetUnreach, exposure.Local})
		}
	})
	t.Run("forbidden-by-route", func(t *testing.T) {
		l.LAN.Run(t, "ip", "route", "add", "prohibit", "26.98.0.0/16")
		d := scanFrom(t, l.LAN, sekisho, append(ports, "26.98.0.1")...)
		each(t, d, netip.MustParseAddr("26.98.0.1"), wanted{exposure.Unknown, exposure.LocalError, ""})
		for _, o := range d.observations {
			if !strings.Contains(o.Detail, "its own firewall rules and routes") {
				t.Errorf("detail %q", o.Detail)
			}
		}
	})
	t.Run("own-rule-rejects", func(t *testing.T) {
		l.LAN.Filter(t, lab.Output, "tcp dport 20009", lab.RejectAdmin)
		d := scanFrom(t, l.LAN, sekisho, "-p", "20009", l.Home.V4.String(), l.Home.V6.String())
		for _, address := range []netip.Addr{l.Home.V4, l.Home.V6} {
			d.check(t, exposure.TCP, address, 20009, wanted{exposure.Unknown, exposure.AdminProhibited, exposure.Local})
		}
	})
}

// TestLimitedErrors: a host that sends one ICMP error a second leaves closed
// ports looking silent. The scan says so and does not wait for them all.
func TestLimitedErrors(t *testing.T) {
	l := lab.New(t)
	echoUDP(t, l.Home, 20100)
	d := scanFrom(t, l.LAN, program(t), "--udp", "-p", "20001-20400", l.Home.V4.String())
	d.check(t, exposure.UDP, l.Home.V4, 20100, wanted{exposure.Open, exposure.ProtoResponse, ""})
	if d.summary.Closed == 0 || d.summary.OpenFiltered == 0 || d.summary.Closed+d.summary.OpenFiltered != 399 {
		t.Errorf("%+v", d.summary)
	}
	if !d.says("sends 1 ICMP error a second; ") || !d.says("`--wait` proves them in ") {
		t.Errorf("notes %q", d.summary.Notes)
	}
}

// TestLimitedRejects: a firewall that rejects everything may send one ICMP
// error a second. Few ports get it all, of many the scan says so.
func TestLimitedRejects(t *testing.T) {
	l := lab.New(t)
	sekisho := program(t)
	l.Home.Listen(t, "tcp", "[::]:20022")
	l.Home.Filter(t, lab.Input, "tcp dport != 20022", lab.RejectAdmin)
	d := scanFrom(t, l.LAN, sekisho, "-p", "20001-20400", l.Home.V4.String())
	if d.summary.Open != 1 || d.summary.Filtered != 399 || !d.says("ports that stayed silent are probably rejected too") {
		t.Errorf("%+v", d.summary)
	}
	d = scanFrom(t, l.LAN, sekisho, "-p", "20501-20508", l.Home.V4.String())
	for port := range uint16(8) {
		d.check(t, exposure.TCP, l.Home.V4, 20501+port, wanted{exposure.Filtered, exposure.AdminProhibited, ""})
	}
	if d.says("assumed") || d.says("limits") {
		t.Errorf("notes %q", d.summary.Notes)
	}
}

// TestLimitedResets: a host that limits its resets leaves closed ports looking
// filtered. The scan says so and does not call it loss; few ports it asks until
// they are known.
func TestLimitedResets(t *testing.T) {
	l := lab.New(t)
	sekisho := program(t)
	l.Home.Listen(t, "tcp", "[::]:20022")
	l.Home.NFT(t, `table inet stingy { chain output { type filter hook output priority filter; tcp flags rst limit rate over 10/second drop; }; }`)
	for _, ports := range []string{"20001-21000", "20100-21099"} { // with an open port and without
		d := scanFrom(t, l.LAN, sekisho, "-p", ports, l.Home.V4.String())
		if !d.says("limits its resets") || d.summary.Loss != nil && *d.summary.Loss > 0 {
			t.Errorf("%s: %+v", ports, d.summary)
		}
	}
	d := scanFrom(t, l.LAN, sekisho, "-p", "20010-20030", l.Home.V4.String())
	if d.summary.Open != 1 || d.summary.Closed != 20 || len(d.summary.Notes) > 0 {
		t.Errorf("%+v", d.summary)
	}
}

// TestSlowRates end, whatever the rate, and what they send is questions.
func TestSlowRates(t *testing.T) {
	l := lab.New(t)
	sekisho := program(t)
	l.Home.Listen(t, "tcp", "[::]:20022")
	for _, pace := range [][]string{{"--rate", "5"}, {"--rate", "20"}, {"--rate", "50"}, {"--rate", "100"}, {"--profile", "polite"}} {
		d := scanFrom(t, l.LAN, sekisho, append(pace, "-p", "20011-20050", l.Home.V4.String())...)
		if s := d.summary; !s.Complete || s.Open != 1 || s.Closed != 39 || s.PacketsSent > 46 {
			t.Errorf("%q: %+v", pace, s)
		}
	}
}

// TestLossMissesNothing loses one packet in twenty each way.
func TestLossMissesNothing(t *testing.T) {
	l := lab.New(t)
	sekisho := program(t)
	l.Link(t, lab.LANCable, lab.Impairment{Loss: 0.05, Delay: 10 * time.Millisecond, Seed: 5})
	var open []uint16
	for i := range uint16(50) {
		port := 20000 + 37*i
		l.Home.Listen(t, "tcp", fmt.Sprintf("[::]:%d", port))
		open = append(open, port)
	}
	missed := func(t *testing.T, d document, address netip.Addr, open []uint16) {
		t.Helper()
		found := 0
		for _, o := range d.observations {
			if o.State == exposure.Open && !slices.Contains(open, o.Port) {
				t.Errorf("port %d is called open", o.Port)
			}
			if o.State == exposure.Open {
				found++
			}
		}
		if found != len(open) || !d.summary.Complete || d.summary.Loss == nil {
			t.Errorf("%v: %d of %d open ports found, %+v", address, found, len(open), d.summary)
		}
		t.Logf("%v: loss %.3f, %d packets in %d ms", address, *d.summary.Loss, d.summary.PacketsSent, d.summary.ElapsedMS)
	}
	for _, address := range []netip.Addr{l.Home.V4, l.Home.V6} {
		d := scanFrom(t, l.LAN, sekisho, "-p", "20000-23999", address.String())
		missed(t, d, address, open)
	}
	l.Home.Filter(t, lab.Input, "tcp dport != { 20000, 20370, 20740, 21110, 21480 }", lab.Drop)
	for _, address := range []netip.Addr{l.Home.V4, l.Home.V6} {
		d := scanFrom(t, l.LAN, sekisho, "-p", "20000-23999", address.String())
		missed(t, d, address, []uint16{20000, 20370, 20740, 21110, 21480})
	}
}

// TestCutConnection: a service that accepts and resets at once is open, and
// the detail says what it does.
func TestCutConnection(t *testing.T) {
	l := lab.New(t)
	ln := l.Home.Listen(t, "tcp", "[::]:20001")
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			_ = c.(*net.TCPConn).SetLinger(0)
			c.Close()
		}
	}()
	d := scanFrom(t, l.LAN, program(t), "-p", "20001", l.Home.V4.String(), l.Home.V6.String())
	for _, address := range []netip.Addr{l.Home.V4, l.Home.V6} {
		d.check(t, exposure.TCP, address, 20001, wanted{exposure.Open, exposure.SynAck, ""})
	}
}
