package probe

import (
	"context"
	"crypto/md5"
	"encoding/base64"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

var rsyncTests = []Test{{Name: "rsync", Port: 873, Options: []Option{{Name: "module"}}, Run: testRsync}}

// errRsync is an error that the daemon sent.
type errRsync string

// Error quotes it; Error of the probe escapes it.
func (e errRsync) Error() string { return "refused: " + string(e) }

func (e errRsync) storesRefused() string { return string(e) }

// testRsync lists the modules, asks for each, or for the one that was named,
// and logs in to that one as the user that was given. It lists and fetches
// nothing.
func testRsync(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	svc, modules, err := s.rsyncModules(ctx)
	if svc.Protocol == "" {
		t.Step(storesStep("rsync-greeting", "", untrusted.Text{}, err))
		return svc, err
	}
	t.Step(storesStep("rsync-greeting", strings.TrimSpace(rsyncAnswer), svc.Banner, nil))
	var names []string
	for _, m := range modules {
		names = append(names, m.name)
	}
	list := storesStep("rsync-modules", "#list", untrusted.New(strings.Join(names, ", "), maxFact), err)
	if refused := svc.Facts.Text("refused"); !refused.IsZero() {
		list.Result, list.Said = exposure.StepRefused, refused
	}
	t.Step(list)
	if err != nil {
		return svc, err
	}
	if only := t.Text("module"); only != "" {
		modules = []rsyncModule{{name: only}}
	}
	return svc, s.rsyncEach(ctx, t, &svc, modules)
}

// rsyncEach asks for modules one after the other.
func (s *Session) rsyncEach(ctx context.Context, t *Trial, svc *exposure.Service, modules []rsyncModule) error {
	var list []string
	open := false
	for _, m := range modules[:min(len(modules), maxRsyncOpened)] {
		access, err := s.rsyncOpen(ctx, m.name)
		step := storesStep("rsync-module", m.name, untrusted.New(access, 0), err)
		if access == rsyncPassword || access == rsyncDenied {
			step.Result = exposure.StepRefused
		}
		t.Step(step)
		if err != nil {
			return err
		}
		open = open || access == rsyncIsOpen
		list = append(list, m.name+" "+access)
		if access == rsyncPassword && t.Text("module") != "" && t.User() != "" {
			if err := s.rsyncLogin(ctx, t, m.name); err != nil {
				return err
			}
		}
	}
	svc.Facts["modules"] = texts(list, maxRsyncModules)
	if len(list) > 0 {
		svc.Facts["password_required"] = !open
	}
	return nil
}

// rsyncLogin proves the password of the user that was given: to a client of
// version 30 the challenge is answered in MD5 (rsync, authenticate.c).
func (s *Session) rsyncLogin(ctx context.Context, t *Trial, module string) error {
	password, err := t.Password()
	if err != nil {
		return s.fail("login", err)
	}
	answer, err := s.rsyncProve(ctx, module, t.User(), password)
	t.Step(storesStep("rsync-login", module+" "+t.User()+" "+storesMasked, untrusted.New(answer, maxFact), err))
	return err
}

func (s *Session) rsyncProve(ctx context.Context, module, user, password string) (string, error) {
	c, _, err := s.rsyncGreet(ctx)
	if c == nil {
		return "", err
	}
	defer c.Close()
	if _, err := c.Write([]byte(module + "\n")); err != nil {
		return "", s.fail("login", err)
	}
	for range maxRsyncLines {
		line, err := c.Line()
		if err != nil {
			return "", s.fail("login", err)
		}
		challenge, wanted := strings.CutPrefix(line, "@RSYNCD: AUTHREQD ")
		switch {
		case strings.HasPrefix(line, "@ERROR"):
			return "", s.fail("login", errRsync(line))
		case strings.HasPrefix(line, "@RSYNCD: OK"):
			return line, nil
		case wanted:
			sum := md5.Sum([]byte(password + challenge))
			if _, err := c.Write([]byte(user + " " + base64.RawStdEncoding.EncodeToString(sum[:]) + "\n")); err != nil {
				return "", s.fail("login", err)
			}
		}
	}
	return "", s.fail("login", errReply)
}
