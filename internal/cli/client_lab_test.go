//go:build lab

package cli_test

import (
	"fmt"
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// TestDiagnoseManyAddresses: of a name with forty addresses thirty-two are looked
// at, and it is said that the others were not.
func TestDiagnoseManyAddresses(t *testing.T) {
	l := lab.New(t)
	l.LAN.StartNginx(t, lab.Nginx{})
	hosts := "127.0.0.1 localhost\n" + l.LAN.V4.String() + " many.example\n"
	for i := range 39 {
		hosts += fmt.Sprintf("192.168.77.%d many.example\n", 100+i)
	}
	l.Home.WriteFile(t, "/etc/hosts", hosts)
	r := sekisho(t, l.Home, root, "diagnose", "many.example", "80", "-f", "json")
	d := decode[exposure.Diagnosis](t, r)
	causes := map[string]int{}
	for _, p := range d.Ports {
		causes[p.Cause.ID]++
	}
	if causes["ok"] != 1 || causes["host-down"] != 31 || !strings.Contains(strings.Join(d.Unseen, " "), "8 further addresses") {
		t.Errorf("%v\n%q\n%s", causes, d.Unseen, r.errs)
	}
}

// TestDiagnoseIPv6Only: a household without IPv4 is told of by what it has.
func TestDiagnoseIPv6Only(t *testing.T) {
	l := lab.New(t)
	l.LAN.StartNginx(t, lab.Nginx{})
	l.Home.Run(t, "ip", "-4", "address", "flush", "dev", "eth0")
	for host, want := range map[string]string{l.LAN.V6.String(): "ok proven", l.LAN.V4.String(): "no-route proven"} {
		d := decode[exposure.Diagnosis](t, sekisho(t, l.Home, root, "diagnose", host, "80", "--authorized", "-f", "json"))
		if got := d.Ports[0].Cause.ID + " " + string(d.Ports[0].Cause.Certainty); len(d.Ports) != 1 || got != want {
			t.Errorf("%s: %s, want %s\n%s", host, got, want, told(d.Ports[0]))
		}
	}
}
