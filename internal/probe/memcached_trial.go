package probe

import (
	"context"
	"fmt"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

var memcachedTests = []Test{{Name: "memcached", Port: 11211, Run: testMemcached}}

// errMemcached is the word with which the server says no.
type errMemcached string

// Error quotes it; Error of the probe escapes it.
func (e errMemcached) Error() string { return "refused: " + string(e) }

func (e errMemcached) storesRefused() string { return string(e) }

// testMemcached asks for version and statistics, logs in as the user that was
// given, and counts what is kept. It reads and stores nothing.
func testMemcached(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	svc, err := runMemcached(ctx, s)
	locked, _ := svc.Facts.Bool("password_required")
	said := svc.Banner
	if locked && err == nil {
		err = errMemcached(svc.Banner.Raw())
		said = untrusted.Text{}
	}
	t.Step(storesStep("memcached-version", "version", said, err))
	switch {
	case svc.Protocol == "":
		return svc, err
	case !locked:
		if err == nil {
			items, _ := svc.Facts["items"].(int)
			t.Step(exposure.Step{ID: "memcached-items", Result: exposure.StepOK, Asked: "stats", Said: untrusted.New(fmt.Sprint(items), 0)})
		}
		return svc, err
	case t.User() == "":
		t.Step(exposure.Step{ID: "memcached-login", Result: exposure.StepSkipped, Why: "no-user"})
		return svc, nil
	}
	return svc, s.memcachedLogin(ctx, t, &svc)
}

// memcachedLogin logs in: the first command is a set whose value is the name and
// the password (doc/protocol.txt, "Authentication"). It sets nothing.
func (s *Session) memcachedLogin(ctx context.Context, t *Trial, svc *exposure.Service) error {
	password, err := mailSecret(t)
	if err != nil {
		return s.fail("login", err)
	}
	c, err := s.connect(ctx, nil)
	if err != nil {
		return err
	}
	defer c.Close()
	secret := t.User() + " " + password
	line, err := memcachedAsk(c, fmt.Sprintf("set auth 0 0 %d\r\n%s", len(secret), secret))
	if err == nil && line != "STORED" {
		err = errMemcached(line)
		if !strings.HasPrefix(line, "CLIENT_ERROR ") {
			err = ErrProtocol
		}
	}
	said := untrusted.New(line, maxFact)
	if err != nil {
		said = untrusted.Text{}
	}
	t.Step(storesStep("memcached-login", "set auth "+t.User()+" "+storesMasked, said, err))
	if err != nil {
		return s.fail("login", err)
	}
	if version, err := memcachedAsk(c, "version"); err == nil {
		if groups := memcachedVersion.FindStringSubmatch(version); groups != nil {
			svc.Version = untrusted.New(groups[1], maxProduct)
		}
	}
	values, err := memcachedStats(c, "stats")
	t.Step(storesStep("memcached-items", "stats", untrusted.New(values["curr_items"], maxFact), err))
	if err != nil {
		return s.fail("stats", err)
	}
	return nil
}
