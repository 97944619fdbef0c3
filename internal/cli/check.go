package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/spf13/cobra"

	"sekisho/internal/exposure"
	"sekisho/internal/fingerprint"
	"sekisho/internal/hostnet"
	"sekisho/internal/netio"
	"sekisho/internal/output"
	"sekisho/internal/policy"
	"sekisho/internal/portspec"
	"sekisho/internal/probe"
	"sekisho/internal/reach"
	"sekisho/internal/rules"
	"sekisho/internal/scan"
	"sekisho/internal/vantage"
)

// checkFlags are the flags of check beside those of every look at ports.
type checkFlags struct {
	scanFlags
	failOn, folder, policy, baseline string
	outgoing                         []string
	views                            viewFlags
	router                           string
	merge                            []string
	via                              viaFlag
	access                           accessFlags
	ftp                              ftpFlags
}

// checkCommand is the main job: scan, identify, judge, explain, one report.
func (a *app) checkCommand() *cobra.Command {
	var flags checkFlags
	cmd := &cobra.Command{
		Use:         "check [HOST…] [-p PORTS]",
		Annotations: reporting,
		Short:       a.say.Say("help.check"),
		Long:        a.say.Say("help.check-long"),
		Example:     "  sekisho check\n  sekisho check -f json -o report.json\n  sekisho check 192.168.1.10 -p @common\n  sekisho check --policy sekisho.yaml -f junit -o report.xml\n  sekisho check --fail-on medium",
		RunE:        func(cmd *cobra.Command, args []string) error { return a.runCheck(cmd.Context(), &flags, args) },
	}
	flags.register(cmd.Flags(), a.say)
	cmd.Flags().StringVar(&flags.policy, "policy", "", a.say.Say("flag.policy"))
	cmd.Flags().StringVar(&flags.baseline, "baseline", "", a.say.Say("flag.baseline"))
	cmd.Flags().StringSliceVar(&flags.merge, "merge", nil, a.say.Say("flag.merge"))
	registerRouter(cmd.Flags(), &flags.router, routerNone, a.say)
	flags.via.register(cmd.Flags(), a)
	cmd.Flags().StringSliceVar(&flags.outgoing, "outgoing", nil, a.say.Say("flag.outgoing"))
	flags.views.register(cmd.Flags(), a)
	flags.access.register(cmd.Flags(), a.say)
	flags.ftp.register(cmd.Flags(), a.say)
	cmd.Flags().StringVar(&flags.failOn, "fail-on", "", a.say.Say("flag.fail-on"))
	cmd.Flags().StringVar(&flags.folder, "fingerprints", "", a.say.Say("flag.fingerprints"))
	return cmd
}

