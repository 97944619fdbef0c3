package probe

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

var imapTests = []Test{{Name: "imap", Port: 143, Run: imapTrial}}

// imapTrial looks at what an IMAP server offers and, with --user, logs in and
// counts folders and mails. It opens and changes none.
func imapTrial(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	svc, err := runIMAP(ctx, s)
	greeting := exposure.Step{ID: "imap-greeting", Result: exposure.StepOK, Said: svc.Banner}
	if svc.Confidence != exposure.Confirmed {
		t.Step(mailFailed(greeting, err))
		return svc, err
	}
	if took, known := svc.Facts["greeting_ms"]; known {
		greeting.Facts = exposure.Facts{"greeting_ms": took}
	}
	t.Step(greeting)
	t.Step(exposure.Step{ID: "imap-capability", Result: exposure.StepOK, Facts: exposure.Facts{"capabilities": svc.Facts["capabilities"]}})
	if s.secure == nil {
		t.Step(mailStartTLS(exposure.Step{ID: "imap-starttls"}, svc, "starttls", err))
		t.Step(mailClearLogin(exposure.Step{ID: "imap-clear-login"}, svc))
	}
	if t.User() != "" {
		m := imap{s: s, svc: svc}
		m.mailbox(ctx, t)
	}
	return svc, err
}

// mailbox logs in with the user's own password, inside TLS only, and counts.
func (m *imap) mailbox(ctx context.Context, t *Trial) {
	step := exposure.Step{ID: "imap-login", Asked: "LOGIN " + t.User() + " ****"}
	c, password, ok := mailEnter(ctx, t, &step, m.s, m.svc, m.secured)
	if !ok {
		return
	}
	defer c.Close()
	var err error
	command := "LOGIN " + imapString(t.User()) + " " + imapString(password)
	if slices.ContainsFunc(m.svc.Facts.Texts("auth"), func(a untrusted.Text) bool { return strings.EqualFold(a.Raw(), "PLAIN") }) {
		step.Asked = "AUTHENTICATE PLAIN " + t.User() + " ****"
		err = m.authenticate(c, mailPlain(t.User(), password))
	} else {
		_, err = m.ask(c, command)
	}
	var no errIMAPRefused
	switch {
	case err == nil:
		step.Result = exposure.StepOK
	case errors.As(err, &no):
		step.Result, step.Said = exposure.StepRefused, untrusted.New(string(no), maxFact)
	default:
		step = mailFailed(step, err)
	}
	m.svc.Facts["login"] = err == nil
	t.Step(step)
	if err == nil {
		m.count(c, t)
	}
	_ = c.Send("z LOGOUT") // the connection is closed whatever becomes of it
}

// authenticate sends the one word of PLAIN after the server has asked for it
// (RFC 9051 section 6.2.2): not every server takes it with the command.
func (m *imap) authenticate(c *Conn, word string) error {
	m.tag++
	tag := "s" + strconv.Itoa(m.tag)
	if err := c.Send(tag + " AUTHENTICATE PLAIN"); err != nil {
		return err
	}
	for asked := false; ; {
		line, err := c.Line()
		switch rest, ours := strings.CutPrefix(line, tag+" "); {
		case err != nil:
			return err
		case ours && strings.HasPrefix(strings.ToUpper(rest), "OK"):
			return nil
		case ours:
			return errIMAPRefused(rest)
		case strings.HasPrefix(line, "+") && !asked:
			asked = true
			if err := c.Send(word); err != nil {
				return err
			}
		case !strings.HasPrefix(line, "* "):
			return ErrProtocol
		}
	}
}

// secured is a connection inside TLS, behind the greeting.
func (m *imap) secured(ctx context.Context) (*Conn, error) {
	if m.s.secure != nil {
		c, err := m.s.Connect(ctx)
		if err == nil {
			_, err = c.Line()
		}
		return c, err
	}
	raw, err := m.ready(ctx)
	if err != nil {
		return nil, err
	}
	inner, _, err := m.s.Upgrade(ctx, raw.(*Conn))
	return inner, err
}

// imapString is a quoted string (RFC 9051 section 4.3).
func imapString(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

// maxIMAPFolders is how many folders are counted, and maxIMAPAsked of how many
// the mails are.
const (
	maxIMAPFolders = 4096
	maxIMAPAsked   = 64
)

// count lists the folders and asks for the mails in each.
func (m *imap) count(c *Conn, t *Trial) {
	step := exposure.Step{ID: "imap-folders", Asked: `LIST "" "*"`}
	m.most = maxIMAPFolders
	lines, err := m.ask(c, step.Asked)
	m.most = 0
	if err != nil {
		t.Step(mailFailed(step, err))
		return
	}
	folders, open := 0, []string(nil)
	for _, line := range lines {
		flags, name, ok := imapFolder(line)
		if !ok {
			continue
		}
		folders++
		if !strings.Contains(strings.ToLower(flags), `\noselect`) && name != "" {
			open = append(open, name)
		}
	}
	m.svc.Facts["folders"] = folders
	step.Result, step.Facts = exposure.StepOK, exposure.Facts{"folders": folders}
	t.Step(step)
	mails := 0
	for _, name := range open[:min(len(open), maxIMAPAsked)] {
		lines, err := m.ask(c, "STATUS "+imapString(name)+" (MESSAGES)")
		var no errIMAPRefused
		switch {
		case errors.As(err, &no):
			continue // not ours to see
		case err != nil:
			t.Step(mailFailed(exposure.Step{ID: "imap-mails", Asked: "STATUS"}, err))
			return
		}
		for _, line := range lines {
			mails += imapMails(line)
		}
	}
	m.svc.Facts["mails"] = mails
	t.Step(exposure.Step{ID: "imap-mails", Asked: "STATUS", Result: exposure.StepOK, Facts: exposure.Facts{"mails": mails}})
}

// imapFolder takes a line of LIST apart: flags and name (RFC 9051 section
// 7.3.1). A name that comes as a literal is left out.
func imapFolder(line string) (flags, name string, ok bool) {
	const head = "* LIST ("
	if len(line) < len(head) || !strings.EqualFold(line[:len(head)], head) {
		return "", "", false
	}
	flags, rest, found := strings.Cut(line[len(head):], ") ")
	if !found {
		return "", "", false
	}
	// The separator: one quoted character or NIL.
	if quoted, ok := strings.CutPrefix(rest, `"`); ok {
		_, rest = imapQuoted(quoted)
	} else {
		_, rest, _ = strings.Cut(rest, " ")
	}
	rest = strings.TrimPrefix(rest, " ")
	if quoted, ok := strings.CutPrefix(rest, `"`); ok {
		name, _ = imapQuoted(quoted)
	} else if !strings.HasPrefix(rest, "{") {
		name = rest
	}
	if strings.ContainsAny(name, "\r\n\x00") {
		name = ""
	}
	return flags, name, true
}

var imapStatus = regexp.MustCompile(`(?i)^\* STATUS .*\(.*\bMESSAGES (\d{1,9})\b`)

// imapMails is the number of mails in a line of STATUS.
func imapMails(line string) int {
	found := imapStatus.FindStringSubmatch(line)
	if found == nil {
		return 0
	}
	n, err := strconv.Atoi(found[1])
	if err != nil {
		return 0 // it is digits
	}
	return n
}
