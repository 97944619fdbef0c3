package firewall

import (
	"net/netip"
	"slices"

	"sekisho/internal/exposure"
)

// verdictKind is what follows a rule.
type verdictKind uint8

const (
	proceed  verdictKind = iota // the next part of the rule
	missed                      // the next rule
	accepted                    // the chain's hook is passed
	dropped
	rejected
	returned
	jumped
	left      // goto
	natted    // accepted, and the address is settled
	mysteries // nobody knows
)

// verdict is a kind, with the chain that it leads to or what the sender gets.
type verdict struct {
	kind   verdictKind
	target *chain
	reason exposure.Reason
}

// step is one way that a packet may go after a part of a rule.
type step struct {
	state   *state
	verdict verdict
}

// part is one part of a rule.
type part interface {
	apply(w *walker, r *rule, s *state) []step
}

// expr reads something of a packet.
type expr func(w *walker, s *state) value

// match asks whether what left reads is wanted.
type match struct {
	left   []expr
	negate bool
	bits   bool // the wanted number is a mask of which any bit is enough
	spans  spans
	mask   number
	set    *set
	doubt  string // the wanted thing is not understood
	total  bool   // a packet without the field is one that does not match, and negate counts
}

// dependsOnSource is the reason of a doubt that is none about the rule: the
// question was about many sources, and the rule tells them apart.
const dependsOnSource = "depends on the source"

// test asks without any copy being made; why is set with maybe.
func (m *match) test(w *walker, s *state) (t truth, v value, why string) {
	var fixed [4]value
	values := fixed[:0]
	for _, e := range m.left {
		v := e(w, s)
		if v.absent {
			return truthOf(m.total && m.negate), v, "" // else the rule ends whatever the operator is
		}
		if v.why != "" {
			why = v.why
		}
		values = append(values, v)
	}
	if why == "" {
		why = m.doubt
	}
	if why != "" && m.set != nil && len(values) > 1 && m.doubt == "" && m.set.unsure(s) == "" && !m.set.hits(values).any {
		return truthOf(m.negate), value{}, "" // whatever the part is that is not known
	}
	if why != "" {
		return maybe, value{}, why
	}
	v = values[0]
	switch {
	case m.set != nil:
		t, why = m.inSet(s, values)
	case m.bits:
		t, why = inMask(v, m.mask)
	default:
		t, why = inSpans(v, m.spans)
	}
	if m.negate {
		t = t.not()
	}
	return t, v, why
}

func inMask(v value, mask number) (truth, string) {
	switch {
	case v.any != nil:
		return maybe, dependsOnSource
	case v.exact.and(mask).and(v.blur.not()) != zero:
		return yes, ""
	case v.blur.and(mask) != zero:
		return maybe, "some bits are not known"
	}
	return no, ""
}

func inSpans(v value, want spans) (truth, string) {
	switch {
	case v.any != nil:
		common := v.any.within(want)
		if len(common) == 0 {
			return no, ""
		}
		if len(v.any.without(want)) == 0 {
			return yes, ""
		}
		return maybe, dependsOnSource
	case v.blur != zero:
		for _, s := range want {
			if s.lo == s.hi && s.lo.xor(v.exact).and(v.blur.not()) != zero {
				continue
			}
			return maybe, "some bits are not known"
		}
		return no, ""
	}
	return truthOf(want.contains(v.exact)), ""
}

func (m *match) inSet(s *state, values []value) (truth, string) {
	if why := m.set.unsure(s); why != "" {
		return maybe, why
	}
	key, exact := exactKey(values)
	if exact {
		e := m.set.find(key)
		if e == nil {
			return no, ""
		}
		if e.doubt != "" {
			return maybe, e.doubt
		}
		return yes, ""
	}
	switch h := m.set.hits(values); {
	case !h.any:
		return no, ""
	case len(h.doubt) > 0:
		return maybe, h.doubt[0]
	case h.all:
		return yes, ""
	}
	return maybe, dependsOnSource
}

// unsure says why the set may hold other elements now than it did when it was
// read, empty when it does not.
func (st *set) unsure(s *state) string {
	if slices.Contains(s.touched, st) {
		return "a rule before added to set " + st.name
	}
	return st.doubt
}

func exactKey(values []value) ([]span, bool) {
	key := make([]span, len(values))
	for i, v := range values {
		if !v.isExact() {
			return nil, false
		}
		key[i] = one(v.exact)
	}
	return key, true
}

func (m *match) apply(w *walker, r *rule, s *state) []step {
	t, v, why := m.test(w, s)
	switch t {
	case yes:
		return []step{{state: s}}
	case no:
		return []step{{s, verdict{kind: missed}}}
	}
	bit := w.doubt(r, why)
	hit, miss := s.doubting(bit), s.doubting(bit)
	if v.any != nil && len(m.left) == 1 && !m.bits {
		want := m.spans
		if m.set != nil {
			want = normal(m.set.hits([]value{v}).parts)
		}
		if want != nil {
			in, out := v.any.within(want), v.any.without(want)
			if m.negate {
				in, out = out, in
			}
			hit, miss = hit.narrow(v, in), miss.narrow(v, out)
		}
	}
	return []step{{state: hit}, {miss, verdict{kind: missed}}}
}

