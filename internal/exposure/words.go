// Package exposure holds the words that sekisho speaks: what was seen of a
// port, what is behind it, who owns it and what was made of that. Plain types
// with text and JSON forms; no I/O.
package exposure

import (
	"fmt"
	"slices"
	"time"
)

// Transport is the layer that a port belongs to. ICMP has no ports: its echo
// is an Observation of port 0.
type Transport uint8

// The transports.
const (
	NoTransport Transport = iota
	TCP
	UDP
	ICMP
)

var transportWords = []string{"", "tcp", "udp", "icmp"}

// State is what one view may conclude about a port. Unknown is the zero
// value: a port that nobody reached a conclusion about is never "closed".
type State uint8

// The states, in the words of nmap.
const (
	Unknown State = iota
	Open
	Closed
	Filtered
	OpenFiltered
)

var stateWords = []string{"unknown", "open", "closed", "filtered", "open|filtered"}

// Reason is the evidence for a State, in nmap's words.
type Reason string

// The reasons.
const (
	SynAck          Reason = "syn-ack"
	ConnRefused     Reason = "conn-refused"
	Reset           Reason = "reset"
	NoResponse      Reason = "no-response"
	PortUnreach     Reason = "port-unreach"
	ProtoUnreach    Reason = "proto-unreach"
	AdminProhibited Reason = "admin-prohibited"
	HostUnreach     Reason = "host-unreach"
	NetUnreach      Reason = "net-unreach"
	TimeExceeded    Reason = "time-exceeded"
	ProtoResponse   Reason = "proto-response"
	EchoReply       Reason = "echo-reply"
	LocalError      Reason = "local-error"
)

// Local is the By of an Observation whose evidence came from this machine's
// own kernel, such as a neighbour that never answered.
const Local = "local"

// View is one vantage looking at one address of the host. Self is this
// machine's own LAN address tried from itself: past the firewall, over the
// loopback device, so it never stands for LAN.
type View string

// The views.
const (
	ViewLoopback View = "loopback"
	ViewSelf     View = "self"
	ViewLAN      View = "lan"
	ViewHairpin  View = "hairpin"
	ViewOutside  View = "outside"
	ViewName     View = "name"
	ViewProxy    View = "proxy"
)

// Own reports whether the view is this machine looking at itself, over its
// loopback device and past every firewall on a way.
func (v View) Own() bool { return v == ViewLoopback || v == ViewSelf }

// Confidence is how a Service was recognised: the number alone (assigned),
// its banner (likely), or an answer in its protocol (confirmed).
type Confidence uint8

// The confidences.
const (
	NoConfidence Confidence = iota
	Assigned
	Likely
	Confirmed
)

var confidenceWords = []string{"", "assigned", "likely", "confirmed"}

// Silence is how a TCP port that takes connections told nothing.
type Silence string

// The silences.
const (
	Mute    Silence = "mute"     // it stays connected and says nothing
	HangsUp Silence = "hangs-up" // it closes without a word
	Resets  Silence = "resets"   // it resets without a word
)

// Severity ranks findings; info is never a thing to mend.
type Severity uint8

// The severities, from harmless to grave.
const (
	Info Severity = iota
	Low
	Medium
	High
)

var severityWords = []string{"info", "low", "medium", "high"}

// Zone is whom a policy speaks about.
type Zone string

// The zones.
const (
	ZoneLoopback   Zone = "loopback"
	ZoneLAN        Zone = "lan"
	ZoneInternetV4 Zone = "internet-v4"
	ZoneInternetV6 Zone = "internet-v6"
	// ZoneOutgoing is everybody out there whom this network wants to reach: the
	// port is theirs.
	ZoneOutgoing Zone = "outgoing"
)

// Expectation is what the policy wants of a port in a zone.
type Expectation string

// The expectations. Closed is met by a refusal and by silence, stealth by
// silence only; any asks nothing of the state.
const (
	ExpectOpen    Expectation = "open"
	ExpectClosed  Expectation = "closed"
	ExpectStealth Expectation = "stealth"
	ExpectAny     Expectation = "any"
)

// Outcome is what became of an Expectation: never pass for what was not seen.
type Outcome string

// The outcomes.
const (
	Pass         Outcome = "pass"
	Fail         Outcome = "fail"
	Inconclusive Outcome = "inconclusive"
)

// Basis is what a Verdict rests on: on what was seen from the zone, or on what
// the machine knows of itself.
type Basis string

// The bases.
const (
	BasisSeen     Basis = "seen"
	BasisOwnFacts Basis = "own-facts" // nothing is bound, so that silence is no listener
	BasisComputed Basis = "computed"  // the firewall's rules were evaluated
)

// Certainty is how sure a Cause is.
type Certainty string

// String returns the word of the transport, empty for NoTransport.
func (t Transport) String() string { return word(transportWords, t) }

// String returns the word of the state.
func (s State) String() string { return word(stateWords, s) }

// String returns the word of the confidence, empty for NoConfidence.
func (c Confidence) String() string { return word(confidenceWords, c) }

// String returns the word of the severity.
func (s Severity) String() string { return word(severityWords, s) }

// MarshalText writes the word.
func (t Transport) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// MarshalText writes the word.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalText writes the word.
func (c Confidence) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// MarshalText writes the word.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the word; another word is an error.
func (t *Transport) UnmarshalText(b []byte) error { return unword(transportWords, "transport", b, t) }

// UnmarshalText reads the word; another word is an error.
func (s *State) UnmarshalText(b []byte) error { return unword(stateWords, "state", b, s) }

// UnmarshalText reads the word; another word is an error.
func (c *Confidence) UnmarshalText(b []byte) error {
	return unword(confidenceWords, "confidence", b, c)
}

// UnmarshalText reads the word; another word is an error.
func (s *Severity) UnmarshalText(b []byte) error { return unword(severityWords, "severity", b, s) }

func word[T ~uint8](words []string, v T) string {
	if int(v) < len(words) {
		return words[v]
	}
	return words[0]
}

func unword[T ~uint8](words []string, kind string, b []byte, v *T) error {
	i := slices.Index(words, string(b))
	if i < 0 {
		return fmt.Errorf("%q is no %s", b, kind)
	}
	*v = T(i)
	return nil
}

// Microseconds is a round-trip time, written as a whole number of
// microseconds. A time below one is written as 1, since 0 means unknown.
type Microseconds time.Duration

// MarshalJSON writes the number of microseconds.
func (m Microseconds) MarshalJSON() ([]byte, error) {
	us := time.Duration(m).Microseconds()
	if us == 0 && m > 0 {
		us = 1
	}
	return fmt.Appendf(nil, "%d", us), nil
}

// UnmarshalJSON reads a number of microseconds.
func (m *Microseconds) UnmarshalJSON(b []byte) error {
	var us int64
	if _, err := fmt.Sscanf(string(b), "%d", &us); err != nil {
		return fmt.Errorf("%q is no number of microseconds", b)
	}
	*m = Microseconds(time.Duration(us) * time.Microsecond)
	return nil
}
