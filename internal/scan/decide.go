package scan

import (
	"sekisho/internal/exposure"
)

// weight is how far a piece of evidence settles a port.
type weight uint8

const (
	nothing weight = iota // was learned: the try does not count
	hint                  // stands unless another try learns more
	certain               // nothing better will come
)

// weigh is the one place where evidence becomes a state. It knows nothing of
// time, tries or other ports.
func weigh(transport exposure.Transport, e evidence) (exposure.State, weight) {
	if e.void {
		return exposure.Unknown, nothing
	}
	if e.local {
		// What our own kernel says is no word of the target's. A neighbour that
		// does not answer now may answer in a moment; a missing route or a
		// forbidding rule stays.
		if e.reason == exposure.HostUnreach {
			return exposure.Unknown, nothing
		}
		return exposure.Unknown, certain
	}
	switch e.reason {
	case exposure.SynAck, exposure.EchoReply:
		return exposure.Open, certain
	case exposure.ProtoResponse:
		if e.note == unrecognised {
			return exposure.Open, hint
		}
		return exposure.Open, certain
	case exposure.ConnRefused, exposure.Reset:
		return exposure.Closed, certain
	case exposure.PortUnreach:
		// The host itself says that nobody has the port, which RFC 1122
		// section 4.1.3.1 has it do for UDP. For TCP, or from somebody else, it
		// is how a packet filter rejects.
		if transport == exposure.UDP && !e.by.IsValid() {
			return exposure.Closed, certain
		}
		return exposure.Filtered, certain
	case exposure.AdminProhibited, exposure.ProtoUnreach:
		return exposure.Filtered, certain
	case exposure.HostUnreach, exposure.NetUnreach, exposure.TimeExceeded:
		// A router that has lost its way may find it again.
		return exposure.Filtered, hint
	}
	return exposure.Unknown, certain
}

// silence is what a port is of which nothing came back after all tries: a
// datagram needs no answer, a SYN and an echo do.
func silence(transport exposure.Transport) exposure.State {
	if transport == exposure.UDP {
		return exposure.OpenFiltered
	}
	return exposure.Filtered
}
