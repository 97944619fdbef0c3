package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sekisho/internal/cli"
)

// companions are flags that others cannot be without.
var companions = map[string][]string{
	"tls-cert": {"tls-key"}, "tls-key": {"tls-cert"}, "http-listen": {"tls-cert", "tls-key"},
}

// TestServeIsConfiguredByAnything: each flag of serve is taken from the command line,
// from its variable and from the file, and the command line goes before the variable,
// that before the file. The unit that serve prints tells what it was told.
func TestServeIsConfiguredByAnything(t *testing.T) {
	unit := func(args ...string) (string, string, int) {
		var out, errs bytes.Buffer
		code := cli.Main(append([]string{"sekisho", "serve", "--print-systemd"}, args...), strings.NewReader(""), &out, &errs)
		return out.String(), errs.String(), code
	}
	t.Setenv("SEKISHO_LANG", "en")
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	var help bytes.Buffer
	if code := cli.Main([]string{"sekisho", "serve", "--help"}, strings.NewReader(""), &help, &help); code != 0 {
		t.Fatalf("%d %s", code, &help)
	}
	own, _, _ := strings.Cut(help.String(), "Flags of every command:")
	names := regexp.MustCompile(`(?m)^ +--([a-z0-9-]+)`).FindAllStringSubmatch(own, -1)
	if len(names) < 20 {
		t.Fatalf("%d flags: %s", len(names), own)
	}
	file := filepath.Join(t.TempDir(), "serve.yaml")
	for _, m := range names {
		name := m[1]
		if name == "print-systemd" {
			continue
		}
		values := []string{"7", "8"} // a number, and a word for what is none
		if _, _, code := unit("--" + name + "=7"); code != 0 {
			values = []string{"true", "false"}
			if _, errs, code := unit("--" + name + "=true"); code != 0 {
				if companions[name] == nil {
					t.Errorf("--%s is neither a word nor a yes: %s", name, errs)
				}
				values = []string{"7", "8"}
			}
		}
		t.Run(name, func(t *testing.T) {
			var beside []string
			for _, other := range companions[name] {
				beside = append(beside, "--"+other+"=7")
			}
			holds := func(want, how string, args ...string) {
				t.Helper()
				out, errs, code := unit(append(beside, args...)...)
				if path, err := filepath.Abs(want); err == nil && !strings.Contains(out, " --"+name+"="+want) {
					want = path // of a file, which the unit names whole
				}
				if code != 0 || !strings.Contains(out, " --"+name+"="+want+"\n") && !strings.Contains(out, " --"+name+"="+want+" ") {
					t.Errorf("by %s: exit code %d: %s\n%s", how, code, errs, out)
				}
				if strings.Contains(out, " --config=") {
					t.Errorf("the file stands beside what it holds:\n%s", out)
				}
			}
			holds(values[0], "the command line", "--"+name+"="+values[0])
			if err := os.WriteFile(file, []byte(name+": "+values[0]+"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			holds(values[0], "the file", "--config", file)
			t.Setenv("SEKISHO_CONFIG", file)
			holds(values[0], "the file that a variable names")
			t.Setenv("SEKISHO_"+strings.ToUpper(strings.ReplaceAll(name, "-", "_")), values[1])
			holds(values[1], "its variable, against the file")
			holds(values[0], "the command line, against both", "--"+name+"="+values[0])
		})
	}
}
