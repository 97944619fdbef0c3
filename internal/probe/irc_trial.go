package probe

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

var ircTests = []Test{{Name: "irc", Port: 6667, Check: ircCheckUser, Run: testIRC}}

// errIRCRefused is a server that lets nobody in.
type errIRCRefused string

// Error quotes it; Error of the probe escapes it.
func (e errIRCRefused) Error() string { return "refused: " + string(e) }

func (e errIRCRefused) storesRefused() string { return string(e) }

var errIRCName = errors.New("a name of IRC is one word (RFC 2812 section 2.3.1)")

// ircCheckUser holds that the name is one word: it stands in a command.
func ircCheckUser(t *Trial) error {
	if strings.ContainsAny(t.User(), " \r\n\x00:") || len(t.User()) > 64 {
		return errIRCName
	}
	return nil
}

// testIRC registers as nobody in particular, or with the server's password where
// a user was given, and looks at what the server tells and whether it has TLS.
func testIRC(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	i := irc{s: s, svc: exposure.Service{Facts: exposure.Facts{}}}
	err := i.enter(ctx, "", "")
	defer func() { i.leave() }()
	i.tell(t, "irc-register", "NICK USER", err)
	if err != nil {
		return i.svc, err
	}
	if t.User() != "" {
		i.leave()
		if err := i.login(ctx, t); err != nil {
			return i.svc, err
		}
	} else if i.refusal != "" {
		t.Step(exposure.Step{ID: "irc-login", Result: exposure.StepSkipped, Why: "no-user"})
	}
	i.network(t)
	if s.secure == nil {
		i.transport(t)
	}
	return i.svc, nil
}

// tell records a registration.
func (i *irc) tell(t *Trial, id, asked string, err error) {
	if err == nil && i.refusal != "" {
		err = errIRCRefused(i.refusal)
	}
	said := i.svc.Banner
	if err != nil {
		said = untrusted.Text{}
	}
	t.Step(storesStep(id, asked, said, err))
}

// login registers once more with the password of the server.
func (i *irc) login(ctx context.Context, t *Trial) error {
	password, err := t.Password()
	if err != nil {
		return i.s.fail("PASS", err)
	}
	if strings.ContainsAny(password, "\r\n\x00") {
		return i.s.fail("PASS", errIRCName)
	}
	wanted, asked := i.svc.Facts["password_required"]
	again := irc{s: i.s, svc: i.svc}
	again.svc.Confidence = exposure.NoConfidence
	delete(again.svc.Facts, "refused")
	err = again.enter(ctx, t.User(), password)
	if asked {
		again.svc.Facts["password_required"] = wanted
	}
	*i = again
	i.tell(t, "irc-login", "PASS "+storesMasked+" NICK "+t.User(), err)
	return err
}

// network tells who is there.
func (i *irc) network(t *Trial) {
	if !i.registered {
		return
	}
	name := i.svc.Facts.Text("network").Raw()
	if name == "" {
		name = i.svc.Facts.Text("hostname").Raw()
	}
	said := name
	if users, ok := i.svc.Facts["users"].(int); ok {
		channels, _ := i.svc.Facts["channels"].(int)
		said = fmt.Sprintf("%s, users %d, channels %d", name, users, channels)
	}
	t.Step(exposure.Step{ID: "irc-network", Result: exposure.StepOK, Said: untrusted.New(said, maxFact)})
}

// transport tells whether the server has TLS: on a port of its own (IRCv3), or
// within the protocol.
func (i *irc) transport(t *Trial) {
	step := exposure.Step{ID: "irc-tls", Result: exposure.StepRefused, Why: "no-tls"}
	if port, ok := i.svc.Facts["tls_port"].(int); ok {
		step.Result, step.Why, step.Said = exposure.StepOK, "", untrusted.New(fmt.Sprintf("sts=port=%d", port), 0)
	} else if within, _ := i.svc.Facts.Bool("starttls"); within {
		step.Result, step.Why, step.Said = exposure.StepOK, "", untrusted.New("tls", 0)
	}
	i.svc.Facts["tls_offered"] = step.Result == exposure.StepOK
	t.Step(step)
}
