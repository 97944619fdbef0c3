//go:build !linux && !windows

package hostnet

import "context"

// ReadFirewall reads whether pf is on, which root may. Its rules are not
// evaluated: what cannot be read must not pass for an open door.
func ReadFirewall(ctx context.Context) (Firewall, []Unseen) {
	return Firewall{PF: systemTold(ctx, "/sbin/pfctl", "-s", "info")}, []Unseen{{Kind: UnseenFirewallSystem, Count: 1}}
}
