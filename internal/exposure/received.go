package exposure

import (
	"net/netip"
	"time"

	"sekisho/internal/untrusted"
)

// Received is one message that somebody sent to this machine while it listened:
// a line of receive -f jsonl. Syslog or Trap is there when it was understood.
type Received struct {
	Type       string         `json:"type"` // syslog or snmptrap
	ReceivedAt time.Time      `json:"received_at"`
	From       netip.AddrPort `json:"from"`
	Over       string         `json:"over"`  // udp, tcp or tls
	Bytes      int            `json:"bytes"` // of the message as it came
	// Truncated says that more came than is kept, BrokenOff that the sender ended
	// before all came that was announced, PerhapsCut that the message is as long
	// as senders and ways on the way cut them.
	Truncated  bool `json:"truncated,omitempty"`
	BrokenOff  bool `json:"broken_off,omitempty"`
	PerhapsCut bool `json:"perhaps_cut,omitempty"`
	// ClockMS is how far the sender's clock is ahead of ours, in milliseconds;
	// absent when the message tells no time.
	ClockMS *int64         `json:"clock_ms,omitempty"`
	Mark    untrusted.Text `json:"mark,omitzero"` // of a message of sekisho test
	Syslog  *SyslogMessage `json:"syslog,omitempty"`
	Trap    *TrapMessage   `json:"trap,omitempty"`
	Raw     untrusted.Text `json:"raw,omitzero"`    // what was not understood
	Error   string         `json:"error,omitempty"` // why, quoted text escaped
	File    string         `json:"file,omitempty"`  // where it was kept
}

// SyslogMessage is a message of RFC 5424 or RFC 3164.
type SyslogMessage struct {
	Format   string           `json:"format"` // rfc5424 or rfc3164
	Facility string           `json:"facility"`
	Severity string           `json:"severity"`
	SentAt   time.Time        `json:"sent_at,omitzero"` // by the sender's clock
	Host     untrusted.Text   `json:"host,omitzero"`
	App      untrusted.Text   `json:"app,omitzero"`
	Process  untrusted.Text   `json:"process,omitzero"`
	ID       untrusted.Text   `json:"id,omitzero"`
	Data     []untrusted.Text `json:"data,omitempty"` // structured data, as id.name=value
	Message  untrusted.Text   `json:"message,omitzero"`
}

// TrapMessage is a trap or an inform.
type TrapMessage struct {
	Version      string         `json:"version"` // v1, v2c or v3
	Trap         string         `json:"trap,omitempty"`
	OID          string         `json:"oid,omitempty"`
	Enterprise   untrusted.Text `json:"enterprise,omitzero"`
	Inform       bool           `json:"inform,omitempty"`
	Acknowledged bool           `json:"acknowledged,omitempty"` // the inform was answered
	Public       bool           `json:"community_public,omitempty"`
	User         untrusted.Text `json:"user,omitzero"`
	Engine       string         `json:"engine,omitempty"` // in hexadecimal
	Signed       bool           `json:"signed,omitempty"` // and the digest is right
	Hidden       bool           `json:"hidden,omitempty"` // it was encrypted
	Agent        netip.Addr     `json:"agent,omitzero"`   // of version 1: who it says it is from
	Uptime       string         `json:"uptime,omitempty"`
	Objects      []TrapObject   `json:"objects,omitempty"`
}

// TrapObject is one object that a trap brings.
type TrapObject struct {
	Name  string         `json:"name"`
	OID   string         `json:"oid"`
	Value untrusted.Text `json:"value"`
}

// ReceivedSummary closes what was received.
type ReceivedSummary struct {
	Received  int            `json:"received"`
	Marked    int            `json:"marked"` // of sekisho test
	Broken    int            `json:"broken"` // not understood
	Unwritten int            `json:"unwritten"`
	Dropped   int            `json:"dropped"`  // connections that were refused, for there were too many
	Lost      int            `json:"lost"`     // datagrams that came faster than they were read; 0, too, where the system does not tell
	Unshaken  int            `json:"unshaken"` // connections that came to no TLS handshake
	ByKind    map[string]int `json:"by_kind"`  // by facility.severity or by trap
}
