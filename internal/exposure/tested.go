package exposure

import (
	"net/netip"
	"strings"
	"time"

	"sekisho/internal/untrusted"
)

// TestSchema is the name of the document of test, in its schema key.
const TestSchema = "sekisho/test/1"

// StepResult is what became of one step of a test.
type StepResult uint8

// The results. StepUnknown is the zero value: nobody found out.
const (
	StepUnknown StepResult = iota
	StepOK
	StepRefused // the peer said no
	StepFailed  // no answer, or a broken one
	StepSkipped // not tried; Why says the reason
)

var stepWords = []string{"unknown", "ok", "refused", "failed", "skipped"}

// String returns the word of the result.
func (r StepResult) String() string { return word(stepWords, r) }

// MarshalText writes the word.
func (r StepResult) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads the word; another word is an error.
func (r *StepResult) UnmarshalText(b []byte) error { return unword(stepWords, "result", b, r) }

// Step is one thing that a test did, and what became of it.
type Step struct {
	ID     string         `json:"id"` // the protocol first: ftp-login
	Result StepResult     `json:"result"`
	Asked  string         `json:"asked,omitempty"`  // what was sent, secrets masked
	Said   untrusted.Text `json:"said,omitzero"`    // what came back
	Why    string         `json:"why,omitempty"`    // why it was skipped or failed, in one word for machines
	Detail string         `json:"detail,omitempty"` // our own error, quoted text escaped
	Local  netip.AddrPort `json:"local,omitzero"`   // the ends of the connection that the step is about
	Remote netip.AddrPort `json:"remote,omitzero"`
	Facts  Facts          `json:"facts,omitempty"`
}

// Unmet reports whether the step held something to what the user expected of it
// and it was not so: its id has the word expect.
func (s Step) Unmet() bool {
	return strings.Contains(s.ID, "-expect-") && s.Result != StepOK
}

// FlowRow is what a connection of a test carried.
type FlowRow string

// The rows of a data flow.
const (
	FlowControl  FlowRow = "control"  // the control connection and the login
	FlowData     FlowRow = "data"     // a data connection
	FlowListing  FlowRow = "listing"  // a list of files
	FlowRequest  FlowRow = "request"  // the request for a file
	FlowTransfer FlowRow = "transfer" // the file itself
)

// Flow is one row of a test's data flow: who sent to whom, from which port to
// which.
type Flow struct {
	Row  FlowRow        `json:"row"`
	From netip.AddrPort `json:"from"`
	To   netip.AddrPort `json:"to"`
	What string         `json:"what,omitempty"` // in the words of the protocol, such as PASV
}

// TestDocument is the document of test -f json: one protocol of one port in
// depth.
type TestDocument struct {
	Schema     string     `json:"schema"`
	Version    string     `json:"version"`
	Test       string     `json:"test"`
	StartedAt  time.Time  `json:"started_at"`
	FinishedAt time.Time  `json:"finished_at"`
	Partial    bool       `json:"partial"` // interrupted
	Host       string     `json:"host,omitempty"`
	Address    netip.Addr `json:"address"`
	Transport  Transport  `json:"transport"`
	Port       uint16     `json:"port"`
	View       View       `json:"view"`
	State      State      `json:"state,omitempty"` // of the port, by what came back; absent when nothing can be said
	Service    Service    `json:"service"`
	Steps      []Step     `json:"steps"`
	Flow       []Flow     `json:"flow,omitempty"`
	Findings   []Finding  `json:"findings"`
}
