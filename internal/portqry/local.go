package portqry

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"sekisho/internal/exposure"
)

// Machine is what the local mode reads this machine with.
type Machine struct {
	// Connections lists the sockets; unseen says what could not be seen.
	Connections func(ctx context.Context) (list []exposure.Connection, unseen []string, err error)
	// Process is the name of a process, and whether there is one.
	Process func(ctx context.Context, pid int) (name string, ok bool)
	// Inspect tells services and modules of processes; nil ones could not be read.
	Inspect func(ctx context.Context, pids []int) map[int]exposure.QueryProcess
	// Nobody is what a socket without a process is listed under, beside the
	// number 0, and NobodyLong the same in a heading.
	Nobody, NobodyLong string
}

// noMapping is what PortQry says where it sees no process of any socket.
const noMapping = "Port to process mapping is not supported on this system."

// rule is the line between processes.
const rule = "======================================================"

// socketWords are the states of a socket as PortQry lists them.
var socketWords = map[exposure.SocketState]string{
	exposure.SocketListen: "LISTENING", exposure.SocketSynSent: "SYN SENT", exposure.SocketSynReceived: "SYN RECEIVED",
	exposure.SocketEstablished: "ESTABLISHED", exposure.SocketFinWait1: "FIN WAIT 1", exposure.SocketFinWait2: "FIN WAIT 2",
	exposure.SocketCloseWait: "CLOSE WAIT", exposure.SocketClosing: "CLOSING", exposure.SocketLastAck: "LAST ACK",
	exposure.SocketTimeWait: "TIME WAIT", exposure.SocketClosed: "CLOSED",
}

// stateOrder is the order of states in statistics.
var stateOrder = []exposure.SocketState{
	exposure.SocketListen, exposure.SocketEstablished, exposure.SocketCloseWait, exposure.SocketTimeWait, exposure.SocketSynSent,
	exposure.SocketSynReceived, exposure.SocketFinWait1, exposure.SocketFinWait2, exposure.SocketClosing, exposure.SocketLastAck,
	exposure.SocketClosed,
}

// Local carries -local out: the ports of this machine with their processes, a
// line each, how many are in which state and, with -v, the services and modules
// of each process that uses one. What it prints goes to print line by line.
func Local(ctx context.Context, c Command, m Machine, print func(lines ...string)) (exposure.QueryLocal, error) {
	list, unseen, err := m.Connections(ctx)
	if err != nil {
		return exposure.QueryLocal{}, err
	}
	found := exposure.QueryLocal{Connections: list, Unseen: unseen}
	l := &listing{machine: m, print: print}
	mapped := slices.ContainsFunc(list, func(c exposure.Connection) bool { return c.PID != 0 })
	print("")
	if mapped {
		print("TCP/UDP Port to Process Mappings", "", fmt.Sprintf("%d mappings found", len(list)), "")
	} else {
		if len(list) > 0 {
			print(noMapping, "")
		}
		print("TCP/UDP Port Usage", "", fmt.Sprintf("%d active ports found", len(list)), "")
	}
	l.table(list, mapped)
	l.statistics(list)
	if c.Verbose && mapped {
		print("Port and Module Information by Process", "", "Note: restrictions applied to some processes may",
			"prevent Portqry from accessing more information", "", "For best results run Portqry in the context of", "the local administrator", "")
		found.Processes = l.processes(ctx, list)
	}
	return found, ctx.Err()
}

// listing prints readings of this machine.
type listing struct {
	machine Machine
	print   func(lines ...string)
}

// owner is the first column of a mapping.
func (l *listing) owner(c exposure.Connection) string {
	switch {
	case c.PID != 0 && c.Process != "":
		return fmt.Sprintf("%d:%s", c.PID, c.Process)
	case c.PID != 0:
		return fmt.Sprint(c.PID)
	case c.Unowned:
		return "0:" + l.machine.Nobody
	}
	return "-"
}

// byPort orders as -local does: by port, TCP before UDP, listeners first.
func byPort(a, b exposure.Connection) int {
	return cmp.Or(
		cmp.Compare(a.Local.Port(), b.Local.Port()), cmp.Compare(a.Transport, b.Transport), cmp.Compare(slices.Index(stateOrder, a.State), slices.Index(stateOrder, b.State)),
		a.Local.Compare(b.Local), a.Remote.Compare(b.Remote),
	)
}

