package cli

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
	"sekisho/internal/output"
	"sekisho/internal/probe"
	"sekisho/internal/scan"
)

// connectFlags are the flags of every connect test.
type connectFlags struct {
	family     family
	authorized bool
	proxy      proxyFlag
}

func (c *connectFlags) register(f *pflag.FlagSet, a *app) {
	f.BoolVarP(&c.family.v4, "ipv4", "4", false, a.say.Say("flag.ipv4"))
	f.BoolVarP(&c.family.v6, "ipv6", "6", false, a.say.Say("flag.ipv6"))
	f.BoolVar(&c.authorized, "authorized", false, a.say.Say("flag.authorized"))
	c.proxy.register(f, a)
}

// connectCommand tries what a program of this machine would connect to: a host,
// the proxy, the mail and news servers.
func (a *app) connectCommand() *cobra.Command {
	var (
		flags       connectFlags
		interactive interactiveFlags
	)
	cmd := &cobra.Command{
		Use:     "connect host|proxy|mail|news",
		Short:   a.say.Say("help.connect"),
		Long:    a.say.Say("help.connect-long"),
		Example: "  sekisho connect host www.example 80\n  sekisho connect proxy\n  sekisho connect mail --pop pop.example --smtp smtp.example:587\n  sekisho connect --interactive www.example 80\n  sekisho connect --interactive --starttls smtp.example 587",
		Args:    interactive.alone(a),
		RunE: func(cmd *cobra.Command, args []string) error {
			if interactive.on {
				return a.runInteractive(cmd.Context(), args, flags, interactive)
			}
			if len(args) > 0 {
				return a.oneOf("connect", args[0], []string{"host", "proxy", "mail", "news"})
			}
			return cmd.Help()
		},
	}
	flags.register(cmd.Flags(), a)
	interactive.register(cmd.Flags(), a)
	cmd.AddCommand(a.connectHost(), a.connectProxy(), a.connectMail(), a.connectNews())
	return cmd
}

// connectSub is a connect test: the servers come from its arguments and flags.
func (a *app) connectSub(use, short string, servers func(ctx context.Context, args []string) (exposure.ConnectDocument, error)) *cobra.Command {
	var flags connectFlags
	cmd := &cobra.Command{
		Use: use, Short: short,
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := servers(cmd.Context(), args)
			if err != nil {
				return err
			}
			return a.runConnect(cmd.Context(), d, flags)
		},
	}
	flags.register(cmd.Flags(), a)
	return cmd
}

func (a *app) connectHost() *cobra.Command {
	var (
		flags       connectFlags
		interactive interactiveFlags
	)
	cmd := &cobra.Command{
		Use: "host HOST PORT", Short: a.say.Say("help.connect-host"), Args: interactive.alone(a),
		RunE: func(cmd *cobra.Command, args []string) error {
			if interactive.on {
				return a.runInteractive(cmd.Context(), args, flags, interactive)
			}
			s, err := a.hostAndPort(args)
			if err != nil {
				return err
			}
			return a.runConnect(cmd.Context(), exposure.ConnectDocument{Servers: []exposure.ConnectedServer{s}}, flags)
		},
	}
	flags.register(cmd.Flags(), a)
	interactive.register(cmd.Flags(), a)
	return cmd
}

// usualProtocol is the protocol that a probe of ours speaks on a port by its
// number, empty when there is none or more than one.
func usualProtocol(port uint16) string {
	var names []string
	for _, p := range probe.All() {
		if p.Transport == exposure.TCP && p.Name != "tls" && (slices.Contains(p.Ports, port) || slices.Contains(p.TLSPorts, port)) && !slices.Contains(names, p.Name) {
			names = append(names, p.Name)
		}
	}
	if len(names) != 1 {
		return ""
	}
	return names[0]
}

func (a *app) connectMail() *cobra.Command {
	var smtp, pop, imap string
	cmd := a.connectSub("mail", a.say.Say("help.connect-mail"), func(_ context.Context, args []string) (exposure.ConnectDocument, error) {
		var d exposure.ConnectDocument
		if err := a.noArguments(nil, args); err != nil {
			return d, err
		}
		for _, s := range []struct {
			role     exposure.ServerRole
			word     string
			usual    uint16
			expected string
		}{{exposure.RoleIn, pop, 110, "pop3"}, {exposure.RoleIn, imap, 143, "imap"}, {exposure.RoleOut, smtp, 25, "smtp"}} {
			if s.word == "" {
				continue
			}
			server, err := a.server(s.role, s.word, s.usual, s.expected)
			if err != nil {
				return d, err
			}
			d.Servers = append(d.Servers, server)
		}
		if len(d.Servers) == 0 {
			return d, a.fail(exitUsage, "connect.no-mail")
		}
		return d, nil
	})
	cmd.Flags().StringVar(&smtp, "smtp", "", a.say.Say("flag.connect-smtp"))
	cmd.Flags().StringVar(&pop, "pop", "", a.say.Say("flag.connect-pop"))
	cmd.Flags().StringVar(&imap, "imap", "", a.say.Say("flag.connect-imap"))
	return cmd
}

