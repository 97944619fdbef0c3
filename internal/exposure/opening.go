package exposure

import "net/netip"

// Opening is a rule of a machine's own packet filter that lets newcomers in at
// ports, or sends them on from there.
type Opening struct {
	Transport   Transport
	First, Last uint16
	Rule        FirewallRule
	// To is where a rule sends on to; not valid for one that lets in.
	To netip.AddrPort
	// Alone is a rule about these ports only: it may be taken away as a whole.
	Alone bool
	// Remove are the lines that take the rule away, or that show it when it is about
	// more; Product is what they are for.
	Remove  []string
	Product string
}

// Serves reports whether a listener is one that the opening is of use for.
func (o Opening) Serves(l Listener) bool {
	first, last := o.First, o.Last
	if o.To.IsValid() {
		first, last = o.To.Port(), o.To.Port()
	}
	return l.Transport == o.Transport && first <= l.Port && l.Port <= last && (!l.LoopbackOnly() || o.To.Addr().IsLoopback())
}
