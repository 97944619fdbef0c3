//go:build !windows && !darwin

package hostnet

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sekisho/internal/exposure"
)

// What gsettings list-recursively org.gnome.system.proxy and dconf dump print.
const (
	gsettingsManual = `org.gnome.system.proxy autoconfig-url ''
org.gnome.system.proxy ignore-hosts ['localhost', '127.0.0.0/8', '::1']
org.gnome.system.proxy mode 'manual'
org.gnome.system.proxy use-same-proxy true
org.gnome.system.proxy.ftp host ''
org.gnome.system.proxy.ftp port 0
org.gnome.system.proxy.http authentication-password ''
org.gnome.system.proxy.http enabled false
org.gnome.system.proxy.http host 'proxy.example'
org.gnome.system.proxy.http port 8080
org.gnome.system.proxy.https host '2001:db8::1'
org.gnome.system.proxy.https port 3128
org.gnome.system.proxy.socks host '192.0.2.1'
org.gnome.system.proxy.socks port 1080
`
	dconfAuto = `[/]
autoconfig-url='http://wpad.example/proxy.pac'
mode='auto'

[http]
host='proxy.example'
port=8080
`
	kdeManual = `[$Version]
update_info=x

[Proxy Settings]
NoProxyFor=localhost,.lan
Proxy Config Script=
ProxyType=1
ftpProxy=
httpProxy[$e]=http://proxy.example 8080
httpsProxy=http://me:secret@192.0.2.9:3128
socksProxy=socks://192.0.2.1 1080

[Other]
ProxyType=2
`
)

func TestDesktops(t *testing.T) {
	gnome := []exposure.ProxySetting{
		{Source: "gnome", Kind: "https", URL: "http://[2001:db8::1]:3128"},
		{Source: "gnome", Kind: "http", URL: "http://proxy.example:8080"},
		{Source: "gnome", Kind: "socks", URL: "socks5://192.0.2.1:1080"},
		{Source: "gnome", Kind: "exempt", Hosts: []string{"localhost", "127.0.0.0/8", "::1"}},
	}
	if d := cmp.Diff(gnome, gnomeProxies(gsettings([]byte(gsettingsManual)))); d != "" {
		t.Error(d)
	}
	pac := []exposure.ProxySetting{{Source: "gnome", Kind: "pac", URL: "http://wpad.example/proxy.pac"}}
	if d := cmp.Diff(pac, gnomeProxies(dconf([]byte(dconfAuto)))); d != "" {
		t.Error(d)
	}
	for text, want := range map[string][]exposure.ProxySetting{
		"org.gnome.system.proxy mode 'none'\n": nil, "org.gnome.system.proxy mode 'auto'\norg.gnome.system.proxy autoconfig-url ''\n": {{Source: "gnome", Kind: "detect"}}, "No such schema": nil,
	} {
		if d := cmp.Diff(want, gnomeProxies(gsettings([]byte(text)))); d != "" {
			t.Errorf("%q: %s", text, d)
		}
	}
	kde := []exposure.ProxySetting{
		{Source: "kde", Kind: "https", URL: "http://192.0.2.9:3128"},
		{Source: "kde", Kind: "http", URL: "http://proxy.example:8080"},
		{Source: "kde", Kind: "socks", URL: "socks5://192.0.2.1:1080"},
		{Source: "kde", Kind: "exempt", Hosts: []string{"localhost", ".lan"}},
	}
	if d := cmp.Diff(kde, kdeProxies(strings.NewReader(kdeManual))); d != "" {
		t.Error(d)
	}
	for text, want := range map[string][]exposure.ProxySetting{
		"[Proxy Settings]\nProxyType=2\nProxy Config Script=file:///p.pac\n": {{Source: "kde", Kind: "pac", URL: "file:///p.pac"}},
		"[Proxy Settings]\nProxyType=3\n":                                    {{Source: "kde", Kind: "detect"}},
		"[Proxy Settings]\nProxyType=0\nhttpProxy=http://x 1\n":              nil,
	} {
		if d := cmp.Diff(want, kdeProxies(strings.NewReader(text))); d != "" {
			t.Errorf("%q: %s", text, d)
		}
	}
}

// TestDesktopIsAsked reads what programs and files of a desktop say.
func TestDesktopIsAsked(t *testing.T) {
	dir := t.TempDir()
	script := "#!/bin/sh\ncat <<'X'\n" + gsettingsManual + "X\n"
	if err := os.WriteFile(filepath.Join(dir, "gsettings"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "kioslaverc"), []byte(kdeManual), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	got := desktopProxies(t.Context(), func(name string) string { return map[string]string{"XDG_CONFIG_HOME": dir}[name] })
	if len(got) != 8 || got[0].Source != "gnome" || got[7].Source != "kde" {
		t.Errorf("%+v", got)
	}
}

func FuzzDesktops(f *testing.F) {
	for _, seed := range []string{gsettingsManual, dconfAuto, kdeManual, "", "[", "a=b"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, list := range [][]exposure.ProxySetting{gnomeProxies(gsettings(b)), gnomeProxies(dconf(b)), kdeProxies(bytes.NewReader(b))} {
			if len(list) > 5 {
				t.Fatalf("%d settings", len(list))
			}
		}
	})
}
