package probe

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
	"sekisho/internal/untrusted"
)

// Test is the in-depth form of a probe: what `sekisho test NAME` does. It may
// log in, as a user or as nobody, and move data, where it was asked to.
type Test struct {
	Name    string   // of the command
	Port    uint16   // that it looks at unless another one is named
	Secure  bool     // TLS comes before the protocol; on the probe's TLSPorts it does anyway
	Options []Option // its own, beside those of every test
	LAN     string   // the option that names an interface: the LAN there is looked at, and no target

	// Mail says that a name stands for a domain, whose MX leads to the addresses.
	// The test has the options domain, which is that name, and resolver.
	Mail bool

	// Route says where to go when the options decide that; nil: to Port over the
	// probe's transport. A port that the user named wins.
	Route func(t *Trial) Route

	// Check says what is wrong with the options, before anything is sent and
	// before the time of the test begins: it may ask for the password. Nil: any
	// will do.
	Check func(t *Trial) error

	// Run talks to the peer and records its steps. The Service holds all facts,
	// those of the steps too, for the rules to judge.
	Run func(ctx context.Context, s *Session, t *Trial) (exposure.Service, error)
}

// Route is over what, to which port and inside what a Test goes.
type Route struct {
	Transport exposure.Transport
	Port      uint16
	Secure    bool
}

// routed is a test whose way is decided, and its probe.
func (o TestOptions) routed(t Test, p Probe) (Test, Probe, TestOptions) {
	if t.Route != nil {
		r := t.Route(&Trial{options: o, test: t})
		p.Transport, t.Port, t.Secure = r.Transport, r.Port, r.Secure
	}
	o.Port = cmp.Or(o.Port, t.Port)
	return t, p, o
}

// Option is a flag of a Test. Its text is the catalogue's flag.test-NAME.
type Option struct {
	Name    string
	Kind    OptionKind
	Default string // as it would be typed
}

// OptionKind is what an Option takes.
type OptionKind uint8

// The kinds.
const (
	Text OptionKind = iota
	Flag
	Number
	Words // several, with commas between them
)

