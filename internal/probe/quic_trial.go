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
	return svc, nil
}

// quicShort is the header without anything behind it.
const quicShort = 5 + 2*(1+quicID)
