package probe

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"regexp"
	"unicode/utf8"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

// The small services of 1983: each answers any datagram with one of its own.

// simples are those that tell something, and how it is known.
var simples = []struct {
	name  string
	port  uint16
	match func(reply []byte) bool
	tell  func(reply []byte, svc *exposure.Service)
	fit   Fit // over TCP, of a greeting that matches
}{
	{"daytime", 13, simpleClock.Match, simpleTell, Maybe},
	{"qotd", 17, simpleText, simpleTell, Any}, // on its own port only
	{"chargen", 19, simplePattern, nil, Sure},
	{"time", 37, simpleTime, nil, Maybe},
}

func init() {
	for _, p := range simples {
		register(Probe{
			Name: p.name, Transport: exposure.UDP, Ports: []uint16{p.port}, Weak: true,
			// What they are sent does not matter (RFC 867, 865, 864, 868); some
			// filters drop empty datagrams.
			Hello: func(uint64) []byte { return []byte("\r\n") },
			Match: func(hello, reply []byte) bool { return !bytes.Equal(hello, reply) && p.match(reply) },
			Tell:  p.tell,
			Tests: []Test{simpleTest(p.name, p.port)},
		})
		register(Probe{
			Name: p.name, Transport: exposure.TCP, Ports: []uint16{p.port},
			Greets: func(first []byte) Fit {
				if p.match(first) {
					return p.fit
				}
				return No
			},
			Run: func(ctx context.Context, s *Session) (exposure.Service, error) {
				return s.simpleRun(ctx, p.match, p.tell)
			},
		})
	}
	register(Probe{
		Name: "echo", Transport: exposure.UDP, Ports: []uint16{7}, Hello: simpleEcho,
		Match: func(hello, reply []byte) bool { return len(hello) > 0 && bytes.Equal(hello, reply) }, // RFC 862
		Tests: []Test{simpleTest("echo", 7)},
	})
	register(Probe{Name: "echo", Transport: exposure.TCP, Ports: []uint16{7}, ClientFirst: true, Run: runSimpleEcho})
	register(oneWayProbe("discard", []uint16{9}, simpleTest("discard", 9))) // RFC 863
}

// simpleEcho is what an echo is asked to say.
func simpleEcho(nonce uint64) []byte { return binary.BigEndian.AppendUint64([]byte("sekisho "), nonce) }

// simpleEnough is how much of what a service says over TCP is looked at: two
// lines of the usual pattern, and more than the others have.
const simpleEnough = 160

// simpleRun reads what a service says on its own.
func (s *Session) simpleRun(ctx context.Context, match func([]byte) bool, tell func([]byte, *exposure.Service)) (exposure.Service, error) {
	c, err := s.Connect(ctx)
	if err != nil {
		return exposure.Service{}, err
	}
	defer c.Close()
	first, err := c.greeting(ctx, func(b []byte) bool { return len(b) >= simpleEnough && simplePattern(b) })
	switch {
	case err == nil && !match(first):
		err = ErrProtocol
	case err == nil:
		svc := exposure.Service{Protocol: s.probe, Confidence: exposure.Likely}
		if tell != nil {
			tell(first, &svc)
		}
		return svc, nil
	}
	return exposure.Service{}, s.fail("read", err)
}

// runSimpleEcho has a connection repeat what it is sent.
func runSimpleEcho(ctx context.Context, s *Session) (exposure.Service, error) {
	c, err := s.Connect(ctx)
	if err != nil {
		return exposure.Service{}, err
	}
	defer c.Close()
	word := append(simpleEcho(s.peer.nonce()), "\r\n"...)
	if _, err := c.Write(word); err != nil {
		return exposure.Service{}, s.fail("ask", err)
	}
	said := make([]byte, len(word))
	n, err := io.ReadFull(c, said)
	switch {
	case n > 0 && !bytes.Equal(said[:n], word[:n]):
		return exposure.Service{}, s.fail("ask", ErrProtocol)
	case err != nil:
		return exposure.Service{}, s.fail("ask", err)
	}
	return exposure.Service{Protocol: "echo", Confidence: exposure.Confirmed}, nil
}

// simpleTell keeps a text that is all that the service has to say.
func simpleTell(reply []byte, svc *exposure.Service) {
	svc.Banner = untrusted.New(bytes.TrimSpace(reply), maxBanner)
}

// simpleShapeless are those whose answer may be any text, or any four bytes.
var simpleShapeless = []string{"qotd", "time"}

// simpleClock is a line with a time of day in it. RFC 867 leaves its form open.
var simpleClock = regexp.MustCompile(`^[ -~]{0,60}\b\d{1,2}:\d{2}(?::\d{2})?\b[ -~]{0,60}\s*$`)

// maxSimple is the longest text that these services send (RFC 864, 865).
const maxSimple = 512

// simpleText reports whether b is text of more than one line end. It takes the
// text of other protocols too.
func simpleText(b []byte) bool {
	if len(b) > maxSimple || len(bytes.TrimSpace(b)) < 2 || !utf8.Valid(b) {
		return false
	}
	for _, c := range b {
		if c < ' ' && c != '\r' && c != '\n' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// simplePattern reports whether b begins like the usual pattern: each letter is
// the one after that before it, and the first comes after the last (RFC 864).
func simplePattern(b []byte) bool {
	const enough = 16
	if len(b) < enough {
		return false
	}
	for i := 1; i < enough; i++ {
		if b[i] != b[i-1]+1 && (b[i] != ' ' && b[i] != '!' || b[i-1] < '}') {
			return false
		}
	}
	return b[0] >= ' '
}

// simpleTime reports whether b is the seconds since 1900 of a time after 1999,
// or of the years after 2036, when the number begins anew. The inetd of GNU
// sends as many bytes as its machine's words have, zeros behind the number.
func simpleTime(b []byte) bool {
	if len(b) != 4 && (len(b) != 8 || !bytes.Equal(b[4:], make([]byte, 4))) {
		return false
	}
	seconds := binary.BigEndian.Uint32(b)
	return seconds >= 3155673600 || seconds < 1<<29
}
