package firewall

import (
	"slices"

	"sekisho/internal/exposure"
)

// Bits of ct state, as nftables numbers them (linux/netfilter/nf_conntrack_common.h).
const (
	ctInvalid     = 1
	ctEstablished = 2
	ctRelated     = 4
	ctNew         = 8
	ctUntracked   = 64
)

// Bits of ct status.
const (
	statusSeenReply = 2
	statusSNAT      = 0x10
	statusDNAT      = 0x20
)

// Bits of the TCP flags.
const (
	tcpSYN = 0x02
	tcpRST = 0x04
	tcpACK = 0x10
)

// state is a packet on its way through the rules, with what they have done to it
// so far. A state is never changed once another may hold it: what changes it
// works on a copy.
type state struct {
	v6       bool
	proto    uint8
	flags    uint8
	icmpType uint8
	icmpCode uint8
	in, out  *Interface

	src, dst, sport, dport value
	mark, ctMark           value
	origDst, origPort      value // of the connection's first packet

	ct         uint8 // the ct state that tracking finds
	tracked    bool  // tracking has seen the packet
	reply      bool  // it goes against the direction of the connection
	back       bool  // it answers the packet that was asked about
	dnat, snat bool
	natDst     bool // the connection's destination is settled
	natSrc     bool
	rewritten  bool // its destination differs from what the sender wrote
	disguised  bool // its source was exchanged for one of this machine
	path       Path
	masked     *value // of an answer: its destination once a masquerade is undone

	spoiled []string // fields that rules wrote over with what is not known
	touched []*set   // sets that rules added to

	doubts uint64
	by     []exposure.FirewallRule
}

func (s *state) clone() *state {
	c := *s
	c.spoiled, c.touched, c.by = slices.Clip(s.spoiled), slices.Clip(s.touched), slices.Clip(s.by)
	return &c
}

// like reports whether two states go the same way from here on.
func (s *state) like(o *state) bool {
	return s == o || s.v6 == o.v6 && s.proto == o.proto && s.flags == o.flags && s.in == o.in && s.out == o.out &&
		s.ct == o.ct && s.tracked == o.tracked && s.dnat == o.dnat && s.snat == o.snat &&
		s.natDst == o.natDst && s.natSrc == o.natSrc && s.rewritten == o.rewritten && s.disguised == o.disguised && s.path == o.path &&
		(s.masked == nil) == (o.masked == nil) &&
		s.src.equal(o.src) && s.dst.equal(o.dst) && s.sport.equal(o.sport) && s.dport.equal(o.dport) &&
		s.mark.equal(o.mark) && s.ctMark.equal(o.ctMark) &&
		slices.Equal(s.spoiled, o.spoiled) && slices.Equal(s.touched, o.touched)
}

// merge adds a state to a list, unless one like it is there.
func merge(list []*state, s *state) []*state {
	for i, o := range list {
		if o.like(s) {
			if o.doubts|s.doubts != o.doubts {
				c := o.clone()
				c.doubts |= s.doubts
				list[i] = c
			}
			return list
		}
	}
	return append(list, s)
}

// doubting is the state, with one more rule that could not be evaluated.
func (s *state) doubting(bit uint64) *state {
	c := s.clone()
	c.doubts |= bit
	return c
}

// narrow is the state with the field that v was read from held to list.
func (s *state) narrow(v value, list spans) *state {
	if v.field == noField || len(list) == 0 || len(list) > maxParts {
		return s
	}
	c := s.clone()
	switch v.field {
	case sourceField:
		c.src = among(list, sourceField)
	case sourcePortField:
		c.sport = among(list, sourcePortField)
	}
	return c
}

// ctState is the bit of ct state that rules see now.
func (s *state) ctState() uint8 {
	switch {
	case s.ct == ctUntracked:
		return ctUntracked
	case !s.tracked:
		return ctInvalid // no connection is attached yet
	}
	return s.ct
}

// connected reports whether a connection is attached to the packet.
func (s *state) connected() bool { return s.tracked && s.ct != ctUntracked && s.ct != ctInvalid }
