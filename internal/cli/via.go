package cli

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync"

	"github.com/spf13/pflag"

	"sekisho/internal/diagnose"
	"sekisho/internal/exposure"
	"sekisho/internal/output"
	"sekisho/internal/portspec"
	"sekisho/internal/reach"
	"sekisho/internal/scan"
	"sekisho/internal/vantage"
)

// viaFlag is --via of the commands that ask vantages.
type viaFlag struct{ urls []string }

func (v *viaFlag) register(f *pflag.FlagSet, a *app) {
	f.StringSliceVar(&v.urls, "via", nil, a.say.Say("flag.via"))
}

// parse reads the URLs of the vantages.
func (v *viaFlag) parse(a *app) ([]vantage.Address, error) {
	if len(v.urls) > mostVantages {
		return nil, a.fail(exitUsage, "cli.via-many", "Limit", mostVantages)
	}
	var list []vantage.Address
	for _, word := range v.urls {
		address, err := vantage.Parse(word)
		if err != nil {
			return nil, a.fail(exitUsage, "cli.via-url", "URL", quoted(word))
		}
		list = append(list, address)
	}
	return list, nil
}

// Bounds of one run: vantages, own addresses that each is asked about, and how
// many of them at once.
const (
	atOnceVia        = 2
	mostVantages     = 8
	mostViaAddresses = 8
)

// outsideView is what one vantage saw of one own address, or why it did not.
type outsideView struct {
	vantage  exposure.Vantage
	seen     vantage.Seen
	view     exposure.View
	trouble  string                 // one line; empty when it looked
	sight    sight                  // what arrived here of it
	outgoing []exposure.Observation // of the vantage's echo ports, from here
}

// viaPorts are the ports that vantages are asked to look at.
type viaPorts struct {
	tcp, udp []uint16
	tests    []exposure.JobTest
}

// request is what a vantage is asked. Its own limit leaves the last ones out.
func (p viaPorts) request(limit int) (r exposure.JobRequest, left int) {
	whole := func(ports []uint16) exposure.PortList {
		return slices.DeleteFunc(slices.Clone(ports), func(n uint16) bool { return n == 0 })
	}
	r.TCP, r.UDP = whole(p.tcp), whole(p.udp)
	if limit > 0 && len(r.TCP) > limit {
		left += len(r.TCP) - limit
		r.TCP = r.TCP[:limit]
	}
	if limit > 0 && len(r.TCP)+len(r.UDP) > limit {
		left += len(r.TCP) + len(r.UDP) - limit
		r.UDP = r.UDP[:limit-len(r.TCP)]
	}
	return r, left
}

// lookVia has every vantage look at this machine, over each family and at each
// global IPv6 address: every one is a proof of its own. What comes back stands in
// the order of the vantages.
func (r *checkRun) lookVia(ctx context.Context, list []vantage.Address, ports viaPorts, identify bool) []outsideView {
	found := make([][]outsideView, len(list))
	var running sync.WaitGroup
	for i, address := range list {
		running.Go(func() { found[i] = r.lookFrom(ctx, address, ports, identify) })
	}
	running.Wait()
	return slices.Concat(found...)
}

// lookFrom has one vantage look.
func (r *checkRun) lookFrom(ctx context.Context, at vantage.Address, ports viaPorts, identify bool) []outsideView {
	a, only := r.app, r.flags.family
	failed := func(line string) []outsideView {
		return []outsideView{{vantage: exposure.Vantage{ID: at.URL.Host, Kind: "outside", Error: line}, trouble: line}}
	}
	addresses, err := a.vantageAddresses(ctx, at, only)
	if err != nil {
		return failed(a.say.Say("cli.via-unnamed", "URL", at.URL.String(), "Error", err.Error()))
	}
	// Each own address is a caller of its own; a few at once are no burden.
	type proof struct{ to, source netip.Addr }
	var proofs []proof
	for _, to := range addresses {
		for _, source := range r.machine.sources(to, only) {
			proofs = append(proofs, proof{to, source})
		}
	}
	views := make([]outsideView, len(proofs))
	slots := make(chan struct{}, atOnceVia)
	var running sync.WaitGroup
	for i, p := range proofs {
		slots <- struct{}{}
		running.Go(func() {
			defer func() { <-slots }()
			v := r.lookOnce(ctx, at, p.to, p.source, ports, identify)
			v.vantage.ID = at.URL.Host
			if i > 0 {
				v.vantage.ID = at.URL.Host + "/" + cmp.Or(v.vantage.Sees, p.to).String()
			}
			for j := range v.seen.Observations {
				v.seen.Observations[j].Vantage, v.seen.Observations[j].View = v.vantage.ID, v.view
			}
			for j := range v.seen.Services {
				v.seen.Services[j].View = v.view
			}
			views[i] = v
		})
	}
	running.Wait()
	if len(views) == 0 {
		return failed(a.say.Say("cli.via-no-family", "URL", at.URL.String()))
	}
	return views
}

