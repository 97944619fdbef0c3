package probe

import (
	"bytes"
	"context"
	"encoding/binary"
	"regexp"
	"strconv"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

func init() {
	register(Probe{Name: "memcached", Transport: exposure.UDP, Ports: []uint16{11211}, Hello: memcachedHello, Match: memcachedReplies, Run: runMemcachedUDP})
	register(Probe{
		Name: "memcached", Transport: exposure.TCP, Ports: []uint16{11211}, ClientFirst: true,
		Greets: greetsMemcached, Run: runMemcached, Tests: memcachedTests,
	})
}

// memcachedHello asks for the version, which is one short line; the statistics
// of these servers are used to flood others. Before it stands the header of
// datagrams: request id, number and count of datagrams, and two bytes for later
// (memcached, doc/protocol.txt, "UDP protocol").
func memcachedHello(nonce uint64) []byte {
	b := binary.BigEndian.AppendUint16(nil, uint16(nonce))
	return append(append(b, 0, 0, 0, 1, 0, 0), "version\r\n"...)
}

// memcachedReplies wants the same request id and an answer or a refusal.
func memcachedReplies(hello, b []byte) bool {
	const header = 8
	return len(hello) > header && len(b) > header && bytes.Equal(b[:2], hello[:2]) && b[2] == 0 && b[3] == 0 &&
		(bytes.HasPrefix(b[header:], []byte("VERSION ")) || bytes.HasPrefix(b[header:], []byte("ERROR")) ||
			bytes.HasPrefix(b[header:], []byte("SERVER_ERROR ")))
}

// runMemcachedUDP asks for the version, and once for the statistics, to measure
// how much they are.
func runMemcachedUDP(ctx context.Context, s *Session) (exposure.Service, error) {
	hello := memcachedHello(s.peer.nonce())
	reply, err := s.Exchange(ctx, hello, func(b []byte) bool { return memcachedReplies(hello, b) })
	if err != nil {
		return exposure.Service{}, s.fail("version", err)
	}
	svc := exposure.Service{
		Protocol: "memcached", Confidence: exposure.Confirmed, Product: untrusted.New("memcached", 0), Facts: exposure.Facts{"udp": true},
		Banner: untrusted.New(bytes.TrimSpace(reply[8:]), maxBanner),
	}
	if groups := memcachedVersion.FindStringSubmatch(svc.Banner.Raw()); groups != nil {
		svc.Version = untrusted.New(groups[1], maxProduct)
	}
	s.Learn(svc)
	v, err := s.volley(ctx, append(bytes.Clone(hello[:8]), "stats\r\n"...))
	if err != nil {
		return svc, err
	}
	v.keep(svc.Facts, "memcached-stats")
	return svc, nil
}

// greetsMemcached takes the one word that the server has for what it does not
// know, and the refusal of who has not logged in.
func greetsMemcached(first []byte) Fit {
	switch {
	case bytes.HasPrefix(first, []byte("CLIENT_ERROR unauthenticated")):
		return Sure
	case bytes.HasPrefix(first, []byte("ERROR\r\n")):
		return Maybe
	}
	return No
}

// maxMemcachedLines bounds the lines of statistics: 1.6 has 80.
const maxMemcachedLines = 256

var memcachedVersion = regexp.MustCompile(`^VERSION (?P<version>\d[\w.+-]*)`)

// runMemcached asks for the version and for the statistics, over which a server
// with a list of users (option -Y) wants a login (doc/protocol.txt).
func runMemcached(ctx context.Context, s *Session) (exposure.Service, error) {
	c, err := s.Connect(ctx)
	if err != nil {
		return exposure.Service{}, err
	}
	defer c.Close()
	svc := exposure.Service{Facts: exposure.Facts{}}
	line, err := memcachedAsk(c, "version")
	locked := strings.HasPrefix(line, "CLIENT_ERROR unauthenticated")
	if err != nil || !locked && !strings.HasPrefix(line, "VERSION ") {
		if err == nil {
			err = ErrProtocol
		}
		return exposure.Service{}, s.fail("version", err)
	}
	svc.Protocol, svc.Confidence = "memcached", exposure.Confirmed
	svc.Product, svc.Banner = untrusted.New("memcached", 0), untrusted.New(line, maxBanner)
	if groups := memcachedVersion.FindStringSubmatch(line); groups != nil {
		svc.Version = untrusted.New(groups[1], maxProduct)
	}
	if locked {
		svc.Facts["password_required"] = true
		return svc, nil
	}
	s.Learn(svc)
	for _, part := range []string{"stats", "stats settings"} {
		values, err := memcachedStats(c, part)
		if err != nil {
			return svc, s.fail(part, err)
		}
		if values == nil {
			svc.Facts["password_required"] = true
			break
		}
		svc.Facts["password_required"] = false
		for name, fact := range map[string]string{"curr_items": "items", "bytes": "bytes", "udpport": "udp_port"} {
			if n, err := strconv.Atoi(values[name]); err == nil {
				svc.Facts[fact] = n
			}
		}
	}
	_ = c.Send("quit") // the connection is closed whatever becomes of it
	return svc, nil
}

// memcachedAsk sends a command and reads the first line of its answer.
func memcachedAsk(c *Conn, command string) (string, error) {
	if err := c.Send(command); err != nil {
		return "", err
	}
	return c.Line()
}

// memcachedStats reads one list of statistics; nil when the server refuses.
func memcachedStats(c *Conn, part string) (map[string]string, error) {
	line, err := memcachedAsk(c, part)
	values := map[string]string{}
	for range maxMemcachedLines {
		switch {
		case err != nil:
			return nil, err
		case line == "END":
			return values, nil
		case strings.HasPrefix(line, "CLIENT_ERROR "), line == "ERROR":
			return nil, nil
		}
		rest, ok := strings.CutPrefix(line, "STAT ")
		name, value, _ := strings.Cut(rest, " ")
		if !ok {
			return nil, ErrProtocol
		}
		values[name] = value
		line, err = c.Line()
	}
	return nil, errReply
}
