package lab

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// unpackedAt is where the script unpack puts the packages of unpacked.txt.
// Hosts have no copy of their own of it, so that overlays do not pile up: the
// kernel takes two on one another and no more.
const unpackedAt = "/opt/sekisho-lab"

// unpacked puts the programs of packages of unpacked.txt in place in this host,
// as if they were installed: what they have under /usr is there, over the
// machine's own. Their files under /etc and /var are not, and no script of
// theirs has run: users and configuration are the caller's.
func (h *Host) unpacked(t T, packages ...string) {
	t.Helper()
	again := len(h.packages) > 0
	for _, name := range packages {
		if slices.Contains(h.packages, name) {
			continue
		}
		if _, err := os.Stat(filepath.Join(unpackedAt, name, "usr")); err != nil {
			t.Fatalf("%s: %s is not unpacked: run internal/lab/unpack as root (%v)", h.Name, name, err)
		}
		h.packages = append(h.packages, name)
	}
	var layers []string
	for _, name := range h.packages {
		layers = append(layers, filepath.Join(unpackedAt, name, "usr"))
	}
	err := h.inFiles(func() error {
		if again {
			// It stays for whoever runs out of it.
			if err := unix.Unmount("/usr", unix.MNT_DETACH); err != nil {
				return fmt.Errorf("let go of /usr: %w", err)
			}
		}
		options := "lowerdir=" + strings.Join(append(layers, "/usr"), ":")
		if err := unix.Mount("lab", "/usr", "overlay", unix.MS_RDONLY, options); err != nil {
			return fmt.Errorf("put %v in place: %w", h.packages, err)
		}
		return nil
	})
	if err != nil {
		t.Fatalf("%s: %v", h.Name, err)
	}
}

// user makes a user of the system and its group in this host, as a package does
// when it is installed; one that is there already stays. The home directory
// belongs to root and is empty: many servers lock themselves in there.
func (h *Host) user(t T, name, home string) {
	t.Helper()
	h.Run(t, "sh", "-c", `getent passwd "$1" >/dev/null ||
		useradd --system --user-group --home-dir "$2" --no-create-home --shell /usr/sbin/nologin "$1" && mkdir -p "$2"`, "user", name, home)
}
