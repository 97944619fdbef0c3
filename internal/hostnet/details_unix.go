//go:build unix && !linux

package hostnet

import (
	"bytes"
	"context"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"

	"sekisho/internal/exposure"
)

// inspectTime bounds each command of Inspect.
const inspectTime = 10 * time.Second

// Inspect tells the jobs of launchd that processes belong to (macOS) and the
// files whose code they have in memory, as lsof tells them, without addresses.
// Those of other users are shown to root only.
func Inspect(ctx context.Context, pids []int) map[int]Details {
	jobs, seen := launchdJobs(ctx)
	found := make(map[int]Details, len(pids))
	for _, pid := range pids {
		if ctx.Err() != nil {
			break
		}
		d := Details{ServicesSeen: seen, Services: jobs[pid]}
		text, err := ask(ctx, "lsof", "-n", "-P", "-a", "-p", strconv.Itoa(pid), "-d", "txt", "-Fn")
		if d.ModulesSeen = err == nil; d.ModulesSeen {
			d.Modules, d.ModulesLimited = parseTexts(text)
		}
		found[pid] = d
	}
	return found
}

// ask runs a command of the system and returns what it prints.
func ask(ctx context.Context, name string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, inspectTime)
	defer cancel()
	return exec.CommandContext(ctx, name, args...).Output()
}

// launchdJobs reads launchctl list: process number or a dash, status, label.
func launchdJobs(ctx context.Context) (map[int][]exposure.HostService, bool) {
	if runtime.GOOS != "darwin" {
		return nil, false
	}
	text, err := ask(ctx, "launchctl", "list")
	if err != nil {
		return nil, false
	}
	return parseJobs(text), true
}

func parseJobs(text []byte) map[int][]exposure.HostService {
	jobs := map[int][]exposure.HostService{}
	for line := range bytes.Lines(text) {
		fields := strings.Fields(string(line))
		if len(fields) != 3 {
			continue
		}
		if pid, err := strconv.Atoi(fields[0]); err == nil {
			jobs[pid] = append(jobs[pid], exposure.HostService{Name: clean(fields[2], maxDisplay)})
		}
	}
	return jobs
}

// parseTexts reads the names of lsof's fields, each on a line behind an n.
func parseTexts(text []byte) (modules []exposure.LoadedModule, limited bool) {
	for line := range bytes.Lines(text) {
		name, ok := strings.CutPrefix(strings.TrimRight(string(line), "\n"), "n")
		if !ok {
			continue
		}
		if len(modules) == maxModules {
			return modules, true
		}
		modules = append(modules, exposure.LoadedModule{Path: clean(name, maxPath)})
	}
	return modules, false
}
