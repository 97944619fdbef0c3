//go:build unix

package cli_test

import (
	"bufio"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestInterruptLeaves: Ctrl-C ends a conversation whose two sides are silent,
// and what was said until then has been shown.
func TestInterruptLeaves(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		_, _ = io.WriteString(c, "220 hello\r\n")
		_, _ = io.Copy(io.Discard, c)
	}()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	host, port, _ := net.SplitHostPort(l.Addr().String())
	// The program is this one, by another name (see TestMain).
	command := exec.Command(exe)
	command.Args = []string{"sekisho", "connect", "--interactive", host, port}
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		said.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), "220 hello") {
			if err := command.Process.Signal(os.Interrupt); err != nil {
				t.Error(err)
			}
		}
	}
	_ = command.Wait() // the code tells
	if code := command.ProcessState.ExitCode(); code != 130 || !strings.Contains(said.String(), "* Interrupted.") {
		t.Errorf("exit code %d: %s", code, said.String())
	}
}
