package cli

import (
	"context"
	"errors"
	"net/netip"

	"sekisho/internal/vantage"
)

// errUnclaimed is why a token is not proven: no other vantage saw it.
var errUnclaimed = errors.New("no address has claimed it there")

// second asks the peers, one after the other, which address has claimed a token
// there, until one says.
func (a *app) second(peers []vantage.Address) func(context.Context, string) (netip.Addr, error) {
	return func(ctx context.Context, token string) (netip.Addr, error) {
		failed := errUnclaimed
		for _, peer := range peers {
			addresses, err := a.vantageAddresses(ctx, peer, family{})
			if err != nil {
				failed = err
				continue
			}
			for _, to := range addresses {
				client := vantage.New(peer, to, netip.Addr{})
				seen, err := client.Claimed(ctx, token)
				client.Close()
				if err == nil && seen.IsValid() {
					return seen, nil
				}
				if err != nil {
					failed = err
				}
			}
		}
		return netip.Addr{}, failed
	}
}
