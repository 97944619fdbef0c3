//go:build !linux

package hostnet

import "context"

// ReadFirewall says that the rules of this operating system are not evaluated:
// what cannot be read must not pass for an open door.
func ReadFirewall(context.Context) (Firewall, []Unseen) {
	return Firewall{}, []Unseen{{Kind: UnseenFirewallSystem, Count: 1}}
}

// ReadNetwork knows nothing here: it is asked for together with the rules.
func ReadNetwork() (Network, error) { return Network{}, nil }
