package probe

import (
	"context"
	"math/rand/v2"

	"sekisho/internal/exposure"
)

// run talks to the peer.
func (p Probe) run(ctx context.Context, s *Session) (exposure.Service, error) {
	if p.Run != nil {
		return p.Run(ctx, s)
	}
	return p.greet(ctx, s)
}

// greet names the protocol by the hello and its answer alone. An answer that
// repeats the nonce leaves no doubt; one of the right shape is likely.
func (p Probe) greet(ctx context.Context, s *Session) (exposure.Service, error) {
	hello := p.Hello(s.peer.nonce())
	if _, err := s.Exchange(ctx, hello, func(reply []byte) bool { return p.Match(hello, reply) }); err != nil {
		return exposure.Service{}, s.fail("ask", err)
	}
	svc := exposure.Service{Protocol: p.Name, Confidence: exposure.Confirmed}
	if p.Weak {
		svc.Confidence = exposure.Likely
	}
	return svc, nil
}

// noise are bytes that look random and are the same for the same nonce, where
// a hello needs more of them than the nonce has. They keep no secret.
func noise(nonce uint64, n int) []byte {
	source := rand.NewPCG(nonce, 0)
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(source.Uint64() >> 56)
	}
	return b
}
