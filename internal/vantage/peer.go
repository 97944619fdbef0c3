package vantage

import (
	"context"
	"net/http"
	"time"

	"sekisho/internal/exposure"
)

// mostGranted bounds the ports of a grant.
const mostGranted = 256

// Peer asks a vantage to let this one send to some of its ports.
func (c *Client) Peer(ctx context.Context) (exposure.PeerGrant, error) {
	var g exposure.PeerGrant
	if err := c.ask(ctx, http.MethodPost, "/api/v1/peers", nil, &g); err != nil {
		return exposure.PeerGrant{}, err
	}
	switch {
	case g.Schema != exposure.PeerGrantSchema:
		return exposure.PeerGrant{}, &Error{Kind: Strange}
	case len(g.TCP)+len(g.UDP) == 0 || len(g.TCP)+len(g.UDP) > mostGranted || g.TCP.Has(0) || g.UDP.Has(0):
		return exposure.PeerGrant{}, lies("it grants %d ports", len(g.TCP)+len(g.UDP))
	case time.Until(g.Until) < -time.Hour: // clocks differ, and not by as much
		return exposure.PeerGrant{}, lies("its grant is over since %s", g.Until)
	}
	return g, nil
}
