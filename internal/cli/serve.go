package cli

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"sekisho/internal/agent"
	"sekisho/internal/diagnose/gather"
	"sekisho/internal/exposure"
	"sekisho/internal/firewall"
	"sekisho/internal/hostnet"
	"sekisho/internal/netio"
	"sekisho/internal/reach"
	"sekisho/internal/scan"
	"sekisho/internal/web"
)

// serveFlags are the flags of serve.
type serveFlags struct {
	listen, method string
	echoPorts      string
	private        bool
	rate, hourly   int
	together       int // packets a second
	ops            opsFlags
	store          storeFlags
	systemd        bool
}

// The limits of the service where no flag says otherwise. Who watches a port while
// the router is changed asks every five seconds for ten minutes.
const (
	servedRate   = 2000
	servedAll    = 32000 // packets a second of all
	servedPorts  = 65536
	servedHourly = 300
	servedAtOnce = 2
	servedJobs   = 256
	servedTime   = 5 * time.Minute
)

// serveCommand is the vantage that others ask, by its pages and by its API.
func (a *app) serveCommand() *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:     "serve [--listen ADDRESS:PORT]",
		Short:   a.say.Say("help.serve"),
		Long:    a.say.Say("help.serve-long"),
		Example: "  sekisho serve\n  sekisho serve --listen 127.0.0.1:8080\n  sekisho check --via http://vantage.example:8080",
		Args:    a.noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.ops.tls.defaults(a, cmd.Flags(), &f.listen); err != nil {
				return err
			}
			if f.systemd {
				secrets, err := printSystemd(a.out, cmd.Flags(), append(echoAddresses(f.echoPorts), f.listen, f.ops.tls.plain)...)
				if len(secrets) > 0 {
					a.note("serve.secrets", "Variables", strings.Join(secrets, ", "), "Path", secretsFile)
				}
				return err
			}
			return a.runServe(cmd.Context(), &f)
		},
	}
	cmd.Flags().StringVar(&f.listen, "listen", ":8080", a.say.Say("flag.serve-listen"))
	cmd.Flags().BoolVar(&f.private, "allow-private", false, a.say.Say("flag.serve-allow-private"))
	cmd.Flags().StringVar(&f.method, "method", "auto", a.say.Say("flag.method"))
	cmd.Flags().IntVar(&f.rate, "rate", servedRate, a.say.Say("flag.serve-rate"))
	cmd.Flags().IntVar(&f.together, "rate-all", servedAll, a.say.Say("flag.serve-rate-all"))
	cmd.Flags().IntVar(&f.hourly, "per-hour", servedHourly, a.say.Say("flag.serve-per-hour"))
	cmd.Flags().BoolVar(&f.systemd, "print-systemd", false, a.say.Say("flag.serve-print-systemd"))
	cmd.Flags().StringVar(&f.echoPorts, "echo-ports", echoPorts, a.say.Say("flag.serve-echo-ports"))
	f.ops.register(cmd.Flags(), a)
	f.store.register(cmd.Flags(), a)
	cmd.AddCommand(a.optOutCommand())
	return cmd
}

