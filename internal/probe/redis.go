package probe

import (
	"context"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

func init() {
	register(Probe{
		Name: "redis", Transport: exposure.TCP, Ports: []uint16{6379, 6378, 16379, 26379}, TLSPorts: []uint16{6380},
		// To a request of HTTP the server answers and hangs up at once, so that its
		// answer gets lost: its own PING is one of the words for an unknown port.
		ClientFirst: true, Blind: 3, Greets: greetsRedis, Run: runRedis, Tests: redisTests,
	})
}

// redisSays recognises what the server says to the words of another protocol,
// or to a stranger before any word.
var (
	redisSays = regexp.MustCompile(`^-(?:NOAUTH |DENIED Redis is running in protected mode|ERR wrong number of arguments for 'get' command|ERR Protocol error|NOPERM )`)
	redisMay  = regexp.MustCompile(`^-ERR unknown command`)
)

// greetsRedis takes the errors that no other server has.
func greetsRedis(first []byte) Fit {
	switch {
	case redisSays.Match(first):
		return Sure
	case redisMay.Match(first):
		return Maybe
	}
	return No
}

// maxRedisReply bounds one reply: INFO of one part has two thousand bytes.
const maxRedisReply = 16 << 10

// errRedis is an error that the server sent.
type errRedis string

// Error quotes it; Error of the probe escapes it.
func (e errRedis) Error() string { return "refused: " + string(e) }

// readRedis reads a status, a number or a text (Redis, "RESP protocol spec").
// An error that the server sent is an errRedis.
func readRedis(c *Conn) (string, error) { return redisValue(c, maxRedisDepth) }

// maxRedisDepth bounds the lists within lists.
const maxRedisDepth = 2

func redisValue(c *Conn, depth int) (string, error) {
	line, err := c.Line()
	if err != nil {
		return "", err
	}
	if line == "" {
		return "", ErrProtocol
	}
	switch line[0] {
	case '+', ':':
		return line[1:], nil
	case '-':
		return "", errRedis(line[1:])
	case '*':
		count, err := strconv.Atoi(line[1:])
		if err != nil || depth == 0 {
			return "", ErrProtocol
		}
		return redisList(c, count, depth-1)
	case '$':
		length, err := strconv.Atoi(line[1:])
		if err != nil || length < 0 || length > maxRedisReply {
			return "", ErrProtocol
		}
		b := make([]byte, length+2)
		if _, err := io.ReadFull(c, b); err != nil {
			return "", err
		}
		return string(b[:length]), nil
	}
	return "", ErrProtocol
}

// redisAsk sends one command and reads its answer. Commands of plain words need
// no framing ("Inline commands").
func redisAsk(c *Conn, command string) (string, error) {
	if err := c.Send(command); err != nil {
		return "", err
	}
	return readRedis(c)
}

// redisWord is the word with which an error begins.
func redisWord(err error) string {
	var said errRedis
	if !errors.As(err, &said) {
		return ""
	}
	word, _, _ := strings.Cut(string(said), " ")
	return word
}

// runRedis asks whether somebody is there and, when that needs no password, for
// the part of INFO that tells of the server. It sends no password.
func runRedis(ctx context.Context, s *Session) (exposure.Service, error) {
	svc, c, err := s.redisPing(ctx)
	if c != nil {
		_ = c.Send("QUIT") // the connection is closed whatever becomes of it
		_ = c.Close()
	}
	return svc, err
}

// redisPing is runRedis up to the end of the conversation.
func (s *Session) redisPing(ctx context.Context) (exposure.Service, *Conn, error) {
	svc := exposure.Service{Facts: exposure.Facts{}}
	c, err := s.Connect(ctx)
	if err != nil {
		return svc, nil, err
	}
	answer, err := redisAsk(c, "PING")
	known := err == nil && answer == "PONG"
	switch redisWord(err) {
	case "NOAUTH", "DENIED", "NOPERM", "LOADING", "MASTERDOWN", "MISCONF", "BUSY":
		known = true
	}
	if !known {
		if err == nil || redisWord(err) != "" {
			err = ErrProtocol
		}
		return exposure.Service{}, c, s.fail("PING", err)
	}
	svc.Protocol, svc.Confidence = "redis", exposure.Confirmed
	svc.Banner = untrusted.New(redisBanner(answer, err), maxBanner)
	switch redisWord(err) {
	case "NOAUTH", "NOPERM":
		svc.Facts["password_required"] = true
		return svc, c, nil
	case "DENIED":
		// It serves its own machine only, whatever address it listens at.
		svc.Facts["protected_mode"] = true
		return svc, c, nil
	}
	s.Learn(svc)
	info, err := redisAsk(c, "INFO server")
	switch redisWord(err) {
	case "":
	case "NOAUTH", "NOPERM":
		svc.Facts["password_required"] = true
		return svc, c, nil
	default:
		return svc, c, nil // INFO is renamed, or the server is loading: unknown
	}
	if err != nil {
		return svc, c, s.fail("INFO", err)
	}
	svc.Facts["password_required"] = false
	redisFacts(&svc, info)
	return svc, c, nil
}

// redisBanner is the first answer as it stood on the wire.
func redisBanner(answer string, err error) string {
	var said errRedis
	if errors.As(err, &said) {
		return "-" + string(said)
	}
	return "+" + answer
}

// redisInfo reads the lines of INFO, each a name, a colon and a value.
func redisInfo(info string) map[string]string {
	values := map[string]string{}
	for line := range strings.Lines(info) {
		name, value, ok := strings.Cut(strings.TrimRight(line, "\r\n"), ":")
		if ok && len(values) < 256 {
			values[name] = value
		}
	}
	return values
}

// redisForks are the servers that grew out of Redis, by the field in which each
// tells its own version.
var redisForks = []struct{ field, product string }{
	{"valkey_version", "Valkey"}, {"dragonfly_version", "Dragonfly"}, {"garnet_version", "Garnet"}, {"redis_version", "Redis"},
}

// redisFacts keeps what INFO tells of the server.
func redisFacts(svc *exposure.Service, info string) {
	values := redisInfo(info)
	for _, fork := range redisForks {
		if version := values[fork.field]; version != "" {
			svc.Product, svc.Version = untrusted.New(fork.product, 0), untrusted.New(strings.TrimPrefix(version, "df-v"), maxProduct)
			break
		}
	}
	for field, fact := range map[string]string{"redis_mode": "mode", "os": "system", "config_file": "config_file", "executable": "executable"} {
		if value := values[field]; value != "" {
			svc.Facts[fact] = untrusted.New(value, maxFact)
		}
	}
}
