package probe

import (
	"context"
	"fmt"
	"net/netip"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

var identTests = []Test{{Name: "ident", Port: 113, Run: testIdent}}

// testIdent asks whose the connection of the question is, and about one that
// cannot be, of which a server that makes its answers up names a user too.
func testIdent(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	svc, err := runIdent(ctx, s)
	t.Step(storesStep("ident-own", fmt.Sprintf("%d, …", s.peer.at.Port()), svc.Banner, err))
	if svc.Protocol == "" {
		return svc, err
	}
	c, err := s.connect(ctx, nil)
	if err != nil {
		return svc, err
	}
	defer c.Close()
	none := uint16(1) // tcpmux, from which nobody connects
	if local, err := netip.ParseAddrPort(c.LocalAddr().String()); err == nil && local.Port() == none {
		none++
	}
	line, told, err := identAsk(c, s.peer.at.Port(), none)
	step := storesStep("ident-none", fmt.Sprintf("%d, %d", s.peer.at.Port(), none), untrusted.New(line, maxFact), err)
	if err == nil {
		made := told[3] == "USERID"
		svc.Facts["made_up"] = made
		if made { // it ought to know of no such connection
			step.Why = "ident-made-up"
		}
	}
	t.Step(step)
	if err != nil {
		return svc, s.fail("ask for a user", err)
	}
	return svc, nil
}
