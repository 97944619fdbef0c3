package cli

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"sekisho/internal/diagnose"
	"sekisho/internal/diagnose/gather"
	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/output"
	"sekisho/internal/portspec"
)

// diagnoseFlags are the flags of diagnose.
type diagnoseFlags struct {
	scanFlags
	policy string
	merge  []string
	views  viewFlags
	via    viaFlag
	closed bool
	router string
	watch  bool
	listen string
	came   *comers // who comes to the temporary listener of --listen
	access accessFlags
	ftp    ftpFlags
}

// diagnoseCommand walks the way to a port and names what cuts it or leaves it
// open.
func (a *app) diagnoseCommand() *cobra.Command {
	var flags diagnoseFlags
	cmd := &cobra.Command{
		Use:   "diagnose [HOST] [PORT|SERVICE…]",
		Short: a.say.Say("help.diagnose"),
		Long:  a.say.Say("help.diagnose-long"),

		Annotations: diagnosing,

		Example: "  sekisho diagnose 80\n  sekisho diagnose 192.168.1.10 ftp 8080/tcp\n  sekisho diagnose 443 --merge outside.json\n  sekisho diagnose 3306 --closed",
		RunE:    func(cmd *cobra.Command, args []string) error { return a.runDiagnose(cmd.Context(), &flags, args) },
	}
	flags.register(cmd.Flags(), a.say)
	cmd.Flags().StringVar(&flags.policy, "policy", "", a.say.Say("flag.policy"))
	registerRouter(cmd.Flags(), &flags.router, routerAsk, a.say)
	cmd.Flags().StringSliceVar(&flags.merge, "merge", nil, a.say.Say("flag.merge"))
	flags.via.register(cmd.Flags(), a)
	flags.views.register(cmd.Flags(), a)
	cmd.Flags().BoolVar(&flags.watch, "watch", false, a.say.Say("flag.diagnose-watch"))
	cmd.Flags().StringVar(&flags.listen, "listen", "", a.say.Say("flag.diagnose-listen"))
	flags.access.register(cmd.Flags(), a.say)
	flags.ftp.register(cmd.Flags(), a.say)
	cmd.Flags().BoolVar(&flags.closed, "closed", false, a.say.Say("flag.diagnose-closed"))
	return cmd
}

// asked is one port to diagnose and the service that the user named it by.
type asked struct {
	portKey
	service string
	closed  bool // it should not be reachable
}

func (a *app) runDiagnose(ctx context.Context, flags *diagnoseFlags, args []string) error {
	host := ""
	if len(args) > 0 && !isPort(args[0], flags.udp) && !portlike(args[0]) {
		host, args = args[0], args[1:]
	}
	var ports []asked
	for _, arg := range args {
		more, err := a.askedPorts(arg, flags)
		if err != nil {
			return err
		}
		ports = append(ports, more...)
	}
	if flags.listen != "" {
		if host != "" || len(ports) > 0 || flags.ports != "" || flags.watch || flags.closed {
			return a.fail(exitUsage, "listen.alone")
		}
		return a.listenDiagnosis(ctx, flags)
	}
	switch {
	case len(ports) > 0 || host == "" && flags.ports == "":
	case host != "" && flags.ports == "":
		return a.noPort(host)
	default:
		return a.fail(exitUsage, "cli.diagnose-no-port")
	}
	merged, err := a.mergedReports(flags.merge)
	if err != nil {
		return err
	}
	m, err := a.machine()
	if err != nil {
		return err
	}
	if err := flags.views.check(a); err != nil {
		return err
	}
	if flags.views.name != "" && host != "" && !m.isThis(host) {
		return a.fail(exitUsage, "cli.diagnose-name-other", "Host", quoted(host))
	}
	look := func(ctx context.Context) (exposure.Diagnosis, error) {
		return a.diagnoseOther(ctx, flags, host, ports)
	}
	if host == "" || m.isThis(host) {
		for i := range merged {
			id := "merged-" + strconv.Itoa(i+1)
			flags.access.around = append(flags.access.around, m.lookedAround(merged[i], id)...)
			merged[i] = m.seenFrom(merged[i], id)
		}
		look = func(ctx context.Context) (exposure.Diagnosis, error) { return a.diagnoseOwn(ctx, flags, ports, merged) }
	}
	if flags.watch {
		return a.watchDiagnosis(ctx, look)
	}
	document, err := look(ctx)
	if err != nil {
		return err
	}
	return a.tellDiagnosis(ctx, document)
}

// isThis reports whether the user means this machine.
func (m machine) isThis(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || host != "" && host == hostname() || err == nil && m.isOwn(address)
}

