package cli

import (
	"net/netip"
	"slices"

	"sekisho/internal/diagnose"
	"sekisho/internal/diagnose/gather"
	"sekisho/internal/exposure"
	"sekisho/internal/firewall"
)

// mostLooks bounds the lookers of one port whose packets are followed.
const mostLooks = 16

// tellLooks gives a case what this machine does with the packets of those who
// looked at the port: of neighbours of the LAN whose report says who they are, and
// of those whose packets were seen to arrive. Nothing is sent.
func (f *filter) tellLooks(c *diagnose.Case, m machine, vantages map[string][]netip.Addr) {
	for _, o := range c.Observations {
		from := slices.DeleteFunc(slices.Clone(vantages[o.Vantage]), func(a netip.Addr) bool { return a.Is4() != o.Address.Is4() || m.isOwn(a) || !m.onLink(a) })
		if o.View == exposure.ViewLAN && len(from) == 1 {
			f.follow(c, diagnose.Look{From: from[0], At: o.Address, Link: c.Devices[o.Address]}, c.Port)
		}
	}
	for _, w := range c.Watched {
		if a, ok := w.Of(c.Transport, c.Port); ok && a.Interface != "" {
			f.follow(c, diagnose.Look{From: a.From.Addr().Unmap(), At: a.To.Addr().Unmap(), Link: a.Interface}, a.To.Port())
		}
	}
}

// follow looks up what becomes of the packets of one who looked.
func (f *filter) follow(c *diagnose.Case, l diagnose.Look, port uint16) {
	same := func(o diagnose.Look) bool { return o.From == l.From && o.At == l.At && o.Link == l.Link }
	if len(c.Looks) == mostLooks || slices.ContainsFunc(c.Looks, same) {
		return
	}
	l.Back, _ = gather.BackTo(netip.AddrPortFrom(l.At, port), l.From, c.Transport, l.Link)
	if f != nil && f.system == nil && l.Link != "" {
		p := firewall.Packet{Transport: c.Transport, In: l.Link, Source: l.From, SourcePort: ephemeral, Destination: l.At, Port: port}
		said := f.rules.Reach(&f.machine, p)
		if p.Established = true; said.Verdict == firewall.Accept && !said.To.IsValid() && c.Transport == exposure.TCP {
			if later := f.rules.Evaluate(&f.machine, p); later.Verdict == firewall.Drop || later.Verdict == firewall.Reject {
				said = later
			}
		}
		l.Firewall = &exposure.FirewallAnswer{
			Zone: c.Zone, Family: exposure.FirewallIPv4, Verdict: exposure.FirewallVerdict(said.Verdict), Reason: said.Reason, To: said.To,
			Rules: said.Rules, Doubts: said.Doubts, Silent: said.Replying, Path: exposure.FirewallPath(said.Path),
		}
		if l.At.Is6() {
			l.Firewall.Family = exposure.FirewallIPv6
		}
	}
	c.Looks = append(c.Looks, l)
}

// vantagesOf are the addresses of the vantages of a report, by their ids.
func vantagesOf(reports ...exposure.Report) map[string][]netip.Addr {
	found := map[string][]netip.Addr{}
	for _, r := range reports {
		for _, v := range r.Vantages {
			if a := v.Address.Unmap().WithZone(""); a.IsValid() {
				found[v.ID] = append(found[v.ID], a)
			}
		}
	}
	return found
}
