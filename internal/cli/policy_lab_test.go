//go:build linux && lab

package cli_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// judgedAs are the verdicts of a report's ports in short.
func judgedAs(r exposure.Report) []string {
	var list []string
	add := func(p exposure.Port) {
		for _, v := range p.Verdicts {
			list = append(list, fmt.Sprintf("%d/%s %s %s %s", p.Port, p.Transport, v.Zone, v.Expectation, v.Verdict))
		}
	}
	for _, h := range r.Hosts {
		for _, p := range h.Ports {
			add(p)
		}
		for _, g := range h.Verdicts {
			list = append(list, fmt.Sprintf("%s/%s %s %s %s", g.Ports, g.Transport, g.Zone, g.Expectation, g.Verdict.Verdict))
		}
	}
	for _, p := range r.Outgoing {
		add(p)
	}
	return list
}

func holdVerdicts(t *testing.T, r result, want []string) {
	t.Helper()
	got := judgedAs(decode[exposure.Report](t, r))
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("exit code %d, the verdicts are\n%s\nwant\n%s\n%s", r.code, strings.Join(got, "\n"), strings.Join(want, "\n"), r.errs)
	}
}

// TestPolicyFromTheLAN holds verdicts to what a packet filter really does to
// another machine of the LAN, and joins that view to the server's own report.
func TestPolicyFromTheLAN(t *testing.T) {
	l := lab.New(t)
	l.Home.StartSshd(t, lab.Sshd{})
	l.Home.Filter(t, lab.Input, "tcp dport 81", lab.Drop)
	l.Home.Filter(t, lab.Input, "tcp dport 82", lab.RejectAdmin)
	l.Home.Filter(t, lab.Input, "tcp dport 83", lab.RejectReset)
	l.Home.Filter(t, lab.Input, "udp dport 69", lab.Drop)
	const policy = `
hosts:
  %s:
    lan:
      open: [{port: 22, protocol: ssh}, {port: 80, protocol: http}]
      closed: [81, 82, 83, 84, 69/udp]
      rest: closed
`
	l.LAN.WriteFile(t, "/tmp/closed.yaml", fmt.Sprintf(policy, l.Home.V4))
	want := []string{
		"22/tcp lan open pass", "80/tcp lan open fail", "81/tcp lan closed pass", "82/tcp lan closed pass", "83/tcp lan closed pass", "84/tcp lan closed pass",
		"69/udp lan closed inconclusive", "rest/tcp lan closed inconclusive",
	}
	from := sekisho(t, l.LAN, root, "check", l.Home.V4.String(), "-p", "1-100,u:69", "--policy", "/tmp/closed.yaml", "-f", "json")
	holdVerdicts(t, from, want)
	if from.code != 1 {
		t.Errorf("exit code %d with a fail, want 1", from.code)
	}
	l.LAN.WriteFile(t, "/tmp/stealth.yaml", strings.Replace(fmt.Sprintf(policy, l.Home.V4), "closed: [", "stealth: [", 1))
	silent := sekisho(t, l.LAN, root, "check", l.Home.V4.String(), "-p", "1-100,u:69", "--policy", "/tmp/stealth.yaml", "-f", "json")
	holdVerdicts(t, silent, []string{
		"22/tcp lan open pass", "80/tcp lan open fail", "81/tcp lan stealth pass", "82/tcp lan stealth fail", "83/tcp lan stealth fail", "84/tcp lan stealth fail",
		"69/udp lan stealth inconclusive", "rest/tcp lan closed inconclusive",
	})

	// At home: what the other saw, and that nothing is bound to 69/udp.
	l.Home.WriteFile(t, "/tmp/lan.json", from.out)
	l.Home.WriteFile(t, "/tmp/closed.yaml", fmt.Sprintf(policy, "this-machine"))
	want[slices.Index(want, "69/udp lan closed inconclusive")] = "69/udp lan closed pass"
	holdVerdicts(t, sekisho(t, l.Home, root, "check", "-p", "1-100,u:69", "--policy", "/tmp/closed.yaml", "--merge", "/tmp/lan.json", "-f", "json"), want)
}