// isPort reports whether a word means ports rather than a host.
func isPort(word string, udp bool) bool {
	number, _, _ := strings.Cut(word, "/")
	if _, err := netip.ParseAddr(word); err == nil {
		return false
	}
	_, err := portspec.Parse(number, udp)
	return err == nil
}

// portlike reports whether a word can only have been meant as a port, right or
// wrong: no host is called 65536, 0/udp or @common.
func portlike(word string) bool {
	if _, err := netip.ParseAddr(word); err == nil {
		return false
	}
	return strings.ContainsAny(word, "/@,") || strings.Trim(word, "-0123456789") == ""
}

// noPort is the error about a host without a port, which may be the name of a
// service that is written otherwise.
func (a *app) noPort(host string) error {
	var wrong *portspec.Error
	_, err := portspec.Parse(host, false)
	if _, not := netip.ParseAddr(host); not != nil && errors.As(err, &wrong) && wrong.Kind == portspec.UnknownName && wrong.Suggestion != "" {
		return a.fail(exitUsage, "cli.diagnose-meant", "Host", quoted(host), "Meant", wrong.Suggestion)
	}
	return a.fail(exitUsage, "cli.diagnose-host-port", "Host", quoted(host))
}

// mostDiagnosed bounds the ports of one call: each gets a page of stages.
const mostDiagnosed = 64

// askedPorts are the ports of one word: 21, 21/udp, ftp.
func (a *app) askedPorts(word string, flags *diagnoseFlags) ([]asked, error) {
	number, transport, has := strings.Cut(word, "/")
	if has && transport != "tcp" && transport != "udp" {
		return nil, a.fail(exitUsage, "cli.diagnose-port", "Port", quoted(word))
	}
	spec, err := portspec.Parse(number, transport == "udp" || !has && flags.udp)
	if err != nil {
		var wrong *portspec.Error
		if !errors.As(err, &wrong) {
			return nil, a.fail(exitUsage, "cli.diagnose-port", "Port", quoted(word))
		}
		return nil, a.fail(exitUsage, "cli.diagnose-wrong", "Port", quoted(word), "Why", wrong.Sentence(a.tag == lang.Japanese))
	}
	service := ""
	if _, err := strconv.Atoi(number); err != nil {
		service = strings.ToLower(number)
	}
	var list []asked
	for _, p := range spec.TCP.Slice() {
		list = append(list, asked{portKey{exposure.TCP, p}, service, flags.closed})
	}
	for _, p := range spec.UDP.Slice() {
		if service == "" || len(spec.TCP.Slice()) == 0 || has {
			list = append(list, asked{portKey{exposure.UDP, p}, service, flags.closed})
		}
	}
	if slices.ContainsFunc(list, func(p asked) bool { return p.port == 0 }) {
		return nil, a.fail(exitUsage, "cli.diagnose-zero", "Port", quoted(word))
	}
	if len(list) > mostDiagnosed {
		return nil, a.fail(exitUsage, "cli.diagnose-many", "Limit", mostDiagnosed)
	}
	return list, nil
}

