//go:build linux && lab

package scan_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// program builds the program, in a place where everybody may run it: the test
// binary itself cannot be run in a host as root, since labs confine it.
func program(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{filepath.Dir(dir), dir} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "sekisho")
	if out, err := exec.Command("go", "build", "-o", path, "sekisho/cmd/sekisho").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// nobody runs a command without any privilege.
var nobody = []string{"setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "env", "HOME=/nonexistent"}

// scanned is what a scan in a host said.
type scanned struct {
	states  map[uint16]exposure.State
	reasons map[uint16]exposure.Reason
	by      map[uint16]string
	method  string
}

// scanIn runs a scan in a host.
func scanIn(t *testing.T, h *lab.Host, command ...string) scanned {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	command = append(command, "-f", "jsonl", "--show", "all", "--authorized")
	cmd := h.Command(ctx, command[0], command[1:]...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	s := readScan(t, out.String())
	if s.method == "" {
		t.Fatalf("%q: %v\n%s%s", command, err, out.Bytes(), errs.Bytes())
	}
	return s
}

// readScan reads what a scan wrote.
func readScan(t *testing.T, lines string) scanned {
	t.Helper()
	s := scanned{map[uint16]exposure.State{}, map[uint16]exposure.Reason{}, map[uint16]string{}, ""}
	for line := range strings.Lines(lines) {
		var o struct {
			exposure.Observation
			Method string
		}
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if o.Method != "" {
			s.method = o.Method
			continue
		}
		s.states[o.Port], s.reasons[o.Port], s.by[o.Port] = o.State, o.Reason, o.By
	}
	return s
}

// guard gives Home servers and a rule of each kind.
func guard(t *testing.T, l *lab.Lab) map[uint16]exposure.State {
	t.Helper()
	l.Home.Listen(t, "tcp", "[::]:22")
	l.Home.Listen(t, "tcp", "[::]:8080")
	truth := map[uint16]exposure.State{22: exposure.Open, 8080: exposure.Open, 23: exposure.Closed, 9999: exposure.Closed}
	for port, rule := range map[uint16]struct {
		verdict lab.Verdict
		state   exposure.State
	}{
		1001: {lab.Drop, exposure.Filtered},
		1002: {lab.RejectReset, exposure.Closed},
		1003: {lab.RejectAdmin, exposure.Filtered},
		1004: {lab.RejectPort, exposure.Filtered},
		1005: {lab.RejectHost, exposure.Filtered},
	} {
		l.Home.Filter(t, lab.Input, fmt.Sprintf("tcp dport %d", port), rule.verdict)
		truth[port] = rule.state
	}
	return truth
}

const guarded = "22,23,1001-1005,8080,9999"

// With privilege raw SYNs are sent, without it ports are connected to. The
// states must be the same, and the truth.
func TestRootAndNobodyAgree(t *testing.T) {
	l := lab.New(t)
	truth := guard(t, l)
	sekisho := program(t)
	l.Forward(t, "tcp", 22, 22)
	l.Router.NFT(t, `add rule inet router opened tcp dport { 22, 23, 1001-1005, 8080, 9999 } accept`)
	forwarded := maps.Clone(truth)
	for port := range forwarded {
		if port != 22 {
			forwarded[port] = exposure.Filtered
		}
	}
	for _, c := range []struct {
		name   string
		from   *lab.Host
		target string
		truth  map[uint16]exposure.State
	}{
		{"lan_v4", l.LAN, l.Home.V4.String(), truth},
		{"lan_v6", l.LAN, l.Home.V6.String(), truth},
		{"lan_link_local", l.LAN, linkLocal(t, l.Home, "eth0").String() + "%eth0", truth},
		{"routed_v6", l.Outside, l.Home.V6.String(), truth},
		{"forwarded_v4", l.Outside, l.Router.V4.String(), forwarded},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := scanIn(t, c.from, sekisho, "scan", c.target, "-p", guarded)
			connect := scanIn(t, c.from, slices.Concat(nobody, []string{sekisho, "scan", c.target, "-p", guarded})...)
			if root.method != "raw SYN" || !strings.HasPrefix(connect.method, "connect, since raw SYN needs root") {
				t.Errorf("methods %q and %q", root.method, connect.method)
			}
			if d := cmp.Diff(c.truth, root.states); d != "" {
				t.Errorf("root (-truth +seen):\n%s%v", d, root.reasons)
			}
			if d := cmp.Diff(c.truth, connect.states); d != "" {
				t.Errorf("nobody (-truth +seen):\n%s%v", d, connect.reasons)
			}
			if root.reasons[22] != exposure.SynAck || root.states[23] == exposure.Closed && root.reasons[23] != exposure.Reset {
				t.Errorf("reasons %v", root.reasons)
			}
		})
	}
}

