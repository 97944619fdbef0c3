package lab

import (
	"bufio"
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
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
}

// socket is one that a server is to have.
type socket struct {
	transport string // "tcp" or "udp"
	port      uint16
}

// String is the socket as people write it: tcp/21.
func (s socket) String() string { return fmt.Sprintf("%s/%d", s.transport, s.port) }

// startTimeout is how long a server may take until it listens. Postfix, which
// needs a second, has to share the machine with other tests.
const startTimeout = 30 * time.Second

// start runs a server in the foreground and waits until it listens on every
// socket. When it does not, the test fails with what the server said.
func (h *Host) start(t T, name string, sockets []socket, command ...string) *Server {
	t.Helper()
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
			t.Logf("%s on %s said:\n%s", name, h.Name, s.Log())
		}
	})
	if err := s.awaitSockets(sockets); err != nil {
		t.Fatalf("%s: %s: %v; it said:\n%s", h.Name, name, err, s.Log())
	}
	return s
}

// awaitSockets returns when the server listens on all of the sockets, or says
// why it will not.
func (s *Server) awaitSockets(sockets []socket) error {
	late := time.NewTimer(startTimeout)
	defer late.Stop()
	look := time.NewTicker(2 * time.Millisecond)
	defer look.Stop()
	for {
		missing, err := s.host.missing(sockets)
		if err != nil || len(missing) == 0 {
			return err
		}
		select {
		case <-look.C:
		case <-s.done:
			return fmt.Errorf("ended before it listened on %v: %v", missing, s.cmd.ProcessState)
		case <-late.C:
			return fmt.Errorf("does not listen on %v after %v", missing, startTimeout)
		}
	}
}

// Stop has the server end, and returns when it has.
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

// missing are the sockets that the kernel does not list in the host.
func (h *Host) missing(sockets []socket) ([]socket, error) {
	bound := map[socket]bool{}
	for _, transport := range []string{"tcp", "udp"} {
		for _, family := range []string{"", "6"} {
			if err := h.bound(bound, transport, family); err != nil {
				return nil, err
			}
		}
	}
	var missing []socket
	for _, s := range sockets {
		if !bound[s] {
			missing = append(missing, s)
		}
	}
	return missing, nil
}

// bound adds the sockets of one table of procfs that wait for anybody.
func (h *Host) bound(all map[socket]bool, transport, family string) error {
	f, err := os.Open(fmt.Sprintf("/proc/%d/net/%s%s", h.process.cmd.Process.Pid, transport, family))
	if err != nil {
		return err
	}
	defer f.Close()
	// TCP_LISTEN, and what UDP calls TCP_CLOSE: bound and not connected.
	waiting := map[string]string{"tcp": "0A", "udp": "07"}[transport]
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 || fields[3] != waiting {
			continue
		}
		_, hex, _ := strings.Cut(fields[1], ":")
		port, err := strconv.ParseUint(hex, 16, 16)
		if err != nil {
			return fmt.Errorf("read %s: %w", f.Name(), err)
		}
		all[socket{transport, uint16(port)}] = true
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
