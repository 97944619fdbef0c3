// Package portspec holds which ports are meant: lists of ports as people write
// them, named sets of ports, and the catalogue of services, which tells what a
// number is usually used for, what somebody who finds it open can do with it,
// and what to use instead.
package portspec

import (
	"slices"
	"strings"
	"sync"
)

// Text is a text in both languages of the program.
type Text struct{ EN, JA string }

// ports keeps the entries of the catalogue short.
type ports = []uint16

// Service is one entry of the catalogue. The numbers and names are those of the
// IANA registry where it has any, and else of the software's documentation.
// What listens on a port may be something else: the catalogue tells what a
// number is for, never what is behind it.
type Service struct {
	Name    string   // the registered name where there is one, in lower case
	Aliases []string // what people call it otherwise
	TCP     []uint16 // the usual port first
	UDP     []uint16
	Summary Text // what it is, in one line
	// Cleartext holds when what it carries can be read and changed on the way:
	// nothing encrypts it, or not before both sides agree to (STARTTLS).
	Cleartext bool
	// LoginCleartext holds when a password can cross the network readable.
	LoginCleartext bool
	// LocalOnly holds for what is known to belong to one machine or its local
	// network, and to nobody on the Internet.
	LocalOnly bool
	// Trojan marks numbers known from remote-access trojans. Such an entry is a
	// hint at most.
	Trojan    bool
	Risk      Text   // what somebody who reaches it can do with it, in one sentence
	Successor string // the name of the encrypted or safer service to use instead, if there is one
}

// catalogue is all entries. Where several use a number, the first one gives it
// its name, so the order of the themes, and within them of the entries, counts.
var catalogue = sync.OnceValue(func() []Service {
	return slices.Concat(basic, mail, remote, files, web, windows, network, printing, voice, home, databases, queues, containers, peers, monitoring, games, trojans)
})

// index finds entries by name and number.
var index = sync.OnceValue(func() (i struct {
	names map[string]int
	ports map[string]map[uint16]int
},
) {
	i.names = map[string]int{}
	i.ports = map[string]map[uint16]int{"tcp": {}, "udp": {}}
	for n, s := range catalogue() {
		i.names[s.Name] = n
		for _, alias := range s.Aliases {
			i.names[alias] = n
		}
		for transport, ports := range map[string][]uint16{"tcp": s.TCP, "udp": s.UDP} {
			for _, port := range ports {
				if _, taken := i.ports[transport][port]; !taken {
					i.ports[transport][port] = n
				}
			}
		}
	}
	return i
})

// Services returns the catalogue. The slices inside are shared: read only.
func Services() []Service { return slices.Clone(catalogue()) }

// Lookup returns the service that a port is usually used for on a transport,
// "tcp" or "udp". Of several it is always the same one.
func Lookup(transport string, port uint16) (Service, bool) {
	n, known := index().ports[transport][port]
	if !known {
		return Service{}, false
	}
	return catalogue()[n], true
}

// ByName returns the service of a name or alias, in any case.
func ByName(name string) (Service, bool) {
	n, known := index().names[strings.ToLower(name)]
	if !known {
		return Service{}, false
	}
	return catalogue()[n], true
}

// serviceNames is every name and alias, in the order of the catalogue.
var serviceNames = sync.OnceValue(func() []string {
	var names []string
	for _, s := range catalogue() {
		names = append(append(names, s.Name), s.Aliases...)
	}
	return names
})

// Nearest is the name that a mistaken one was probably meant to be, empty when
// it is like none.
func Nearest(name string) string { return Similar(strings.ToLower(name), serviceNames()) }
