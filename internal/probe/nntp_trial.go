package probe

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

var nntpTests = []Test{{Name: "nntp", Port: 119, Options: []Option{{Name: "group"}}, Check: nntpCheckGroup, Run: testNNTP}}

// nntpCheckGroup holds that the name is one word: it stands in a command.
func nntpCheckGroup(t *Trial) error {
	if strings.ContainsAny(t.Text("group"), " \t\r\n\x00") {
		return errNNTPGroup
	}
	return nil
}

var errNNTPGroup = errors.New("the name of a group is one word (RFC 3977 section 4.1)")

// testNNTP looks at what a news server offers and who may read there. With a
// user it logs in, inside TLS only, and with a group it counts the articles. It
// reads and posts none.
func testNNTP(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	svc, err := runNNTP(ctx, s)
	greeting := exposure.Step{ID: "nntp-greeting", Result: exposure.StepOK, Said: svc.Banner}
	if svc.Confidence != exposure.Confirmed {
		t.Step(mailFailed(greeting, err))
		return svc, err
	}
	t.Step(greeting)
	offers := exposure.Step{ID: "nntp-capabilities", Result: exposure.StepOK, Facts: exposure.Facts{"capabilities": svc.Facts["capabilities"]}}
	if len(svc.Facts.Texts("capabilities")) == 0 {
		offers.Result = exposure.StepRefused
	}
	t.Step(offers)
	if s.secure == nil {
		t.Step(mailStartTLS(exposure.Step{ID: "nntp-starttls"}, svc, "starttls", err))
	}
	reading := exposure.Step{ID: "nntp-read", Asked: nntpNoGroup, Result: exposure.StepOK}
	if wanted, known := svc.Facts.Bool("login_required"); known && wanted {
		reading.Result = exposure.StepRefused
	}
	t.Step(reading)
	n := nntp{s: s, svc: svc}
	switch {
	case t.User() != "":
		n.login(ctx, t)
	case t.Text("group") != "":
		if c, err := s.Connect(ctx); err == nil {
			defer c.Close()
			if _, err := n.line(c); err == nil {
				n.group(c, t)
			}
		}
	}
	return n.svc, err
}

// login logs in with the user's own password (RFC 4643 section 2.3), inside TLS.
func (n *nntp) login(ctx context.Context, t *Trial) {
	step := exposure.Step{ID: "nntp-login", Asked: "AUTHINFO USER " + t.User() + " PASS " + storesMasked}
	c, password, ok := mailEnter(ctx, t, &step, n.s, n.svc, n.secured)
	if !ok {
		return
	}
	defer c.Close()
	answer, err := n.ask(c, "AUTHINFO USER "+t.User())
	if err == nil && answer.code == 381 {
		answer, err = n.ask(c, "AUTHINFO PASS "+password)
	}
	switch {
	case err != nil:
		step = mailFailed(step, err)
	case answer.code == 281:
		step.Result, step.Said = exposure.StepOK, answer.banner()
	default:
		step.Result, step.Said = exposure.StepRefused, answer.banner()
	}
	n.svc.Facts["login"] = step.Result == exposure.StepOK
	t.Step(step)
	if step.Result == exposure.StepOK && t.Text("group") != "" {
		n.group(c, t)
	}
}

// secured is a connection inside TLS, behind the greeting.
func (n *nntp) secured(ctx context.Context) (*Conn, error) {
	if n.s.secure != nil {
		c, err := n.s.Connect(ctx)
		if err == nil {
			_, err = n.line(c)
		}
		return c, err
	}
	raw, err := n.ready(ctx)
	if err != nil {
		return nil, err
	}
	inner, _, err := n.s.Upgrade(ctx, raw.(*Conn))
	return inner, err
}

// group enters a group and tells how many articles it has (RFC 3977 section
// 6.1.1).
func (n *nntp) group(c *Conn, t *Trial) {
	step := exposure.Step{ID: "nntp-group", Asked: "GROUP " + t.Text("group"), Result: exposure.StepOK}
	answer, err := n.ask(c, step.Asked)
	if err == nil && answer.code == 480 || err == nil && answer.code == 411 || err == nil && answer.code >= 500 {
		step.Result, step.Said = exposure.StepRefused, answer.banner()
		t.Step(step)
		return
	}
	words := strings.Fields(answer.text())
	if err == nil && (answer.code != 211 || len(words) < 1) {
		err = ErrProtocol
	}
	var articles int
	if err == nil {
		articles, err = strconv.Atoi(words[0])
	}
	if err != nil {
		t.Step(mailFailed(step, err))
		return
	}
	step.Said = untrusted.New(fmt.Sprint(articles), 0)
	n.svc.Facts["articles"] = articles
	t.Step(step)
}