// mergedReports reads what other vantages saw.
func (a *app) mergedReports(files []string) ([]exposure.Report, error) {
	var list []exposure.Report
	for _, file := range files {
		r, err := a.readReport(file)
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, nil
}

// diagnoseOwn is the diagnosis of ports of this machine: of those that were
// named, or of every one that fails its policy.
func (a *app) diagnoseOwn(ctx context.Context, flags *diagnoseFlags, ports []asked, merged []exposure.Report) (exposure.Diagnosis, error) {
	flags.ports = specOf(ports)
	run, err := a.newCheck(&flags.scanFlags)
	if err != nil {
		return exposure.Diagnosis{}, err
	}
	run.ftp = &flags.ftp
	if run.through, err = flags.views.proxy.parse(ctx, a); err != nil {
		return exposure.Diagnosis{}, err
	}
	if run.policy, err = a.policyOf(flags.policy); err != nil {
		return exposure.Diagnosis{}, err
	}
	if len(ports) == 0 && run.policy == nil {
		return exposure.Diagnosis{}, a.fail(exitUsage, "cli.diagnose-no-port")
	}
	if run.router, err = a.askRouter(ctx, flags.router, routerPortsOf(ports)...); err != nil {
		return exposure.Diagnosis{}, err
	}
	if run.vias, err = flags.via.parse(a); err != nil {
		return exposure.Diagnosis{}, err
	}
	beyond, err := a.accessOf(ctx, flags.access, run.machine)
	if err != nil {
		return exposure.Diagnosis{}, err
	}
	names := a.resolved(ctx, flags.views.name)
	run.named(names)
	if err := run.see(ctx, nil); err != nil {
		return exposure.Diagnosis{}, err
	}
	beyond.Public = append(beyond.Public, run.publics()...)
	run.judge()
	host := run.report.Hosts[0]
	if len(ports) == 0 {
		ports = failing(host)
	}
	names = a.namedVia(ctx, run.answering(), flags.family, names)
	document := a.diagnosis(run, host)
	document.Names = names
	document.Unseen = append(document.Unseen, beyond.unseen...)
	changed := a.readdressed(run.machine)
	for _, p := range ports {
		seen := portOf(host, p.portKey)
		ftp := run.lookFTP(ctx, &flags.ftp, p, seen, true)
		for _, zone := range beyond.zones(host, p.portKey, flags.came.zones(zonesOf(host, p.portKey, slices.Concat(merged, run.viaReports()), flags.family))) {
			c := diagnose.Case{
				Transport: p.transport, Port: p.port, Expected: p.expected(), Unwanted: p.closed, Zone: zone,
				Own: true, Addresses: host.Addresses, Listeners: seen.Listeners, Whole: run.allSeen,
				Observations: slices.Clone(seen.Observations), Services: seen.Services, Names: names, Changed: changed,
			}
			run.tellFurther(&c)
			run.tellOutside(&c)
			run.filter.tell(ctx, &c)
			tellRouter(host, &c)
			looks := slices.Concat(ftp, run.viaFTP(p.portKey))
			for _, r := range merged {
				c.Observations = slices.AppendSeq(c.Observations, observationsOf(r, p.portKey))
				for _, h := range r.Hosts {
					theirs := portOf(h, p.portKey)
					c.Services, looks = append(c.Services, theirs.Services...), append(looks, ftpLooks(theirs)...)
				}
			}
			flags.came.tell(&c)
			beyond.tell(&c, slices.Concat(merged, run.viaReports()), run.listeners)
			run.filter.tellLooks(&c, run.machine, vantagesOf(merged...))
			run.tellFTP(ctx, &c, looks)
			document.Ports = append(document.Ports, a.causeOf(c))
		}
	}
	document.Unseen = append(document.Unseen, run.unwatched()...)
	for _, v := range run.outside {
		document.Vantages = append(document.Vantages, v.vantage)
	}
	return document, nil
}

// specOf is a list of ports as -p takes it, nothing for none.
func specOf(ports []asked) string {
	var words []string
	for _, p := range ports {
		words = append(words, p.transport.String()[:1]+":"+strconv.Itoa(int(p.port)))
	}
	return strings.Join(words, ",")
}

// failing are the ports of a host that are not as the policy wants them.
func failing(h exposure.Host) []asked {
	var list []asked
	for _, p := range h.Ports {
		if i := slices.IndexFunc(p.Verdicts, func(v exposure.Verdict) bool { return v.Verdict == exposure.Fail }); i >= 0 {
			list = append(list, asked{portKey: portKey{p.Transport, p.Port}, closed: p.Verdicts[i].Expectation != exposure.ExpectOpen})
		}
	}
	return list
}

// expected is the protocol that should answer at the port: the service that the
// user named, or that of a well-known number.
func (p asked) expected() string {
	name := cmp.Or(p.service, portName(p.transport, p.port))
	if p.service == "" && p.port >= 1024 {
		return ""
	}
	if name == "domain" { // the catalogue's name of the number, which is none of a protocol
		name = "dns"
	}
	if slices.Contains(testNames(), strings.TrimSuffix(name, "s")) || slices.Contains(testNames(), name) {
		return name
	}
	return ""
}

// portOf is what a host's report knows of a port.
func portOf(h exposure.Host, key portKey) exposure.Port {
	for _, p := range h.Ports {
		if p.Transport == key.transport && p.Port == key.port {
			return p
		}
	}
	return exposure.Port{Transport: key.transport, Port: key.port}
}

// zonesOf are the zones that the way to a port is told for: the LAN, unless
// somebody outside has looked, and then the Internet of those families.
func zonesOf(h exposure.Host, key portKey, merged []exposure.Report, only family) []exposure.Zone {
	var zones []exposure.Zone
	for _, r := range merged {
		for o := range observationsOf(r, key) {
			if o.View != exposure.ViewOutside || !only.keeps(o.Address) {
				continue
			}
			zone := exposure.ZoneInternetV6
			if o.Address.Unmap().Is4() {
				zone = exposure.ZoneInternetV4
			}
			if !slices.Contains(zones, zone) {
				zones = append(zones, zone)
			}
		}
	}
	if len(zones) == 0 {
		zones = append(zones, exposure.ZoneLAN)
	}
	slices.Sort(zones)
	return zones
}

func observationsOf(r exposure.Report, key portKey) func(yield func(exposure.Observation) bool) {
	return func(yield func(exposure.Observation) bool) {
		for _, h := range r.Hosts {
			for _, o := range portOf(h, key).Observations {
				if !yield(o) {
					return
				}
			}
		}
	}
}

// resolved asks what addresses a name has, nothing without one.
func (a *app) resolved(ctx context.Context, name string) []exposure.Resolution {
	if name == "" {
		return nil
	}
	return []exposure.Resolution{gather.Names(ctx, name)}
}

// maxReason bounds the text of what the user typed, where it is shown.
const maxReason = 200

func (a *app) diagnosis(run *checkRun, host exposure.Host) exposure.Diagnosis {
	name := host.Name
	if name == "" && len(host.Addresses) > 0 { // this machine may have lost all of its addresses
		name = host.Addresses[0].String()
	}
	return exposure.Diagnosis{
		Schema: exposure.DiagnosisSchema, Version: version(), SeenAt: run.report.FinishedAt,
		Host: name, Addresses: host.Addresses,
		Ports: []exposure.DiagnosedPort{}, Partial: run.report.Partial, Unseen: run.report.Unseen,
	}
}

// causeOf names the cause of a case.
func (a *app) causeOf(c diagnose.Case) exposure.DiagnosedPort {
	d := diagnose.Explain(c, a.tag)
	d.Name = portName(c.Transport, c.Port)
	for _, w := range c.Watched {
		for _, came := range w.Arrivals {
			if came.Transport == c.Transport && came.Port == c.Port {
				d.Arrivals = append(d.Arrivals, came)
			}
		}
	}
	return d
}

// tellDiagnosis writes the document. The exit code is that of the worst cause.
func (a *app) tellDiagnosis(ctx context.Context, d exposure.Diagnosis) error {
	if err := a.deliver(func(w *bufio.Writer) error { return output.Diagnosis(w, d, a.outputOptions()) }); err != nil {
		return err
	}
	return diagnosisExit(ctx, d)
}

// diagnosisExit is the exit code of a diagnosis: that of the worst cause.
func diagnosisExit(ctx context.Context, d exposure.Diagnosis) error {
	open := slices.ContainsFunc(d.Ports, func(p exposure.DiagnosedPort) bool { return p.Cause.ID == "inconclusive" })
	switch {
	case ctx.Err() != nil:
		return context.Canceled
	case slices.ContainsFunc(d.Ports, func(p exposure.DiagnosedPort) bool { return p.Cause.ID != "ok" && p.Cause.ID != "inconclusive" }):
		return exit(exitFail)
	case open, d.Partial, slices.ContainsFunc(d.Vantages, func(v exposure.Vantage) bool { return v.Error != "" }):
		return exit(exitUnseen)
	}
	return nil
}

// causes names the cause of every verdict that a port of the report fails.
func (r *checkRun) causes() {
	for _, h := range r.report.Hosts {
		for _, port := range h.Ports {
			for i := range port.Verdicts {
				v := &port.Verdicts[i]
				if v.Verdict != exposure.Fail || v.Zone == exposure.ZoneLoopback || v.Zone == exposure.ZoneOutgoing {
					continue
				}
				c := diagnose.Case{
					Transport: port.Transport, Port: port.Port, Unwanted: v.Expectation != exposure.ExpectOpen, Zone: v.Zone,
					Addresses: h.Addresses, Observations: port.Observations, Services: port.Services,
				}
				must := r.policy.Must(h, v.Zone, port.Transport, port.Port)
				c.Expected, c.Encrypted, c.Days = must.Protocol, must.Encrypted, must.Days
				if r.ownHost(h.Addresses) {
					r.tellOutside(&c)
					c.Access.Public, c.Around = r.publics(), r.around()
					c.Own, c.Listeners, c.Whole = true, port.Listeners, r.allSeen
					r.filter.tell(context.Background(), &c)
					tellRouter(h, &c)
					r.beyond.tell(&c, []exposure.Report{r.report}, r.listeners)
					r.filter.tellLooks(&c, r.machine, vantagesOf(r.report))
				}
				r.tellFTP(context.Background(), &c, ftpLooks(port))
				if cause := diagnose.Explain(c, r.app.tag).Cause; cause.ID != "ok" && cause.ID != "inconclusive" {
					v.Cause = &cause
				}
			}
		}
	}
}
