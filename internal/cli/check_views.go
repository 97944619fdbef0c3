package cli

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"sekisho/internal/diagnose"
	"sekisho/internal/exposure"
	"sekisho/internal/netio"
	"sekisho/internal/reach"
	"sekisho/internal/scan"
)

// viewFlags are further ways by which check looks at this machine: by its name,
// and through a proxy.
type viewFlags struct {
	name  string
	proxy proxyFlag
	leads *[]netip.Addr // of the name, where it was asked for already
}

func (v *viewFlags) register(f *pflag.FlagSet, a *app) {
	f.StringVar(&v.name, "name", "", a.say.Say("flag.check-name"))
	v.proxy.register(f, a)
}

// check says what is wrong with the name.
func (v *viewFlags) check(a *app) error {
	if v.name == "" {
		return nil
	}
	if _, err := parseAddress(v.name); err == nil {
		return a.fail(exitUsage, "cli.name-address", "Name", quoted(v.name))
	}
	return a.nameLike(v.name)
}

// otherViews adds the ports of this machine as clients get to them by its name and
// through a proxy. Nobody is connected to of whom it is not known that it is this
// machine or the router before it.
func (r *checkRun) otherViews(ctx context.Context) {
	i := slices.IndexFunc(r.report.Hosts, func(h exposure.Host) bool { return r.ownHost(h.Addresses) })
	if i < 0 || r.views.name == "" && r.through == nil {
		return
	}
	h := &r.report.Hosts[i]
	if r.views.name != "" {
		var (
			addresses []netip.Addr
			err       error
		)
		if r.views.leads != nil {
			addresses = *r.views.leads
		} else if addresses, err = r.app.lookup(ctx, r.views.name); err != nil {
			r.viewNote(r.app.say.Say("note.by-name", "Name", r.views.name, "Error", oneLine(err.Error())))
		}
		var targets []exposure.Target
		for _, address := range addresses {
			switch {
			case !r.flags.family.keeps(address):
			case r.machine.isOwn(address), slices.Contains(h.Public, address):
				targets = append(targets, exposure.Target{Name: r.views.name, Address: address})
			default:
				r.viewNote(r.app.say.Say("note.by-name-elsewhere", "Name", r.views.name, "Address", address))
			}
		}
		r.lookAgain(ctx, h, exposure.ViewName, targets, openTCP(h.Ports), nil)
	}
	if r.through != nil {
		var targets []exposure.Target
		for _, address := range append(slices.Clone(h.Public), h.Addresses...) {
			known := slices.ContainsFunc(targets, func(t exposure.Target) bool { return t.Address == address })
			if !known && r.flags.family.keeps(address) && !reach.Loopback(address) && !address.IsLinkLocalUnicast() {
				targets = append(targets, exposure.Target{Address: address})
			}
		}
		r.lookAgain(ctx, h, exposure.ViewProxy, targets, openTCP(h.Ports), r.through)
	}
}

// openTCP are the TCP ports that answer from anywhere.
func openTCP(list []exposure.Port) (ports []uint16) {
	for _, p := range list {
		open := slices.ContainsFunc(p.Observations, func(o exposure.Observation) bool { return o.State == exposure.Open })
		if open && p.Transport == exposure.TCP && len(ports) < mostHairpins {
			ports = append(ports, p.Port)
		}
	}
	return ports
}

// lookAgain adds what is seen of TCP ports of this machine by another way.
func (r *checkRun) lookAgain(ctx context.Context, h *exposure.Host, view exposure.View, targets []exposure.Target, ports []uint16, proxy *netio.Proxy) {
	for _, o := range r.seenBy(ctx, view, targets, ports, proxy) {
		for i := range h.Ports {
			if p := &h.Ports[i]; p.Transport == o.Transport && p.Port == o.Port {
				p.Observations = append(p.Observations, o)
			}
		}
	}
}

// seenBy connects to TCP ports by another way.
func (r *checkRun) seenBy(ctx context.Context, view exposure.View, targets []exposure.Target, ports []uint16, proxy *netio.Proxy) (list []exposure.Observation) {
	if len(targets) == 0 || len(ports) == 0 || ctx.Err() != nil {
		return nil
	}
	base := r.base
	base.Method, base.Progress, base.Proxy = scan.Connect, nil, proxy
	base.View = func(netip.Addr) exposure.View { return view }
	base.Targets, base.TCP = targets, ports
	engine := scan.New()
	defer engine.Close()
	_, err := engine.Run(ctx, base, func(o exposure.Observation) { list = append(list, o) })
	if err != nil {
		if proxy != nil {
			r.unproxied = oneLine(err.Error())
			if _, why, found := strings.Cut(r.unproxied, proxy.At.String()+": "); found { // which the line names already
				r.unproxied = strings.TrimPrefix(why, "cannot be used: ")
			}
		}
		r.viewNote(r.app.say.Say("note.another-way", "View", string(view), "Error", oneLine(err.Error())))
	}
	return list
}

// throughProxy asks a proxy for the ports of another host.
func (r *checkRun) throughProxy(ctx context.Context, h exposure.Host, ports []asked) []exposure.Observation {
	if r.through == nil {
		return nil
	}
	var (
		targets []exposure.Target
		numbers []uint16
	)
	for _, address := range h.Addresses {
		targets = append(targets, exposure.Target{Address: address})
	}
	for _, p := range ports {
		if p.transport == exposure.TCP && !slices.Contains(numbers, p.port) {
			numbers = append(numbers, p.port)
		}
	}
	return r.seenBy(ctx, exposure.ViewProxy, targets, numbers, r.through)
}

// viewNote is a line about a way by which nothing was looked at. It needs no other
// rights, so that it is no part of what could not be seen.
func (r *checkRun) viewNote(line string) {
	if r.report.Scan != nil {
		r.report.Scan.Notes = append(r.report.Scan.Notes, line)
	}
}

// named has services spoken to by the name of this machine, and connects by it to
// where it leads.
func (r *checkRun) named(names []exposure.Resolution) {
	for _, n := range names {
		r.called, r.views.name, r.views.leads = n.Name, n.Name, &n.Addresses
	}
}

// tellFurther sets what was seen by name and through a proxy apart in a case: they
// are no views of those whom the port is for.
func (r *checkRun) tellFurther(c *diagnose.Case) {
	var rest []exposure.Observation
	for _, o := range c.Observations {
		switch o.View {
		case exposure.ViewName:
			c.ByName = append(c.ByName, o)
		case exposure.ViewProxy:
			c.Proxied = append(c.Proxied, o)
		default:
			rest = append(rest, o)
		}
	}
	c.Observations = rest
	if r.through != nil {
		c.Proxy, c.Unproxied = r.through.At.String(), r.unproxied
	}
}