// namedVia adds what each vantage is told of the names. One that cannot be asked
// says so in its place; why, its look says.
func (a *app) namedVia(ctx context.Context, list []vantage.Address, only family, names []exposure.Resolution) []exposure.Resolution {
	for i := range names {
		for _, at := range list {
			addresses, err := a.vantageAddresses(ctx, at, only)
			if err != nil || len(addresses) == 0 {
				continue
			}
			client := vantage.New(at, addresses[0], netip.Addr{})
			answers, err := client.Names(ctx, names[i].Name)
			client.Close()
			if err != nil {
				answers = nil
				for _, record := range []string{"A", "AAAA"} {
					answers = append(answers, exposure.NameAnswer{Source: exposure.NameVantage, Server: at.URL.Host, Record: record, Outcome: exposure.NameLocalError})
				}
			}
			names[i].Answers = append(names[i].Answers, answers...)
		}
	}
	return names
}

// vantageAddresses are one address of the vantage of each family that is wanted.
func (a *app) vantageAddresses(ctx context.Context, at vantage.Address, only family) ([]netip.Addr, error) {
	all := []netip.Addr{}
	if address, err := parseAddress(at.Host); err == nil {
		all = append(all, address)
	} else if all, err = a.lookup(ctx, at.Host); err != nil {
		return nil, err
	}
	var list []netip.Addr
	for _, v4 := range []bool{true, false} {
		i := slices.IndexFunc(all, func(address netip.Addr) bool { return address.Is4() == v4 && only.keeps(address) })
		if i >= 0 {
			list = append(list, all[i])
		}
	}
	return list, nil
}

// sources are the own addresses that a vantage is asked from: what the system
// chooses over IPv4, which a router translates, and each global one over IPv6.
func (m machine) sources(to netip.Addr, only family) []netip.Addr {
	if !only.keeps(to) {
		return nil
	}
	if to.Is4() || !reach.Global(to) {
		return []netip.Addr{{}}
	}
	var list []netip.Addr
	for _, own := range m.addresses {
		if own.Is6() && reach.Global(own) && len(list) < mostViaAddresses {
			list = append(list, own)
		}
	}
	return list
}

// lookOnce is one proof: one connection's source, looked at by one vantage.
func (r *checkRun) lookOnce(ctx context.Context, at vantage.Address, to, source netip.Addr, ports viaPorts, identify bool) (v outsideView) {
	a := r.app
	client := vantage.New(at, to, source)
	defer client.Close()
	v = outsideView{view: exposure.ViewOutside, vantage: exposure.Vantage{Kind: "outside", Address: to, URL: at.URL.String()}}
	if r.machine.onLink(to) && reach.LAN(to) {
		v.view, v.vantage.Kind = exposure.ViewLAN, "lan"
	}
	who, err := client.Whoami(ctx)
	if err == nil {
		v.vantage.Sees = who.Address
		var (
			asking   sync.WaitGroup
			outgoing []exposure.Observation
		)
		asking.Go(func() { outgoing = r.askOutgoing(ctx, client, who, at, to) })
		defer func() {
			asking.Wait()
			v.outgoing = outgoing
		}()
		if who.Refused != "" {
			err = &vantage.Error{Kind: vantage.Refuses, Problem: exposure.JobErrorKind(who.Refused)}
		}
	}
	if err == nil {
		request, left := ports.request(who.Station.Limits.Ports)
		request.Identify = identify
		text := a.say.Say("via.consent", "URL", at.URL.String(), "Address", who.Address)
		tests := ports.tests
		if v.view != exposure.ViewOutside { // the LAN may well relay
			tests = slices.DeleteFunc(slices.Clone(tests), func(t exposure.JobTest) bool { return !filesOf(t) })
		}
		v.vantage.Note = r.viaAsked(&request, tests, who.Station, at, to)
		request.Consent = exposure.Consent{Text: text, At: now(), Scope: a.say.Say("via.scope", "TCP", len(request.TCP), "UDP", len(request.UDP))}
		if len(request.Tests) > 0 {
			request.Consent.Scope = a.say.Say("via.scope-tests", "Scope", request.Consent.Scope, "Tests", testsNamed(request.Tests))
		}
		a.detail("verbose.via", "URL", at.URL.String(), "Address", who.Address, "TCP", len(request.TCP), "UDP", len(request.UDP))
		v.seen, err = client.Look(ctx, request, v.sight.open)
		v.sight.close()
		if err == nil && v.seen.Plan.Address != who.Address {
			err = &vantage.Error{Kind: vantage.Lies}
		}
		if left > 0 {
			a.note("cli.via-limit", "URL", at.URL.String(), "Limit", who.Station.Limits.Ports, "Left", left)
		}
	}
	switch {
	case err != nil:
		v.seen = vantage.Seen{}
		v.trouble = a.viaTrouble(at, err)
		v.vantage.Error = v.trouble
		return v
	case v.seen.Ended != "":
		v.vantage.Error = a.say.Say("cli.via-ended", "URL", at.URL.String(), "Why", string(v.seen.Ended))
		v.trouble = v.vantage.Error
	}
	v.learned()
	v.vantage.Sends = v.seen.Plan.Station.Sends
	for i := range v.seen.Observations {
		v.seen.Observations[i] = a.weighed(v.seen.Observations[i], v.vantage.Sends)
	}
	return v
}

