package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"

	"golang.org/x/term"

	"sekisho/internal/exposure"
	"sekisho/internal/hostnet"
	"sekisho/internal/output"
	"sekisho/internal/portqry"
)

// local carries -local, -wport and -wpid out.
func (q *querying) local(ctx context.Context) error {
	a, c := q.app, q.command
	if c.Verbose && runtime.GOOS != "linux" {
		fmt.Fprintln(a.err, a.say.Say("query.untested", "System", runtime.GOOS))
	}
	m := portqry.Machine{Connections: q.connections, Process: hostnet.ProcessName, Inspect: inspect, Nobody: "kernel", NobodyLong: "kernel"}
	if runtime.GOOS == "windows" {
		m.Nobody, m.NobodyLong = "System Idle", "System Idle Process"
	}
	var failed error
	print := func(lines ...string) {
		for _, line := range lines {
			if failed == nil {
				_, failed = fmt.Fprintln(q.out, line)
			}
		}
	}
	document := func(found exposure.QueryLocal) exposure.QueryDocument {
		return q.document(exposure.QueryDocument{Local: &found, Partial: ctx.Err() != nil})
	}
	var err error
	if c.Local {
		var found exposure.QueryLocal
		found, err = portqry.Local(ctx, c, m, print)
		if c.JSON && err == nil {
			failed = errors.Join(failed, output.Query(a.out, document(found)))
		}
		for _, line := range found.Unseen {
			fmt.Fprintln(a.err, line)
		}
	} else {
		watched, escape, restore := a.keys(ctx)
		defer restore()
		told := false
		err = portqry.Watch(watched, c, m, escape, print, func(found exposure.QueryLocal) error {
			for _, line := range found.Unseen {
				if !told {
					fmt.Fprintln(a.err, line)
				}
			}
			told = true
			if c.JSON {
				return output.QueryLine(a.out, document(found))
			}
			return failed
		})
	}
	var none portqry.NoProcess
	var source *hostnet.Error
	switch {
	case failed != nil:
		return failed
	case errors.As(err, &none):
		return a.fail(portqry.Wrong, "query.no-process", "ID", int(none))
	case errors.As(err, &source):
		return a.fail(portqry.Wrong, "cli.listeners-unread", "Error", oneLine(err.Error()))
	}
	return err
}

// connections reads the sockets of this machine.
func (q *querying) connections(ctx context.Context) (list []exposure.Connection, lines []string, err error) {
	list, unseen, err := hostnet.Connections(ctx)
	for _, u := range unseen {
		kind := string(u.Kind)
		if u.Kind == hostnet.UnseenOwners && os.Geteuid() == 0 {
			kind = "owners-root" // "run as root" is no help to root
		}
		lines = append(lines, q.app.say.Say("query.unseen-"+kind, "Count", u.Count))
	}
	return list, lines, err
}

// inspect tells services and modules of processes.
func inspect(ctx context.Context, pids []int) map[int]exposure.QueryProcess {
	found := make(map[int]exposure.QueryProcess, len(pids))
	for pid, d := range hostnet.Inspect(ctx, pids) {
		p := exposure.QueryProcess{PID: pid}
		if d.ServicesSeen {
			p.Services = append([]exposure.HostService{}, d.Services...)
		}
		if d.ModulesSeen {
			p.Modules = append([]exposure.LoadedModule{}, d.Modules...)
		}
		found[pid] = p
	}
	return found
}

// The keys that end a watch.
const (
	keyInterrupt = 0x03
	keyEscape    = 0x1b
)

// keys reads the keyboard while this machine is watched: escape is closed by
// the key of that name, and ctx ends by Ctrl-C, which a terminal in raw mode
// hands over as a byte. The sequence of an arrow key begins with an escape too
// and comes at once as a whole: ESC [ or ESC O. Input that is no terminal is read the same way.
// The function puts the terminal back as it was.
func (a *app) keys(ctx context.Context) (watched context.Context, escape <-chan struct{}, restore func()) {
	watched, cancel := context.WithCancel(ctx)
	pressed := make(chan struct{})
	restore = cancel
	if file, ok := a.in.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		if before, err := term.MakeRaw(int(file.Fd())); err == nil {
			a.out, a.err = returning{a.out}, returning{a.err}
			restore = func() {
				cancel()
				_ = term.Restore(int(file.Fd()), before) // nothing else could be done about it
			}
		}
	}
	go func() {
		for buf := make([]byte, 64); ; {
			n, err := a.in.Read(buf)
			switch {
			case n > 0 && buf[0] == keyEscape && (n == 1 || buf[1] != '[' && buf[1] != 'O'):
				close(pressed)
				return
			case bytes.IndexByte(buf[:n], keyInterrupt) >= 0:
				cancel()
				return
			case err != nil:
				return
			}
		}
	}()
	return watched, pressed, restore
}

// returning writes to a terminal in raw mode, where a line feed alone does not
// go back to the beginning of the line.
type returning struct{ to io.Writer }

// Write writes b with carriage returns.
func (r returning) Write(b []byte) (int, error) {
	if _, err := r.to.Write(bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n"))); err != nil {
		return 0, err
	}
	return len(b), nil
}

// screen is where PortQry's text goes at this moment.
type screen struct{ q *querying }

// Write writes b, nowhere when the screen is to stay empty.
func (s screen) Write(b []byte) (int, error) {
	if s.q.command.Quiet || s.q.command.JSON {
		return len(b), nil
	}
	return s.q.app.out.Write(b)
}
