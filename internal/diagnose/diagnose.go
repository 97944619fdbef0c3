// Package diagnose finds the one reason why a port is not as it should be. It
// walks the way from the process outwards, link by link, and names the Cause
// with its certainty, the evidence and what to do. Pure: it knows what a Case
// tells it and nothing else.
package diagnose

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

// Case is all that is known of one port of a host. What is absent was not
// seen; it never stands for "no".
type Case struct {
	Transport exposure.Transport
	Port      uint16
	Expected  string // the protocol that should answer there, empty when nobody said
	// Unwanted turns the question round: the port is reachable and should not be.
	Unwanted bool
	// Zone is whom the port is for, or should be kept from.
	Zone exposure.Zone

	Own        bool         // the host is this machine
	Addresses  []netip.Addr // of the host
	Listeners  []exposure.Listener
	Whole      bool // every listener of the machine was read
	Unfiltered bool // the machine's packet filter was read, and no rule of it could keep anything out
	// Lax is the same for the machine's own programs: rules may stand against what
	// it sends on.
	Lax      bool
	Firewall []exposure.FirewallAnswer
	// Product is what manages the packet filter, empty when nobody knows.
	Product string
	// Devices are the interfaces by which others come to the machine's addresses,
	// and Outward those that the default routes go by.
	Devices      map[netip.Addr]string
	Outward      []string
	Observations []exposure.Observation
	Services     []exposure.Service
	FTP          FTPData
	// Encrypted is whether TLS is demanded of the service, and Days how long its
	// certificate must still be valid for; 0: nobody asks.
	Encrypted bool
	Days      int
	// Again is what became of a port that was open when it was asked several times
	// more.
	Again  []exposure.Observation
	Names  []exposure.Resolution
	Router *Router
	// Leased are the addresses of this machine that it has for a time only, from
	// DHCP or by router advertisements; LeasesKnown says that the others are fixed.
	Leased      []netip.Addr
	LeasesKnown bool
	Access      Access
	// Around is what the vantages outside saw of whatever address and port: it
	// tells what they can see at all.
	Around []exposure.Observation
	// Taken are the ports of this machine that something has already.
	Taken []uint16
	// Right is what was seen of the port at addresses that the servers of the
	// name's zone say, where the resolver says others.
	Right []exposure.Observation
	// ByName is what was seen of the port by the name of this machine, and Proxied
	// what a proxy at Proxy got.
	ByName, Proxied []exposure.Observation
	Proxy           string
	// Unproxied is why the proxy could not be asked, in one line; empty when it was.
	Unproxied string
	// Way is what was learned of the way from here to another host, nil without.
	Way *Way
	// Controls are ports of another host drawn by lot, and how many of them took a
	// connection.
	Controls, ControlsOpen int
	// Changed is that this machine's own network changed while it was looked at.
	Changed bool
	// Reached is whether the vantage saw any other port of the address open.
	Reached bool
	// Looks are what this machine does with packets of those who looked at it.
	Looks []Look
	// Watched is what this machine saw of a vantage's probes, Sent what that says
	// that it sent, and Back the ways that answers take.
	Watched []exposure.Watched
	Sent    []exposure.SentProbes
	Back    []Back
	// Sends is whether the outside vantage is known to be able to send to the port.
	Sends bool
}

// Router is what the router before this machine tells of itself, and what the
// person tells of it.
type Router = exposure.Router

// Forward is one port that a router sends on to a host behind it.
type Forward = exposure.RouterForward

