package gather

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
)

const (
	// againTries is how often a port that answered is asked when it does so no
	// more: one lost packet bans nobody, and the kernel itself asks three times in
	// againWait.
	againTries = 2
	againWait  = 4 * time.Second
)

// Again asks a TCP port that was open whether it takes another connection, after
// all that was said to it. Filters that shut out who comes too often let the
// first ones in.
func Again(ctx context.Context, to netip.AddrPort) []exposure.Observation {
	var list []exposure.Observation
	for range againTries {
		o := exposure.Observation{Address: to.Addr(), Transport: exposure.TCP, Port: to.Port(), State: exposure.Open, Reason: exposure.SynAck, Attempts: 1, SeenAt: time.Now().UTC()}
		d := netio.Dialer{Limits: netio.Limits{Deadline: time.Now().Add(againWait), Bytes: 1}}
		c, err := d.Dial(ctx, exposure.TCP, to)
		var network *netio.Error
		switch {
		case err == nil:
			_ = c.Close()
		case ctx.Err() != nil:
			return nil
		case errors.As(err, &network) && network.Reason == exposure.NoResponse:
			o.State, o.Reason = exposure.Filtered, exposure.NoResponse
		default:
			o.State, o.Reason = exposure.Unknown, exposure.LocalError
		}
		list = append(list, o)
		if o.State != exposure.Filtered {
			return list
		}
	}
	return list
}
