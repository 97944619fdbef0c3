// Package probe finds out what is behind an open port: it listens, speaks
// protocols and keeps what the peer told, as facts and never as opinions. The
// framework dials, bounds and closes; a probe, one file a protocol, only talks.
// No probe tries a password of its own accord or changes anything on the peer.
package probe

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"sekisho/internal/exposure"
)

// Probe speaks one protocol over one transport.
type Probe struct {
	Name      string
	Protocol  string // what a Service calls it, where several probes speak one protocol; else the Name
	Transport exposure.Transport
	Ports     []uint16 // numbers that belong to the protocol
	TLSPorts  []uint16 // numbers on which it stands inside TLS from the first byte

	// ClientFirst says that the server waits for our word, so that on its own
	// ports the probe speaks at once instead of listening first.
	ClientFirst bool

	// Greets judges the first bytes that a peer sent, on its own or in answer
	// to another protocol. It leads from a wrong protocol to the right one.
	Greets func(first []byte) Fit

	// Blind is the turn in which the probe is tried on a port that is not its
	// own and says nothing: 1 is first, 0 is never.
	Blind int

	// Run talks to the peer. What it learned it returns beside the error that
	// ended it; an empty Protocol says that the peer speaks another one. Without
	// it the Hello and a reply that matches name the protocol.
	Run func(ctx context.Context, s *Session) (exposure.Service, error)

	// Tests are the in-depth forms.
	Tests []Test

	// Hello is the first datagram, and Match tells whether a datagram answers
	// it. A scan of UDP ports needs both. The hello is harmless: it leaves
	// nothing behind on the server and asks for no more than it must, since the
	// answer may go to somebody whose address was forged. The nonce goes into
	// what the server repeats, and Match holds the reply to it. Protocols that
	// are alike take their ids from different parts of it, so that a port may be
	// asked in all of them at once.
	Hello func(nonce uint64) []byte
	Match func(hello, reply []byte) bool

	// Tell adds to a service what a matching reply told of it. The reply is
	// whole but for that unproven.
	Tell func(reply []byte, svc *exposure.Service)

	// Weak says that the protocol repeats nothing of the hello, or less than 15
	// bits of it: a reply has the right shape, but whoever guesses our port could
	// have sent it.
	Weak bool
	// Silent says that servers of the protocol answer no stranger, by design or
	// as they are usually set up, so that the silence of such a port tells
	// nothing. What does answer is held to Match all the same.
	Silent bool
	// OtherPort says that the answer comes from another port of the server than
	// the one that was asked.
	OtherPort bool
}

// Fit is how well the first bytes of a peer fit a protocol.
type Fit uint8

// The fits. Any takes what nothing else wants.
const (
	No Fit = iota
	Any
	Maybe
	Sure
)

// probes are the registered ones, in the order of their names.
var probes []Probe

// register adds a probe. Two of one name and transport, or one that can neither
// run nor be asked by datagram, are mistakes of the program.
func register(p Probe) {
	if p.Name == "" || p.Run == nil && p.Hello == nil || p.Transport == exposure.NoTransport {
		panic(fmt.Sprintf("probe %q is not complete", p.Name))
	}
	for _, t := range p.Tests {
		if _, _, known := testNamed(t.Name); known || t.Name == "" || t.Port == 0 || t.Run == nil {
			panic(fmt.Sprintf("test %q of probe %q is not complete, or another one has its name", t.Name, p.Name))
		}
	}
	if p.Transport == exposure.UDP && (p.Hello == nil || p.Match == nil) {
		panic(fmt.Sprintf("probe %q over udp has no hello", p.Name))
	}
	at, found := slices.BinarySearchFunc(probes, p, compareProbes)
	if found {
		panic(fmt.Sprintf("probe %q over %s is registered twice", p.Name, p.Transport))
	}
	probes = slices.Insert(probes, at, p)
}

func compareProbes(a, b Probe) int {
	if c := strings.Compare(a.Name, b.Name); c != 0 {
		return c
	}
	return int(a.Transport) - int(b.Transport)
}

// All returns the registered probes in the order of their names.
func All() []Probe { return slices.Clone(probes) }

// Hellos returns the probes that belong to a UDP port, for the datagrams with
// which a scan asks it.
func Hellos(port uint16) []Probe {
	var found []Probe
	for _, p := range probes {
		if p.Transport == exposure.UDP && slices.Contains(p.Ports, port) {
			found = append(found, p)
		}
	}
	return found
}

// leads returns the probes whose protocol the first bytes fit, the best first;
// among equals those of the port come first.
func leads(transport exposure.Transport, port uint16, first []byte) []Probe {
	type lead struct {
		Probe
		fit Fit
		own bool
	}
	var found []lead
	for _, p := range probes {
		if p.Transport != transport || p.Greets == nil {
			continue
		}
		own := slices.Contains(p.Ports, port) || slices.Contains(p.TLSPorts, port)
		// What takes any text is asked on its own port, before the banner.
		if fit := p.Greets(first); fit != No && (fit != Any || own || p.Name == bannerName) {
			found = append(found, lead{p, fit, own})
		}
	}
	slices.SortStableFunc(found, func(a, b lead) int {
		switch {
		case a.fit != b.fit:
			return int(b.fit) - int(a.fit)
		case a.own && !b.own:
			return -1
		case b.own && !a.own:
			return 1
		}
		return 0
	})
	list := make([]Probe, len(found))
	for i, l := range found {
		list[i] = l.Probe
	}
	return list
}
