package firewall

import "slices"

// missing is the value of a field that the packet does not have.
var missing = value{absent: true}

// constant is an expression that does not look at the packet.
func constant(n number) expr { return func(*walker, *state) value { return known(n) } }

// obscure is an expression whose value nobody knows.
func obscure(why string) expr { return func(*walker, *state) value { return unknown(why) } }

// whole is an expression, unless a rule before wrote the field over.
func whole(field string, e expr) expr {
	return func(w *walker, s *state) value {
		if slices.Contains(s.spoiled, field) {
			return unknown("a rule before wrote " + field)
		}
		return e(w, s)
	}
}

// Fields of IP and of what it carries. Each is absent in packets of another
// protocol, and the rule does not match then, whatever its operator is.

func sourceAddress(v6 bool) expr {
	return func(_ *walker, s *state) value {
		if s.v6 != v6 {
			return missing
		}
		return s.src
	}
}

func destinationAddress(v6 bool) expr {
	return func(_ *walker, s *state) value {
		if s.v6 != v6 {
			return missing
		}
		return s.dst
	}
}

// ports reads a port; proto 0 stands for whatever the packet carries.
func ports(proto uint8, source bool) expr {
	return func(_ *walker, s *state) value {
		if s.proto != protoTCP && s.proto != protoUDP || proto != 0 && proto != s.proto {
			return missing
		}
		if source {
			return s.sport
		}
		return s.dport
	}
}

// ofFamily is a number that all packets of a family have.
func ofFamily(v6 bool, n number) expr {
	return func(_ *walker, s *state) value {
		if s.v6 != v6 {
			return missing
		}
		return known(n)
	}
}

func ofProtocol(proto uint8, read func(s *state) value) expr {
	return func(_ *walker, s *state) value {
		if s.proto != proto {
			return missing
		}
		return read(s)
	}
}

// obscureIn is a field that packets of the protocol have, and nobody knows.
func obscureIn(proto uint8, why string) expr {
	return ofProtocol(proto, func(*state) value { return unknown(why) })
}

func layer4(_ *walker, s *state) value { return known(num(s.proto)) }

func layer4In(v6 bool) expr {
	return func(w *walker, s *state) value {
		if s.v6 != v6 {
			return missing
		}
		return layer4(w, s)
	}
}

// Numbers of families and of Ethernet types.
const (
	nfIPv4, nfIPv6       = 2, 10
	etherIPv4, etherIPv6 = 0x0800, 0x86dd
)

func byFamily(v4, v6 uint64) expr {
	return func(_ *walker, s *state) value {
		if s.v6 {
			return known(num(v6))
		}
		return known(num(v4))
	}
}

// interfaceName is the name of an interface, empty where the packet has none yet
// or no more.
func interfaceName(out bool) expr {
	return func(_ *walker, s *state) value {
		if d := s.device(out); d != nil {
			return known(name(d.Name))
		}
		return known(zero)
	}
}

func (s *state) device(out bool) *Interface {
	if out {
		return s.out
	}
	return s.in
}

// Fields of the connection. All but its state are absent while there is none.

func ctStateOf(_ *walker, s *state) value { return known(num(s.ctState())) }

func ofConnection(read expr) expr {
	return func(w *walker, s *state) value {
		if !s.connected() {
			return missing
		}
		return read(w, s)
	}
}

// ctProtocol is what the connection carries: a refusal is ICMP and belongs to a
// connection that is not.
func ctProtocol(_ *walker, s *state) value {
	if s.ct == ctRelated {
		return unknown("ct protocol of a refusal")
	}
	return known(num(s.proto))
}

func ctDirection(_ *walker, s *state) value {
	if s.reply {
		return known(num(uint8(1)))
	}
	return known(zero)
}

// ctStatus knows whether addresses were rewritten and whether an answer was seen.
func ctStatus(_ *walker, s *state) value {
	v := known(zero)
	v.blur = num(uint32(0xffffffff))
	var set, sure uint32 = 0, statusSNAT | statusDNAT
	if s.dnat {
		set |= statusDNAT
	}
	if s.snat {
		set |= statusSNAT
	}
	switch {
	case s.ct == ctNew || s.ct == ctRelated:
		sure |= statusSeenReply
	case s.reply:
		set, sure = set|statusSeenReply, sure|statusSeenReply
	default: // of a connection that was there before, nobody knows what was rewritten
		sure = 0
	}
	v.exact, v.blur = num(set), num(^sure)
	return v
}

