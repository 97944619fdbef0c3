package cli

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sekisho/internal/dialogue"
	"sekisho/internal/exposure"
	"sekisho/internal/hostnet"
	"sekisho/internal/netio"
	"sekisho/internal/output"
	"sekisho/internal/portspec"
	"sekisho/internal/probe"
	"sekisho/internal/untrusted"
)

// interactiveFlags are those of a conversation that a person types.
type interactiveFlags struct {
	on, secure, telnet    bool
	starttls, connections string
	wait                  time.Duration
}

// byPort is what --starttls means without a protocol.
const byPort = "auto"

// connectionWords are which of the machine's live connections are shown.
var connectionWords = []string{"all", "own", "none"}

func (i *interactiveFlags) register(f *pflag.FlagSet, a *app) {
	f.BoolVarP(&i.on, "interactive", "i", false, a.say.Say("flag.interactive"))
	f.BoolVar(&i.secure, "tls", false, a.say.Say("flag.interactive-tls"))
	f.StringVar(&i.starttls, "starttls", "", a.say.Say("flag.interactive-starttls", "Protocols", dialogue.Upgrades()))
	f.Lookup("starttls").NoOptDefVal = byPort
	f.BoolVar(&i.telnet, "telnet", false, a.say.Say("flag.interactive-telnet"))
	f.StringVar(&i.connections, "connections", "all", a.say.Say("flag.interactive-connections"))
	f.DurationVar(&i.wait, "wait", 5*time.Second, a.say.Say("flag.interactive-wait"))
}

// alone refuses flags of a conversation on a command line without one. It runs
// before the configuration fills flags in, since its keys are those of every
// command.
func (i *interactiveFlags) alone(a *app) cobra.PositionalArgs {
	return func(cmd *cobra.Command, _ []string) error {
		if i.on || a.getenv("SEKISHO_INTERACTIVE") != "" {
			return nil
		}
		for _, name := range []string{"tls", "starttls", "telnet", "connections", "wait"} {
			if cmd.Flags().Changed(name) {
				return a.fail(exitUsage, "interactive.flag-alone", "Flag", name)
			}
		}
		return nil
	}
}

// The bounds of a conversation.
const (
	interactiveBytes   = 64 << 20       // received
	interactiveTime    = 24 * time.Hour // without --timeout
	interactiveDial    = 15 * time.Second
	interactivePoll    = time.Second
	interactiveClosing = 100 * time.Millisecond // until the kernel shows a closed connection as such
)

// runInteractive is the telnet of the text books: it connects, and then lines go
// back and forth until either side has enough.
func (a *app) runInteractive(ctx context.Context, args []string, flags connectFlags, i interactiveFlags) error {
	// --starttls smtp HOST PORT, as people write it.
	if i.starttls == byPort && len(args) == 3 && slices.Contains(dialogue.Upgrades(), args[0]) {
		i.starttls, args = args[0], args[1:]
	}
	server, err := a.hostAndPort(args)
	if err != nil {
		return err
	}
	if err := a.checkInteractive(&i, server.Port); err != nil {
		return err
	}
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
	targets, err := a.targetsThrough(ctx, proxy, []string{server.Host}, nil, flags.family)
	if err != nil {
		return err
	}
	if err := a.consented(targets, m, flags.authorized); err != nil {
		return err
	}
	d := exposure.ConnectDocument{Schema: exposure.ConnectSchema, Version: version(), SeenAt: now()}
	if _, typed := terminal(a.in); typed {
		a.note("interactive.connecting", "Host", untrusted.New(server.Host, 0), "Port", server.Port)
	}
	conn, target, err := dialFirst(ctx, proxy, targets, server.Port)
	if err != nil {
		return a.unconnected(ctx, d, m, server, proxy, flags, err)
	}
	defer conn.Close()
	server.Address, server.State, server.Reason = target.Address, exposure.Open, exposure.SynAck
	c := a.converse(conn, i)
	end := c.run(ctx, target, server.Port)
	d.Servers, d.Dialogue = []exposure.ConnectedServer{server}, c.document()
	if !c.live {
		if err := a.deliver(func(w *bufio.Writer) error { return output.Connect(w, d, a.outputOptions()) }); err != nil {
			return err
		}
	}
	switch {
	case c.unwritten != nil:
		return a.printed(c.unwritten)
	case end == dialogue.Interrupted && errors.Is(ctx.Err(), context.Canceled):
		return exit(exitInterrupted)
	case end == dialogue.ByPeer, end == dialogue.ByUser, end == dialogue.Silent:
		return nil
	}
	return exit(exitFail)
}

