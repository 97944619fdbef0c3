package hostnet

import (
	"context"
	"fmt"
	"net/netip"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
	"sekisho/internal/untrusted"
	"sekisho/internal/wire/natpmp"
)

// natpmp asks for the outer address (RFC 6886 section 3.2). The protocol has no
// question for the mappings.
func (g gateway) natpmp(ctx context.Context) answer {
	a := answer{question: exposure.RouterQuestion{Source: exposure.RouterNATPMP}}
	reply, err := netio.Exchange(ctx, g.dialer(routerSilence), netip.AddrPortFrom(g.at, natpmp.Port), natpmp.Request(), func(b []byte) bool {
		_, err := natpmp.Parse(b)
		return err == nil
	})
	if err != nil {
		a.fail(err)
		return a
	}
	told, err := natpmp.Parse(reply)
	switch {
	case err != nil:
		a.fail(err)
		return a
	case told.Result == natpmp.NetworkFailure:
		// It speaks the protocol and has no outer address now.
		a.question.Result, a.question.Why = exposure.RouterRefused, untrusted.New("no outer address", maxRouterText)
	case told.Result != natpmp.Success:
		a.question.Result, a.question.Why = exposure.RouterRefused, untrusted.New(fmt.Sprintf("result %d", told.Result), maxRouterText)
		return a
	default:
		a.question.Result = exposure.RouterAnswered
		if !told.Address.IsUnspecified() {
			a.router.WAN = told.Address
		}
	}
	a.told, a.question.Since = true, int(told.Since.Seconds())
	return a
}
