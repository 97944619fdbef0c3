package exposure

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/netip"
	"slices"
	"strings"
	"time"

	"sekisho/internal/untrusted"
)

// Target is one address to look at and the name that the user wrote for it,
// which SNI, Host and reports need. Name is empty when an address was written.
type Target struct {
	Name    string
	Address netip.Addr
}

// Vantage is where observations are made from.
type Vantage struct {
	ID      string     `json:"id"`
	Kind    string     `json:"kind"`
	Address netip.Addr `json:"address,omitzero"`
	// URL is where another one was asked, Sees the address of this machine as it
	// sees it, Sends the ports to which its packets are known to get, and Error
	// why it saw nothing, or not all.
	URL   string       `json:"url,omitempty"`
	Sees  netip.Addr   `json:"sees,omitzero"`
	Sends StationPorts `json:"sends,omitzero"`
	Error string       `json:"error,omitempty"`
	Note  string       `json:"note,omitempty"` // what it was not asked for, and why
}

// Observation is what one view saw once of one port. It is never changed:
// seeing again makes another one.
type Observation struct {
	Host      string       `json:"host,omitempty"`
	Address   netip.Addr   `json:"address"`
	Transport Transport    `json:"transport"`
	Port      uint16       `json:"port"`
	State     State        `json:"state"`
	Reason    Reason       `json:"reason"`
	By        string       `json:"by,omitempty"`     // who answered when it was not the target: an address or Local
	Detail    string       `json:"detail,omitempty"` // our own words on a local error or a note beside the state
	View      View         `json:"view"`
	Vantage   string       `json:"vantage"`
	RTT       Microseconds `json:"rtt_us,omitempty"`
	Attempts  int          `json:"attempts"`
	SeenAt    time.Time    `json:"seen_at"`
}

// Endpoint is the address and port that was looked at.
func (o Observation) Endpoint() netip.AddrPort { return netip.AddrPortFrom(o.Address, o.Port) }

// ScanSummary closes a scan: how many ports ended in which state, and whether
// every port that was asked for was looked at.
type ScanSummary struct {
	Hosts          int          `json:"hosts"`
	Ports          int          `json:"ports"` // address × transport × port that were asked for
	Open           int          `json:"open"`
	Closed         int          `json:"closed"`
	Filtered       int          `json:"filtered"`
	OpenFiltered   int          `json:"open_filtered"`
	Unknown        int          `json:"unknown"`
	PacketsSent    int64        `json:"packets_sent"`
	ElapsedMS      int64        `json:"elapsed_ms"`
	Loss           *float64     `json:"loss,omitempty"`            // share of round trips lost on the way; absent when nothing answered
	RTT            Microseconds `json:"rtt_us,omitempty"`          // smoothed as in RFC 6298, on the slowest way; absent when nothing answered
	Tries          int          `json:"tries,omitempty"`           // most that a silent port got; absent when none was silent
	ExpectedMissed *float64     `json:"expected_missed,omitempty"` // open ports among the silent ones, by the loss; absent when none was silent
	Profile        string       `json:"profile,omitempty"`         // lan, wan or polite, or several: lan, wan; absent when only this machine itself was asked
	Rate           int          `json:"rate,omitempty"`            // packets a second that were asked for in place of the profile's
	Complete       bool         `json:"complete"`
	Shard          string       `json:"shard,omitempty"`  // 2/8 when only a part of the ports was asked for: Ports counts that part
	Method         string       `json:"method,omitempty"` // syn, connect or both, and why, in our own words
	Notes          []string     `json:"notes,omitempty"`
	Sources        []netip.Addr `json:"sources,omitempty"` // own addresses that packets to others left by: who reads it there knows who looked
}

// Count adds one observation's state.
func (s *ScanSummary) Count(state State) {
	switch state {
	case Open:
		s.Open++
	case Closed:
		s.Closed++
	case Filtered:
		s.Filtered++
	case OpenFiltered:
		s.OpenFiltered++
	default:
		s.Unknown++
	}
}

