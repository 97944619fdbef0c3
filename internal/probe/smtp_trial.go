package probe

import (
	"context"
	"encoding/base64"

	"sekisho/internal/exposure"
)

var smtpTests = []Test{
	{
		Name: "smtp", Port: 25, Mail: true, Run: smtpTrial,
		Options: []Option{
			{Name: "domain", Kind: Text},
			{Name: "resolver", Kind: Text},
			{Name: "relay", Kind: Flag, Default: "true"},
		},
	},
	{Name: "submission", Port: 587, Run: submissionTrial},
}

// smtpTrial looks at a server that takes mail from others: what it offers, what
// its names lead to and whether it relays for strangers.
func smtpTrial(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	m, err := smtpTalk(ctx, s, t)
	if m.svc.Confidence != exposure.Confirmed {
		return m.svc, err
	}
	m.smtpNames(ctx, t)
	s.Learn(m.svc)
	if t.Flag("relay") {
		m.relay(ctx, t)
	}
	return m.svc, err
}

// smtpTalk does what recognition does and records its steps.
func smtpTalk(ctx context.Context, s *Session, t *Trial) (*smtp, error) {
	svc, err := runSMTP(ctx, s)
	m := &smtp{s: s, svc: svc}
	if svc.Facts == nil {
		m.svc.Facts = exposure.Facts{}
	}
	greeting := exposure.Step{ID: "smtp-greeting", Result: exposure.StepOK, Said: svc.Banner}
	if took, known := svc.Facts["greeting_ms"]; known {
		greeting.Facts = exposure.Facts{"greeting_ms": took}
	}
	if svc.Confidence != exposure.Confirmed {
		t.Step(mailFailed(greeting, err))
		return m, err
	}
	t.Step(greeting)
	offers := exposure.Step{ID: "smtp-ehlo", Result: exposure.StepOK, Said: svc.Facts.Text("hostname")}
	offers.Facts = exposure.Facts{"extensions": svc.Facts["extensions"], "auth": svc.Facts["auth"]}
	t.Step(offers)
	if s.secure == nil {
		t.Step(mailStartTLS(exposure.Step{ID: "smtp-starttls"}, svc, "starttls", err))
	}
	return m, err
}

// submissionTrial looks at a server that takes mail from its users: whether it
// asks for TLS, whether it asks for a login, and, with --user, whether that works.
func submissionTrial(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	m, err := smtpTalk(ctx, s, t)
	if m.svc.Confidence != exposure.Confirmed {
		return m.svc, err
	}
	works, _ := m.svc.Facts.Bool("starttls_works")
	inTLS := s.secure != nil || works
	if s.secure == nil {
		m.takesInTheClear(ctx, t)
	}
	if inTLS {
		r := smtpRelay{smtp: m, inTLS: true}
		m.wantsLogin(t, r.ask(ctx, exposure.Step{ID: "submission-login-required"}, smtpSender, smtpRecipient))
		r.leave()
	}
	s.Learn(m.svc)
	if t.User() != "" {
		m.login(ctx, t, inTLS)
	}
	return m.svc, err
}

// takesInTheClear asks without TLS and without a login whether mail for
// strangers is taken.
func (m *smtp) takesInTheClear(ctx context.Context, t *Trial) {
	r := smtpRelay{smtp: m, clear: true}
	defer r.leave()
	step := r.ask(ctx, exposure.Step{ID: "submission-without-tls"}, smtpSender, smtpRecipient)
	if step.Result == exposure.StepRefused && smtpWantsTLS(reply{lines: []string{step.Said.Raw()}}) {
		m.svc.Facts["tls_required"] = true
		t.Step(mailRefused(step))
		return
	}
	if before, known := m.svc.Facts.Bool("auth_before_tls"); known && before || step.Result == exposure.StepOK {
		m.svc.Facts["tls_required"] = false
	}
	m.wantsLogin(t, step)
}

// wantsLogin keeps whether mail for strangers was taken without a login. One
// acceptance counts more than any refusal.
func (m *smtp) wantsLogin(t *Trial, step exposure.Step) {
	t.Step(mailRefused(step))
	switch step.Result {
	case exposure.StepOK:
		m.svc.Facts["login_required"] = false
	case exposure.StepRefused:
		if _, known := m.svc.Facts.Bool("login_required"); !known {
			m.svc.Facts["login_required"] = true
		}
	}
}

// login logs in with the user's own password, inside TLS only, by PLAIN (RFC
// 4616) or else by LOGIN, which old Outlooks wanted.
func (m *smtp) login(ctx context.Context, t *Trial, inTLS bool) {
	step := exposure.Step{ID: "smtp-login"}
	mechanism := mailMechanism(m.svc.Facts.Texts("auth"))
	switch {
	case !inTLS:
		step.Result, step.Why = exposure.StepSkipped, "no-tls-for-password"
		t.Step(step)
		return
	case mechanism == "":
		step.Result, step.Why = exposure.StepSkipped, "no-mechanism"
		t.Step(step)
		return
	}
	password, err := mailSecret(t)
	if err != nil {
		t.Step(mailFailed(step, err))
		return
	}
	r := smtpRelay{smtp: m, inTLS: true}
	defer r.leave()
	if err := r.open(ctx); err != nil {
		t.Step(mailFailed(step, err))
		return
	}
	answer, err := r.auth(mechanism, t.User(), password)
	step.Asked = "AUTH " + mechanism + " " + t.User() + " ****"
	step.Said, step.Local, step.Remote = answer.banner(), endOf(r.c.LocalAddr()), endOf(r.c.RemoteAddr())
	switch {
	case err != nil:
		step = mailFailed(step, err)
	case answer.code == 235:
		step.Result = exposure.StepOK
		m.svc.Facts["login"] = true
	default:
		step.Result = exposure.StepRefused
		m.svc.Facts["login"] = false
	}
	t.Step(step)
}

// auth sends name and password (RFC 4954 section 4).
func (r *smtpRelay) auth(mechanism, user, password string) (reply, error) {
	if mechanism == "PLAIN" {
		return r.c.ask("AUTH PLAIN " + mailPlain(user, password))
	}
	answer, err := r.c.ask("AUTH LOGIN")
	for _, word := range []string{user, password} {
		if err != nil || answer.code != 334 {
			return answer, err
		}
		answer, err = r.c.ask(base64.StdEncoding.EncodeToString([]byte(word)))
	}
	return answer, err
}
