//go:build linux && lab

package cli_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// raised starts a program in a host and returns when it has said something; it is
// killed by what is returned, and with the test.
func raised(t *testing.T, h *lab.Host, ready string, line ...string) (kill func()) {
	t.Helper()
	cmd := h.Command(context.WithoutCancel(t.Context()), line[0], line[1:]...)
	said, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(said)
	heard := false
	var told []string
	for !heard && lines.Scan() {
		told = append(told, lines.Text())
		heard = strings.Contains(lines.Text(), ready)
	}
	if !heard {
		t.Fatalf("%s does not start: %s", line[0], strings.Join(told, " "))
	}
	go func() { _, _ = io.Copy(io.Discard, said) }()
	killed := false
	kill = func() {
		if !killed {
			killed = true
			h.Kill(cmd)
		}
	}
	t.Cleanup(kill)
	return kill
}

// raiseServe starts serve with a home of its own.
func raiseServe(t *testing.T, h *lab.Host, state string, args ...string) (kill func()) {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	return raised(t, h, "Answering at ", append([]string{"env", "SEKISHO_LANG=en", "XDG_STATE_HOME=" + state, path, "serve"}, args...)...)
}

const aLook = `{"tcp":"80","consent":{"text":"I agree.","scope":"1 port"}}`

// asks is the answer to a look that is asked for: the status, and the problem
// where there is one.
func asks(t *testing.T, c *http.Client, base string) (int, exposure.Problem) {
	t.Helper()
	var p exposure.Problem
	return askAPI(t, c, "POST", base+"/api/v1/jobs", aLook, &p).StatusCode, p
}

// readiness asks until a part of the service is as it is wanted.
func readiness(t *testing.T, c *http.Client, base, part, want string) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		var ready struct{ Checks map[string]string }
		askAPI(t, c, "GET", base+"/readyz", "", &ready)
		if ready.Checks[part] == want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("a minute later %s is %q, want %q", part, ready.Checks[part], want)
		}
	}
}

// TestLimitsOutliveKill: whoever has used up what they may have has no more after
// the service was killed and started again, without any configuration.
func TestLimitsOutliveKill(t *testing.T) {
	l := lab.New(t)
	state := t.TempDir()
	kill := raiseServe(t, l.Outside, state, "--per-hour", "4")
	c, base := from(l.Home), "http://"+l.Outside.V4.String()+":8080"
	if status, p := asks(t, c, base); status != 201 {
		t.Fatalf("the first look: %d %+v", status, p)
	}
	if status, _ := asks(t, c, base); status != 429 {
		t.Errorf("the second one: %d", status)
	}
	kill()
	c.CloseIdleConnections()
	at, err := os.Stat(state + "/sekisho/sekisho.db")
	if err != nil || at.Mode().Perm() != 0o600 {
		t.Errorf("the database: %v, %v", at, err)
	}
	raiseServe(t, l.Outside, state, "--per-hour", "4")
	if status, p := asks(t, c, base); status != 429 || p.Retry < 60 {
		t.Errorf("after kill -9: %d, again in %d s", status, p.Retry)
	}
}

// TestServeOverNATSAndPostgreSQL: the service on servers of others, each of which
// goes away and comes again: meanwhile it says so, and afterwards it serves.
func TestServeOverNATSAndPostgreSQL(t *testing.T) {
	l := lab.New(t)
	l.Home.StartNginx(t, lab.Nginx{})
	l.Forward(t, "tcp", 80, 80)
	l.Outside.StartPostgreSQL(t, lab.PostgreSQL{})
	server := []string{"nats-server", "-a", "127.0.0.1", "-js", "-sd", t.TempDir()}
	kill := raised(t, l.Outside, "Server is ready", server...)
	raiseServe(t, l.Outside, t.TempDir(), "--database", "postgres://postgres:secret@127.0.0.1/postgres", "--nats-url", "nats://127.0.0.1:4222")
	c, base := from(l.Home), "http://"+l.Outside.V4.String()+":8080"
	// A look that runs does not end with the server that it was asked for by.
	if end := longLook(t, c, base, func() {
		kill()
		readiness(t, c, base, "bus", "failed")
		if status, p := asks(t, c, base); status != 503 || !strings.Contains(p.Detail, "NATS") {
			t.Errorf("a look without the bus: %d %+v", status, p)
		}
		raised(t, l.Outside, "Server is ready", server...)
		readiness(t, c, base, "bus", "ok")
	}); end != "" {
		t.Errorf("the look that was under way ended by %q", end)
	}

	l.Outside.NFT(t, "table ip away { chain in { type filter hook input priority -10; tcp dport 5432 reject with tcp reset; }; }")
	readiness(t, c, base, "store", "failed")
	if status, p := asks(t, c, base); status != 503 || !strings.Contains(p.Detail, "the store cannot be reached") {
		t.Errorf("a look without the database: %d %+v", status, p)
	}
	l.Outside.NFT(t, "delete table ip away")
	readiness(t, c, base, "store", "ok")
	if status, p := asks(t, c, base); status != 201 {
		t.Errorf("a look with the database: %d %+v", status, p)
	}
}

// TestDatabasesThatCannotBeAreSaid: one line, what to do, and no password.
func TestDatabasesThatCannotBeAreSaid(t *testing.T) {
	l := lab.New(t)
	state := t.TempDir()
	text := state + "/text"
	if err := exec.Command("sh", "-c", "yes none | head -c 9000 >"+text).Run(); err != nil {
		t.Fatal(err)
	}
	raiseServe(t, l.Outside, state)
	for want, args := range map[string][]string{
		"another process has it open":     {"--database", state + "/sekisho/sekisho.db"},
		"file is not a database":          {"--database", text},
		"connection refused":              {"--database", "postgres://postgres:hidden@127.0.0.1:1/postgres"},
		`no database of the kind "mysql"`: {"--database", "mysql://root:hidden@127.0.0.1/x"},
		"--nats-url is nats://":           {"--nats-url", "http://user:hidden@127.0.0.1:1"},
	} {
		r := sekisho(t, l.Outside, root, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
		if r.code == 0 || strings.Count(strings.TrimSpace(r.errs), "\n") > 0 || !strings.Contains(r.errs, want) || strings.Contains(r.errs, "hidden") {
			t.Errorf("%q: exit code %d: %s", args, r.code, r.errs)
		}
	}
}
