package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sekisho/internal/exposure"
	"sekisho/internal/output"
	"sekisho/internal/policy"
	"sekisho/internal/portspec"
	"sekisho/internal/probe"
	"sekisho/internal/rules"
)

// policyName is the file that is found without being named.
const policyName = "sekisho.yaml"

// noPolicy is the value of --policy that looks for no file.
const noPolicy = "none"

// policyCommand has the commands about a policy file.
func (a *app) policyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "policy init|validate|explain",
		Short: a.say.Say("help.policy"),
		Long:  a.say.Say("help.policy-long"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return a.oneOf("policy", args[0], []string{"init", "validate", "explain"})
			}
			return cmd.Help()
		},
	}
	cmd.AddCommand(a.policyInitCommand(), a.policyValidateCommand(), a.policyExplainCommand())
	return cmd
}

// policyInitCommand writes a first policy from what is seen.
func (a *app) policyInitCommand() *cobra.Command {
	var (
		flags scanFlags
		from  string
	)
	cmd := &cobra.Command{
		Use:     "init [HOST…]",
		Short:   a.say.Say("help.policy-init"),
		Long:    a.say.Say("help.policy-init-long"),
		Example: "  sekisho policy init -o sekisho.yaml\n  sekisho policy init --report report.json",
		RunE: func(cmd *cobra.Command, args []string) error {
			report, err := a.reportOrLook(cmd.Context(), &flags, args, from, nil)
			if err != nil {
				return err
			}
			return a.deliver(func(w *bufio.Writer) error {
				_, err := w.Write(policy.First(report, a.tag))
				return err
			})
		},
	}
	flags.register(cmd.Flags(), a.say)
	cmd.Flags().StringVar(&from, "report", "", a.say.Say("flag.report"))
	return cmd
}

// reportOrLook is a report that was kept, or one made now.
func (a *app) reportOrLook(ctx context.Context, flags *scanFlags, args []string, from string, p *policy.Policy) (exposure.Report, error) {
	if from != "" {
		return a.readReport(from)
	}
	run, err := a.newCheck(flags)
	if err != nil {
		return exposure.Report{}, err
	}
	run.policy = p
	if err := run.see(ctx, args); err != nil {
		return exposure.Report{}, err
	}
	run.judge()
	if ctx.Err() != nil {
		return run.report, context.Canceled
	}
	return run.report, nil
}

// policyValidateCommand reads a policy and says what is wrong with it.
func (a *app) policyValidateCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "validate [FILE]",
		Short:   a.say.Say("help.policy-validate"),
		Long:    a.say.Say("help.policy-validate-long"),
		Example: "  sekisho policy validate\n  sekisho policy validate office.yaml",
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return a.noArguments(nil, args[1:])
			}
			p, err := a.policyOf(strings.Join(args, ""))
			if err != nil {
				return err
			}
			if p == nil {
				return a.fail(exitUsage, "cli.policy-none", "Name", policyName)
			}
			return a.deliver(func(w *bufio.Writer) error {
				_, err := fmt.Fprintln(w, a.say.Say("policy.valid", "File", p.File()))
				return err
			})
		},
	}
}

// policyExplainCommand says why the verdicts of a port are what they are.
func (a *app) policyExplainCommand() *cobra.Command {
	var (
		flags      scanFlags
		file, from string
	)
	cmd := &cobra.Command{
		Use: "explain PORT [HOST…]", Annotations: reporting,
		Short:   a.say.Say("help.policy-explain"),
		Long:    a.say.Say("help.policy-explain-long"),
		Example: "  sekisho policy explain 21/tcp\n  sekisho policy explain ssh --report report.json\n  sekisho policy explain 53/udp 192.168.1.10",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return a.fail(exitUsage, "cli.explain-port")
			}
			tcp, udp, err := policy.Ports(args[0])
			if err != nil {
				return a.badPorts(err)
			}
			p, err := a.policyOf(file)
			if err != nil {
				return err
			}
			if p == nil {
				return a.fail(exitUsage, "cli.policy-unnamed", "Name", policyName)
			}
			flags.ports = portList(tcp, udp)
			report, err := a.reportOrLook(cmd.Context(), &flags, args[1:], from, p)
			if err != nil {
				return err
			}
			if from != "" {
				report = p.Judge(report, policyContext(report), a.tag)
			}
			return a.explain(report, p, tcp, udp)
		},
	}
	flags.register(cmd.Flags(), a.say)
	// The ports are the argument.
	_ = cmd.Flags().MarkHidden("ports")
	_ = cmd.Flags().MarkHidden("udp")
	cmd.Flags().StringVar(&file, "policy", "", a.say.Say("flag.policy"))
	cmd.Flags().StringVar(&from, "report", "", a.say.Say("flag.report"))
	return cmd
}

