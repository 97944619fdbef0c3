package policy

import (
	"slices"

	"sekisho/internal/exposure"
)

// LettingOut is a policy that also wants this network to let out to some ports of
// others, whatever host they are tried at; p may be nil. From says who wants it.
func LettingOut(p *Policy, tcp, udp []uint16, from string) *Policy {
	if len(tcp)+len(udp) == 0 {
		return p
	}
	wide := Policy{file: from, top: &section{}}
	if p != nil {
		wide = *p
	}
	top := *wide.top
	top.outgoing = append(slices.Clone(top.outgoing), &entry{expect: exposure.ExpectOpen, tcp: tcp, udp: udp, from: from})
	wide.top = &top
	return &wide
}

// Anywhere are the ports of others that the policy names without a host: any
// vantage will do to try them at.
func (p *Policy) Anywhere() (tcp, udp []uint16) {
	for _, e := range p.outgoing() {
		if e.to == "" {
			tcp, udp = append(tcp, e.tcp...), append(udp, e.udp...)
		}
	}
	slices.Sort(tcp)
	slices.Sort(udp)
	return slices.Compact(tcp), slices.Compact(udp)
}
