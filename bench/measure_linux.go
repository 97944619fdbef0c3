package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// sample is one command measured.
type sample struct {
	wall, cpu time.Duration
	sending   time.Duration // from the first packet to the last, to about a hundredth of a second
	rss       int           // KiB
	packets   uint64
	judged
	err error // why the command counts for nothing
}

// bench is what all measurements share.
type bench struct {
	sekisho string // path of the binary
	dir     string // for output files; a user without privileges may enter it
	limit   time.Duration
}

// measure runs one command in the scanner and holds its result against the
// truth.
func (b *bench) measure(ctx context.Context, s *stage, r row, c contender, v6 bool) sample {
	line := command(r, c, s.network, s.targetMAC, v6)
	if line[0] == sekisho {
		line[0] = b.sekisho
	}
	if r.nobody {
		line = append([]string{"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"}, line...)
	}
	out, err := os.Create(filepath.Join(b.dir, "out"))
	if err != nil {
		return sample{err: err}
	}
	defer out.Close()
	ctx, cancel := context.WithTimeout(ctx, b.patience(c))
	defer cancel()
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, line[0], line[1:]...)
	cmd.Stdout, cmd.Stderr, cmd.Dir = out, &said, b.dir
	cmd.Env = []string{"PATH=/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin", "HOME=" + b.dir, "LC_ALL=C"}
	cmd.WaitDelay = 5 * time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}

	time.Sleep(r.settle)
	m, err := s.timed(cmd)
	if err == nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		m.err = fmt.Errorf("%w: %s", err, lastLine(said.String()))
		return m
	}
	if _, err := out.Seek(0, io.SeekStart); err != nil {
		m.err = err
		return m
	}
	found, err := r.parse(c)(out)
	m.judged, m.err = compare(s.scenery.truth(v6), found), err
	return m
}

// parse is how what a contender printed is read.
func (r row) parse(c contender) func(io.Reader) (spots, error) {
	if !r.identify {
		return map[string]func(io.Reader) (spots, error){sekisho: parseSekisho, nmap: parseNmap, masscan: parseMasscan}[c.name]
	}
	return func(out io.Reader) (spots, error) {
		said, err := map[string]func(io.Reader) (map[spot]string, error){sekisho: parseReport, nmap: parseVersions}[c.name](out)
		if err != nil {
			return nil, err
		}
		if r.real {
			return named(said)
		}
		open := spots{}
		for at := range said {
			open[at] = true
		}
		return open, nil
	}
}

// patience is how long a contender may take. masscan knows how long it takes,
// less than a minute in every row, and now and then never ends.
func (b *bench) patience(c contender) time.Duration {
	if c.name == masscan {
		return min(b.limit, 90*time.Second)
	}
	return b.limit
}

// timed runs a command to its end. What it sends and how much memory it has
// are looked at all along.
func (s *stage) timed(cmd *exec.Cmd) (m sample, err error) {
	before, err := s.scanner.sent(cableEnd)
	if err != nil {
		return m, err
	}
	var overruns uint64
	if s.relay != nil {
		overruns = s.relay.overruns()
	}
	watch := &watcher{host: s.scanner, sent: before}
	err = s.scanner.do(func() error {
		began := time.Now()
		if err := cmd.Start(); err != nil {
			return err
		}
		stop := watch.start(cmd.Process.Pid)
		err := cmd.Wait()
		m.wall = time.Since(began)
		stop()
		return err
	})
	if cmd.ProcessState != nil {
		usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
		m.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		// The kernel counts what the child had before it became the command,
		// which is what the harness has: below that, what was watched counts.
		if m.rss = int(usage.Maxrss); m.rss <= memory("self") {
			m.rss = watch.peak
		}
	}
	after, sentErr := s.scanner.sent(cableEnd)
	m.packets, m.sending = after-before, watch.last.Sub(watch.first)
	if s.relay != nil {
		if n := s.relay.overruns() - overruns; n > 0 {
			err = errors.Join(err, fmt.Errorf("the relay could not keep up with %d packets", n))
		}
	}
	return m, errors.Join(err, sentErr)
}

// watcher looks at a command while it runs.
type watcher struct {
	host        *host
	sent        uint64
	first, last time.Time // when packets were first and last seen to be sent
	peak        int
}

func (w *watcher) start(pid int) (stop func()) {
	const every = 10 * time.Millisecond
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-quit:
				return
			case now := <-tick.C:
				w.look(now, strconv.Itoa(pid))
			}
		}
	}()
	return func() { close(quit); <-done }
}

func (w *watcher) look(now time.Time, pid string) {
	w.peak = max(w.peak, memory(pid))
	n, err := w.host.sent(cableEnd)
	if err != nil || n == w.sent {
		return
	}
	if w.first.IsZero() {
		w.first = now
	}
	w.sent, w.last = n, now
}

// memory is the most that a process has had in memory so far, in KiB.
func memory(pid string) int {
	status, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, _ := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")))
			return n
		}
	}
	return 0
}

func lastLine(s string) string {
	fields := strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' })
	for i := len(fields) - 1; i >= 0; i-- {
		if text := strings.TrimSpace(fields[i]); text != "" {
			return text
		}
	}
	return "(it said nothing)"
}
