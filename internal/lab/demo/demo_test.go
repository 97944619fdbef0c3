//go:build linux && lab

package main_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"os/exec"
	"regexp"
	"syscall"
	"testing"
)

// TestDemo starts the script as somebody does who wants to see it, and opens the
// address that it prints: the visitor is the router's address for the service.
func TestDemo(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "../../../demo", "127.0.0.1:0")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	said := &testLog{t}
	cmd.Stderr = said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }) // of a failure; else all is gone
	url, lines := "", bufio.NewScanner(out)
	for lines.Scan() {
		t.Log(lines.Text())
		if m := regexp.MustCompile(`^Open +(http://127\.0\.0\.1:\d+) `).FindStringSubmatch(lines.Text()); m != nil {
			url = m[1]
			break
		}
	}
	if url == "" {
		t.Fatal("no address printed")
	}
	answer, err := http.Get(url + "/api/v1/whoami")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var who struct{ Address, Refused string }
	if err := json.NewDecoder(answer.Body).Decode(&who); err != nil {
		t.Fatal(err)
	}
	if who.Address != "26.10.0.2" || who.Refused != "" {
		t.Errorf("the service sees %q, refused %q; want the router's address, not refused", who.Address, who.Refused)
	}
	if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGINT); err != nil { // as at a terminal
		t.Fatal(err)
	}
	rest, err := io.ReadAll(out)
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); !regexp.MustCompile(`Taken down\.\n$`).Match(rest) {
		t.Errorf("it ended with %v and said %q", err, rest)
	}
}

// testLog shows what a program says.
type testLog struct{ t *testing.T }

func (l *testLog) Write(b []byte) (int, error) {
	l.t.Logf("%s", b)
	return len(b), nil
}
