package exposure

import (
	"net/netip"
	"time"
)

// QuerySchema is the name of the document of query --format json, in its schema
// key.
const QuerySchema = "sekisho/query/1"

// QueryDocument is what a query found, or what the local mode read.
type QueryDocument struct {
	Schema     string    `json:"schema"`
	Version    string    `json:"version"`
	StartedAt  time.Time `json:"started_at"`
	FinishedAt time.Time `json:"finished_at"`
	Command    string    `json:"command"` // as it was typed
	ExitCode   int       `json:"exit_code"`
	Partial    bool      `json:"partial"` // interrupted

	Target  string        `json:"target,omitempty"` // as it was written
	Address netip.Addr    `json:"address,omitzero"` // absent when the name has none
	Name    string        `json:"name,omitempty"`   // of the address
	Ports   []QueriedPort `json:"ports,omitempty"`
	Join    *QueryJoin    `json:"domain_join,omitempty"`

	Local *QueryLocal `json:"local,omitempty"`
}

// QueriedPort is one port that was asked.
type QueriedPort struct {
	Transport Transport    `json:"transport"`
	Port      uint16       `json:"port"`
	Service   string       `json:"service,omitempty"`  // by the services file
	State     State        `json:"state"`              // after all questions
	Verdict   string       `json:"verdict,omitempty"`  // the same in PortQry's words; absent when the port could not be asked
	Error     string       `json:"error,omitempty"`    // why it could not be asked
	Answer    *QueryAnswer `json:"answer,omitempty"`   // to the question in its protocol
	Followed  bool         `json:"followed,omitempty"` // asked by --follow-epm
}

// QueryAnswer is the answer to a question in a protocol.
type QueryAnswer struct {
	Protocol   string           `json:"protocol"`
	Answered   bool             `json:"answered"`
	Community  string           `json:"community,omitempty"` // of SNMP, that was asked with
	MAC        string           `json:"mac,omitempty"`       // of NetBIOS
	Text       []string         `json:"text,omitempty"`      // lines of a banner or a file
	Attributes []QueryAttribute `json:"attributes,omitempty"`
	Endpoints  []QueryEndpoint  `json:"endpoints,omitempty"`
}

// QueryAttribute is an attribute of a directory's root, or one that an SQL
// server tells of an instance.
type QueryAttribute struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// QueryEndpoint is where an endpoint mapper says that an interface is offered.
type QueryEndpoint struct {
	UUID       string `json:"uuid"`
	Annotation string `json:"annotation,omitempty"`
	Binding    string `json:"binding,omitempty"`  // the whole of the three below
	Protocol   string `json:"protocol,omitempty"` // ncacn_ip_tcp, ncacn_np …
	Host       string `json:"host,omitempty"`
	Endpoint   string `json:"endpoint,omitempty"`
}

// QueryJoin is what would keep a computer from joining the domain of a
// controller.
type QueryJoin struct {
	Ready   bool           `json:"ready"` // nothing is blocked
	Blocked []QueryBlocked `json:"blocked"`
}

// QueryBlocked is one port that a domain join needs and does not reach.
type QueryBlocked struct {
	Transport Transport `json:"transport"`
	Port      uint16    `json:"port,omitempty"` // 0: the endpoint mapper names none
	Need      string    `json:"need"`           // what the join needs it for
	State     State     `json:"state"`
}

// QueryLocal is what this machine tells of its own ports.
type QueryLocal struct {
	WatchedPort uint16         `json:"watched_port,omitempty"`
	WatchedPID  int            `json:"watched_pid,omitempty"`
	Connections []Connection   `json:"connections"`
	Processes   []QueryProcess `json:"processes,omitempty"` // with -v
	Unseen      []string       `json:"unseen,omitempty"`    // what could not be seen and why
}

// QueryProcess is a process that uses ports. Absent services and modules could
// not be read; empty ones are none.
type QueryProcess struct {
	PID      int            `json:"pid"`
	Name     string         `json:"name,omitempty"`
	Services []HostService  `json:"services,omitzero"`
	Modules  []LoadedModule `json:"modules,omitzero"`
}

// HostService is a service of this machine, as its manager calls it.
type HostService struct {
	Name    string `json:"name"`
	Display string `json:"display_name,omitempty"`
	Shared  bool   `json:"shared,omitempty"` // its process runs other services too
}

// LoadedModule is a file of which a process has code in its memory.
type LoadedModule struct {
	Path string `json:"path"`
	Base uint64 `json:"base"` // the address of it
}
