package exposure

import (
	"net/netip"
	"time"
)

// DiagnosisSchema is the name of the document of diagnose.
const DiagnosisSchema = "sekisho/diagnosis/1"

// StageResult is what became of one link of the way to a port.
type StageResult string

// The results. Unknown is also what could not be looked at.
const (
	StageOK      StageResult = "ok"
	StageCut     StageResult = "cut"
	StageUnknown StageResult = "unknown"
)

// Stage is one link of the way to a port, from the process outwards.
type Stage struct {
	ID     string      `json:"id"`
	Result StageResult `json:"result"`
	Detail string      `json:"detail"` // what was done and seen, in the language of the document
}

// Rival is a cause that the evidence does not exclude, and the test that would
// decide between it and the Cause.
type Rival struct {
	ID   string `json:"id"`
	Test string `json:"test"`
}

// DiagnosedPort is a port with the stages of the way to it and the one Cause.
type DiagnosedPort struct {
	Transport Transport `json:"transport"`
	Port      uint16    `json:"port"`
	Name      string    `json:"name,omitempty"`
	Zone      Zone      `json:"zone,omitempty"` // whom the way is told for; absent for another host: from here
	// Address is the one of another host that the way leads to.
	Address  netip.Addr `json:"address,omitzero"`
	Cause    Cause      `json:"cause"`
	Rivals   []Rival    `json:"rivals,omitempty"`
	Stages   []Stage    `json:"stages"`
	Arrivals []Arrival  `json:"arrivals,omitempty"` // what came here while somebody watched
	// Transfers are of FTP: what became of each step in each mode, from each view.
	Transfers []Transfer `json:"transfers,omitempty"`
}

// Flip is that the cause of a port became another one between two looks.
type Flip struct {
	At        time.Time  `json:"at"`
	Transport Transport  `json:"transport"`
	Port      uint16     `json:"port"`
	Zone      Zone       `json:"zone,omitempty"`
	Address   netip.Addr `json:"address,omitzero"` // of another host
	Was       FlipSide   `json:"was"`
	Is        FlipSide   `json:"is"`
}

// FlipSide is the cause on one side of a flip.
type FlipSide struct {
	Cause     string    `json:"cause"`
	Certainty Certainty `json:"certainty"`
}

// Diagnosis is the document of diagnose.
type Diagnosis struct {
	Schema    string          `json:"schema"`
	Version   string          `json:"version"`
	SeenAt    time.Time       `json:"seen_at"`
	Host      string          `json:"host"`
	Addresses []netip.Addr    `json:"addresses"`
	Names     []Resolution    `json:"names,omitempty"` // that were asked for
	Ports     []DiagnosedPort `json:"ports"`
	Flips     []Flip          `json:"flips,omitempty"`    // of --watch
	Vantages  []Vantage       `json:"vantages,omitempty"` // others that were asked to look
	Partial   bool            `json:"partial,omitempty"`
	Unseen    []string        `json:"unseen,omitempty"` // what could not be seen and why
}

// The certainties of a Cause. It is proven only when every other cause that is
// possible in that view is excluded by a fact.
const (
	CauseProven   Certainty = "proven"
	CauseLikely   Certainty = "likely"
	CausePossible Certainty = "possible"
)