// judge is a verdict that stands in a rule.
type judge struct{ verdict verdict }

func (j judge) apply(_ *walker, _ *rule, s *state) []step { return []step{{s, j.verdict}} }

// refuse is a reject: it asks for the packet to be of the family, or TCP, that
// its answer belongs to.
type refuse struct {
	reason  exposure.Reason
	tcp     bool
	only    family
	limited bool // only is asked for
}

func (p refuse) apply(_ *walker, _ *rule, s *state) []step {
	if p.tcp && s.proto != protoTCP || p.limited && !p.only.takes(s.v6) {
		return []step{{s, verdict{kind: missed}}}
	}
	return []step{{s, verdict{kind: rejected, reason: p.reason}}}
}

// chance matches or not, and nobody can say which.
type chance struct{ why string }

func (p chance) apply(w *walker, r *rule, s *state) []step {
	d := s.doubting(w.doubt(r, p.why))
	return []step{{state: d}, {d, verdict{kind: missed}}}
}

// mystery is a part that is not understood: after it, anything may be.
type mystery struct{ why string }

func (p mystery) apply(w *walker, r *rule, s *state) []step {
	d := s.doubting(w.doubt(r, p.why))
	return []step{{state: d}, {d, verdict{kind: missed}}, {d, verdict{kind: mysteries}}}
}

// lookup is a map of verdicts.
type lookup struct {
	key []expr
	set *set
}

func (p *lookup) apply(w *walker, r *rule, s *state) []step {
	data, found, absent, why := p.find(w, s)
	switch {
	case absent:
		return []step{{s, verdict{kind: missed}}}
	case why == "" && !found:
		return []step{{s, verdict{kind: missed}}}
	case why == "" && len(data) == 1:
		return []step{{s, data[0].verdict}}
	}
	if why == "" {
		why = dependsOnSource
	}
	d := s.doubting(w.doubt(r, why))
	steps := []step{{d, verdict{kind: missed}}}
	for _, one := range data {
		steps = append(steps, step{d, one.verdict})
	}
	if p.set.doubt != "" {
		steps = append(steps, step{d, verdict{kind: mysteries}})
	}
	return steps
}

// find returns the data that the key may have in the map. Without why it has just
// the one of data, or with found false none.
func (p *lookup) find(w *walker, s *state) (data []datum, found, absent bool, why string) {
	var values []value
	for _, e := range p.key {
		v := e(w, s)
		if v.absent {
			return nil, false, true, ""
		}
		if v.why != "" {
			why = v.why
		}
		values = append(values, v)
	}
	if why == "" {
		why = p.set.unsure(s)
	}
	if key, exact := exactKey(values); why == "" && exact {
		e := p.set.find(key)
		if e == nil {
			return nil, false, false, ""
		}
		return []datum{e.data}, true, false, e.doubt
	}
	h := p.set.hits(values)
	switch {
	case why != "":
	case !h.any:
		return nil, false, false, ""
	case len(h.doubt) > 0:
		why = h.doubt[0]
	case !h.all || len(h.data) > 1:
		why = dependsOnSource
	}
	return h.data, true, false, why
}

// assign writes a mark, or a field of the packet.
type assign struct {
	what string // mark, ctmark, src, dst, sport, dport; else a field that is spoiled
	from expr
}

func (p assign) apply(w *walker, _ *rule, s *state) []step {
	v := p.from(w, s)
	if v.absent {
		return []step{{s, verdict{kind: missed}}}
	}
	c := s.clone()
	v.field = noField
	switch p.what {
	case "mark":
		c.mark = v
	case "ctmark":
		if !s.connected() {
			return []step{{state: s}}
		}
		c.ctMark = v
	case "src":
		c.src = v
	case "dst":
		c.dst = v
	case "sport":
		c.sport = v
	case "dport":
		c.dport = v
	default:
		c.spoiled = append(c.spoiled, p.what)
	}
	return []step{{state: c}}
}

// untrack keeps the packet out of connection tracking, when that has not seen it.
type untrack struct{}

func (untrack) apply(_ *walker, _ *rule, s *state) []step {
	if s.tracked {
		return []step{{state: s}}
	}
	c := s.clone()
	c.ct = ctUntracked
	return []step{{state: c}}
}

// touch adds to a set: what is in it later on is not what was read.
type touch struct{ set *set }

func (p touch) apply(_ *walker, _ *rule, s *state) []step {
	c := s.clone()
	c.touched = append(c.touched, p.set)
	return []step{{state: c}}
}

// translate is dnat, redirect, snat or masquerade.
type translate struct {
	source   bool // of the source: nothing in it is looked at
	redirect bool // to this machine itself, or from it: redirect or masquerade
	// The new address is one of these: fixed, read, or what a map holds, perhaps
	// with the port. Without any only the port changes.
	fixed  bool
	span   span
	addr   expr
	both   *lookup
	prefix bool // only the net is exchanged (netmap)
	port   expr

	limited bool
	only    family
}

