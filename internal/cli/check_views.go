package cli

import (
	"context"
	"net/netip"
	"slices"

	"github.com/spf13/pflag"

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
}

func (v *viewFlags) register(f *pflag.FlagSet, a *app) {
	f.StringVar(&v.name, "name", "", a.say.Say("flag.check-name"))
	v.proxy.register(f, a)
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
		addresses, err := r.app.lookup(ctx, r.views.name)
		if err != nil {
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
		r.lookAgain(ctx, h, exposure.ViewName, targets, nil)
	}
	if r.through != nil {
		var targets []exposure.Target
		for _, address := range append(slices.Clone(h.Public), h.Addresses...) {
			known := slices.ContainsFunc(targets, func(t exposure.Target) bool { return t.Address == address })
			if !known && r.flags.family.keeps(address) && !reach.Loopback(address) && !address.IsLinkLocalUnicast() {
				targets = append(targets, exposure.Target{Address: address})
			}
		}
		r.lookAgain(ctx, h, exposure.ViewProxy, targets, r.through)
	}
}

// lookAgain connects to the TCP ports that answer from anywhere by another way.
func (r *checkRun) lookAgain(ctx context.Context, h *exposure.Host, view exposure.View, targets []exposure.Target, proxy *netio.Proxy) {
	var ports []uint16
	for _, p := range h.Ports {
		open := slices.ContainsFunc(p.Observations, func(o exposure.Observation) bool { return o.State == exposure.Open })
		if open && p.Transport == exposure.TCP && len(ports) < mostHairpins {
			ports = append(ports, p.Port)
		}
	}
	if len(targets) == 0 || len(ports) == 0 || ctx.Err() != nil {
		return
	}
	base := r.base
	base.Method, base.Progress, base.Proxy = scan.Connect, nil, proxy
	base.View = func(netip.Addr) exposure.View { return view }
	base.Targets, base.TCP = targets, ports
	engine := scan.New()
	defer engine.Close()
	_, err := engine.Run(ctx, base, func(o exposure.Observation) {
		for i := range h.Ports {
			if p := &h.Ports[i]; p.Transport == o.Transport && p.Port == o.Port {
				p.Observations = append(p.Observations, o)
			}
		}
	})
	if err != nil {
		r.viewNote(r.app.say.Say("note.another-way", "View", string(view), "Error", oneLine(err.Error())))
	}
}

// viewNote is a line about a way by which nothing was looked at. It needs no other
// rights, so that it is no part of what could not be seen.
func (r *checkRun) viewNote(line string) {
	if r.report.Scan != nil {
		r.report.Scan.Notes = append(r.report.Scan.Notes, line)
	}
}
