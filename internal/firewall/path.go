package firewall

import (
	"net/netip"
	"slices"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

// Evaluate says what becomes of one packet, the answer to it left aside.
func (r *Ruleset) Evaluate(m *Machine, p Packet) Decision {
	s, err := m.start(p)
	if err != "" {
		return Decision{Doubts: []exposure.FirewallRule{machineRef(err)}}
	}
	return r.decide(m, s, false)
}

// Reach says whether a packet comes through and its answer back: with Accept a
// service is reached and heard. A refusal whose own answer is dropped is silence.
func (r *Ruleset) Reach(m *Machine, p Packet) Decision {
	s, err := m.start(p)
	if err != "" {
		return Decision{Doubts: []exposure.FirewallRule{machineRef(err)}}
	}
	return r.decide(m, s, true)
}

// machineRef stands for the kernel itself in the place of a rule.
func machineRef(why string) exposure.FirewallRule {
	return exposure.FirewallRule{Table: untrusted.Line("kernel"), Why: untrusted.Line(why)}
}

// start is the packet before the first rule; err says what is wrong with it.
func (m *Machine) start(p Packet) (s *state, err string) {
	src, dst := p.Source.Unmap().WithZone(""), p.Destination.Unmap().WithZone("")
	if !src.IsValid() || !dst.IsValid() || src.Is4() != dst.Is4() {
		return nil, "source and destination are not of one family"
	}
	s = &state{
		v6: dst.Is6(), src: known(address(src)), dst: known(address(dst)), sport: known(num(p.SourcePort)), dport: known(num(p.Port)), ct: ctNew,
	}
	switch {
	case p.Transport == exposure.TCP:
		s.proto, s.flags = protoTCP, tcpSYN
	case p.Transport == exposure.UDP:
		s.proto = protoUDP
	case p.Transport == exposure.ICMP && s.v6:
		s.proto, s.icmpType = protoICMPv6, 128
	case p.Transport == exposure.ICMP:
		s.proto, s.icmpType = protoICMP, 8
	default:
		return nil, "the transport is not known"
	}
	if p.Established {
		s.ct, s.natDst, s.natSrc, s.ctMark = ctEstablished, true, true, unknown("the mark of the connection")
		if s.proto == protoTCP {
			s.flags = tcpACK
		}
	}
	s.origDst, s.origPort = s.dst, s.dport
	if p.In != "" {
		if s.in = m.device(p.In); s.in == nil {
			return nil, "there is no interface " + p.In
		}
	}
	return s, ""
}

// decide walks the packet, in as many orders as chains of the same priority may
// have, and makes one decision of all ends.
func (r *Ruleset) decide(m *Machine, s *state, reply bool) Decision {
	w := &walker{rules: r, machine: m}
	for w.rotation = range r.rotations() {
		begin := s
		if w.rotation > 0 {
			begin = s.doubting(w.doubt(nil, "the order of chains with the same priority"))
		}
		w.walk(begin, reply)
	}
	return w.decision()
}

func (w *walker) walk(s *state, reply bool) {
	var through []*state
	if s.in != nil {
		through = w.incoming([]*state{s})
	} else {
		through = w.outgoing([]*state{s})
	}
	if !reply {
		for _, s := range through {
			w.end(s, Accept, "")
		}
		return
	}
	for _, s := range through {
		mine := w.ended
		w.ended = nil
		heard := s.clone()
		arrives := false
		for _, b := range w.answered(s) {
			if b.astray(s) {
				w.end(b, Drop, "")
				continue
			}
			arrives = true
			heard.doubts |= b.doubts
		}
		lost := w.ended
		w.ended = mine
		for _, o := range lost {
			o.replying = true
			o.verdict, o.reason = silence(o.verdict), ""
			o.last = o.last.doubting(s.doubts)
			o.last.path = s.path
			w.ended = append(w.ended, o)
		}
		if arrives {
			w.end(heard, Accept, "")
		}
	}
}

// astray reports whether the answer to a packet went through and yet does not come
// back to the sender, or not from where the sender sent to: it was rewritten by
// itself, or what the rules did to the packet was not undone for it, because
// tracking did not see it.
func (s *state) astray(question *state) bool {
	return s.rewritten || s.masked != nil || question.dnat && !s.connected() || s.snat && !question.connected()
}

// silence is what a verdict on an answer means to whoever waits for it.
func silence(v Verdict) Verdict {
	if v == CannotSay {
		return CannotSay
	}
	return Drop
}

// outgoing walks packets that this machine sends. What it sends to itself comes
// in again over lo.
func (w *walker) outgoing(live []*state) []*state {
	var away, home []*state
	for _, s := range w.hook(output, w.routed(live)) {
		for _, s := range w.routed([]*state{s}) { // dnat may have led it elsewhere
			c := s.clone()
			c.path = PathOutput
			if c.out.Loopback {
				home = merge(home, c)
			} else {
				away = merge(away, c)
			}
		}
	}
	away = w.hook(egress, w.hook(postrouting, away))
	var back []*state
	for _, s := range w.hook(postrouting, home) {
		c := s.clone()
		c.in, c.out = c.out, nil
		back = merge(back, c)
	}
	for _, s := range w.incoming(back) {
		away = merge(away, s)
	}
	return away
}

// routed gives packets the interface by which they leave.
func (w *walker) routed(live []*state) []*state {
	var out []*state
	for _, s := range live {
		if !s.dst.isExact() {
			if s.out != nil { // an answer to many leaves by the interface of the question
				out = append(out, s)
				continue
			}
			w.mystery(s, nil, "the destination is not known")
			continue
		}
		to := s.dst.exact.addr(s.v6)
		device := w.machine.route(to)
		if w.machine.owner(to) != nil {
			device = w.machine.loopback()
		} else if s.back && s.out != nil {
			device = s.out
		}
		if device == nil {
			w.mystery(s, nil, "no route to "+to.String())
			continue
		}
		c := s.clone()
		c.out = device
		out = append(out, c)
	}
	return out
}

func (m *Machine) loopback() *Interface {
	for i := range m.Interfaces {
		if m.Interfaces[i].Loopback {
			return &m.Interfaces[i]
		}
	}
	return nil
}

// incoming walks packets that come in by an interface, to a process or through.
func (w *walker) incoming(live []*state) []*state {
	live = w.hook(ingress, w.bridged(live))
	var here, on []*state
	for _, s := range w.hook(prerouting, live) {
		if !s.dst.isExact() {
			if s.back { // an answer to many goes on by the interface of the question
				on = append(on, s)
				continue
			}
			w.mystery(s, nil, "the destination is not known")
			continue
		}
		to := s.dst.exact.addr(s.v6)
		switch {
		case !s.in.Loopback && to.IsLoopback():
			w.martian(s, to, &here)
		case w.machine.owner(to) != nil || to.IsMulticast() || w.machine.broadcast(to):
			here = append(here, s)
		default:
			on = append(on, s)
		}
	}
	for i, s := range here {
		here[i] = s.clone()
		here[i].path, here[i].out = PathInput, nil
	}
	return append(w.hook(input, here), w.forwarded(on)...)
}

// bridged is what rules of a bridge may do to packets that come in by one: they
// see its ports, of which nothing is known here.
func (w *walker) bridged(live []*state) []*state {
	for _, t := range w.rules.tables {
		for _, c := range t.order {
			if c.base == nil || t.dormant || t.family != familyBridge || len(c.rules) == 0 && !c.base.drop {
				continue
			}
			for i, s := range live {
				if s.in.Bridge {
					w.end(s.doubting(w.doubt(c.first(), "a rule of a bridge")), CannotSay, "")
					live[i] = s.doubting(w.doubt(c.first(), "a rule of a bridge"))
				}
			}
		}
	}
	return live
}

// martian is a packet that was rewritten to a loopback address and did not come
// over lo: the kernel drops it, unless route_localnet lets it pass.
func (w *walker) martian(s *state, to netip.Addr, here *[]*state) {
	switch allowed := w.machine.LoopbackRouted; {
	case to.Is6() || allowed == nil:
		w.mystery(s, nil, "whether the kernel takes "+to.String()+" from "+s.in.Name)
	case *allowed:
		*here = append(*here, s)
	default:
		w.end(s, Drop, "", machineRef(to.String()+" from "+s.in.Name+" (route_localnet is off)"))
	}
}

// forwarded walks packets through the machine.
func (w *walker) forwarded(live []*state) []*state {
	var on []*state
	for _, s := range live {
		forwards := w.machine.Forward4
		if s.v6 {
			forwards = w.machine.Forward6
		}
		c := s.clone()
		c.path = PathForward
		switch {
		case forwards == nil:
			w.mystery(c, nil, "whether the machine forwards")
			continue
		case !*forwards:
			w.end(c, Drop, "", machineRef("the machine does not forward (ip_forward is off)"))
			continue
		case c.back:
		default:
			to := c.dst.exact.addr(c.v6)
			if c.out = w.machine.route(to); c.out == nil {
				w.mystery(c, nil, "no route to "+to.String())
				continue
			}
		}
		on = append(on, c)
	}
	return w.hook(egress, w.hook(postrouting, w.hook(forward, on)))
}

// answered walks the answer to a packet that came through, as the service or the
// host behind this one would send it.
func (w *walker) answered(s *state) []*state {
	c := w.opposite(s)
	if s.proto == protoTCP {
		c.flags = tcpACK | s.flags&tcpSYN
	}
	if s.proto == protoICMP || s.proto == protoICMPv6 {
		c.icmpType = 129
		if !s.v6 {
			c.icmpType = 0
		}
	}
	switch {
	case s.connected():
		c.ct = ctEstablished
	case s.proto != protoUDP:
		c.ct = ctInvalid // an answer to what was never seen begins nothing
	default: // it is the first packet that tracking sees
		c.ct, c.reply, c.dnat, c.snat, c.natDst, c.natSrc = ctNew, false, false, false, false, false
		c.ctMark, c.origDst, c.origPort = known(zero), c.dst, c.dport
	}
	if s.path == PathForward {
		c.in, c.out = s.out, s.in
		if s.snat {
			to := c.dst
			c.masked, c.dst = &to, unknown("the address of snat")
			if s.disguised {
				c.dst = w.ownOn(s.out, s.dst, s.v6, "the address of a masquerade")
			}
		}
		return w.incoming([]*state{c})
	}
	if s.path == PathOutput { // from outside to this machine
		c.in, c.out = s.out, nil
		return w.incoming([]*state{c})
	}
	c.in, c.out = nil, s.in
	return w.outgoing([]*state{c})
}

// opposite is a packet of this machine that goes back to where another came from.
func (w *walker) opposite(s *state) *state {
	src, sport := s.src, s.sport
	src.field, sport.field = noField, noField
	return &state{
		v6: s.v6, proto: s.proto, src: s.dst, dst: src, sport: s.dport, dport: sport, ctMark: s.ctMark,
		origDst: s.origDst, origPort: s.origPort, reply: true, back: true, dnat: s.dnat, snat: s.snat, natDst: true, natSrc: true,
		doubts: s.doubts, by: s.by,
	}
}

// reject sends the refusal on its way out: an output chain may drop it, and then
// the sender hears nothing.
func (w *walker) reject(s *state, reason exposure.Reason, by []exposure.FirewallRule) {
	c := w.opposite(s)
	c.ct = ctInvalid
	if s.connected() { // the refusal is given the connection of what it refuses
		c.ct, c.tracked = ctRelated, true
	}
	c.icmpType, c.icmpCode = refusal(s.v6, reason)
	c.flags = tcpRST | tcpACK
	if reason != exposure.Reset {
		c.proto = protoICMP
		if s.v6 {
			c.proto = protoICMPv6
		}
		c.src = w.refuser(s)
	}
	c.by = append(slices.Clip(s.by), by...)
	c.in, c.out = nil, s.in
	if s.in == nil { // this machine refuses itself, and that stays on lo
		w.end(s, Reject, reason, by...)
		return
	}
	inner := &walker{rules: w.rules, machine: w.machine, rotation: w.rotation, doubts: w.doubts, bits: w.bits, steps: w.steps + 1}
	if w.steps > maxSteps || s.back {
		w.end(s, Reject, reason, by...)
		return
	}
	back := inner.outgoing([]*state{c})
	w.doubts, w.bits, w.steps = inner.doubts, inner.bits, inner.steps
	for _, o := range inner.ended {
		end := s.doubting(o.last.doubts)
		w.ended = append(w.ended, outcome{verdict: silence(o.verdict), replying: true, last: end, by: o.by})
	}
	for _, b := range back {
		w.end(s.doubting(b.doubts), Reject, reason, by...)
	}
}

// refuser is the source of an ICMP error: the address that the packet went to, when
// it is this machine's, else one of the interface that the error leaves by.
func (w *walker) refuser(s *state) value {
	if s.in == nil || s.dst.isExact() && w.machine.owner(s.dst.exact.addr(s.v6)) != nil {
		return s.dst
	}
	return w.ownOn(s.in, s.src, s.v6, "the address that a refusal comes from")
}

// ownOn is the address of an interface that this machine would send from to
// another one: the first in IPv4, the only one of its kind in IPv6 (RFC 6724
// section 5, rule 6). Where the kernel has a choice, it is not known.
func (w *walker) ownOn(device *Interface, to value, v6 bool, what string) value {
	var found []netip.Addr
	for _, p := range device.Prefixes {
		a := p.Addr().WithZone("")
		if a.Is4() && !v6 {
			return known(address(a))
		}
		if a.Is6() && v6 && !a.IsLinkLocalUnicast() {
			found = append(found, a)
		}
	}
	if v6 && to.isExact() {
		private := to.exact.addr(true).IsPrivate()
		found = slices.DeleteFunc(found, func(a netip.Addr) bool { return a.IsPrivate() != private })
	}
	if len(found) == 1 {
		return known(address(found[0]))
	}
	return unknown(what)
}

// decision makes one of all ends.
func (w *walker) decision() Decision {
	if len(w.ended) == 0 {
		return Decision{Doubts: []exposure.FirewallRule{machineRef("the walk came to no end")}}
	}
	first := w.ended[0]
	d := Decision{Verdict: first.verdict, Reason: first.reason, Path: first.last.path, Replying: first.replying, Rules: first.by}
	agree := first.verdict != CannotSay
	var doubts uint64
	for _, o := range w.ended {
		agree = agree && o.verdict == first.verdict && o.reason == first.reason && (o.verdict != Accept || o.last.sameEnd(first.last))
		doubts |= o.last.doubts
		if v := o.verdict; !slices.Contains(d.Possible, v) {
			d.Possible = append(d.Possible, v)
		}
	}
	if !agree {
		d.Verdict, d.Reason, d.Rules = CannotSay, "", nil
		if slices.Contains(d.Possible, CannotSay) {
			d.Possible = []Verdict{Accept, Drop, Reject}
		}
		d.Doubts = w.doubted(doubts)
		return d
	}
	d.Possible = nil
	if s := first.last; s.rewritten && first.verdict == Accept {
		d.To = netip.AddrPortFrom(s.dst.exact.addr(s.v6), uint16(s.dport.exact.lo))
	}
	return d
}

// sameEnd reports whether two packets that came through came to the same place.
// The addresses of this machine are one place.
func (s *state) sameEnd(o *state) bool {
	return s.path == o.path && s.rewritten == o.rewritten && s.dport.equal(o.dport) &&
		(s.path == PathInput || s.dst.equal(o.dst))
}
