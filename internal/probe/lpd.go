package probe

import (
	"bytes"
	"context"
	"regexp"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

func init() {
	register(Probe{Name: "lpd", Transport: exposure.TCP, Ports: []uint16{515}, ClientFirst: true, Greets: greetsLPD, Run: runLPD, Tests: lpdTests})
}

// lpdQueue asks for the state of a queue in short form (RFC 1179 section 5.3).
// The name is the one that a queue has when nobody gave it one.
const lpdQueue = "\x03lp\n"

// lpdSays are the answers of known daemons: there is no form for them, RFC 1179
// leaves the text to the server.
var lpdSays = regexp.MustCompile(`(?im)^(?:no entries|(?:\S+ )?(?:is )?ready\b|Rank\s+Owner|.*\bunknown printer\b|.*\bprinter:? .*(?:not found|not exist|is (?:ready|idle|disabled))|.*Windows LPD Server|lp[dr]?: |.*not in printcap|.*no (?:such )?(?:queue|printer)\b|Printer: \S+@|.*\bno line printer access\b|.*your host does not have .*access|Unable to get printer )`)

// lpdNoQueue are the answers of those that do not have the queue, or not for us.
var lpdNoQueue = regexp.MustCompile(`(?i)unknown printer|not in printcap|no (?:such )?(?:queue|printer)\b|not found|not exist|unable to get printer|no line printer access|does not have .*access`)

var lpdProducts = []pattern{
	{"Windows LPD Server", regexp.MustCompile(`Windows LPD Server`)},
	{"LPRng", regexp.MustCompile(`(?m)^Printer: \S+@|LPRng(?:[- ](?P<version>\d[\w.]*))?`)},
}

// greetsLPD takes what a daemon says to who asks in another protocol.
func greetsLPD(first []byte) Fit {
	if bytes.Contains(first, []byte("Windows LPD Server")) || bytes.HasPrefix(first, []byte("lpd: ")) {
		return Sure
	}
	return No
}

// maxLPDLines bounds the state of a queue.
const maxLPDLines = 64

// runLPD asks for the state of a queue and prints nothing. A daemon that refuses
// the asker says so, or hangs up without a word.
func runLPD(ctx context.Context, s *Session) (exposure.Service, error) {
	svc, _, err := s.lpdState(ctx, lpdQueue)
	return svc, err
}

// lpdState asks for a queue and returns the lines that came.
func (s *Session) lpdState(ctx context.Context, question string) (exposure.Service, []string, error) {
	c, err := s.Connect(ctx)
	if err != nil {
		return exposure.Service{}, nil, err
	}
	defer c.Close()
	if _, err := c.Write([]byte(question)); err != nil {
		return exposure.Service{}, nil, s.fail("ask for the queue", err)
	}
	var lines []string
	for len(lines) < maxLPDLines {
		line, next := c.Line()
		if err = next; line != "" {
			lines = append(lines, line)
		}
		if err != nil {
			break
		}
	}
	text := strings.Join(lines, "\n")
	switch {
	case len(lines) == 0:
		return exposure.Service{}, nil, s.fail("ask for the queue", err)
	case !lpdSays.MatchString(text):
		return exposure.Service{}, nil, s.fail("ask for the queue", ErrProtocol)
	}
	svc := exposure.Service{Protocol: "lpd", Confidence: exposure.Confirmed, Facts: exposure.Facts{}}
	svc.Product, svc.Version = match(lpdProducts, text)
	svc.Banner = untrusted.New(text, maxBanner)
	return svc, lines, nil
}
