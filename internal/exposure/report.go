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
	Cause       *Cause      `json:"cause,omitempty"`
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
	Verdicts     []Verdict     `json:"verdicts,omitempty"`
	Findings     []Finding     `json:"findings,omitempty"`
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
	Ports     []Port       `json:"ports"`
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
	Unseen     []string        `json:"unseen,omitempty"`
}

// LocalListener is a Listener that stands alone and so names its port itself.
type LocalListener struct {
	Transport Transport `json:"transport"`
	Port      uint16    `json:"port"`
	Name      string    `json:"name,omitempty"`
	Listener
}

// Interface is a network device of this machine with its addresses.
type Interface struct {
	Name     string         `json:"name"`
	Index    int            `json:"index"`
	Up       bool           `json:"up"`
	Loopback bool           `json:"loopback,omitempty"`
	Prefixes []netip.Prefix `json:"addresses"`
}