// checkInteractive refuses flags that contradict one another and fills in what
// follows from the port.
func (a *app) checkInteractive(i *interactiveFlags, port uint16) error {
	if i.secure && i.starttls != "" {
		return a.fail(exitUsage, "interactive.tls-twice")
	}
	if i.starttls == byPort {
		if i.starttls = dialogue.UpgradeOf(port); i.starttls == "" {
			return a.fail(exitUsage, "interactive.starttls-which", "Port", port, "Protocols", dialogue.Upgrades())
		}
	}
	if i.starttls != "" && !slices.Contains(dialogue.Upgrades(), i.starttls) {
		return a.fail(exitUsage, "cli.bad-word", "Flag", "starttls", "Value", i.starttls, "Words", strings.Join(dialogue.Upgrades(), ", "))
	}
	if i.wait <= 0 {
		return a.fail(exitUsage, "cli.bad-duration", "Where", "--wait", "Value", i.wait, "Flag", "wait")
	}
	i.telnet = i.telnet || usualProtocol(port) == "telnet"
	return a.oneOf("connections", i.connections, connectionWords)
}

// dialFirst connects to the first address that takes the connection.
func dialFirst(ctx context.Context, proxy *netio.Proxy, targets []exposure.Target, port uint16) (net.Conn, exposure.Target, error) {
	var first error
	for _, t := range targets {
		// The connection ends with the context that it was made under, so that
		// the time for connecting cannot be a deadline of that.
		dialing, cancel := context.WithCancel(ctx)
		late := time.AfterFunc(interactiveDial, cancel)
		end := time.Now().Add(interactiveTime)
		if until, ok := ctx.Deadline(); ok {
			end = until
		}
		d := &netio.Dialer{Limits: netio.Limits{Deadline: end, Bytes: interactiveBytes}, Proxy: proxy, Name: t.Name}
		conn, err := d.Dial(dialing, exposure.TCP, netip.AddrPortFrom(t.Address, port))
		if late.Stop() && err == nil {
			return &cancelled{conn, cancel}, t, nil
		}
		cancel()
		if err == nil {
			err = errors.Join(context.DeadlineExceeded, conn.Close())
		}
		if first == nil {
			first = err
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, exposure.Target{}, first
}

// cancelled is a connection that frees its context when it is closed.
type cancelled struct {
	net.Conn
	cancel context.CancelFunc
}

// Close closes the connection.
func (c *cancelled) Close() error {
	defer c.cancel()
	return c.Conn.Close()
}

// unconnected tells why there is no conversation, in the words of connect host.
func (a *app) unconnected(ctx context.Context, d exposure.ConnectDocument, m machine, s exposure.ConnectedServer, proxy *netio.Proxy, flags connectFlags, why error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	flags.authorized = true // it was asked for already
	s, err := a.connected(ctx, m, s, proxy, flags)
	if err != nil {
		return err
	}
	if s.State == exposure.Open {
		return a.fail(exitFail, "interactive.unconnected", "Host", s.Host, "Port", s.Port, "Error", oneLine(reason(why)))
	}
	d.Servers = []exposure.ConnectedServer{s}
	if err := a.deliver(func(w *bufio.Writer) error { return output.Connect(w, d, a.outputOptions()) }); err != nil {
		return err
	}
	return exit(exitFail)
}

// conversation is one run of interactive.
type conversation struct {
	a      *app
	flags  interactiveFlags
	conn   net.Conn
	typed  bool // at a terminal
	live   bool // standard output shows it, and there is no document
	screen *output.Screen
	told   exposure.Dialogue
	open   map[string]int // the line of each side that has not ended, by who says it
	kept   int

	ends      map[netip.AddrPort]exposure.SocketState // of the connection, as last seen
	unwritten error
}

// Bounds of what a document keeps of a conversation.
const (
	maxDialogueLines = 10_000
	maxDialogueBytes = 4 << 20
)

func (a *app) converse(conn net.Conn, i interactiveFlags) *conversation {
	c := &conversation{a: a, flags: i, conn: conn, open: map[string]int{}, ends: map[netip.AddrPort]exposure.SocketState{}}
	_, c.typed = terminal(a.in)
	o := a.outputOptions()
	c.live = o.Format == "text" && a.toStdout() && !o.Redact
	w := io.Writer(a.out)
	if !c.live {
		w = a.err
	}
	c.screen = output.NewScreen(w, o, c.typed)
	c.told.StartedAt, c.told.Lines = now(), []exposure.DialogueLine{}
	c.told.Local, _ = netip.ParseAddrPort(conn.LocalAddr().String()) // of TCP it is one
	c.told.Remote, _ = netip.ParseAddrPort(conn.RemoteAddr().String())
	return c
}

func (c *conversation) note(id string, pairs ...any) {
	if !c.a.common.quiet {
		c.keep(c.screen.Note(c.a.say.Say(id, pairs...)))
	}
}

// keep keeps the first error of writing.
func (c *conversation) keep(err error) {
	if c.unwritten == nil {
		c.unwritten = err
	}
}

// run talks until the end, which it tells.
func (c *conversation) run(ctx context.Context, target exposure.Target, port uint16) dialogue.End {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c.note("interactive.connected", "Remote", c.told.Remote, "Local", c.told.Local)
	if !c.flags.secure && c.flags.starttls == "" && beginsWithTLS(port) {
		c.note("interactive.tls-port", "Port", port)
	}
	if runtime.GOOS != "linux" {
		c.a.detail("interactive.untested", "System", runtime.GOOS)
	}
	c.table(ctx)
	conn, end, err := c.secured(ctx, target)
	if err == nil {
		if c.typed {
			c.note("interactive.keys")
		}
		talk := dialogue.Talk{
			Conn: conn, In: c.a.in, Typed: c.typed, Wait: c.flags.wait, Telnet: c.flags.telnet,
			Greets: c.flags.starttls == "" && greets(port),
			Told: func(e dialogue.Event) {
				c.tell(e)
				if c.unwritten != nil {
					cancel() // nobody looks any more
				}
			},
			Command: func(word string) bool { return c.command(ctx, word) },
		}
		if c.flags.connections != "none" && !c.a.common.quiet {
			talk.Every, talk.Tick = interactivePoll, func() { c.watch(ctx) }
		}
		end, err = talk.Run(ctx)
	}
	c.told.Ended, c.told.FinishedAt = string(end), now()
	_ = c.conn.Close()
	if c.flags.connections != "none" && !c.a.common.quiet && c.unwritten == nil {
		time.Sleep(interactiveClosing)
		c.watch(context.WithoutCancel(ctx))
	}
	c.conclude(end, err)
	return end
}

// conclude says why it ended.
func (c *conversation) conclude(end dialogue.End, err error) {
	if c.unwritten != nil {
		return
	}
	if end == dialogue.Failed || end == endTLS {
		c.told.Error = oneLine(reason(err))
	}
	switch end {
	case dialogue.ByPeer:
		c.note("interactive.ended-peer")
	case dialogue.ByUser:
		c.note("interactive.ended-user")
	case dialogue.Silent:
		c.note("interactive.ended-silence", "Seconds", c.flags.wait)
	case dialogue.Interrupted:
		c.note("interactive.ended-interrupted")
	case dialogue.TooMuch:
		c.note("interactive.ended-limit", "Megabytes", interactiveBytes>>20)
	case dialogue.LineTooLong:
		c.note("interactive.ended-line")
	case endTLS:
		c.note("interactive.ended-tls", "Error", c.told.Error)
	default:
		c.note("interactive.ended-error", "Error", c.told.Error)
	}
}

// endTLS is the end of a conversation that was to be encrypted and could not.
const endTLS dialogue.End = "tls"

// secured is the connection inside TLS where that was asked for.
func (c *conversation) secured(ctx context.Context, target exposure.Target) (net.Conn, dialogue.End, error) {
	if !c.flags.secure && c.flags.starttls == "" {
		return c.conn, "", nil
	}
	failed := func(err error) (net.Conn, dialogue.End, error) {
		if ctx.Err() != nil {
			return nil, dialogue.Interrupted, ctx.Err()
		}
		return nil, endTLS, err
	}
	if c.flags.starttls != "" {
		if err := dialogue.Agree(ctx, c.conn, c.flags.starttls, c.tell); err != nil {
			return failed(err)
		}
	}
	name := target.Name
	shaking, cancel := context.WithTimeout(ctx, interactiveDial)
	defer cancel()
	conn, facts, err := probe.HandshakeTLS(shaking, c.conn, name)
	c.told.TLS = facts
	if facts != nil {
		facts.StartTLS = c.flags.starttls != ""
		c.note("interactive.tls", "Version", strings.Join(facts.Versions, ", "), "Cipher", facts.Cipher)
		if cert := facts.Certificate; cert != nil {
			c.note("interactive.certificate", "Subject", cert.Subject, "Issuer", cert.Issuer, "Until", cert.NotAfter.UTC().Format(time.DateOnly))
			switch {
			case cert.SelfSigned:
				c.note("interactive.self-signed")
			case cert.NameMatches != nil && !*cert.NameMatches:
				c.note("interactive.other-name", "Host", name)
			}
		}
	}
	if err != nil {
		return failed(err)
	}
	return conn, "", nil
}

// beginsWithTLS reports whether what usually listens on a port waits for TLS at
// once, so that what is typed in clear leads nowhere.
func beginsWithTLS(port uint16) bool {
	return slices.ContainsFunc(probe.All(), func(p probe.Probe) bool {
		return p.Transport == exposure.TCP && slices.Contains(p.TLSPorts, port) && !slices.Contains(p.Ports, port)
	})
}

// greets reports whether what usually listens on a port speaks first.
func greets(port uint16) bool {
	return slices.Contains([]string{"ftp", "ssh", "telnet", "smtp", "pop3", "imap", "nntp", "mysql", "vnc"}, usualProtocol(port)) || port == 587 || port == 465
}

// tell shows what crossed the connection and keeps it for the document.
func (c *conversation) tell(e dialogue.Event) {
	from := "peer"
	if e.Kind == dialogue.Said {
		from = "here"
		c.told.Sent += int64(len(e.Data))
	} else {
		c.told.Received += int64(len(e.Data))
	}
	c.keep(c.screen.Show(from, e.Data, e.Command))
	if !c.live {
		c.record(from, e)
	}
}

// command does what a line that begins with Ctrl-] asks for.
func (c *conversation) command(ctx context.Context, word string) (over bool) {
	switch word {
	case "":
		c.table(ctx)
	case "q", "quit", "close", "exit":
		return true
	default:
		c.note("interactive.commands")
	}
	return false
}

// table shows the live connections of this machine, as netstat did.
func (c *conversation) table(ctx context.Context) {
	if c.flags.connections == "none" || c.a.common.quiet {
		return
	}
	list, _, err := hostnet.Connections(ctx)
	if err != nil {
		c.note("interactive.no-connections", "Error", oneLine(reason(err)))
		return
	}
	list = slices.DeleteFunc(list, func(k exposure.Connection) bool {
		return k.Transport != exposure.TCP || k.State == exposure.SocketListen || !k.Remote.IsValid() || c.flags.connections == "own" && !c.own(k)
	})
	// Those of the conversation first, then those with the same peer; at the
	// end those that are over and wait for nothing but their time.
	rank := func(k exposure.Connection) int {
		switch {
		case c.own(k):
			return 0
		case k.State == exposure.SocketTimeWait:
			return 3
		case k.Remote.Addr() == c.told.Remote.Addr() && k.Remote.Port() == c.told.Remote.Port():
			return 1
		}
		return 2
	}
	slices.SortStableFunc(list, func(x, y exposure.Connection) int { return rank(x) - rank(y) })
	for _, k := range list {
		if c.own(k) {
			c.ends[k.Local] = k.State
		}
	}
	if c.told.Connections == nil {
		c.told.Connections = list[:min(len(list), maxConnectionRows*10)]
	}
	rows := list[:min(len(list), maxConnectionRows)]
	c.note("interactive.connections", "Count", len(list))
	for _, line := range output.ConnectionRows(rows, c.own) {
		c.keep(c.screen.Note(line))
	}
	if more := len(list) - len(rows); more > 0 {
		c.note("interactive.connections-more", "Count", more)
	}
}

// maxConnectionRows is how many connections are shown at a time.
const maxConnectionRows = 12

// own reports whether a connection is that of the conversation, or its other
// end on this machine.
func (c *conversation) own(k exposure.Connection) bool {
	return k.Local == c.told.Local && k.Remote == c.told.Remote || k.Local == c.told.Remote && k.Remote == c.told.Local
}

// watch tells what became of the connection since it was looked at last.
func (c *conversation) watch(ctx context.Context) {
	list, _, err := hostnet.Connections(ctx)
	if err != nil {
		return
	}
	for _, k := range list {
		if k.Transport != exposure.TCP || !c.own(k) || c.ends[k.Local] == k.State {
			continue
		}
		c.ends[k.Local] = k.State
		if k.Local == c.told.Local {
			c.told.States = append(c.told.States, k.State)
		}
		for _, line := range output.ConnectionRows([]exposure.Connection{k}, c.own) {
			c.keep(c.screen.Note(line))
		}
	}
}

// hostAndPort reads HOST PORT, or HOST:PORT.
func (a *app) hostAndPort(args []string) (exposure.ConnectedServer, error) {
	if len(args) == 1 {
		if host, port, err := net.SplitHostPort(args[0]); err == nil {
			args = []string{host, port}
		}
	}
	if len(args) != 2 || args[0] == "" {
		return exposure.ConnectedServer{}, a.fail(exitUsage, "connect.host-and-port")
	}
	port, ok := portNamed(args[1])
	if !ok {
		return exposure.ConnectedServer{}, a.fail(exitUsage, "connect.no-port", "Value", quoted(args[1]))
	}
	return exposure.ConnectedServer{
		Role: exposure.RoleHost, Host: strings.Trim(args[0], "[]"), Port: port, Expected: usualProtocol(port),
	}, nil
}

// portNamed reads a port of TCP as telnet does: a number or the name of a service.
func portNamed(word string) (uint16, bool) {
	if n, err := strconv.ParseUint(word, 10, 16); err == nil {
		return uint16(n), n != 0
	}
	if s, known := portspec.ByName(word); known && len(s.TCP) > 0 {
		return s.TCP[0], true
	}
	return 0, false
}
