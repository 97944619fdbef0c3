package probe

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
	"sekisho/internal/wire/openvpn"
)

// openvpnTest asks as a stranger and as who has the static key.
var openvpnTest = Test{
	Name: "openvpn", Port: 1194,
	Options: []Option{{Name: "key-file"}, {Name: "proto"}},
	Route: func(t *Trial) Route {
		r := Route{Transport: exposure.UDP, Port: 1194}
		c, _ := openvpnWho(t) // Check has said what is wrong with it
		if c.TCP {
			r.Transport = exposure.TCP
		}
		if c.Port != 0 {
			r.Port = c.Port
		}
		return r
	},
	Check: func(t *Trial) error {
		_, err := openvpnWho(t)
		return err
	},
	Run: testOpenVPN,
}

// openvpnWho reads the key, and what a configuration around it says of the
// server.
func openvpnWho(t *Trial) (openvpn.Config, error) {
	var c openvpn.Config
	if path := t.Text("key-file"); path != "" {
		text, err := readKeyFile(path)
		if err != nil {
			return c, fmt.Errorf("--key-file: %w", err)
		}
		c, err = openvpn.ParseConfig(text, func(name string) (string, error) {
			if !filepath.IsAbs(name) {
				name = filepath.Join(filepath.Dir(path), name)
			}
			return readKeyFile(name)
		})
		if err != nil {
			return c, fmt.Errorf("--key-file %s: %w", path, err)
		}
	}
	switch word := t.Text("proto"); word {
	case "":
	case "udp", "tcp":
		c.TCP = word == "tcp"
	default:
		return c, fmt.Errorf("--proto is udp or tcp, not %q", word)
	}
	return c, nil
}

func testOpenVPN(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	svc := exposure.Service{Facts: exposure.Facts{}}
	c, err := openvpnWho(t)
	if err != nil {
		return svc, s.fail("options", err)
	}
	stranger := s.openvpnStranger(ctx, t, c.TCP)
	if stranger == nil {
		svc.Protocol, svc.Confidence = "openvpn", exposure.Confirmed
		openvpnTell(nil, &svc)
	}
	if c.Wraps == nil {
		if stranger != nil {
			t.Step(exposure.Step{ID: "openvpn-key", Result: exposure.StepSkipped, Why: "openvpn-no-key", Remote: s.peer.at})
		}
		return svc, stranger
	}
	wrap, err := s.openvpnKeyed(ctx, c)
	step := exposure.Step{ID: "openvpn-key", Result: exposure.StepOK, Remote: s.peer.at}
	if err != nil {
		step.Result, step.Why = exposure.StepFailed, "openvpn-silent"
		if cause := cause(err); !errors.Is(cause, os.ErrDeadlineExceeded) && !errors.Is(cause, errHangup) {
			step.Why, step.Detail = "", s.fail("ask with the key", err).Error()
		}
		t.Step(step)
		if stranger == nil {
			return svc, nil
		}
		return svc, s.fail("ask with the key", err)
	}
	svc.Protocol, svc.Confidence = "openvpn", exposure.Confirmed
	svc.Product = untrusted.Line("OpenVPN")
	svc.Facts["static_key"] = stranger != nil
	step.Facts = exposure.Facts{"wrap": untrusted.Line(wrap.Name)}
	if detail := wrap.Detail(); detail != "" {
		step.Facts["wrap_detail"] = untrusted.Line(detail)
	}
	t.Step(step)
	svc.Facts["wrap"] = untrusted.Line(wrap.Name)
	return svc, nil
}

