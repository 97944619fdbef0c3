package probe

import (
	"cmp"
	"context"
	"encoding/binary"
	"net"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
	"sekisho/internal/wire/ntlm"
	"sekisho/internal/wire/rdp"
)

func init() {
	register(Probe{Name: "rdp", Transport: exposure.UDP, Ports: []uint16{3389}, Hello: rdpHello, Match: rdpReplies})
	register(Probe{
		Name: "rdp", Transport: exposure.TCP, Ports: []uint16{3389}, ClientFirst: true, Blind: 6, Run: runRDP,
		Tests: []Test{{Name: "rdp", Port: 3389, Run: testRDP}},
	})
}

const (
	rdpSyn = 0x0001
	rdpAck = 0x0004
	rdpMTU = 1232 // MS-RDPEUDP section 2.2.2.5: the most, and the size of a SYN
)

// rdpHello is the SYN of RDP's transport over UDP: nothing to acknowledge, a
// window, the flag, our sequence number, the datagram sizes of both ways, and
// zeros up to that size (MS-RDPEUDP sections 2.2.2.1 and 3.1.5.1.1). It is no
// shorter than its answer, so nobody can be flooded with that.
func rdpHello(nonce uint64) []byte {
	b := make([]byte, rdpMTU)
	binary.BigEndian.PutUint32(b, 0xffffffff)
	binary.BigEndian.PutUint16(b[4:], 64)
	binary.BigEndian.PutUint16(b[6:], rdpSyn)
	binary.BigEndian.PutUint32(b[8:], uint32(nonce))
	binary.BigEndian.PutUint16(b[12:], rdpMTU)
	binary.BigEndian.PutUint16(b[14:], rdpMTU)
	return b
}

// rdpReplies wants a SYN and ACK that acknowledges our sequence number.
func rdpReplies(hello, b []byte) bool {
	return len(hello) == rdpMTU && len(b) >= 16 &&
		binary.BigEndian.Uint16(b[6:])&(rdpSyn|rdpAck) == rdpSyn|rdpAck &&
		binary.BigEndian.Uint32(b) == binary.BigEndian.Uint32(hello[8:])
}

// runRDP asks for each way to secure a connection on one of its own, looks at
// the certificate, and has CredSSP say who the server is: it sends a challenge,
// which nobody answers.
func runRDP(ctx context.Context, s *Session) (exposure.Service, error) {
	r := rdpTalk{s: s, svc: exposure.Service{Facts: exposure.Facts{}}}
	return r.run(ctx)
}

// rdpTalk is one run of the probe.
type rdpTalk struct {
	s     *Session
	svc   exposure.Service
	trial *Trial // nil without one
}

// rdpFailures are why a way is refused (MS-RDPBCGR section 2.2.1.2.2).
var rdpFailures = map[uint32]string{
	rdp.FailureTLSRequired: "tls-required", rdp.FailureTLSNotAllowed: "tls-not-allowed", rdp.FailureNoCertificate: "no-certificate",
	rdp.FailureFlags: "inconsistent", rdp.FailureHybridRequired: "nla-required", rdp.FailureUserTLS: "user-certificate-required",
}

// rdpWays are asked for one by one, the best first: a server that does not even
// know of the question has RDP's own security only.
var rdpWays = []rdp.Security{rdp.Hybrid, rdp.TLS, rdp.RDSTLS, rdp.Standard}

func (r *rdpTalk) run(ctx context.Context) (exposure.Service, error) {
	var taken []string
	accepts := map[rdp.Security]bool{}
	for _, way := range rdpWays {
		c, answer, err := r.ask(ctx, way)
		if err != nil {
			r.step(exposure.Step{ID: "rdp-security", Result: exposure.StepFailed, Asked: way.String(), Detail: r.s.fail("negotiate", err).Error()})
			if r.svc.Protocol == "" {
				return exposure.Service{}, r.s.fail("negotiate", err)
			}
			return r.svc, r.s.fail("negotiate", err)
		}
		r.svc.Protocol, r.svc.Confidence = "rdp", exposure.Confirmed
		accepts[way] = answer.Failure == 0 && (answer.Negotiates || way == rdp.Standard) && answer.Chosen == way
		if accepts[way] {
			taken = append(taken, way.String())
			r.step(exposure.Step{ID: "rdp-security", Result: exposure.StepOK, Asked: way.String()})
		} else {
			r.step(exposure.Step{ID: "rdp-security", Result: exposure.StepRefused, Asked: way.String(), Said: untrusted.New(rdpFailures[answer.Failure], maxFact)})
		}
		if accepts[way] && way != rdp.Standard && r.svc.TLS == nil {
			r.inside(ctx, c, way)
		}
		_ = c.Close() // nothing was written that a failing Close could lose
		r.svc.Facts["security_protocols"] = texts(taken, len(taken))
		r.s.Learn(r.svc)
	}
	r.svc.Facts["nla"] = accepts[rdp.Hybrid]
	r.svc.Facts["nla_required"] = accepts[rdp.Hybrid] && !accepts[rdp.TLS] && !accepts[rdp.Standard]
	r.svc.Facts["rdp_security"] = accepts[rdp.Standard]
	return r.svc, nil
}

