package exposure

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Job is one piece of work for a vantage: to look at some ports of one address.
// It is the one door to every vantage, whatever carries it.
type Job struct {
	ID       string     `json:"id"`
	Attempt  int        `json:"attempt"` // from 1; a result is told apart by id and attempt
	Grant    Grant      `json:"grant"`
	Address  netip.Addr `json:"address"`
	TCP      PortList   `json:"tcp,omitempty"`
	UDP      PortList   `json:"udp,omitempty"`
	Echo     bool       `json:"echo,omitempty"`     // one ICMP echo too
	Identify bool       `json:"identify,omitempty"` // speak to what is open, too
	Method   string     `json:"method,omitempty"`   // auto, syn or connect; empty: auto
	Name     string     `json:"name,omitempty"`     // of the address, for protocols that ask for one
	Tests    []JobTest  `json:"tests,omitempty"`    // in depth, when the ports are looked at
	// Watch asks the port, which is one of TCP, again and again until the Job ends,
	// by whole connections: half of one would be told what a router remembers of the
	// last, and not what it was changed to.
	Watch bool `json:"watch,omitempty"`
	// Before is what an earlier look saw of TCP ports among those of this one: one
	// that is in another state now is asked again, in each way that there is.
	Before []AlikePorts `json:"before,omitempty"`
	// Logins are as whom the Tests log in, by their place. Whoever writes a Job
	// down writes none of them: a carrier has to hand them on beside it.
	Logins   []JobLogin `json:"-"`
	Key      JobKey     `json:"key"`
	Deadline time.Time  `json:"deadline"` // when it ends at the latest
	// TripUS is how many microseconds an answer of the address takes, as the
	// connection shows by which it has proven itself; 0: not known.
	TripUS int64 `json:"trip_us,omitempty"`
}

// Grant is why a vantage may send packets to an address: it is the one that the
// request came from, proven by the connection itself, or one that proved itself by
// requests of its own to two vantages. It is fresh as long as the heartbeat is.
type Grant struct {
	Kind    string     `json:"kind"` // GrantOwn or GrantProof
	Address netip.Addr `json:"address"`
	// Asker is where the heartbeat of a GrantProof comes from; absent of others.
	Asker   netip.Addr `json:"asker,omitzero"`
	At      time.Time  `json:"at"`
	Consent Consent    `json:"consent"`
}

// WatchTime is how long a Job with Watch may take, whatever the time that a vantage
// gives others: ten minutes of looking, and the begin and the end of them.
const WatchTime = 10*time.Minute + 15*time.Second

// GrantOwn is the kind of Grant that the caller's own address is.
const GrantOwn = "own-address"

// GrantProof is the kind of Grant that another address is which claimed the asker's
// token by itself, as two vantages saw.
const GrantProof = "proof"

// Consent is what the person agreed to, kept as it was said.
type Consent struct {
	Text  string    `json:"text"`
	At    time.Time `json:"at"`
	Scope string    `json:"scope"` // what it is for, such as the ports
}

// JobKey is the secret of one job, from which the cookies of its probes follow:
// cookie.Key(k).Word(endpoint, source), of the endpoint as the vantage addressed
// it. A SYN carries the lower 32 bits of it as its sequence number, with its own
// source port; a datagram and an echo carry the Word of source 0 as their nonce.
type JobKey [16]byte

// MarshalText writes 32 hexadecimal digits.
func (k JobKey) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(k[:])), nil }

// UnmarshalText reads 32 hexadecimal digits.
func (k *JobKey) UnmarshalText(b []byte) error {
	if hex.DecodedLen(len(b)) != len(k) {
		return errors.New("a key has 32 hexadecimal digits")
	}
	_, err := hex.Decode(k[:], b)
	return err
}

// Plan is the answer to a job before anything is sent, so that the inside can
// open its witness first.
type Plan struct {
	Schema  string     `json:"schema"` // PlanSchema
	Job     string     `json:"job"`
	Attempt int        `json:"attempt"`
	Address netip.Addr `json:"address"` // the caller's as the vantage sees it, and the one that will be looked at
	Station Station    `json:"station"`
	Key     JobKey     `json:"key"`
	// Sources are where the probes will come from. Handshakes that confirm an
	// open port, and those that speak to it, come from other ports of the same
	// addresses and carry no cookie.
	Sources []JobSource `json:"sources"`
	Method  string      `json:"method"` // syn or connect: how TCP will be asked
	TCP     PortList    `json:"tcp,omitempty"`
	UDP     PortList    `json:"udp,omitempty"`
	Now     time.Time   `json:"now"`     // the vantage's clock, by which a send log is read
	Expires time.Time   `json:"expires"` // until when go has to come
	// Heartbeat is after how many seconds without one the vantage stops.
	Heartbeat int `json:"heartbeat_s"`
	// Secret is what the owner of the job is known by from now on, as the bearer of
	// it (RFC 6750 section 2.1): who has it may watch the job from elsewhere and
	// delete what came of it. Absent where the request named one already.
	Secret string `json:"secret,omitempty"`
}