// byProcess orders by process: those whose process is hidden come last.
func byProcess(a, b exposure.Connection) int {
	hidden := func(c exposure.Connection) int {
		if c.PID == 0 && !c.Unowned {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(hidden(a), hidden(b)), cmp.Compare(a.PID, b.PID), cmp.Compare(a.Transport, b.Transport), byPort(a, b))
}

// table lists sockets, with their processes where those were seen.
func (l *listing) table(list []exposure.Connection, mapped bool) {
	if mapped {
		l.rows(list, byProcess, "PID:Process", l.owner)
		return
	}
	l.rows(list, byPort, "", nil)
}

// rows prints a line for each socket in aligned columns, behind one of the
// caller's if that has a name.
func (l *listing) rows(list []exposure.Connection, order func(a, b exposure.Connection) int, name string, first func(exposure.Connection) string) {
	rows := [][]string{{"Port", "Local IP", "State", "Remote IP:Port"}}
	for _, c := range slices.SortedFunc(slices.Values(list), order) {
		remote := ":"
		switch {
		case c.Remote.IsValid():
			remote = c.Remote.String()
		case c.Transport == exposure.TCP && c.Local.Addr().Is6():
			remote = "[::]:0"
		case c.Transport == exposure.TCP:
			remote = "0.0.0.0:0"
		}
		row := []string{fmt.Sprintf("%s %d", words[c.Transport], c.Local.Port()), c.Local.Addr().String(), socketWords[c.State], remote}
		if name != "" {
			row = append([]string{first(c)}, row...)
		}
		rows = append(rows, row)
	}
	if name != "" {
		rows[0] = append([]string{name}, rows[0]...)
	}
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		var b strings.Builder
		for i, cell := range row {
			b.WriteString(cell)
			if i < len(row)-1 {
				b.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+2))
			}
		}
		l.print(b.String())
	}
	l.print("")
}

// statistics counts sockets by their state.
func (l *listing) statistics(list []exposure.Connection) {
	tcp, states := 0, map[exposure.SocketState]int{}
	for _, c := range list {
		if c.Transport == exposure.TCP {
			tcp++
			states[c.State]++
		}
	}
	l.print("Port Statistics", "", fmt.Sprintf("TCP mappings: %d", tcp), fmt.Sprintf("UDP mappings: %d", len(list)-tcp), "")
	for _, state := range stateOrder {
		if n := states[state]; n > 0 {
			l.print(fmt.Sprintf("TCP ports in a %s state: %d = %.2f%%", socketWords[state], n, float64(n)/float64(tcp)*100))
		}
	}
	if tcp > 0 {
		l.print("")
	}
}

// processes prints what is known of each process that has a socket of the list.
func (l *listing) processes(ctx context.Context, list []exposure.Connection) []exposure.QueryProcess {
	of := map[int][]exposure.Connection{}
	var pids []int
	for _, c := range slices.SortedFunc(slices.Values(list), byProcess) {
		if c.PID == 0 && !c.Unowned {
			continue
		}
		if of[c.PID] == nil {
			pids = append(pids, c.PID)
		}
		of[c.PID] = append(of[c.PID], c)
	}
	details := l.machine.Inspect(ctx, slices.DeleteFunc(slices.Clone(pids), func(pid int) bool { return pid == 0 }))
	found := make([]exposure.QueryProcess, 0, len(pids))
	for _, pid := range pids {
		p := details[pid]
		p.PID, p.Name = pid, of[pid][0].Process
		l.process(p, of[pid])
		found = append(found, p)
	}
	return found
}

// process prints one process: its services, its sockets, its modules.
func (l *listing) process(p exposure.QueryProcess, list []exposure.Connection) {
	name := p.Name
	if p.PID == 0 {
		name = l.machine.NobodyLong
	}
	l.print(rule, "", fmt.Sprintf("Process ID: %d (%s)", p.PID, name), "")
	l.services(p)
	if len(list) > 0 {
		l.rows(list, byPort, "PID", func(exposure.Connection) string { return fmt.Sprint(p.PID) })
	}
	l.statistics(list)
	if p.Modules == nil {
		l.print("Could not access module information for this process", "")
		return
	}
	l.print("Loaded modules:")
	for _, m := range p.Modules {
		if m.Base == 0 {
			l.print(m.Path)
			continue
		}
		l.print(fmt.Sprintf("%s (0x%08X)", m.Path, m.Base))
	}
	l.print("")
}

// services prints the services of a process, nothing when they could not be
// asked for.
func (l *listing) services(p exposure.QueryProcess) {
	for _, s := range p.Services {
		kind := "runs in its own process"
		if s.Shared {
			kind = "shares a process with other services"
		}
		l.print("Service Name: "+s.Name, "Display Name: "+cmp.Or(s.Display, s.Name), "Service Type: "+kind, "")
	}
	if p.Services != nil && len(p.Services) == 0 {
		l.print("Process doesn't appear to be a service", "")
	}
}
