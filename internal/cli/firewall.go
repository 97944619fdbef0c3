package cli

import (
	"bufio"
	"context"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"sekisho/internal/exposure"
	"sekisho/internal/firewall"
	"sekisho/internal/hostnet"
	"sekisho/internal/output"
	"sekisho/internal/reach"
)

// firewallFlags are the flags of firewall open, close and show.
type firewallFlags struct {
	from, product, direction, name string
	profiles                       []string
	ifSecure                       bool
	applyFlags
}

// firewallCommand prints the commands that open, close or show ports. It runs
// none of them.
func (a *app) firewallCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "firewall",
		Short:   a.say.Say("help.firewall"),
		Long:    a.say.Say("help.firewall-long"),
		Example: "  sekisho firewall open 80 443 --from lan\n  sekisho firewall close 23/tcp\n  sekisho firewall show 53/udp\n  sekisho firewall open 3389 --for windows --profile private --lang ja",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return a.unknownCommand(cmd, args[0])
			}
			return cmd.Help()
		},
	}
	for action, help := range map[firewall.Action]string{
		firewall.ActionOpen: a.say.Say("help.firewall-open"), firewall.ActionClose: a.say.Say("help.firewall-close"), firewall.ActionShow: a.say.Say("help.firewall-show"),
	} {
		cmd.AddCommand(a.firewallAction(action, help))
	}
	cmd.AddCommand(a.firewallEnds()...)
	return cmd
}

func (a *app) firewallAction(action firewall.Action, help string) *cobra.Command {
	var flags firewallFlags
	cmd := &cobra.Command{
		Use:   string(action) + " PORT[/udp]…",
		Short: help,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.runFirewall(cmd.Context(), action, flags, args)
		},
	}
	f := cmd.Flags()
	f.StringVar(&flags.from, "from", "", a.say.Say("flag.firewall-from"))
	f.StringVar(&flags.product, "for", "", a.say.Say("flag.firewall-for"))
	f.StringVar(&flags.direction, "direction", "in", a.say.Say("flag.firewall-direction"))
	f.StringSliceVar(&flags.profiles, "profile", nil, a.say.Say("flag.firewall-profile"))
	f.BoolVar(&flags.ifSecure, "if-secure", false, a.say.Say("flag.firewall-if-secure"))
	f.StringVar(&flags.name, "rule-name", "", a.say.Say("flag.firewall-rule-name"))
	if action != firewall.ActionShow {
		flags.applyFlags.register(f, a.say)
	}
	return cmd
}

// firewallZones are what --from takes.
var firewallZones = []string{string(exposure.ZoneLAN), string(exposure.ZoneInternetV4), string(exposure.ZoneInternetV6), string(exposure.ZoneLoopback)}

func (a *app) runFirewall(ctx context.Context, action firewall.Action, flags firewallFlags, args []string) error {
	wish, err := a.firewallWish(action, flags, args)
	if err != nil {
		return err
	}
	whole := ctx
	ctx, cancel := a.bounded(ctx)
	defer cancel()
	if !flags.apply {
		a.leftBehind()
	}
	here, unseen := readFilter(ctx)
	own := here.manager()
	product := own
	if flags.product != "" {
		product = firewall.Product(flags.product)
	}
	if product != firewall.Windows {
		switch {
		case len(flags.profiles) > 0:
			return a.fail(exitUsage, "cli.firewall-windows-only", "Flag", "profile", "Product", string(product))
		case flags.ifSecure:
			return a.fail(exitUsage, "cli.firewall-windows-only", "Flag", "if-secure", "Product", string(product))
		}
	}
	document := exposure.FirewallCommands{
		Schema: exposure.FirewallSchema, Version: version(), SeenAt: now(), Action: string(action), Product: string(product),
		Here: here != nil && product == own, Zone: wish.Zone, Direction: flags.direction,
	}
	if flags.product == "" {
		document.Unseen = a.unseen(unseen)
	}
	// What leaves this machine masked holds no address of it.
	if product == own && !a.common.redact {
		wish.LAN = neighbours()
	}
	if here != nil && here.rules != nil && product == own {
		wish.Places = here.rules.Places(wish.Out)
		// Who names the product may mean another machine, with rules.
		wish.Bare = product == firewall.NFTables && len(wish.Places) == 0 && (flags.product == "" || flags.apply)
		if product == firewall.Firewalld && !wish.Out {
			wish.FirewalldZone = here.firewalldZone(ctx)
		}
	}
	for _, p := range wish.Ports {
		seen := exposure.FirewallCommandPort{Transport: p.Transport, Port: p.Port}
		if product == own && !wish.Out && !a.common.redact {
			seen.Firewall = here.openTo(ctx, portKey{p.Transport, p.Port})
		}
		document.Ports = append(document.Ports, seen)
	}
	if flags.apply {
		return a.apply(whole, flags.applyFlags, wish, here, document)
	}
	for _, s := range wish.Steps(product, a.tag) {
		document.Steps = append(document.Steps, exposure.FirewallStep{Words: s.Words, Lines: s.Lines})
	}
	return a.deliver(func(w *bufio.Writer) error { return output.Commands(w, document, a.outputOptions()) })
}

