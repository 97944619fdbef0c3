package probe

import (
	"bytes"
	"context"
	"errors"
	"os"
	"slices"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

// simpleTest asks one of the small services over UDP and TCP.
func simpleTest(name string, port uint16) Test {
	return Test{Name: name, Port: port, Run: func(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
		return s.simpleTrial(ctx, t, name)
	}}
}

// simpleTrial asks in datagrams, where an answer of any length goes to whoever
// the question claims to be from, and then over a connection.
func (s *Session) simpleTrial(ctx context.Context, t *Trial, name string) (exposure.Service, error) {
	svc := exposure.Service{Facts: exposure.Facts{}}
	if overUDP := s.simpleDatagram(ctx, t, &svc, name); name != "discard" {
		svc.Facts["udp"] = overUDP == nil
	}
	s.Learn(svc)
	overTCP := s.simpleConnection(ctx, t, &svc, name)
	svc.Facts["tcp"] = overTCP == nil
	if svc.Protocol == "" {
		return exposure.Service{}, s.fail("ask", overTCP)
	}
	return svc, nil
}

// simpleDatagram counts what one datagram brings back.
func (s *Session) simpleDatagram(ctx context.Context, t *Trial, svc *exposure.Service, name string) error {
	step := exposure.Step{ID: "simple-udp", Result: exposure.StepFailed, Remote: s.peer.at}
	defer func() { t.Step(step) }()
	i := slices.IndexFunc(probes, func(p Probe) bool { return p.Name == name && p.Transport == exposure.UDP })
	hello := probes[i].Hello(s.peer.nonce())
	if len(hello) == 0 {
		step.Result, step.Why = exposure.StepUnknown, "silent-by-purpose"
		return os.ErrDeadlineExceeded
	}
	v, err := s.volley(ctx, hello)
	if err == nil && errors.Is(v.silent, os.ErrDeadlineExceeded) { // it may have been lost on the way
		var reply []byte
		if reply, v.silent = s.question(ctx, hello, func(b []byte) bool { return probes[i].Match(hello, b) }); v.silent == nil {
			v.add(reply)
		}
	}
	switch {
	case err != nil:
		step.Detail = err.Error()
		return err
	case v.packets == 0 && v.silent != nil:
		step.Detail = s.fail("ask in a datagram", unlistened(v.silent)).Error()
		return v.silent
	case v.packets == 0:
		step.Detail = s.fail("ask in a datagram", os.ErrDeadlineExceeded).Error()
		return os.ErrDeadlineExceeded
	case !probes[i].Match(hello, v.replies[0]):
		step.Detail = s.fail("ask in a datagram", ErrProtocol).Error()
		return ErrProtocol
	}
	told := probes[i].told(hello, v.replies[0])
	svc.Protocol, svc.Confidence, svc.Banner = told.Protocol, told.Confidence, told.Banner
	if v.received+datagramHeaders >= worthTelling*(v.sent+datagramHeaders) {
		v.keep(svc.Facts, name)
	}
	step.Result = exposure.StepOK
	step.Said = untrusted.New(bytes.TrimSpace(v.replies[0]), maxFact)
	step.Facts = exposure.Facts{"sent": v.sent, "received": v.received}
	return nil
}

// simpleQuiet is how long a connection must stay open without a word for its
// other end to be one that only listens.
const simpleQuiet = time.Second

// simpleConnection asks over TCP.
func (s *Session) simpleConnection(ctx context.Context, t *Trial, svc *exposure.Service, name string) error {
	step := exposure.Step{ID: "simple-tcp", Result: exposure.StepFailed, Remote: s.peer.at}
	defer func() { t.Step(step) }()
	within, cancel := context.WithTimeout(ctx, questionTime)
	defer cancel()
	if name == "discard" {
		err := s.simpleDiscard(within)
		if err != nil {
			step.Detail = s.fail("send over a connection", cause(err)).Error()
			return cause(err)
		}
		svc.Protocol, svc.Confidence = name, exposure.Likely
		step.Result = exposure.StepOK
		return nil
	}
	i := slices.IndexFunc(probes, func(p Probe) bool { return p.Name == name && p.Transport == exposure.TCP })
	told, err := probes[i].Run(within, s)
	if err != nil {
		step.Detail = err.Error()
		return cause(err)
	}
	svc.Protocol, svc.Confidence = told.Protocol, max(svc.Confidence, told.Confidence)
	if svc.Banner.IsZero() {
		svc.Banner = told.Banner
	}
	step.Result, step.Said = exposure.StepOK, told.Banner
	return nil
}

// simpleDiscard sends some words and hears that nothing comes back.
func (s *Session) simpleDiscard(ctx context.Context) error {
	c, err := s.Connect(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	for range 2 {
		if err := c.Send("sekisho"); err != nil {
			return err
		}
		if err := c.SetReadDeadline(time.Now().Add(simpleQuiet / 2)); err != nil {
			return err
		}
		switch n, err := c.Read(make([]byte, 1)); {
		case n > 0:
			return ErrProtocol
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return err
		}
	}
	return nil
}
