package exposure

import "time"

// DiffSchema is the name of the document of diff, in its schema key.
const DiffSchema = "sekisho/diff/1"

// DifferenceKind is in what two reports differ.
type DifferenceKind string

// The kinds.
const (
	DiffHost        DifferenceKind = "host"        // a host is there in one of them only
	DiffState       DifferenceKind = "state"       // a view saw a port in another state
	DiffListener    DifferenceKind = "listener"    // something else is bound to a port
	DiffService     DifferenceKind = "service"     // something else answers
	DiffVersion     DifferenceKind = "version"     // the same product in another version
	DiffCertificate DifferenceKind = "certificate" // another certificate is shown
	DiffFinding     DifferenceKind = "finding"     // a finding came or went
	DiffVerdict     DifferenceKind = "verdict"     // the policy's verdict is another one
)

// Difference is one thing in which a newer report differs from an older one. Old
// and New are what stood there, empty for nothing.
type Difference struct {
	Kind      DifferenceKind `json:"kind"`
	Host      string         `json:"host"`
	Transport Transport      `json:"transport,omitempty"` // absent for a host
	Port      uint16         `json:"port,omitempty"`
	Name      string         `json:"name,omitempty"`   // the catalogue's name of the number
	View      View           `json:"view,omitempty"`   // of a state
	Family    string         `json:"family,omitempty"` // of a state: ipv4 or ipv6
	Zone      Zone           `json:"zone,omitempty"`   // of a verdict
	Rule      string         `json:"rule,omitempty"`   // of a finding
	Severity  *Severity      `json:"severity,omitempty"`
	Old       string         `json:"old,omitempty"`
	New       string         `json:"new,omitempty"`
	// Added says that something is there now that was not: a port that opened, a
	// program that listens for others, a finding to mend, a verdict that fails.
	Added bool `json:"added"`
}

// DiffDocument is the document of diff -f json.
type DiffDocument struct {
	Schema      string       `json:"schema"`
	Version     string       `json:"version"`
	Old         DiffSide     `json:"old"`
	New         DiffSide     `json:"new"`
	Differences []Difference `json:"differences"`
	// Uncompared counts what was open in one report and not looked at in the other.
	Uncompared int `json:"uncompared"`
}

// DiffSide is one of the two documents that were compared.
type DiffSide struct {
	File    string    `json:"file"`
	Made    time.Time `json:"made_at,omitzero"`
	Partial bool      `json:"partial,omitempty"`
}

// Baseline is what a report has that an older one, which was accepted, had not.
type Baseline struct {
	File  string       `json:"file"`
	Added []Difference `json:"added"`
}
