package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"sekisho/internal/agent"
	"sekisho/internal/exposure"
	"sekisho/internal/fingerprint"
	"sekisho/internal/hostnet"
	"sekisho/internal/output"
	"sekisho/internal/probe"
	"sekisho/internal/rules"
)

// testFlags are the flags of every test.
type testFlags struct {
	proxy                                          proxyFlag
	port, user, passwordFile, failOn, fingerprints string
	secure, authorized                             bool
	family                                         family
	via                                            viaFlag // of tests that vantages make
	handed                                         bool    // the login goes to it
}

func (t *testFlags) register(f *pflag.FlagSet, a *app) {
	f.StringVarP(&t.port, "ports", "p", "", a.say.Say("flag.test-port"))
	f.StringVar(&t.user, "user", "", a.say.Say("flag.test-user"))
	f.StringVar(&t.passwordFile, "password-file", "", a.say.Say("flag.test-password-file"))
	f.BoolVar(&t.secure, "tls", false, a.say.Say("flag.test-tls"))
	f.StringVar(&t.failOn, "fail-on", "", a.say.Say("flag.fail-on"))
	f.StringVar(&t.fingerprints, "fingerprints", "", a.say.Say("flag.fingerprints"))
	f.BoolVarP(&t.family.v4, "ipv4", "4", false, a.say.Say("flag.ipv4"))
	f.BoolVarP(&t.family.v6, "ipv6", "6", false, a.say.Say("flag.ipv6"))
	f.BoolVar(&t.authorized, "authorized", false, a.say.Say("flag.authorized"))
	t.proxy.register(f, a)
}

// testCommand looks at one protocol in depth: a subcommand for each.
func (a *app) testCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "test PROTOCOL TARGET",
		Short:   a.say.Say("help.test"),
		Long:    a.say.Say("help.test-long"),
		Example: "  sekisho test ftp 192.168.1.10\n  sekisho test tls home.example -p 8443\n  sekisho test snmp 192.168.1.1 -f json",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return a.fail(exitUsage, "cli.no-test", "Test", quoted(args[0]), "Tests", testNames())
			}
			return cmd.Help()
		},
	}
	for _, t := range probe.Tests() {
		var flags testFlags
		sub := &cobra.Command{
			Use:   t.Name + " TARGET",
			Short: a.say.Say("help.test-" + t.Name),
			RunE: func(cmd *cobra.Command, args []string) error {
				if len(args) == 0 && t.LAN != "" && cmd.Flags().Changed(t.LAN) {
					own, err := a.ownIn(cmd.Flags().Lookup(t.LAN).Value.String())
					if err != nil {
						return err
					}
					args = []string{own}
				}
				if len(flags.via.urls) > 0 {
					return a.runTestVia(cmd, t, &flags, args)
				}
				if len(args) != 1 {
					return a.fail(exitUsage, "cli.test-one-target", "Test", t.Name)
				}
				return a.runTest(cmd, t, &flags, args[0])
			},
		}
		flags.register(sub.Flags(), a)
		if agent.Tests(t.Name) {
			flags.via.register(sub.Flags(), a)
			sub.Flags().BoolVar(&flags.handed, "via-login", false, a.say.Say("flag.test-via-login"))
		}
		for _, o := range t.Options {
			a.testOption(sub.Flags(), o)
		}
		cmd.AddCommand(sub)
	}
	return cmd
}

// ownIn is this machine's IPv4 address in the LAN of an interface, which stands
// for that LAN.
func (a *app) ownIn(device string) (string, error) {
	m, err := a.machine()
	if err != nil {
		return "", err
	}
	var names []string
	for _, i := range m.interfaces {
		names = append(names, i.Name)
		for _, p := range i.Prefixes {
			if i.Name == device && p.Addr().Is4() {
				return p.Addr().String(), nil
			}
		}
	}
	return "", a.fail(exitUsage, "cli.no-interface", "Interface", quoted(device), "Interfaces", names)
}

func testNames() []string {
	var names []string
	for _, t := range probe.Tests() {
		names = append(names, t.Name)
	}
	return names
}

