package cli

import (
	"bytes"
	"context"
	"net/netip"
	"slices"

	"sekisho/internal/diagnose"
	"sekisho/internal/exposure"
	"sekisho/internal/firewall"
	"sekisho/internal/hostnet"
)

// filter is this machine's packet filter and what is needed to ask it.
type filter struct {
	rules   *firewall.Ruleset
	machine firewall.Machine
	system  *firewall.System // instead of both: one whose rules are not evaluated
	helped  bool             // it reads the connections of FTP and lets in what it finds there
}

// readFilter reads the packet filter; nil when it could not be read in full, for
// then no rule that is absent can be told from one that was not seen.
func readFilter(ctx context.Context) (*filter, []hostnet.Unseen) {
	told, unseen := hostnet.ReadFirewall(ctx)
	if s := system(told); s != nil {
		return &filter{system: s}, unseen
	}
	if !told.Complete {
		return nil, unseen
	}
	part := []hostnet.Unseen{{Kind: hostnet.UnseenFirewallPart, Count: 1}}
	network, err := hostnet.ReadNetwork()
	if err != nil {
		return nil, part
	}
	rules, err := ruleset(told)
	if err != nil || len(rules.Problems()) > 0 {
		return nil, part
	}
	return &filter{rules: rules, machine: firewallMachine(network), helped: helps(told)}, unseen
}

// helps reports whether a rule gives connections to a helper of connection
// tracking, which lets in what is named inside of them.
func helps(told hostnet.Firewall) bool {
	return bytes.Contains(told.NFT, []byte(`"ct helper"`)) || slices.ContainsFunc(told.Saved, func(s hostnet.Saved) bool {
		return bytes.Contains(s.Text, []byte("--helper"))
	})
}

// system is the firewall of a system whose rules are not evaluated, nil when
// nothing is known of it.
func system(told hostnet.Firewall) *firewall.System {
	switch {
	case told.Windows != nil:
		if s, err := firewall.ParseWindows(told.Windows); err == nil {
			return s
		}
	case told.PF != nil:
		return firewall.ParsePF(told.PF)
	}
	return nil
}

// ruleset puts together what the programs told.
func ruleset(told hostnet.Firewall) (*firewall.Ruleset, error) {
	first, err := firewall.ParseNFT(told.NFT)
	if err != nil {
		return nil, err
	}
	first.Hang(told.Chains)
	var sets *firewall.Sets
	if told.IPSet != nil {
		if sets, err = firewall.ParseIPSet(told.IPSet); err != nil {
			return nil, err
		}
	}
	all := []*firewall.Ruleset{first}
	for _, s := range told.Saved {
		saved, err := firewall.ParseIptables(s.Text, s.V6, sets)
		if err != nil {
			return nil, err
		}
		all = append(all, saved)
	}
	return firewall.Join(all...), nil
}

// firewallMachine is the network in the words of the evaluator.
func firewallMachine(n hostnet.Network) firewall.Machine {
	m := firewall.Machine{Forward4: n.Forward4, Forward6: n.Forward6, LoopbackRouted: n.LoopbackRouted}
	for _, d := range n.Devices {
		m.Interfaces = append(m.Interfaces, firewall.Interface{
			Name: d.Name, Index: d.Index, Loopback: d.Loopback, Bridge: d.Bridge, Prefixes: d.Prefixes,
		})
	}
	for _, r := range n.Routes {
		m.Routes = append(m.Routes, firewall.Route{To: r.To, Device: r.Device, Via: r.Via, Metric: r.Metric})
	}
	return m
}

// maxAnswered bounds for how many listeners the rules are asked: a machine with
// more has so many alike that nobody reads them.
const maxAnswered = 4096

// answered gives listeners what the packet filter does with newcomers to them.
func (f *filter) answered(ctx context.Context, listeners []exposure.Listener) []exposure.Listener {
	if f == nil {
		return listeners
	}
	for i := range listeners {
		if i == maxAnswered || ctx.Err() != nil {
			break
		}
		if f.system != nil {
			listeners[i].Firewall = f.system.Answers(listeners[i])
			continue
		}
		listeners[i].Firewall = f.rules.Answers(&f.machine, listeners[i])
	}
	return listeners
}

// openTo is what the packet filter does with newcomers to a port of any address
// of this machine, whether something listens there or not.
func (f *filter) openTo(ctx context.Context, key portKey) []exposure.FirewallAnswer {
	var answers []exposure.FirewallAnswer
	for _, any := range []netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified()} {
		for _, l := range f.answered(ctx, []exposure.Listener{{Transport: key.transport, Port: key.port, Address: any}}) {
			answers = append(answers, l.Firewall...)
		}
	}
	return answers
}

// empty reports whether the packet filter was read and no rule of it could keep
// anything out; lax whether none could that comes for this machine's own programs.
func (f *filter) empty() bool { return f != nil && f.system == nil && !f.rules.Bars() }
func (f *filter) lax() bool   { return f != nil && f.system == nil && !f.rules.BarsInput() }

// tell puts what the packet filter says of a port into a case.
func (f *filter) tell(ctx context.Context, c *diagnose.Case) {
	c.Firewall, c.Unfiltered, c.Lax = f.openTo(ctx, portKey{c.Transport, c.Port}), f.empty(), f.lax()
	if f == nil {
		return
	}
	c.Product = string(f.manager())
	if f.system != nil {
		return
	}
	c.Devices = map[netip.Addr]string{}
	for _, i := range f.machine.Interfaces {
		for _, p := range i.Prefixes {
			c.Devices[p.Addr().WithZone("")] = i.Name
		}
	}
	for _, r := range f.machine.Routes {
		if r.To.Bits() == 0 && !slices.Contains(c.Outward, r.Device) {
			c.Outward = append(c.Outward, r.Device)
		}
	}
}

// told is the packet filter as the document of local shows it.
func (f *filter) told() *exposure.LocalFirewall {
	if f == nil {
		return nil
	}
	if s := f.system; s != nil {
		return &exposure.LocalFirewall{Products: s.Products, Unread: true, Profiles: s.Profiles}
	}
	return &exposure.LocalFirewall{Products: f.rules.Products(), Rules: f.rules.Count()}
}
