package portqry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

// The exit codes of PortQry. Of several ports the first that is not LISTENING
// decides; what could not be asked at all is Unresolved or Wrong.
const (
	Listening    = 0
	NotListening = 1
	Filtered     = 2 // or LISTENING or FILTERED
	Wrong        = 2 // a command line that cannot be carried out, or a log that cannot be written
	Unresolved   = 99
)

// Eyes are what a query sees with.
type Eyes struct {
	// Lookup finds the addresses of a name, and Name the name of an address.
	Lookup func(ctx context.Context, name string) ([]netip.Addr, error)
	Name   func(ctx context.Context, address netip.Addr) (string, error)
	// Allowed says why an address must not be asked so many ports, nil when it may.
	Allowed func(address netip.Addr, ports int) error
	// Ahead asks ports all at once, whose State is wanted one after another then.
	Ahead func(ctx context.Context, address netip.Addr, asked []Asked) error
	// State asks one port, from a source port if that is not 0, with a first
	// datagram of no protocol where it is UDP. When ctx is done it tells only what
	// Ahead has found.
	State func(ctx context.Context, a Asking) (exposure.State, error)
	// Service is what the services file calls a port of a transport, empty when
	// it does not know it.
	Service func(transport exposure.Transport, port uint16) string
	// Speak asks a port in its protocol; nil says that it has none of its own.
	Speak func(ctx context.Context, a Asking) *Speech
}

// Asking is one question.
type Asking struct {
	Asked
	Address   netip.Addr
	Service   string // by the services file
	Source    uint16
	Slow      bool   // wait twice as long for datagrams
	Community string // of SNMP
	Range     bool   // one of a range of ports
}

// Speech is a question in a protocol and what came back.
type Speech struct {
	Lead   []string // lines before the question goes out
	Answer []string // what came back, in our words or escaped
	End    []string // lines behind it
	Heard  bool     // something came back
	Banner bool     // the peer's own first words, which close without a verdict
	// Verdict is the line that ends it where something came back, if it is not
	// the usual one.
	Verdict string
	// Ephemeral means that it was not asked from the source port of -sp.
	Ephemeral bool
	Found     exposure.QueryAnswer
}

// run is one query as it is printed.
type run struct {
	Command
	eyes  Eyes
	out   io.Writer
	found exposure.QueryDocument
	err   error // that ends the run
}

// Query carries a command line out and returns what it found, with the exit
// code. What it prints goes to out line by line, so that a log is whole up to
// an interrupt. An error is one of out, of Eyes.Allowed, or ctx's own; what was
// found until then is returned beside it.
func Query(ctx context.Context, c Command, eyes Eyes, out io.Writer) (exposure.QueryDocument, error) {
	r := &run{Command: c, eyes: eyes, out: out}
	r.query(ctx)
	if r.err == nil {
		r.err = ctx.Err()
	}
	r.found.Partial = r.err != nil
	return r.found, r.err
}

func (r *run) query(ctx context.Context) {
	address, ok := r.resolve(ctx)
	if !ok {
		r.found.ExitCode = Unresolved
		return
	}
	r.found.Address = address
	asked := r.Asked()
	if r.err = r.eyes.Allowed(address, len(r.Ports)); r.err != nil {
		return
	}
	if ahead := r.ahead(asked); len(ahead) > 1 && r.Source == 0 {
		if err := r.eyes.Ahead(ctx, address, ahead); err != nil {
			r.known(ctx, ahead)
			r.err = err
			return
		}
	}
	for _, on := range asked {
		r.ask(ctx, on)
	}
	if r.FollowEPM {
		r.follow(ctx)
	}
}

// ahead are the ports that are asked at once: a range, and of a list those of
// TCP, where each filtered one costs seconds. A datagram service of a list is
// asked in its protocol first.
func (r *run) ahead(asked []Asked) []Asked {
	if r.Range {
		return asked
	}
	return slices.DeleteFunc(slices.Clone(asked), func(on Asked) bool { return on.Transport != exposure.TCP })
}

