package rules

import (
	"net/netip"
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/reach"
	"sekisho/internal/untrusted"
)

// spoken are the services that told what they are. A number alone is no reason
// for a finding about a protocol.
func (s subject) spoken(protocols ...string) []exposure.Service {
	var found []exposure.Service
	for _, service := range s.Services {
		if service.Confidence >= exposure.Likely && (len(protocols) == 0 || slices.Contains(protocols, service.Protocol)) {
			found = append(found, service)
		}
	}
	return found
}

// each judges every service that speaks one of the protocols.
func (s subject) each(judge func(exposure.Service) []ruling, protocols ...string) []ruling {
	var found []ruling
	for _, service := range s.spoken(protocols...) {
		found = append(found, judge(service)...)
	}
	return found
}

// open reports whether a view that is none of the machine itself, or one of
// those given, saw the port open.
func (s subject) open(views ...exposure.View) bool {
	return slices.ContainsFunc(s.Observations, func(o exposure.Observation) bool {
		return o.State == exposure.Open && slices.Contains(views, o.View)
	})
}

// public reports whether the port is open to the Internet as far as one can
// tell: seen from there, or at an address that the Internet routes.
func (s subject) public() bool {
	return s.open(exposure.ViewOutside) ||
		slices.ContainsFunc(s.Observations, func(o exposure.Observation) bool {
			return o.State == exposure.Open && reach.Global(o.Address)
		}) ||
		slices.ContainsFunc(s.Listeners, func(l exposure.Listener) bool { return reach.Global(l.Address) })
}

// addressed reports whether the port is public by the number of its address
// alone: nobody looked from outside, and a router may well keep strangers away.
func (s subject) addressed() bool { return s.public() && !s.open(exposure.ViewOutside) }

// unproven says what is to be done about what is public by its address alone.
func unproven() said {
	return say(lang.Text{
		EN: "Have it looked at from outside, from a machine in another network: a router may keep strangers away.",
		JA: "外側(別のネットワークにある機器)から調べます。ルーターが遮断しているかもしれません。",
	})
}

// graded is the severity of what others can read or do, and info as long as
// only the machine itself reaches the port.
func (s subject) graded(severity exposure.Severity) exposure.Severity {
	if s.Exposed() {
		return severity
	}
	return exposure.Info
}

// owner is the listener that tells most about whose the port is; the zero
// Listener when nothing is known.
func (s subject) owner() exposure.Listener {
	for _, l := range s.Listeners {
		if l.Process != "" {
			return l
		}
	}
	if len(s.Listeners) > 0 {
		return s.Listeners[0]
	}
	return exposure.Listener{}
}

// number is the port as people write it.
func (s subject) number() int { return int(s.Port.Port) }

// reachableAt is where others may reach the port: the address that a socket is
// bound to, the widest first, or else one at which the port was seen open.
func (s subject) reachableAt() (address netip.Addr, bound bool) {
	for _, l := range s.Listeners {
		if !l.LoopbackOnly() && (!bound || l.Address.IsUnspecified()) {
			address, bound = l.Address, true
		}
	}
	if bound {
		return address, true
	}
	for _, o := range s.Observations {
		if o.State == exposure.Open && !o.Address.Unmap().IsLoopback() {
			return o.Address, false
		}
	}
	return address, false
}

// quoteLength is how many bytes of a text from the network a finding quotes.
const quoteLength = 120

// quote is a text from the network as it stands between quotation marks: in one
// line, not long, and without such marks of its own.
func quote(t untrusted.Text) string {
	shown := untrusted.New(strings.Join(strings.FieldsFunc(t.Raw(), newLine), " "), quoteLength)
	cut := shown.Cut() || t.Cut()
	text := strings.TrimSuffix(shown.Terminal(), "…")
	text = strings.NewReplacer(`"`, "'", "「", "[", "」", "]").Replace(text)
	if cut {
		return text + "..."
	}
	return text
}

// newLine reports whether a character ends a line: a quotation is one, however
// many the peer sent.
func newLine(r rune) bool { return r == '\n' || r == '\r' }

// product reports whether a service is the product of that name.
func product(s exposure.Service, name string) bool {
	return strings.Contains(strings.ToLower(s.Product.Raw()), strings.ToLower(name))
}

// words is a list of texts as one, for a quotation.
func words(texts []untrusted.Text) string {
	quoted := make([]string, len(texts))
	for i, t := range texts {
		quoted[i] = quote(t)
	}
	return strings.Join(quoted, ", ")
}