func (a *app) runServe(ctx context.Context, f *serveFlags) error {
	method, err := scan.ParseMethod(f.method)
	if err != nil {
		return a.oneOf("method", f.method, []string{"auto", "syn", "connect"})
	}
	if f.rate < 1 || f.together < 1 || f.hourly < 1 {
		return a.fail(exitUsage, "cli.serve-limits")
	}
	if _, _, err := net.SplitHostPort(f.listen); err != nil {
		return a.fail(exitUsage, "cli.serve-listen", "Address", quoted(f.listen))
	}
	if err := f.store.check(a); err != nil {
		return err
	}
	forwarding, err := f.ops.forwarding(a)
	if err != nil {
		return err
	}
	peers, err := a.parsePeers(f.ops.peers)
	if err != nil {
		return err
	}
	readers, err := f.ops.readers(a)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", f.listen)
	if err != nil {
		return a.fail(exitUsage, "cli.serve-no-listen", "Address", f.listen, "Error", reason(unwrapped(err)))
	}
	defer listener.Close()
	log := slog.New(slog.NewJSONHandler(a.err, nil))
	plain, err := f.ops.tls.plainListener(ctx, a)
	if err != nil {
		return err
	}
	if plain != nil {
		defer plain.Close()
	}
	encrypted, challenges, err := f.ops.tls.encrypted(ctx, a, listenerPort(listener), listenerPort(plain), log)
	if err != nil {
		return err
	}
	scope := &servedScope{private: f.private, optOuts: optOuts{path: f.ops.optOut, log: log}}
	if _, err := scope.optOuts.read(); err != nil {
		return a.fail(exitUsage, "cli.serve-opt-out", "Path", f.ops.optOut, "Error", reason(err))
	}
	if err := scope.read(); err != nil {
		return a.fail(exitUnseen, "cli.interfaces-unread", "Error", reason(err))
	}
	kind := "outside"
	if len(scope.now().Near) > 0 {
		kind = "lan"
	}
	echo, err := a.echoes(f.echoPorts, f.listen, scope.now().Own, encrypted)
	if err != nil {
		return err
	}
	defer echo.Close()
	records, err := f.store.open(ctx, a, log)
	if err != nil {
		return err
	}
	if records != nil {
		defer records.Close() // each record is on the disk already
		scope.optOuts.store = records
		if err := scope.optOuts.ask(ctx); err != nil {
			return a.fail(exitUnseen, "cli.serve-database", "Error", oneLine(err.Error()))
		}
		_ = scope.read() // the interfaces were read a moment ago
	}
	vantage := agent.New(agent.Config{
		Station: exposure.Station{
			ID: "vantage", Kind: kind, Version: version(), Echoes: echo.Ports(),
			Limits: exposure.JobLimits{Ports: servedPorts, Rate: f.rate, TimeMS: int(servedTime / time.Millisecond), AtOnce: servedAtOnce, PerHour: f.hourly},
		},
		Scope: scope.now, Jobs: servedJobs, Together: f.together, Method: method, Payloads: payloads, Log: log,
		Stopped: (&ownOutput{}).stops, Served: servedPortsOf(listener, plain, echo.Ports()),
	})
	carrier, err := f.store.carry(a, vantage.Station(), records != nil, log)
	if err != nil {
		return errors.Join(err, vantage.Close())
	}
	defer carrier.Close()
	config := web.Config{
		Door: carrier.Door(vantage.Station), Scope: scope.now, Names: gather.Resolvers, Reverse: reverseNames, Log: log,
		Forwarding: forwarding, Trip: netio.RoundTrip, Gateways: privateGateways, Hostnames: f.ops.names(), Name4: nameAsAsked(f.ops.name4), Name6: nameAsAsked(f.ops.name6), Metrics: readers, TLS: encrypted,
		Ready: []web.Check{{Name: "opt-outs", Do: func(context.Context) error {
			_, err := scope.optOuts.read()
			return err
		}}},
		EchoToken: func() string { return echo.Token().String() }, EchoWord: echo.Word, Local: (&localReports{}).report,
	}
	if len(peers) > 0 {
		config.Second = a.second(peers)
		for _, peer := range peers {
			config.Seconds = append(config.Seconds, peer.URL.String())
		}
	}
	remember(&config, records, carrier)
	service := web.New(config)
	if err := service.Restore(ctx); err != nil {
		return errors.Join(a.fail(exitUnseen, "cli.serve-database", "Error", oneLine(err.Error())), vantage.Close())
	}
	at := listener.Addr().(*net.TCPAddr).AddrPort()
	a.note("serve.listening", "At", at.String(), "Whom", a.say.Say("serve.whom-"+kind))
	asking := make(chan struct{})
	ctx, done := context.WithCancel(ctx)
	go func() {
		defer close(asking)
		(&peering{app: a, agent: vantage, peers: peers, log: log}).run(ctx)
	}()
	watching := make(chan struct{})
	go func() {
		defer close(watching)
		scope.optOuts.watch(ctx)
	}()
	working := make(chan struct{})
	go func() {
		defer close(working)
		carrier.Work(ctx, vantage)
	}()
	err = serveBoth(ctx, service, listener, plain, challenges)
	done()
	<-asking
	<-working
	<-watching
	if closed := vantage.Close(); err == nil {
		err = closed
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		return a.fail(exitUnseen, "cli.serve-ended", "Error", oneLine(err.Error()))
	}
	return nil
}

