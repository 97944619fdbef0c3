package lab

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// Near is a server that the program under test depends on, such as its database.
// It listens on the loopback interface of the test's own network, which has
// nothing else, and may be killed and started again: what it has on disk stays.
type Near struct {
	// At is where it listens.
	At netip.AddrPort

	t       T
	dir     string // its own, on disk
	command []string
	ready   string // what it says when it serves
	cmd     *exec.Cmd
	log     *transcript
	done    chan struct{}
}

// newNear prepares a server that has a free port and a folder, which one with a
// user of its own may enter, too.
func newNear(t T) *Near {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("find a port: %v", err)
	}
	defer l.Close()
	dir, err := os.MkdirTemp("", "sekisho-near-")
	if err != nil {
		t.Fatalf("make a folder: %v", err)
	}
	n := &Near{At: l.Addr().(*net.TCPAddr).AddrPort(), t: t, dir: dir}
	t.Cleanup(func() {
		if n.cmd != nil {
			n.Kill()
		}
		if t.Failed() && n.log != nil {
			t.Logf("%s said at last:\n%s", n.command[0], tail(n.Log()))
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("remove %s: %v", dir, err)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatalf("%v", err)
	}
	return n
}

// run runs a command to its end.
func (n *Near) run(name string, args ...string) {
	n.t.Helper()
	c := exec.Command(name, args...)
	c.Env, c.Dir = environment(), n.dir
	if out, err := c.CombinedOutput(); err != nil {
		n.t.Fatalf("%s: %v: %s", name, err, out)
	}
}

// Start starts it, again when it was killed, and returns when it serves.
func (n *Near) Start() {
	n.t.Helper()
	n.log, n.done = &transcript{}, make(chan struct{})
	// The first process of a PID namespace takes all others with it, and it goes
	// with unshare, which goes with the test. It is a shell, since the kernel
	// forgets about that for one that changes its user.
	n.cmd = exec.Command("unshare", append([]string{"--pid", "--fork", "--kill-child", "--mount", "sh", "-c", `"$@" & wait`, "sh"}, n.command...)...)
	n.cmd.Env, n.cmd.Dir = environment(), n.dir
	n.cmd.Stdout, n.cmd.Stderr = n.log, n.log
	n.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	started := make(chan error, 1)
	go func(c *exec.Cmd, done chan struct{}) {
		runtime.LockOSThread() // the signal comes when the thread ends
		err := c.Start()
		started <- err
		if err == nil {
			_ = c.Wait() // it is killed
		}
		close(done)
	}(n.cmd, n.done)
	if err := <-started; err != nil {
		n.t.Fatalf("start %v: %v", n.command, err)
	}
	late := time.After(startTimeout)
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for !strings.Contains(n.log.String(), n.ready) {
		select {
		case <-n.done:
			n.t.Fatalf("%v ended; it said:\n%s", n.command, n.log.String())
		case <-late:
			n.t.Fatalf("%v is not ready; it said:\n%s", n.command, n.log.String())
		case <-look.C:
		}
	}
}

// Kill ends it in the middle, with SIGKILL, and all that it has started.
func (n *Near) Kill() {
	_ = n.cmd.Process.Kill() // it may have ended
	<-n.done
}

// Log is what it has said since it was started last.
func (n *Near) Log() string { return n.log.String() }

// Database is a PostgreSQL that a program under test keeps its records in.
type Database struct {
	*Near
	// URL names the database.
	URL string
}

// StartDatabase starts PostgreSQL with an empty database. Its tables lie on a
// disk of their own that has disk MiB, where that is not 0.
func StartDatabase(t T, disk int) *Database {
	t.Helper()
	bins, err := filepath.Glob(postgresqlBin)
	if err != nil || len(bins) == 0 {
		t.Fatalf("no PostgreSQL in %s: %v", postgresqlBin, err)
	}
	n := newNear(t)
	as := []string{"setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"}
	n.run("chown", "postgres:postgres", n.dir)
	n.run(as[0], append(as[1:], bins[0]+"/initdb", "-D", "data", "-A", "trust", "--no-sync", "--locale=C")...)
	n.command = append(as, bins[0]+"/postgres", "-D", "data", "-c", "listen_addresses=127.0.0.1", "-c", fmt.Sprintf("port=%d", n.At.Port()),
		"-c", "unix_socket_directories="+n.dir, "-c", "fsync=off", "-c", "logging_collector=off")
	n.ready = "database system is ready to accept connections"
	if disk > 0 {
		script := fmt.Sprintf(`mkdir -p small && mount -t tmpfs -o size=%dm tmpfs small && chown postgres:postgres small && exec "$@"`, disk)
		n.command = append([]string{"sh", "-c", script, "sh"}, n.command...)
	}
	n.Start()
	d := &Database{Near: n, URL: fmt.Sprintf("postgres://postgres@%s/postgres?sslmode=disable", n.At)}
	if disk > 0 {
		d.say("CREATE TABLESPACE small LOCATION '" + n.dir + "/small'")
		d.say("ALTER DATABASE postgres SET default_tablespace = small")
	}
	return d
}

// say has the database do something.
func (d *Database) say(statement string) {
	d.t.Helper()
	d.run("psql", "-v", "ON_ERROR_STOP=1", "-c", statement, d.URL)
}

// Fresh makes an empty database beside and returns its URL.
func (d *Database) Fresh(name string) string {
	d.t.Helper()
	d.say("CREATE DATABASE " + name)
	return strings.Replace(d.URL, "/postgres?", "/"+name+"?", 1)
}

// Enlarge makes the disk of its tables larger, to so many MiB.
func (d *Database) Enlarge(disk int) {
	d.t.Helper()
	d.run("nsenter", "-t", fmt.Sprint(d.cmd.Process.Pid), "-m", "mount", "-o", fmt.Sprintf("remount,size=%dm", disk), d.dir+"/small")
}

// NATS is a message server that a program under test carries its work with.
type NATS struct {
	*Near
	// URL names it, with a user and a password.
	URL string
}

// StartNATS starts Debian's nats-server with JetStream.
func StartNATS(t T) *NATS {
	t.Helper()
	n := newNear(t)
	n.command = []string{"nats-server", "-a", "127.0.0.1", "-p", fmt.Sprint(n.At.Port()), "-js", "-sd", n.dir, "--user", "lab", "--pass", "secret"}
	n.ready = "Server is ready"
	n.Start()
	return &NATS{Near: n, URL: fmt.Sprintf("nats://lab:secret@%s", n.At)}
}
