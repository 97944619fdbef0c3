//go:build linux && lab

package cli_test

import (
	"fmt"
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// TestCheckByNameAndThroughAProxy: the matrix has this machine as clients get to it
// by its name and through a proxy, and nobody else is sent to.
func TestCheckByNameAndThroughAProxy(t *testing.T) {
	l := lab.New(t)
	l.Home.StartNginx(t, lab.Nginx{})
	l.LAN.StartSquid(t, lab.Squid{Config: "http_access allow all"})
	l.Home.WriteFile(t, "/etc/hosts", "127.0.0.1 localhost\n"+l.Home.V4.String()+" home.example\n"+l.LAN.V4.String()+" home.example\n")
	proxy := fmt.Sprintf("http://%s:3128", l.LAN.V4)
	r := sekisho(t, l.Home, root, "check", "-4", "-p", "80", "--name", "home.example", "--proxy", proxy, "-f", "json")
	report := decode[exposure.Report](t, r)
	seen := map[exposure.View][]exposure.Observation{}
	for _, o := range portOf(report, exposure.TCP, 80).Observations {
		seen[o.View] = append(seen[o.View], o)
	}
	if by := seen[exposure.ViewName]; len(by) != 1 || by[0].State != exposure.Open || by[0].Host != "home.example" || by[0].Address != l.Home.V4 {
		t.Errorf("by name: %+v\n%s", by, r.errs)
	}
	if by := seen[exposure.ViewProxy]; len(by) != 1 || by[0].State != exposure.Open || by[0].By != l.LAN.V4.String() {
		t.Errorf("through the proxy: %+v\n%s", by, r.errs)
	}
	if !strings.Contains(strings.Join(report.Scan.Notes, "\n"), "leads to "+l.LAN.V4.String()) {
		t.Errorf("another's address is not told: %q", report.Scan.Notes)
	}
	page := sekisho(t, l.Home, root, "check", "-4", "-p", "80", "--name", "home.example", "--proxy", proxy)
	if words := strings.Join(strings.Fields(page.out), " "); !strings.Contains(words, "by host name") || !strings.Contains(words, "a proxy") {
		t.Errorf("%s\n%s", page.out, page.errs)
	}
	diagnosedByName(t, l, proxy)
	if bad := sekisho(t, l.Home, root, "check", "192.168.77.1", "--name", "home.example"); bad.code != 2 {
		t.Errorf("of another host: exit code %d", bad.code)
	}
}

// diagnosedByName holds that the stages have both ways too, of this machine and,
// through the proxy, of another host that this machine's own rules keep it from.
func diagnosedByName(t *testing.T, l *lab.Lab, proxy string) {
	t.Helper()
	stages := func(args ...string) (map[string]exposure.Stage, string) {
		t.Helper()
		r := sekisho(t, l.Home, root, append([]string{"diagnose", "-4", "-f", "json", "--proxy", proxy}, args...)...)
		d := decode[exposure.Diagnosis](t, r)
		if len(d.Ports) != 1 {
			t.Fatalf("%s\n%s", r.out, r.errs)
		}
		found := map[string]exposure.Stage{}
		for _, s := range d.Ports[0].Stages {
			found[s.ID] = s
		}
		return found, d.Ports[0].Cause.ID
	}
	own, _ := stages("80", "--name", "home.example")
	for id, words := range map[string]string{"by-name": "By the name home.example a connection to " + l.Home.V4.String(), "proxy": l.LAN.V4.String() + ":3128 gets a connection"} {
		if own[id].Result != exposure.StageOK || !strings.Contains(own[id].Detail, words) {
			t.Errorf("%s: %+v", id, own[id])
		}
	}
	proxy = fmt.Sprintf("socks5://%s:1", l.LAN.V4)
	if dead, _ := stages("80"); dead["proxy"].Result != exposure.StageUnknown || !strings.Contains(dead["proxy"].Detail, "could not be used: connection refused") {
		t.Errorf("a proxy that is away: %+v", dead["proxy"])
	}
	proxy = fmt.Sprintf("http://%s:3128", l.LAN.V4)
	l.Outside.StartNginx(t, lab.Nginx{})
	l.Home.Filter(t, lab.Output, "ip daddr "+l.Outside.V4.String()+" tcp dport 80", lab.Drop)
	other, cause := stages(l.Outside.V4.String(), "80", "--authorized")
	if other["proxy"].Result != exposure.StageOK || cause != "egress-blocked" {
		t.Errorf("of another host: %s, %+v", cause, other["proxy"])
	}
	if bad := sekisho(t, l.Home, root, "diagnose", l.Outside.V4.String(), "80", "--name", "home.example"); bad.code != 2 || !strings.Contains(bad.errs, "--name is of this machine") {
		t.Errorf("exit code %d: %s", bad.code, bad.errs)
	}
}
