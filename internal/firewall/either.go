package firewall

// question is something about a packet that is so or not.
type question interface {
	test(w *walker, s *state) (t truth, v value, why string)
}

// either is so when one of several questions is.
type either struct {
	any    []question
	negate bool
}

func (e *either) test(w *walker, s *state) (t truth, v value, why string) {
	for _, q := range e.any {
		one, _, doubt := q.test(w, s)
		if one == yes {
			t, why = yes, ""
			break
		}
		if one == maybe {
			t, why = maybe, doubt
		}
	}
	if e.negate {
		t = t.not()
	}
	return t, value{}, why
}

func (e *either) apply(w *walker, r *rule, s *state) []step {
	switch t, _, why := e.test(w, s); t {
	case yes:
		return []step{{state: s}}
	case no:
		return []step{{s, verdict{kind: missed}}}
	default:
		d := s.doubting(w.doubt(r, why))
		return []step{{state: d}, {d, verdict{kind: missed}}}
	}
}

// pair is two conditions on neighbouring fields that must both not be so. Some
// versions of nft give them to the kernel as one on both fields together, which is
// so when one of the two is, and list them as if they were two.
type pair struct{ a, b *match }

func (p *pair) apply(w *walker, r *rule, s *state) []step {
	a, _, why := p.a.test(w, s)
	b, _, other := p.b.test(w, s)
	switch {
	case a == yes && b == yes:
		return []step{{state: s}}
	case a == no && b == no:
		return []step{{s, verdict{kind: missed}}}
	case why == "" && other == "":
		why = "nft may list one condition as two"
	case why == "":
		why = other
	}
	d := s.doubting(w.doubt(r, why))
	return []step{{state: d}, {d, verdict{kind: missed}}}
}

// neighbours reports whether two statements ask that neighbouring fields of a
// header are not some number.
func neighbours(a, b object) bool {
	first, second := notField(a), notField(b)
	switch {
	case first == "" || second == "":
		return false
	case first == "th sport" && second == "th dport", first == "th dport" && second == "th sport":
		return true
	}
	return first == "icmp type" && second == "icmp code" || first == "icmp code" && second == "icmp type"
}

// notField is the field of a statement such as tcp dport != 22, empty for others.
func notField(o object) string {
	m, _ := o["match"].(object)
	left, _ := m["left"].(object)
	f, _ := left["payload"].(object)
	if text(m["op"]) != "!=" {
		return ""
	}
	if _, ok := m["right"].(object); ok || len(text(m["right"])) > 0 && text(m["right"])[0] == '@' {
		return ""
	}
	switch protocol := text(f["protocol"]); protocol {
	case "tcp", "udp", "th", "udplite", "sctp", "dccp":
		return "th " + text(f["field"])
	case "icmp", "icmpv6":
		return "icmp " + text(f["field"])
	}
	return ""
}
