//go:build lab

package cli_test

import (
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// TestMovedDatagramServices has services over UDP on numbers that are nobody's,
// or another's, and somebody who names those ports.
func TestMovedDatagramServices(t *testing.T) {
	l := lab.New(t)
	l.Home.StartUnbound(t, lab.Unbound{Port: 5353})
	l.Home.StartSnmpd(t, lab.Snmpd{Port: 1161})
	r := sekisho(t, l.LAN, root, "check", l.Home.V4.String(), "-p", "u:1161,u:5353", "-f", "json")
	got := map[uint16]string{}
	for _, h := range decode[exposure.Report](t, r).Hosts {
		for _, p := range h.Ports {
			for _, s := range p.Services {
				got[p.Port] += s.Protocol + " " + s.Product.Raw()
			}
		}
	}
	if got[1161] != "snmp Net-SNMP" || got[5353] != "dns Unbound" {
		t.Errorf("%v\n%s", got, r.errs)
	}
}
