package lab

import (
	"bufio"
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Server is a real server that runs in a host.
type Server struct {
	// Name is the program's.
	Name string

	host *Host
	cmd  *exec.Cmd
	log  transcript
	done chan struct{} // closed when the program has ended
	halt []string      // a command that ends it, where SIGTERM does not
	file string        // where it writes its log, when it cannot to its output

	sockets []socket // those that it opened
}

// wanted are sockets that a server is to have.
type wanted struct {
	transport string // "tcp" or "udp"
	port      uint16
	count     int // one that takes both families, or one for each address
}

// String is the sockets as people write them: tcp/21.
func (w wanted) String() string { return fmt.Sprintf("%s/%d", w.transport, w.port) }

// socket is one that waits for anybody, as the kernel lists it.
type socket struct {
	transport, local string
	port             uint16
}

// startTimeout is how long a server may take until it listens. Postfix, which
// needs a second, has to share the machine with other tests.
const startTimeout = 30 * time.Second

// start runs a server in the foreground and waits until it listens on every
// socket. When it does not, the test fails with what the server said.
func (h *Host) start(t T, name string, sockets []wanted, command ...string) *Server {
	t.Helper()
	before, err := h.bound()
	if err != nil {
		t.Fatalf("%s: %v", h.Name, err)
	}
	s := &Server{Name: name, host: h, done: make(chan struct{})}
	s.cmd = h.Command(context.Background(), command[0], command[1:]...)
	s.cmd.Stdout, s.cmd.Stderr = &s.log, &s.log
	s.cmd.WaitDelay = time.Second // sessions that outlive their server hold its output open
	if err := s.cmd.Start(); err != nil {
		t.Fatalf("%s: start %s: %v", h.Name, name, err)
	}
	go func() {
		defer close(s.done)
		s.cmd.Wait()
	}()
	t.Cleanup(func() {
		s.Stop()
		if t.Failed() {
			t.Logf("%s on %s said at last:\n%s", name, h.Name, tail(s.Log()))
		}
	})
	if err := s.awaitSockets(sockets, before); err != nil {
		t.Fatalf("%s: %s: %v; it said:\n%s", h.Name, name, err, s.Log())
	}
	return s
}

// tail is the end of a log.
func tail(log string) string {
	lines := strings.SplitAfter(log, "\n")
	return strings.Join(lines[max(0, len(lines)-20):], "")
}

// awaitSockets returns when the server listens on all of the sockets, which
// are those that were not there before, or says why it will not.
func (s *Server) awaitSockets(sockets []wanted, before map[socket]bool) error {
	late := time.NewTimer(startTimeout)
	defer late.Stop()
	// To read the tables costs a millisecond, which a server that is slow to start
	// needs itself.
	pause := 2 * time.Millisecond
	look := time.NewTicker(pause)
	defer look.Stop()
	for {
		now, err := s.host.bound()
		if err != nil {
			return err
		}
		s.sockets = nil
		found := map[wanted]int{}
		for b := range now {
			if !before[b] {
				s.sockets = append(s.sockets, b)
				found[wanted{transport: b.transport, port: b.port}]++
			}
		}
		missing := slices.DeleteFunc(slices.Clone(sockets), func(w wanted) bool {
			return found[wanted{transport: w.transport, port: w.port}] >= w.count
		})
		if len(missing) == 0 {
			return nil
		}
		select {
		case <-look.C:
			pause = min(pause*5/4, 50*time.Millisecond)
			look.Reset(pause)
		case <-s.done:
			return fmt.Errorf("ended before it listened on %v: %v", missing, s.cmd.ProcessState)
		case <-late.C:
			return fmt.Errorf("does not listen on %v after %v", missing, startTimeout)
		}
	}
}

// Stop has the server end, and returns when nothing listens for it any more.
func (s *Server) Stop() {
	if s.halt == nil {
		s.cmd.Process.Signal(syscall.SIGTERM)
	} else {
		ctx, cancel := context.WithTimeout(context.Background(), stopGrace)
		defer cancel()
		s.host.Command(ctx, s.halt[0], s.halt[1:]...).Run()
	}
	kill := time.AfterFunc(stopGrace, func() { s.cmd.Process.Kill() })
	defer kill.Stop()
	<-s.done
	// Its children, which it has told to end, have its sockets too.
	look := time.NewTicker(2 * time.Millisecond)
	defer look.Stop()
	for deadline := time.Now().Add(stopGrace); time.Now().Before(deadline); <-look.C {
		left, err := s.host.bound()
		if err != nil || !slices.ContainsFunc(s.sockets, func(b socket) bool { return left[b] }) {
			return
		}
	}
}

// Log is what the server has said so far.
func (s *Server) Log() string {
	var text []byte
	if s.file != "" {
		err := s.host.inFiles(func() (err error) {
			text, err = os.ReadFile(s.file)
			return err
		})
		if err != nil {
			text = []byte(err.Error())
		}
	}
	return s.log.String() + string(text)
}

// bound lists the sockets of the host that wait for anybody.
func (h *Host) bound() (map[socket]bool, error) {
	all := map[socket]bool{}
	// TCP_LISTEN, and what UDP calls TCP_CLOSE: bound and not connected.
	for transport, waiting := range map[string]string{"tcp": "0A", "tcp6": "0A", "udp": "07", "udp6": "07"} {
		if err := h.readTable(all, transport, waiting); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// readTable adds the sockets in a state from one table of procfs.
func (h *Host) readTable(all map[socket]bool, table, state string) error {
	f, err := os.Open(fmt.Sprintf("/proc/%d/net/%s", h.process.cmd.Process.Pid, table))
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 || fields[3] != state {
			continue
		}
		_, hex, _ := strings.Cut(fields[1], ":")
		port, err := strconv.ParseUint(hex, 16, 16)
		if err != nil {
			return fmt.Errorf("read %s: %w", f.Name(), err)
		}
		all[socket{strings.TrimSuffix(table, "6"), fields[1], uint16(port)}] = true
	}
	return lines.Err()
}

// portOr is the port, or the one that the protocol has when none was chosen.
func portOr(port, usual uint16) uint16 {
	if port == 0 {
		return usual
	}
	return port
}

// addressesOr are the address, or the wildcards of both families when none was
// chosen.
func addressesOr(a netip.Addr) []netip.Addr {
	if a.IsValid() {
		return []netip.Addr{a}
	}
	return []netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified()}
}
