package agent

import (
	"slices"
	"testing"

	"sekisho/internal/exposure"
)

// TestOnlyWhatDiffersIsAskedAgain: a port that one of two looks could not judge, or
// did not ask, is none that differs.
func TestOnlyWhatDiffersIsAskedAgain(t *testing.T) {
	now := states{21: exposure.Closed, 22: exposure.Open, 80: exposure.Filtered, 443: exposure.Open, 445: exposure.Unknown, 8080: exposure.Open}
	before := []exposure.AlikePorts{
		{Transport: exposure.TCP, State: exposure.Open, Ports: exposure.PortList{22, 80, 445, 9000}},
		{Transport: exposure.TCP, State: exposure.Filtered, Ports: exposure.PortList{21, 443}},
		{Transport: exposure.TCP, State: exposure.Unknown, Ports: exposure.PortList{8080}},
		{Transport: exposure.UDP, State: exposure.Closed, Ports: exposure.PortList{22}},
	}
	if got := now.differing(before); !slices.Equal(got, exposure.PortList{21, 80, 443}) {
		t.Errorf("%v", got)
	}
}
