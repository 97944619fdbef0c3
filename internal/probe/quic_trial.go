package probe

import (
	"context"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

// testQUIC asks which versions the server speaks, and whether it answers a
// datagram as short as whoever forges an address would like: a server must not
// (RFC 9000 sections 5.2.2 and 14.1).
func testQUIC(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	step := exposure.Step{ID: "quic-versions", Result: exposure.StepOK, Remote: s.peer.at}
	hello := quicHello(s.peer.nonce())
	reply, err := s.question(ctx, hello, func(b []byte) bool { return quicReplies(hello, b) })
	if err != nil {
		err = s.fail("ask for its versions", err)
		step.Result, step.Detail = exposure.StepFailed, err.Error()
		t.Step(step)
		return exposure.Service{}, err
	}
	svc := quicTold(reply)
	step.Said = untrusted.New(strings.Join(quicVersions(reply), ", "), maxFact)
	t.Step(step)
	s.Learn(svc)

	short := exposure.Step{ID: "quic-short", Result: exposure.StepOK, Remote: s.peer.at}
	v, err := s.volley(ctx, hello[:quicShort])
	switch {
	case err != nil:
		short.Result, short.Detail = exposure.StepFailed, err.Error()
	case v.packets > 0:
		short.Result, short.Why = exposure.StepFailed, "quic-answers-short"
		short.Facts = exposure.Facts{"sent": v.sent, "received": v.received}
		v.keep(svc.Facts, "quic")
	}
	if err == nil {
		svc.Facts["answers_short"] = v.packets > 0
	}
	t.Step(short)
	s.Learn(svc)
	s.quicOffered(ctx, t, &svc)
	return svc, nil
}

// quicOffered asks the web server on the same number over TCP, as browsers do
// before they use QUIC. One that says that HTTP/3 is there is the same server,
// and names its product, which QUIC itself does not.
func (s *Session) quicOffered(ctx context.Context, t *Trial, svc *exposure.Service) {
	ctx, cancel := context.WithTimeout(ctx, questionTime)
	defer cancel()
	step := exposure.Step{ID: "quic-offered", Result: exposure.StepFailed, Asked: "GET /", Remote: s.peer.at}
	defer func() { t.Step(step) }()
	answer, err := s.quicTwin(ctx)
	if err != nil {
		step.Detail = s.fail("ask over tcp", cause(err)).Error()
		return
	}
	step.Said = untrusted.New(answer.header.Get("Alt-Svc"), maxFact)
	offered := httpOffersThree(answer.header.Get("Alt-Svc"))
	svc.Facts["http3"] = offered
	if !offered {
		step.Result, step.Why = exposure.StepRefused, "no-http3"
		return
	}
	step.Result = exposure.StepOK
	if server := answer.header.Get("Server"); server != "" {
		svc.Facts["server"] = untrusted.New(server, maxFact)
		svc.Product, svc.Version = match(httpProducts, server)
	}
}

// quicTwin reads the header of a page over TCP.
func (s *Session) quicTwin(ctx context.Context) (httpAnswer, error) {
	raw, err := s.dialPort(ctx, exposure.TCP, s.peer.at.Port())
	if err != nil {
		return httpAnswer{}, err
	}
	inner, _, err := s.tlsShake(ctx, raw, s.tlsConfig([]string{"http/1.1"}))
	if err != nil {
		return httpAnswer{}, closeWith(raw, err)
	}
	c := newConn(&tap{Conn: inner, s: s})
	defer c.Close()
	if end, ok := ctx.Deadline(); ok {
		if err := c.SetDeadline(end); err != nil {
			return httpAnswer{}, err
		}
	}
	if err := c.Send("GET / HTTP/1.1\r\nHost: " + s.Authority(443) + "\r\nUser-Agent: sekisho\r\nConnection: close\r\n"); err != nil {
		return httpAnswer{}, err
	}
	return readHTTP(c)
}

// quicShort is the header without anything behind it.
const quicShort = 5 + 2*(1+quicID)
