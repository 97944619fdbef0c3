//go:build lab

package cli_test

import (
	"flag"
	"fmt"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// fault is one thing that is wrong with a port, provoked in the lab, and the
// cause that is to be named.
type fault struct {
	name    string
	provoke func(t *testing.T, l *lab.Lab)
	// from is who looks beside the machine itself: nobody, another host of the
	// LAN, or somebody outside.
	from      func(l *lab.Lab) *lab.Host
	at        func(l *lab.Lab) netip.Addr // what they look at
	port      string
	arguments []string
	// unprivileged is a diagnosis that is not made by root.
	unprivileged bool
	// access is what stands between router and outside, and looks who looks
	// further, at what.
	access    lab.Access
	looks     []look
	cause     string
	certainty exposure.Certainty
	// on is who asks for the diagnosis, Home where nobody is named, and host what
	// other host the way leads to; without one it is the machine itself.
	on   func(l *lab.Lab) *lab.Host
	host func(l *lab.Lab) string
	// checks is that the other host looks by check, whose report says who it is.
	checks bool
	// test is the test by which the other host looks, in place of a scan.
	test string
	zone exposure.Zone // of several the one that is told of; empty where there is one
	via  bool          // the one outside is a vantage and asked by --via
}

// look is the line by which another host looks.
func (f fault) look(l *lab.Lab) []string {
	words := []string{"scan", f.at(l).String(), "-p", portsOf(f.port), "--show", "all"}
	if f.checks {
		return []string{"check", f.at(l).String(), "-p", portsOf(f.port), "--authorized", "-f", "json"}
	}
	if f.test != "" {
		words = []string{"test", f.test, f.at(l).String(), "-p", f.port, "--timeout", "12s"}
	}
	return append(words, "--authorized", "-f", "json")
}

// command is the line of the diagnosis, and who types it.
func (f fault) command(l *lab.Lab) (*lab.Host, []string) {
	who, words := l.Home, []string{"diagnose"}
	if f.on != nil {
		who = f.on(l)
	}
	if f.host != nil {
		words = append(words, f.host(l), "--authorized")
	}
	return who, append(append(words, f.port, "-f", "json"), f.arguments...)
}

func lanHost(l *lab.Lab) *lab.Host     { return l.LAN }
func outsideHost(l *lab.Lab) *lab.Host { return l.Outside }
func homeV4(l *lab.Lab) netip.Addr     { return l.Home.V4 }
func homeV6(l *lab.Lab) netip.Addr     { return l.Home.V6 }
func routerV4(l *lab.Lab) netip.Addr   { return l.Router.V4 }

func web(change func(t *testing.T, l *lab.Lab)) func(t *testing.T, l *lab.Lab) {
	return func(t *testing.T, l *lab.Lab) {
		t.Helper()
		l.Home.StartNginx(t, lab.Nginx{})
		if change != nil {
			change(t, l)
		}
	}
}

func filtered(match string, v lab.Verdict) func(t *testing.T, l *lab.Lab) {
	return web(func(t *testing.T, l *lab.Lab) {
		t.Helper()
		l.Home.Filter(t, lab.Input, match, v)
	})
}

// faults is the matrix: the tables of the parts of the way, each with its area.
var faults = slices.Concat(hostFaults, applyFaults, nameFaults, clientFaults, carrierFaults, routerFaults, serviceFaults, viaFaults, viaFTPFaults, witnessFaults, moreFaults, auditFaults)

// hostFaults are faults of the machine itself, and what needs no other part.
var hostFaults = []fault{
	{name: "nothing is wrong", provoke: web(nil), from: lanHost, at: homeV4, port: "80", cause: "ok", certainty: exposure.CauseProven},
	{name: "nothing is wrong, forwarded", provoke: web(func(t *testing.T, l *lab.Lab) { l.Forward(t, "tcp", 80, 80) }), from: outsideHost, at: routerV4, port: "80", cause: "ok", certainty: exposure.CauseLikely},
	{name: "nothing is wrong over IPv6", provoke: web(func(t *testing.T, l *lab.Lab) { l.Forward(t, "tcp", 80, 80) }), from: outsideHost, at: homeV6, port: "80", cause: "ok", certainty: exposure.CauseProven},
	{name: "stopped", provoke: func(*testing.T, *lab.Lab) {}, port: "80", cause: "not-listening", certainty: exposure.CauseProven},
	{name: "stopped, UDP", provoke: func(*testing.T, *lab.Lab) {}, port: "53/udp", cause: "not-listening", certainty: exposure.CauseProven},
	{name: "loopback only", provoke: func(t *testing.T, l *lab.Lab) {
		l.Home.StartNginx(t, lab.Nginx{Addr: netip.MustParseAddr("127.0.0.1")})
	}, port: "80", cause: "loopback-only", certainty: exposure.CauseProven},
	{name: "loopback only, UDP", provoke: func(t *testing.T, l *lab.Lab) { l.Home.ListenPacket(t, "udp", "127.0.0.1:5353") }, port: "5353/udp", cause: "loopback-only", certainty: exposure.CauseProven},
	{name: "an address that is gone", provoke: func(t *testing.T, l *lab.Lab) {
		l.Home.Run(t, "ip", "address", "add", "192.168.77.99/24", "dev", "eth0")
		l.Home.Listen(t, "tcp", "192.168.77.99:80")
		l.Home.Run(t, "ip", "address", "del", "192.168.77.99/24", "dev", "eth0")
	}, port: "80", cause: "wrong-address", certainty: exposure.CauseProven},
	{name: "IPv4 only, asked over IPv6", provoke: func(t *testing.T, l *lab.Lab) {
		l.Home.Listen(t, "tcp4", "0.0.0.0:80")
		l.Forward(t, "tcp", 80, 80)
	}, from: outsideHost, at: homeV6, port: "80", cause: "wrong-family", certainty: exposure.CauseProven},
	{name: "no address", provoke: web(func(t *testing.T, l *lab.Lab) {
		l.Home.Run(t, "ip", "address", "flush", "dev", "eth0")
	}), port: "80", cause: "no-route", certainty: exposure.CauseProven},
	{name: "the interface is down", provoke: web(func(t *testing.T, l *lab.Lab) {
		l.Home.Run(t, "ip", "link", "set", "eth0", "down")
	}), port: "80", cause: "no-route", certainty: exposure.CauseProven},
	{name: "dropped", provoke: filtered("tcp dport 80", lab.Drop), from: lanHost, at: homeV4, port: "80", cause: "host-firewall", certainty: exposure.CauseProven},
	{name: "dropped, nobody else looked", provoke: filtered("tcp dport 80", lab.Drop), port: "80", cause: "host-firewall", certainty: exposure.CauseProven},
	{name: "rejected", provoke: filtered("tcp dport 80", lab.RejectReset), port: "80", cause: "host-firewall", certainty: exposure.CauseProven},
	{name: "dropped for the Internet, IPv6", provoke: web(func(t *testing.T, l *lab.Lab) {
		l.Forward(t, "tcp", 80, 80)
		l.Home.Filter(t, lab.Input, "ip6 saddr 2000::/3 tcp dport 80", lab.Drop)
	}), from: outsideHost, at: homeV6, port: "80", cause: "host-firewall", certainty: exposure.CauseProven},
	{name: "hangs", provoke: func(t *testing.T, l *lab.Lab) { l.Home.Listen(t, "tcp", "[::]:80") }, from: lanHost, at: homeV4, port: "80", cause: "service-silent", certainty: exposure.CauseProven},
	{name: "hangs up", provoke: func(t *testing.T, l *lab.Lab) { hangingUp(t, l.Home, "[::]:80") }, from: lanHost, at: homeV4, port: "80", cause: "service-refuses", certainty: exposure.CauseProven},
	{name: "another service", provoke: func(t *testing.T, l *lab.Lab) { l.Home.StartSshd(t, lab.Sshd{Port: 80}) }, from: lanHost, at: homeV4, port: "80", cause: "service-wrong", certainty: exposure.CauseProven},
	{name: "expired", provoke: func(t *testing.T, l *lab.Lab) {
		l.Home.StartNginx(t, lab.Nginx{Expires: time.Now().Add(-48 * time.Hour)})
	}, from: lanHost, at: homeV4, port: "443", cause: "tls-broken", certainty: exposure.CauseProven},
	{name: "a resolver that is away", provoke: web(func(t *testing.T, l *lab.Lab) {
		l.Home.WriteFile(t, "/etc/resolv.conf", "nameserver 127.0.0.9\noptions timeout:1 attempts:1\n")
	}), from: lanHost, at: homeV4, port: "80", arguments: []string{"--name", "www.home.example"}, cause: "dns-failure", certainty: exposure.CauseProven},
	{name: "open by a rule", provoke: web(func(t *testing.T, l *lab.Lab) {
		l.Home.NFT(t, `table inet own {
			chain input {
				type filter hook input priority filter; policy drop
				ct state established,related accept
				iif lo accept
				icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
				tcp dport 80 accept
			}
		}`)
	}), from: lanHost, at: homeV4, port: "80", arguments: []string{"--closed"}, cause: "allow-rule", certainty: exposure.CauseProven},
	{name: "open without a packet filter", provoke: web(nil), from: lanHost, at: homeV4, port: "80", arguments: []string{"--closed"}, cause: "firewall-off", certainty: exposure.CauseProven},
	{name: "no forward", provoke: web(nil), from: outsideHost, at: routerV4, port: "80", cause: "router-no-forward", certainty: exposure.CausePossible},
	{name: "IPv6 filtered by the router", provoke: web(nil), from: outsideHost, at: homeV6, port: "80", cause: "router-filter", certainty: exposure.CausePossible},
}

// typed are the commands that were tried, without their numbers and addresses.
var typed sync.Map

// typable: every command of sekisho that a diagnosis names can be typed as it
// stands. Of those that differ in numbers and addresses one is tried.
func typable(t *testing.T, h *lab.Host, p exposure.DiagnosedPort) {
	t.Helper()
	for _, step := range p.Cause.Remedy {
		for line := range strings.Lines(step) {
			words := strings.Fields(line)
			if len(words) < 2 || words[0] != "sekisho" || words[1] == "diagnose" {
				continue
			}
			if _, before := typed.LoadOrStore(alike.ReplaceAllString(line, "N"), true); before {
				continue
			}
			if r := sekisho(t, h, root, words[1:]...); r.code == 2 {
				t.Errorf("%s: %s", strings.TrimSpace(line), r.errs)
			}
		}
	}
}

// portsOf is a port as -p takes it.
func portsOf(port string) string {
	number, transport, _ := strings.Cut(port, "/")
	if transport == "udp" {
		return "u:" + number
	}
	return number
}

// alike matches what commands differ in that are typed alike.
var alike = regexp.MustCompile(`[0-9][0-9a-f.:]*`)

func hangingUp(t *testing.T, h *lab.Host, address string) {
	t.Helper()
	listener := h.Listen(t, "tcp", address)
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
}

// TestFaultMatrix provokes one fault after the other and holds that the right
// cause is named, how sure it is, and that none is proven wrongly.
func TestFaultMatrix(t *testing.T) {
	rows := make([]exposure.DiagnosedPort, len(faults))
	t.Cleanup(func() { holdsMatrix(t, rows) })
	for i, f := range faults {
		if i%portion != 0 {
			continue
		}
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			l := lab.New(t, lab.Behind(f.access))
			f.provoke(t, l)
			who, arguments := f.command(l)
			if f.via {
				vantageOf(t, l, l.Outside)
				arguments = append(arguments, "--via", viaURL)
			}
			if f.from != nil {
				r := sekisho(t, f.from(l), root, f.look(l)...)
				if r.code == 2 {
					t.Fatalf("%s", r.errs)
				}
				const seen = "/tmp/seen.json"
				who.WriteFile(t, seen, r.out)
				defer func() {
					if t.Failed() {
						t.Log(r.out)
					}
				}()
				arguments = append(arguments, "--merge", seen)
			}
			arguments = append(arguments, f.looked(t, l, who)...)
			r := sekisho(t, who, user(!f.unprivileged), arguments...)
			d := decode[exposure.Diagnosis](t, r)
			if f.zone != "" {
				d.Ports = slices.DeleteFunc(d.Ports, func(p exposure.DiagnosedPort) bool { return p.Zone != f.zone })
			}
			if len(d.Ports) != 1 {
				t.Fatalf("%d ports: %s", len(d.Ports), r.errs)
			}
			got := d.Ports[0]
			if got.Cause.ID != f.cause || got.Cause.Certainty != f.certainty {
				t.Errorf("%s %s, want %s %s\n%s", got.Cause.ID, got.Cause.Certainty, f.cause, f.certainty, told(got))
			}
			typable(t, who, got)
			rows[i] = got
		})
	}
}

