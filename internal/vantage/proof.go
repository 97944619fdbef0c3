package vantage

import (
	"context"
	"net/http"
	"net/netip"

	"sekisho/internal/exposure"
)

// Claimed asks a vantage which address has claimed a token there.
func (c *Client) Claimed(ctx context.Context, token string) (netip.Addr, error) {
	var p exposure.Proof
	if err := c.ask(ctx, http.MethodGet, "/api/v1/proofs/"+token, nil, &p); err != nil {
		return netip.Addr{}, err
	}
	switch a := p.Address; {
	case p.Schema != exposure.ProofSchema || p.Token != token:
		return netip.Addr{}, &Error{Kind: Strange}
	case a.IsValid() && (a.Zone() != "" || a.Is4In6() || a.IsMulticast() || a.IsUnspecified()):
		return netip.Addr{}, lies("it says that %s has claimed a token", a)
	}
	return p.Address, nil
}
