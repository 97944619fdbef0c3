package exposure

import (
	"net/netip"

	"sekisho/internal/untrusted"
)

// Resolution is what became of the question for the addresses of a name: what
// programs of this machine get, and beside it what everybody says who was asked.
type Resolution struct {
	Name      string         `json:"name"`
	Addresses []netip.Addr   `json:"addresses"`
	Missing   bool           `json:"missing,omitempty"` // the answer was that there is no such name, or no address of it
	Error     untrusted.Text `json:"error,omitzero"`    // why there was no answer
	Answers   []NameAnswer   `json:"answers,omitempty"`
}

// NameSource is a kind of those who say what addresses a name has.
type NameSource string

// The sources: the hosts file of this machine, the resolvers that it is set to,
// the servers of the name's own zone, and what a vantage elsewhere is told.
const (
	NameHosts     NameSource = "hosts-file"
	NameResolver  NameSource = "resolver"
	NameAuthority NameSource = "authority"
	NameVantage   NameSource = "vantage"
)

// NameOutcome is what came of one question for one record of a name.
type NameOutcome string

// The outcomes. A name without a record of the kind (NODATA) is not one that
// does not exist (NXDOMAIN, RFC 2308 section 2).
const (
	NameFound         NameOutcome = "found"
	NameNoData        NameOutcome = "no-data"
	NameNoSuch        NameOutcome = "no-such-name"
	NameServerFailure NameOutcome = "server-failure"
	NameRefused       NameOutcome = "refused"
	NameLame          NameOutcome = "not-authoritative" // a server of the zone that knows nothing of it
	NameMalformed     NameOutcome = "malformed"
	NameUnreachable   NameOutcome = "unreachable"
	NameNoResponse    NameOutcome = "no-response"
	NameLocalError    NameOutcome = "local-error" // it could not be asked
)

// NameAnswer is what one server says of one record of a name.
type NameAnswer struct {
	Source    NameSource       `json:"source"`
	Server    string           `json:"server,omitempty"` // the address of who said it, or the vantage; absent of the hosts file
	Record    string           `json:"record"`           // A or AAAA
	Outcome   NameOutcome      `json:"outcome"`
	Addresses []netip.Addr     `json:"addresses,omitempty"`
	More      int              `json:"more,omitempty"`        // addresses beyond those that are kept
	Chain     []untrusted.Text `json:"chain,omitempty"`       // aliases (CNAME) that were followed, the first first
	TTL       *uint32          `json:"ttl_seconds,omitempty"` // how long the answer may still be kept; absent of the hosts file
}

// Known reports whether the source knows: that there is such a record or none.
func (a NameAnswer) Known() bool {
	return a.Outcome == NameFound || a.Outcome == NameNoData || a.Outcome == NameNoSuch
}
