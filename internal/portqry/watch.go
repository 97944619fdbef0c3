package portqry

import (
	"context"
	"fmt"
	"slices"
	"time"

	"sekisho/internal/exposure"
)

// NoProcess is the number of a process to watch that there is not.
type NoProcess int

// Error says which.
func (n NoProcess) Error() string { return fmt.Sprintf("no process has the ID %d", int(n)) }

// Watch carries -wport and -wpid out: it looks at this machine every so often
// and prints the sockets of a port or a process at first and whenever they
// change, until escape is closed (the person pressed the key), the watched
// process has ended, or ctx is done, whose error it then returns. Each reading
// that is printed is handed to each too. UDP tells who is bound, not what
// arrives.
func Watch(ctx context.Context, c Command, m Machine, escape <-chan struct{}, print func(lines ...string), each func(exposure.QueryLocal) error) error {
	w := &watch{Command: c, listing: listing{machine: m, print: print}, what: fmt.Sprintf("port %d", c.WatchPort)}
	if c.WatchPID != 0 {
		w.what = fmt.Sprintf("PID %d", c.WatchPID)
		if _, ok := m.Process(ctx, c.WatchPID); !ok {
			return NoProcess(c.WatchPID)
		}
	}
	w.head(ctx)
	ticks := time.NewTicker(c.Every)
	defer ticks.Stop()
	for {
		gone, err := w.look(ctx, each)
		if err != nil {
			return err
		}
		if gone {
			print(fmt.Sprintf("process ended: stopped watching %s", w.what))
			w.date()
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-escape:
			print("escape key pressed: stopped watching " + w.what)
			w.date()
			return nil
		case <-ticks.C:
		}
	}
}

// watch is one run of Watch.
type watch struct {
	Command
	listing
	what string
	last []exposure.Connection
	seen bool // a first reading stands in last
}

// head says what is watched and how.
func (w *watch) head(ctx context.Context) {
	subject := fmt.Sprintf("Watching port: %d", w.WatchPort)
	if w.WatchPID != 0 {
		subject = fmt.Sprintf("Watching PID: %d", w.WatchPID)
	}
	w.print("", subject, "", fmt.Sprintf("Checking for changes every %d seconds", int(w.Every/time.Second)), "")
	if !w.Verbose {
		return
	}
	w.print("verbose output requested", "")
	if w.WatchPID != 0 {
		w.services(w.machine.Inspect(ctx, []int{w.WatchPID})[w.WatchPID])
	}
}

func (w *watch) date() { w.print("System Date: "+time.Now().Format(logLayout), "") }

// look reads the machine and prints what is watched if it is not as it was.
func (w *watch) look(ctx context.Context, each func(exposure.QueryLocal) error) (gone bool, err error) {
	all, unseen, err := w.machine.Connections(ctx)
	if err != nil {
		return false, err
	}
	name := ""
	if w.WatchPID != 0 {
		ok := false
		if name, ok = w.machine.Process(ctx, w.WatchPID); !ok {
			return true, nil
		}
	}
	hidden := slices.ContainsFunc(all, func(c exposure.Connection) bool { return c.PID == 0 && !c.Unowned })
	list := slices.DeleteFunc(all, func(c exposure.Connection) bool {
		return w.WatchPort != 0 && c.Local.Port() != w.WatchPort || w.WatchPID != 0 && c.PID != w.WatchPID
	})
	slices.SortFunc(list, byProcess)
	if w.seen && slices.Equal(list, w.last) {
		return false, nil
	}
	w.last, w.seen = list, true
	found := exposure.QueryLocal{WatchedPort: w.WatchPort, WatchedPID: w.WatchPID, Connections: list, Unseen: unseen}
	w.print("============")
	w.date()
	switch {
	case w.Verbose && w.WatchPID != 0:
		p := w.machine.Inspect(ctx, []int{w.WatchPID})[w.WatchPID]
		p.PID, p.Name = w.WatchPID, name
		w.process(p, list)
		found.Processes = []exposure.QueryProcess{p}
	case w.Verbose && slices.ContainsFunc(list, func(c exposure.Connection) bool { return c.PID != 0 }):
		found.Processes = w.processes(ctx, list)
	case len(list) == 0 && w.WatchPID != 0 && hidden:
		w.print(noMapping, "")
	case len(list) == 0:
		w.print(w.what+" is not in use", "")
	default:
		w.table(list, slices.ContainsFunc(list, func(c exposure.Connection) bool { return c.PID != 0 }))
		w.statistics(list)
	}
	return false, each(found)
}
