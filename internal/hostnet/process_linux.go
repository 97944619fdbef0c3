package hostnet

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"sekisho/internal/exposure"
)

// The most bytes read of one file below /proc. stat and cgroup are a few
// hundred, status about two thousand; cmdline may be megabytes.
const maxProcFile = 16 << 10

// process is one holder of a socket.
type process struct {
	pid     int
	name    string // as the kernel keeps it
	started uint64 // ticks since the machine started

	// Of an owner only:
	described bool
	uid       uint32 // effective
	hasUID    bool
	args      []string
	group     group
}

// processes reads each process once.
type processes struct {
	machine machine
	known   map[int]*process // nil: it ended meanwhile
	users   *users
}

func newProcesses(m machine) *processes {
	return &processes{machine: m, known: map[int]*process{}, users: &users{machine: m}}
}

// owner chooses among the processes that hold one socket; it is nil when all
// have ended. A service manager that keeps the socket of a service which runs is
// not the owner. Of a server that forked, the one that started first is the
// master.
func (ps *processes) owner(pids []int) *process {
	var owner *process
	for _, pid := range pids {
		p := ps.process(pid)
		switch {
		case p == nil:
		case owner == nil,
			owner.manager() && !p.manager(),
			owner.manager() == p.manager() && p.before(owner):
			owner = p
		}
	}
	if owner != nil && !owner.described {
		ps.machine.describe(owner)
	}
	return owner
}

func (ps *processes) process(pid int) *process {
	p, ok := ps.known[pid]
	if !ok {
		p = ps.machine.process(pid)
		ps.known[pid] = p
	}
	return p
}

// process reads what it takes to choose the owner. It is nil when the process
// has ended.
func (m machine) process(pid int) *process {
	stat, err := m.read("proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return nil
	}
	name, started, err := parseStat(stat)
	if err != nil {
		return nil
	}
	return &process{pid: pid, name: name, started: started}
}

// describe adds what everybody may know of a process, and with the privilege
// its program. What is missing because it ends just now stays unknown.
func (m machine) describe(p *process) {
	p.described = true
	dir := "proc/" + strconv.Itoa(p.pid)
	if status, err := m.read(dir + "/status"); err == nil {
		p.uid, p.hasUID = parseStatus(status)
	}
	if cmdline, err := m.read(dir + "/cmdline"); err == nil {
		p.args = parseCmdline(cmdline)
	}
	if text, err := m.read(dir + "/cgroup"); err == nil {
		p.group = parseCgroup(text)
	}
	program, _ := os.Readlink(filepath.Join(m.root, dir, "exe"))
	p.name = fullName(p.name, program, p.args)
}

// read returns the beginning of a file below root.
func (m machine) read(name string) ([]byte, error) {
	file, err := os.Open(filepath.Join(m.root, name))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, maxProcFile))
}

// before orders by age: processes that started in the same tick by number.
func (p *process) before(o *process) bool {
	return cmp.Or(cmp.Compare(p.started, o.started), cmp.Compare(p.pid, o.pid)) < 0
}

// manager tells that this is systemd, which holds the sockets of services that
// start at the first connection.
func (p *process) manager() bool { return p.name == "systemd" }

// fill writes the owner into a listener.
func (p *process) fill(l *exposure.Listener, u *users) {
	l.Process, l.PID = clean(p.name, maxName), p.pid
	if p.hasUID { // else it ended just now, and the user of the socket stands
		l.User = u.name(p.uid)
	}
	l.Unit, l.Container = p.group.unit, p.group.container
	l.Command = clean(commandLine(p.args), maxCommand)
	if served, ok := dockerProxy(p.name, p.args); ok {
		l.Container = served
	}
}

var errStat = errors.New("malformed stat")

// parseStat reads the name and the start time out of /proc/PID/stat. The name
// may hold spaces and brackets, so it ends at the last bracket (proc_pid_stat(5)).
func parseStat(stat []byte) (name string, started uint64, err error) {
	begin, end := bytes.IndexByte(stat, '('), bytes.LastIndexByte(stat, ')')
	if begin < 0 || end < begin {
		return "", 0, errStat
	}
	// The field after the name is the third, the start time the 22nd.
	fields := bytes.Fields(stat[end+1:])
	if len(fields) < 20 {
		return "", 0, errStat
	}
	if started, err = strconv.ParseUint(string(fields[19]), 10, 64); err != nil {
		return "", 0, errStat
	}
	return string(stat[begin+1 : end]), started, nil
}

// parseStatus reads the effective user out of /proc/PID/status.
func parseStatus(status []byte) (uid uint32, ok bool) {
	for line := range bytes.Lines(status) {
		if ids, found := bytes.CutPrefix(line, []byte("Uid:")); found {
			fields := bytes.Fields(ids) // real, effective, saved, of files
			if len(fields) < 2 {
				return 0, false
			}
			id, err := strconv.ParseUint(string(fields[1]), 10, 32)
			return uint32(id), err == nil
		}
	}
	return 0, false
}

// parseCmdline splits the arguments, which end in NUL each. A server that
// writes its status over them leaves one long argument and padding.
func parseCmdline(cmdline []byte) []string {
	text := strings.TrimRight(string(cmdline), "\x00 ")
	if text == "" {
		return nil
	}
	return strings.Split(text, "\x00")
}

// maxComm is the length at which the kernel cuts a process's name.
const maxComm = 15

// fullName completes a name that the kernel cut, by the program or else the
// first argument when they begin with it. A process that started itself anew
// through /proc/self/exe, as container runtimes do, is called exe and gets the
// name of its program.
func fullName(name, program string, args []string) string {
	candidates := []string{strings.TrimSuffix(program, " (deleted)")}
	if len(args) > 0 {
		candidates = append(candidates, args[0])
	}
	for _, candidate := range candidates {
		base := filepath.Base(candidate)
		switch {
		case candidate == "" || base == "exe":
		case name == "exe", len(name) >= maxComm && strings.HasPrefix(base, name):
			return base
		}
	}
	return name
}

// dockerProxy returns the container that a docker-proxy passes connections on
// to: docker 172.17.0.2:80.
func dockerProxy(name string, args []string) (container string, ok bool) {
	if name != "docker-proxy" {
		return "", false
	}
	address, err := netip.ParseAddr(option(args, "container-ip"))
	if err != nil {
		return "", false
	}
	port, err := strconv.ParseUint(option(args, "container-port"), 10, 16)
	if err != nil {
		return "", false
	}
	return "docker " + netip.AddrPortFrom(address.WithZone(""), uint16(port)).String(), true
}

// option finds -name VALUE or -name=VALUE, with one dash or two, as package
// flag takes them.
func option(args []string, name string) string {
	for i, arg := range args {
		flag, value, joined := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(arg, "-"), "-"), "=")
		switch {
		case flag != name || !strings.HasPrefix(arg, "-"):
		case joined:
			return value
		case i+1 < len(args):
			return args[i+1]
		}
	}
	return ""
}
