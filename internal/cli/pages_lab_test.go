//go:build linux && lab

package cli_test

import (
	"context"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sekisho/internal/lab"
)

// TestBrowser has Chromium visit the service from behind the NAT router: the grid
// fills to its end, the pages keep their policy, and axe finds nothing. With
// BROWSER_SHOTS=DIR it writes screenshots there.
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
	// An FTP server with more than one fault, and a mail server with none but its certificate.
	l.Home.Run(t, "useradd", "--create-home", "kaisha")
	l.Home.Run(t, "sh", "-c", "echo kaisha:Kirin7-wa-tabi | chpasswd && echo small > ~kaisha/small.txt && chown -R kaisha ~kaisha")
	l.Home.StartVsftpd(t, lab.Vsftpd{Addr: l.Home.V4, Config: "write_enable=YES\npasv_min_port=50000\npasv_max_port=50003"})
	l.Home.StartPostfix(t, lab.Postfix{})
	for _, p := range []uint16{21, 25, 50000, 50001, 50002, 50003} {
		l.Forward(t, "tcp", p, p)
	}
	l.Outside.StartBind(t, lab.Bind{
		Zones: `zone "ddns.example" { type primary; file "/etc/bind/ddns"; };`,
		Files: map[string]string{"/etc/bind/ddns": "$TTL 60\n@ SOA ns me 1 3600 600 86400 120\n NS ns\nns A " + l.Outside.V4.String() +
			"\nold A 26.10.0.99\n AAAA 2608:26:20:7::99\ntwo CNAME both\nboth A 26.10.0.99\n A " + l.Router.V4.String() + "\n"},
	})
	l.Outside.WriteFile(t, "/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
	l.Router.Run(t, "nft", "add table inet keep; add chain inet keep in { type filter hook forward priority -10; }; add rule inet keep in tcp dport 1935 drop")
	certificates := t.TempDir()
	pair(t, filepath.Join(certificates, "cert"), filepath.Join(certificates, "key"), "vantage.example")
	serving(t, l.Outside, root, "--listen", ":8443", "--echo-ports", "445,993,3389", "--tls-cert", filepath.Join(certificates, "cert"), "--tls-key", filepath.Join(certificates, "key"), "--database", filepath.Join(certificates, "store"))
	serving(t, l.Outside, root, "--listen", ":8080", "--name6", "v6.vantage.example", "--echo-ports", "25,80,443,500,853,1194,1935,3074,3478,4500,5222,8081,27015,51820")
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	home, shots := t.TempDir(), os.Getenv("BROWSER_SHOTS") // the host's files are its own, and end with it
	cmd := l.LAN.Command(ctx, "env", "HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_CACHE_HOME="+home,
		"node", script, modules, "http://"+l.Outside.V4.String()+":8080", "https://"+l.Outside.V4.String()+":8443", l.Outside.V6.String(), l.LAN.V6.String(), shots)
	out, err := cmd.CombinedOutput()
	for line := range strings.Lines(string(out)) {
		words := strings.SplitN(strings.TrimSpace(line), " ", 3)
		switch {
		case words[0] == "!":
			t.Error(strings.TrimSpace(line[2:]))
		case words[0] == "shot" && len(words) == 3:
			picture, err := base64.StdEncoding.DecodeString(words[2])
			if err == nil {
				err = os.WriteFile(filepath.Join(shots, filepath.Base(words[1])+".png"), picture, 0o600)
			}
			if err != nil {
				t.Error(err)
			}
		default:
			t.Log(strings.TrimSpace(line))
		}
	}
	if err != nil {
		t.Errorf("%v", err)
	}
}