// servedPortsOf are the ports at which callers ask the service and its echoes.
func servedPortsOf(pages, plain net.Listener, echoes exposure.StationPorts) []uint16 {
	list := append(slices.Clone([]uint16(echoes.TCP)), echoes.UDP...)
	for _, l := range []net.Listener{pages, plain} {
		if l != nil {
			list = append(list, listenerPort(l))
		}
	}
	return list
}

// ownOutput is what this machine's packet filter does with what leaves it, read
// again after a while.
type ownOutput struct {
	mu     sync.Mutex
	filter *filter
	at     time.Time
}

const ownOutputLasts = 30 * time.Second

// stops reports whether the rules are known to keep a packet in. Where they
// cannot be read, or say nothing for certain, they are not known to.
func (o *ownOutput) stops(t exposure.Transport, source netip.Addr, to netip.AddrPort) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if time.Since(o.at) > ownOutputLasts {
		ctx, cancel := context.WithTimeout(context.Background(), ownOutputLasts)
		o.filter, _ = readFilter(ctx)
		o.at = time.Now()
		cancel()
	}
	if o.filter == nil {
		return false
	}
	const ephemeral = 49152 // a port that questions leave from
	d := o.filter.rules.Evaluate(&o.filter.machine, firewall.Packet{
		Transport: t, Source: source, SourcePort: ephemeral, Destination: to.Addr(), Port: to.Port(),
	})
	return d.Verdict == firewall.Drop || d.Verdict == firewall.Reject
}

// unwrapped is the error of the system inside one of the network.
func unwrapped(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}

// servedScope is whom this machine may look at as a vantage, read anew every few
// seconds: its addresses change, and its own are nobody else's.
type servedScope struct {
	private bool
	optOuts optOuts

	mu   sync.Mutex
	last reach.Scope
	at   time.Time
}

const scopeLasts = 3 * time.Second

// now is the scope as it is. Interfaces that cannot be read leave its addresses as
// they were.
func (s *servedScope) now() reach.Scope {
	s.mu.Lock()
	fresh := time.Since(s.at) < scopeLasts
	s.mu.Unlock()
	if !fresh {
		_ = s.read()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

// read finds the own addresses out, and the networks whose private addresses may
// be looked at: those that are connected, when this machine has private addresses
// only or its owner says so.
func (s *servedScope) read() error {
	out, unread := s.optOuts.read()
	s.mu.Lock()
	s.last.Out, s.last.OutUnread = out, unread != nil
	s.mu.Unlock()
	interfaces, err := hostnet.Interfaces()
	if err != nil {
		return err
	}
	scope := reach.Scope{Out: out, OutUnread: unread != nil, Own: hostnet.Addresses(interfaces)}
	if s.private || !slices.ContainsFunc(scope.Own, reach.Global) {
		for _, device := range interfaces {
			for _, p := range device.Prefixes {
				if device.Up && !device.Loopback && p.Bits() > 0 && p.Addr().IsPrivate() {
					scope.Near = append(scope.Near, p.Masked())
				}
			}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last, s.at = scope, time.Now()
	return nil
}

// reverseNames are what the resolver of this machine says that an address is
// called, none where it has no name or nobody answers.
func reverseNames(ctx context.Context, a netip.Addr) []string {
	names, _ := net.DefaultResolver.LookupAddr(ctx, a.String())
	return names
}
