package probe

import (
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

// mailPassword reports whether a SASL mechanism sends the password itself.
func mailPassword(mechanism string) bool {
	return strings.EqualFold(mechanism, "PLAIN") || strings.EqualFold(mechanism, "LOGIN")
}

// mailFailed is a step that an error ended: a refusal, or no answer.
func mailFailed(step exposure.Step, err error) exposure.Step {
	step.Result = exposure.StepFailed
	if err != nil {
		step.Detail = untrusted.New(cause(err).Error(), maxErrorText).Terminal()
	}
	return step
}

// mailStartTLS tells what became of TLS inside a protocol of mail.
func mailStartTLS(step exposure.Step, svc exposure.Service, fact string, err error) exposure.Step {
	offered, _ := svc.Facts.Bool(fact)
	works, _ := svc.Facts.Bool("starttls_works")
	switch {
	case !offered:
		step.Result, step.Why = exposure.StepRefused, "no-starttls"
	case works:
		step.Result = exposure.StepOK
		if svc.TLS != nil {
			step.Said = untrusted.New(strings.Join(svc.TLS.Versions, ", "), maxFact)
		}
	default:
		return mailFailed(step, err)
	}
	return step
}

// mailClearLogin tells whether a password would be refused before TLS. None was
// sent to find out.
func mailClearLogin(step exposure.Step, svc exposure.Service) exposure.Step {
	switch takes, known := svc.Facts.Bool("login_without_tls"); {
	case takes:
		step.Result = exposure.StepOK
	case known:
		step.Result = exposure.StepRefused
	}
	return mailRefused(step)
}

// mailRefused turns a step round that a server ought to refuse.
func mailRefused(step exposure.Step) exposure.Step {
	switch step.Result {
	case exposure.StepRefused:
		step.Result = exposure.StepOK
	case exposure.StepOK:
		step.Result, step.Why = exposure.StepFailed, "mail-accepted"
	}
	return step
}

// mailPlain is the one word of the mechanism PLAIN (RFC 4616 section 2).
func mailPlain(user, password string) string {
	return base64.StdEncoding.EncodeToString([]byte("\x00" + user + "\x00" + password))
}

// mailMechanism is the mechanism to log in with, empty when there is none that
// takes a password.
func mailMechanism(offered []untrusted.Text) string {
	for _, wanted := range []string{"PLAIN", "LOGIN"} {
		if slices.ContainsFunc(offered, func(o untrusted.Text) bool { return strings.EqualFold(o.Raw(), wanted) }) {
			return wanted
		}
	}
	return ""
}

// errMailSecret is the cause when a password cannot be sent as it is.
var errMailSecret = errors.New("the name or the password holds a line end or a zero byte, which cannot be sent")

// mailEnter opens a connection inside TLS for a login and asks for the password.
// Where that cannot be, it records why and ok is false.
func mailEnter(ctx context.Context, t *Trial, step *exposure.Step, s *Session, svc exposure.Service, secured func(context.Context) (*Conn, error)) (c *Conn, password string, ok bool) {
	works, _ := svc.Facts.Bool("starttls_works")
	if s.secure == nil && !works {
		step.Result, step.Why = exposure.StepSkipped, "no-tls-for-password"
		t.Step(*step)
		return nil, "", false
	}
	password, err := mailSecret(t)
	if err == nil {
		c, err = secured(ctx)
	}
	if err != nil {
		t.Step(mailFailed(*step, err))
		return nil, "", false
	}
	step.Local, step.Remote = endOf(c.LocalAddr()), endOf(c.RemoteAddr())
	return c, password, true
}

// mailSecret asks for the password and refuses what would end a line.
func mailSecret(t *Trial) (string, error) {
	password, err := t.Password()
	if err == nil && strings.ContainsAny(t.User()+password, "\r\n\x00") {
		err = errMailSecret
	}
	return password, err
}
