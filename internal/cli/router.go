package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v4"

	"sekisho/internal/diagnose"
	"sekisho/internal/exposure"
	"sekisho/internal/hostnet"
	"sekisho/internal/lang"
	"sekisho/internal/portspec"
)

// The words of --router that are no file.
const (
	routerAsk  = "ask"
	routerNone = "none"
)

// registerRouter adds --router. Check without it asks nobody: it sends nothing
// off the machine unasked.
func registerRouter(f *pflag.FlagSet, into *string, without string, say *lang.Printer) {
	f.StringVar(into, "router", without, say.Say("flag.router"))
}

// router is what is known of the router before this machine: what it tells
// itself, and before that what the person wrote into a file.
type router struct {
	known  *exposure.Router
	unseen []hostnet.Unseen
}

// askRouter begins to ask, beside whatever else is done; the result is handed
// out once. A file that is wrong is told at once, before anybody is asked.
func (a *app) askRouter(ctx context.Context, word string, ports ...exposure.RouterPort) (func() router, error) {
	var person *exposure.Router
	switch word {
	case routerNone:
		return func() router { return router{} }, nil
	case routerAsk:
	default:
		var err error
		if person, err = a.routerFile(word); err != nil {
			return nil, err
		}
	}
	told := make(chan router, 1)
	ctx, cancel := a.bounded(ctx)
	go func() {
		defer cancel()
		r, unseen := hostnet.ReadRouter(ctx, ports...)
		if person != nil {
			r, unseen = asWritten(r, person), nil
		}
		told <- router{r, unseen}
	}()
	return func() router { return <-told }, nil
}

// maxRouterFile bounds the file of --router, in bytes, and maxRouterForwards the
// ports that it may tell of.
const (
	maxRouterFile     = 1 << 18
	maxRouterForwards = 4096
)

// routerWords is the file of --router: what a person reads off the pages of the
// router. What is left out is not known.
type routerWords struct {
	WAN      netip.Addr   `yaml:"wan"`
	Own      []netip.Addr `yaml:"own"`
	Page     string       `yaml:"page"`
	Forwards []struct {
		Protocol string     `yaml:"protocol"`
		Outer    string     `yaml:"outer"`
		To       netip.Addr `yaml:"to"`
		Inner    uint16     `yaml:"inner"`
		By       string     `yaml:"by"`
	} `yaml:"forwards"`
	Whole bool     `yaml:"whole"`
	DMZ   string   `yaml:"dmz"`
	Block []string `yaml:"blocks"`
	IPv6  string   `yaml:"ipv6"`
}

// routerFile reads what the person wrote.
func (a *app) routerFile(path string) (*exposure.Router, error) {
	b, err := readBounded(path, maxRouterFile)
	if err != nil {
		return nil, a.fail(exitUsage, "cli.router-unread", "Path", path, "Error", reason(err))
	}
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	var words routerWords
	if err := d.Decode(&words); err != nil && !errors.Is(err, io.EOF) {
		return nil, a.fail(exitUsage, "cli.router-wrong", "Path", path, "Error", oneLine(err.Error()))
	}
	r, where, value := words.router()
	if where != "" {
		return nil, a.fail(exitUsage, "cli.router-value", "Path", path, "Key", where, "Value", quoted(value))
	}
	return r, nil
}

// router is the file in the words of a report, or which of its values is wrong.
func (w routerWords) router() (r *exposure.Router, where, value string) {
	r = &exposure.Router{Sources: []exposure.RouterSource{exposure.RouterPerson}, WAN: w.WAN.Unmap(), Own: w.Own, Whole: w.Whole}
	if !w.WAN.IsValid() {
		r.WAN = netip.Addr{}
	}
	if w.Page != "" {
		if !strings.HasPrefix(w.Page, "http://") && !strings.HasPrefix(w.Page, "https://") || strings.ContainsFunc(w.Page, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return nil, "page", w.Page
		}
		r.Page = w.Page
	}
	switch strings.ToLower(w.DMZ) {
	case "":
	case routerNone:
		r.NoDMZ = true
	default:
		address, err := netip.ParseAddr(w.DMZ)
		if err != nil {
			return nil, "dmz", w.DMZ
		}
		r.DMZ = address.Unmap()
	}
	for i, f := range w.Forwards {
		at := "forwards[" + strconv.Itoa(i) + "]"
		ports, ok := routerPorts(f.Outer, f.Protocol)
		switch {
		case !ok || len(r.Forwards)+len(ports) > maxRouterForwards:
			return nil, at + ".outer", f.Outer + "/" + f.Protocol
		case !f.To.IsValid():
			return nil, at + ".to", ""
		case f.By != "" && f.By != "hand" && f.By != "program":
			return nil, at + ".by", f.By
		}
		for _, p := range ports {
			inner := p.Port
			if f.Inner != 0 {
				inner = f.Inner + p.Port - ports[0].Port
			}
			r.Forwards = append(r.Forwards, exposure.RouterForward{
				Transport: p.Transport, Outer: p.Port, To: netip.AddrPortFrom(f.To.Unmap(), inner),
				Requested: f.By == "program", Source: exposure.RouterPerson,
			})
		}
	}
	for i, word := range w.Block {
		if len(w.Block) == 1 && strings.EqualFold(word, routerNone) {
			r.NoBlocks = true
			break
		}
		number, protocol, _ := strings.Cut(word, "/")
		ports, ok := routerPorts(number, protocol)
		if !ok || len(r.Blocks)+len(ports) > maxRouterForwards {
			return nil, "blocks[" + strconv.Itoa(i) + "]", word
		}
		r.Blocks = append(r.Blocks, ports...)
	}
	switch strings.ToLower(w.IPv6) {
	case "":
	case "filtered":
		r.Filter6 = &exposure.RouterFilter6{On: true, Whole: w.Whole}
	case "open":
		r.Filter6 = &exposure.RouterFilter6{}
	default:
		return nil, "ipv6", w.IPv6
	}
	r.WANKind = hostnet.WANKindOf(r.WAN)
	return r, "", ""
}

