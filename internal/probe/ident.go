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
	register(Probe{Name: "ident", Transport: exposure.TCP, Ports: []uint16{113}, ClientFirst: true, Greets: greetsIdent, Run: runIdent})
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
	if err := c.Send(fmt.Sprintf("%d, %d", s.peer.at.Port(), ours)); err != nil {
		return exposure.Service{}, s.fail("ask for a user", err)
	}
	line, err := c.Line()
	if err != nil {
		return exposure.Service{}, s.fail("ask for a user", err)
	}
	told := identSays.FindStringSubmatch(line)
	if told == nil {
		return exposure.Service{}, s.fail("ask for a user", ErrProtocol)
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
