// Package policy holds what the owner of a machine wants of its ports, written
// as a file, against what a report says of them: a policy file and a report in,
// a verdict for each expectation out. Pure: no clock, no file, no socket. What
// was not seen never passes.
package policy

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"time"

	"sekisho/internal/exposure"
)

// Policy is a policy file that was read without a problem.
type Policy struct {
	file     string
	top      *section
	hosts    []*hostSection
	profiles map[string]*section // of the file and those that sekisho brings
}

// section is what a policy says at one place: at its top, of a host or in a
// profile.
type section struct {
	extends  []string
	zones    map[exposure.Zone]*zoneRules
	rest     *restRule // of every zone but loopback, where the machine talks to itself
	outgoing []*entry
}

// zoneRules is what a section says of one zone.
type zoneRules struct {
	entries []*entry
	rest    *restRule
}

// restRule is what is expected of the ports that nothing else speaks of.
type restRule struct {
	expect exposure.Expectation
	from   string
}

// entry is one line of a policy: what is expected of some ports.
type entry struct {
	expect exposure.Expectation
	tcp    []uint16 // in rising order
	udp    []uint16
	needs  needs
	to     string // of outgoing: the host at which it is tried
	from   string // file:line:column
}

// needs are what the service behind a port must be.
type needs struct {
	protocol string
	product  string
	tls      tlsNeed
	oldest   string // version of TLS, such as "1.2"
	days     int    // that the certificate must still be valid for
	without  []string
	worst    *exposure.Severity // that a finding may have
}

// tlsNeed is how a service must encrypt.
type tlsNeed string

const (
	tlsRequired tlsNeed = "required" // from the first byte or by STARTTLS
	tlsImplicit tlsNeed = "implicit"
	tlsStart    tlsNeed = "starttls"
	tlsNone     tlsNeed = "none"
)

func (n needs) any() bool {
	return n.protocol != "" || n.product != "" || n.tls != "" || n.oldest != "" || n.days > 0 || len(n.without) > 0 || n.worst != nil
}

// hostSection is what a policy says of one host.
type hostSection struct {
	name   string       // in lower case; thisMachine for the machine that looks
	prefix netip.Prefix // where an address or a block was written
	from   string
	section
}

// thisMachine is the name of the machine that sekisho runs on.
const thisMachine = "this-machine"

// matches reports whether the section speaks of the host.
func (h *hostSection) matches(host exposure.Host) bool {
	switch {
	case h.name == thisMachine:
		return host.Own()
	case h.prefix.IsValid():
		return slices.ContainsFunc(host.Addresses, func(a netip.Addr) bool { return h.prefix.Contains(a.Unmap().WithZone("")) })
	}
	return strings.EqualFold(h.name, strings.TrimSuffix(host.Name, "."))
}

// File is the name of the policy's file as it was given to Parse.
func (p *Policy) File() string { return p.file }

// Hosts are the hosts that the policy names beside the machine that looks, as
// they are written; a block of addresses is none.
func (p *Policy) Hosts() []string {
	var names []string
	for _, h := range p.hosts {
		switch {
		case h.name == thisMachine || h.prefix.IsValid() && !h.prefix.IsSingleIP():
		case h.prefix.IsValid():
			names = append(names, h.prefix.Addr().String())
		default:
			names = append(names, h.name)
		}
	}
	return names
}

// Asked are the ports that the policy names for a host: those that have to be
// looked at, beside what is looked at anyway, and whether the rest of its TCP
// ports must be looked at too.
func (p *Policy) Asked(host exposure.Host) (tcp, udp []uint16, rest bool) {
	for _, z := range p.plan(host).zones {
		for _, e := range z.entries() {
			tcp, udp = append(tcp, e.tcp...), append(udp, e.udp...)
		}
		rest = rest || z.rest != nil && z.rest.expect != exposure.ExpectAny
	}
	slices.Sort(tcp)
	slices.Sort(udp)
	return slices.Compact(tcp), slices.Compact(udp), rest
}

// Tried is a port of somebody else that the policy wants tried from here.
type Tried struct {
	Host      string // as it was written
	Transport exposure.Transport
	Port      uint16
}

// Outgoing are the ports of others that the policy names together with a host
// at which to try them.
func (p *Policy) Outgoing() []Tried {
	var list []Tried
	for _, e := range p.outgoing() {
		if e.to == "" {
			continue
		}
		e.each(func(t exposure.Transport, port uint16) { list = append(list, Tried{e.to, t, port}) })
	}
	slices.SortFunc(list, func(a, b Tried) int {
		return cmp.Or(cmp.Compare(a.Host, b.Host), cmp.Compare(a.Transport, b.Transport), cmp.Compare(a.Port, b.Port))
	})
	return slices.Compact(list)
}

// each calls f for every port of the entry.
func (e *entry) each(f func(exposure.Transport, uint16)) {
	for _, port := range e.tcp {
		f(exposure.TCP, port)
	}
	for _, port := range e.udp {
		f(exposure.UDP, port)
	}
}

// ports are the entry's ports of a transport.
func (e *entry) ports(t exposure.Transport) []uint16 {
	if t == exposure.UDP {
		return e.udp
	}
	return e.tcp
}

// Context is what a judgement needs beside the policy and the report.
type Context struct {
	Now time.Time
	// Decided reports whether what was seen of the port is enough to tell that a
	// finding is absent; a finding that is there needs no more.
	Decided func(rule string, p exposure.Port) bool
}
