package exposure

import (
	"net/netip"
	"slices"
	"time"
)

// The names of the documents, in their schema key.
const (
	ReportSchema = "sekisho/report/1"
	ScanSchema   = "sekisho/scan/1"
	LocalSchema  = "sekisho/local/1"
)

// Finding is one rule applied to facts. Evidence, Meaning and Remedy are in
// the language of the report; text of the network in them is escaped.
type Finding struct {
	Rule     string   `json:"rule"`
	Severity Severity `json:"severity"`
	Evidence string   `json:"evidence"`
	Meaning  string   `json:"meaning"`
	Remedy   []string `json:"remedy"`
}

// Verdict is what became of one expectation.
type Verdict struct {
	Zone        Zone        `json:"zone"`
	Expectation Expectation `json:"expectation"`
	Verdict     Outcome     `json:"verdict"`
	Basis       Basis       `json:"basis,omitempty"` // absent when nothing was there to rest on
	Why         []string    `json:"why,omitempty"`   // in the language of the report; text of the network in it is escaped
	From        string      `json:"from,omitempty"`  // file:line:column or profile that expects it
	Cause       *Cause      `json:"cause,omitempty"`
}

// GroupVerdict is the Verdict of many ports together, of all those of a range
// or of the rest that have no verdict of their own.
type GroupVerdict struct {
	Transport Transport `json:"transport"`
	Ports     string    `json:"ports"` // a list of ranges, or rest
	Count     int       `json:"count"` // how many it speaks of
	Verdict
}

// Sweep is what became of the ports that were asked at one address and of which
// the report keeps no observation of their own.
type Sweep struct {
	Address   netip.Addr   `json:"address"`
	Transport Transport    `json:"transport"`
	View      View         `json:"view"`
	Ports     string       `json:"ports"` // that were asked, those with an observation too
	States    []SweepState `json:"states"`
}

// SweepState counts ports of a Sweep that are alike.
type SweepState struct {
	State  State  `json:"state"`
	Reason Reason `json:"reason"`
	By     string `json:"by,omitempty"` // as in an Observation
	Count  int    `json:"count"`
}

// Cause is the named reason why a port is not as expected.
type Cause struct {
	ID        string    `json:"id"`
	Certainty Certainty `json:"certainty"`
	Evidence  []string  `json:"evidence"`
	Remedy    []string  `json:"remedy"`
}

// Port is everything that a report knows of one port of a host.
type Port struct {
	Transport    Transport     `json:"transport"`
	Port         uint16        `json:"port"`
	Name         string        `json:"name,omitempty"` // the catalogue's name of the number
	Observations []Observation `json:"observations"`
	Services     []Service     `json:"services,omitempty"`
	Listeners    []Listener    `json:"listeners,omitempty"`
	// Firewall is what the packet filter does with newcomers to a port of this
	// machine that the policy names and that nothing is bound to for others.
	Firewall []FirewallAnswer `json:"firewall,omitempty"`
	// Forwards are those of the router before this machine that lead to the port.
	Forwards []RouterForward `json:"forwards,omitempty"`
	// Transfers are of FTP: what became of each step in each mode, from each view.
	Transfers []Transfer `json:"transfers,omitempty"`
	Verdicts  []Verdict  `json:"verdicts,omitempty"`
	Findings  []Finding  `json:"findings,omitempty"`
}

// Exposed reports whether others may reach the port as far as this machine can
// tell: a socket is bound to an address that is not its own alone, or somebody
// saw the port open at such an address. A firewall may still stand before it.
func (p Port) Exposed() bool {
	return slices.ContainsFunc(p.Listeners, func(l Listener) bool { return !l.LoopbackOnly() }) ||
		slices.ContainsFunc(p.Observations, func(o Observation) bool {
			return o.State == Open && !o.Address.Unmap().IsLoopback()
		})
}

// Host is one machine of a report.
type Host struct {
	Name      string       `json:"name,omitempty"`
	Addresses []netip.Addr `json:"addresses"`
	// Public are the addresses that a vantage saw this machine come from and that
	// it does not have itself: those of a router or a carrier before it.
	Public   []netip.Addr   `json:"public,omitempty"`
	Ports    []Port         `json:"ports"`
	Swept    []Sweep        `json:"swept,omitempty"`
	Verdicts []GroupVerdict `json:"verdicts,omitempty"`
	// ListenersKnown says that every socket of this host is among the listeners
	// of its ports: where there is none, nothing is bound.
	ListenersKnown bool `json:"listeners_known,omitempty"`
	// Router is the one before this machine, as far as it or the person tells.
	Router *Router `json:"router,omitempty"`
}

// Own reports whether a host is the machine that sekisho ran on.
func (h Host) Own() bool {
	return slices.ContainsFunc(h.Addresses, netip.Addr.IsLoopback) || slices.ContainsFunc(h.Ports, func(p Port) bool {
		return len(p.Listeners) > 0 || slices.ContainsFunc(p.Observations, func(o Observation) bool { return o.View.Own() })
	})
}

