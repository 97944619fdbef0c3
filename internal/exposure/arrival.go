package exposure

import (
	"net/netip"
	"time"
)

// Arrival is what came to this machine of the probes that a vantage sent to one
// port, and what the machine answered. It comes in before the packet filter has
// seen it, and the answer is what that let out.
type Arrival struct {
	Transport Transport      `json:"transport"`
	Address   netip.Addr     `json:"address,omitzero"` // that the vantage addressed; absent when nobody said
	Port      uint16         `json:"port"`             // that the vantage addressed
	From      netip.AddrPort `json:"from"`
	To        netip.AddrPort `json:"to"` // as it came in: a forward may have changed both
	By        ArrivalProof   `json:"by"`
	Interface string         `json:"interface,omitempty"`
	TTL       uint8          `json:"ttl,omitempty"` // hops left
	Packets   int            `json:"packets"`
	SeenAt    time.Time      `json:"seen_at"` // the first
	// Answer is what this machine sent back: SynAck, Reset, ProtoResponse, or an
	// ICMP error. Absent when nothing was seen to leave.
	Answer     Reason    `json:"answer,omitempty"`
	Left       string    `json:"left,omitempty"` // the interface that it left by
	AnsweredAt time.Time `json:"answered_at,omitzero"`
	// Accepted tells that a connection came about: the answer came back to who
	// asked, too.
	Accepted bool `json:"accepted,omitempty"`
}

// ArrivalProof is how a packet was known for a probe of the vantage.
type ArrivalProof string

// The proofs. Whoever only knows the vantage's address can forge the last two.
const (
	ByCookie  ArrivalProof = "cookie"  // its sequence number follows from the key of the job
	ByPayload ArrivalProof = "payload" // its content does
	BySource  ArrivalProof = "source"  // it came from the vantage while the vantage was sending
	ByPort    ArrivalProof = "port"    // it came for the port, from anybody
)

// Watched is what the inside saw of a job.
type Watched struct {
	Address  netip.Addr `json:"address"` // that the vantage addressed
	Arrivals []Arrival  `json:"arrivals"`
	// Whole tells that every packet of the vantage to this machine was seen from
	// before the first was sent: what has no Arrival did not arrive.
	Whole bool `json:"whole"`
	// Strays are packets of the vantage of which it cannot be told which port it
	// had addressed, by transport.
	StrayTCP int `json:"stray_tcp,omitempty"`
	StrayUDP int `json:"stray_udp,omitempty"`
	// Unseen is why packets could not be watched, in our own words.
	Unseen string `json:"unseen,omitempty"`
}

// Of is what arrived of a port.
func (w Watched) Of(t Transport, port uint16) (Arrival, bool) {
	for _, a := range w.Arrivals {
		if a.Transport == t && a.Port == port {
			return a, true
		}
	}
	return Arrival{}, false
}