// PlanSchema is the name of the document.
const PlanSchema = "sekisho/plan/1"

// JobSource is an address of the vantage and the row of ports that its probes
// leave from. First 0 means that the vantage's kernel chooses the port.
type JobSource struct {
	Transport Transport  `json:"transport"`
	Address   netip.Addr `json:"address"`
	First     uint16     `json:"first,omitempty"`
	Last      uint16     `json:"last,omitempty"`
}

// Station is what a vantage says of itself.
type Station struct {
	ID        string       `json:"id"`
	Kind      string       `json:"kind"` // outside, lan
	Version   string       `json:"version"`
	Addresses []netip.Addr `json:"addresses"`
	// Sends are the ports of others to which packets of this vantage are known
	// to get: something answered from there within the hour. Of any other port
	// silence may be the vantage's own provider's.
	Sends StationPorts `json:"sends"`
	// Reached says that a connection of another vantage came through to this one
	// within the hour, as those of FTP servers are to in mode PORT. Where it is
	// false, that is unproven.
	Reached bool `json:"reached,omitempty"`
	// Echoes are the ports of the vantage itself on which it takes connections
	// and datagrams, so that a caller can find out what its network lets out.
	Echoes StationPorts `json:"echoes,omitzero"`
	// Tests are the protocols of which it makes tests in depth.
	Tests  []string  `json:"tests,omitempty"`
	Limits JobLimits `json:"limits"`
}

// StationPorts are ports by transport.
type StationPorts struct {
	TCP PortList `json:"tcp,omitempty"`
	UDP PortList `json:"udp,omitempty"`
}

// Has reports whether a port is among them.
func (s StationPorts) Has(t Transport, port uint16) bool {
	switch t {
	case TCP:
		return s.TCP.Has(port)
	case UDP:
		return s.UDP.Has(port)
	}
	return false
}

// JobLimits bound one job.
type JobLimits struct {
	Ports   int `json:"ports"`    // TCP and UDP together
	Rate    int `json:"rate"`     // packets a second
	TimeMS  int `json:"time_ms"`  // from go to the end
	AtOnce  int `json:"at_once"`  // jobs of one caller
	PerHour int `json:"per_hour"` // jobs of one caller within an hour
}

// Batch is some of what came of a job. They are numbered from 1 without a gap;
// the last one has Done.
type Batch struct {
	Job          string        `json:"job"`
	Attempt      int           `json:"attempt"`
	Number       int           `json:"number"`
	Observations []Observation `json:"observations,omitempty"`
	// Alike are ports of which nothing needs to be told one by one: the closed
	// ones, and the silent ones.
	Alike    []AlikePorts `json:"alike,omitempty"`
	Services []JobService `json:"services,omitempty"`
	Steps    []JobStep    `json:"steps,omitempty"`
	Tested   []JobTested  `json:"tested,omitempty"`
	Sent     []SentProbes `json:"sent,omitempty"`
	Summary  *ScanSummary `json:"summary,omitempty"` // of the last one
	Unasked  *Unasked     `json:"unasked,omitempty"` // of the last one
	Hops     []AnswerHops `json:"hops,omitempty"`    // of the last one
	Again    []AskedAgain `json:"again,omitempty"`
	Ended    JobEnd       `json:"ended,omitempty"` // why it ended before its end, of the last one
	Done     bool         `json:"done,omitempty"`
}

// JobService is a Service and the port that it is behind.
type JobService struct {
	Transport Transport `json:"transport"`
	Port      uint16    `json:"port"`
	Service
}

// AlikePorts are ports that were found in the same state by the same evidence.
type AlikePorts struct {
	Transport Transport `json:"transport"`
	Ports     PortList  `json:"ports"`
	State     State     `json:"state"`
	Reason    Reason    `json:"reason"`
	By        string    `json:"by,omitempty"`     // as in an Observation
	Detail    string    `json:"detail,omitempty"` // as in an Observation
	Attempts  int       `json:"attempts"`         // of each, the most
	SeenAt    time.Time `json:"seen_at"`          // the last of them
}

