package exposure

import (
	"net/netip"
	"time"

	"sekisho/internal/untrusted"
)

// Dialogue is a conversation that a person typed.
type Dialogue struct {
	StartedAt  time.Time      `json:"started_at"`
	FinishedAt time.Time      `json:"finished_at"`
	Local      netip.AddrPort `json:"local,omitzero"` // the ends of the connection
	Remote     netip.AddrPort `json:"remote,omitzero"`
	TLS        *TLS           `json:"tls,omitempty"`
	// Ended is why it ended: peer (it closed the connection), user, silence,
	// interrupted, limit, line-too-long, tls or error.
	Ended    string         `json:"ended"`
	Error    string         `json:"error,omitempty"`
	Sent     int64          `json:"bytes_sent"`
	Received int64          `json:"bytes_received"`
	Lines    []DialogueLine `json:"lines"`
	Cut      bool           `json:"cut"` // more was said than is kept
	// Connections are the live connections of this machine when the
	// conversation began, its own among them.
	Connections []Connection `json:"connections,omitempty"`
	// States are what became of its own connection, each once.
	States []SocketState `json:"states,omitempty"`
}

// DialogueLine is a line of a conversation, or what came of one at a time, with
// its end.
type DialogueLine struct {
	At      time.Time      `json:"at"`
	From    string         `json:"from"` // here, or peer
	Text    untrusted.Text `json:"text"`
	Command bool           `json:"command,omitempty"` // a command of Telnet, in words
}
