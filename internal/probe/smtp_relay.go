package probe

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"regexp"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

// The addresses of the relay test: of domains that nobody has (RFC 2606), so
// that nobody gets mail should a server ever send any.
const (
	smtpSender    = "sekisho@example.org"
	smtpRecipient = "relaytest@example.net"
)

// smtpForm is one way to write a sender and a foreign recipient. NAME stands for
// the server's own name, ADDRESS for its address as a literal (RFC 5321 section
// 4.1.3).
type smtpForm struct{ name, from, to string }

// smtpForms are the sixteen that testers of open relays have tried since the
// nineties. The first five write the recipient plainly; the others leave it to
// the server to see a foreign address in what looks like one of its own.
var smtpForms = []smtpForm{
	{"plain", smtpSender, smtpRecipient},
	{"sender-without-domain", "sekisho", smtpRecipient},
	{"empty-sender", "", smtpRecipient},
	{"sender-at-server", "postmaster@NAME", smtpRecipient},
	{"sender-at-address", "sekisho@ADDRESS", smtpRecipient},
	{"percent-at-server", smtpSender, "relaytest%example.net@NAME"},
	{"percent-at-address", smtpSender, "relaytest%example.net@ADDRESS"},
	{"quoted", smtpSender, `"relaytest@example.net"`},
	{"quoted-percent", smtpSender, `"relaytest%example.net"`},
	{"two-ats", smtpSender, "relaytest@example.net@NAME"},
	{"quoted-at-server", smtpSender, `"relaytest@example.net"@NAME`},
	{"quoted-at-address", smtpSender, `"relaytest@example.net"@ADDRESS`},
	{"source-route-server", smtpSender, "@NAME:relaytest@example.net"},
	{"source-route-address", smtpSender, "@ADDRESS:relaytest@example.net"},
	{"bang-path", smtpSender, "example.net!relaytest"},
	{"bang-path-at-server", smtpSender, "example.net!relaytest@NAME"},
}

// smtpAnew is after how many forms a new connection begins: servers slow down
// or hang up after ten refusals on one (Postfix: smtpd_soft_error_limit).
const smtpAnew = 6

// relay asks in each form whether the server would take mail of strangers for
// strangers. It names sender and recipient, takes both back with RSET and never
// sends DATA, so that there is no mail.
func (m *smtp) relay(ctx context.Context, t *Trial) {
	r := smtpRelay{smtp: m, name: m.ownName(t), literal: smtpLiteral(m.s.peer.at.Addr())}
	defer r.leave()
	r.anyUser(ctx, t)
	var accepted []string
	tested, refused := 0, 0
	for i, form := range smtpForms {
		if i%smtpAnew == 0 {
			r.leave()
		}
		step := r.try(ctx, form)
		t.Step(mailRefused(step))
		switch step.Result {
		case exposure.StepOK:
			tested++
			accepted = append(accepted, form.name)
		case exposure.StepRefused:
			tested++
			refused++
		}
	}
	m.svc.Facts["relay_tested"], m.svc.Facts["relay_refused"] = tested, refused
	m.svc.Facts["relay_accepted"] = texts(accepted, len(smtpForms))
	m.s.Learn(m.svc)
}

// ownName is a name for which the server takes mail, as far as one can tell.
func (m *smtp) ownName(t *Trial) string {
	if domain := hostName(t.Text("domain")); domain != "" {
		return domain
	}
	if name := hostName(m.svc.Facts.Text("hostname").Raw()); name != "" {
		return name
	}
	return "localhost"
}

// smtpLiteral is an address as it stands behind an @ (RFC 5321 section 4.1.3).
func smtpLiteral(a netip.Addr) string {
	if a.Unmap().Is4() {
		return "[" + a.Unmap().String() + "]"
	}
	return "[IPv6:" + a.WithZone("").String() + "]"
}

// smtpRelay is one run of the relay test.
type smtpRelay struct {
	*smtp
	name, literal string
	c             *Conn // nil: the next form begins a connection
	inTLS         bool  // the server wants TLS before it takes mail
	clear         bool  // never TLS
	broken        bool  // c broke after the last answer
}

// leave ends the connection, if there is one.
func (r *smtpRelay) leave() {
	if r.c != nil {
		_ = r.c.Send("QUIT") // it is closed whatever becomes of it
		_ = r.c.Close()
		r.c = nil
	}
	r.broken = false
}

// anyUser finds out whether the server takes every name at its own domain, for
// then the forms that look like such names prove nothing.
func (r *smtpRelay) anyUser(ctx context.Context, t *Trial) {
	nobody := fmt.Sprintf("sekisho-%08x@%s", uint32(r.s.peer.nonce()), r.name)
	step := r.ask(ctx, exposure.Step{ID: "smtp-any-user"}, smtpSender, nobody)
	switch step.Result {
	case exposure.StepOK:
		step.Why = "smtp-any-user"
		r.svc.Facts["relay_any_user"] = true
	case exposure.StepRefused:
		step.Result = exposure.StepOK // either is right, and now it is known
		r.svc.Facts["relay_any_user"] = false
	}
	t.Step(step)
}

