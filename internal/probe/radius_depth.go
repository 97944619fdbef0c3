package probe

import (
	"context"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
	"sekisho/internal/wire/radius"
)

// testRADIUS asks without the secret, which must be met with silence, and with
// it, which proves that the server is there and knows us. Nobody is logged in: a
// user who is named is asked about up to where a password would follow.
func testRADIUS(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	svc := exposure.Service{Facts: exposure.Facts{}}
	_, stranger := s.keyedStranger(ctx, t, exposure.Step{ID: "radius-stranger", Asked: "Status-Server"}, radiusHello(s.peer.nonce()), radiusReplies)
	if stranger == nil {
		svc.Protocol, svc.Confidence = "radius", exposure.Likely
	}
	svc.Facts["checks_secret"] = stranger != nil
	secret, err := t.Password()
	if err != nil {
		t.Step(exposure.Step{ID: "radius-secret", Result: exposure.StepSkipped, Why: "no-secret", Remote: s.peer.at})
		if svc.Confidence == exposure.NoConfidence {
			return exposure.Service{}, stranger
		}
		return svc, nil
	}
	nonce := s.peer.nonce()
	asked := []exposure.Step{{ID: "radius-secret", Asked: "Status-Server"}}
	requests := [][]byte{radius.StatusServer(byte(nonce), [16]byte(noise(nonce, 16)), secret)}
	if user := t.User(); user != "" {
		asked = append(asked, exposure.Step{ID: "radius-user", Asked: "Access-Request, EAP identity " + user})
		requests = append(requests, radius.Identity(byte(nonce+1), [16]byte(noise(nonce+1, 16)), user, secret))
	}
	for i, request := range requests {
		if e := s.radiusAsk(ctx, t, asked[i], request, secret, &svc); e != nil {
			err = e
		}
	}
	if svc.Confidence == exposure.NoConfidence {
		return exposure.Service{}, err
	}
	return svc, nil
}

// radiusAsk puts one request that is made with the secret.
func (s *Session) radiusAsk(ctx context.Context, t *Trial, step exposure.Step, request []byte, secret string, svc *exposure.Service) error {
	step.Result, step.Remote = exposure.StepOK, s.peer.at
	within, cancel := context.WithTimeout(ctx, keyedStepTime)
	defer cancel()
	reply, err := s.Exchange(within, request, func(b []byte) bool {
		_, err := radius.Check(request, b, secret)
		return err == nil
	})
	if err != nil {
		err = s.fail("ask with the secret", err)
		step.Result, step.Why, step.Detail = exposure.StepFailed, "radius-silent", err.Error()
		t.Step(step)
		return err
	}
	svc.Protocol, svc.Confidence = "radius", exposure.Confirmed
	svc.Facts["secret_accepted"] = true
	step.Said = untrusted.Line(radiusCodes[reply[0]])
	if method, ok := radius.Method(reply); ok {
		step.Facts = exposure.Facts{"eap_method": untrusted.Line(method)}
		svc.Facts["eap_method"] = untrusted.Line(method)
	}
	t.Step(step)
	return nil
}

// radiusCodes are the answers (RFC 2865 section 4, RFC 5997 section 3).
var radiusCodes = map[byte]string{
	radius.AccessAccept: "Access-Accept", radius.AccessReject: "Access-Reject",
	radius.AccessChallenge: "Access-Challenge", radius.AccountingResponse: "Accounting-Response",
}