// testOption makes a flag of an option of a test.
func (a *app) testOption(f *pflag.FlagSet, o probe.Option) {
	text := a.say.Say("flag.test-" + o.Name)
	switch o.Kind {
	case probe.Flag:
		f.Bool(o.Name, o.Default == "true", text)
	case probe.Number:
		n, _ := strconv.Atoi(o.Default) // of the program itself; nothing is 0
		f.Int(o.Name, n, text)
	case probe.Words:
		f.StringSlice(o.Name, strings.FieldsFunc(o.Default, func(r rune) bool { return r == ',' }), text)
	default:
		f.String(o.Name, o.Default, text)
	}
}

// testValues are the options that the user gave.
func testValues(f *pflag.FlagSet, t probe.Test) map[string][]string {
	values := map[string][]string{}
	for _, o := range t.Options {
		flag := f.Lookup(o.Name)
		if !flag.Changed {
			continue
		}
		values[o.Name] = []string{flag.Value.String()}
		if list, ok := flag.Value.(pflag.SliceValue); ok {
			values[o.Name] = list.GetSlice()
		}
	}
	return values
}

// read is what the flags of every test say: from which severity on a finding
// fails, which port is asked, and which fingerprints name products beside ours.
func (t *testFlags) read(a *app) (threshold *exposure.Severity, port uint16, prints *fingerprint.Matcher, err error) {
	if threshold, err = a.threshold(t.failOn); err != nil {
		return nil, 0, nil, err
	}
	if port, err = t.number(a); err != nil {
		return nil, 0, nil, err
	}
	prints, err = a.fingerprints(t.fingerprints)
	return threshold, port, prints, err
}

func (a *app) runTest(cmd *cobra.Command, t probe.Test, flags *testFlags, word string) error {
	ctx := cmd.Context()
	threshold, port, prints, err := flags.read(a)
	if err != nil {
		return err
	}
	m, err := a.machine()
	if err != nil {
		return err
	}
	values := testValues(cmd.Flags(), t)
	proxy, err := flags.proxy.parse(ctx, a)
	if err != nil {
		return err
	}
	m = m.reached(proxy)
	list, err := a.testTargets(ctx, t, values, word, proxy, flags.family)
	if err != nil {
		return err
	}
	// Of several addresses the first one is tested, which is what a client takes.
	list = list[:1]
	if err := a.consented(list, m, flags.authorized); err != nil {
		return err
	}
	d := exposure.TestDocument{
		Schema: exposure.TestSchema, Version: version(), Test: t.Name, StartedAt: now(),
		Host: list[0].Name, Address: list[0].Address, View: m.view(list[0].Address),
	}
	o := probe.TestOptions{
		Options: probe.Options{Timeout: a.common.timeout, View: m.view, Proxy: proxy, Owned: true},
		Port:    port, Values: values, User: flags.user,
		Password: func() (string, error) { return a.password(flags.passwordFile) },
		Told: func(s exposure.Step) {
			a.detail("verbose.step", "Step", a.say.Say("step."+s.ID), "Result", a.say.Say("result."+s.Result.String()))
		},
	}
	if cmd.Flags().Changed("tls") {
		o.Secure = &flags.secure
	}
	outcome, err := probe.RunTest(ctx, t.Name, list[0], o)
	var option *probe.OptionError
	if errors.As(err, &option) {
		return a.fail(exitUsage, "cli.test-option", "Error", option)
	}
	if err != nil {
		return err
	}
	d.Service, d.State, d.Steps, d.Flow = outcome.Service, outcome.State, outcome.Steps, outcome.Flow
	if t.LAN != "" && cmd.Flags().Changed(t.LAN) {
		m = machine{} // the neighbours answered, and nothing was seen of what listens here
	}
	return a.tellTest(ctx, d, m, prints, threshold)
}

