package exposure

import "time"

// Unasked is what came to a vantage from an address while it looked at that, and
// answered nothing that it had sent.
type Unasked struct {
	// Watched tells that every packet was seen from the first question to the end:
	// what is not in Came did not come.
	Watched bool            `json:"watched"`
	Unseen  string          `json:"unseen,omitempty"` // why not, in our own words
	Came    []UnaskedPacket `json:"came,omitempty"`
	More    int             `json:"more,omitempty"` // packets beyond those
}

// UnaskedPacket are packets of one kind to one port of the vantage.
type UnaskedPacket struct {
	Kind    UnaskedKind `json:"kind"`
	Port    uint16      `json:"port,omitempty"` // of the vantage; none for ICMP
	From    uint16      `json:"from,omitempty"` // of the address, of the first packet
	Packets int         `json:"packets"`
	SeenAt  time.Time   `json:"seen_at"` // the first
}

// UnaskedKind is what sort of packet came unasked.
type UnaskedKind string

// The kinds. Of ICMP, what keeps a link going is none.
const (
	UnaskedConnection UnaskedKind = "connection" // a SYN to a port that takes none
	UnaskedSegment    UnaskedKind = "segment"    // a segment of TCP that belongs to no connection
	UnaskedDatagram   UnaskedKind = "datagram"
	UnaskedEcho       UnaskedKind = "echo"    // a ping
	UnaskedError      UnaskedKind = "error"   // an ICMP error about what was never sent
	UnaskedMessage    UnaskedKind = "message" // another ICMP message
)

// AnswerHops are ports whose answers came with the same number of hops left. From
// the number that systems begin with follows how far away they answered.
type AnswerHops struct {
	Transport Transport `json:"transport"` // ICMP: the answer to the ping
	Ports     PortList  `json:"ports,omitempty"`
	Hops      uint8     `json:"hops"` // time to live or hop limit, as it came
}

// Distance is how many hops away an answer came from, where its sender began with
// one of the numbers that systems begin with: 64 (RFC 1700), 128 or 255.
func (a AnswerHops) Distance() int {
	for _, first := range []int{64, 128, 255} {
		if int(a.Hops) <= first {
			return first - int(a.Hops)
		}
	}
	return 0
}