func (a *app) connectNews() *cobra.Command {
	var server string
	cmd := a.connectSub("news", a.say.Say("help.connect-news"), func(_ context.Context, args []string) (exposure.ConnectDocument, error) {
		var d exposure.ConnectDocument
		if err := a.noArguments(nil, args); err != nil {
			return d, err
		}
		if server == "" {
			return d, a.fail(exitUsage, "connect.no-news")
		}
		s, err := a.server(exposure.RoleNews, server, 119, "nntp")
		d.Servers = []exposure.ConnectedServer{s}
		return d, err
	})
	cmd.Flags().StringVar(&server, "nntp", "", a.say.Say("flag.connect-nntp"))
	return cmd
}

// server reads HOST or HOST:PORT.
func (a *app) server(role exposure.ServerRole, word string, usual uint16, expected string) (exposure.ConnectedServer, error) {
	s := exposure.ConnectedServer{Role: role, Host: strings.Trim(word, "[]"), Port: usual, Expected: expected}
	if host, port, err := net.SplitHostPort(word); err == nil {
		n, known := portNamed(port)
		if !known || host == "" {
			return s, a.fail(exitUsage, "connect.no-port", "Value", quoted(word))
		}
		s.Host, s.Port = host, n
	}
	return s, nil
}

func (a *app) runConnect(ctx context.Context, d exposure.ConnectDocument, flags connectFlags) error {
	m, err := a.machine()
	if err != nil {
		return err
	}
	proxy, err := flags.proxy.parse(ctx, a)
	if err != nil {
		return err
	}
	m = m.reached(proxy)
	ctx, cancel := a.bounded(ctx)
	defer cancel()
	d.Schema, d.Version, d.SeenAt = exposure.ConnectSchema, version(), now()
	running := true
	for i, s := range d.Servers {
		if d.Servers[i], err = a.connected(ctx, m, s, proxy, flags); err != nil {
			return err
		}
		running = running && d.Servers[i].State == exposure.Open
	}
	if err := a.deliver(func(w *bufio.Writer) error { return output.Connect(w, d, a.outputOptions()) }); err != nil {
		return err
	}
	if !running {
		return exit(exitFail)
	}
	return nil
}

// connected tries one server, each address of it until one takes the
// connection, and finds out what answers. A name without an address is told and
// is no error of the run: the other servers are tried.
func (a *app) connected(ctx context.Context, m machine, s exposure.ConnectedServer, proxy *netio.Proxy, flags connectFlags) (exposure.ConnectedServer, error) {
	targets, err := a.targetsThrough(ctx, proxy, []string{s.Host}, nil, flags.family)
	var f *failure
	switch {
	case errors.As(err, &f):
		s.Error = f.line
		return s, nil
	case err != nil:
		return s, err
	}
	if err := a.consented(targets, m, flags.authorized); err != nil {
		return s, err
	}
	engine := scan.New()
	defer engine.Close()
	best := map[netip.Addr]exposure.Observation{}
	_, err = engine.Run(ctx, scan.Request{
		Targets: targets, TCP: []uint16{s.Port}, Retries: -1, View: m.view, Own: m.isOwn, Vantage: vantageSelf, Say: a.say.Say, Proxy: proxy,
	}, func(o exposure.Observation) { best[o.Address] = o })
	if err != nil {
		return s, err
	}
	// The first that is open, else the first at all: what a client meets.
	at := slices.IndexFunc(targets, func(t exposure.Target) bool { return best[t.Address].State == exposure.Open })
	at = max(at, 0)
	o := best[targets[at].Address]
	s.Address, s.State, s.Reason = targets[at].Address, o.State, o.Reason
	if o.State == exposure.Open {
		service := probe.Identify(ctx, targets[at], exposure.TCP, s.Port, probe.Options{View: m.view, Proxy: proxy})
		s.Service = &service
	}
	return s, nil
}