// Report is the document of check.
type Report struct {
	Schema     string        `json:"schema"`
	Version    string        `json:"version"`
	StartedAt  time.Time     `json:"started_at"`
	FinishedAt time.Time     `json:"finished_at"`
	Partial    bool          `json:"partial"`
	Vantages   []Vantage     `json:"vantages"`
	Hosts      []Host        `json:"hosts"`
	Outgoing   []Port        `json:"outgoing,omitempty"` // ports of others that were tried from here, with the policy's verdicts
	Policy     string        `json:"policy,omitempty"`   // the file that judged; absent without one
	Baseline   *Baseline     `json:"baseline,omitempty"`
	Asked      string        `json:"asked,omitempty"` // the ports to look at, as the user wrote them; absent when that was left to sekisho
	Scan       *ScanSummary  `json:"scan,omitempty"`
	Unseen     []string      `json:"unseen,omitempty"` // what could not be seen and why, in the report's language
	Summary    ReportSummary `json:"summary"`
}

// ReportSummary counts verdicts and findings.
type ReportSummary struct {
	Pass         int           `json:"pass"`
	Fail         int           `json:"fail"`
	Inconclusive int           `json:"inconclusive"`
	Findings     FindingCounts `json:"findings"`
}

// FindingCounts counts findings by severity.
type FindingCounts struct {
	High   int `json:"high"`
	Medium int `json:"medium"`
	Low    int `json:"low"`
	Info   int `json:"info"`
}

// Add counts one finding.
func (c *FindingCounts) Add(s Severity) {
	switch s {
	case High:
		c.High++
	case Medium:
		c.Medium++
	case Low:
		c.Low++
	default:
		c.Info++
	}
}

// ScanDocument is the document of scan -f json.
type ScanDocument struct {
	Schema       string        `json:"schema"`
	Observations []Observation `json:"observations"`
	Summary      ScanSummary   `json:"summary"`
}

// LocalDocument is the document of local -f json.
type LocalDocument struct {
	Schema     string          `json:"schema"`
	Version    string          `json:"version"`
	SeenAt     time.Time       `json:"seen_at"`
	Host       string          `json:"host,omitempty"`
	Interfaces []Interface     `json:"interfaces"`
	Listeners  []LocalListener `json:"listeners"`
	Addresses  []OwnAddress    `json:"addresses"`
	Gateways   []Gateway       `json:"gateways,omitempty"`
	DNSServers []netip.Addr    `json:"dns_servers,omitempty"`
	Firewall   *LocalFirewall  `json:"firewall,omitempty"` // absent when its rules could not be read
	Router     *Router         `json:"router,omitempty"`   // absent when there is none to ask
	NAT        *Access         `json:"nat,omitempty"`      // what lies between this household and the Internet
	Findings   []LocalFinding  `json:"findings,omitempty"`
	Unseen     []string        `json:"unseen,omitempty"`
}

// LocalFinding is a Finding that stands alone and so names its port itself.
type LocalFinding struct {
	Transport Transport `json:"transport"`
	Port      uint16    `json:"port"`
	Finding
}

// LocalListener is a Listener that stands alone and so names its port itself.
type LocalListener struct {
	Transport Transport `json:"transport"`
	Port      uint16    `json:"port"`
	Name      string    `json:"name,omitempty"`
	Listener
}

// OwnAddress is an address of this machine, and who can use it.
type OwnAddress struct {
	Address   netip.Addr     `json:"address"`
	Family    FirewallFamily `json:"family"`
	Scope     AddressScope   `json:"scope"`
	Interface string         `json:"interface"`
}

// AddressScope is how far an address is known.
type AddressScope string

// The scopes. Shared is between a carrier and its customers (RFC 6598), Special
// any other block of the IANA special-purpose registries.
const (
	ScopeLoopback  AddressScope = "loopback"
	ScopeLinkLocal AddressScope = "link-local"
	ScopePrivate   AddressScope = "private"      // RFC 1918
	ScopeUnique    AddressScope = "unique-local" // RFC 4193
	ScopeShared    AddressScope = "shared"
	ScopeSpecial   AddressScope = "special"
	ScopeGlobal    AddressScope = "global"
)

// Gateway is a default route of this machine.
type Gateway struct {
	Family    FirewallFamily `json:"family"`
	Via       netip.Addr     `json:"via,omitzero"` // absent when everything is on the link, as over PPP
	Interface string         `json:"interface"`
}

// Interface is a network device of this machine with its addresses.
type Interface struct {
	Name     string         `json:"name"`
	Index    int            `json:"index"`
	Up       bool           `json:"up"`
	Loopback bool           `json:"loopback,omitempty"`
	Prefixes []netip.Prefix `json:"addresses"`
}
