package probe

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

var fingerTests = []Test{{Name: "finger", Port: 79, Check: fingerCheckUser, Run: testFinger}}

var errFingerName = errors.New("a name is one word without @ (RFC 1288 section 2.3)")

// fingerCheckUser holds that the name is one word: with an @ it would be a
// question to another host.
func fingerCheckUser(t *Trial) error {
	if strings.ContainsAny(t.User(), "@ \r\n") {
		return errFingerName
	}
	return nil
}

// fingerSelf asks the server to ask its own machine for us, which stays there
// (RFC 1288 section 2.5.4: forwarding should be off).
const fingerSelf = "@127.0.0.1"

// fingerDenied is how servers say that they ask nobody else.
var fingerDenied = regexp.MustCompile(`(?i)forwarding.*(?:not|denied|disabled|forbidden)|(?:no|not|denied|disabled|refuse).*forward|third.party`)

// fingerForwards tells whether another host was asked, from the answers to the
// question who is logged in and to the same about that host, which is itself.
// A server that does neither makes something else of the words.
func fingerForwards(here, there string) (forwards, known bool) {
	there = strings.TrimSpace(there)
	switch {
	case there == "" || fingerDenied.MatchString(there):
		return false, true
	case strings.HasPrefix(there, "["), there == strings.TrimSpace(here):
		return true, true
	}
	return false, false
}

// testFinger asks who is logged in, about the user that was given, and whether
// the server asks others for us.
func testFinger(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	svc, err := runFinger(ctx, s)
	t.Step(storesStep("finger-users", "", svc.Banner, err))
	if svc.Protocol == "" {
		return svc, err
	}
	if t.User() != "" {
		said, err := s.fingerAsk(ctx, t.User())
		t.Step(storesStep("finger-user", t.User(), untrusted.New(strings.TrimSpace(said), maxFact), err))
		if err != nil {
			return svc, err
		}
	}
	said, err := s.fingerAsk(ctx, fingerSelf)
	step := storesStep("finger-forward", fingerSelf, untrusted.New(strings.TrimSpace(said), maxFact), err)
	if forwards, known := fingerForwards(svc.Banner.Raw(), said); err == nil && known {
		svc.Facts["forwards"] = forwards
		if forwards { // it ought to refuse
			step.Result, step.Why = exposure.StepFailed, "finger-forwards"
		}
	}
	t.Step(step)
	return svc, err
}