// Tests returns the tests of all probes in the order of their names.
func Tests() []Test {
	var all []Test
	for _, p := range probes {
		all = append(all, p.Tests...)
	}
	slices.SortFunc(all, func(a, b Test) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// testNamed returns a test and its probe.
func testNamed(name string) (Test, Probe, bool) {
	for _, p := range probes {
		for _, t := range p.Tests {
			if t.Name == name {
				return t, p, true
			}
		}
	}
	return Test{}, Probe{}, false
}

// TestOptions say how to run a test. The zero TestOptions are usable.
type TestOptions struct {
	Options
	Port     uint16              // 0: the test's
	Secure   *bool               // whether TLS comes first; nil: as the test and the port have it
	Values   map[string][]string // of the test's own options, where they differ from the default
	User     string
	Password func() (string, error) // asks for it; nil: there is none
	Told     func(exposure.Step)    // hears of each step as it ends; nil: nobody listens
}

// DefaultTestTimeout is what a test gets, all of its connections together.
const DefaultTestTimeout = 30 * time.Second

func (o TestOptions) timeout() time.Duration { return cmp.Or(o.Timeout, DefaultTestTimeout) }

// ErrNoTest is the cause when there is no test of that name.
var ErrNoTest = errors.New("there is no such test")

// OptionError is what a Check found. Its text says what to write instead.
type OptionError struct{ Err error }

// Error says what is wrong.
func (e *OptionError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *OptionError) Unwrap() error { return e.Err }

// errNoPassword is the cause when a password is wanted and nobody can give it.
var errNoPassword = errors.New("no password was given")

// Trial is one run of a Test: what was asked for and what was done so far. Its
// methods may be called from several goroutines.
type Trial struct {
	options TestOptions
	test    Test

	mu    sync.Mutex
	steps []exposure.Step
	flow  []exposure.Flow
}

// values of an option: those given or else its default.
func (t *Trial) values(name string) []string {
	if v, ok := t.options.Values[name]; ok {
		return v
	}
	for _, o := range t.test.Options {
		if o.Name == name && o.Default != "" {
			return strings.Split(o.Default, ",")
		}
	}
	return nil
}

// Text is the value of an option of kind Text, empty when there is none.
func (t *Trial) Text(name string) string { return strings.Join(t.values(name), ",") }

// Flag reports whether an option of kind Flag is set.
func (t *Trial) Flag(name string) bool { return t.Text(name) == "true" }

// Number is the value of an option of kind Number, 0 when there is none.
func (t *Trial) Number(name string) int {
	n, err := strconv.Atoi(t.Text(name))
	if err != nil {
		return 0 // the command line has refused what is no number
	}
	return n
}

// Words are the values of an option of kind Words.
func (t *Trial) Words(name string) []string { return t.values(name) }

// User is the name to log in with, empty for nobody in particular.
func (t *Trial) User() string { return t.options.User }

// Password asks for the password of User.
func (t *Trial) Password() (string, error) {
	if t.options.Password == nil {
		return "", errNoPassword
	}
	return t.options.Password()
}

// Step records a step that has ended. What was asked may repeat a word of the
// peer, such as the name of a folder, and is shown as it is.
func (t *Trial) Step(s exposure.Step) {
	s.Asked, s.Detail = untrusted.New(s.Asked, 0).Terminal(), untrusted.New(s.Detail, 0).Terminal()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.steps = append(t.steps, s)
	if t.options.Told != nil {
		t.options.Told(s)
	}
}

// Flow records a row of the data flow.
func (t *Trial) Flow(f exposure.Flow) {
	f.What = untrusted.New(f.What, 0).Terminal()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.flow = append(t.flow, f)
}

// Outcome is what a test found out.
type Outcome struct {
	Service exposure.Service
	State   exposure.State // of the port, by what came back
	Steps   []exposure.Step
	Flow    []exposure.Flow
}

// RunTest runs a test against one target. Like Identify it fails for no fault
// of the peer: what ended it stands in the Service's Error, and the steps until
// then are there. ErrNoTest says that nobody knows the test, an *OptionError that
// it cannot be run like this.
func RunTest(ctx context.Context, name string, target exposure.Target, o TestOptions) (Outcome, error) {
	test, p, ok := testNamed(name)
	if !ok {
		return Outcome{}, ErrNoTest
	}
	test, p, o = o.routed(test, p)
	o, err := o.checked(test)
	if err != nil {
		return Outcome{}, err
	}
	deadline := time.Now().Add(o.timeout())
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	return runTest(ctx, netPeer(target, o.Port, o.Options, deadline), p, test, o), nil
}

// checked are the options after the Check of a test. A password is asked for
// once, however often it is used.
func (o TestOptions) checked(t Test) (TestOptions, error) {
	if o.Password != nil {
		o.Password = sync.OnceValues(o.Password)
	}
	if t.Check == nil {
		return o, nil
	}
	if err := t.Check(&Trial{options: o, test: t}); err != nil {
		return o, &OptionError{err}
	}
	return o, nil
}

func runTest(ctx context.Context, at *peer, p Probe, test Test, o TestOptions) Outcome {
	trial := &Trial{options: o, test: test}
	s := &Session{probe: cmp.Or(p.Protocol, p.Name), peer: at}
	secure := test.Secure || slices.Contains(p.TLSPorts, at.at.Port())
	if o.Secure != nil {
		secure = *o.Secure
	}
	p.Run = func(ctx context.Context, s *Session) (exposure.Service, error) {
		if secure {
			if err := s.begin(ctx, trial); err != nil {
				return exposure.Service{TLS: s.secure}, err
			}
		}
		svc, err := test.Run(ctx, s, trial)
		if svc.TLS == nil {
			svc.TLS = s.secure
		}
		return svc, err
	}
	svc, err := guard(ctx, p, s)
	svc.Address, svc.Transport, svc.Port = at.at.Addr(), cmp.Or(svc.Transport, p.Transport), at.at.Port()
	if o.View != nil {
		svc.View = o.View(svc.Address)
	}
	if err != nil {
		svc.Error = err.Error()
	}
	if svc.Confidence == exposure.NoConfidence {
		svc.Confidence = exposure.Assigned
	}
	trial.mu.Lock()
	defer trial.mu.Unlock()
	return Outcome{svc, s.state(svc, err), slices.Clone(trial.steps), slices.Clone(trial.flow)}
}

// state is what a test shows of its port: what answers is open, and one that
// stays silent to datagrams may be.
func (s *Session) state(svc exposure.Service, err error) exposure.State {
	var network *netio.Error
	s.mu.Lock()
	arrived := s.arrived || len(s.first) > 0
	s.mu.Unlock()
	switch {
	case arrived || svc.Confidence >= exposure.Likely:
		return exposure.Open
	case errors.As(err, &network):
	case svc.Transport == exposure.UDP && errors.Is(cause(err), os.ErrDeadlineExceeded):
		return exposure.OpenFiltered
	default:
		return exposure.Unknown
	}
	switch network.Reason {
	case exposure.ConnRefused, exposure.Reset:
		return exposure.Closed
	case exposure.PortUnreach:
		// The host itself says so of a port that nobody has; for others it is how
		// a packet filter rejects (RFC 1122 section 4.1.3.1).
		if svc.Transport == exposure.UDP && network.By == "" {
			return exposure.Closed
		}
		return exposure.Filtered
	case exposure.NoResponse:
		if svc.Transport == exposure.UDP {
			return exposure.OpenFiltered
		}
		return exposure.Filtered
	case exposure.AdminProhibited, exposure.ProtoUnreach, exposure.HostUnreach, exposure.NetUnreach, exposure.TimeExceeded:
		return exposure.Filtered
	}
	return exposure.Unknown
}

// begin has every connection of the session begin with TLS and keeps what the
// first handshake told. The connection of that handshake is the first one that
// Connect returns.
func (s *Session) begin(ctx context.Context, trial *Trial) error {
	raw, err := s.dialPort(ctx, exposure.TCP, s.peer.at.Port())
	if err != nil {
		trial.Step(exposure.Step{ID: "connect", Result: exposure.StepFailed, Detail: cause(err).Error()})
		return s.fail("connect", err)
	}
	handshake := exposure.Step{ID: "tls-handshake", Result: exposure.StepOK, Local: endOf(raw.LocalAddr()), Remote: endOf(raw.RemoteAddr())}
	inner, facts, err := s.tlsShake(ctx, raw, s.tlsConfig(nil))
	s.secure = facts
	if err != nil {
		handshake.Result, handshake.Detail = exposure.StepFailed, untrusted.New(cause(err).Error(), maxErrorText).Terminal()
		trial.Step(handshake)
		return s.fail("tls handshake", err)
	}
	trial.Step(handshake)
	ready := func(ctx context.Context) (net.Conn, error) {
		return s.dialPort(ctx, exposure.TCP, s.peer.at.Port())
	}
	s.tlsComplete(ctx, ready, facts)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = newConn(&tap{Conn: inner, s: s})
	return nil
}

// endOf is one end of a connection, the zero AddrPort when it has no address of
// the Internet.
func endOf(a net.Addr) netip.AddrPort {
	if a == nil {
		return netip.AddrPort{}
	}
	end, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(end.Addr().Unmap(), end.Port())
}