// SentProbes are a row of the send log: questions to ports that were alike. The
// times are the vantage's, of the first and the last that left.
type SentProbes struct {
	Transport Transport      `json:"transport"`
	Ports     PortList       `json:"ports"`
	Source    netip.AddrPort `json:"source"` // port 0: one of the plan's row, or of the kernel's choice
	TTL       uint8          `json:"ttl"`    // time to live or hop limit, as it left
	Tries     int            `json:"tries"`  // of each port, the most
	First     time.Time      `json:"first"`
	Last      time.Time      `json:"last"`
}

// Whoami is what a vantage answers to who asks it for the own address.
type Whoami struct {
	Schema  string     `json:"schema"` // WhoamiSchema
	Address netip.Addr `json:"address"`
	// Refused is why that address would not be looked at; absent when it would.
	Refused string `json:"refused,omitempty"`
	// Hint is HintBridged where the service takes Address for somebody else's.
	Hint    string  `json:"hint,omitempty"`
	Station Station `json:"station"`
	// EchoToken is what the echo ports of the vantage want to be told by datagrams
	// that they answer: 24 hexadecimal digits, good for ten minutes or more.
	EchoToken string `json:"echo_token,omitempty"`
}

// EchoPath is what a browser asks an echo port of a vantage for, before a nonce of
// the page that has it ask.
const EchoPath = "/out/"

// HintBridged says that every caller seems to arrive from one private address: the
// bridge of a container, or a reverse proxy that the service does not trust.
const HintBridged = "one-private-address"

// WhoamiSchema is the name of the document.
const WhoamiSchema = "sekisho/whoami/1"

// JobRequest is what a caller asks of a vantage. It names no address: the one
// that the request comes from is looked at, or the one that claimed the token of
// Proof, and no other.
type JobRequest struct {
	TCP      PortList  `json:"tcp,omitempty"`
	UDP      PortList  `json:"udp,omitempty"`
	Echo     bool      `json:"echo,omitempty"`
	Identify bool      `json:"identify,omitempty"`
	Method   string    `json:"method,omitempty"` // auto, syn or connect; empty: auto
	Name     string    `json:"name,omitempty"`   // by which the own address is called, for protocols that ask for one
	Tests    []JobTest `json:"tests,omitempty"`  // in depth, of the own address
	// Watch asks one TCP port again every few seconds, for ten minutes at most or
	// until the job is stopped.
	Watch bool `json:"watch,omitempty"`
	// Logins are as whom the Tests log in, by their place. They are taken over
	// TLS, from the machine itself and from its own network only.
	Logins []JobLogin `json:"logins,omitempty"`
	// Proof is a token of the caller that another address has claimed. Tests in
	// depth are made of the own address only.
	Proof   string  `json:"proof,omitempty"`
	Consent Consent `json:"consent"`
}

// Proof is a token by which another address than the caller's proves itself: it is
// claimed by a request from that address to each of two vantages.
type Proof struct {
	Schema string `json:"schema"` // ProofSchema
	Token  string `json:"token"`
	// Claim are the URLs to which a program at the other address has to send a
	// ProofClaim: to the first, and to one of the others.
	Claim []string `json:"claim,omitempty"`
	// Address is the one that claimed the token, absent as long as none has. The
	// first is the only one.
	Address netip.Addr `json:"address,omitzero"`
	Expires time.Time  `json:"expires_at"`
}

// ProofSchema is the name of the document.
const ProofSchema = "sekisho/proof/1"

// ProofClaim is what an address says that lets itself be looked at by who holds a
// token.
type ProofClaim struct {
	Consent Consent `json:"consent"`
}

// NameRequest asks a vantage what addresses a name has for it.
type NameRequest struct {
	Name string `json:"name"`
}

// NameView is what the resolver of a vantage says of a name: an answer for each
// of the records A and AAAA.
type NameView struct {
	Answers []NameAnswer `json:"answers"`
}

// JobStatus is how far a job has come.
type JobStatus struct {
	Schema   string     `json:"schema"` // JobStatusSchema
	Job      string     `json:"job"`
	Kind     string     `json:"kind"` // api, or the page that asked for it
	State    LookState  `json:"state"`
	Ended    JobEnd     `json:"ended,omitempty"` // why it ended before its end
	Address  netip.Addr `json:"address"`
	Started  time.Time  `json:"started_at"`
	Finished time.Time  `json:"finished_at,omitzero"`
	Expires  time.Time  `json:"expires_at"` // when it is forgotten
	Asked    int        `json:"asked"`      // ports of both transports
	Seen     int        `json:"seen"`       // of them
	Open     int        `json:"open"`
	Last     int        `json:"last_batch"` // its number, 0 for none yet
}

