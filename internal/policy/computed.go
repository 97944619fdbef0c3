package policy

import (
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/reach"
)

// answers are what the packet filter of the machine that looks does with
// newcomers from the zone, by its rules.
func (s sight) answers() []exposure.FirewallAnswer {
	var list []exposure.FirewallAnswer
	add := func(answers []exposure.FirewallAnswer) {
		for _, a := range answers {
			if a.Zone == s.zone {
				list = append(list, a)
			}
		}
	}
	for _, l := range s.port.Listeners {
		if !l.LoopbackOnly() {
			add(l.Firewall)
		}
	}
	add(s.port.Firewall)
	return list
}

// dropped reports whether by its rules the machine drops every newcomer of a
// family from the zone.
func (s sight) dropped(v6 bool) bool {
	family, any := exposure.FirewallIPv4, false
	if v6 {
		family = exposure.FirewallIPv6
	}
	for _, a := range s.answers() {
		if a.Family != family {
			continue
		}
		if a.Verdict != exposure.FirewallDrop {
			return false
		}
		any = true
	}
	return any
}

// computed is what the rules of the packet filter come to for a port that nobody
// looked at from the zone.
type computed struct {
	drop, reject, accept, forward, unsaid int

	bound    bool // something is, for others
	answers  bool // it answers the machine itself at an address of others
	straight bool // no router has to translate on the way
}

func (s sight) compute(answers []exposure.FirewallAnswer) computed {
	c := computed{straight: s.zone == exposure.ZoneLAN || s.global}
	for _, l := range s.port.Listeners {
		c.bound = c.bound || !l.LoopbackOnly()
	}
	for _, o := range s.port.Observations {
		c.answers = c.answers || o.State == exposure.Open && o.View == exposure.ViewSelf
	}
	for _, a := range answers {
		switch {
		case a.Verdict == exposure.FirewallDrop:
			c.drop++
		case a.Verdict == exposure.FirewallReject:
			c.reject++
		case a.Verdict == exposure.FirewallAccept && (a.Path == exposure.FirewallForward || a.To.IsValid()):
			c.forward++
		case a.Verdict == exposure.FirewallAccept:
			c.accept++
		default:
			c.unsaid++
		}
	}
	return c
}

// outcome decides by the rules alone. They never make open pass: that somebody is
// let in is not that the service was seen from there. Where the rules let in and
// something answers at the same address, closed and stealth fail.
func (c computed) outcome(expect exposure.Expectation, known bool) exposure.Outcome {
	in := c.accept + c.forward
	refuses := known && !c.bound && c.forward == 0 // the kernel does, where it is let in
	switch {
	case c.unsaid > 0 || in+c.drop+c.reject == 0:
		return exposure.Inconclusive
	case expect == exposure.ExpectOpen:
		if in == 0 || refuses {
			return exposure.Fail
		}
	case expect == exposure.ExpectClosed:
		switch {
		case in == 0 || refuses:
			return exposure.Pass
		case c.answers && c.straight:
			return exposure.Fail
		}
	case expect == exposure.ExpectStealth && c.straight:
		switch {
		case in+c.reject == 0:
			return exposure.Pass
		case c.reject > 0, refuses, c.answers:
			return exposure.Fail
		}
	}
	return exposure.Inconclusive
}

// byRules is the ruling of a port that nobody looked at from the zone, by what
// the machine's packet filter does; ok is false where nothing is known of that.
func (s sight) byRules(expect exposure.Expectation) (r ruling, ok bool) {
	answers := s.answers()
	if !s.own || len(answers) == 0 {
		return ruling{}, false
	}
	c := s.compute(answers)
	r = ruling{outcome: c.outcome(expect, s.known), basis: exposure.BasisComputed}
	told := map[string]bool{}
	for _, a := range answers {
		text := whyFilterUnsaid
		switch {
		case a.Verdict == exposure.FirewallDrop:
			text = whyFilterDrops
		case a.Verdict == exposure.FirewallReject:
			text = whyFilterRejects
		case a.Verdict == exposure.FirewallAccept && a.To.IsValid():
			text = whyFilterForwards
		case a.Verdict == exposure.FirewallAccept:
			text = whyFilterAccepts
		}
		rule := firstRule(a)
		if key := text.EN + rule + a.To.String(); !told[key] {
			told[key] = true
			r.why = append(r.why, say(text, "Zone", zoneWords[s.zone], "Rule", rule, "To", a.To.String()))
		}
	}
	switch {
	case c.accept > 0 && !c.bound && s.known:
		r.why = append(r.why, say(whyNothingThere))
	case r.outcome == exposure.Inconclusive:
		r.why = append(r.why, say(whyNobody, "Zone", zoneWords[s.zone]), say(howToLook[s.zone]))
	}
	return r, true
}

// firstRule is the rule that decides an answer, or that it depends on.
func firstRule(a exposure.FirewallAnswer) string {
	rules := a.Rules
	if a.Verdict == exposure.FirewallCannotSay {
		rules = a.Doubts
	}
	if len(rules) == 0 {
		return ""
	}
	var words []string
	for _, t := range []string{rules[0].Table.Terminal(), rules[0].Chain.Terminal(), rules[0].Text.Terminal()} {
		if t != "" {
			words = append(words, t)
		}
	}
	return strings.Join(words, " ")
}

// globally reports whether a host has an address of the zone's family that the
// Internet routes.
func globally(h exposure.Host, zone exposure.Zone) bool {
	for _, a := range h.Addresses {
		if reach.Global(a) && a.Unmap().Is4() == (zone == exposure.ZoneInternetV4) {
			return true
		}
	}
	return false
}
