package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
	"sekisho/internal/portqry"
	"sekisho/internal/scan"
)

// isPortQry reports whether the program was called by PortQry's name.
func isPortQry(path string) bool {
	name := strings.ToLower(path[strings.LastIndexAny(path, `/\`)+1:])
	return strings.TrimSuffix(name, ".exe") == "portqry"
}

// queryCommand speaks PortQry's command line, which is none of cobra's.
func (a *app) queryCommand() *cobra.Command {
	return &cobra.Command{
		Use:                "query -n NAME [OPTION…]",
		Short:              a.say.Say("help.query"),
		Long:               a.say.Say("help.query-long"),
		Example:            "  sekisho query -n 192.168.1.10 -e 389 -p both\n  sekisho query -n server.example -o 25,110,143 -l mail.txt -y\n  sekisho query -i",
		DisableFlagParsing: true,
		// The flags of the other commands mean something else here.
		PersistentPreRunE: func(*cobra.Command, []string) error { return nil },
		RunE:              func(cmd *cobra.Command, args []string) error { return a.runQuery(cmd.Context(), args) },
	}
}

// manyPorts is up to how many ports of a stranger are asked without consent.
const manyPorts = 16

func (a *app) runQuery(ctx context.Context, args []string) error {
	authorized := false
	var rest []string
	for _, arg := range args {
		if arg == "--authorized" {
			authorized = true
			continue
		}
		rest = append(rest, arg)
	}
	c, err := portqry.Parse(rest)
	if err != nil {
		var wrong *portqry.Error
		if errors.As(err, &wrong) {
			return &failure{code: portqry.Wrong, line: wrong.Text}
		}
		return err
	}
	if c.Help || len(rest) == 0 {
		_, err := io.WriteString(a.out, portqry.Help)
		return a.printed(err)
	}
	m, err := a.machine()
	if err != nil {
		return err
	}
	out := a.out
	if c.Quiet {
		out = io.Discard
	}
	var log *portqry.Log
	if c.Log != "" {
		file, err := a.queryLog(c)
		if err != nil {
			return err
		}
		defer file.Close()
		log = portqry.NewLog(file, c, strings.ToUpper(hostname()), time.Now())
		out = io.MultiWriter(out, log)
	}
	q := &querying{app: a, machine: m, command: c, authorized: authorized, services: servicesFile()}
	eyes := portqry.Eyes{
		Lookup: q.lookup, Name: q.name, State: q.state, Service: q.service, Speak: portqry.Speak,
	}
	var code int
	if c.Interactive && a.interactive(&c, out) {
		code, err = portqry.Interactive(ctx, c, eyes, a.in, out)
	} else {
		code, err = portqry.Query(ctx, c, eyes, out)
	}
	if log != nil {
		if failed := log.Close(); failed != nil {
			return a.fail(portqry.Wrong, "cli.unwritten", "Path", c.Log, "Error", reason(failed))
		}
	}
	var f *failure
	switch {
	case errors.As(err, &f), errors.Is(err, context.Canceled):
		return err
	case err != nil:
		return a.printed(err)
	case code != 0:
		return exit(code)
	}
	return nil
}

// interactive reports whether -i opens the interactive mode: on a terminal, or
// when no port was named. Elsewhere it is the option of version 1 that many
// scripts still have.
func (a *app) interactive(c *portqry.Command, out io.Writer) bool {
	_, is := terminal(a.in)
	asked := c.Node != "" && c.Ports != nil
	if asked && !is {
		c.NoReverse = true
		fmt.Fprintln(a.err, a.say.Say("query.version-1"))
		return false
	}
	if asked {
		fmt.Fprintln(out, a.say.Say("query.version-1-terminal"))
	}
	return true
}

// queryLog opens the log file. One that is there is overwritten when -y or -q
// says so or the person at the terminal does.
func (a *app) queryLog(c portqry.Command) (*os.File, error) {
	path := filepath.Clean(c.Log)
	if _, err := os.Stat(path); err == nil && !c.Overwrite && !c.Quiet {
		if _, is := terminal(a.in); !is {
			return nil, a.fail(portqry.Wrong, "query.log-there", "Path", path)
		}
		fmt.Fprint(a.err, a.say.Say("query.overwrite", "Path", path), " ")
		answer := make([]byte, 16)
		n, err := a.in.Read(answer)
		if err != nil || !strings.HasPrefix(strings.ToLower(strings.TrimSpace(string(answer[:n]))), "y") {
			return nil, a.fail(portqry.Wrong, "query.log-there", "Path", path)
		}
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, a.fail(portqry.Wrong, "cli.unwritten", "Path", path, "Error", reason(err))
	}
	return file, nil
}

// querying is what one run of query sees with.
type querying struct {
	app        *app
	machine    machine
	command    portqry.Command
	authorized bool
	services   portqry.Services
	seen       map[portKey]seenPort // of a range, asked all at once
}

func (q *querying) lookup(ctx context.Context, name string) ([]netip.Addr, error) {
	return q.app.lookup(ctx, name)
}

// reverseWait bounds the question for the name of an address.
const reverseWait = 5 * time.Second

func (q *querying) name(ctx context.Context, address netip.Addr) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, reverseWait)
	defer cancel()
	names, err := net.DefaultResolver.LookupAddr(ctx, address.WithZone("").String())
	if err != nil || len(names) == 0 {
		return "", err
	}
	return strings.TrimSuffix(names[0], "."), nil
}

// service is what this machine's services file calls a port, or the catalogue
// where there is no such file.
func (q *querying) service(t exposure.Transport, port uint16) string {
	if len(q.services) > 0 {
		return q.services.Of(t, port)
	}
	return portName(t, port)
}

// servicesFile reads the services file of this machine, nil when it has none.
func servicesFile() portqry.Services {
	path := "/etc/services"
	if runtime.GOOS == "windows" {
		path = filepath.Join(os.Getenv("SystemRoot"), "System32", "drivers", "etc", "services")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	services, err := portqry.ReadServices(f)
	if err != nil {
		return nil
	}
	return services
}

// state asks one port, or looks up what was found when the whole range was.
func (q *querying) state(ctx context.Context, a portqry.Asking) (exposure.State, error) {
	if seen, ok := q.seen[portKey{a.Transport, a.Port}]; ok {
		return seen.state, seen.err
	}
	if len(q.command.Ports) > manyPorts {
		if err := q.app.consented([]exposure.Target{{Address: a.Address}}, q.machine, q.authorized); err != nil {
			return exposure.Unknown, err
		}
	}
	if a.Source != 0 {
		return from(ctx, a)
	}
	var tcp, udp []uint16
	if a.Range && q.seen == nil {
		if q.command.TCP {
			tcp = q.command.Ports
		}
		if q.command.UDP {
			udp = q.command.Ports
		}
	} else if a.Transport == exposure.TCP {
		tcp = []uint16{a.Port}
	} else {
		udp = []uint16{a.Port}
	}
	q.seen = map[portKey]seenPort{}
	engine := scan.New()
	defer engine.Close()
	// Without payloads: what a datagram of no protocol tells comes first.
	request := scan.Request{
		Targets: []exposure.Target{{Address: a.Address}}, TCP: tcp, UDP: udp, Retries: -1,
		View: q.machine.view, Own: q.machine.isOwn, Vantage: vantageSelf, Say: q.app.say.Say,
	}
	_, err := engine.Run(ctx, request, func(o exposure.Observation) {
		q.seen[portKey{o.Transport, o.Port}] = seenPort{o.State, nil}
		if o.State == exposure.Unknown {
			// PortQry has no word for it, and none of its words would be true.
			q.seen[portKey{o.Transport, o.Port}] = seenPort{o.State, errors.New(cmp.Or(o.Detail, string(o.Reason)))}
		}
	})
	if err != nil {
		return exposure.Unknown, err
	}
	seen, ok := q.seen[portKey{a.Transport, a.Port}]
	if !ok {
		return exposure.Unknown, context.Canceled
	}
	return seen.state, seen.err
}

// seenPort is what was found of a port, or why it could not be asked.
type seenPort struct {
	state exposure.State
	err   error
}

// sourceWait is how long a question from a port of the user's own is waited for.
const sourceWait = 3 * time.Second

// from asks a port from the source port that the user chose.
func from(ctx context.Context, a portqry.Asking) (exposure.State, error) {
	wait := sourceWait
	if a.Slow && a.Transport == exposure.UDP {
		wait *= 2
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	any := netip.IPv4Unspecified()
	if a.Address.Is6() {
		any = netip.IPv6Unspecified()
	}
	d := &netio.Dialer{Source: netip.AddrPortFrom(any, a.Source)}
	to := netip.AddrPortFrom(a.Address, a.Port)
	var err error
	if a.Transport == exposure.TCP {
		var c net.Conn
		if c, err = d.Dial(ctx, exposure.TCP, to); err == nil {
			return exposure.Open, c.Close()
		}
	} else if _, err = netio.Exchange(ctx, d, to, []byte("\r\n"), func([]byte) bool { return true }); err == nil {
		return exposure.Open, nil
	}
	var network *netio.Error
	switch {
	case errors.Is(err, syscall.EADDRINUSE), errors.Is(err, syscall.EACCES):
		return exposure.Unknown, portqry.ErrSourceBusy
	case !errors.As(err, &network):
		return exposure.Unknown, err
	case network.Reason == exposure.ConnRefused, network.Reason == exposure.PortUnreach && a.Transport == exposure.UDP:
		return exposure.Closed, nil
	case network.Reason == exposure.LocalError:
		return exposure.Unknown, err
	case a.Transport == exposure.UDP && network.Reason == exposure.NoResponse:
		return exposure.OpenFiltered, nil
	}
	return exposure.Filtered, nil
}
