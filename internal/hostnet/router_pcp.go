package hostnet

import (
	"context"
	"fmt"
	"net/netip"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
	"sekisho/internal/untrusted"
	"sekisho/internal/wire/pcp"
)

// pcp asks whether PCP is spoken, and learns since when. The protocol cannot
// list mappings or tell the outer address without making one (RFC 6887 section
// 11), so no more is asked.
func (g gateway) pcp(ctx context.Context) answer {
	a := answer{question: exposure.RouterQuestion{Source: exposure.RouterPCP}}
	reply, err := netio.Exchange(ctx, g.dialer(routerSilence), netip.AddrPortFrom(g.at, pcp.Port), pcp.Announce(g.own), func(b []byte) bool {
		_, err := pcp.Parse(b)
		return err == nil
	})
	if err != nil {
		a.fail(err)
		return a
	}
	told, err := pcp.Parse(reply)
	if err != nil {
		a.fail(err)
		return a
	}
	a.question.Result, a.question.Since = exposure.RouterAnswered, int(told.Since.Seconds())
	if told.Result != pcp.Success {
		a.question.Result, a.question.Why = exposure.RouterRefused, untrusted.New(fmt.Sprintf("result %d", told.Result), maxRouterText)
		return a
	}
	a.told = true
	return a
}