// holdsMatrix holds what came out of all faults together: at least four of five
// are proven, and the page shows them.
func holdsMatrix(t *testing.T, rows []exposure.DiagnosedPort) {
	t.Helper()
	table, all, proven := "| fault | port | cause | certainty |\n|---|---|---|---|\n", 0, 0
	for i, f := range faults {
		if rows[i].Cause.ID == "" {
			continue // it failed, or was not asked for
		}
		all++
		if rows[i].Cause.Certainty == exposure.CauseProven {
			proven++
		}
		table += fmt.Sprintf("| %s | %s | %s | %s |\n", f.name, f.port, rows[i].Cause.ID, rows[i].Cause.Certainty)
	}
	switch {
	case t.Failed() || all < len(faults):
	case proven*10 < 8*all:
		t.Errorf("%d of %d proven", proven, all)
	default:
		holdsTable(t, table)
	}
}

// TestScansTellWhoLooked: of a neighbour that sends a scan this machine computes
// what it does with exactly its packets, over either family.
func TestScansTellWhoLooked(t *testing.T) {
	l := lab.New(t)
	l.Home.StartNginx(t, lab.Nginx{})
	l.Home.NFT(t, "table inet some {\nchain in {\ntype filter hook input priority 0\nip saddr "+l.LAN.V4.String()+" tcp dport 80 drop\nip6 saddr "+l.LAN.V6.String()+" tcp dport 80 drop\n}\n}\n")
	for _, at := range []string{l.Home.V4.String(), l.Home.V6.String()} {
		r := sekisho(t, l.LAN, root, "scan", at, "-p", "80", "--show", "all", "--authorized", "-f", "json")
		seen := decode[exposure.ScanDocument](t, r)
		if len(seen.Summary.Sources) != 1 {
			t.Errorf("%s: the sources are %v\n%s", at, seen.Summary.Sources, r.errs)
		}
		l.Home.WriteFile(t, "/tmp/seen.json", r.out)
		d := decode[exposure.Diagnosis](t, sekisho(t, l.Home, root, "diagnose", "80", "--merge", "/tmp/seen.json", "-f", "json"))
		if len(d.Ports) != 1 || d.Ports[0].Cause.ID != "host-firewall" || d.Ports[0].Cause.Certainty != exposure.CauseProven {
			t.Errorf("%s: %+v", at, d.Ports)
		}
	}
}

