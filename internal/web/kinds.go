package web

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/portspec"
)

// kind is one sort of look that a page offers.
type kind struct {
	ID             string
	tcp, udp       exposure.PortList
	echo, identify bool
	method         string
	Watch          bool   // the port is asked again and again
	Asks           string // what the visitor is to write: port, list, ftp or mail; empty for nothing
}

// Count is how many ports it looks at.
func (k kind) Count() int { return len(k.tcp) + len(k.udp) }

// Tests reports whether it is of tests in depth.
func (k kind) Tests() bool { return k.Asks == ftpKind || k.Asks == mailKind }

func listed(text string, udp bool) exposure.PortList {
	spec, err := portspec.Parse(text, udp)
	if err != nil {
		panic(err) // the texts are our own
	}
	if udp {
		return spec.UDP.Slice()
	}
	return spec.TCP.Slice()
}

// kinds are the looks in the order of use.
var kinds = sync.OnceValue(func() []kind {
	return []kind{
		{ID: "quick", tcp: listed("@common", false), udp: listed("53,123,137,161,1900", true), echo: true, identify: true},
		{ID: "syn", tcp: listed("@common", false), echo: true, method: "syn"},
		{ID: "grid", tcp: listed("@grid", false), echo: true},
		{ID: "all", tcp: listed("@all", false), echo: true},
		{ID: "udp", udp: listed("@service", true), echo: true, identify: true},
		{ID: "trojan", tcp: listed("@trojan", false), udp: listed("@trojan", true), identify: true},
		{ID: "upnp", tcp: listed("1900,2869,5000,5431,49152,49153", false), udp: listed("1900,5351", true), identify: true},
		{ID: portKind, echo: true, identify: true, Asks: "port"},
		{ID: watchKind, method: "connect", Watch: true, Asks: "port"},
		{ID: "custom", echo: true, identify: true, Asks: "list"},
		{ID: ftpKind, Asks: ftpKind},
		{ID: mailKind, Asks: mailKind},
	}
})

func kindOf(id string) (kind, bool) {
	i := slices.IndexFunc(kinds(), func(k kind) bool { return k.ID == id })
	if i < 0 {
		return kind{}, false
	}
	return kinds()[i], true
}

// mostList bounds what a visitor writes.
const mostList = 1000

// with is the kind with the ports that the visitor wrote, or a sentence on what is
// wrong with them.
func (k kind) with(ports, transport string, tag lang.Tag) (kind, string) {
	if k.Asks == "" || k.Tests() {
		return k, ""
	}
	ports = strings.TrimSpace(ports)
	ports = ports[:min(len(ports), mostList)]
	spec, err := portspec.Parse(ports, transport == "udp")
	if err != nil {
		var wrong *portspec.Error
		if errors.As(err, &wrong) {
			return k, wrong.Sentence(tag == lang.Japanese)
		}
		return k, err.Error()
	}
	k.tcp, k.udp = spec.TCP.Slice(), spec.UDP.Slice()
	return k, ""
}

// runs are what a visitor may say that they run, and the ports that then are to be
// open. One of them has to be; of games none, since they open and close them.
var runs = []struct {
	id       string
	tcp, udp exposure.PortList
	any      bool // one of them is to be open
}{
	{"web", listed("80,443", false), listed("443", true), true},
	{"ftp", listed("21", false), nil, true},
	{"mail", listed("25,110,143,465,587,993,995", false), nil, true},
	{"games", listed("3074,3478-3480,9293,10070-10080,25565,27015,27036", false), listed("88,500,3074,3478-3480,3544,4500,9295-9304,19132,27015,45000-65535", true), false},
}

// ownRun is what begins the word for a list of the visitor's own.
const ownRun = "own:"

// intended are the ports that a visitor says are to be open.
type intended struct {
	ports map[endpoint]bool
	// unmet are the words of what is said to run, with the ports of which at
	// least one is to be open.
	needs []need
}

type need struct {
	Run   string
	ports []endpoint
}

type endpoint struct {
	Transport exposure.Transport
	Port      uint16
}

func (a endpoint) compare(b endpoint) int {
	return cmp.Or(cmp.Compare(a.Transport, b.Transport), cmp.Compare(a.Port, b.Port))
}

func (a endpoint) String() string { return strconv.Itoa(int(a.Port)) + "/" + a.Transport.String() }

func endpoints(tcp, udp exposure.PortList) []endpoint {
	list := make([]endpoint, 0, len(tcp)+len(udp))
	for _, p := range tcp {
		list = append(list, endpoint{exposure.TCP, p})
	}
	for _, p := range udp {
		list = append(list, endpoint{exposure.UDP, p})
	}
	return list
}

func intend(words []string) intended {
	in := intended{ports: map[endpoint]bool{}}
	add := func(run string, tcp, udp exposure.PortList, each, one bool) {
		list := endpoints(tcp, udp)
		for _, e := range list {
			in.ports[e] = true
			if each {
				in.needs = append(in.needs, need{run, []endpoint{e}})
			}
		}
		if one {
			in.needs = append(in.needs, need{run, list})
		}
	}
	for _, word := range words {
		if text, own := strings.CutPrefix(word, ownRun); own {
			if spec, err := portspec.Parse(text, false); err == nil {
				add(ownRun, spec.TCP.Slice(), spec.UDP.Slice(), true, false)
			}
			continue
		}
		for _, r := range runs {
			if r.id == word {
				add(r.id, r.tcp, r.udp, false, r.any)
			}
		}
	}
	return in
}
