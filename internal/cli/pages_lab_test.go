//go:build linux && lab

package cli_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sekisho/internal/lab"
)

// TestBrowser has Chromium visit the service from behind the NAT router: the grid
// fills to its end, the pages keep their policy, and axe finds nothing. With
// SEKISHO_SHOTS=DIR it writes screenshots there.
func TestBrowser(t *testing.T) {
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	modules := filepath.Join(cache, "sekisho-browser", "node_modules")
	if _, err := os.Stat(modules); err != nil {
		t.Fatalf("%v: ./check puts playwright-core and axe-core there", err)
	}
	script, err := filepath.Abs("testdata/browser.js")
	if err != nil {
		t.Fatal(err)
	}
	l := lab.New(t)
	l.Home.StartNginx(t, lab.Nginx{})
	l.Forward(t, "tcp", 80, 80)
	serving(t, l.Outside, root, "--listen", ":8080")
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	home := t.TempDir()
	cmd := l.LAN.Command(ctx, "env", "HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_CACHE_HOME="+home,
		"node", script, modules, "http://"+l.Outside.V4.String()+":8080", os.Getenv("SEKISHO_SHOTS"))
	out, err := cmd.CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(line, "! ") {
			t.Error(strings.TrimSpace(line[2:]))
		} else {
			t.Log(strings.TrimSpace(line))
		}
	}
	if err != nil {
		t.Errorf("%v", err)
	}
}