// try asks in one form. A server that hangs up is asked once more.
func (r *smtpRelay) try(ctx context.Context, form smtpForm) exposure.Step {
	fill := strings.NewReplacer("NAME", r.name, "ADDRESS", r.literal)
	step := exposure.Step{ID: "smtp-relay", Facts: exposure.Facts{"form": untrusted.New(form.name, maxFact)}}
	return r.ask(ctx, step, fill.Replace(form.from), fill.Replace(form.to))
}

// ask names one sender and one recipient, and takes both back.
func (r *smtpRelay) ask(ctx context.Context, step exposure.Step, from, to string) exposure.Step {
	step.Asked = fmt.Sprintf("MAIL FROM:<%s> RCPT TO:<%s>", from, to)
	for range smtpTries {
		answer, err := r.envelope(ctx, from, to)
		if err != nil || answer.code == 421 {
			r.leave()
			step.Result, step.Why = exposure.StepFailed, "smtp-no-answer"
			step.Said = answer.banner()
			if err != nil {
				step.Detail = untrusted.New(cause(err).Error(), maxErrorText).Terminal()
			}
			if ctx.Err() != nil || errors.Is(err, os.ErrDeadlineExceeded) {
				step.Why = "mail-time-over"
				return step
			}
			continue
		}
		step.Said, step.Why, step.Detail = answer.banner(), "", ""
		step.Local, step.Remote = endOf(r.c.LocalAddr()), endOf(r.c.RemoteAddr())
		switch {
		case answer.code/100 == 2:
			step.Result = exposure.StepOK
		case answer.code/100 == 5, smtpDenied.MatchString(answer.text()):
			step.Result = exposure.StepRefused
		default:
			step.Result, step.Why = exposure.StepUnknown, "smtp-later"
		}
		return step
	}
	return step
}

// smtpDenied recognises a refusal that comes with a code of "try later": Postfix
// says so (defer_unauth_destination) so that no mail is lost over a mistake in
// its settings.
var smtpDenied = regexp.MustCompile(`(?i)\brelay(ing)?\b.*\b(denied|not (permitted|allowed)|prohibited)\b`)

// smtpTries is how often one form is asked: a second time when the connection
// ended over it, a third time inside TLS when the server wants that.
const smtpTries = 3

// envelope returns what the server said to the recipient, or to the sender when
// it refused that.
func (r *smtpRelay) envelope(ctx context.Context, from, to string) (reply, error) {
	if r.broken {
		r.leave()
	}
	if r.c == nil {
		if err := r.open(ctx); err != nil {
			return reply{}, err
		}
	}
	answer, err := r.c.ask("MAIL FROM:<" + from + ">")
	if err != nil {
		return answer, err
	}
	if answer.code == smtpTLSFirst && !r.inTLS && !r.clear && smtpWantsTLS(answer) {
		r.inTLS = true
		r.leave()
		return answer, errSMTPTLSFirst
	}
	if answer.code/100 == 2 {
		if answer, err = r.c.ask("RCPT TO:<" + to + ">"); err != nil {
			return answer, err
		}
	}
	if _, err := r.c.ask("RSET"); err != nil {
		r.broken = true // the answer counts all the same
	}
	return answer, nil
}

// smtpTLSFirst is the reply of a server that wants TLS first (RFC 3207 section
// 4); 530 is that of one which wants a login too (RFC 4954 section 6).
const smtpTLSFirst = 530

var errSMTPTLSFirst = errors.New("the server wants TLS first")

func smtpWantsTLS(answer reply) bool {
	return strings.Contains(strings.ToUpper(answer.text()), "TLS")
}

// open begins a connection up to the point where mail goes.
func (r *smtpRelay) open(ctx context.Context) error {
	c, err := r.s.Connect(ctx)
	if err != nil {
		return err
	}
	r.c = c
	hello, err := c.reply()
	if err != nil {
		return err
	}
	if hello.code != 220 {
		return refusal(hello)
	}
	answer, err := c.ask(smtpEHLO(c))
	if err == nil && answer.code != 250 {
		answer, err = c.ask(strings.Replace(smtpEHLO(c), "EHLO", "HELO", 1))
	}
	switch {
	case err != nil:
		return err
	case answer.code != 250:
		return refusal(answer)
	case !r.inTLS || r.s.secure != nil:
		return nil
	}
	if err := r.agreeTLS(c); err != nil {
		return err
	}
	inner, _, err := r.s.Upgrade(ctx, c)
	if err != nil {
		return err
	}
	r.c = inner
	_, err = inner.ask(smtpEHLO(c))
	return err
}