// tellTest has the rules judge what a test found out, and writes it. The exit code
// follows.
func (a *app) tellTest(ctx context.Context, d exposure.TestDocument, m machine, prints *fingerprint.Matcher, threshold *exposure.Severity) error {
	d.FinishedAt, d.Partial = now(), ctx.Err() != nil
	d.Transport, d.Port = d.Service.Transport, d.Service.Port
	d.Service = prints.Describe(d.Service)
	d.Findings = a.judgeTest(ctx, d, m)
	if err := a.deliver(func(w *bufio.Writer) error { return output.Test(w, d, a.outputOptions()) }); err != nil {
		return err
	}
	switch {
	case ctx.Err() != nil:
		return context.Canceled
	case threshold != nil && slices.ContainsFunc(d.Findings, func(f exposure.Finding) bool { return f.Severity >= *threshold }):
		return exit(exitFail)
	case slices.ContainsFunc(d.Steps, exposure.Step.Unmet):
		return exit(exitFail)
	case d.Service.Protocol == "":
		return exit(exitUnseen)
	}
	return nil
}

// judgeTest has the rules judge what a test found out, with the listener of the
// port where it is this machine's.
func (a *app) judgeTest(ctx context.Context, d exposure.TestDocument, m machine) []exposure.Finding {
	port := exposure.Port{
		Transport: d.Transport, Port: d.Port, Name: portName(d.Transport, d.Port), Services: []exposure.Service{d.Service},
	}
	if d.Service.Protocol != "" {
		port.Observations = []exposure.Observation{{
			Host: d.Host, Address: d.Address, Transport: d.Transport, Port: d.Port,
			State: exposure.Open, Reason: exposure.ProtoResponse, View: d.View, Vantage: vantageSelf, Attempts: 1, SeenAt: d.StartedAt,
		}}
	}
	c := rules.Context{Now: d.FinishedAt, Local: m.isOwn(d.Address)}
	if c.Local {
		listeners, unseen, err := hostnet.Listeners(ctx)
		c.Owners = err == nil && !slices.ContainsFunc(unseen, func(u hostnet.Unseen) bool { return u.Kind == hostnet.UnseenOwners })
		port.Listeners = behind(listeners, d)
	}
	return rules.Judge(port, c, a.tag)
}

// behind are the listeners that take what a test sent, and those of the same
// process at other addresses of this machine: a server that binds each of them
// for itself, as BIND does, is not on loopback only because it was asked there.
func behind(listeners []exposure.Listener, d exposure.TestDocument) []exposure.Listener {
	bound := slices.DeleteFunc(slices.Clone(listeners), func(l exposure.Listener) bool {
		return l.Transport != d.Transport || l.Port != d.Port
	})
	var found, others []exposure.Listener
	for _, l := range bound {
		if l.Takes(d.Address) {
			found = append(found, l)
		} else {
			others = append(others, l)
		}
	}
	for _, l := range others {
		if slices.ContainsFunc(found, func(f exposure.Listener) bool { return f.PID == l.PID }) {
			found = append(found, l)
		}
	}
	return found
}

// number is the port that -p names: one, since a test looks at one.
func (t *testFlags) number(a *app) (uint16, error) {
	if t.port == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(strings.TrimSpace(t.port), 10, 16)
	if err != nil || n == 0 {
		return 0, a.fail(exitUsage, "cli.test-one-port", "Value", quoted(t.port))
	}
	return uint16(n), nil
}

// threshold parses --fail-on; nil without it.
func (a *app) threshold(word string) (*exposure.Severity, error) {
	if word == "" {
		return nil, nil
	}
	severity := new(exposure.Severity)
	if err := severity.UnmarshalText([]byte(word)); err != nil {
		return nil, a.oneOf("fail-on", word, []string{"info", "low", "medium", "high"})
	}
	return severity, nil
}

// maxPassword is the longest secret that is read from a file, in bytes.
const maxPassword = 4096

// password finds the secret of a login: in a file, in SEKISHO_PASSWORD or by
// asking at the terminal. It is never the value of a flag, which everybody on
// the machine can read in the list of processes.
func (a *app) password(path string) (string, error) {
	if path != "" {
		b, err := readBounded(path, maxPassword)
		if err != nil {
			return "", err
		}
		return strings.TrimRight(string(b), "\r\n"), nil
	}
	if secret := a.getenv("SEKISHO_PASSWORD"); secret != "" {
		return secret, nil
	}
	in, ok := a.in.(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) {
		return "", errors.New(a.say.Say("cli.no-password"))
	}
	fmt.Fprint(a.err, a.say.Say("cli.password"), " ")
	b, err := term.ReadPassword(int(in.Fd()))
	fmt.Fprintln(a.err)
	return string(b), err
}