// Explain walks the way to the port and names the Cause, in a language.
func Explain(c Case, tag lang.Tag) exposure.DiagnosedPort {
	d := exposure.DiagnosedPort{Transport: c.Transport, Port: c.Port}
	if c.Own {
		d.Zone = c.Zone
	}
	known := learn(c)
	for _, s := range stages {
		if s.own != c.Own && !s.both {
			continue
		}
		if s.id == "tls" && !c.encrypted() || s.id == "ftp-data" && len(c.FTP.Looks) == 0 || s.id == "by-name" && len(c.ByName) == 0 || s.id == "proxy" && len(c.Proxied) == 0 && c.Unproxied == "" || s.id == "arrival" && !c.watched() || s.id == "back" && !hasFact(known, noWayBack) && !hasFact(known, strays) || s.id == "carrier" && c.Zone != exposure.ZoneInternetV4 {
			continue
		}
		result, detail := s.look(c, known)
		d.Stages = append(d.Stages, exposure.Stage{ID: s.id, Result: result, Detail: detail.in(tag)})
	}
	found := decide(c, known)
	d.Cause = exposure.Cause{ID: found.id, Certainty: found.certainty, Evidence: []string{}, Remedy: []string{}}
	for _, f := range found.evidence {
		d.Cause.Evidence = append(d.Cause.Evidence, known[f].in(tag))
	}
	for _, step := range remedy(c, found.id) {
		d.Cause.Remedy = append(d.Cause.Remedy, step.in(tag))
	}
	for _, rival := range found.rivals {
		d.Rivals = append(d.Rivals, exposure.Rival{ID: rival, Test: tests[rival].In(tag, c.pairs()...)})
	}
	d.Transfers = c.transfers()
	return d
}

// encrypted reports whether TLS was seen behind the port.
func (c Case) encrypted() bool {
	return slices.ContainsFunc(c.Services, func(s exposure.Service) bool { return s.TLS != nil })
}

// said is a text with what is to be filled in.
type said struct {
	lang.Text
	pairs []any
}

func say(t lang.Text, pairs ...any) said { return said{t, pairs} }

// paragraphs are whole sentences among the pairs of a text.
type paragraphs []said

// in is the text in a language. Texts among its pairs are put into it too: a list
// of them stands between commas.
func (s said) in(tag lang.Tag) string {
	pairs := slices.Clone(s.pairs)
	for i, p := range pairs {
		switch p := p.(type) {
		case said:
			pairs[i] = p.in(tag)
		case []said:
			pairs[i] = joined(p, tag, "; ", "、")
		case paragraphs:
			pairs[i] = joined(p, tag, " ", "")
		}
	}
	return s.In(tag, pairs...)
}

func joined(list []said, tag lang.Tag, en, ja string) string {
	var words []string
	for _, s := range list {
		words = append(words, s.in(tag))
	}
	if tag == lang.Japanese {
		return strings.Join(words, ja)
	}
	return strings.Join(words, en)
}

// pairs name the port in a text, as -p takes it too, and the address that others know it by.
func (c Case) pairs() []any {
	address := ""
	if list := append(c.others(), c.Addresses...); len(list) > 0 {
		address = list[0].String()
	}
	ports := strconv.Itoa(int(c.Port))
	if c.Transport == exposure.UDP {
		ports = "u:" + ports
	}
	return []any{"Transport", c.Transport.String(), "Port", int(c.Port), "Ports", ports, "Address", address}
}

// of reports whether an address belongs to those that the Case is about: for
// people on the Internet it is of their family, for the LAN of either.
func (c Case) of(a netip.Addr) bool {
	switch c.Zone {
	case exposure.ZoneInternetV4:
		return a.Unmap().Is4()
	case exposure.ZoneInternetV6:
		return a.Unmap().Is6()
	}
	if f, ok := c.lookedAt(); ok {
		return f == familyOf(a)
	}
	return true
}

// others are the addresses of the host that others than itself know it by.
func (c Case) others() []netip.Addr {
	return c.narrowed(c.reachable())
}

// reachable are the addresses that others may use.
func (c Case) reachable() []netip.Addr {
	return slices.DeleteFunc(slices.Clone(c.Addresses), func(a netip.Addr) bool {
		return a.IsLoopback() || a.IsLinkLocalUnicast() || !c.of(a)
	})
}

// seen are the observations of a view, the last of each address.
func (c Case) seen(view exposure.View) []exposure.Observation {
	var list []exposure.Observation
	var asked []netip.Addr
	if view == exposure.ViewSelf {
		asked = c.others()
	}
	for _, o := range c.Observations {
		if len(asked) > 0 && len(asked) < len(c.reachable()) && !slices.Contains(asked, o.Address) {
			continue
		}
		if o.View == view && (view == exposure.ViewLoopback || c.of(o.Address)) && (view != exposure.ViewOutside || !between(o.Address)) {
			list = append(list, o)
		}
	}
	return list
}