// known prints the states that were found before asking ahead was called off.
func (r *run) known(ctx context.Context, asked []Asked) {
	for _, on := range asked {
		a := r.asking(on)
		state, err := r.eyes.State(ctx, a)
		if err != nil || verdicts[state] == "" {
			continue
		}
		r.print(r.verdict(a, state), "")
		r.keep(exposure.QueriedPort{Transport: on.Transport, Port: on.Port, Service: a.Service, State: state, Verdict: verdicts[state]})
	}
}

// over tells that there is nothing more to ask.
func (r *run) over(ctx context.Context) bool { return r.err != nil || ctx.Err() != nil }

// print writes lines and keeps the first error.
func (r *run) print(lines ...string) {
	for _, line := range lines {
		if r.err == nil {
			_, r.err = fmt.Fprintln(r.out, line)
		}
	}
}

// resolve finds the address of the node and, of an address, its name. A name
// without an address ends the query. PortQry leaves out the line querying...
// together with the lines of the name.
func (r *run) resolve(ctx context.Context) (netip.Addr, bool) {
	r.found.Target = r.Node
	r.print("", "Querying target system called:", "", " "+shown(r.Node), "")
	address, err := netip.ParseAddr(strings.Trim(r.Node, "[]"))
	if err == nil {
		if r.NoReverse {
			return address, true
		}
		r.print("Attempting to resolve IP address to a name...", "")
		name, err := r.eyes.Name(ctx, address)
		if err == nil && name != "" {
			r.found.Name = untrusted.New(name, maxName).Terminal()
			r.print("IP address resolved to "+r.found.Name, "")
		} else {
			r.print("Failed to resolve IP address to name", "")
		}
		r.print("querying...", "")
		return address, true
	}
	r.print("Attempting to resolve name to IP address...", "")
	addresses, err := r.eyes.Lookup(ctx, r.Node)
	at := slices.IndexFunc(addresses, func(a netip.Addr) bool { return r.Family == "" || (r.Family == "4") == a.Unmap().Is4() })
	if err != nil || at < 0 {
		r.print(Unresolvable, "")
		return netip.Addr{}, false
	}
	r.print("Name resolved to "+addresses[at].String(), "", "querying...", "")
	return addresses[at], true
}

// Unresolvable is what PortQry says of a name that has no address.
const Unresolvable = "Failed to resolve name to IP address"

// maxName is the longest name of a host, in bytes.
const maxName = 255

// ask asks one port of one transport.
func (r *run) ask(ctx context.Context, on Asked) {
	if r.over(ctx) {
		return
	}
	a := r.asking(on)
	state, speech, err := r.look(ctx, a)
	port := exposure.QueriedPort{Transport: on.Transport, Port: on.Port, Service: a.Service, State: state}
	switch {
	case err != nil && ctx.Err() != nil:
		return
	case err != nil:
		port.Error = r.unasked(a, err)
	default:
		r.print(r.verdict(a, state), "")
		r.speak(a, &port, speech)
		port.Verdict = verdicts[port.State]
	}
	if ctx.Err() == nil {
		r.keep(port)
	}
}

// look finds the state of a port and asks the question in its protocol, if it
// has one. A datagram service is asked both at once, because each silence takes
// seconds: what a datagram of no protocol tells counts only where the question
// is not answered. From a port of the user's own it goes one after the other.
func (r *run) look(ctx context.Context, a Asking) (exposure.State, *Speech, error) {
	if a.Transport != exposure.UDP || a.Source != 0 || a.Range {
		state, err := r.eyes.State(ctx, a)
		if !worthAsking(a, state) {
			return state, nil, err
		}
		return state, r.eyes.Speak(ctx, a), err
	}
	first, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		state exposure.State
		err   error
		done  = make(chan struct{})
	)
	go func() {
		defer close(done)
		state, err = r.eyes.State(first, a)
	}()
	speech := r.eyes.Speak(ctx, a)
	if speech != nil && speech.Heard {
		cancel()
		<-done
		return exposure.OpenFiltered, speech, nil
	}
	if <-done; !worthAsking(a, state) {
		speech = nil
	}
	return state, speech, err
}

// worthAsking tells that an answer in the protocol would say more than the state
// does. PortQry asks no datagram service that has answered already.
func worthAsking(a Asking, state exposure.State) bool {
	return state == exposure.OpenFiltered || state == exposure.Open && a.Transport == exposure.TCP
}

