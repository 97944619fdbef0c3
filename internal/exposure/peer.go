package exposure

import (
	"slices"
	"time"
)

// oftenCut are the TCP and UDP ports that providers of servers cut for their
// customers, on the way out or in.
var oftenCut = PortList{25, 111, 135, 136, 137, 138, 139, 445, 1433, 1434, 1900, 11211}

// OftenCut reports whether providers of servers often cut a port: silence of a
// vantage there is no evidence against anybody.
func OftenCut(port uint16) bool { return oftenCut.Has(port) }

// PeerGrant is what one vantage allows another that asked for it: to send to a few
// of its ports, so that the other learns what its own network lets out. Any answer
// is proof, that nobody listens there, too.
type PeerGrant struct {
	Schema string    `json:"schema"` // PeerGrantSchema
	TCP    PortList  `json:"tcp"`
	UDP    PortList  `json:"udp"`
	Until  time.Time `json:"until"`
}

// PeerGrantSchema is the name of the document.
const PeerGrantSchema = "sekisho/peer-grant/1"

// NewPeerGrant allows the often cut ports and those of the own echoes until a time.
func NewPeerGrant(echoes StationPorts, until time.Time) PeerGrant {
	with := func(more PortList) PortList {
		all := append(slices.Clone(oftenCut), more...)
		slices.Sort(all)
		return slices.Compact(all)
	}
	return PeerGrant{Schema: PeerGrantSchema, TCP: with(echoes.TCP), UDP: with(echoes.UDP), Until: until.UTC()}
}