// Plus is the summary of two scans done one after the other. Hosts are counted
// twice when both looked at them: the caller knows better.
func (s ScanSummary) Plus(o ScanSummary) ScanSummary {
	sum := ScanSummary{
		Hosts: s.Hosts + o.Hosts, Ports: s.Ports + o.Ports, Open: s.Open + o.Open, Closed: s.Closed + o.Closed,
		Filtered: s.Filtered + o.Filtered, OpenFiltered: s.OpenFiltered + o.OpenFiltered, Unknown: s.Unknown + o.Unknown,
		PacketsSent: s.PacketsSent + o.PacketsSent, ElapsedMS: s.ElapsedMS + o.ElapsedMS,
		Complete: s.Complete && o.Complete, Loss: s.Loss, Method: s.Method, Shard: cmp.Or(s.Shard, o.Shard),
		RTT: max(s.RTT, o.RTT), Tries: max(s.Tries, o.Tries), Rate: max(s.Rate, o.Rate),
		ExpectedMissed: cmp.Or(s.ExpectedMissed, o.ExpectedMissed),
		Profile:        strings.Join(union(s.Profile, o.Profile), profilesApart),
	}
	if o.Loss != nil && (sum.Loss == nil || *o.Loss > *sum.Loss) {
		sum.Loss = o.Loss // the worse path is the one to know of
	}
	if s.ExpectedMissed != nil && o.ExpectedMissed != nil {
		missed := *s.ExpectedMissed + *o.ExpectedMissed
		sum.ExpectedMissed = &missed
	}
	if !strings.Contains(s.Method, o.Method) {
		sum.Method = strings.Trim(s.Method+"; "+o.Method, "; ")
	}
	sum.Sources = append(sum.Sources, s.Sources...)
	for _, a := range o.Sources {
		if !slices.Contains(sum.Sources, a) {
			sum.Sources = append(sum.Sources, a)
		}
	}
	sum.Notes = slices.Compact(slices.Sorted(slices.Values(slices.Concat(s.Notes, o.Notes))))
	return sum
}

// profilesApart stands between the words of a profile.
const profilesApart = ", "

// Profiles are the words of the summary's profile, in the order of the alphabet.
func (s ScanSummary) Profiles() []string { return union(s.Profile, "") }

func union(a, b string) []string {
	words := strings.Split(a+profilesApart+b, profilesApart)
	slices.Sort(words)
	return slices.DeleteFunc(slices.Compact(words), func(w string) bool { return w == "" })
}

// Service is what is behind an open port.
type Service struct {
	Address    netip.Addr     `json:"address"`
	View       View           `json:"view"`
	Transport  Transport      `json:"-"` // the port of the report tells it
	Port       uint16         `json:"-"`
	Protocol   string         `json:"protocol,omitempty"`
	Product    untrusted.Text `json:"product,omitzero"`
	Version    untrusted.Text `json:"version,omitzero"`
	Banner     untrusted.Text `json:"banner,omitzero"`
	Confidence Confidence     `json:"confidence,omitzero"` // absent when not even the number tells anything
	TLS        *TLS           `json:"tls,omitempty"`
	Facts      Facts          `json:"facts,omitempty"`
	Silence    Silence        `json:"silence,omitempty"` // how a TCP port that took the connection told nothing
	Error      string         `json:"error,omitempty"`   // why nothing more was learned, quoted text escaped
}

// Named reports whether the certificate that a service showed is for the name
// that was asked for.
func (s Service) Named() bool {
	return s.TLS != nil && s.TLS.Certificate != nil && s.TLS.Certificate.NameMatches != nil && *s.TLS.Certificate.NameMatches
}

// Facts are what a protocol told, by snake_case name. Text from the network is
// untrusted.Text or a slice of it; booleans and numbers are themselves.
type Facts map[string]any

// Bool returns a fact that is yes or no; known is false when nobody found out.
func (f Facts) Bool(name string) (value, known bool) {
	value, known = f[name].(bool)
	return value, known
}

// Text returns a fact that is text, the empty Text when it is not there.
func (f Facts) Text(name string) untrusted.Text {
	t, _ := f[name].(untrusted.Text)
	return t
}

// Texts returns a fact that is a list of texts.
func (f Facts) Texts(name string) []untrusted.Text {
	t, _ := f[name].([]untrusted.Text)
	return t
}

// UnmarshalJSON reads facts back; every string in them is text from outside.
func (f *Facts) UnmarshalJSON(b []byte) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		return err
	}
	*f = make(Facts, len(raw))
	for name, value := range raw {
		v, err := fact(value)
		if err != nil {
			return err
		}
		(*f)[name] = v
	}
	return nil
}

