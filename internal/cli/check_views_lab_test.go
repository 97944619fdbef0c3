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
	if bad := sekisho(t, l.Home, root, "check", "192.168.77.1", "--name", "home.example"); bad.code != 2 {
		t.Errorf("of another host: exit code %d", bad.code)
	}
}
