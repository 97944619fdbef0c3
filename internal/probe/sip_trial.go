package probe

import (
	"context"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

// testSIP asks what the server can do, over UDP and TCP or inside TLS, and then
// for the registrations of a user that nobody is, without a login. A REGISTER
// without a contact changes nothing (RFC 3261 section 10.2.3), and no call is
// made.
func testSIP(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	svc := exposure.Service{Facts: exposure.Facts{}}
	stream := func(request []byte) ([]byte, error) {
		within, cancel := context.WithTimeout(ctx, questionTime)
		defer cancel()
		return s.sipAsk(within, request)
	}
	if s.secure != nil {
		if err := s.sipStep(t, &svc, "sip-options-tls", "TLS", stream); err != nil {
			return exposure.Service{}, s.fail("ask what it can do", err)
		}
		s.sipRegister(t, &svc, "TLS", stream)
		return svc, nil
	}
	datagram := func(request []byte) ([]byte, error) {
		return s.question(ctx, request, func(b []byte) bool {
			code, _ := sipCode(b)
			return sipReplies(request, b) && code >= 200
		})
	}
	overUDP := s.sipStep(t, &svc, "sip-options-udp", "UDP", datagram)
	overTCP := s.sipStep(t, &svc, "sip-options-tcp", "TCP", stream)
	svc.Facts["udp"], svc.Facts["tcp"] = overUDP == nil, overTCP == nil
	if overUDP != nil && overTCP != nil {
		return exposure.Service{}, s.fail("ask what it can do", overUDP)
	}
	s.Learn(svc)
	if overUDP == nil {
		s.sipRegister(t, &svc, "UDP", datagram)
	} else {
		s.sipRegister(t, &svc, "TCP", stream)
	}
	return svc, nil
}

// sipStep asks one question and keeps what the answer tells. It returns why
// there was none.
func (s *Session) sipStep(t *Trial, svc *exposure.Service, id, transport string, ask func([]byte) ([]byte, error)) error {
	step := exposure.Step{ID: id, Result: exposure.StepOK, Asked: "OPTIONS", Remote: s.peer.at}
	request := sipRequest(s.peer.nonce(), "OPTIONS", transport, "sekisho.invalid", "sekisho.invalid")
	reply, err := ask(request)
	if err != nil {
		step.Result, step.Detail = exposure.StepFailed, s.fail("ask over "+strings.ToLower(transport), cause(err)).Error()
		t.Step(step)
		return cause(err)
	}
	sipTell(reply, svc)
	svc.Protocol, svc.Confidence = "sip", exposure.Confirmed
	_, words := sipCode(reply)
	step.Said = untrusted.New(words, maxFact)
	t.Step(step)
	return nil
}

// sipRegister asks for registrations.
func (s *Session) sipRegister(t *Trial, svc *exposure.Service, transport string, ask func([]byte) ([]byte, error)) {
	step := exposure.Step{ID: "sip-register", Result: exposure.StepFailed, Asked: "REGISTER", Remote: s.peer.at}
	defer func() { t.Step(step) }()
	domain := s.Authority(5060)
	reply, err := ask(sipRequest(s.peer.nonce()+1, "REGISTER", transport, domain, "sekisho@"+domain))
	if err != nil {
		step.Detail = s.fail("ask for registrations", cause(err)).Error()
		return
	}
	code, words := sipCode(reply)
	step.Said = untrusted.New(words, maxFact)
	step.Result = exposure.StepRefused
	switch {
	case code == 401 || code == 407: // sections 22.2 and 22.3
		step.Why = "login-wanted"
		svc.Facts["registers_without_login"] = false
	case code < 300:
		step.Result = exposure.StepOK
		svc.Facts["registers_without_login"] = true
	default:
		step.Why = "no-registrar"
	}
}
