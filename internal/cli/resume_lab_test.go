//go:build lab

package cli_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// scanDocument is what scan -f json prints.
type scanDocument struct {
	Observations []exposure.Observation `json:"observations"`
	Summary      exposure.ScanSummary   `json:"summary"`
}

// seen counts packets before any rule of the host has dropped them.
func seen(t *testing.T, h *lab.Host, counter string) int {
	t.Helper()
	out := h.Run(t, "nft", "list", "counter", "inet", "seen", counter)
	found := regexp.MustCompile(`packets (\d+)`).FindStringSubmatch(out)
	if found == nil {
		t.Fatalf("no number in %q", out)
	}
	n, err := strconv.Atoi(found[1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestScanGoesOnAfterAKill kills scans of a silent host, of one that refuses and
// of UDP ports, by every way to end, and holds what was asked in all against
// what a scan asks that nobody disturbs.
func TestScanGoesOnAfterAKill(t *testing.T) {
	const ports, rate = 6000, 1500
	for name, c := range map[string]struct {
		args  []string
		rule  lab.Verdict
		state exposure.State
		as    user
		each  int     // questions a port that is not open
		late  float64 // seconds that an answer may take: to a host that nothing is heard of, its neighbour's
		kill  []os.Signal
	}{
		"silent-raw":      {nil, lab.Drop, exposure.Filtered, root, 2, 1, []os.Signal{syscall.SIGKILL, os.Interrupt, syscall.SIGKILL}},
		"silent-connect":  {nil, lab.Drop, exposure.Filtered, nobody, 2, 1, []os.Signal{syscall.SIGKILL, os.Interrupt}},
		"refused-raw":     {nil, lab.RejectReset, exposure.Closed, root, 1, 1, []os.Signal{os.Interrupt, syscall.SIGKILL}},
		"refused-connect": {nil, lab.RejectReset, exposure.Closed, nobody, 1, 1, []os.Signal{syscall.SIGKILL, os.Interrupt}},
		"silent-udp":      {[]string{"--udp"}, lab.Drop, exposure.OpenFiltered, root, 2, 3.6, []os.Signal{syscall.SIGKILL, os.Interrupt}},
	} {
		t.Run(name, func(t *testing.T) {
			l := lab.New(t)
			h := l.Home
			h.NFT(t, `table inet seen {
				counter asked { }
				chain in {
					type filter hook prerouting priority -300
					tcp flags & (syn | ack) == syn tcp dport 1-6000 counter name asked
					udp dport 1-6000 counter name asked
				}
			}`)
			h.Listen(t, "tcp", ":80")
			h.Listen(t, "tcp", ":5999")
			h.Filter(t, lab.Input, "tcp dport != { 80, 5999 }", c.rule)
			h.Filter(t, lab.Input, "meta l4proto udp", lab.Drop)
			state := filepath.Join(t.TempDir(), "state")
			forAll(t, filepath.Dir(state))
			line := append([]string{
				"scan", h.V4.String(), "-p", fmt.Sprintf("1-%d", ports), "--rate", strconv.Itoa(rate), "--retries", "1",
				"-f", "json", "--show", "all", "--resume", state,
			}, c.args...)

			for i, signal := range c.kill {
				before := seen(t, h, "asked")
				cmd := command(t, l.LAN, c.as, line...)
				pid := filepath.Join(filepath.Dir(state), "pid")
				tellPID(cmd, pid)
				var out, errs bytes.Buffer
				cmd.Stdout, cmd.Stderr = &out, &errs
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				over := make(chan error, 1)
				go func() { over <- cmd.Wait() }()
				await(t, over, func() bool { return seen(t, h, "asked") >= before+2000 })
				number, err := os.ReadFile(pid)
				if err != nil {
					t.Fatalf("run %d: %v; %s", i, err, errs.String())
				}
				l.LAN.Run(t, "kill", "-s", strconv.Itoa(int(signal.(syscall.Signal))), strings.TrimSpace(string(number)))
				err = <-over
				var ended *exec.ExitError
				if !errors.As(err, &ended) {
					t.Fatalf("%v: %v; %s", signal, err, errs.String())
				}
				if signal == os.Interrupt && (ended.ExitCode() != 130 || !strings.Contains(out.String(), `"complete":false`)) {
					t.Errorf("interrupted: exit code %d, %.200s", ended.ExitCode(), out.String())
				}
				if info, err := os.Stat(state); err != nil || info.Mode().Perm() != 0o600 {
					t.Errorf("the file: %v, %v", info, err)
				}
			}
			last := sekisho(t, l.LAN, c.as, line...)
			document := decode[scanDocument](t, last)
			if last.code != 0 || !document.Summary.Complete || len(document.Observations) != ports {
				t.Fatalf("exit code %d, %d ports, %+v, %s", last.code, len(document.Observations), document.Summary, last.errs)
			}
			met := map[uint16]bool{}
			open := 0
			for _, o := range document.Observations {
				if met[o.Port] {
					t.Errorf("port %d is told twice", o.Port)
				}
				met[o.Port] = true
				want := c.state
				if o.Transport == exposure.TCP && (o.Port == 80 || o.Port == 5999) {
					want = exposure.Open
					open++
				}
				if o.State != want || o.Attempts < 1 || o.SeenAt.IsZero() {
					t.Errorf("%+v, want %v", o, want)
				}
			}
			// On the way at a kill may be what was sent in the time that an answer
			// may take, and between two writings of the file.
			asked, need := seen(t, h, "asked"), c.each*ports
			most := need + need/100 + int(float64(len(c.kill)*rate)*(c.late+0.3))
			t.Logf("%d questions in %d runs, %d would do", asked, len(c.kill)+1, need)
			if asked > most || asked < need-2*c.each {
				t.Errorf("%d questions, want %d and at most %d", asked, need, most)
			}
			before := seen(t, h, "asked")
			again := decode[scanDocument](t, sekisho(t, l.LAN, c.as, line...))
			if len(again.Observations) != ports || again.Summary.PacketsSent != 0 || seen(t, h, "asked") != before {
				t.Errorf("a finished scan: %+v, %d questions", again.Summary, seen(t, h, "asked")-before)
			}
		})
	}
}

// tellPID has the program that a command runs write its number, among those of
// its host, to a file. The process that this one has started is only the way to
// it.
func tellPID(cmd *exec.Cmd, file string) {
	for i, arg := range cmd.Args {
		if arg == "env" || arg == "setpriv" {
			cmd.Args = slices.Insert(cmd.Args, i, "sh", "-c", `echo $$ >"$0"; exec "$@"`, file)
			return
		}
	}
}

// forAll opens a folder of the test, and the one that it is in, to every user.
func forAll(t *testing.T, dir string) {
	t.Helper()
	if err := errors.Join(os.Chmod(dir, 0o777), os.Chmod(filepath.Dir(dir), 0o755)); err != nil {
		t.Fatal(err)
	}
}

// await waits until something is so, which another process makes so, or that
// process has ended.
func await(t *testing.T, over chan error, so func() bool) {
	t.Helper()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	limit := time.After(patience)
	for !so() {
		select {
		case <-ticker.C:
		case err := <-over:
			over <- err
			return
		case <-limit:
			t.Fatal("waited in vain")
		}
	}
}

func unmarshal(t *testing.T, b []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatalf("%v in %.200s", err, b)
	}
}

// TestManyHosts looks at 1,056 ports of 1,024 addresses but some in one run, as
// root and as nobody in parts, and finds what is there in little memory.
// Nothing reaches what is excluded, not even the question for its hardware
// address.
func TestManyHosts(t *testing.T) {
	l := lab.New(t)
	dir := t.TempDir()
	forAll(t, dir)
	h := l.Home
	block := netip.MustParsePrefix("192.168.80.0/22")
	h.Run(t, "ip", "route", "add", "local", block.String(), "dev", "lo")
	l.LAN.Run(t, "ip", "route", "add", block.String(), "dev", "eth0")
	h.NFT(t, `table inet seen {
		counter excluded { }
		chain in {
			type filter hook prerouting priority -300
			ip daddr { 192.168.80.9, 192.168.81.0/28, 192.168.83.250-192.168.83.255 } counter name excluded
		}
	}
	table arp seen {
		chain in {
			type filter hook input priority 0
			arp daddr ip { 192.168.80.9, 192.168.81.0/28, 192.168.83.250-192.168.83.255 } counter
		}
	}`)
	l.LAN.WriteFile(t, "/tmp/ours", "# printers and such\n192.168.81.0/28\n192.168.83.250-192.168.83.255\n")
	printers := netip.MustParsePrefix("192.168.81.0/28")
	// Every seventh address has a service, each on a port of its own.
	open := map[netip.AddrPort]bool{}
	n := 0
	for a := block.Addr(); block.Contains(a); a = a.Next() {
		if n++; n%7 == 0 && n < 1000 {
			at := netip.AddrPortFrom(a, uint16(1+n))
			h.Listen(t, "tcp", at.String())
			open[at] = true
		}
	}
	args := []string{
		"scan", block.String(), "-p", "1-1056", "--exclude", "192.168.80.9", "--exclude-file", "/tmp/ours", "--ping",
		"--retries", "1", "-f", "jsonl", "--resume",
	}
	for _, run := range []struct {
		as     user
		shards int
	}{{root, 1}, {nobody, 2}} {
		t.Run(fmt.Sprintf("root-%v-shards-%d", run.as == root, run.shards), func(t *testing.T) {
			found := map[netip.AddrPort]int{}
			excluded := 1 + 16 + 6
			hosts, ports := 1024-excluded, 0
			for shard := 1; shard <= run.shards; shard++ {
				state := filepath.Join(dir, fmt.Sprintf("state-%d-%d", shard, run.shards))
				line := append(args, state)
				if run.shards > 1 {
					line = append(line, "--shard", fmt.Sprintf("%d/%d", shard, run.shards))
				}
				cmd := command(t, l.LAN, run.as, line...)
				var out, errs bytes.Buffer
				cmd.Stdout, cmd.Stderr = &out, &errs
				resident, err := runResident(t, cmd)
				if err != nil {
					var ended *exec.ExitError
					// As nobody the echoes may not be sent.
					if !errors.As(err, &ended) || ended.ExitCode() != 3 || run.as == root {
						t.Fatalf("%v: %s", err, errs.String())
					}
				}
				var summary exposure.ScanSummary
				lines := bufio.NewScanner(&out)
				for lines.Scan() {
					var o struct {
						Type string `json:"type"`
						exposure.Observation
					}
					switch unmarshal(t, lines.Bytes(), &o); o.Type {
					case "summary":
						unmarshal(t, lines.Bytes(), &summary)
					case "observation":
						if o.Transport == exposure.TCP {
							found[o.Endpoint()]++
						}
					}
				}
				ports += summary.Ports
				info, err := os.Stat(state)
				if err != nil {
					t.Fatal(err)
				}
				t.Logf("%d ports of %d hosts in %d ms, %d packets; %d KiB resident, %d bytes of file",
					summary.Ports, summary.Hosts, summary.ElapsedMS, summary.PacketsSent, resident, info.Size())
				if !summary.Complete || summary.Hosts != hosts {
					t.Errorf("%+v", summary)
				}
				if resident > 48<<10 {
					t.Errorf("%d KiB resident", resident)
				}
			}
			if ports != hosts*1057 {
				t.Errorf("%d ports, want %d", ports, hosts*1057)
			}
			for at, times := range found {
				if !open[at] || times != 1 {
					t.Errorf("%v is open, %d times", at, times)
				}
			}
			missed := 0
			for at := range open {
				if found[at] == 0 && !printers.Contains(at.Addr()) {
					missed++
				}
			}
			if missed > 0 {
				t.Errorf("%d of %d open ports are missed", missed, len(open))
			}
			if n := seen(t, h, "excluded"); n > 0 {
				t.Errorf("%d packets reached what is excluded", n)
			}
			if out := h.Run(t, "nft", "list", "table", "arp", "seen"); !strings.Contains(out, "packets 0 ") {
				t.Errorf("what is excluded was asked for its hardware address: %s", out)
			}
		})
	}
}

// TestScanOnAFullDisk has room for a small part of the file of --resume: the
// result is whole, one line tells of the rest, and the next run goes on with
// what is there.
func TestScanOnAFullDisk(t *testing.T) {
	l := lab.New(t)
	l.LAN.Run(t, "mkdir", "/srv/small")
	l.LAN.Run(t, "mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", "/srv/small")
	line := []string{"scan", l.Home.V4.String(), "-p", "1-20000", "-f", "json", "--show", "all", "--resume", "/srv/small/state"}
	for run := range 2 {
		r := sekisho(t, l.LAN, root, line...)
		document := decode[scanDocument](t, r)
		if r.code != 3 || len(document.Observations) != 20000 || !document.Summary.Complete {
			t.Errorf("run %d: exit code %d, %+v", run, r.code, document.Summary)
		}
		if lines := strings.Count(r.errs, "\n"); lines != 1 || !strings.Contains(r.errs, "/srv/small/state could not be written to the end: no space left on device") {
			t.Errorf("run %d: %q", run, r.errs)
		}
		if sent := document.Summary.PacketsSent; run == 1 && sent >= 20000 {
			t.Errorf("%d packets, though some ports were known", sent)
		}
	}
}

// runResident runs a program and returns the most memory, in KiB, that it was
// seen to hold. What wait4 tells would be that of this test too: the figure
// goes through fork and exec.
func runResident(t *testing.T, cmd *exec.Cmd) (most int, err error) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case err := <-ended:
			if most == 0 {
				t.Fatal("the memory of the program was never seen")
			}
			return most, err
		case <-look.C:
			most = max(most, resident(cmd.Process.Pid))
		}
	}
}

// resident is the most memory of its own, in KiB, that a process or one of its
// children holds while it is the program; 0 when none of them is. Pages of its
// file are not counted: how many of those are mapped in is the kernel's choice,
// and depends on how the file came to lie in its cache.
func resident(pid int) int {
	most := 0
	if status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)); err == nil && bytes.HasPrefix(status, []byte("Name:\tsekisho\n")) {
		for _, name := range []string{"RssAnon:", "RssShmem:"} {
			_, rest, _ := bytes.Cut(status, []byte(name))
			kib := 0
			_, _ = fmt.Sscan(string(rest), &kib) // a process that ends has none
			most += kib
		}
	}
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, task := range tasks {
		children, _ := os.ReadFile(task)
		for child := range strings.FieldsSeq(string(children)) {
			if pid, err := strconv.Atoi(child); err == nil {
				most = max(most, resident(pid))
			}
		}
	}
	return most
}
