//go:build linux && lab

package cli_test

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// documented is a block of code of docs/hosting.md in a language.
func documented(t *testing.T, language string) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/hosting.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, ok := strings.Cut(string(text), "```"+language+"\n")
	if !ok {
		t.Fatalf("docs/hosting.md has no block of %s", language)
	}
	block, _, _ = strings.Cut(block, "```")
	return block
}

// TestBehindReverseProxies holds what docs/hosting.md tells people to write into
// nginx and Caddy: the caller is known by the own address whatever it writes, and
// is the one that is looked at.
func TestBehindReverseProxies(t *testing.T) {
	l := lab.New(t)
	l.Home.StartNginx(t, lab.Nginx{})
	l.Forward(t, "tcp", 80, 80)
	l.Outside.StartNginx(t, lab.Nginx{Config: documented(t, "nginx")})
	caddy := strings.Replace(documented(t, "caddy"), "scan.example {", ":81 {", 1)
	l.Outside.StartCaddyWith(t, 81, "{\n\tadmin off\n\tauto_https off\n}\n"+caddy)
	// A third one tells nobody who asks.
	l.Outside.StartCaddyWith(t, 82, "{\n\tadmin off\n\tauto_https off\n}\n:82 {\n\treverse_proxy 127.0.0.1:8080 {\n\t\theader_up -X-Forwarded-For\n\t}\n}\n")
	serving(t, l.Outside, root, "--listen", "127.0.0.1:8080", "--trusted-proxies", "127.0.0.1,::1", "--hostname", "scan.example")
	c := from(l.Home)
	for _, port := range []string{"80", "81"} {
		base := "http://" + l.Outside.V4.String() + ":" + port
		for _, header := range []string{"", "X-Forwarded-For", "Forwarded", "X-Real-IP"} {
			r, err := http.NewRequestWithContext(t.Context(), "GET", base+"/api/v1/whoami", nil)
			if err != nil {
				t.Fatal(err)
			}
			if header != "" {
				r.Header.Set(header, "8.8.8.8")
			}
			who := whoIs(t, c, r)
			if who.Address != l.Router.V4 || who.Refused != "" || who.Hint != "" {
				t.Errorf("port %s with %q: %+v", port, header, who)
			}
		}
		if r := askAPI(t, c, "GET", base+"/metrics", "", nil); r.StatusCode != 404 {
			t.Errorf("port %s: the metrics are for everybody: %s", port, r.Status)
		}
		r := sekisho(t, l.Home, root, "scan", "-4", "-p", "80", "--via", base, "-f", "jsonl")
		if !strings.Contains(r.out, `"address":"`+l.Router.V4.String()+`","transport":"tcp","port":80,"state":"open"`) {
			t.Errorf("port %s: exit code %d\n%s\n%s", port, r.code, r.out, r.errs)
		}
	}
	var who exposure.Whoami
	askAPI(t, c, "GET", "http://"+l.Outside.V4.String()+":82/api/v1/whoami", "", &who)
	if who.Refused != string(exposure.JobProxied) {
		t.Errorf("a proxy that tells nobody: %+v", who)
	}
}
