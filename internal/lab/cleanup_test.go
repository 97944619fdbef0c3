//go:build linux && lab

package lab

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// killedEnv has this test binary raise a lab and wait to be killed.
const killedEnv = "SEKISHO_LAB_KILLED"

// TestRaisedToBeKilled is the other half of TestKilledTestLeavesNothing, and
// tells it the first processes of its hosts.
func TestRaisedToBeKilled(t *testing.T) {
	if os.Getenv(killedEnv) == "" {
		// Started by itself it shows at least that a lab ends with its test.
		var pids []int
		t.Run("lab", func(t *testing.T) { pids = pidsOf(New(t)) })
		for _, pid := range pids {
			if alive(pid) {
				t.Errorf("process %d outlived its test", pid)
			}
		}
		return
	}
	l := New(t)
	l.Link(t, WAN, Impairment{Delay: time.Millisecond})
	// A daemon that nobody waits for, and a command that somebody does.
	l.Home.Run(t, "sh", "-c", "setsid --fork sleep 600 >/dev/null 2>&1")
	cmd := l.Home.Command(t.Context(), "sh", "-c", "echo up; exec sleep 600")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, len("up"))); err != nil {
		t.Fatal(err)
	}
	for _, pid := range pidsOf(l) {
		fmt.Println("first process", pid)
	}
	fmt.Println("raised")
	<-t.Context().Done()
}

func pidsOf(l *Lab) []int {
	var pids []int
	for _, h := range l.hosts() {
		pids = append(pids, h.process.cmd.Process.Pid)
	}
	for _, r := range l.relays {
		pids = append(pids, r.process.cmd.Process.Pid)
	}
	return pids
}

// TestKilledTestLeavesNothing kills a test that has raised a lab, and sees its
// processes and its networks go: of the networks tells a cable from one that
// stays into one that must vanish, which vanishes with it.
func TestKilledTestLeavesNothing(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(exe, "-test.run=^TestRaisedToBeKilled$", "-test.timeout=60s")
	child.Env = append(os.Environ(), killedEnv+"=1")
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer child.Process.Kill()

	var first []int
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if lines.Text() == "raised" {
			break
		}
		if pid, ok := strings.CutPrefix(lines.Text(), "first process "); ok {
			n, err := strconv.Atoi(pid)
			if err != nil {
				t.Fatal(err)
			}
			first = append(first, n)
		}
	}
	if len(first) != 5 {
		t.Fatalf("the child named %d first processes, want those of 4 hosts and a relay", len(first))
	}

	witness, err := newHost("witness", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer witness.process.stop()
	var all []int
	for i, pid := range first {
		netns, err := os.Open(fmt.Sprintf("/proc/%d/ns/net", pid))
		if err != nil {
			t.Fatal(err)
		}
		err = join(witness, fmt.Sprint("to", i), &process{name: "child", netns: netns}, "witness")
		netns.Close()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, processesWith(t, pid)...)
	}
	if len(all) < len(first)+2 {
		t.Fatalf("processes %v: want the first ones, a daemon and a command", all)
	}

	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	child.Wait()
	eventually(t, "processes of the killed lab to go", func() bool {
		return !slices.ContainsFunc(all, alive)
	})
	eventually(t, "networks of the killed lab to go", func() bool {
		links, err := witness.process.links.LinkList()
		if err != nil {
			t.Fatal(err)
		}
		return len(links) == 1
	})
}

// processesWith are the processes that share a process namespace with one.
func processesWith(t *testing.T, pid int) []int {
	ns, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid", pid))
	if err != nil {
		t.Fatal(err)
	}
	dirs, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for _, d := range dirs {
		if n, err := strconv.Atoi(d.Name()); err == nil {
			if theirs, err := os.Readlink("/proc/" + d.Name() + "/ns/pid"); err == nil && theirs == ns {
				pids = append(pids, n)
			}
		}
	}
	return pids
}

func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	// Who is only waiting to be reaped holds nothing any more.
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

// eventually waits for what must come about, and fails when it does not.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(time.Minute)
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