// TestVerdictsHaveCauses: what another host of the LAN saw fails the policy, and
// the report of the machine itself says why.
func TestVerdictsHaveCauses(t *testing.T) {
	l := lab.New(t)
	filtered("tcp dport 80", lab.Drop)(t, l)
	r := sekisho(t, l.LAN, root, "check", l.Home.V4.String(), "-p", "22,80", "-f", "json")
	l.Home.WriteFile(t, "/tmp/seen.json", r.out)
	l.Home.WriteFile(t, "/tmp/policy.yaml", "lan:\n  open: [22, 80]\n")
	r = sekisho(t, l.Home, root, "check", "-p", "22,80", "--policy", "/tmp/policy.yaml", "--merge", "/tmp/seen.json", "-f", "json")
	if r.code != 1 {
		t.Errorf("exit code %d: %s", r.code, r.errs)
	}
	causes := map[uint16]string{}
	for _, p := range decode[exposure.Report](t, r).Hosts[0].Ports {
		for _, v := range p.Verdicts {
			if v.Cause != nil {
				causes[p.Port] = v.Cause.ID + " " + string(v.Cause.Certainty)
			}
		}
	}
	if d := cmp.Diff(map[uint16]string{22: "not-listening proven", 80: "host-firewall proven"}, causes); d != "" {
		t.Errorf("(-want +got):\n%s\n%s", d, r.out)
	}
	r = sekisho(t, l.Home, root, "check", "-p", "80", "--policy", "/tmp/policy.yaml", "--merge", "/tmp/seen.json")
	if !strings.Contains(r.out, "Cause: the host's own firewall keeps it out (host-firewall, proven)") || !strings.Contains(r.out, "sekisho firewall open 80/tcp") {
		t.Errorf("the page does not tell the cause:\n%s", r.out)
	}
}

// holdsTable compares the table of the page with what came out, or writes it.
func holdsTable(t *testing.T, table string) {
	t.Helper()
	const page, begin, end = "../../docs/diagnosis.md", "<!-- faults: made by TestFaultMatrix -->\n", "<!-- end -->"
	b, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(b), begin)
	old, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the table", page)
	}
	if flag.Lookup("update").Value.String() == "true" { // it is the flag of TestProtocolsPage
		if err := os.WriteFile(page, []byte(before+begin+table+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if old != table {
		t.Errorf("%s is not what came out; run with -update:\n%s", page, table)
	}
}

func told(p exposure.DiagnosedPort) string {
	var words strings.Builder
	words.WriteString(fmt.Sprintf("%q\n", p.Cause.Evidence))
	for _, s := range p.Stages {
		words.WriteString(fmt.Sprintf("%s %s: %s\n", s.ID, s.Result, s.Detail))
	}
	for _, r := range p.Rivals {
		words.WriteString("or " + r.ID + "\n")
	}
	return words.String()
}
