//go:build linux && lab

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"sekisho/internal/lab"
)

// The listener, as listen.go hands it on, and the port of the service in the lab.
const (
	handedOn    = 3
	servicePort = 8080
)

func main() {
	syscall.CloseOnExec(handedOn) // before anything is started in the lab
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "demo: run the script demo")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	s := &stage{}
	over := make(chan struct{})
	go func() { // what fails leaves its goroutine
		defer close(over)
		raise(ctx, s, os.Args[1], os.Args[2])
	}()
	<-over
	s.clear()
	if s.Failed() {
		os.Exit(1)
	}
}

// raise builds the home network and the service, and serves until ctx ends.
func raise(ctx context.Context, s *stage, sekisho, at string) {
	browser, err := net.FileListener(os.NewFile(handedOn, "listener"))
	if err != nil {
		s.Fatalf("the listener: %v", err)
	}
	s.Cleanup(func() { browser.Close() })
	fmt.Println("A home network with a router, and the service outside of it, are being raised ...")
	l := lab.New(s)
	l.Home.StartNginx(s, lab.Nginx{})
	l.Home.StartSshd(s, lab.Sshd{})
	l.Home.StartVsftpd(s, lab.Vsftpd{})
	l.Forward(s, "tcp", 80, 80)
	l.Forward(s, "tcp", 21, 21)
	serve(s, l, sekisho)
	service := netip.AddrPortFrom(l.Outside.V4, servicePort)

	fmt.Printf(`
Open  http://%s  in a browser of this machine. There you are the visitor:

  you, a PC      %-14s \
                                 router %s (NAT)  --  the service %s
  home server    %-14s /

The home server has ssh (22), a web server (80) and FTP (21). The router forwards 80 and 21,
and not the ports that FTP has files come by.

The same from the home server itself, in another terminal, as root:

  %s check --via http://%s
  %s diagnose 21 80 --via http://%s

Ctrl-C takes all of it down. Nothing of it has a way out of this machine.
`, at, l.LAN.V4, l.Router.V4, service, l.Home.V4, within(l.Home, sekisho), service, within(l.Home, sekisho), service)

	go func() {
		<-ctx.Done()
		browser.Close()
	}()
	for {
		c, err := browser.Accept()
		if errors.Is(err, net.ErrClosed) {
			fmt.Println("\nTaken down.")
			return
		}
		if err != nil {
			s.Fatalf("accept: %v", err)
		}
		go handOn(c, l.LAN, service)
	}
}

// within is how somebody on this machine runs a program in a host.
func within(h *lab.Host, program string) string {
	return fmt.Sprintf("nsenter -t %d -n -m -u -i -p %s", h.PID(), program)
}

// serve starts the service outside and returns when it answers.
func serve(s *stage, l *lab.Lab, sekisho string) {
	cmd := l.Outside.Command(context.Background(), "env", "HOME=/root", "SEKISHO_LANG=en", sekisho, "serve", "--listen", fmt.Sprintf(":%d", servicePort))
	said, err := cmd.StderrPipe()
	if err != nil {
		s.Fatalf("the service: %v", err)
	}
	if err := cmd.Start(); err != nil {
		s.Fatalf("the service: %v", err)
	}
	s.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	})
	lines, last := bufio.NewScanner(said), ""
	for lines.Scan() {
		if last = lines.Text(); strings.HasPrefix(last, "Answering at ") {
			go io.Copy(io.Discard, said)
			return
		}
	}
	s.Fatalf("the service does not answer: %s", last)
}

// handOn is one connection of the browser, which goes on from the visitor's PC.
func handOn(browser net.Conn, visitor *lab.Host, to netip.AddrPort) {
	defer browser.Close()
	var service net.Conn
	err := visitor.Do(func() (err error) {
		service, err = (&net.Dialer{Timeout: 10 * time.Second}).Dial("tcp", to.String())
		return err
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		return
	}
	defer service.Close()
	var both sync.WaitGroup
	both.Go(func() { pass(service, browser) })
	both.Go(func() { pass(browser, service) })
	both.Wait()
}

// pass copies one direction and closes it for writing when it ends.
func pass(to, from net.Conn) {
	_, _ = io.Copy(to, from)
	if half, ok := to.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
}

// stage is what a lab needs where there is no test.
type stage struct {
	mu     sync.Mutex
	failed bool
	undo   []func()
}

// Helper, Logf, Errorf, Fatalf, Failed, Cleanup and TempDir are those of lab.T.
func (s *stage) Helper() {}

func (s *stage) Logf(string, ...any) {}

func (s *stage) Errorf(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed = true
	fmt.Fprintf(os.Stderr, "demo: "+format+"\n", args...)
}

func (s *stage) Fatalf(format string, args ...any) {
	s.Errorf(format, args...)
	runtime.Goexit()
}

func (s *stage) Failed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed
}

func (s *stage) Cleanup(undo func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.undo = append(s.undo, undo)
}

func (s *stage) TempDir() string {
	dir, err := os.MkdirTemp("", "sekisho-demo-")
	if err != nil {
		s.Fatalf("%v", err)
	}
	s.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// clear undoes everything, the last first.
func (s *stage) clear() {
	for {
		s.mu.Lock()
		n := len(s.undo)
		if n == 0 {
			s.mu.Unlock()
			return
		}
		undo := s.undo[n-1]
		s.undo = s.undo[:n-1]
		s.mu.Unlock()
		undo()
	}
}
