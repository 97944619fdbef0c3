package probe

import (
	"context"
	"fmt"
	"strings"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
	"sekisho/internal/wire/ntp"
)

// Bounds of the test: samples of the time, of which the quickest is the best
// (RFC 5905 section 10), and associations that are asked about.
const (
	ntpSamples      = 4
	ntpAssociations = 16
)

// testNTP takes the time several times, and asks the server whom it takes it
// from. Only the server itself is asked: what it names is told and not visited.
func testNTP(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	svc, err := s.ntpSample(ctx, t)
	if err != nil {
		return svc, err
	}
	s.Learn(svc)
	variables, err := s.ntpModes(ctx, &svc)
	s.ntpTold(t, &svc, variables, err)
	s.Learn(svc)
	if answers, _ := svc.Facts.Bool("mode6"); answers && err == nil {
		s.ntpPeers(ctx, t, &svc)
	} else {
		t.Step(exposure.Step{ID: "ntp-associations", Result: exposure.StepSkipped, Why: "no-mode6", Remote: s.peer.at})
	}
	if _, known := svc.Facts["chain"]; !known && svc.Facts["kiss"] == nil {
		stratum, _ := svc.Facts["stratum"].(int)
		svc.Facts["chain"] = []untrusted.Text{ntpHop(stratum, svc.Facts.Text("reference").Raw())}
	}
	return svc, nil
}

// ntpHop is one link of the chain of servers; a server that follows none names
// none.
func ntpHop(stratum int, from string) untrusted.Text {
	if from == "" {
		return untrusted.Line(fmt.Sprintf("stratum %d", stratum))
	}
	return untrusted.New(fmt.Sprintf("stratum %d, from %s", stratum, from), maxFact)
}

// ntpSample takes the time and keeps the answer that was quickest.
func (s *Session) ntpSample(ctx context.Context, t *Trial) (exposure.Service, error) {
	step := exposure.Step{ID: "ntp-time", Result: exposure.StepOK, Asked: "mode 3", Remote: s.peer.at}
	best, least, err := s.ntpTime(ctx)
	if err != nil {
		step.Result, step.Detail = exposure.StepFailed, err.Error()
		t.Step(step)
		return best, err
	}
	taken := 1
	for range ntpSamples - 1 {
		svc, delay, err := s.ntpTime(ctx)
		if err != nil {
			break
		}
		taken++
		if _, measured := svc.Facts["delay_ms"]; measured && delay < least {
			best, least = svc, delay
		}
	}
	best.Facts["samples"] = taken
	step.Facts = exposure.Facts{"samples": taken}
	for _, name := range []string{"stratum", "reference", "leap", "kiss", "offset_ms", "delay_ms", "root_dispersion_ms"} {
		if value, known := best.Facts[name]; known {
			step.Facts[name] = value
		}
	}
	if code := best.Facts.Text("kiss"); !code.IsZero() {
		step.Result, step.Said = exposure.StepRefused, code
	}
	t.Step(step)
	return best, nil
}

// ntpTold records what came of the two modes.
func (s *Session) ntpTold(t *Trial, svc *exposure.Service, variables map[string]string, err error) {
	for _, m := range []struct{ id, fact, asked string }{
		{"ntp-control", "mode6", "mode 6, readvar"},
		{"ntp-monlist", "mode7", "mode 7, monlist"},
	} {
		step := exposure.Step{ID: m.id, Result: exposure.StepUnknown, Asked: m.asked, Remote: s.peer.at}
		answers, asked := svc.Facts.Bool(m.fact)
		switch {
		case m.id == "ntp-control" && err != nil:
			step.Result, step.Detail = exposure.StepFailed, err.Error()
		case asked && answers:
			step.Result = exposure.StepOK
		case asked:
			step.Result, step.Why = exposure.StepUnknown, "silent"
		}
		if m.id == "ntp-control" {
			step.Said = untrusted.New(variables["version"], maxFact)
		}
		t.Step(step)
	}
}

// ntpPeers asks for the servers that the server takes its time from.
func (s *Session) ntpPeers(ctx context.Context, t *Trial, svc *exposure.Service) {
	step := exposure.Step{ID: "ntp-associations", Result: exposure.StepFailed, Asked: "mode 6, readstat", Remote: s.peer.at}
	status, err := s.ntpControl(ctx, ntp.ReadStatus, 0)
	if err != nil {
		step.Detail = err.Error()
		t.Step(step)
		return
	}
	var lines []string
	var chain []untrusted.Text
	stratum, _ := svc.Facts["stratum"].(int)
	for _, a := range status.Associations(ntpAssociations) {
		answer, err := s.ntpControl(ctx, ntp.ReadVariables, a.ID)
		if err != nil {
			continue
		}
		v := answer.Variables()
		mark := ""
		if a.System() {
			mark = "*"
			chain = []untrusted.Text{ntpHop(stratum, v["srcadr"]), untrusted.New(fmt.Sprintf("stratum %s, from %s", v["stratum"], v["refid"]), maxFact)}
		}
		lines = append(lines, fmt.Sprintf("%s%s stratum %s refid %s offset %s ms reach %s", mark, v["srcadr"], v["stratum"], v["refid"], v["offset"], v["reach"]))
	}
	step.Result = exposure.StepOK
	step.Said = untrusted.New(strings.Join(lines, "\n"), maxBanner)
	step.Facts = exposure.Facts{"associations": len(status.Associations(ntpAssociations))}
	svc.Facts["associations"] = texts(lines, ntpAssociations)
	if chain != nil {
		svc.Facts["chain"] = chain
	}
	t.Step(step)
}

// ntpControl puts one request of mode 6.
func (s *Session) ntpControl(ctx context.Context, operation byte, association uint16) (ntp.ControlAnswer, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	request := ntp.ControlRequest(operation, ntpSequence(s.peer.nonce()), association)
	v, err := s.volleys(ctx, func(b []byte) int {
		if ntp.AnswersControl(request, b) {
			return 0
		}
		return -1
	}, request)
	if err != nil {
		return ntp.ControlAnswer{}, err
	}
	if v[0].packets == 0 {
		return ntp.ControlAnswer{}, s.fail("read associations", errNoAnswer)
	}
	a, err := ntp.ParseControl(v[0].replies)
	if err != nil {
		return a, s.fail("read associations", err)
	}
	return a, nil
}