func (a *app) runCheck(ctx context.Context, flags *checkFlags, args []string) error {
	// What is wrong with the flags is said before anybody is asked anything.
	threshold, err := a.threshold(flags.failOn)
	if err != nil {
		return err
	}
	run, err := a.newCheck(&flags.scanFlags)
	if err != nil {
		return err
	}
	if run.prints, err = a.fingerprints(flags.folder); err != nil {
		return err
	}
	if run.policy, err = a.policyOf(flags.policy); err != nil {
		return err
	}
	var accepted exposure.Report
	if flags.baseline != "" {
		if accepted, err = a.readReport(flags.baseline); err != nil {
			return err
		}
	}
	others, err := a.mergedReports(flags.merge)
	if err != nil {
		return err
	}
	if run.vias, err = flags.via.parse(a); err != nil {
		return err
	}
	if err := run.lettingOut(flags.outgoing); err != nil {
		return err
	}
	run.views, run.ftp, run.tables = flags.views, &flags.ftp, true
	if run.through, err = flags.views.proxy.parse(ctx, a); err != nil {
		return err
	}
	if err := flags.views.check(a); err != nil {
		return err
	}
	run.called = flags.views.name
	if len(args) > 0 && (run.through != nil || flags.views.name != "") {
		return a.fail(exitUsage, "cli.views-own-only")
	}
	if len(args) == 0 {
		if run.router, err = a.askRouter(ctx, flags.router); err != nil {
			return err
		}
		if run.beyond, err = a.accessOf(ctx, flags.access, run.machine); err != nil {
			return err
		}
		run.report.Unseen = append(run.report.Unseen, run.beyond.unseen...)
	}
	if err := run.see(ctx, args); err != nil {
		return err
	}
	for i, path := range flags.merge {
		id, same := fmt.Sprintf("file-%d", i+1), sameMachine
		if len(args) == 0 { // then it is of this machine, whatever address it was seen by
			others[i] = run.machine.seenFrom(others[i], id)
			same = func(exposure.Host, exposure.Host) bool { return true }
		}
		if merge(&run.report, others[i], id, same) == 0 {
			a.note("cli.merge-nothing", "Path", path)
		}
	}
	run.judge()
	run.unlooked()
	if flags.baseline != "" {
		run.against(flags.baseline, accepted)
	}
	if err := a.deliver(func(w *bufio.Writer) error { return output.Report(w, run.report, a.outputOptions()) }); err != nil {
		return err
	}
	a.threeWays(run.report)
	switch s := run.report.Summary; {
	case ctx.Err() != nil:
		return context.Canceled
	case s.Fail > 0, run.report.Baseline != nil && len(run.report.Baseline.Added) > 0, threshold != nil && run.worst >= int(*threshold):
		return exit(exitFail)
	case s.Inconclusive > 0, run.report.Partial, run.blind(), run.report.Scan.Unknown > 0, !run.report.Scan.Complete:
		return exit(exitUnseen)
	}
	return nil
}

// newCheck prepares a run of check by the flags.
func (a *app) newCheck(flags *scanFlags) (*checkRun, error) {
	m, err := a.machine()
	if err != nil {
		return nil, err
	}
	run := &checkRun{app: a, flags: flags, machine: m}
	run.report = exposure.Report{
		Schema: exposure.ReportSchema, Version: version(), StartedAt: now(), Hosts: []exposure.Host{}, Asked: flags.ports,
		Vantages: []exposure.Vantage{{ID: vantageSelf, Kind: "self", Address: m.source()}},
	}
	if run.base, err = flags.request(a, m); err != nil {
		return nil, err
	}
	run.spec, err = flags.spec(a)
	return run, err
}

