package portqry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"

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
	// State asks one port, from a source port if that is not 0, with a first
	// datagram of no protocol where it is UDP.
	State func(ctx context.Context, a Asking) (exposure.State, error)
	// Service is what the services file calls a port of a transport, empty when
	// it does not know it.
	Service func(transport exposure.Transport, port uint16) string
	// Speak asks a port in its protocol; nil lines say that it has none of its
	// own.
	Speak func(ctx context.Context, a Asking) *Speech
}

// Asking is one question.
type Asking struct {
	Address   netip.Addr
	Transport exposure.Transport
	Port      uint16
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
}

// run is one query as it is printed.
type run struct {
	Command
	eyes Eyes
	out  io.Writer
	code int
	err  error // of the writer
}

// Query carries a command line out and returns the exit code. What it prints
// goes to out line by line, so that a log is whole up to an interrupt. An error
// is one of out, or ctx's own.
func Query(ctx context.Context, c Command, eyes Eyes, out io.Writer) (int, error) {
	r := &run{Command: c, eyes: eyes, out: out}
	address, ok := r.resolve(ctx)
	if !ok {
		return Unresolved, cmpErr(r.err, ctx)
	}
	if !r.NoReverse {
		r.print("querying...", "")
	}
	for _, port := range r.Ports {
		for _, transport := range r.transports() {
			if ctx.Err() != nil || r.err != nil {
				return r.code, cmpErr(r.err, ctx)
			}
			r.port(ctx, Asking{
				Address: address, Transport: transport, Port: port, Source: r.Source,
				Slow: r.SlowLink, Community: r.Community, Range: r.Range,
			})
		}
	}
	return r.code, cmpErr(r.err, ctx)
}

func cmpErr(err error, ctx context.Context) error {
	if err != nil {
		return err
	}
	return ctx.Err()
}

// print writes lines and keeps the first error.
func (r *run) print(lines ...string) {
	for _, line := range lines {
		if r.err == nil {
			_, r.err = fmt.Fprintln(r.out, line)
		}
	}
}

func (r *run) transports() []exposure.Transport {
	var list []exposure.Transport
	if r.TCP {
		list = append(list, exposure.TCP)
	}
	if r.UDP {
		list = append(list, exposure.UDP)
	}
	return list
}

// resolve finds the address of the node and, of an address, its name. A name
// without an address ends the query.
func (r *run) resolve(ctx context.Context) (netip.Addr, bool) {
	r.print("", "Querying target system called:", "", " "+r.Node, "")
	address, err := netip.ParseAddr(r.Node)
	if err == nil {
		if !r.NoReverse {
			r.print("Attempting to resolve IP address to a name...", "")
			name, err := r.eyes.Name(ctx, address)
			if err == nil && name != "" {
				r.print("IP address resolved to "+untrusted.New(name, maxName).Terminal(), "")
			} else {
				r.print("Failed to resolve IP address to name", "")
			}
		}
		return address, true
	}
	r.print("Attempting to resolve name to IP address...", "")
	addresses, err := r.eyes.Lookup(ctx, r.Node)
	if err != nil || len(addresses) == 0 {
		r.print("Failed to resolve name to IP address", "")
		return netip.Addr{}, false
	}
	r.print("Name resolved to "+addresses[0].String(), "")
	return addresses[0], true
}

// maxName is the longest name of a host, in bytes.
const maxName = 255

// port asks one port of one transport.
func (r *run) port(ctx context.Context, a Asking) {
	state, err := r.eyes.State(ctx, a)
	switch {
	case errors.Is(err, ErrSourceBusy):
		r.print(sourceBusy(a)...)
		r.count(exposure.Unknown)
		return
	case err != nil && ctx.Err() != nil:
		return
	case err != nil:
		r.print(fmt.Sprintf("%s port %d could not be asked: %s", words[a.Transport], a.Port, untrusted.New(err.Error(), maxName).Terminal()), "")
		r.count(exposure.Unknown)
		return
	}
	r.print(r.verdict(a, state), "")
	talks := state == exposure.Open || state == exposure.OpenFiltered
	if !talks || r.eyes.Speak == nil {
		r.count(state)
		return
	}
	if speech := r.eyes.Speak(ctx, a); speech != nil {
		state = r.speak(a, state, speech)
	}
	r.count(state)
}

// speak prints a conversation and returns what is known of the port behind it.
func (r *run) speak(a Asking, state exposure.State, s *Speech) exposure.State {
	if a.Source != 0 && slices.Contains(ephemeral, askedOn{a.Transport, a.Port}) {
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
		return state
	case s.Heard:
		r.print("", cmp.Or(s.Verdict, fmt.Sprintf("%s port %d is LISTENING", words[a.Transport], a.Port)), "")
		return exposure.Open
	case a.Transport == exposure.TCP:
		r.print("")
		return state // it took the connection
	}
	r.print("", fmt.Sprintf("%s port %d is FILTERED", words[a.Transport], a.Port), "")
	return exposure.Filtered
}

// askedOn is a port of a transport.
type askedOn struct {
	transport exposure.Transport
	port      uint16
}

// ephemeral are the ports whose second question leaves from another source port
// than the one that -sp names.
var ephemeral = []askedOn{
	{exposure.TCP, 135}, {exposure.UDP, 135}, {exposure.UDP, 389}, {exposure.UDP, 137},
}

var words = map[exposure.Transport]string{exposure.TCP: "TCP", exposure.UDP: "UDP"}

// verdict is the line that scripts look for.
func (r *run) verdict(a Asking, state exposure.State) string {
	service := r.eyes.Service(a.Transport, a.Port)
	if service == "" {
		service = "unknown"
	}
	word := map[exposure.State]string{
		exposure.Open: "LISTENING", exposure.Closed: "NOT LISTENING", exposure.Filtered: "FILTERED", exposure.OpenFiltered: "LISTENING or FILTERED",
	}[state]
	return fmt.Sprintf("%s port %d (%s service): %s", words[a.Transport], a.Port, service, word)
}

// count makes the exit code: 0 as long as every port is LISTENING, else that of
// the first one that is not.
func (r *run) count(state exposure.State) {
	if r.code != Listening {
		return
	}
	switch state {
	case exposure.Open:
	case exposure.Closed:
		r.code = NotListening
	default:
		r.code = Filtered
	}
}

// ErrSourceBusy is the cause when the port to ask from belongs to somebody else.
var ErrSourceBusy = errors.New("the source port is in use")

// sourceBusy is what PortQry says of it.
func sourceBusy(a Asking) []string {
	if a.Source == 500 {
		return []string{
			"Cannot use source port 500, this port is already in use.",
			"Remote ISAKMP/IPSec services may only communicate with source port 500.",
			"Temporarily turn off the 'IPSEC Policy Agent' or the 'IPSEC Services'",
			"on this computer and run the command again.",
			"example: net stop PolicyAgent", "",
		}
	}
	return []string{
		"Cannot use specified source port.", "Port is already in use.",
		"Specify a port that is not in use and run the command again.", "",
	}
}
