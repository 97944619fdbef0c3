package probe

import (
	"bytes"
	"context"
	"io"
	"regexp"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

func init() {
	register(Probe{Name: "finger", Transport: exposure.TCP, Ports: []uint16{79}, ClientFirst: true, Greets: greetsFinger, Run: runFinger, Tests: fingerTests})
}

// fingerSays are the forms of answers. There is none by the book (RFC 1288
// section 2.5 leaves the text to the server), so these are of known servers.
var fingerSays = regexp.MustCompile(`(?im)^(?:Login(?: name)?:? +.*\bName\b|Login +Name\b|No(?: one|body)(?: is)?(?: currently)? logged (?:on|in)|.*\bfinger: .*(?:no such user|not found)|.*\bfinger\b.*(?:disabled|denied|not (?:permitted|allowed|available)|refused|forbidden)|Line +User\b|Welcome to .* - finger)`)

// greetsFinger takes what a finger server answers to a request in another
// protocol: it looks for a user of that name.
func greetsFinger(first []byte) Fit {
	// What a TLS client reads of it is the head of a record, five bytes.
	begins := len(first) >= fingerRecordHead && bytes.HasPrefix([]byte("finger: "), first)
	if begins || fingerSays.Match(first) || bytes.HasPrefix(first, []byte("finger: ")) {
		return Sure
	}
	return No
}

// fingerRecordHead is the length of the head of a TLS record (RFC 8446 section 5.1).
const fingerRecordHead = 5

var fingerProducts = []pattern{
	{"cfingerd", regexp.MustCompile(`(?i)\bcfingerd\b(?: +v?(?P<version>\d[\w.]*))?`)},
	{"Cisco IOS", regexp.MustCompile(`(?m)^ *Line +User +Host\(s\)`)},
}

// Bounds of an answer.
const maxFingerBytes = 4096

// fingerNobody recognises the answer of a server on which nobody is logged in.
var fingerNobody = regexp.MustCompile(`(?i)no(?: one|body)(?: is)?(?: currently)? logged`)

// runFinger asks who is logged in: the empty question (RFC 1288 section 2.3).
func runFinger(ctx context.Context, s *Session) (exposure.Service, error) {
	said, err := s.fingerAsk(ctx, "")
	if said == "" && err != nil {
		return exposure.Service{}, err
	}
	text := strings.TrimSpace(said)
	if !fingerSays.MatchString(text) {
		switch {
		case len(said) > 0:
			err = ErrProtocol
		case err == nil:
			err = errHangup
		}
		return exposure.Service{}, s.fail("ask for users", err)
	}
	svc := exposure.Service{Protocol: "finger", Confidence: exposure.Confirmed, Banner: untrusted.New(text, maxBanner), Facts: exposure.Facts{}}
	svc.Product, svc.Version = match(fingerProducts, text)
	users := fingerUsers(text)
	svc.Facts["users"] = users
	svc.Facts["tells_users"] = users > 0 || fingerNobody.MatchString(text)
	return svc, err
}

// fingerAsk asks one question and reads the answer to its end. What came before
// an error stands beside it.
func (s *Session) fingerAsk(ctx context.Context, question string) (string, error) {
	c, err := s.Connect(ctx)
	if err != nil {
		return "", err
	}
	defer c.Close()
	if err := c.Send(question); err != nil {
		return "", s.fail("ask for users", err)
	}
	said, err := io.ReadAll(io.LimitReader(c, maxFingerBytes))
	if err != nil {
		return string(said), s.fail("ask for users", err)
	}
	return string(said), nil
}

var (
	fingerTitle = regexp.MustCompile(`(?im)^ *(?:Login +Name|Line +User)\b.*\n((?:.*\S.*\n?)*)`)
	fingerLong  = regexp.MustCompile(`(?m)^Login(?: name)?: *\S`)
)

// fingerUsers counts the sessions that an answer lists, in a table or one after
// the other.
func fingerUsers(text string) int {
	if table := fingerTitle.FindStringSubmatch(text); table != nil {
		return len(strings.FieldsFunc(table[1], func(r rune) bool { return r == '\n' }))
	}
	return len(fingerLong.FindAllString(text, -1))
}
