package firewall

import (
	"net/netip"
	"strconv"
	"strings"

	"sekisho/internal/exposure"
)

// target reads what a rule does with the packets that it matches.
func (r *iptablesRule) target(name string, jump bool) {
	if c := r.parser.at.chains[name]; c != nil {
		v := verdict{kind: jumped, target: c}
		if jump {
			v.kind = left
		}
		r.add(judge{v})
		return
	}
	switch name {
	case "ACCEPT":
		r.add(judge{verdict{kind: accepted}})
	case "DROP":
		r.add(judge{verdict{kind: dropped}})
	case "RETURN":
		r.add(judge{verdict{kind: returned}})
	case "REJECT":
		r.refuse()
	case "DNAT":
		r.destination()
	case "REDIRECT":
		t := &translate{redirect: true}
		if to := r.value("--to-ports"); to != "" {
			t.port = r.port(to)
		}
		r.add(t)
	case "NETMAP":
		p, err := netip.ParsePrefix(r.value("--to"))
		if err != nil {
			r.add(mystery{"NETMAP"})
			return
		}
		r.add(&translate{fixed: true, prefix: true, span: prefixSpan(p)})
	case "SNAT", "MASQUERADE":
		r.add(&translate{source: true, redirect: name == "MASQUERADE"})
	case "MARK", "CONNMARK":
		r.setMark(name == "CONNMARK")
	case "CT", "NOTRACK":
		if name == "NOTRACK" || strings.Contains(strings.Join(r.words, " ")+" ", "--notrack ") {
			r.add(untrack{})
		}
	case "SET":
		r.touch()
	case "LOG", "NFLOG", "ULOG", "TRACE", "AUDIT", "TCPMSS", "TOS", "DSCP", "TTL", "HL", "CHECKSUM", "CLASSIFY", "SECMARK",
		"CONNSECMARK", "RATEEST", "TEE", "IDLETIMER", "TCPOPTSTRIP", "ECN", "LED", "":
		// without effect on where the packet goes
	default:
		r.add(mystery{"-j " + name})
	}
}

// value is what stands behind an option of the target.
func (r *iptablesRule) value(option string) string {
	for i, w := range r.words {
		if w == option && i+1 < len(r.words) {
			return r.words[i+1]
		}
	}
	return ""
}

// iptablesReasons are the words of REJECT; without one it is a port that cannot be
// reached.
var iptablesReasons = map[string]exposure.Reason{
	"": exposure.PortUnreach, "icmp-port-unreachable": exposure.PortUnreach, "icmp6-port-unreachable": exposure.PortUnreach, "port-unreach": exposure.PortUnreach,
	"icmp-net-unreachable": exposure.NetUnreach, "icmp6-no-route": exposure.NetUnreach, "no-route": exposure.NetUnreach,
	"icmp-host-unreachable": exposure.HostUnreach, "icmp6-addr-unreachable": exposure.HostUnreach, "addr-unreach": exposure.HostUnreach,
	"icmp-proto-unreachable": exposure.ProtoUnreach,
	"icmp-net-prohibited":    exposure.AdminProhibited, "icmp-host-prohibited": exposure.AdminProhibited, "icmp-admin-prohibited": exposure.AdminProhibited,
	"icmp6-adm-prohibited": exposure.AdminProhibited, "adm-prohibited": exposure.AdminProhibited,
	"icmp6-policy-fail": exposure.AdminProhibited, "icmp6-reject-route": exposure.AdminProhibited,
	"tcp-reset": exposure.Reset, "tcp-rst": exposure.Reset,
}

func (r *iptablesRule) refuse() {
	word := r.value("--reject-with")
	reason, ok := iptablesReasons[word]
	if !ok {
		r.add(mystery{"REJECT --reject-with " + word})
		return
	}
	r.add(refuse{reason: reason, tcp: reason == exposure.Reset})
}

// destination reads an address, an address and a port, or a port alone; of a range
// the kernel picks.
func (r *iptablesRule) destination() {
	to := r.value("--to-destination")
	t := &translate{}
	address, port := to, ""
	switch i := strings.LastIndexByte(to, ':'); {
	case strings.HasPrefix(to, "["):
		inner, rest, _ := strings.Cut(to[1:], "]")
		address, port = inner, strings.TrimPrefix(rest, ":")
	case i >= 0 && !r.parser.v6:
		address, port = to[:i], to[i+1:]
	}
	if address != "" {
		s, err := symbol(kindAddress, address)
		if err != nil {
			r.add(mystery{"DNAT --to-destination " + to})
			return
		}
		t.fixed, t.span = true, s
	}
	if port != "" {
		t.port = r.port(port)
	}
	r.add(t)
}

// port is the new port of a translation; a range, or one with a base behind a
// slash, is picked from.
func (r *iptablesRule) port(content string) expr {
	s, err := portRange(content, "-")
	v := unknown("the port that is picked")
	if err == nil {
		v = spanValue(s, v.why)
	}
	return func(*walker, *state) value { return v }
}

// setMark reads how a mark is written. All forms come down to two masks: what is
// kept of the old one, and what is turned over in the rest.
func (r *iptablesRule) setMark(ofConnection bool) {
	what, from := "mark", expr(markOf)
	if ofConnection {
		what, from = "ctmark", ctMarkOf
	}
	all := num(uint32(0xffffffff))
	write := func(clear, turn number) {
		kept := bitwise("&", from, constant(clear.not().and(all)))
		r.add(assign{what, bitwise("^", kept, constant(turn))})
	}
	options := map[string]func(n, mask number){
		"--set-xmark": func(n, mask number) { write(mask, n) },
		"--set-mark":  func(n, mask number) { write(mask.or(n), n) },
		"--and-mark":  func(n, _ number) { write(n.not().and(all), zero) },
		"--or-mark":   func(n, _ number) { write(n, n) },
		"--xor-mark":  func(n, _ number) { write(zero, n) },
	}
	for option, set := range options {
		content := r.value(option)
		if content == "" {
			continue
		}
		n, mask, err := masked32(content)
		if err != nil {
			r.add(assign{what, obscure(option)})
			return
		}
		set(n, mask)
		return
	}
	mask := func(option string) number {
		n, err := strconv.ParseUint(r.value(option), 0, 32)
		if err != nil {
			return all
		}
		return num(n)
	}
	both := strings.Join(r.words, " ")
	nf, ct := mask("--nfmask"), mask("--ctmask")
	if m := r.value("--mask"); m != "" {
		nf, ct = mask("--mask"), mask("--mask")
	}
	switch {
	case ofConnection && strings.Contains(both, "--restore-mark"):
		r.add(assign{"mark", copied(markOf, nf, ctMarkOf, ct)})
	case ofConnection && strings.Contains(both, "--save-mark"):
		r.add(assign{"ctmark", copied(ctMarkOf, ct, markOf, nf)})
	default:
		r.add(assign{what, obscure("a mark")})
	}
}

// copied is a mark into which another one is copied, each under its mask
// (xt_connmark.c).
func copied(old expr, oldMask number, from expr, fromMask number) expr {
	kept := bitwise("&", old, constant(oldMask.not()))
	return bitwise("^", kept, bitwise("&", from, constant(fromMask)))
}

// touch reads which set the rule writes into.
func (r *iptablesRule) touch() {
	for _, option := range []string{"--add-set", "--del-set", "--map-set"} {
		name := r.value(option)
		if name == "" || r.parser.sets == nil {
			continue
		}
		if st := r.parser.sets.byName[name]; st != nil {
			r.add(touch{&st.set})
		}
	}
}
