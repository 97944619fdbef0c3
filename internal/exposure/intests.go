package exposure

import "log/slog"

// JobTest is a test in depth of a service behind a port of the address of a Job:
// FTP with its data connections, or a mail server. It holds no secret: as whom to
// log in stands apart, in a JobLogin.
type JobTest struct {
	Protocol string   `json:"protocol"` // one of a Station's Tests
	Port     uint16   `json:"port"`
	TLS      string   `json:"tls,omitempty"`   // JobTLSFirst, JobTLSNever or JobTLSRequire; empty: as port and server have it
	Modes    []string `json:"modes,omitempty"` // of FTP: pasv, epsv, port, eprt; empty: all of them
	File     string   `json:"file,omitempty"`  // of FTP, to download; empty: the smallest one listed
	Write    bool     `json:"write,omitempty"` // of FTP: upload a small file too, and delete it again
	NoRelay  bool     `json:"no_relay,omitempty"`
	// OnlyOpen leaves the test out where the look of the same Job found its port,
	// which is one of it, other than open: there is nobody to talk to.
	OnlyOpen bool `json:"only_open,omitempty"`
}

// What a JobTest may want of TLS.
const (
	JobTLSFirst   = "first"   // before the protocol
	JobTLSNever   = "never"   // not at all, whatever the server offers
	JobTLSRequire = "require" // STARTTLS or AUTH TLS, or no login
)

// JobLogin is as whom a test logs in. It travels to the vantage and is kept
// nowhere: whatever prints one, or writes it to a log, shows none of it.
type JobLogin struct {
	User     string `json:"user,omitempty"`
	Password string `json:"password,omitempty"`
}

// Empty reports whether it is nobody in particular.
func (l JobLogin) Empty() bool { return l == JobLogin{} }

// String hides the login.
func (l JobLogin) String() string {
	if l.Empty() {
		return "nobody"
	}
	return "****"
}

// GoString hides the login.
func (l JobLogin) GoString() string { return l.String() }

// LogValue hides the login.
func (l JobLogin) LogValue() slog.Value { return slog.StringValue(l.String()) }

// JobStep is a step of a test as soon as it has ended.
type JobStep struct {
	Test int `json:"test"` // its place among those of the Job, from 0
	Step
}

// JobTested is what a test found out in the end. Its steps were told before.
type JobTested struct {
	Test    int     `json:"test"` // its place among those of the Job, from 0
	State   State   `json:"state,omitempty"`
	Service Service `json:"service"`
	Flow    []Flow  `json:"flow,omitempty"`
}
