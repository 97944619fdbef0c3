package hostnet

import (
	"bytes"
	"context"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"sekisho/internal/exposure"
)

// mostAncestors bounds the way up to the first process.
const mostAncestors = 64

// maxEnviron is the most that is read of the environment of a process.
const maxEnviron = 1 << 20

// Sessions finds the connections that this process was started through: those that
// it and the processes above it hold at a port that something listens on, and what
// their environments have as SSH_CONNECTION (ssh(1)), which sudo takes out of its
// own. A terminal multiplexer stands for the connection that it was started by.
// Where nothing is found, and this is not the machine's own console, every
// connection of ssh counts.
func Sessions(ctx context.Context) ([]Session, error) {
	above := ancestors("/proc", os.Getpid())
	connections, _, err := Connections(ctx)
	if err != nil {
		return nil, err
	}
	var found []Session
	add := func(s Session) {
		if s.Peer.IsValid() && s.Local.IsValid() && !slices.Contains(found, s) {
			found = append(found, s)
		}
	}
	for _, c := range connections {
		if c.State == exposure.SocketEstablished && slices.Contains(above, c.PID) && listening(connections, c.Local.Port()) {
			add(Session{Peer: unmapped(c.Remote), Local: unmapped(c.Local)})
		}
	}
	for _, pid := range above {
		text, err := readStart(filepath.Join("/proc", strconv.Itoa(pid), "environ"), maxEnviron)
		if err != nil {
			continue // it ended
		}
		for variable := range bytes.SplitSeq(text, []byte{0}) {
			if value, ok := strings.CutPrefix(string(variable), "SSH_CONNECTION="); ok {
				add(sshConnection(value))
			}
		}
	}
	if len(found) == 0 && !atConsole("/proc/self/stat") {
		// Whoever started this got here somehow and left it alone (tmux, setsid, at):
		// any connection of ssh may be theirs.
		for _, c := range connections {
			if c.State == exposure.SocketEstablished && strings.HasPrefix(c.Process, "sshd") && listening(connections, c.Local.Port()) {
				add(Session{Peer: unmapped(c.Remote), Local: unmapped(c.Local)})
			}
		}
	}
	return found, nil
}

// atConsole reports whether a process has a terminal of the machine itself: a
// virtual one or a serial line (major number 4, Documentation/admin-guide/devices).
func atConsole(stat string) bool {
	text, err := readStart(stat, maxProcFile)
	if err != nil {
		return false
	}
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(fields) < 5 {
		return false
	}
	tty, err := strconv.Atoi(string(fields[4]))
	return err == nil && tty>>8&0xfff == 4
}

func listening(connections []exposure.Connection, port uint16) bool {
	return slices.ContainsFunc(connections, func(c exposure.Connection) bool {
		return c.State == exposure.SocketListen && c.Local.Port() == port
	})
}

func unmapped(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }

// sshConnection reads what sshd writes: the client's address and port, and its own.
func sshConnection(value string) Session {
	words := strings.Fields(value)
	if len(words) != 4 {
		return Session{}
	}
	at := func(address, port string) netip.AddrPort {
		a, err := netip.ParseAddr(address)
		n, err2 := strconv.ParseUint(port, 10, 16)
		if err != nil || err2 != nil {
			return netip.AddrPort{}
		}
		return netip.AddrPortFrom(a.Unmap(), uint16(n))
	}
	return Session{Peer: at(words[0], words[1]), Local: at(words[2], words[3])}
}

// ancestors are a process and those above it, itself first.
func ancestors(proc string, pid int) []int {
	var list []int
	for pid > 0 && len(list) < mostAncestors && !slices.Contains(list, pid) {
		list = append(list, pid)
		text, err := readStart(filepath.Join(proc, strconv.Itoa(pid), "stat"), maxProcFile)
		if err != nil {
			break
		}
		// The name may hold anything: what counts stands behind its bracket.
		fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
		if len(fields) < 2 {
			break
		}
		if pid, err = strconv.Atoi(string(fields[1])); err != nil {
			break
		}
	}
	return list
}

// readStart reads the beginning of a file.
func readStart(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, most))
}