// see looks at everything and fills the report, as far as an interrupt or
// --timeout leaves it.
func (r *checkRun) see(ctx context.Context, args []string) error {
	ctx, cancel := r.app.bounded(ctx)
	defer cancel()
	var err error
	if len(args) == 0 {
		err = r.thisMachine(ctx)
	} else {
		err = r.otherHosts(ctx, args)
	}
	if err == nil {
		err = r.lookOutside(ctx)
	}
	if err == nil {
		r.otherViews(ctx)
		r.transfer(ctx)
		err = r.tried(ctx)
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	if len(args) > 0 && len(r.report.Hosts) == 1 && !r.ownHost(r.report.Hosts[0].Addresses) {
		// Who reads the report there looks up what becomes of packets of this address.
		if from := netio.SourceOf(r.report.Hosts[0].Addresses[0]); from.IsValid() {
			r.report.Vantages[0].Address = from
		}
	}
	r.unbound(ctx)
	r.report.Partial = ctx.Err() != nil
	r.report.FinishedAt = now()
	return nil
}

// source is the address that stands for this machine as a vantage: its first
// one that is not of the loopback, or else of it.
func (m machine) source() netip.Addr {
	for _, address := range m.addresses {
		if !reach.Loopback(address) && !address.IsLinkLocalUnicast() {
			return address
		}
	}
	return netip.AddrFrom4([4]byte{127, 0, 0, 1})
}

// judge adds the findings and counts them, and the verdicts of the policy where
// there is one. The worst severity is kept for --fail-on, −1 when there is no
// finding.
func (r *checkRun) judge() {
	r.worst = -1
	for h := range r.report.Hosts {
		host := &r.report.Hosts[h]
		c := rules.Context{Now: r.report.FinishedAt, Owners: r.ownersSeen, Local: r.ownHost(host.Addresses), Whole: r.allSeen && r.filter != nil}
		if c.Local && c.Whole {
			c.Openings, c.Bound = r.filter.openings(), r.listeners
			host.Ports = withOpenings(host.Ports, c, r.asks)
		}
		for p := range host.Ports {
			port := &host.Ports[p]
			port.Findings = rules.Judge(*port, c, r.app.tag)
			for _, f := range port.Findings {
				r.report.Summary.Findings.Add(f.Severity)
				r.worst = max(r.worst, int(f.Severity))
			}
		}
	}
	if r.policy != nil {
		r.report = r.policy.Judge(r.report, policyContext(r.report), r.app.tag)
		r.causes()
	}
}

// ownHost reports whether a host of the report is this machine.
func (r *checkRun) ownHost(addresses []netip.Addr) bool {
	return !slices.ContainsFunc(addresses, func(a netip.Addr) bool { return !r.machine.isOwn(a) })
}

// checkRun is one run of check: the report as it grows and what is needed to
// make it.
type checkRun struct {
	app        *app
	flags      *scanFlags
	machine    machine
	prints     *fingerprint.Matcher // of --fingerprints, nil without it
	policy     *policy.Policy       // nil without one
	base       scan.Request
	spec       portspec.Spec // of -p, zero without it
	report     exposure.Report
	listeners  []exposure.Listener
	filter     *filter          // of this machine, nil when it was not read
	ownersSeen bool             // we had the privilege to see whose each listener is
	allSeen    bool             // no listener is missing
	swept      sweeps           // what is counted only
	bound      map[portKey]bool // ports that something on this machine is bound to
	beyond     access           // what lies between the router and the Internet
	unswept    int              // own addresses beyond maxSwept
	router     func() router    // what stands before this machine; nil when that does not matter
	vias       []vantage.Address
	outside    []outsideView // what they saw
	ftp        *ftpFlags     // as whom FTP servers are tested; nil: they are not
	tables     bool          // the report has the tables of FTP
	worst      int
	views      viewFlags    // further ways by which this machine is looked at
	through    *netio.Proxy // of them; nil without one
	unproxied  string       // why that could not be asked, in one line
	called     string       // the name by which services of this machine are spoken to, empty for none
	most       int          // addresses of hosts that are looked at; 0: all
}

// thisMachine looks at this machine over loopback and its own addresses. No
// packet and no question for a name leaves it.
func (r *checkRun) thisMachine(ctx context.Context) error {
	if err := r.readListeners(ctx); err != nil {
		return err
	}
	jobs, err := r.ownJobs(r.listeners)
	if err != nil {
		return err
	}
	r.base.Payloads = ownPayloads
	hosts := []exposure.Host{{Name: hostname(), Addresses: r.machine.addresses}}
	observations, err := r.look(ctx, jobs, hosts)
	if r.unswept > 0 {
		r.report.Scan.Notes = append(r.report.Scan.Notes, r.app.say.Say("note.unswept", "Count", r.unswept, "Limit", maxSwept))
	}
	r.describe(ctx, observations, hosts, err)
	if r.router != nil {
		before := r.router()
		r.report.Hosts[0].Router = before.known
		r.forwarded(ctx, &r.report.Hosts[0])
		r.report.Unseen = append(r.report.Unseen, r.app.unseen(before.unseen)...)
	}
	return err
}

// readListeners reads what this machine is bound to, and what of that could
// not be seen.
func (r *checkRun) readListeners(ctx context.Context) error {
	listeners, unseen, err := hostnet.Listeners(ctx)
	if err != nil {
		return r.app.fail(exitUnseen, "cli.listeners-unread", "Error", oneLine(err.Error()))
	}
	filter, hidden := readFilter(ctx)
	r.filter, r.listeners = filter, filter.answered(ctx, listeners)
	r.ownersSeen = !slices.ContainsFunc(unseen, func(u hostnet.Unseen) bool {
		return u.Kind == hostnet.UnseenOwners || u.Kind == hostnet.UnseenListeners
	})
	r.allSeen = !slices.ContainsFunc(unseen, func(u hostnet.Unseen) bool { return u.Kind == hostnet.UnseenListeners })
	r.report.Unseen = r.app.unseen(append(unseen, hidden...))
	r.bound = map[portKey]bool{}
	for _, l := range listeners {
		r.bound[portKey{l.Transport, l.Port}] = true
	}
	return nil
}

// latecomers adds the sockets that were bound while the ports were looked at:
// what answers there has an owner all the same.
func (r *checkRun) latecomers(ctx context.Context, observations []exposure.Observation) {
	open := map[portKey]bool{}
	for _, o := range observations {
		if key := (portKey{o.Transport, o.Port}); o.State == exposure.Open && r.machine.isOwn(o.Address) && !r.bound[key] {
			open[key] = true
		}
	}
	if len(open) == 0 || r.bound == nil {
		return
	}
	listeners, _, err := hostnet.Listeners(ctx)
	if err != nil {
		return // what was read before stands
	}
	listeners = slices.DeleteFunc(listeners, func(l exposure.Listener) bool { return !open[portKey{l.Transport, l.Port}] })
	for _, l := range r.filter.answered(ctx, listeners) {
		r.listeners = append(r.listeners, l)
		r.bound[portKey{l.Transport, l.Port}] = true
	}
}

// asked leaves the listeners whose ports -p names, all without -p.
func (r *checkRun) asked(listeners []exposure.Listener) []exposure.Listener {
	if r.flags.ports == "" {
		return slices.Clone(listeners)
	}
	tcp, udp := r.spec.TCP.Slice(), r.spec.UDP.Slice()
	return slices.DeleteFunc(slices.Clone(listeners), func(l exposure.Listener) bool {
		ports := tcp
		if l.Transport == exposure.UDP {
			ports = udp
		}
		_, found := slices.BinarySearch(ports, l.Port)
		return !found
	})
}

// maxSwept is how many own addresses are asked every TCP port. A sweep finds
// what no listener explains, such as a redirect rule, and a machine with a
// hundred addresses would be swept for minutes.
const maxSwept = 12

// ownJobs are the jobs of this machine's own check: every TCP port (or those
// of -p) on every own address, and UDP where something is bound, since only an
// answer proves a UDP port open. Listeners on further loopback addresses, such
// as 127.0.0.53, are asked where they listen.
func (r *checkRun) ownJobs(listeners []exposure.Listener) ([]job, error) {
	every, err := r.flags.defaultPorts(true)
	if err != nil {
		return nil, err
	}
	var (
		jobs  []job
		named []uint16 // UDP ports of the policy
	)
	if r.policy != nil && r.flags.ports == "" {
		_, named, _ = r.policy.Asked(r.ownHostBare())
	}
	add := func(address netip.Addr, tcp, udp []uint16) {
		if r.flags.ports == "" {
			udp = union(udp, named)
		}
		if r.flags.family.keeps(address) && len(tcp)+len(udp) > 0 {
			jobs = append(jobs, job{targets: []exposure.Target{{Address: address}}, tcp: tcp, udp: udp})
		}
	}
	swept := 0
	for _, address := range r.machine.addresses {
		switch {
		case r.flags.ports != "":
			add(address, r.spec.TCP.Slice(), r.spec.UDP.Slice())
		case address.IsLinkLocalUnicast() || swept == maxSwept:
			if !address.IsLinkLocalUnicast() && r.flags.family.keeps(address) {
				r.unswept++
			}
			// The kernel's list is enough to find what takes the address.
			add(address, bound(listeners, address, exposure.TCP), bound(listeners, address, exposure.UDP))
		default:
			if r.flags.family.keeps(address) {
				swept++
			}
			add(address, every.TCP.Slice(), bound(listeners, address, exposure.UDP))
		}
	}
	if r.flags.ports == "" {
		for _, address := range furtherLoopback(listeners, r.machine) {
			add(address, bound(listeners, address, exposure.TCP), bound(listeners, address, exposure.UDP))
		}
	}
	return jobs, nil
}

// bound are the ports that some listener takes at the address.
func bound(listeners []exposure.Listener, address netip.Addr, t exposure.Transport) []uint16 {
	var ports []uint16
	for _, l := range listeners {
		if l.Transport == t && l.Takes(address) {
			ports = append(ports, l.Port)
		}
	}
	slices.Sort(ports)
	return slices.Compact(ports)
}

// furtherLoopback are the loopback addresses beside 127.0.0.1 and ::1 that
// something is bound to.
func furtherLoopback(listeners []exposure.Listener, m machine) []netip.Addr {
	var list []netip.Addr
	for _, l := range listeners {
		if reach.Loopback(l.Address) && !m.own[l.Address] && !slices.Contains(list, l.Address) {
			list = append(list, l.Address)
		}
	}
	return list
}

// otherHosts looks at hosts that the user named, each address of them.
func (r *checkRun) otherHosts(ctx context.Context, args []string) error {
	list, err := r.app.targets(ctx, args, nil, r.flags.family)
	if err != nil {
		return err
	}
	if r.most > 0 && len(list) > r.most {
		r.report.Unseen = append(r.report.Unseen, r.app.say.Say("unseen.addresses", "Count", len(list)-r.most))
		list = list[:r.most]
	}
	jobs, err := r.flags.jobs(r.spec, r.machine, list)
	if err != nil {
		return err
	}
	if r.flags.ports == "" {
		for i := range jobs {
			jobs[i].udp = askableUDP()
		}
	}
	if jobs, err = r.widened(jobs); err != nil {
		return err
	}
	if err := r.app.consented(list, r.machine, r.flags.authorized); err != nil {
		return err
	}
	if slices.ContainsFunc(list, func(t exposure.Target) bool { return r.machine.isOwn(t.Address) }) {
		if err := r.readListeners(ctx); err != nil {
			return err
		}
	}
	// Somebody who names a few ports means them: a service that was moved is
	// asked in every protocol there.
	if named := r.spec.UDP.Len() * len(list); r.flags.ports != "" && named <= maxAskedInAll {
		r.base.Payloads = ownPayloads
	}
	var hosts []exposure.Host
	for _, group := range byName(list) {
		hosts = append(hosts, exposure.Host{Name: group[0].Name, Addresses: addressesOf(group)})
	}
	observations, err := r.look(ctx, jobs, hosts)
	r.describe(ctx, observations, hosts, err)
	return err
}

// maxAskedInAll is how many UDP ports of other hosts are asked in every protocol
// when none owns their number: each of them gets some hundred datagrams.
const maxAskedInAll = 64

// describe fills the report's hosts with what was seen of each, by port, and
// adds what answers there. After an interrupt nobody is spoken to any more.
func (r *checkRun) describe(ctx context.Context, observations []exposure.Observation, hosts []exposure.Host, ended error) {
	r.latecomers(ctx, observations)
	at := map[netip.Addr]int{}
	seen := make([][]exposure.Observation, len(hosts))
	bound := make([][]exposure.Listener, len(hosts))
	for i, h := range hosts {
		for _, address := range h.Addresses {
			at[address] = i
		}
		if r.ownHost(h.Addresses) {
			bound[i] = r.taking(h.Addresses)
			hosts[i].ListenersKnown = r.allSeen
		}
	}
	for _, s := range r.swept.list() {
		hosts[at[s.Address]].Swept = append(hosts[at[s.Address]].Swept, s)
	}
	var ports []exposure.Port
	for _, o := range observations {
		// What lies beyond the addresses of the interfaces, 127.0.0.53 say, is
		// this machine's too.
		seen[at[o.Address]] = append(seen[at[o.Address]], o)
	}
	for i := range hosts {
		hosts[i].Ports = assemble(seen[i], bound[i], nil)
		ports = append(ports, hosts[i].Ports...)
	}
	if ended == nil {
		services := make([][]exposure.Service, len(hosts))
		for _, s := range r.identify(ctx, ports) {
			services[at[s.Address]] = append(services[at[s.Address]], s)
		}
		for i := range hosts {
			hosts[i].Ports = assemble(seen[i], bound[i], services[i])
		}
	}
	r.report.Hosts = hosts
	if ended == nil {
		r.deepen(ctx)
	}
}

// taking are the listeners that were asked about and take one of the
// addresses. All addresses of this machine together leave none out, not even
// one that is bound to an address which is gone.
func (r *checkRun) taking(addresses []netip.Addr) []exposure.Listener {
	return slices.DeleteFunc(r.asked(r.listeners), func(l exposure.Listener) bool {
		return len(addresses) < len(r.machine.addresses) && !slices.ContainsFunc(addresses, l.Takes)
	})
}

// askableUDP are the UDP ports of services that answer a first datagram of
// ours, so that asking them can prove anything.
func askableUDP() []uint16 {
	var ports []uint16
	for _, p := range probe.All() {
		if p.Transport == exposure.UDP && p.Asks() {
			ports = append(ports, p.Ports...)
		}
	}
	slices.Sort(ports)
	return slices.Compact(ports)
}

// byName groups targets that one name led to; addresses stand alone.
func byName(list []exposure.Target) [][]exposure.Target {
	var groups [][]exposure.Target
	at := map[string]int{}
	for _, t := range list {
		i, known := at[t.Name]
		if t.Name == "" || !known {
			i = len(groups)
			groups = append(groups, nil)
		}
		if t.Name != "" {
			at[t.Name] = i
		}
		groups[i] = append(groups[i], t)
	}
	return groups
}

func addressesOf(group []exposure.Target) []netip.Addr {
	list := make([]netip.Addr, len(group))
	for i, t := range group {
		list[i] = t.Address
	}
	return list
}

// maxAllKept is up to how many questions the report keeps every answer. Beyond
// it, ports that are neither open nor anybody's leave no trace but their count.
const maxAllKept = 1100

// look runs the jobs and keeps what may matter to the report: what is open or
// somebody's, and what the policy asks about. Of the rest a count stays.
func (r *checkRun) look(ctx context.Context, jobs []job, hosts []exposure.Host) ([]exposure.Observation, error) {
	asked := 0
	for _, j := range jobs {
		asked += j.questions()
	}
	all := asked <= maxAllKept || r.app.common.show == string(output.ShowAll)
	var observations []exposure.Observation
	unlooked := map[netip.Addr]exposure.Reason{}
	r.swept = sweeps{}
	named := r.keeper(hosts)
	summary, err := r.app.runJobs(ctx, r.base, jobs, func(o exposure.Observation) {
		keep := all || o.State == exposure.Open || o.Transport != exposure.TCP || r.bound[portKey{o.Transport, o.Port}] || named(o)
		if o.State == exposure.Unknown && unlooked[o.Address] != o.Reason {
			// One of its kind tells why the others could not be looked at.
			unlooked[o.Address] = o.Reason
			keep = true
		}
		if keep {
			observations = append(observations, o)
		}
		r.swept.add(o, keep)
	})
	r.report.Scan = &summary
	return observations, err
}

// keeper tells which observations the policy must find in the report.
func (r *checkRun) keeper(hosts []exposure.Host) func(exposure.Observation) bool {
	if r.policy == nil {
		return func(exposure.Observation) bool { return false }
	}
	of := map[netip.Addr]func(exposure.Observation) bool{}
	for _, h := range hosts {
		if r.ownHost(h.Addresses) {
			h = r.ownHostBare()
		}
		keep := r.policy.Keeper(h)
		for _, address := range h.Addresses {
			of[address] = keep
		}
	}
	return func(o exposure.Observation) bool {
		keep := of[o.Address]
		return keep != nil && keep(o)
	}
}

// ownHostBare is this machine before anybody looked.
func (r *checkRun) ownHostBare() exposure.Host {
	return exposure.Host{Name: hostname(), Addresses: r.machine.addresses}
}
