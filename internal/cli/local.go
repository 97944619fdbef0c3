package cli

import (
	"bufio"
	"context"
	"net/netip"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"sekisho/internal/diagnose"
	"sekisho/internal/exposure"
	"sekisho/internal/hostnet"
	"sekisho/internal/output"
	"sekisho/internal/portspec"
	"sekisho/internal/reach"
	"sekisho/internal/untrusted"
)

// localCommand shows what this machine knows of itself, and what the router
// before it tells. Nothing else is sent, but what flags ask for.
func (a *app) localCommand() *cobra.Command {
	var (
		before string
		beyond accessFlags
	)
	cmd := &cobra.Command{
		Use:   "local",
		Short: a.say.Say("help.local"),
		Long:  a.say.Say("help.local-long"),
		Args:  a.noArguments,
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.runLocal(cmd.Context(), before, beyond) },
	}
	registerRouter(cmd.Flags(), &before, routerAsk, a.say)
	beyond.register(cmd.Flags(), a.say)
	return cmd
}

func (a *app) runLocal(ctx context.Context, before string, beyond accessFlags) error {
	m, err := a.machine()
	if err != nil {
		return err
	}
	ctx, cancel := a.bounded(ctx)
	defer cancel()
	router, err := a.askRouter(ctx, before)
	if err != nil {
		return err
	}
	found, err := a.accessOf(ctx, beyond, m)
	if err != nil {
		return err
	}
	listeners, unseen, err := hostnet.Listeners(ctx)
	if err != nil {
		return a.fail(exitUnseen, "cli.listeners-unread", "Error", oneLine(err.Error()))
	}
	whole := !slices.ContainsFunc(unseen, func(u hostnet.Unseen) bool { return u.Kind == hostnet.UnseenListeners })
	filter, hidden := readFilter(ctx)
	listeners = filter.answered(ctx, listeners)
	unseen = append(unseen, hidden...)
	told := router()
	unseen = append(unseen, told.unseen...)
	document := exposure.LocalDocument{
		Router:   told.known,
		Firewall: filter.told(),
		Schema:   exposure.LocalSchema, Version: version(), SeenAt: now(), Host: hostname(),
		Addresses: ownAddresses(m.interfaces), Gateways: hostnet.Gateways(), DNSServers: hostnet.DNSServers(),
		Interfaces: m.interfaces, Listeners: []exposure.LocalListener{}, Unseen: a.unseen(unseen),
	}
	wan := netip.Addr{}
	if told.known != nil {
		wan = told.known.WAN
	}
	nat := diagnose.NAT(m.addresses, wan, found.Access, a.tag)
	document.NAT = &nat
	document.Unseen = append(document.Unseen, found.unseen...)
	for _, l := range listeners {
		document.Listeners = append(document.Listeners, exposure.LocalListener{
			Transport: l.Transport, Port: l.Port, Name: portName(l.Transport, l.Port), Listener: l,
		})
	}
	if whole {
		document.Findings = filter.unused(ctx, m, document.Router, listeners, a.tag)
	}
	return a.deliver(func(w *bufio.Writer) error { return output.Local(w, document, a.outputOptions()) })
}

// ownAddresses are those of the interfaces, with how far each is known.
func ownAddresses(interfaces []exposure.Interface) []exposure.OwnAddress {
	list := []exposure.OwnAddress{}
	for _, i := range interfaces {
		for _, p := range i.Prefixes {
			a := exposure.OwnAddress{Address: p.Addr(), Family: exposure.FirewallIPv4, Scope: scopeOf(p.Addr()), Interface: i.Name}
			if p.Addr().Is6() {
				a.Family = exposure.FirewallIPv6
			}
			list = append(list, a)
		}
	}
	return list
}

func scopeOf(a netip.Addr) exposure.AddressScope {
	switch {
	case a.IsLoopback():
		return exposure.ScopeLoopback
	case a.IsLinkLocalUnicast():
		return exposure.ScopeLinkLocal
	case a.IsPrivate() && a.Is4():
		return exposure.ScopePrivate
	case a.IsPrivate():
		return exposure.ScopeUnique
	case reach.Shared(a):
		return exposure.ScopeShared
	case reach.Global(a):
		return exposure.ScopeGlobal
	}
	return exposure.ScopeSpecial
}

// unseen says what a reading of this machine could not see.
func (a *app) unseen(list []hostnet.Unseen) []string {
	var lines []string
	for _, u := range list {
		kind := string(u.Kind)
		if u.Kind == hostnet.UnseenOwners && os.Geteuid() == 0 {
			kind = "owners-root" // "run as root" is no help to root
		}
		lines = append(lines, a.say.Say("unseen."+kind, "Count", u.Count))
	}
	return lines
}

// portName is the catalogue's name of a number, empty when it has none.
func portName(t exposure.Transport, port uint16) string {
	service, _ := portspec.Lookup(t.String(), port)
	return service.Name
}

// hostname is this machine's name. Anybody with the right may set it to
// anything, so it is escaped like text from outside.
func hostname() string {
	name, err := os.Hostname()
	if err != nil {
		return ""
	}
	return untrusted.Line(name).Terminal()
}

// outputOptions are the options of every output, from the common flags.
func (a *app) outputOptions() output.Options {
	_, seen := terminal(a.out)
	seen = seen && a.toStdout()
	o := output.Options{
		Format: a.common.format, Width: a.width(), Lang: a.tag, Piped: !seen, Root: os.Geteuid() == 0,
		Show: output.Show(a.common.show), Redact: a.common.redact,
	}
	switch a.common.color {
	case "always":
		o.Color = true
	case "auto":
		o.Color = seen && a.getenv("NO_COLOR") == "" && a.getenv("TERM") != "dumb"
	}
	return o
}