// weighed takes the vantage's own blindness into account: where nothing proves
// that its packets get to that port of anybody, silence says less. Within a network
// of private addresses nobody cuts ports on the way out.
func (a *app) weighed(o exposure.Observation, sends exposure.StationPorts) exposure.Observation {
	if o.Detail == exposure.EgressUnproven { // in the words of the vantage
		o.Detail = a.say.Say("detail.egress-unproven")
	}
	if o.State != exposure.Filtered || o.Reason != exposure.NoResponse || o.Transport == exposure.ICMP || reach.LAN(o.Address) || sends.Has(o.Transport, o.Port) {
		return o
	}
	o.Detail = a.say.Say("detail.egress-unproven")
	if exposure.OftenCut(o.Port) {
		o.State = exposure.Unknown
	}
	return o
}

// viaTrouble is the one line about a vantage that did not look.
func (a *app) viaTrouble(at vantage.Address, err error) string {
	pairs := []any{"URL", at.URL.String()}
	var e *vantage.Error
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return a.say.Say("cli.via-interrupted", pairs...)
	case !errors.As(err, &e):
		return a.say.Say("cli.via-away", append(pairs, "Error", oneLine(err.Error()))...)
	}
	pairs = append(pairs, "Error", e.Why.Terminal())
	if e.Kind == vantage.Refuses {
		switch e.Problem {
		case exposure.JobOwn, exposure.JobSpecial, exposure.JobAway, exposure.JobProxied, exposure.JobOut, exposure.JobUnread:
			return a.say.Say("cli.via-"+string(e.Problem), pairs...)
		case exposure.JobLimit, exposure.JobBusy:
			return a.say.Say("cli.via-limit-reached", append(pairs, "Seconds", int(e.Retry.Seconds()))...)
		}
	}
	return a.say.Say("cli.via-"+string(e.Kind), pairs...)
}

// report is a view as a report of its own, to be joined to what was seen inside.
func (v outsideView) report() exposure.Report {
	r := exposure.Report{Schema: exposure.ReportSchema, Vantages: []exposure.Vantage{v.vantage}}
	if len(v.seen.Observations) > 0 {
		r.Hosts = []exposure.Host{{Addresses: []netip.Addr{v.seen.Plan.Address}, Ports: assemble(v.seen.Observations, nil, v.seen.Services)}}
	}
	for h := range r.Hosts {
		for i := range r.Hosts[h].Ports {
			p := &r.Hosts[h].Ports[i]
			for _, l := range v.ftpOf(portKey{p.Transport, p.Port}) {
				p.Transfers = append(p.Transfers, l.Transfers...)
			}
		}
	}
	return r
}

// viaSpec are the ports that vantages look at: those of -p, or what this machine
// listens on for others, what the policy names and the common ones.
func (r *checkRun) viaSpec() (viaPorts, error) {
	if r.flags.ports != "" {
		return viaPorts{tcp: r.spec.TCP.Slice(), udp: r.spec.UDP.Slice()}, nil
	}
	common, err := portspec.Parse("@common", false)
	if err != nil {
		return viaPorts{}, err
	}
	p := viaPorts{tcp: common.TCP.Slice()}
	for _, l := range r.listeners {
		if l.LoopbackOnly() {
			continue
		}
		if l.Transport == exposure.UDP {
			p.udp = union(p.udp, []uint16{l.Port})
		} else {
			p.tcp = union(p.tcp, []uint16{l.Port})
		}
	}
	if r.policy != nil {
		tcp, udp := r.policy.Named(r.ownHostBare())
		p.tcp, p.udp = union(p.tcp, tcp), union(p.udp, udp)
	}
	return p, nil
}