// What a packet filter answers is told with who answered.
func TestRawSYNNamesTheFilter(t *testing.T) {
	l := lab.New(t)
	sekisho := program(t)
	l.Home.Filter(t, lab.Input, "tcp dport 1002", lab.RejectAdmin)
	l.Router.NFT(t, `insert rule inet router forward tcp dport 1001 reject with icmpx type admin-prohibited
		insert rule inet router forward tcp dport 1002 accept`)
	s := scanIn(t, l.Outside, sekisho, "scan", l.Home.V6.String(), "-p", "1001,1002")
	if s.by[1001] != l.Router.V6.String() || s.by[1002] != "" {
		t.Errorf("said by %v", s.by)
	}
	for _, port := range []uint16{1001, 1002} {
		if s.states[port] != exposure.Filtered || s.reasons[port] != exposure.AdminProhibited {
			t.Errorf("port %d: %v, %v", port, s.states[port], s.reasons[port])
		}
	}
}

// An address of the own network that nobody has is unknown, by our own word,
// with privilege and without: it is not known that anything filters it.
func TestMissingNeighbourIsUnknown(t *testing.T) {
	l := lab.New(t)
	sekisho := program(t)
	for _, c := range []struct {
		name   string
		target netip.Addr
		as     []string
	}{
		{"root_v4", l.Home.V4.Next(), nil},
		{"root_v6", l.Home.V6.Next(), nil},
		{"nobody_v4", l.Home.V4.Next(), nobody},
		{"nobody_v6", l.Home.V6.Next(), nobody},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := scanIn(t, l.LAN, slices.Concat(c.as, []string{sekisho, "scan", c.target.String(), "-p", "22,80"})...)
			for _, port := range []uint16{22, 80} {
				if s.states[port] != exposure.Unknown || s.reasons[port] != exposure.HostUnreach || s.by[port] != exposure.Local {
					t.Errorf("port %d: %v, %v by %q", port, s.states[port], s.reasons[port], s.by[port])
				}
			}
		})
	}
}

// Raw packets pass no rule of this machine: where there is one on the way out
// its ports are connected to, and it is said why.
func TestOutputRuleMakesAutoConnect(t *testing.T) {
	l := lab.New(t)
	l.Home.Listen(t, "tcp", ":22")
	sekisho := program(t)
	auto := []string{sekisho, "scan", l.Home.V4.String(), "-p", "22,23"}
	if s := scanIn(t, l.LAN, auto...); s.method != "raw SYN" {
		t.Fatalf("method %q", s.method)
	}
	l.LAN.NFT(t, `table inet harmless { chain out { type filter hook output priority 0; policy accept; }; }`)
	if s := scanIn(t, l.LAN, auto...); s.method != "raw SYN" {
		t.Errorf("method %q with an empty chain", s.method)
	}
	l.LAN.NFT(t, `add rule inet harmless out tcp dport 25 drop`)
	s := scanIn(t, l.LAN, auto...)
	if !strings.HasPrefix(s.method, "connect") || !strings.Contains(s.method, "nft inet harmless out") {
		t.Errorf("method %q", s.method)
	}
	if s.states[22] != exposure.Open || s.states[23] != exposure.Closed {
		t.Errorf("states %v", s.states)
	}
	if s := scanIn(t, l.LAN, slices.Concat(auto, []string{"--method", "syn"})...); s.method != "raw SYN" {
		t.Errorf("method %q though raw SYN was asked for", s.method)
	}
}

// This machine's own addresses are connected to by root as well.
func TestOwnAddressesAreConnectedTo(t *testing.T) {
	l := lab.New(t)
	l.Home.Listen(t, "tcp", ":22")
	sekisho := program(t)
	for _, target := range []string{"127.0.0.1", l.Home.V4.String()} {
		s := scanIn(t, l.Home, sekisho, "scan", target, "-p", "22,23")
		if !strings.HasPrefix(s.method, "connect, since the addresses are") || s.states[22] != exposure.Open || s.states[23] != exposure.Closed {
			t.Errorf("%s by %q: %v", target, s.method, s.states)
		}
	}
}
