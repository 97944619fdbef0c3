package probe

import (
	"bytes"
	"context"
	"encoding/binary"
	"net"
	"strconv"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

// What TURN adds to STUN (RFC 8656 sections 17 and 18).
const (
	turnAllocate  = 0x0003
	turnRefresh   = 0x0004
	turnAnswer    = 0x0100 // to be added: success
	turnRefusal   = 0x0110 // to be added: error
	turnLifetime  = 0x000d
	turnRelayed   = 0x0016
	turnTransport = 0x0019
	turnRealm     = 0x0014
)

// testSTUN asks for our address as the server sees it, and then for a relayed
// address without a login. One that it gets is given back at once (RFC 8656
// section 7.2).
func testSTUN(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	step := exposure.Step{ID: "stun-binding", Result: exposure.StepOK, Asked: "Binding", Remote: s.peer.at}
	hello := stunHello(s.peer.nonce())
	reply, err := s.question(ctx, hello, func(b []byte) bool { return stunReplies(hello, b) })
	if err != nil {
		err = s.fail("ask for our address", err)
		step.Result, step.Detail = exposure.StepFailed, err.Error()
		t.Step(step)
		return exposure.Service{}, err
	}
	_, p, _ := testNamed("stun")
	svc := p.told(hello, reply)
	if svc.Facts == nil {
		svc.Facts = exposure.Facts{}
	}
	step.Said = svc.Banner
	if seen := svc.Facts.Text("seen_from"); !seen.IsZero() {
		step.Facts = exposure.Facts{"seen_from": seen}
	}
	t.Step(step)
	s.Learn(svc)
	return svc, s.turnStep(ctx, t, &svc)
}

// turnStep asks for a relayed address.
func (s *Session) turnStep(ctx context.Context, t *Trial, svc *exposure.Service) error {
	ctx, cancel := context.WithTimeout(ctx, questionTime)
	defer cancel()
	step := exposure.Step{ID: "stun-relay", Result: exposure.StepFailed, Asked: "Allocate", Remote: s.peer.at}
	defer func() { t.Step(step) }()
	c, err := s.dialPort(ctx, exposure.UDP, s.peer.at.Port())
	if err != nil {
		step.Detail = s.fail("ask for a relayed address", err).Error()
		return nil
	}
	defer c.Close()
	reply, err := turnAsk(ctx, c, turnAllocate, noise(s.peer.nonce()+1, 12), turnTransport, []byte{17, 0, 0, 0}) // 17: UDP
	if err != nil {
		step.Result, step.Why = exposure.StepRefused, "no-turn"
		svc.Facts["turn"] = false
		return nil
	}
	var told exposure.Service
	told.Facts = exposure.Facts{}
	stunTell(reply, &told)
	switch code, _ := told.Facts["error_code"].(int); {
	case binary.BigEndian.Uint16(reply) == turnAllocate|turnAnswer:
		step.Result = exposure.StepOK
		svc.Facts["turn"], svc.Facts["relays_without_login"] = true, true
		if at, ok := turnRelayedAt(reply); ok {
			step.Said = untrusted.New(at, maxFact)
			svc.Facts["relayed_at"] = step.Said
		}
		// Nothing is left behind, as far as the server keeps to the book.
		_, _ = turnAsk(ctx, c, turnRefresh, noise(s.peer.nonce()+2, 12), turnLifetime, []byte{0, 0, 0, 0})
	case code == 401 || code == 438: // 438: Stale Nonce
		step.Result, step.Why = exposure.StepRefused, "login-wanted"
		svc.Facts["turn"], svc.Facts["relays_without_login"] = true, false
		if realm := stunAttribute(reply, turnRealm); len(realm) > 0 {
			svc.Facts["realm"] = untrusted.New(realm, maxFact)
		}
	default:
		step.Result, step.Said = exposure.StepRefused, untrusted.New(strconv.Itoa(code), 0)
		svc.Facts["turn"], svc.Facts["relays_without_login"] = code != 400 && code != 420, false
	}
	return nil
}

// turnTries is how often a question is sent until an answer comes, a time after
// one another (RFC 8489 section 6.2.1).
const (
	turnTries = 4
	turnPause = 500 * time.Millisecond
)

// turnAsk sends a request with one attribute and returns its answer. An
// allocation belongs to the socket that asked for it, so that the connection
// stays.
func turnAsk(ctx context.Context, c net.Conn, method uint16, id []byte, attribute uint16, value []byte) ([]byte, error) {
	request := binary.BigEndian.AppendUint16(nil, method)
	request = binary.BigEndian.AppendUint16(request, uint16(4+len(value)))
	request = append(binary.BigEndian.AppendUint32(request, stunCookie), id...)
	request = binary.BigEndian.AppendUint16(request, attribute)
	request = append(binary.BigEndian.AppendUint16(request, uint16(len(value))), value...)
	buf := make([]byte, maxHelloReply)
	var last error
	for range turnTries {
		if _, err := c.Write(request); err != nil {
			return nil, err
		}
		until := time.Now().Add(turnPause)
		if end, ok := ctx.Deadline(); ok && end.Before(until) {
			until = end
		}
		if err := c.SetReadDeadline(until); err != nil {
			return nil, err
		}
		for {
			n, err := c.Read(buf)
			if err != nil {
				last = err
				break
			}
			if turnReplies(request, buf[:n]) {
				return buf[:n], nil
			}
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, last
}

// turnReplies wants the answer or the refusal of a request.
func turnReplies(request, b []byte) bool {
	if len(b) < stunHeader || int(binary.BigEndian.Uint16(b[2:])) != len(b)-stunHeader || !bytes.Equal(b[4:stunHeader], request[4:stunHeader]) {
		return false
	}
	kind, method := binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(request)
	return kind == method|turnAnswer || kind == method|turnRefusal
}

// turnRelayedAt is the address that the server lends (RFC 8656 section 18.5).
func turnRelayedAt(reply []byte) (string, bool) {
	at, ok := stunSeen(stunAttribute(reply, turnRelayed), reply)
	return at.String(), ok
}

// stunAttribute is the value of the first attribute of a kind, nil when there is
// none.
func stunAttribute(reply []byte, kind uint16) []byte {
	for b := reply[min(stunHeader, len(reply)):]; len(b) >= 4; {
		n := int(binary.BigEndian.Uint16(b[2:]))
		if n > len(b)-4 {
			return nil
		}
		if binary.BigEndian.Uint16(b) == kind {
			return b[4 : 4+n]
		}
		b = b[4+min((n+3)&^3, len(b)-4):]
	}
	return nil
}
