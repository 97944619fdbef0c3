package probe

import (
	"context"
	"fmt"
	"net/netip"
	"regexp"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

func init() {
	register(Probe{Name: "ident", Transport: exposure.TCP, Ports: []uint16{113}, ClientFirst: true, Greets: greetsIdent, Run: runIdent, Tests: identTests})
}

// identSays is the form of an answer (RFC 1413 section 4).
var identSays = regexp.MustCompile(`^ *(\d{1,5}) *, *(\d{1,5}) *: *(USERID|ERROR) *: *([^:\r\n]{1,64})(?: *:(.*))?`)

// greetsIdent takes an answer, or the complaint about ports that are none.
func greetsIdent(first []byte) Fit {
	if identSays.Match(first) {
		return Sure
	}
	return No
}

// runIdent asks whose the very connection is over which it asks: of that the
// server knows, and nobody else is asked about.
func runIdent(ctx context.Context, s *Session) (exposure.Service, error) {
	c, err := s.Connect(ctx)
	if err != nil {
		return exposure.Service{}, err
	}
	defer c.Close()
	ours := uint16(1)
	if local, err := netip.ParseAddrPort(c.LocalAddr().String()); err == nil {
		ours = local.Port()
	}
	line, told, err := identAsk(c, s.peer.at.Port(), ours)
	if err != nil {
		return exposure.Service{}, s.fail("ask for a user", err)
	}
	svc := exposure.Service{
		Protocol: "ident", Confidence: exposure.Confirmed, Banner: untrusted.New(line, maxBanner),
		Facts: exposure.Facts{"tells_users": told[3] == "USERID"},
	}
	if told[3] == "USERID" {
		svc.Facts["system"] = untrusted.New(strings.TrimSpace(told[4]), maxFact)
		svc.Facts["user"] = untrusted.New(strings.TrimSpace(told[5]), maxFact)
	}
	return svc, nil
}

// identAsk asks whose a connection is, and takes the answer apart.
func identAsk(c *Conn, theirs, ours uint16) (line string, told []string, err error) {
	if err := c.Send(fmt.Sprintf("%d, %d", theirs, ours)); err != nil {
		return "", nil, err
	}
	if line, err = c.Line(); err != nil {
		return line, nil, err
	}
	if told = identSays.FindStringSubmatch(line); told == nil {
		return line, nil, ErrProtocol
	}
	return line, told, nil
}
