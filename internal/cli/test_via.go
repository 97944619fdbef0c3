package cli

import (
	"cmp"
	"context"
	"net/netip"
	"slices"

	"github.com/spf13/cobra"

	"sekisho/internal/exposure"
	"sekisho/internal/probe"
	"sekisho/internal/reach"
	"sekisho/internal/vantage"
)

// runTestVia is test --via: a vantage makes the test, of this machine as it sees it,
// which for a relay, a passive mode or a certificate is what others get.
func (a *app) runTestVia(cmd *cobra.Command, t probe.Test, flags *testFlags, args []string) error {
	ctx := cmd.Context()
	threshold, port, prints, err := flags.read(a)
	if err != nil {
		return err
	}
	list, err := flags.via.parse(a)
	if err != nil {
		return err
	}
	m, err := a.machine()
	if err != nil {
		return err
	}
	switch {
	case len(list) != 1:
		return a.fail(exitUsage, "cli.test-via-one")
	case len(args) > 1 || len(args) == 1 && !m.isThis(args[0]), flags.proxy.url != "":
		return a.fail(exitUsage, "cli.test-via-own", "Test", t.Name)
	}
	asked, option := jobTest(t.Name, cmp.Or(port, t.Port), testValues(cmd.Flags(), t))
	if option != "" {
		return a.fail(exitUsage, "cli.test-via-option", "Option", option)
	}
	if flags.secure {
		asked.TLS = exposure.JobTLSFirst
	}
	ctx, cancel := a.bounded(ctx)
	defer cancel()
	d, err := a.testedVia(ctx, list[0], m, asked, flags)
	if err != nil {
		return err
	}
	return a.tellTest(ctx, d, m, prints, threshold)
}

// jobTest is a test with its options as a vantage takes them, or the option that it
// has no word for.
func jobTest(name string, port uint16, values map[string][]string) (t exposure.JobTest, unknown string) {
	t = exposure.JobTest{Protocol: name, Port: port}
	for key, v := range values {
		if len(v) == 0 {
			continue
		}
		switch key {
		case "write":
			t.Write = v[0] == "true"
		case "file":
			t.File = v[0]
		case "modes":
			t.Modes = v
		case "relay":
			t.NoRelay = v[0] == "false"
		case "auth-tls":
			t.TLS = map[string]string{exposure.JobTLSNever: exposure.JobTLSNever, exposure.JobTLSRequire: exposure.JobTLSRequire}[v[0]]
		default:
			return t, key
		}
	}
	return t, ""
}

// testedVia has a vantage make one test of this machine.
func (a *app) testedVia(ctx context.Context, at vantage.Address, m machine, test exposure.JobTest, flags *testFlags) (d exposure.TestDocument, err error) {
	addresses, err := a.vantageAddresses(ctx, at, flags.family)
	if err != nil {
		return d, err
	}
	var to, source netip.Addr
	for _, address := range addresses {
		if sources := m.sources(address, flags.family); len(sources) > 0 {
			to, source = address, sources[0]
			break
		}
	}
	if !to.IsValid() {
		return d, a.fail(exitUnseen, "cli.via-no-family", "URL", at.URL.String())
	}
	request := exposure.JobRequest{Tests: []exposure.JobTest{test}}
	if flags.user != "" {
		login := ftpFlags{user: flags.user, passwordFile: flags.passwordFile, handed: flags.handed}
		run := checkRun{app: a, ftp: &login}
		var line string
		if request.Logins, line = run.viaLogins(request.Tests, at, to); line != "" {
			return d, a.fail(exitUsage, "cli.via-note", "Line", line)
		}
	}
	d = exposure.TestDocument{Schema: exposure.TestSchema, Version: version(), Test: test.Protocol, StartedAt: now(), View: exposure.ViewOutside}
	if m.onLink(to) && reach.LAN(to) {
		d.View = exposure.ViewLAN
	}
	client := vantage.New(at, to, source)
	defer client.Close()
	who, err := client.Whoami(ctx)
	switch {
	case err != nil:
		return d, a.fail(exitUnseen, "cli.via-note", "Line", a.viaTrouble(at, err))
	case who.Refused != "":
		err = &vantage.Error{Kind: vantage.Refuses, Problem: exposure.JobErrorKind(who.Refused)}
		return d, a.fail(exitUnseen, "cli.via-note", "Line", a.viaTrouble(at, err))
	case !slices.Contains(who.Station.Tests, test.Protocol):
		return d, a.fail(exitUnseen, "cli.test-via-none", "URL", at.URL.String(), "Test", test.Protocol, "Tests", who.Station.Tests)
	}
	request.Consent = exposure.Consent{
		Text: a.say.Say("via.consent", "URL", at.URL.String(), "Address", who.Address), At: now(),
		Scope: a.say.Say("via.scope-tests", "Scope", a.say.Say("via.scope", "TCP", 0, "UDP", 0), "Tests", testsNamed(request.Tests)),
	}
	seen, err := client.Look(ctx, request, nil)
	if err == nil && (seen.Plan.Address != who.Address || len(seen.Tests) != 1) {
		err = &vantage.Error{Kind: vantage.Lies}
	}
	if err != nil {
		return d, a.fail(exitUnseen, "cli.via-note", "Line", a.viaTrouble(at, err))
	}
	told := seen.Tests[0]
	d.Address, d.Service, d.State, d.Steps, d.Flow = who.Address, told.Service, told.State, told.Steps, told.Flow
	d.Service.Address, d.Service.Transport, d.Service.Port, d.Service.View = who.Address, exposure.TCP, test.Port, d.View
	if seen.Ended != "" {
		a.note("cli.via-note", "Line", a.say.Say("cli.via-ended", "URL", at.URL.String(), "Why", string(seen.Ended)))
	}
	return d, nil
}