// routerPorts are the ports of a list or range and of a protocol, without which
// both are meant.
func routerPorts(numbers, protocol string) (list []exposure.RouterPort, ok bool) {
	transports, known := map[string][]exposure.Transport{
		"": {exposure.TCP, exposure.UDP}, "both": {exposure.TCP, exposure.UDP}, "tcp": {exposure.TCP}, "udp": {exposure.UDP},
	}[strings.ToLower(protocol)]
	spec, err := portspec.Parse(numbers, false)
	if !known || err != nil || len(spec.UDP.Slice()) > 0 || len(spec.TCP.Slice()) > maxRouterForwards {
		return nil, false
	}
	for _, t := range transports {
		for _, port := range spec.TCP.Slice() {
			list = append(list, exposure.RouterPort{Transport: t, Port: port})
		}
	}
	return list, true
}

// asWritten joins what the router tells of itself with what the person wrote,
// which goes first: some routers tell what was true an hour ago.
func asWritten(told, person *exposure.Router) *exposure.Router {
	if told == nil {
		return person
	}
	r := *person
	r.Gateway, r.Product, r.Asked, r.Cut = told.Gateway, told.Product, told.Asked, told.Cut
	r.Sources = slices.Concat(person.Sources, told.Sources)
	r.Forwards = slices.Clone(person.Forwards)
	for _, f := range told.Forwards {
		if !slices.ContainsFunc(person.Forwards, func(g exposure.RouterForward) bool {
			return g.Transport == f.Transport && g.Outer == f.Outer && g.To == f.To
		}) {
			r.Forwards = append(r.Forwards, f)
		}
	}
	for i := range r.Forwards { // that a program asked for it, the router knows better
		for _, f := range told.Forwards {
			if g := &r.Forwards[i]; f.Requested && g.Transport == f.Transport && g.Outer == f.Outer && g.To == f.To {
				g.Requested, g.Description, g.LeaseS = true, f.Description, f.LeaseS
			}
		}
	}
	if !r.WAN.IsValid() {
		r.WAN, r.WANKind = told.WAN, told.WANKind
	}
	if r.Page == "" {
		r.Page = told.Page
	}
	if r.Filter6 == nil {
		r.Filter6 = told.Filter6
	}
	return &r
}

// routerPortsOf are the ports that somebody asks about, as a router is asked.
func routerPortsOf(ports []asked) []exposure.RouterPort {
	list := make([]exposure.RouterPort, len(ports))
	for i, p := range ports {
		list[i] = exposure.RouterPort{Transport: p.transport, Port: p.port}
	}
	return list
}

// leases are the addresses of this machine that do not stay, read once.
var leases = sync.OnceValues(hostnet.Leased)

// tellRouter gives a case what is known of the router before this machine, and of
// which of its addresses stay.
func tellRouter(h exposure.Host, c *diagnose.Case) {
	c.Router = h.Router
	c.Leased, c.LeasesKnown = leases()
}

// forwarded adds to the ports of this machine the forwards of its router that
// lead to them, also to those that nothing has.
func (r *checkRun) forwarded(ctx context.Context, h *exposure.Host) {
	h.Ports = withForwards(ctx, h.Ports, h.Router, h.Addresses, r.filter, r.asks)
}

// withForwards adds the forwards of a router to the ports that they lead to.
func withForwards(ctx context.Context, ports []exposure.Port, r *exposure.Router, own []netip.Addr, filter *filter, asks func(portKey) bool) []exposure.Port {
	if r == nil {
		return ports
	}
	for _, f := range r.Forwards {
		key := portKey{f.Transport, f.To.Port()}
		if f.Off || f.Outer == 0 || !slices.Contains(own, f.To.Addr()) || !asks(key) {
			continue
		}
		at := slices.IndexFunc(ports, func(p exposure.Port) bool { return p.Transport == key.transport && p.Port == key.port })
		if at < 0 {
			at = len(ports)
			ports = append(ports, exposure.Port{
				Transport: key.transport, Port: key.port, Name: portName(key.transport, key.port), Observations: []exposure.Observation{},
			})
			if filter != nil {
				ports[at].Firewall = filter.openTo(ctx, key)
			}
		}
		ports[at].Forwards = append(ports[at].Forwards, f)
	}
	slices.SortStableFunc(ports, comparePorts)
	return ports
}

// asks reports whether the user asked about a port: of all without -p.
func (r *checkRun) asks(key portKey) bool {
	if r.flags.ports == "" {
		return true
	}
	return len(r.asked([]exposure.Listener{{Transport: key.transport, Port: key.port}})) > 0
}
