package probe

import (
	"context"
	"errors"
	"os"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
	"sekisho/internal/wire/radius"
)

// radiusStepTime is what a question of the test may take: two repetitions fit.
const radiusStepTime = 2500 * time.Millisecond

// testRADIUS asks without the secret, which must be met with silence, and with
// it, which proves that the server is there and knows us. Nobody is logged in.
func testRADIUS(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	svc := exposure.Service{Facts: exposure.Facts{}}
	svc.Facts["checks_secret"] = !s.radiusStranger(ctx, t, &svc)
	secret, err := t.Password()
	if err != nil {
		t.Step(exposure.Step{ID: "radius-secret", Result: exposure.StepSkipped, Why: "no-secret", Remote: s.peer.at})
		if svc.Confidence == exposure.NoConfidence {
			return exposure.Service{}, s.fail("ask without the secret", os.ErrDeadlineExceeded)
		}
		return svc, nil
	}
	step := exposure.Step{ID: "radius-secret", Result: exposure.StepFailed, Asked: "Status-Server", Remote: s.peer.at}
	request := radius.StatusServer(byte(s.peer.nonce()), [16]byte(noise(s.peer.nonce(), 16)), secret)
	within, cancel := context.WithTimeout(ctx, radiusStepTime)
	defer cancel()
	reply, err := s.Exchange(within, request, func(b []byte) bool {
		_, err := radius.Check(request, b, secret)
		return err == nil
	})
	if err != nil {
		step.Why = "radius-silent"
		step.Detail = s.fail("ask with the secret", err).Error()
		t.Step(step)
		if svc.Confidence == exposure.NoConfidence {
			return exposure.Service{}, s.fail("ask with the secret", err)
		}
		return svc, nil
	}
	step.Result = exposure.StepOK
	step.Said = untrusted.New(radiusCodes[reply[0]], maxFact)
	t.Step(step)
	svc.Protocol, svc.Confidence = "radius", exposure.Confirmed
	svc.Facts["secret_accepted"] = true
	return svc, nil
}

// radiusCodes are the answers to Status-Server (RFC 5997 section 3).
var radiusCodes = map[byte]string{radius.AccessAccept: "Access-Accept", radius.AccountingResponse: "Accounting-Response"}

// radiusStranger asks with a made-up secret and reports whether the server
// answers all the same.
func (s *Session) radiusStranger(ctx context.Context, t *Trial, svc *exposure.Service) bool {
	ctx, cancel := context.WithTimeout(ctx, radiusStepTime)
	defer cancel()
	step := exposure.Step{ID: "radius-stranger", Result: exposure.StepUnknown, Why: "silent-by-design", Asked: "Status-Server", Remote: s.peer.at}
	hello := radiusHello(s.peer.nonce())
	_, err := s.Exchange(ctx, hello, func(b []byte) bool { return radiusReplies(hello, b) })
	switch {
	case err == nil:
		step.Result, step.Why = exposure.StepOK, ""
		svc.Protocol, svc.Confidence = "radius", exposure.Likely
	case !errors.Is(cause(err), os.ErrDeadlineExceeded):
		step.Result, step.Why, step.Detail = exposure.StepFailed, "", s.fail("ask without the secret", err).Error()
	}
	t.Step(step)
	return err == nil
}