// openvpnStranger asks without a key; nil says that the server answered.
func (s *Session) openvpnStranger(ctx context.Context, t *Trial, tcp bool) error {
	step := exposure.Step{ID: "openvpn-stranger"}
	hello := openvpnHello(s.peer.nonce())
	if !tcp {
		_, err := s.keyedStranger(ctx, t, step, hello, openvpnReplies)
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, keyedStepTime)
	defer cancel()
	step.Result, step.Remote = exposure.StepOK, s.peer.at
	b, err := s.openvpnFramed(ctx, hello)
	if err == nil && !openvpnReplies(hello, b) {
		err = ErrProtocol
	}
	if err != nil {
		// A server over TCP ends a conversation that its key does not fit.
		step.Result, step.Why = exposure.StepUnknown, "openvpn-ends"
		if unreached(err) || errors.Is(err, ErrProtocol) {
			step.Result, step.Why, step.Detail = exposure.StepFailed, "", s.fail("ask without the key", err).Error()
		}
	}
	t.Step(step)
	if err != nil {
		return s.fail("ask without the key", err)
	}
	return nil
}

// How often the server is asked over UDP, and how long one round waits.
const (
	openvpnTries = 3
	openvpnWait  = 1500 * time.Millisecond
)

// openvpnKeyed asks in every way that the key may be meant, and returns the one
// that the server answered in: which proves that it holds the key. Each way has
// a session of its own, since two that share half a key get the same proof.
func (s *Session) openvpnKeyed(ctx context.Context, c openvpn.Config) (openvpn.Wrap, error) {
	session := s.peer.nonce()
	if c.TCP {
		var last error
		for i, w := range c.Wraps {
			session := session + uint64(i)
			within, cancel := context.WithTimeout(ctx, openvpnWait)
			b, err := s.openvpnFramed(within, w.Reset(session, time.Now()))
			cancel()
			if err == nil {
				err = w.Check(session, b)
			}
			if err == nil || unreached(err) {
				return w, err
			}
			last = err
		}
		return openvpn.Wrap{}, last
	}
	conn, err := s.dialPort(ctx, exposure.UDP, s.peer.at.Port())
	for try := 0; err == nil && try < openvpnTries && ctx.Err() == nil; try++ {
		for i, w := range c.Wraps {
			if _, err = conn.Write(w.Reset(session+uint64(i), time.Now())); err != nil {
				return openvpn.Wrap{}, err
			}
		}
		var w openvpn.Wrap
		if w, err = openvpnHear(conn, c.Wraps, session); err == nil {
			return w, nil
		}
		if errors.Is(err, os.ErrDeadlineExceeded) && try < openvpnTries-1 {
			err = nil
		}
	}
	if err == nil {
		err = ctx.Err()
	}
	return openvpn.Wrap{}, err
}

// openvpnHear waits for an answer that the key has made.
func openvpnHear(conn net.Conn, wraps []openvpn.Wrap, session uint64) (openvpn.Wrap, error) {
	if err := conn.SetReadDeadline(time.Now().Add(openvpnWait)); err != nil {
		return openvpn.Wrap{}, err
	}
	buf := make([]byte, openvpnLongest)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return openvpn.Wrap{}, err
		}
		for i, w := range wraps {
			if w.Check(session+uint64(i), buf[:n]) == nil {
				return w, nil
			}
		}
	}
}

// openvpnLongest is the longest first answer: a server's reset, and where it
// talks at once, the first piece of its handshake.
const openvpnLongest = 2048

// openvpnFramed asks over TCP, in a conversation of its own, where each packet
// has its length in front.
func (s *Session) openvpnFramed(ctx context.Context, packet []byte) ([]byte, error) {
	raw, err := s.dialPort(ctx, exposure.TCP, s.peer.at.Port())
	if err != nil {
		return nil, err
	}
	defer raw.Close()
	stop := context.AfterFunc(ctx, func() { _ = raw.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	c := newConn(&tap{Conn: raw, s: s})
	if _, err := c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(packet))), packet...)); err != nil {
		return nil, err
	}
	head, err := c.exactly(2)
	if err != nil {
		return nil, err
	}
	size := int(binary.BigEndian.Uint16(head))
	if size == 0 || size > openvpnLongest {
		return nil, ErrProtocol
	}
	return c.exactly(size)
}
