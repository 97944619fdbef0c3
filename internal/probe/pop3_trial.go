package probe

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

var pop3Tests = []Test{{Name: "pop3", Port: 110, Run: pop3Trial}}

// pop3Trial looks at what a POP3 server offers and, with --user, logs in and
// counts the mails. It reads and deletes none.
func pop3Trial(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	svc, err := runPOP3(ctx, s)
	greeting := exposure.Step{ID: "pop3-greeting", Result: exposure.StepOK, Said: svc.Banner}
	if svc.Confidence != exposure.Confirmed {
		t.Step(mailFailed(greeting, err))
		return svc, err
	}
	if took, known := svc.Facts["greeting_ms"]; known {
		greeting.Facts = exposure.Facts{"greeting_ms": took}
	}
	t.Step(greeting)
	offers := exposure.Step{ID: "pop3-capa", Result: exposure.StepOK, Facts: exposure.Facts{"capabilities": svc.Facts["capabilities"]}}
	if len(svc.Facts.Texts("capabilities")) == 0 {
		offers.Result = exposure.StepRefused
	}
	t.Step(offers)
	if s.secure == nil {
		t.Step(mailStartTLS(exposure.Step{ID: "pop3-stls"}, svc, "stls", err))
		t.Step(mailClearLogin(exposure.Step{ID: "pop3-clear-login"}, svc))
	}
	if t.User() != "" {
		p := pop3{s: s, svc: svc}
		p.mailbox(ctx, t)
	}
	return svc, err
}

// mailbox logs in with the user's own password, inside TLS only, and counts.
func (p *pop3) mailbox(ctx context.Context, t *Trial) {
	step := exposure.Step{ID: "pop3-login", Asked: "USER " + t.User() + " PASS ****"}
	c, password, ok := mailEnter(ctx, t, &step, p.s, p.svc, p.secured)
	if !ok {
		return
	}
	defer c.Close()
	var err error
	var no errPOP3Refused
	for _, line := range []string{"USER " + t.User(), "PASS " + password} {
		var said string
		if said, err = c.askPOP3(line); err != nil {
			break
		}
		step.Said = untrusted.New(strings.TrimSpace("+OK "+said), maxFact)
	}
	switch {
	case err == nil:
		step.Result = exposure.StepOK
	case errors.As(err, &no):
		step.Result, step.Said = exposure.StepRefused, untrusted.New(string(no), maxFact)
	default:
		step = mailFailed(step, err)
	}
	p.svc.Facts["login"] = err == nil
	t.Step(step)
	if err == nil {
		p.count(c, t)
	}
	_ = c.Send("QUIT") // it deletes what was marked, and nothing was
}

// secured is a connection inside TLS, behind the greeting.
func (p *pop3) secured(ctx context.Context) (*Conn, error) {
	if p.s.secure != nil {
		c, err := p.s.Connect(ctx)
		if err == nil {
			_, err = c.Line()
		}
		return c, err
	}
	raw, err := p.ready(ctx)
	if err != nil {
		return nil, err
	}
	inner, _, err := p.s.Upgrade(ctx, raw.(*Conn))
	return inner, err
}

// count asks how many mails there are and how large they are together.
func (p *pop3) count(c *Conn, t *Trial) {
	step := exposure.Step{ID: "pop3-count", Asked: "STAT", Result: exposure.StepOK}
	said, err := c.askPOP3("STAT")
	var mails, bytes int64
	if err == nil {
		_, err = fmt.Sscan(said, &mails, &bytes)
	}
	if err != nil || mails < 0 || bytes < 0 {
		t.Step(mailFailed(step, err))
		return
	}
	step.Said = untrusted.New(said, maxFact)
	step.Facts = exposure.Facts{"mails": mails, "bytes": bytes}
	p.svc.Facts["mails"] = mails
	t.Step(step)
}
