//go:build unix && !linux

package hostnet

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"sekisho/internal/exposure"
)

func TestParseTexts(t *testing.T) {
	got, limited := parseTexts([]byte("p1\nftxt\nn/sbin/launchd\nftxt\nn/usr/lib/dyld\n"))
	if d := cmp.Diff([]exposure.LoadedModule{{Path: "/sbin/launchd"}, {Path: "/usr/lib/dyld"}}, got); d != "" || limited {
		t.Errorf("limited %v, -want +got:\n%s", limited, d)
	}
}

func TestParseJobs(t *testing.T) {
	got := parseJobs([]byte("PID\tStatus\tLabel\n-\t0\tcom.example.idle\n512\t0\tcom.example.server\n"))
	if d := cmp.Diff(map[int][]exposure.HostService{512: {{Name: "com.example.server"}}}, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func FuzzParseTexts(f *testing.F) {
	f.Add([]byte("p1\nftxt\nn/sbin/launchd\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if modules, _ := parseTexts(text); len(modules) > maxModules {
			t.Errorf("%d modules", len(modules))
		}
	})
}

func FuzzParseJobs(f *testing.F) {
	f.Add([]byte("512\t0\tcom.example.server\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		for pid, jobs := range parseJobs(text) {
			if len(jobs) == 0 {
				t.Errorf("process %d has no job", pid)
			}
		}
	})
}