// firewallWish is what the command line asks for.
func (a *app) firewallWish(action firewall.Action, flags firewallFlags, args []string) (firewall.Wish, error) {
	wish := firewall.Wish{
		Action: action, Zone: exposure.Zone(flags.from), Out: flags.direction == "out", Profiles: flags.profiles, IfSecure: flags.ifSecure, Name: flags.name,
	}
	if len(args) == 0 {
		return wish, a.fail(exitUsage, "cli.firewall-no-port", "Action", string(action))
	}
	for _, arg := range args {
		ports, err := a.askedPorts(arg, &diagnoseFlags{})
		if err != nil {
			return wish, err
		}
		for _, p := range ports {
			if port := (firewall.CommandPort{Transport: p.transport, Port: p.port}); !slices.Contains(wish.Ports, port) {
				wish.Ports = append(wish.Ports, port)
			}
		}
	}
	if len(wish.Ports) > mostDiagnosed {
		return wish, a.fail(exitUsage, "cli.diagnose-many", "Limit", mostDiagnosed)
	}
	var products []string
	for _, p := range firewall.CommandProducts() {
		products = append(products, string(p))
	}
	if flags.from != "" {
		if err := a.oneOf("from", flags.from, firewallZones); err != nil {
			return wish, err
		}
	}
	if flags.product != "" {
		if err := a.oneOf("for", flags.product, products); err != nil {
			return wish, err
		}
	}
	if err := a.oneOf("direction", flags.direction, []string{"in", "out"}); err != nil {
		return wish, err
	}
	for _, p := range flags.profiles {
		if err := a.oneOf("profile", p, []string{"domain", "private", "public"}); err != nil {
			return wish, err
		}
	}
	if !ruleName(flags.name) {
		return wish, a.fail(exitUsage, "cli.firewall-rule-name", "Name", quoted(flags.name))
	}
	return wish, nil
}

// ruleName reports whether every firewall and shell takes a name as it is.
func ruleName(name string) bool {
	for _, r := range name {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(" -_.:/+@", r) {
			return false
		}
	}
	return utf8.ValidString(name) && len(name) <= 60 && strings.TrimSpace(name) == name && !strings.HasPrefix(name, "-")
}

// manager is the product whose commands change this machine's rules.
func (f *filter) manager() firewall.Product {
	switch runtime.GOOS {
	case "windows":
		return firewall.Windows
	case "darwin", "freebsd", "openbsd":
		return firewall.PF
	}
	if f == nil {
		return firewall.NFTables
	}
	return f.rules.Manager()
}

// firewalldZone is the zone of firewalld that this machine's interfaces towards
// others are in; empty when it is the default one, or when they are in several.
func (f *filter) firewalldZone(ctx context.Context) string {
	zones, usual := hostnet.FirewalldZones(ctx)
	zone := ""
	for _, i := range f.machine.Interfaces {
		leads := slices.ContainsFunc(f.machine.Routes, func(r firewall.Route) bool { return r.To.Bits() == 0 && r.Device == i.Name })
		if !leads || zones[i.Name] == "" || zones[i.Name] == zone {
			continue
		}
		if zone != "" {
			return ""
		}
		zone = zones[i.Name]
	}
	if zone == usual {
		return ""
	}
	return zone
}

// neighbours are the networks that this machine is connected to: the private ones,
// and the global IPv6 ones of the same interfaces.
func neighbours() []netip.Prefix {
	network, err := hostnet.ReadNetwork()
	if err != nil {
		return nil
	}
	var list []netip.Prefix
	for _, d := range network.Devices {
		private := slices.ContainsFunc(d.Prefixes, func(p netip.Prefix) bool { return p.Addr().Is4() && reach.LAN(p.Addr()) })
		for _, p := range d.Prefixes {
			a := p.Addr().WithZone("")
			if d.Loopback || p.Bits() == a.BitLen() || !reach.LAN(a) && !(private && a.Is6()) {
				continue
			}
			if n := netip.PrefixFrom(a, p.Bits()).Masked(); !slices.Contains(list, n) {
				list = append(list, n)
			}
		}
	}
	return list
}