// lookOutside adds to the report what vantages see of this machine, beside what
// it sees of itself.
func (r *checkRun) lookOutside(ctx context.Context) error {
	if len(r.vias) == 0 {
		return nil
	}
	i := slices.IndexFunc(r.report.Hosts, func(h exposure.Host) bool { return r.ownHost(h.Addresses) })
	if i < 0 {
		return r.app.fail(exitUsage, "cli.via-own-only")
	}
	ports, err := r.viaSpec()
	if err != nil {
		return err
	}
	h := &r.report.Hosts[i]
	ports.tests = r.viaTests(*h)
	r.outside = r.lookVia(ctx, r.vias, ports, true)
	for _, v := range r.outside {
		r.report.Vantages = append(r.report.Vantages, v.vantage)
		for _, theirs := range v.report().Hosts {
			theirs.Addresses = nil // a router's is not this machine's
			r.counted(&theirs)
			joinHost(h, theirs, v.vantage.ID, false)
		}
		if seen := v.vantage.Sees; v.trouble == "" && seen.IsValid() && !r.machine.isOwn(seen) {
			h.Public = appendAddress(h.Public, seen)
		}
	}
	r.hairpin(ctx, h)
	r.report.FinishedAt = now()
	r.report.Partial = r.report.Partial || ctx.Err() != nil
	return nil
}

// counted leaves a count in place of the observations that the report does not
// keep, as of those that this machine makes itself.
func (r *checkRun) counted(h *exposure.Host) {
	all := len(h.Ports) <= maxAllKept || r.app.common.show == string(output.ShowAll)
	if all {
		return
	}
	named := func(exposure.Observation) bool { return false }
	if r.policy != nil {
		named = r.policy.Keeper(r.ownHostBare())
	}
	rest := sweeps{}
	h.Ports = slices.DeleteFunc(h.Ports, func(p exposure.Port) bool {
		o := p.Observations[0]
		keep := o.State == exposure.Open || r.bound[portKey{p.Transport, p.Port}] || named(o)
		rest.add(o, keep)
		return !keep
	})
	h.Swept = rest.list()
}

// blind reports whether some vantage that was asked saw nothing, or not all.
func (r *checkRun) blind() bool {
	return slices.ContainsFunc(r.outside, func(v outsideView) bool { return v.trouble != "" })
}

// viaReports are what the vantages saw, each as a report of its own.
func (r *checkRun) viaReports() []exposure.Report {
	var list []exposure.Report
	for _, v := range r.outside {
		list = append(list, v.report())
	}
	return list
}

// answering are the vantages that looked over some family: one that hangs is not
// asked again.
func (r *checkRun) answering() []vantage.Address {
	return slices.DeleteFunc(slices.Clone(r.vias), func(at vantage.Address) bool {
		return !slices.ContainsFunc(r.outside, func(v outsideView) bool { return v.trouble == "" && v.vantage.URL == at.URL.String() })
	})
}

// looked are the vantages that saw this machine from the Internet.
func (r *checkRun) looked() []outsideView {
	return slices.DeleteFunc(slices.Clone(r.outside), func(v outsideView) bool {
		return v.trouble != "" || v.view != exposure.ViewOutside
	})
}

// publics are the addresses by which vantages know this machine.
func (r *checkRun) publics() []diagnose.Public {
	var list []diagnose.Public
	for _, v := range r.looked() {
		list = append(list, diagnose.Public{Address: v.vantage.Sees, By: v.vantage.ID})
	}
	return list
}

// around is all that vantages saw of this machine.
func (r *checkRun) around() []exposure.Observation {
	var list []exposure.Observation
	for _, v := range r.looked() {
		list = append(list, v.seen.Observations...)
	}
	return list
}

// tellOutside gives a case what the vantages told beside what they saw: what they
// sent, and whether their packets are known to get to such a port.
func (r *checkRun) tellOutside(c *diagnose.Case) {
	r.tellArrived(c)
	for _, v := range r.looked() {
		c.Sent = append(c.Sent, v.seen.Sent...)
		family := v.vantage.Sees.Is4() == (c.Zone == exposure.ZoneInternetV4)
		c.Sends = c.Sends || family && v.vantage.Sends.Has(c.Transport, c.Port)
	}
}

// mostHairpins bounds the ports that are tried over the own global address.
const mostHairpins = 64