// TestPolicyOfWhatGoesOut: a firm's network that lets no mail out is told by the
// ports that the policy has tried.
func TestPolicyOfWhatGoesOut(t *testing.T) {
	l := lab.New(t)
	l.Outside.Listen(t, "tcp4", l.Outside.V4.String()+":25")
	l.Outside.Listen(t, "tcp4", l.Outside.V4.String()+":80")
	l.Router.Filter(t, lab.Forwarding, "tcp dport 25", lab.Drop)
	l.Home.WriteFile(t, "/tmp/out.yaml", fmt.Sprintf(`
outgoing:
  open:
    - {port: "25,80,81", to: %[1]s}
    - 443
`, l.Outside.V4))
	r := sekisho(t, l.Home, root, "check", "-p", "1", "--policy", "/tmp/out.yaml", "--authorized", "-f", "json")
	holdVerdicts(t, r, []string{
		"25/tcp outgoing open fail", "80/tcp outgoing open pass",
		"81/tcp outgoing open pass", // refused by the host itself: it got there
		"443/tcp outgoing open inconclusive",
	})
}

// TestPolicyAsksWhetherMailIsRelayed: only the policy has the relay test made,
// and its answer counts from outside.
func TestPolicyAsksWhetherMailIsRelayed(t *testing.T) {
	l := lab.New(t)
	l.Home.StartPostfix(t, lab.Postfix{})
	l.Forward(t, "tcp", 25, 25) // what is on the same cable as a neighbour is no outside
	for _, c := range []struct {
		from *lab.Host
		zone string
		at   string
		want string
	}{
		{l.Outside, "internet-v6", l.Home.V6.String(), "pass"},
		{l.LAN, "lan", l.Home.V4.String(), "inconclusive"},
	} {
		c.from.WriteFile(t, "/tmp/mail.yaml", c.zone+": {open: [{port: 25, protocol: smtp, without: smtp-open-relay}]}")
		r := sekisho(t, c.from, root, "check", c.at, "-p", "25", "--policy", "/tmp/mail.yaml", "--authorized", "-f", "json")
		holdVerdicts(t, r, []string{"25/tcp " + c.zone + " open " + c.want})
	}
}

// TestPolicyByTheOwnFilter: what the machine's own packet filter says of those
// who come from the LAN decides what nobody there looked at, but never that a
// port is open.
func TestPolicyByTheOwnFilter(t *testing.T) {
	l := lab.New(t)
	for _, port := range []string{"8080", "8081", "8082", "8083"} {
		l.Home.Listen(t, "tcp4", l.Home.V4.String()+":"+port)
	}
	l.Home.Filter(t, lab.Input, "tcp dport { 8081, 8083, 9999 }", lab.Drop)
	l.Home.Filter(t, lab.Input, "tcp dport 8082", lab.RejectAdmin)
	l.Home.WriteFile(t, "/tmp/own.yaml", `
lan:
  open: [8081, 7]
  closed: [8080, 8082, 9998]
  stealth: [8083, 9999]
internet-v4: {open: [8080]}
`)
	r := sekisho(t, l.Home, root, "check", "-p", "7,8080-8083,9998,9999", "--policy", "/tmp/own.yaml", "-f", "json")
	holdVerdicts(t, r, []string{
		"7/tcp lan open fail", "8080/tcp lan closed fail", "8080/tcp internet-v4 open inconclusive", "8081/tcp lan open fail",
		"8082/tcp lan closed pass", "8083/tcp lan stealth pass", "9998/tcp lan closed pass", "9999/tcp lan stealth pass",
	})
	for _, h := range decode[exposure.Report](t, r).Hosts {
		for _, p := range h.Ports {
			for _, v := range p.Verdicts {
				if v.Zone == exposure.ZoneLAN && v.Basis != exposure.BasisComputed {
					t.Errorf("%d/%s rests on %q: %v", p.Port, p.Transport, v.Basis, v.Why)
				}
			}
		}
	}
}
