package probe

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

var redisTests = []Test{{Name: "redis", Port: 6379, Run: testRedis}}

func (e errRedis) storesRefused() string { return string(e) }

// testRedis asks who is there, logs in as the user that was given, and tells
// what may be done then: whether the settings can be read, with which whoever
// may do so often changes them too, and how many keys there are.
func testRedis(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	svc, c, err := s.redisPing(ctx)
	ping := storesStep("redis-ping", "PING", svc.Banner, err)
	if strings.HasPrefix(svc.Banner.Raw(), "-") {
		ping.Result = exposure.StepRefused
	}
	t.Step(ping)
	if err != nil {
		return svc, err
	}
	defer c.Close()
	if refuses, _ := svc.Facts.Bool("protected_mode"); refuses {
		return svc, nil
	}
	if t.User() != "" {
		if err := s.redisLogin(c, t); err != nil {
			return svc, err
		}
	} else if required, _ := svc.Facts.Bool("password_required"); required {
		t.Step(exposure.Step{ID: "redis-login", Result: exposure.StepSkipped, Why: "no-user"})
		return svc, nil
	}
	info, err := redisAsk(c, "INFO server")
	if err == nil {
		redisFacts(&svc, info)
	}
	t.Step(storesStep("redis-info", "INFO server", untrusted.New(strings.TrimSpace(svc.Product.Raw()+" "+svc.Version.Raw()), maxFact), err))
	settings, err := redisAsk(c, "CONFIG GET dir")
	if redisWord(err) != "" || err == nil {
		svc.Facts["settings_readable"] = err == nil
	}
	t.Step(storesStep("redis-settings", "CONFIG GET dir", untrusted.New(settings, maxFact), err))
	keys, err := redisAsk(c, "DBSIZE")
	t.Step(storesStep("redis-keys", "DBSIZE", untrusted.New(keys, maxFact), err))
	_ = c.Send("QUIT") // the connection is closed whatever becomes of it
	if err != nil && redisWord(err) == "" {
		return svc, s.fail("DBSIZE", err)
	}
	return svc, nil
}

// redisLogin logs in as the user that was given. The user default has a
// password alone in Redis before version 6.
func (s *Session) redisLogin(c *Conn, t *Trial) error {
	password, err := t.Password()
	if err != nil {
		return s.fail("AUTH", err)
	}
	words := []string{"AUTH", t.User(), password}
	if t.User() == "default" {
		words = []string{"AUTH", password}
	}
	_, err = c.Write(redisCommand(words...))
	var answer string
	if err == nil {
		answer, err = readRedis(c)
	}
	t.Step(storesStep("redis-login", "AUTH "+t.User()+" "+storesMasked, untrusted.New(answer, maxFact), err))
	if err != nil {
		return s.fail("AUTH", err)
	}
	return nil
}

// redisCommand is a command whose words may hold anything (Redis, "RESP
// protocol spec", "Sending commands to a Redis server").
func redisCommand(words ...string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(words))
	for _, word := range words {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(word), word)
	}
	return []byte(b.String())
}

// redisList reads a short list of texts.
func redisList(c *Conn, count, depth int) (string, error) {
	if count < 0 || count > 16 {
		return "", ErrProtocol
	}
	var words []string
	for range count {
		word, err := redisValue(c, depth)
		var no errRedis
		if err != nil && !errors.As(err, &no) {
			return "", err
		}
		words = append(words, word)
	}
	return strings.Join(words, " "), nil
}
