package firewall

import (
	"math/bits"
	"slices"

	"sekisho/internal/exposure"
)

// Bounds of a walk. The kernel itself follows 16 jumps (NFT_JUMP_STACK_SIZE) or,
// in iptables, as many as there are chains.
const (
	maxDepth  = 64
	maxSteps  = 1 << 20
	maxDoubts = 64
)

// outcome is one end that a packet may come to.
type outcome struct {
	verdict  Verdict // CannotSay for what nobody knows
	reason   exposure.Reason
	replying bool
	last     *state
	by       []exposure.FirewallRule
}

// walker walks packets through the rules of a machine.
type walker struct {
	rules    *Ruleset
	machine  *Machine
	rotation int // which of several chains with the same priority is asked first

	ended    []outcome
	doubts   []exposure.FirewallRule
	bits     map[doubtKey]uint64
	stack    []*rule
	stations map[stationKey][]station
	steps    int

	accepted, nat []*state // of the base chain at hand
}

type doubtKey struct {
	r   *rule
	why string
}

// doubt is the bit of a rule that could not be evaluated. Those past the 64th
// share the last one.
func (w *walker) doubt(r *rule, why string) uint64 {
	key := doubtKey{r, why}
	if bit, ok := w.bits[key]; ok {
		return bit
	}
	n := len(w.doubts)
	bit := uint64(1) << min(n, maxDoubts-1)
	if w.bits == nil {
		w.bits = map[doubtKey]uint64{}
	}
	w.bits[key] = bit
	if n < maxDoubts {
		ref := exposure.FirewallRule{}
		if r != nil {
			ref = r.ref(why)
		} else {
			ref = machineRef(why)
		}
		w.doubts = append(w.doubts, ref)
	}
	return bit
}

// doubted are the rules of the bits.
func (w *walker) doubted(set uint64) []exposure.FirewallRule {
	var list []exposure.FirewallRule
	for ; set != 0; set &= set - 1 {
		list = append(list, w.doubts[bits.TrailingZeros64(set)])
	}
	return list
}

// end notes that a packet ended here.
func (w *walker) end(s *state, v Verdict, reason exposure.Reason, by ...exposure.FirewallRule) {
	o := outcome{verdict: v, reason: reason, last: s, by: append(slices.Clip(s.by), by...)}
	for i, other := range w.ended {
		if other.same(o) {
			if other.last.doubts|s.doubts != other.last.doubts {
				w.ended[i].last = other.last.doubting(s.doubts)
			}
			return
		}
	}
	w.ended = append(w.ended, o)
}

// same reports whether two ends are one to whoever sent the packet.
func (o outcome) same(p outcome) bool {
	if o.verdict != p.verdict || o.reason != p.reason || o.verdict == CannotSay {
		return false
	}
	return o.verdict != Accept || o.last.like(p.last)
}

// mystery notes that nobody knows what becomes of the packet, and why.
func (w *walker) mystery(s *state, r *rule, why string) {
	w.end(s.doubting(w.doubt(r, why)), CannotSay, "")
}

// base walks packets through a base chain and returns those that pass it. Those
// whose address was settled are in w.nat then.
func (w *walker) base(c *chain, in []*state) []*state {
	w.accepted, w.nat, w.stack = nil, nil, w.stack[:0]
	out := w.chain(c, in)
	for _, s := range out {
		if c.base.drop {
			w.end(s, Drop, "", c.policyRef())
			continue
		}
		w.accepted = merge(w.accepted, s)
	}
	return w.accepted
}

// chain walks packets through a chain and returns those that come to its end or
// return from it.
func (w *walker) chain(c *chain, in []*state) []*state {
	if len(w.stack) > maxDepth {
		for _, s := range in {
			w.mystery(s, c.first(), "too many jumps")
		}
		return nil
	}
	live := in
	var back []*state
	for _, r := range c.rules {
		if len(live) == 0 {
			break
		}
		// Most rules match nobody, and then nothing is to be copied.
		if len(live) == 1 {
			if m, ok := firstMatch(r); ok {
				w.steps++
				if t, _, _ := m.test(w, live[0]); t == no {
					continue
				}
			}
		}
		var next []*state
		for _, s := range live {
			if w.steps > maxSteps {
				w.mystery(s, r, "too many rules")
				continue
			}
			for _, st := range w.rule(r, s) {
				next, back = w.follow(r, st, next, back)
			}
		}
		live = next
	}
	for _, s := range live {
		back = merge(back, s)
	}
	return back
}

func firstMatch(r *rule) (*match, bool) {
	for _, p := range r.parts {
		switch p := p.(type) {
		case *match:
			return p, true
		default:
			return nil, false
		}
	}
	return nil, false
}

func (c *chain) first() *rule {
	if len(c.rules) > 0 {
		return c.rules[0]
	}
	return nil
}

// follow does what the rule's verdict says.
func (w *walker) follow(r *rule, st step, next, back []*state) (newNext, newBack []*state) {
	s := st.state
	switch st.verdict.kind {
	case proceed, missed:
		next = merge(next, s)
	case accepted:
		c := s.clone()
		c.by = append(c.by, w.trail(r)...)
		w.accepted = merge(w.accepted, c)
	case natted:
		w.nat = merge(w.nat, s)
	case dropped:
		w.end(s, Drop, "", w.trail(r)...)
	case rejected:
		w.reject(s, st.verdict.reason, w.trail(r))
	case returned:
		back = merge(back, s)
	case jumped, left:
		if st.verdict.target == nil {
			w.mystery(s, r, "the chain that it leads to is not known")
			break
		}
		w.stack = append(w.stack, r)
		if slices.ContainsFunc(w.stack, func(from *rule) bool { return from.chain == st.verdict.target }) {
			w.stack = w.stack[:len(w.stack)-1]
			w.mystery(s, r, "jumps that go round") // the kernel takes no such rules
			break
		}
		came := w.chain(st.verdict.target, []*state{s})
		w.stack = w.stack[:len(w.stack)-1]
		for _, s := range came {
			if st.verdict.kind == jumped {
				next = merge(next, s)
			} else {
				back = merge(back, s)
			}
		}
	default:
		w.end(s, CannotSay, "", w.trail(r)...)
	}
	return next, back
}

// trail is the rule, behind those whose jumps led to it.
func (w *walker) trail(r *rule) []exposure.FirewallRule {
	var list []exposure.FirewallRule
	for _, from := range w.stack {
		list = append(list, from.ref(""))
	}
	return append(list, r.ref(""))
}

// rule takes a packet through one rule and returns the ways that it may go on. A
// doubt that makes no difference leaves no trace.
func (w *walker) rule(r *rule, s *state) []step {
	w.steps++
	var ends []step
	live := []*state{s}
	for _, p := range r.parts {
		var next []*state
		for _, at := range live {
			for _, st := range p.apply(w, r, at) {
				if st.verdict.kind == proceed {
					next = append(next, st.state)
				} else {
					ends = append(ends, st)
				}
			}
		}
		if live = next; len(live) == 0 {
			break
		}
	}
	for _, at := range live {
		ends = append(ends, step{at, verdict{kind: missed}})
	}
	if len(ends) > 1 && !slices.ContainsFunc(ends, func(st step) bool {
		return st.verdict.kind != missed || !st.state.like(s)
	}) {
		return []step{{s, verdict{kind: missed}}}
	}
	return ends
}