// fibType is the kind of an address in the routing table, as RTN_… numbers it.
const (
	rtnUnicast, rtnLocal, rtnBroadcast, rtnMulticast = 1, 2, 3, 5
)

// addressKind classifies the source or destination; device, when set, says that
// only its own addresses count.
func addressKind(source bool, device func(s *state) *Interface) expr {
	return func(w *walker, s *state) value {
		v := s.dst
		if source {
			v = s.src
		}
		var only *Interface
		if device != nil {
			if only = device(s); only == nil {
				return unknown("the interface of fib")
			}
		}
		if v.any != nil {
			// A zone holds no address of this machine, nor any to all of a net.
			return known(num(uint8(rtnUnicast)))
		}
		if v.why != "" {
			return v
		}
		a := v.exact.addr(s.v6)
		owner := w.machine.owner(a)
		switch {
		case a.IsMulticast():
			return known(num(uint8(rtnMulticast)))
		case owner != nil && (only == nil || only == owner):
			return known(num(uint8(rtnLocal)))
		case owner != nil:
			return unknown("fib type of an address of another interface")
		case w.machine.broadcast(a):
			return known(num(uint8(rtnBroadcast)))
		case w.machine.route(a) == nil:
			return unknown("fib type of an address without a route")
		case only != nil && !w.machine.reaches(a, only.Name):
			return unknown("fib type of an address behind another interface")
		}
		return known(num(uint8(rtnUnicast)))
	}
}

// reverse asks by which interface the source is reached, with iif only whether it
// is by the one that the packet came in by (reverse path filter): the number of
// the interface, 0 when there is none.
func reverse(w *walker, s *state) value {
	if s.in == nil {
		return unknown("the reverse path without an interface")
	}
	if s.in.Loopback {
		return known(num(s.in.Index))
	}
	list := s.src.any
	if list == nil {
		if s.src.why != "" {
			return s.src
		}
		list = spans{one(s.src.exact)}
	}
	reached, all := false, true
	for _, sp := range list {
		a, b := w.machine.reaches(sp.lo.addr(s.v6), s.in.Name), w.machine.reaches(sp.hi.addr(s.v6), s.in.Name)
		reached, all = reached || a || b, all && a && b
	}
	switch {
	case all:
		return known(num(s.in.Index))
	case !reached && s.src.any == nil:
		return known(zero)
	}
	return unknown(dependsOnSource)
}

// bitwise is an operation on what an expression reads.
func bitwise(op string, left, right expr) expr {
	return func(w *walker, s *state) value {
		a, b := left(w, s), right(w, s)
		switch {
		case a.absent || b.absent:
			return missing
		case op == "&" && (b.isExact() && b.exact == zero || a.isExact() && a.exact == zero):
			return known(zero)
		case a.why != "":
			return a
		case b.why != "":
			return b
		case a.any != nil || b.any != nil || !b.isExact():
			return masked(op, a, b)
		}
		v := value{blur: a.blur}
		switch op {
		case "&":
			v.exact, v.blur = a.exact.and(b.exact), a.blur.and(b.exact)
		case "|":
			v.exact, v.blur = a.exact.or(b.exact), a.blur.and(b.exact.not())
		case "^":
			v.exact = a.exact.xor(b.exact)
		case "<<":
			v.exact, v.blur = a.exact.shl(b.exact.lo), a.blur.shl(b.exact.lo)
		case ">>":
			v.exact, v.blur = a.exact.shr(b.exact.lo), a.blur.shr(b.exact.lo)
		default:
			return unknown("operator " + op)
		}
		return v
	}
}

// masked is a prefix of a value that is not exact, when all of it has the same.
func masked(op string, a, b value) value {
	if op == "&" && a.any != nil && b.isExact() && len(a.any) == 1 {
		lo, hi := a.any[0].lo, a.any[0].hi
		varying := lo.xor(hi)
		for by := uint64(1); by < 128; by <<= 1 {
			varying = varying.or(varying.shr(by))
		}
		if varying.and(b.exact) == zero {
			return known(lo.and(b.exact))
		}
	}
	return unknown(dependsOnSource)
}
