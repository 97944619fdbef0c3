package agent

import (
	"testing"
	"time"

	"sekisho/internal/exposure"
)

// TestWatchesAreBounded: one TCP port is watched, by connections, and not for
// longer than ten minutes and the time around them.
func TestWatchesAreBounded(t *testing.T) {
	now := time.Now()
	for name, c := range map[string]struct {
		change func(*exposure.Job)
		ok     bool
	}{
		"fine":               {func(*exposure.Job) {}, true},
		"two ports":          {func(j *exposure.Job) { j.TCP = exposure.PortList{22, 23} }, false},
		"none":               {func(j *exposure.Job) { j.TCP = nil }, false},
		"UDP":                {func(j *exposure.Job) { j.UDP = exposure.PortList{53} }, false},
		"an echo":            {func(j *exposure.Job) { j.Echo = true }, false},
		"a test":             {func(j *exposure.Job) { j.Tests = []exposure.JobTest{{Protocol: "ftp", Port: 22}} }, false},
		"half connections":   {func(j *exposure.Job) { j.Method = "syn" }, false},
		"for an hour":        {func(j *exposure.Job) { j.Deadline = now.Add(time.Hour) }, false},
		"no watch that long": {func(j *exposure.Job) { j.Watch = false }, false},
	} {
		j := job(now)
		j.Watch, j.Method, j.Deadline = true, "connect", now.Add(exposure.WatchTime)
		c.change(&j)
		if err := agent(t).sane(j, now); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}
