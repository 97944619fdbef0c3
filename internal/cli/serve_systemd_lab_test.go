//go:build linux && lab

package cli_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"sekisho/internal/lab"
)

// TestSystemdUnit has systemd itself judge the unit, and holds that serve looks with
// raw SYNs as a user of its own who has no more than the unit gives.
func TestSystemdUnit(t *testing.T) {
	l := lab.New(t)
	path := t.TempDir() + "/sekisho.service"
	for want, args := range map[string][]string{
		"AmbientCapabilities=CAP_NET_RAW\n":                      {"--echo-ports", "none"},
		"AmbientCapabilities=CAP_NET_RAW CAP_NET_BIND_SERVICE\n": {"--acme-domain", "scan.example", "--opt-out", "/etc/sekisho/opt out%"},
	} {
		r := sekisho(t, l.Outside, root, append([]string{"serve", "--print-systemd"}, args...)...)
		if r.code != 0 || !strings.Contains(r.out, want) || strings.Contains(r.out, "@") && strings.Contains(r.out, "@LINE@") {
			t.Errorf("%q: exit code %d\n%s", args, r.code, r.out)
		}
		if len(args) > 2 && !strings.Contains(r.out, ` serve --acme-domain=scan.example "--opt-out=/etc/sekisho/opt out%%"`) {
			t.Errorf("the flags are not the same:\n%s", r.out)
		}
		if err := os.WriteFile(path, []byte(r.out), 0o644); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("systemd-analyze", "security", "--no-pager", "--offline=true", "--threshold=18", path).CombinedOutput()
		if err != nil || !strings.Contains(string(out), "Overall exposure level") {
			t.Errorf("%v\n%s", err, out)
		}
	}
	r := sekisho(t, l.Outside, root, "serve", "--print-systemd", "--database", "postgres://sekisho:hidden@db.example/x", "--nats-url", "nats://hidden@nats.example:4222")
	if strings.Contains(r.out+r.errs, "hidden") || !strings.Contains(r.out, "EnvironmentFile=/etc/sekisho/serve.env\n") || !strings.Contains(r.errs, "SEKISHO_DATABASE, SEKISHO_NATS_URL") {
		t.Errorf("a password in the unit, or nobody is told where it goes:\n%s\n%s", r.out, r.errs)
	}
	l.Home.StartNginx(t, lab.Nginx{})
	l.Forward(t, "tcp", 80, 80)
	program, err := program()
	if err != nil {
		t.Fatal(err)
	}
	serving(t, l.Outside, root, "--listen", ":8081") // by root: the same answers
	start(t, l.Outside, "setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--no-new-privs", "--inh-caps=-all,+net_raw", "--ambient-caps=-all,+net_raw",
		"--bounding-set=-all,+net_raw", "env", "HOME=/nonexistent", "SEKISHO_LANG=en", program, "serve")
	for _, port := range []string{"8080", "8081"} {
		r := sekisho(t, l.Home, root, "scan", "-4", "-p", "80", "--via", "http://"+l.Outside.V4.String()+":"+port, "-f", "jsonl")
		if !strings.Contains(r.out, `"port":80,"state":"open","reason":"syn-ack","view":"outside"`) {
			t.Errorf("port %s: exit code %d\n%s\n%s", port, r.code, r.out, r.errs)
		}
	}
}
