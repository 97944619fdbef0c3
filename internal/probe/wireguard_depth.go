package probe

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
	"sekisho/internal/wire/wireguard"
)

// wireguardTest asks as one of the server's peers, who alone are answered.
var wireguardTest = Test{
	Name: "wireguard", Port: 51820,
	Options: []Option{{Name: "key-file"}, {Name: "peer-key"}, {Name: "psk-file"}},
	Route: func(t *Trial) Route {
		r := Route{Transport: exposure.UDP, Port: 51820}
		if w, err := wireguardWho(t); err == nil && w.peer.Port != 0 {
			r.Port = w.peer.Port
		}
		return r
	},
	Check: func(t *Trial) error {
		_, err := wireguardWho(t)
		return err
	},
	Run: testWireGuard,
}

// wireguardSelf is who asks, and the server as the keys know it.
type wireguardSelf struct {
	keyed   bool
	private wireguard.Key
	peer    wireguard.Peer
}

// wireguardWho makes that of the options. Without a key file nobody asks but a
// stranger.
func wireguardWho(t *Trial) (w wireguardSelf, err error) {
	path, peer, psk := t.Text("key-file"), t.Text("peer-key"), t.Text("psk-file")
	if path == "" {
		if peer != "" || psk != "" {
			return w, errors.New("--key-file is needed too: the private key of a peer that the server knows")
		}
		return w, nil
	}
	text, err := readKeyFile(path)
	if err != nil {
		return w, fmt.Errorf("--key-file: %w", err)
	}
	c, err := wireguard.ParseConfig(text)
	if err != nil {
		return w, fmt.Errorf("--key-file %s: %w", path, err)
	}
	w.keyed, w.private = true, c.Private
	if w.peer, err = wireguardServer(c.Peers, peer); err != nil {
		return w, err
	}
	if psk == "" {
		return w, nil
	}
	if text, err = readKeyFile(psk); err == nil {
		w.peer.Preshared, err = wireguard.ParseKey(text)
	}
	if err != nil {
		return w, fmt.Errorf("--psk-file: %w", err)
	}
	return w, nil
}

// wireguardServer is the peer of a configuration that is the server: the one
// that was named, or the only one.
func wireguardServer(peers []wireguard.Peer, named string) (wireguard.Peer, error) {
	if named == "" {
		if len(peers) != 1 || peers[0].Public == (wireguard.Key{}) {
			return wireguard.Peer{}, errors.New("--peer-key is needed: the public key of the server, as wg show prints it there")
		}
		return peers[0], nil
	}
	public, err := wireguard.ParseKey(named)
	if err != nil {
		return wireguard.Peer{}, fmt.Errorf("--peer-key: %w", err)
	}
	for _, p := range peers {
		if p.Public == public {
			return p, nil
		}
	}
	return wireguard.Peer{Public: public}, nil
}

// testWireGuard asks as a peer, or as a stranger where no key is given.
func testWireGuard(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	svc := exposure.Service{Facts: exposure.Facts{}}
	w, err := wireguardWho(t)
	if err != nil {
		return svc, s.fail("options", err)
	}
	if !w.keyed {
		_, err := s.keyedStranger(ctx, t, exposure.Step{ID: "wireguard-stranger"}, wireguardHello(s.peer.nonce()), wireguardReplies)
		t.Step(exposure.Step{ID: "wireguard-handshake", Result: exposure.StepSkipped, Why: "wireguard-no-key", Remote: s.peer.at})
		if err == nil {
			svc.Protocol, svc.Confidence = "wireguard", exposure.Likely
		}
		return svc, err
	}
	c, err := s.dialPort(ctx, exposure.UDP, s.peer.at.Port())
	if err != nil {
		return svc, s.fail("connect", err)
	}
	return s.wireguardShake(ctx, t, &wireguardTalk{w: w, conn: c, nonce: s.peer.nonce}, svc)
}

// wireguardShake makes a handshake.
func (s *Session) wireguardShake(ctx context.Context, t *Trial, talk *wireguardTalk, svc exposure.Service) (exposure.Service, error) {
	step := exposure.Step{ID: "wireguard-handshake", Result: exposure.StepOK, Local: endOf(talk.conn.LocalAddr()), Remote: s.peer.at}
	err := talk.shake(ctx)
	preshared := errors.Is(err, wireguard.ErrPreshared)
	switch {
	case preshared:
		step.Result, step.Why = exposure.StepFailed, "wireguard-preshared"
	case errors.Is(cause(err), os.ErrDeadlineExceeded):
		step.Result, step.Why = exposure.StepFailed, "wireguard-silent"
	case err != nil:
		step.Result, step.Detail = exposure.StepFailed, s.fail("handshake", err).Error()
	}
	t.Step(step)
	switch {
	case err == nil || preshared:
		svc.Protocol, svc.Confidence = "wireguard", exposure.Confirmed
		svc.Facts["handshake"] = err == nil
	case talk.cookie != nil:
		// Only who knows the server's public key makes such a cookie.
		svc.Protocol, svc.Confidence = "wireguard", exposure.Likely
	default:
		return svc, s.fail("handshake", err)
	}
	svc.Product = untrusted.Line("WireGuard")
	svc.Facts["busy"] = talk.cookie != nil
	return svc, nil
}

// wireguardTalk is one socket from which handshakes are begun: a cookie holds for
// its port alone.
type wireguardTalk struct {
	w      wireguardSelf
	conn   net.Conn
	nonce  func() uint64
	cookie []byte // what a busy server gave us
}

// How often a handshake is begun, and how long one waits for its answer. Each is
// a new one: a server drops the repetition of one that it has seen.
const (
	wireguardTries = 3
	wireguardWait  = 1500 * time.Millisecond
)

// shake begins handshakes until one is answered. The error is
// wireguard.ErrPreshared when only that key is not the server's, a deadline when
// nothing came.
func (t *wireguardTalk) shake(ctx context.Context) (err error) {
	for range wireguardTries {
		var random wireguard.Random
		_, _ = rand.Read(random.Ephemeral[:]) // never fails
		random.Index = uint32(t.nonce())
		var h *wireguard.Handshake
		if h, err = wireguard.Begin(t.w.private, t.w.peer.Public, t.w.peer.Preshared, random, time.Now()); err != nil {
			return err
		}
		message := h.Message()
		if t.cookie != nil {
			message = h.WithCookie(t.cookie)
		}
		if _, err = t.conn.Write(message); err != nil {
			return err
		}
		if err = t.hear(h); ctx.Err() != nil || !errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, errWireGuardBusy) {
			return err
		}
	}
	return err
}

// errWireGuardBusy is a cookie in place of an answer.
var errWireGuardBusy = fmt.Errorf("server is busy: %w", os.ErrDeadlineExceeded)

// hear waits for what answers a handshake and drops the rest.
func (t *wireguardTalk) hear(h *wireguard.Handshake) error {
	if err := t.conn.SetReadDeadline(time.Now().Add(wireguardWait)); err != nil {
		return err
	}
	buf := make([]byte, wireguard.InitiationSize+1)
	for {
		n, err := t.conn.Read(buf)
		if err != nil {
			return err
		}
		if cookie, err := h.Cookie(buf[:n]); err == nil {
			t.cookie = cookie
			return errWireGuardBusy
		}
		if err := h.Check(buf[:n]); !errors.Is(err, wireguard.ErrAnswer) {
			return err
		}
	}
}
