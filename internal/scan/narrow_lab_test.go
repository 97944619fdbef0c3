//go:build linux && lab

package scan_test

import (
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// TestNarrowLineMissesNothing scans through a line that lets 1,000 packets a
// second through and keeps 50 waiting: what it drops is asked again, and no
// port is taken for silent.
func TestNarrowLineMissesNothing(t *testing.T) {
	l := lab.New(t)
	sekisho := program(t)
	var open []uint16
	for i := range uint16(30) {
		open = append(open, 20001+103*i)
	}
	services(t, l.Router, open...)
	l.Router.NFT(t, "insert rule inet router input tcp dport 20001-23000 accept")
	l.Link(t, lab.WAN, lab.Impairment{Rate: 1000, Queue: 50, Seed: 1})
	for _, method := range bothMethods {
		for _, address := range both(l.Router) {
			t.Run(method+"_"+family(address), func(t *testing.T) {
				d := scanFrom(t, l.Outside, sekisho, "--method", method, "--profile", "lan", "-p", "20001-23000", address.String())
				d.exactly(t, address, open, exposure.Closed)
				if s := d.summary; len(d.observations) != 3000 || s.Open != len(open) || s.Closed != 3000-len(open) {
					t.Errorf("%d ports, %+v", len(d.observations), s)
				}
				t.Logf("%d packets in %d ms", d.summary.PacketsSent, d.summary.ElapsedMS)
			})
		}
	}
}
