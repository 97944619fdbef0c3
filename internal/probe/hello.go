package probe

import (
	"bytes"
	"cmp"
	"context"
	"math/rand/v2"
	"net"
	"slices"

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
	reply, err := s.Exchange(ctx, hello, func(reply []byte) bool { return p.Match(hello, reply) })
	if err != nil {
		return exposure.Service{}, s.fail("ask", err)
	}
	return p.told(hello, reply), nil
}

// told is the service that a matching reply names, with what it told.
func (p Probe) told(hello, reply []byte) exposure.Service {
	svc := p.named()
	facts := exposure.Facts{}
	if v := (volley{sent: len(hello), received: len(reply), packets: 1}); v.received+datagramHeaders >= worthTelling*(v.sent+datagramHeaders) {
		v.keep(facts, p.Name)
	}
	svc.Facts = facts
	if p.Tell != nil {
		p.Tell(reply, &svc)
	}
	if len(facts) == 0 {
		svc.Facts = nil
	}
	return svc
}

// worthTelling is how many times as long as its question an answer is, with the
// headers that both have on an IPv4 network, from which on that is told.
const (
	worthTelling    = 2
	datagramHeaders = 20 + 8
)

// Asks reports whether the hello says anything. What only takes datagrams and
// never answers any is sent an empty one, for the closed ports of its number.
func (p Probe) Asks() bool { return p.Hello != nil && len(p.Hello(0)) > 0 }

// named is a service of which no more is known than that a reply matched.
func (p Probe) named() exposure.Service {
	svc := exposure.Service{Protocol: cmp.Or(p.Protocol, p.Name), Confidence: exposure.Confirmed}
	if p.Weak {
		svc.Confidence = exposure.Likely
	}
	return svc
}

// anyHello asks a port that belongs to no protocol in every one at once, since
// a service may have been moved. It is no probe of its own.
var anyHello = Probe{Name: "hello", Transport: exposure.UDP, Run: runAnyHello}

// maxHelloReply is the longest answer to a hello that is kept.
const maxHelloReply = 4096

// runAnyHello sends every hello, from one socket those that are answered from
// the port that was asked and from another one those that are not, and takes the
// first reply that matches one of them, the strict before the weak. What is lost
// on the way is not sent again.
func runAnyHello(ctx context.Context, s *Session) (exposure.Service, error) {
	here, err := s.dialPort(ctx, exposure.UDP, s.peer.at.Port())
	if err != nil {
		return exposure.Service{}, s.fail("connect", err)
	}
	elsewhere, err := s.anyPort(ctx)
	if err != nil {
		return exposure.Service{}, err
	}
	asked := slices.DeleteFunc(All(), func(p Probe) bool { return p.Transport != exposure.UDP || !p.Asks() })
	slices.SortStableFunc(asked, func(a, b Probe) int { return cmp.Compare(weight(a), weight(b)) })
	hellos := make([][]byte, len(asked))
	// Each has a nonce of its own: an answer to one must not look like one to
	// another that puts the same part of it in the same place.
	for i, p := range asked {
		hellos[i] = p.Hello(s.peer.nonce())
		c := here
		if p.OtherPort {
			c = elsewhere
		}
		if _, err := c.Write(hellos[i]); err != nil {
			return exposure.Service{}, s.fail("ask", err)
		}
	}
	replies, done := make(chan arrived), make(chan struct{})
	defer close(done)
	go receive(here, replies, done)
	go receive(elsewhere, replies, done)
	for {
		r := <-replies
		// Only the socket that is connected hears of a closed port, and it stands
		// for both: they have one deadline.
		if r.err != nil && r.from == here {
			return exposure.Service{}, s.fail("ask", r.err)
		}
		echoed := slices.ContainsFunc(hellos, func(hello []byte) bool { return bytes.Equal(hello, r.b) })
		for i, p := range asked {
			// What comes back as it went out is an answer in one protocol only.
			if r.err != nil || p.OtherPort != (r.from == elsewhere) || echoed && !bytes.Equal(hellos[i], r.b) {
				continue
			}
			if p.Match(hellos[i], r.b) {
				s.hear(nil, r.b)
				return s.further(ctx, p, p.told(hellos[i], r.b))
			}
		}
	}
}

// arrived is a datagram that came on one of several sockets, or why no more will.
type arrived struct {
	from net.Conn
	b    []byte
	err  error
}

// receive hands on what comes on a socket until it is closed or nobody asks.
func receive(c net.Conn, replies chan<- arrived, done <-chan struct{}) {
	for buf := make([]byte, maxHelloReply); ; {
		n, err := c.Read(buf)
		select {
		case replies <- arrived{c, bytes.Clone(buf[:n]), err}:
		case <-done:
			return
		}
		if err != nil {
			return
		}
	}
}

// further has the probe of a protocol that was found tell more than its name,
// where it can. What is known already stays when it does not.
func (s *Session) further(ctx context.Context, p Probe, found exposure.Service) (exposure.Service, error) {
	if p.Run == nil {
		return found, nil
	}
	s.probe = found.Protocol
	s.Learn(found)
	told, err := p.Run(ctx, s)
	if told.Protocol != found.Protocol || told.Confidence < found.Confidence {
		return found, nil
	}
	return told, err
}

// weight orders probes by how much a matching reply proves, the most first.
func weight(p Probe) int {
	switch {
	case slices.Contains(simpleShapeless, p.Name):
		return 2
	case p.Weak:
		return 1
	}
	return 0
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