// hairpin tries from inside, over the own global address, what is open from
// outside: many routers do not send their own network's connections back in.
func (r *checkRun) hairpin(ctx context.Context, h *exposure.Host) {
	var targets []exposure.Target
	for _, a := range h.Public {
		if a.Is4() && reach.Global(a) {
			targets = append(targets, exposure.Target{Address: a})
		}
	}
	var ports []uint16
	for _, p := range h.Ports {
		open := slices.ContainsFunc(p.Observations, func(o exposure.Observation) bool {
			return o.View == exposure.ViewOutside && o.State == exposure.Open && slices.Contains(h.Public, o.Address)
		})
		if open && p.Transport == exposure.TCP && len(ports) < mostHairpins {
			ports = append(ports, p.Port)
		}
	}
	if len(targets) == 0 || len(ports) == 0 || ctx.Err() != nil {
		return
	}
	base := r.base
	base.Method, base.Progress = scan.Connect, nil
	base.View = func(netip.Addr) exposure.View { return exposure.ViewHairpin }
	base.Targets, base.TCP = targets, ports
	engine := scan.New()
	defer engine.Close()
	_, _ = engine.Run(ctx, base, func(o exposure.Observation) { // what could not be tried has no observation
		for i := range h.Ports {
			if p := &h.Ports[i]; p.Transport == o.Transport && p.Port == o.Port {
				p.Observations = append(p.Observations, o)
			}
		}
	})
}

// threeWays says how to get an outside view, to a person who has none yet.
func (a *app) threeWays(r exposure.Report) {
	if a.common.format != "text" || !slices.ContainsFunc(r.Hosts, exposure.Host.Own) {
		return
	}
	if slices.ContainsFunc(r.Vantages, func(v exposure.Vantage) bool { return v.Kind != "self" }) {
		return
	}
	a.note("cli.via-ways")
}

// runViaScan is scan --via: what this machine sees of the targets, of itself where
// none is named, and beside it what the vantages see of this machine.
func (a *app) runViaScan(ctx context.Context, flags *scanFlags, args []string, via viaFlag) error {
	list, err := via.parse(a)
	if err != nil {
		return err
	}
	run, err := a.newCheck(flags)
	if err != nil {
		return err
	}
	if err := run.readListeners(ctx); err != nil {
		return err
	}
	ports, err := run.viaSpec()
	if err != nil {
		return err
	}
	var targets []exposure.Target
	if len(args) == 0 {
		for _, address := range run.machine.addresses {
			if flags.family.keeps(address) && !address.IsLinkLocalUnicast() {
				targets = append(targets, exposure.Target{Address: address})
			}
		}
	} else if targets, err = a.targets(ctx, args, nil, flags.family); err != nil {
		return err
	}
	if err := a.consented(targets, run.machine, flags.authorized); err != nil {
		return err
	}
	ctx, cancel := a.bounded(ctx)
	defer cancel()
	jobs := []job{{targets: targets, tcp: ports.tcp, udp: ports.udp}}
	var summary exposure.ScanSummary
	if err := a.deliver(func(w *bufio.Writer) error {
		document, err := output.Scan(w, a.outputOptions())
		if err != nil {
			return err
		}
		var unwritten error
		tell := func(o exposure.Observation) { unwritten = cmp.Or(unwritten, document.Observe(o)) }
		if len(targets) > 0 {
			if summary, err = a.runJobs(ctx, run.base, jobs, tell); err != nil {
				return err
			}
		}
		outside := a.toldVia(ctx, list, run, ports, tell)
		if summary = summary.Plus(outside); len(targets) == 0 {
			summary = outside
		}
		if unwritten != nil {
			return unwritten
		}
		return document.Close(summary)
	}); err != nil {
		return err
	}
	switch {
	case ctx.Err() != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded):
		return context.Canceled
	case !summary.Complete || summary.Unknown > 0:
		return exit(exitUnseen)
	}
	return nil
}

// toldVia tells what the vantages see, and of each that does not look one line.
func (a *app) toldVia(ctx context.Context, list []vantage.Address, run *checkRun, ports viaPorts, tell func(exposure.Observation)) exposure.ScanSummary {
	sum := exposure.ScanSummary{Complete: true, Method: a.say.Say("method.via", "Count", len(list))}
	for _, v := range run.lookVia(ctx, list, ports, false) {
		if v.trouble != "" {
			a.note("cli.via-note", "Line", v.trouble)
			sum.Complete = false
			continue
		}
		sum.Hosts++
		sum.Complete = sum.Complete && v.seen.Complete
		sum.PacketsSent += v.seen.Packets
		for _, o := range v.seen.Observations {
			sum.Ports++
			sum.Count(o.State)
			tell(o)
		}
	}
	return sum
}