func (p *translate) apply(w *walker, r *rule, s *state) []step {
	if p.limited && !p.only.takes(s.v6) {
		return []step{{s, verdict{kind: missed}}}
	}
	if p.source {
		return p.from(w, r, s)
	}
	if !p.redirect {
		addr, port, sure := p.target(w, s)
		return p.to(w, r, s, addr, port, sure)
	}
	a, ok := redirectTo(s)
	if !ok { // the kernel drops what it can redirect nowhere
		return []step{{s, verdict{kind: dropped}}}
	}
	port := s.dport
	if p.port != nil {
		port = p.port(w, s)
	}
	return p.to(w, r, s, known(address(a)), port, true)
}

// from settles the source of a connection. A masquerade that gives a packet of this
// machine the address that it has already changes nothing, and the connection does
// not count as translated then.
func (p *translate) from(w *walker, r *rule, s *state) []step {
	c := s.clone()
	c.snat, c.natSrc, c.disguised = true, true, p.redirect
	if !p.redirect || s.out == nil {
		return []step{{c, verdict{kind: natted}}}
	}
	same := s.clone()
	same.natSrc = true
	switch w.disguises(s) {
	case no:
		return []step{{same, verdict{kind: natted}}}
	case yes:
		return []step{{c, verdict{kind: natted}}}
	}
	bit := w.doubt(r, "the address of a masquerade")
	return []step{{c.doubting(bit), verdict{kind: natted}}, {same.doubting(bit), verdict{kind: natted}}}
}

// disguises reports whether a masquerade changes the source of a packet.
func (w *walker) disguises(s *state) truth {
	switch {
	case !s.src.isExact() || w.machine.owner(s.src.exact.addr(s.v6)) == nil:
		return yes // it is not this machine's
	case s.out.Loopback && s.v6 && s.src.equal(s.dst):
		return no
	case s.out.Loopback && s.src.exact.addr(s.v6).IsLoopback():
		return yes // the kernel takes the first address that others could reach
	case s.out.Loopback:
		return maybe // and which that is, is not known
	}
	own := w.ownOn(s.out, s.dst, s.v6, "the address of a masquerade")
	if !own.isExact() {
		return maybe
	}
	return truthOf(own.exact != s.src.exact)
}

// target is where a dnat leads. sure is false when the rule may not apply.
func (p *translate) target(w *walker, s *state) (addr, port value, sure bool) {
	addr, port, sure = s.dst, s.dport, true
	switch {
	case p.both != nil:
		data, found, absent, why := p.both.find(w, s)
		switch {
		case why != "":
			return unknown(why), port, false
		case absent || !found || len(data[0].parts) == 0:
			return missing, port, true
		}
		addr = p.picked(s, data[0].parts[0])
		if len(data[0].parts) > 1 {
			port = spanValue(data[0].parts[1], "the port that is picked")
		}
	case p.fixed:
		addr = p.picked(s, p.span)
	case p.addr != nil:
		addr = p.addr(w, s)
	}
	if p.port != nil {
		port = p.port(w, s)
	}
	return addr, port, sure
}

// picked is the address that comes of a span: the one that it is, or the host of
// the old one in the net that it is.
func (p *translate) picked(s *state, to span) value {
	if !p.prefix || !s.dst.isExact() {
		return spanValue(to, "the address that is picked")
	}
	host := to.lo.xor(to.hi)
	return known(to.lo.or(s.dst.exact.and(host)))
}

func (p *translate) to(w *walker, r *rule, s *state, addr, port value, sure bool) []step {
	if addr.absent || port.absent {
		return []step{{s, verdict{kind: missed}}}
	}
	c := s.clone()
	c.by = append(c.by, w.trail(r)...)
	c.natDst = true
	why := addr.why
	if why == "" {
		why = port.why
	}
	if why != "" {
		bit := w.doubt(r, why)
		steps := []step{{c.doubting(bit), verdict{kind: mysteries}}}
		if !sure {
			steps = append(steps, step{s.doubting(bit), verdict{kind: missed}})
		}
		return steps
	}
	if !addr.equal(s.dst) || !port.equal(s.dport) {
		c.dst, c.dport, c.dnat, c.rewritten = addr, port, true, true
	}
	return []step{{c, verdict{kind: natted}}}
}

func spanValue(s span, why string) value {
	if s.lo == s.hi {
		return known(s.lo)
	}
	return unknown(why)
}

// redirectTo is the address that a redirect leads to (nf_nat_redirect.c): the
// first one of the interface, in IPv6 of the source's scope, or the loopback one
// for what this machine sends itself.
func redirectTo(s *state) (netip.Addr, bool) {
	if s.in == nil {
		if s.v6 {
			return netip.IPv6Loopback(), true
		}
		return netip.AddrFrom4([4]byte{127, 0, 0, 1}), true
	}
	linkLocal := s.src.isExact() && s.src.exact.addr(s.v6).IsLinkLocalUnicast()
	for _, p := range s.in.Prefixes {
		if a := p.Addr().WithZone(""); a.Is6() == s.v6 && (a.Is4() || a.IsLinkLocalUnicast() == linkLocal) {
			return a, true
		}
	}
	return netip.Addr{}, false
}