// JobStatusSchema is the name of the document.
const JobStatusSchema = "sekisho/job/1"

// Batches are those that have come since the caller last asked.
type Batches struct {
	Batches []Batch `json:"batches"`
}

// JobError is why a job was not taken or does not go on.
type JobError struct {
	Kind JobErrorKind
	Why  string // in English, for a log
}

// JobErrorKind is what sort of reason it is.
type JobErrorKind string

// The kinds. Those from JobOwn to JobUnread are refusals of an address.
const (
	JobOwn      JobErrorKind = "own-address-of-vantage"  // it is the vantage's
	JobSpecial  JobErrorKind = "special-purpose-address" // a registry keeps it for a special purpose
	JobAway     JobErrorKind = "private-address"         // private, and of no network that the vantage is connected to
	JobOut      JobErrorKind = "opted-out"               // its owner does not want it to be looked at
	JobUnread   JobErrorKind = "opt-outs-unread"         // the list of those cannot be read
	JobUnproven JobErrorKind = "unproven"                // the address of a proof is not proven, or not by two vantages
	JobStale    JobErrorKind = "stale-grant"             // the caller is somewhere else, or gone
	JobForeign  JobErrorKind = "not-the-owner"           // somebody else asked for the job
	JobWrong    JobErrorKind = "wrong-request"
	JobBusy     JobErrorKind = "busy" // too many jobs
	JobLimit    JobErrorKind = "limit"
	JobProxied  JobErrorKind = "proxied"           // the request came through a proxy, whose address is not the caller's
	JobBare     JobErrorKind = "unprotected-login" // a login came without TLS over the Internet
	JobGone     JobErrorKind = "no-such-job"
	JobFault    JobErrorKind = "fault" // the vantage cannot
)

// Error says it.
func (e *JobError) Error() string {
	if e.Why == "" {
		return string(e.Kind)
	}
	return string(e.Kind) + ": " + e.Why
}

// Problem is an error of the API (RFC 9457 section 3).
type Problem struct {
	Type   string `json:"type"` // ProblemType and a JobErrorKind
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
	Retry  int    `json:"retry_after_s,omitempty"`
}

// ProblemType begins the type of every Problem.
const ProblemType = "urn:sekisho:problem:"

// EgressUnproven is the Detail of an Observation of silence on a port to which
// nothing proves that the vantage can send at all.
const EgressUnproven = "this vantage's egress is unproven"

// JobEnd is why a job ended before its end.
type JobEnd string

// The ends.
const (
	EndHeartbeat JobEnd = "heartbeat" // none came
	EndStopped   JobEnd = "stopped"   // the caller said so
	EndDeadline  JobEnd = "deadline"
	EndRefused   JobEnd = "refused" // the grant or the address is none any more
	EndFault     JobEnd = "fault"   // the vantage itself could not
	EndShutdown  JobEnd = "shutdown"
)

// PortList is ports in rising order, each once; as text it is ranges: 22,80-90.
type PortList []uint16

// Has reports whether a port is in the list.
func (l PortList) Has(port uint16) bool {
	low, high := 0, len(l)
	for low < high {
		middle := (low + high) / 2
		if l[middle] < port {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low < len(l) && l[low] == port
}

// MarshalText writes the ranges.
func (l PortList) MarshalText() ([]byte, error) {
	var b []byte
	for i := 0; i < len(l); {
		last := i
		for last+1 < len(l) && l[last+1] == l[last]+1 {
			last++
		}
		if len(b) > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendUint(b, uint64(l[i]), 10)
		if last > i {
			b = append(b, '-')
			b = strconv.AppendUint(b, uint64(l[last]), 10)
		}
		i = last + 1
	}
	return b, nil
}

// UnmarshalText reads ranges in rising order that do not overlap: nothing is
// longer than the 65,536 ports that there are.
func (l *PortList) UnmarshalText(b []byte) error {
	*l = nil
	if len(b) == 0 {
		return nil
	}
	next := 0
	for word := range strings.SplitSeq(string(b), ",") {
		from, to, ranged := strings.Cut(word, "-")
		if !ranged {
			to = from
		}
		first, err := strconv.ParseUint(from, 10, 16)
		if err != nil {
			return fmt.Errorf("%.20q is no port", from)
		}
		last, err := strconv.ParseUint(to, 10, 16)
		if err != nil {
			return fmt.Errorf("%.20q is no port", to)
		}
		if int(first) < next || last < first {
			return fmt.Errorf("%.20q does not rise", word)
		}
		for p := first; p <= last; p++ {
			*l = append(*l, uint16(p))
		}
		next = int(last) + 1
	}
	return nil
}