// ask asks for one way on a connection of its own.
func (r *rdpTalk) ask(ctx context.Context, way rdp.Security) (*Conn, rdp.Confirmed, error) {
	c, err := r.s.Connect(ctx)
	if err != nil {
		return nil, rdp.Confirmed{}, err
	}
	if _, err := c.Write(rdp.Request(way)); err != nil {
		return nil, rdp.Confirmed{}, closeWith(c, err)
	}
	head, err := c.exactly(rdp.Header)
	if err != nil {
		return nil, rdp.Confirmed{}, closeWith(c, err)
	}
	n, ok := rdp.Length([rdp.Header]byte(head))
	if !ok || n > maxLine {
		return nil, rdp.Confirmed{}, closeWith(c, ErrProtocol)
	}
	rest, err := c.exactly(n - rdp.Header)
	if err != nil {
		return nil, rdp.Confirmed{}, closeWith(c, err)
	}
	answer, err := rdp.ParseConfirm(append(head, rest...))
	if err != nil {
		return nil, rdp.Confirmed{}, closeWith(c, ErrProtocol)
	}
	return c, answer, nil
}

// inside shakes hands for TLS and, where the server takes CredSSP, has it say
// who it is.
func (r *rdpTalk) inside(ctx context.Context, c *Conn, way rdp.Security) {
	inner, facts, err := r.s.Upgrade(ctx, c)
	if facts != nil {
		facts.StartTLS = true
		r.svc.TLS = facts
	}
	if err != nil {
		r.step(exposure.Step{ID: "rdp-tls", Result: exposure.StepFailed, Detail: r.s.fail("tls handshake", err).Error()})
		return
	}
	r.s.tlsComplete(ctx, func(ctx context.Context) (net.Conn, error) {
		c, _, err := r.ask(ctx, way)
		if err != nil {
			return nil, err
		}
		return c, nil
	}, facts)
	r.step(exposure.Step{ID: "rdp-tls", Result: exposure.StepOK, Said: untrusted.New(facts.Versions[len(facts.Versions)-1], maxFact)})
	if way == rdp.Hybrid {
		r.challenge(inner)
	}
}

// maxRDPToken bounds the message with the challenge.
const maxRDPToken = 8 << 10

// challenge has the server tell who it is (MS-CSSP section 3.1.5).
func (r *rdpTalk) challenge(c *Conn) {
	_, err := c.Write(rdp.Credentials(ntlm.Negotiate()))
	if err == nil {
		var token []byte
		if token, err = rdpToken(c); err == nil {
			var told ntlm.Challenge
			if told, err = ntlm.Parse(token); err == nil {
				ntlmFacts(&r.svc, told)
				r.step(exposure.Step{ID: "rdp-challenge", Result: exposure.StepOK, Said: untrusted.New(cmp.Or(told.DNSComputer, told.Computer), maxFact)})
				return
			}
		}
	}
	r.step(exposure.Step{ID: "rdp-challenge", Result: exposure.StepFailed, Detail: r.s.fail("CredSSP", err).Error()})
}

// rdpToken reads one message of CredSSP.
func rdpToken(c *Conn) ([]byte, error) {
	head, err := c.exactly(2)
	if err != nil {
		return nil, err
	}
	size := int(head[1])
	if head[0] != berSequence || size == 0x80 || size > 0x82 {
		return nil, ErrProtocol
	}
	if size > 0x80 {
		long, err := c.exactly(size & 3)
		if err != nil {
			return nil, err
		}
		size = 0
		for _, b := range long {
			size = size<<8 | int(b)
		}
	}
	if size > maxRDPToken {
		return nil, ErrProtocol
	}
	return c.exactly(size)
}

// testRDP is the probe step by step.
func testRDP(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	r := rdpTalk{s: s, svc: exposure.Service{Facts: exposure.Facts{}}, trial: t}
	return r.run(ctx)
}

// step records one step of a test.
func (r *rdpTalk) step(step exposure.Step) {
	if r.trial != nil {
		r.trial.Step(step)
	}
}