// portList writes ports as -p takes them.
func portList(tcp, udp []uint16) string {
	var items []string
	for _, n := range tcp {
		items = append(items, fmt.Sprintf("t:%d", n))
	}
	for _, n := range udp {
		items = append(items, fmt.Sprintf("u:%d", n))
	}
	return strings.Join(items, ",")
}

// policyContext is what a policy is told beside a report.
func policyContext(r exposure.Report) policy.Context {
	return policy.Context{Now: r.FinishedAt, Decided: rules.Decided}
}

// explain shows the verdicts of one or a few ports with everything that led to
// them; in JSON it is the report with nothing but those ports.
func (a *app) explain(r exposure.Report, p *policy.Policy, tcp, udp []uint16) error {
	type port struct {
		transport exposure.Transport
		number    uint16
	}
	var ports []port
	for _, n := range tcp {
		ports = append(ports, port{exposure.TCP, n})
	}
	for _, n := range udp {
		ports = append(ports, port{exposure.UDP, n})
	}
	return a.deliver(func(w *bufio.Writer) error {
		for _, asked := range ports {
			narrow := policy.Narrowed(r, asked.transport, asked.number)
			unjudged := make([]map[exposure.Zone]string, len(r.Hosts))
			for i, h := range r.Hosts {
				verdicts, open := p.Explain(h, asked.transport, asked.number, policyContext(r), a.tag)
				narrow.Hosts[i].Ports[0].Verdicts = verdicts
				unjudged[i] = map[exposure.Zone]string{}
				for _, u := range open {
					unjudged[i][u.Zone] = u.From
				}
			}
			write := func() error { return output.Explain(w, narrow, unjudged, a.outputOptions()) }
			if a.common.format != "text" {
				write = func() error { return output.Report(w, narrow, a.outputOptions()) }
			}
			if err := write(); err != nil {
				return err
			}
		}
		return nil
	})
}

// policyOf reads a policy: the file that was named, or sekisho.yaml in this
// folder or one above it. Without a name and a file there is none.
func (a *app) policyOf(name string) (*policy.Policy, error) {
	if name == noPolicy {
		return nil, nil
	}
	if name == "" {
		if name = foundUpward(policyName); name == "" {
			return nil, nil
		}
	}
	b, err := readBounded(name, policy.MaxFile)
	if err != nil {
		return nil, a.fail(exitUsage, "cli.policy-unread", "Path", name, "Error", reason(err))
	}
	p, err := policy.Parse(name, b, policy.Known{Rules: rules.Names(), Protocols: protocols()})
	var problems policy.Problems
	if errors.As(err, &problems) {
		lines := make([]string, len(problems))
		for i, problem := range problems {
			lines[i] = problem.In(a.tag)
		}
		return nil, &failure{code: exitUsage, line: lines[0], mark: strings.Join(lines[1:], "\n")}
	}
	return p, err
}

