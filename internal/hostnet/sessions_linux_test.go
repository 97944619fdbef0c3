package hostnet

import (
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestSSHConnection(t *testing.T) {
	want := Session{Peer: netip.MustParseAddrPort("192.0.2.7:50000"), Local: netip.MustParseAddrPort("192.0.2.10:22")}
	for _, value := range []string{"192.0.2.7 50000 192.0.2.10 22", "::ffff:192.0.2.7 50000 ::ffff:192.0.2.10 22"} {
		if got := sshConnection(value); got != want {
			t.Errorf("%q is %v, want %v", value, got, want)
		}
	}
	for _, value := range []string{"", "x", "192.0.2.7 50000 192.0.2.10", "192.0.2.7 99999 192.0.2.10 22", "name 1 name 2"} {
		if got := sshConnection(value); got.Peer.IsValid() && got.Local.IsValid() {
			t.Errorf("%q is %v", value, got)
		}
	}
}

// TestAncestors: a process may be named like the end of its line, and a circle
// ends.
func TestAncestors(t *testing.T) {
	proc := t.TempDir()
	for pid, stat := range map[string]string{"7": "7 (sh) S) S 5 1 1", "5": "5 (a ( b) S 7 1 1", "9": "9 (x", "8": "8 (gone) S 3 0"} {
		if err := os.MkdirAll(filepath.Join(proc, pid), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(proc, pid, "stat"), []byte(stat), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for pid, want := range map[int][]int{7: {7, 5}, 9: {9}, 8: {8, 3}, 4: {4}} {
		if got := ancestors(proc, pid); !slices.Equal(got, want) {
			t.Errorf("above %d: %v, want %v", pid, got, want)
		}
	}
}
