package probe

import (
	"context"
	"regexp"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
	"sekisho/internal/wire/ntp"
)

func init() {
	register(Probe{
		Name: "ntp", Transport: exposure.UDP, Ports: []uint16{123}, Hello: ntp.Request, Match: ntp.Answers, Run: runNTP,
		Tests: []Test{{Name: "ntp", Port: 123, Run: testNTP}},
	})
}

var ntpProducts = []pattern{
	{"NTPsec", regexp.MustCompile(`^ntpd ntpsec-(?P<version>\d[\w.+~-]*)`)},
	{"ntpd", regexp.MustCompile(`^ntpd (?P<version>\d[\w.-]*)`)},
}

// ntpLeap are the words of the leap indicator (RFC 5905 figure 9).
var ntpLeap = []string{"none", "insert", "delete", "unsynchronised"}

// The leap indicator and the stratum of a clock that is not synchronised.
const (
	ntpUnsynchronised = 3
	ntpUnreachable    = 16
)

// runNTP asks for the time once, and then once in each of the two modes in
// which strangers are best not answered.
func runNTP(ctx context.Context, s *Session) (exposure.Service, error) {
	svc, _, err := s.ntpTime(ctx)
	if err != nil {
		return svc, err
	}
	s.Learn(svc)
	if _, err := s.ntpModes(ctx, &svc); err != nil {
		return svc, err
	}
	return svc, nil
}

// ntpTime asks for the time.
func (s *Session) ntpTime(ctx context.Context) (exposure.Service, time.Duration, error) {
	request := ntp.Request(s.peer.nonce())
	left := time.Now()
	reply, err := s.Exchange(ctx, request, func(b []byte) bool { return ntp.Answers(request, b) })
	came := time.Now()
	if err != nil {
		return exposure.Service{}, 0, s.fail("ask time", err)
	}
	h, err := ntp.ParseHeader(reply, came)
	if err != nil {
		return exposure.Service{}, 0, s.fail("read time", err)
	}
	svc := exposure.Service{Protocol: "ntp", Confidence: exposure.Confirmed, Facts: exposure.Facts{
		"ntp_version": int(h.Version), "stratum": int(h.Stratum), "leap": ntpLeap[h.Leap],
	}}
	if code := h.Kiss(); code != "" {
		svc.Facts["kiss"] = untrusted.New(code, maxFact)
		if h.Leap == ntpUnsynchronised && (code == "INIT" || code == "STEP") {
			// No refusal: the server itself waits for the time (RFC 5905 figure 13).
			svc.Facts["synchronised"] = false
		}
		return svc, 0, nil
	}
	svc.Facts["synchronised"] = h.Leap != ntpUnsynchronised && h.Stratum > 0 && h.Stratum < ntpUnreachable
	if from := h.ReferenceName(); from != "" {
		svc.Facts["reference"] = untrusted.New(from, maxFact)
	}
	svc.Facts["precision"] = int(h.Precision)
	svc.Facts["root_delay_ms"], svc.Facts["root_dispersion_ms"] = ntpMillis(h.RootDelay), ntpMillis(h.RootDispersion)
	offset, delay := h.Offset(left, came)
	if came.Sub(left) < ntpOneTry {
		// Of an answer to a repetition it is not known which request it answers.
		svc.Facts["offset_ms"], svc.Facts["delay_ms"] = ntpMillis(offset), ntpMillis(delay)
	}
	return svc, delay, nil
}

// ntpOneTry is how long an answer may take to be that to the first request: a
// little less than after what the exchange repeats it.
const ntpOneTry = 900 * time.Millisecond

// ntpMillis is a duration in milliseconds, to the microsecond.
func ntpMillis(d time.Duration) float64 {
	return float64(d.Round(time.Microsecond)) / float64(time.Millisecond)
}

// ntpModes asks for the server's variables in mode 6 and for its clients in
// mode 7, with one datagram each, and measures what comes back. Most servers
// are silent in both to whoever is not of their own machine.
func (s *Session) ntpModes(ctx context.Context, svc *exposure.Service) (variables map[string]string, err error) {
	read := ntp.ControlRequest(ntp.ReadVariables, ntpSequence(s.peer.nonce()), 0)
	list := ntp.MonitorList()
	answers, err := s.volleys(ctx, func(b []byte) int {
		switch _, _, private := ntp.PrivateAnswer(b); {
		case ntp.AnswersControl(read, b):
			return 0
		case private:
			return 1
		}
		return -1
	}, read, list)
	if err != nil {
		return nil, err
	}
	control, private := answers[0], answers[1]
	svc.Facts["mode6"], svc.Facts["mode7"] = control.packets > 0, private.packets > 0
	control.keep(svc.Facts, "ntp-readvar")
	private.keep(svc.Facts, "ntp-monlist")
	if private.packets > 0 {
		entries, _, _ := ntp.PrivateAnswer(private.replies[0])
		svc.Facts["monlist"] = entries > 0
	}
	variables = map[string]string{}
	if control.packets == 0 {
		return variables, nil
	}
	a, err := ntp.ParseControl(control.replies)
	if err != nil {
		return variables, s.fail("read variables", err)
	}
	variables = a.Variables()
	version := variables["version"]
	svc.Product, svc.Version = match(ntpProducts, version)
	svc.Banner = untrusted.New(version, maxBanner)
	if system := variables["system"]; system != "" {
		svc.Facts["system"] = untrusted.New(system, maxFact)
	}
	return variables, nil
}

// ntpSequence is a number for a control request, never 0.
func ntpSequence(nonce uint64) uint16 { return uint16(nonce>>32) | 1 }