// asking is the question to a port.
func (r *run) asking(on Asked) Asking {
	return Asking{
		Asked: on, Address: r.found.Address, Service: r.eyes.Service(on.Transport, on.Port), Source: r.Source,
		Slow: r.SlowLink, Community: r.Community, Range: r.Range,
	}
}

// unasked tells why a port could not be asked. PortQry has no word for the
// state of it, and none of its words would be true.
func (r *run) unasked(a Asking, err error) string {
	if errors.Is(err, ErrSourceBusy) {
		lines := sourceBusy(a)
		r.print(lines...)
		return lines[0]
	}
	text := untrusted.New(err.Error(), maxReason).Terminal()
	r.print(fmt.Sprintf("%s port %d could not be asked: %s", words[a.Transport], a.Port, text), "")
	return text
}

// maxReason bounds what is said of a fault, in bytes.
const maxReason = 512

// keep takes a port into what was found and makes the exit code: 0 as long as
// every port is LISTENING, else that of the first one that is not.
func (r *run) keep(port exposure.QueriedPort) {
	r.found.Ports = append(r.found.Ports, port)
	if r.found.ExitCode != Listening {
		return
	}
	switch port.State {
	case exposure.Open:
	case exposure.Closed:
		r.found.ExitCode = NotListening
	default:
		r.found.ExitCode = Filtered
	}
}

// speak prints a conversation and corrects the state of the port by it.
func (r *run) speak(a Asking, port *exposure.QueriedPort, s *Speech) {
	if s == nil {
		return
	}
	port.Answer = &s.Found
	port.Answer.Answered = s.Heard
	if s.Ephemeral && (a.Source != 0 || s.Found.Protocol == "netbios-ns") { // as its capture has it
		r.print("Using ephemeral source port")
	}
	r.print(s.Lead...)
	if len(s.Answer) > 0 && !s.Banner {
		r.print("")
	}
	r.print(s.Answer...)
	if len(s.End) > 0 {
		r.print("")
	}
	r.print(s.End...)
	switch {
	case s.Banner:
		r.print("")
	case s.Heard:
		r.print("", cmp.Or(s.Verdict, fmt.Sprintf("%s port %d is LISTENING", words[a.Transport], a.Port)), "")
		port.State = exposure.Open
	case a.Transport == exposure.TCP:
		r.print("") // it took the connection
	default:
		r.print("", fmt.Sprintf("%s port %d is FILTERED", words[a.Transport], a.Port), "")
		port.State = exposure.Filtered
	}
}

var words = map[exposure.Transport]string{exposure.TCP: "TCP", exposure.UDP: "UDP"}

// verdicts are PortQry's words for states.
var verdicts = map[exposure.State]string{
	exposure.Open: "LISTENING", exposure.Closed: "NOT LISTENING", exposure.Filtered: "FILTERED", exposure.OpenFiltered: "LISTENING or FILTERED",
}

// verdict is the line that scripts look for.
func (r *run) verdict(a Asking, state exposure.State) string {
	return fmt.Sprintf("%s port %d (%s service): %s", words[a.Transport], a.Port, cmp.Or(a.Service, "unknown"), verdicts[state])
}

// ErrSourceBusy is the cause when the port to ask from belongs to somebody else.
var ErrSourceBusy = errors.New("the source port is in use")

// ErrSourceReserved is the cause when this user may not ask from the port.
var ErrSourceReserved = errors.New("source ports below 1024 are for root: run it as root, or choose a higher one")

// sourceBusy is what PortQry says of it.
func sourceBusy(a Asking) []string {
	if a.Source == 500 {
		return []string{
			"Cannot use source port 500, this port is already in use. Remote ISAKMP/IPSec services may only communicate with source port 500.",
			"Temporarily turn off the 'IPSEC Policy Agent' or the 'IPSEC Services' on the system you are running PortQry from and run the command again", "",
			"example: net stop PolicyAgent", "", "run Portqry to query ISAKMP", "", "net start PolicyAgent", "",
		}
	}
	return []string{
		"Cannot use specified source port.", "Port is already in use.",
		"Specify a port that is not in use and run the command again.", "",
	}
}
