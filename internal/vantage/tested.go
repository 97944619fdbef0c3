package vantage

import (
	"net/netip"
	"regexp"
	"strings"

	"sekisho/internal/exposure"
)

// Tested is a test that a vantage made of a service of ours, with its steps.
type Tested struct {
	Test    exposure.JobTest
	State   exposure.State
	Service exposure.Service
	Steps   []exposure.Step
	Flow    []exposure.Flow
}

// Bounds of what is told of one test.
const (
	mostSteps = 256
	mostFlow  = 256
)

// stepID is what a step of a test may be called, and why it failed in a word.
var stepID = regexp.MustCompile(`^[a-z0-9-]{1,60}$`)

// trial takes in what a batch tells of tests.
func (l *ledger) trial(b exposure.Batch) error {
	for _, s := range b.Steps {
		if s.Test < 0 || s.Test >= len(l.tests) || l.ended[s.Test] {
			return lies("it tells a step of a test that nobody asked for, or that is over")
		}
		t := &l.tests[s.Test]
		if len(t.Steps) == mostSteps || !stepID.MatchString(s.ID) || s.Why != "" && !stepID.MatchString(s.Why) || len(s.Facts) > mostFacts {
			return lies("a step of its test of %s cannot be", t.Test.Protocol)
		}
		kept := s.Step
		kept.Asked, kept.Detail = clean(kept.Asked), clean(kept.Detail)
		t.Steps = append(t.Steps, kept)
	}
	for _, e := range b.Tested {
		if e.Test < 0 || e.Test >= len(l.tests) || l.ended[e.Test] {
			return lies("it tells of a test that nobody asked for, or twice")
		}
		t := &l.tests[e.Test]
		s := e.Service
		if s.Address != l.plan.Address || len(s.Facts) > mostFacts || len(e.Flow) > mostFlow ||
			strings.ContainsFunc(s.Protocol, notOfProtocol) || len(s.Protocol) > 40 {
			return lies("what its test of %s tells cannot be", t.Test.Protocol)
		}
		for i, f := range e.Flow {
			e.Flow[i].What = clean(f.What)
			if strange(f.From) || strange(f.To) {
				return lies("its test of %s tells of addresses that are none", t.Test.Protocol)
			}
		}
		s.Transport, s.Port, s.Error = exposure.TCP, t.Test.Port, clean(s.Error)
		l.ended[e.Test], t.State, t.Service, t.Flow = true, e.State, s, e.Flow
	}
	return nil
}

func strange(a netip.AddrPort) bool { return !a.IsValid() || a.Addr().Zone() != "" }