// protocols are the names of the protocols that sekisho speaks.
func protocols() []string {
	var names []string
	for _, p := range probe.All() {
		names = append(names, p.Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// foundUpward is the nearest file of a name in this folder or one above it, as a
// path from here, empty when there is none. Folders that cannot be looked into
// hold none.
func foundUpward(name string) string {
	dir, err := os.Getwd()
	if err != nil {
		return ""
	}
	for path := name; ; {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path
		}
		above := filepath.Dir(dir)
		if above == dir {
			return ""
		}
		dir, path = above, filepath.Join("..", path)
	}
}

// tried asks the ports of others that the policy wants tried from here.
func (r *checkRun) tried(ctx context.Context) error {
	if r.policy == nil {
		return nil
	}
	list := r.policy.Outgoing()
	r.report.Outgoing = assemble(r.letOut(), nil, nil)
	if len(list) == 0 {
		return nil
	}
	if len(list) > maxTried {
		return r.app.fail(exitUsage, "cli.policy-tries", "Limit", maxTried)
	}
	var (
		jobs []job
		at   = map[string]int{}
	)
	for _, t := range list {
		i, known := at[t.Host]
		if !known {
			targets, err := r.app.targets(ctx, []string{t.Host}, nil, r.flags.family)
			if err != nil {
				// A name that leads nowhere was not tried: the verdict says so.
				r.app.note("cli.policy-untried", "Host", t.Host, "Error", err.Error())
				at[t.Host] = -1
				continue
			}
			if err := r.app.consented(targets, r.machine, r.flags.authorized); err != nil {
				return err
			}
			i = len(jobs)
			at[t.Host] = i
			jobs = append(jobs, job{targets: targets})
		}
		if i < 0 {
			continue
		}
		if t.Transport == exposure.UDP {
			jobs[i].udp = append(jobs[i].udp, t.Port)
		} else {
			jobs[i].tcp = append(jobs[i].tcp, t.Port)
		}
	}
	if len(jobs) == 0 {
		return nil
	}
	named := map[string]string{}
	for host, i := range at {
		if i >= 0 {
			for _, t := range jobs[i].targets {
				named[t.Address.String()] = host
			}
		}
	}
	seen := r.letOut()
	_, err := r.app.runJobs(ctx, r.base, jobs, func(o exposure.Observation) {
		o.Host = named[o.Address.String()]
		seen = append(seen, o)
	})
	r.report.Outgoing = assemble(seen, nil, nil)
	return err
}

// unbound asks the packet filter about the ports of this machine that the policy
// names and that nothing is bound to for others: what answers there, if anything,
// is not among the listeners.
func (r *checkRun) unbound(ctx context.Context) {
	if r.filter == nil || r.policy == nil {
		return
	}
	for i := range r.report.Hosts {
		h := &r.report.Hosts[i]
		if !r.ownHost(h.Addresses) {
			continue
		}
		tcp, udp := r.policy.Named(*h)
		for _, k := range append(keysOf(exposure.TCP, tcp), keysOf(exposure.UDP, udp)...) {
			at := slices.IndexFunc(h.Ports, func(p exposure.Port) bool { return p.Transport == k.transport && p.Port == k.port })
			if at < 0 {
				at = len(h.Ports)
				h.Ports = append(h.Ports, exposure.Port{
					Transport: k.transport, Port: k.port, Name: portName(k.transport, k.port), Observations: []exposure.Observation{},
				})
			}
			if p := &h.Ports[at]; !slices.ContainsFunc(p.Listeners, func(l exposure.Listener) bool { return !l.LoopbackOnly() }) {
				p.Firewall = r.filter.openTo(ctx, k)
			}
		}
		slices.SortStableFunc(h.Ports, comparePorts)
	}
}

func keysOf(t exposure.Transport, ports []uint16) []portKey {
	keys := make([]portKey, 0, len(ports))
	for _, n := range ports[:min(len(ports), maxNamed)] {
		keys = append(keys, portKey{t, n})
	}
	return keys
}

// maxNamed is about how many ports of one policy the packet filter is asked.
const maxNamed = 512

// unlooked says which hosts of the policy this run did not look at.
func (r *checkRun) unlooked() {
	if r.policy == nil {
		return
	}
	names := slices.DeleteFunc(r.policy.Hosts(), func(name string) bool {
		return slices.ContainsFunc(r.report.Hosts, func(h exposure.Host) bool {
			return strings.EqualFold(h.Name, name) || slices.ContainsFunc(h.Addresses, func(a netip.Addr) bool { return a.String() == name })
		})
	})
	if len(names) > 0 {
		r.app.note("cli.policy-unlooked", "Hosts", names)
	}
}

// maxTried is how many ports of others one policy may have tried.
const maxTried = 64

// widened are the jobs with the ports that the policy names for their targets,
// and with every TCP port where it judges the rest.
func (r *checkRun) widened(jobs []job) ([]job, error) {
	if r.policy == nil || r.flags.ports != "" {
		return jobs, nil
	}
	every, err := portspec.Parse("-", false)
	if err != nil {
		return nil, err
	}
	var wide []job
	at := map[string]int{}
	for i, j := range jobs {
		for _, t := range j.targets {
			tcp, udp, rest := r.policy.Asked(r.hostOf(t))
			key := fmt.Sprint(i, rest, tcp, udp)
			n, known := at[key]
			if !known {
				n = len(wide)
				at[key] = n
				w := job{tcp: union(j.tcp, tcp), udp: union(j.udp, udp)}
				if rest {
					w.tcp = union(w.tcp, every.TCP.Slice())
				}
				wide = append(wide, w)
			}
			wide[n].targets = append(wide[n].targets, t)
		}
	}
	return wide, nil
}

func union(a, b []uint16) []uint16 {
	all := append(slices.Clone(a), b...)
	slices.Sort(all)
	return slices.Compact(all)
}

// hostOf is what is known of a target before anybody looked.
func (r *checkRun) hostOf(t exposure.Target) exposure.Host {
	h := exposure.Host{Name: t.Name, Addresses: []netip.Addr{t.Address}}
	if r.machine.isOwn(t.Address) {
		h.Ports = []exposure.Port{{Observations: []exposure.Observation{{View: exposure.ViewSelf}}}}
	}
	return h
}
