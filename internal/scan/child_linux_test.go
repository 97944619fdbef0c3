package scan_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sekisho/internal/exposure"
	"sekisho/internal/scan"
)

// childRole has the test binary be one scan in a process of its own, whose
// limits and memory are that scan's alone. Its value is the limit of open
// files, the address, and the TCP ports: those from the first to the last.
const childRole = "SEKISHO_SCAN_CHILD"

func TestMain(m *testing.M) {
	role := os.Getenv(childRole)
	if role == "" {
		os.Exit(m.Run())
	}
	if err := actChild(role); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// childReport is what the child says of its scan.
type childReport struct {
	Open, Odd []uint16 // odd is what is neither open nor closed
	Summary   exposure.ScanSummary
	MostRSS   int // KiB
	Threads   int
}

func actChild(role string) error {
	var files uint64
	var address string
	var first, last int
	if _, err := fmt.Sscan(role, &files, &address, &first, &last); err != nil {
		return err
	}
	if files > 0 {
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: files, Max: files}); err != nil {
			return err
		}
	}
	var ports []uint16
	for p := first; p <= last; p++ {
		ports = append(ports, uint16(p))
	}
	e := scan.New()
	defer e.Close()
	var r childReport
	var err error
	r.Summary, err = e.Run(context.Background(), scan.Request{
		Targets: []exposure.Target{{Address: netip.MustParseAddr(address)}}, TCP: ports, Retries: -1, Own: netip.Addr.IsLoopback,
	}, func(o exposure.Observation) {
		switch o.State {
		case exposure.Open:
			r.Open = append(r.Open, o.Port)
		case exposure.Closed:
		default:
			r.Odd = append(r.Odd, o.Port)
		}
	})
	if err != nil {
		return err
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(status)) {
		key, value, _ := strings.Cut(line, ":")
		n, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
		switch key {
		case "VmHWM":
			r.MostRSS = n
		case "Threads":
			r.Threads = n
		}
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

// scanInChild scans loopback from a process of its own.
func scanInChild(t *testing.T, files int, address string, first, last uint16) childReport {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/proc/self/exe")
	// The race detector would hold the child for a second at its end.
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0", fmt.Sprintf("%s=%d %s %d %d", childRole, files, address, first, last))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var r childReport
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return r
}

// TestFewDescriptors gives a scan 64 files. It gets slower at most.
func TestFewDescriptors(t *testing.T) {
	for _, address := range []string{"127.0.0.1", "::1"} {
		open := listeners(t, address, 3)
		for _, port := range open {
			r := scanInChild(t, 64, address, max(port, 1000)-1000, min(port, 64535)+1000)
			if !r.Summary.Complete || r.Summary.Unknown != 0 {
				t.Errorf("%s: %+v", address, r.Summary)
			}
			found := false
			for _, p := range r.Open {
				found = found || p == port
			}
			if !found {
				t.Errorf("%s: port %d was missed, found %v", address, port, r.Open)
			}
		}
	}
}
