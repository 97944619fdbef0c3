package cli

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
	"sekisho/internal/portqry"
	"sekisho/internal/scan"
)

// querying is one run of query, and what it sees with.
type querying struct {
	app      *app
	machine  machine
	command  portqry.Command
	services portqry.Services
	started  time.Time
	out      io.Writer    // of PortQry's text
	log      *portqry.Log // nil: none
	typing   bool         // the interactive mode has the keyboard
	seen     map[portqry.Asked]seenPort
}

// seenPort is what was found of a port, or why it could not be asked.
type seenPort struct {
	state exposure.State
	err   error
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

// allowed asks for consent before many ports of a stranger are asked. In the
// interactive mode the keyboard is taken, so only the option gives it.
func (q *querying) allowed(address netip.Addr, ports int) error {
	q.seen = nil
	if ports <= manyPorts {
		return nil
	}
	a := q.app
	if q.typing {
		a = &app{in: strings.NewReader(""), out: a.out, err: a.err, getenv: a.getenv, tag: a.tag, say: a.say}
	}
	return a.consented([]exposure.Target{{Address: address}}, q.machine, q.command.Authorized)
}

// ahead asks ports all at once. With -sl, those that stayed silent are asked a
// second time, so that they were waited for twice as long.
func (q *querying) ahead(ctx context.Context, address netip.Addr, asked []portqry.Asked) error {
	q.seen = map[portqry.Asked]seenPort{}
	if err := q.scan(ctx, address, asked); err != nil || !q.command.SlowLink {
		return err
	}
	var silent []portqry.Asked
	for _, on := range asked {
		if q.seen[on].state == exposure.OpenFiltered {
			silent = append(silent, on)
		}
	}
	if len(silent) == 0 {
		return nil
	}
	return q.scan(ctx, address, silent)
}

// scan asks ports and keeps what was found of them.
func (q *querying) scan(ctx context.Context, address netip.Addr, asked []portqry.Asked) error {
	// Without payloads: what a datagram of no protocol tells comes first.
	request := scan.Request{
		Targets: []exposure.Target{{Address: address}}, Retries: -1,
		View: q.machine.view, Own: q.machine.isOwn, Vantage: vantageSelf, Say: q.app.say.Say,
	}
	for _, on := range asked {
		if on.Transport == exposure.UDP {
			request.UDP = append(request.UDP, on.Port)
		} else {
			request.TCP = append(request.TCP, on.Port)
		}
	}
	engine := scan.New()
	defer engine.Close()
	_, err := engine.Run(ctx, request, func(o exposure.Observation) {
		found := seenPort{state: o.State}
		switch {
		case o.State != exposure.Unknown:
		case o.Reason == exposure.HostUnreach:
			// A machine that is switched off answers no neighbour: to whoever
			// asks it is as silent as one behind a filter.
			if found.state = exposure.Filtered; o.Transport == exposure.UDP {
				found.state = exposure.OpenFiltered
			}
		default:
			found.err = errors.New(cmp.Or(o.Detail, string(o.Reason)))
		}
		q.seen[portqry.Asked{Transport: o.Transport, Port: o.Port}] = found
	})
	return err
}

// state asks one port, or looks up what was found when many were.
func (q *querying) state(ctx context.Context, a portqry.Asking) (exposure.State, error) {
	if seen, ok := q.seen[a.Asked]; ok {
		return seen.state, seen.err
	}
	if err := ctx.Err(); err != nil {
		return exposure.Unknown, err
	}
	if a.Source != 0 || a.Transport == exposure.UDP {
		return from(ctx, a)
	}
	q.seen = map[portqry.Asked]seenPort{}
	defer func() { q.seen = nil }()
	if err := q.scan(ctx, a.Address, []portqry.Asked{a.Asked}); err != nil {
		return exposure.Unknown, err
	}
	seen, ok := q.seen[a.Asked]
	if !ok {
		return exposure.Unknown, context.Canceled
	}
	return seen.state, seen.err
}

// sourceWait is how long one question is waited for that no scan asks.
const sourceWait = 3 * time.Second

// from asks a port from the source port that the user chose, and of UDP one port
// alone: a scan, which has many to think of, takes longer to give one up.
func from(ctx context.Context, a portqry.Asking) (exposure.State, error) {
	wait := sourceWait
	if a.Slow && a.Transport == exposure.UDP {
		wait *= 2
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	d := portqry.FromPort(a.Address, a.Source, 0)
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
	case a.Source != 0 && netio.SourceTaken(err):
		return exposure.Unknown, portqry.ErrSourceBusy
	case a.Source != 0 && a.Source < 1024 && errors.Is(err, syscall.EACCES) && os.Geteuid() > 0:
		return exposure.Unknown, portqry.ErrSourceReserved
	case !errors.As(err, &network):
		return exposure.Unknown, err
	case network.Reason == exposure.ConnRefused, network.Reason == exposure.PortUnreach && a.Transport == exposure.UDP:
		return exposure.Closed, nil
	// Without a way there no datagram was sent.
	case network.Reason == exposure.LocalError, a.Transport == exposure.UDP && network.Op == "dial", network.Reason == exposure.NetUnreach && noWay(ctx, to):
		return exposure.Unknown, err
	case a.Transport == exposure.UDP && network.Reason == exposure.NoResponse:
		return exposure.OpenFiltered, nil
	}
	return exposure.Filtered, nil
}

// noWay reports whether this machine has no route to an address. A datagram
// socket that is connected needs one and sends nothing.
func noWay(ctx context.Context, to netip.AddrPort) bool {
	c, err := (&netio.Dialer{}).Dial(ctx, exposure.UDP, to)
	if err == nil {
		return c.Close() != nil
	}
	return true
}