func fact(b json.RawMessage) (any, error) {
	var (
		text  untrusted.Text
		texts []untrusted.Text
		err   error
	)
	switch trimmed := bytes.TrimSpace(b); {
	case bytes.HasPrefix(trimmed, []byte(`"`)):
		err = json.Unmarshal(trimmed, &text)
		return text, err
	case bytes.HasPrefix(trimmed, []byte(`[`)) && bytes.HasPrefix(bytes.TrimSpace(trimmed[1:]), []byte(`"`)):
		err = json.Unmarshal(trimmed, &texts)
		return texts, err
	}
	var v any
	err = json.Unmarshal(b, &v)
	return v, err
}

// TLS is what a handshake told. Times are the certificate's, names are text
// that the peer chose.
type TLS struct {
	Versions    []string         `json:"versions,omitempty"` // "TLS 1.3"; those that were seen to work
	Cipher      string           `json:"cipher,omitempty"`
	ALPN        []string         `json:"alpn,omitempty"`
	StartTLS    bool             `json:"starttls,omitempty"` // TLS was a step inside the cleartext protocol
	Certificate *Certificate     `json:"certificate,omitempty"`
	Chain       []untrusted.Text `json:"chain,omitempty"` // subjects, the leaf first

	Ciphers        []string `json:"ciphers,omitempty"`         // up to TLS 1.2 and by their IANA names, all that were seen to work; absent when not all were tried
	WeakCiphers    []string `json:"weak_ciphers,omitempty"`    // those of them that must not be used any more
	WeakSignatures []string `json:"weak_signatures,omitempty"` // algorithms of signatures in the chain that are broken
	DHBits         int      `json:"dh_bits,omitempty"`         // of the prime of an ephemeral Diffie-Hellman exchange, where one was seen
	IssuerMissing  bool     `json:"issuer_missing,omitempty"`  // the server leaves out a certificate that clients need
}

// Certificate is the leaf that the server showed.
type Certificate struct {
	Subject    untrusted.Text   `json:"subject"`
	Issuer     untrusted.Text   `json:"issuer"`
	Names      []untrusted.Text `json:"names,omitempty"`
	NotBefore  time.Time        `json:"not_before"`
	NotAfter   time.Time        `json:"not_after"`
	SelfSigned bool             `json:"self_signed"`
	KeyType    string           `json:"key_type"`
	KeyBits    int              `json:"key_bits"`
	SHA256     string           `json:"sha256"`
	// NameMatches is absent when no name was asked for.
	NameMatches *bool `json:"name_matches,omitempty"`
}

// Listener is a socket that this machine has bound.
type Listener struct {
	Transport Transport  `json:"-"` // the port of the report tells it
	Address   netip.Addr `json:"address"`
	Port      uint16     `json:"-"`
	Device    string     `json:"device,omitempty"`  // bound to this interface only
	V6Only    *bool      `json:"v6only,omitempty"`  // of a wildcard IPv6 socket; false means that it takes IPv4 too
	Process   string     `json:"process,omitempty"` // absent when it could not be seen
	PID       int        `json:"pid,omitempty"`
	User      string     `json:"user,omitempty"`
	Unit      string     `json:"unit,omitempty"`      // systemd unit
	Container string     `json:"container,omitempty"` // runtime and short id
	Command   string     `json:"command,omitempty"`
	// Unowned means that every process was looked at and none holds the socket:
	// it is the kernel's own (NFS, WireGuard) or of another PID namespace.
	Unowned bool `json:"unowned,omitempty"`
	// Full means that as many connections wait for the process as it lets wait:
	// the kernel drops newcomers.
	Full bool `json:"full,omitempty"`
	// Firewall is what the packet filter does with newcomers from each zone,
	// computed from its rules; absent where they could not be read.
	Firewall []FirewallAnswer `json:"firewall,omitempty"`
}

// Takes reports whether a connection to the address reaches this socket: it is
// bound to that address, or to every address of its family. A wildcard IPv6
// socket takes IPv4 too unless V6Only says otherwise (RFC 3493 section 5.3).
func (l Listener) Takes(a netip.Addr) bool {
	a, bound := a.Unmap(), l.Address.Unmap()
	switch {
	case bound == a:
		return true
	case bound.WithZone("") == a.WithZone(""):
		return bound.Zone() == "" || a.Zone() == ""
	case !bound.IsUnspecified():
		return false
	case bound.Is4() == a.Is4():
		return true
	}
	return bound.Is6() && l.V6Only != nil && !*l.V6Only
}

// LoopbackOnly reports whether only this machine itself can reach the socket.
func (l Listener) LoopbackOnly() bool {
	return l.Address.Unmap().IsLoopback() || l.Device == "lo" || l.Device == "lo0"
}
