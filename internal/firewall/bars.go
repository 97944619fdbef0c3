package firewall

import "slices"

// Bars reports whether any rule or policy could keep a packet out or its answer
// in: without one, everything passes whatever it is.
func (r *Ruleset) Bars() bool {
	return r.barsAt(ingress, prerouting, input, forward, output, postrouting, egress)
}

// BarsInput is the same of packets for this machine itself: what is only sent on
// through it is left aside.
func (r *Ruleset) BarsInput() bool {
	return r.barsAt(ingress, prerouting, input, output, postrouting, egress)
}

func (r *Ruleset) barsAt(hooks ...hook) bool {
	for _, t := range r.tables {
		if t.dormant {
			continue
		}
		for _, c := range t.order {
			if c.base != nil && slices.Contains(hooks, c.base.hook) && (c.base.drop || c.bars(map[*chain]bool{})) {
				return true
			}
		}
	}
	return false
}

// bars reports whether a rule of the chain, or of one that it leads to, drops or
// rejects. What is not understood may.
func (c *chain) bars(seen map[*chain]bool) bool {
	if c == nil || seen[c] {
		return false
	}
	seen[c] = true
	may := func(v verdict) bool {
		switch v.kind {
		case dropped, rejected, mysteries:
			return true
		case jumped, left:
			return v.target == nil || v.target.bars(seen)
		}
		return false
	}
	for _, r := range c.rules {
		for _, p := range r.parts {
			switch p := p.(type) {
			case judge:
				if may(p.verdict) {
					return true
				}
			case refuse, mystery:
				return true
			case *lookup:
				if p.set.doubt != "" || slices.ContainsFunc(p.set.elements, func(e element) bool { return may(e.data.verdict) }) ||
					p.set.fallback != nil && may(p.set.fallback.data.verdict) {
					return true
				}
			}
		}
	}
	return false
}
