//go:build linux && lab

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestDebianTakesThePackage has dpkg itself read and unpack one.
func TestDebianTakesThePackage(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "sekisho.deb")
	if err := os.WriteFile(path, made(t, platform{"linux", "arm64"})["sekisho_1.2.3-1_arm64.deb"], 0o644); err != nil {
		t.Fatal(err)
	}
	run := func(name string, args ...string) string {
		cmd := exec.Command(name, args...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %q: %v\n%s", name, args, err, out)
		}
		return string(out)
	}
	if out := run("dpkg-deb", "--field", path, "Package", "Version", "Architecture"); out != "Package: sekisho\nVersion: 1.2.3-1\nArchitecture: arm64\n" {
		t.Errorf("%s", out)
	}
	run("dpkg-deb", "--extract", path, "root")
	run("dpkg-deb", "--control", path, "control")
	cmd := exec.Command("md5sum", "--check", "--quiet", "../control/md5sums")
	cmd.Dir = filepath.Join(dir, "root")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if out := run("root/usr/bin/portqry"); out != "hello\n" {
		t.Errorf("%q", out)
	}
	if out := run("sh", "-c", "zcat root/usr/share/man/man1/sekisho.1.gz"); !strings.Contains(out, ".TH sekisho") {
		t.Errorf("%q", out)
	}
}
