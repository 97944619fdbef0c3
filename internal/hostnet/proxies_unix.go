//go:build !windows && !darwin

package hostnet

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"sekisho/internal/exposure"
)

// Bounds of what a desktop is asked for.
const (
	desktopTime     = 3 * time.Second
	maxDesktopBytes = 64 << 10
)

// desktopProxies are the settings of GNOME, and of the desktops that share
// them, and of KDE.
func desktopProxies(ctx context.Context, getenv func(string) string) []exposure.ProxySetting {
	var found []exposure.ProxySetting
	if b := asked(ctx, "gsettings", "list-recursively", "org.gnome.system.proxy"); len(b) > 0 {
		found = gnomeProxies(gsettings(b))
	} else if b := asked(ctx, "dconf", "dump", "/system/proxy/"); len(b) > 0 {
		found = gnomeProxies(dconf(b))
	}
	folder := getenv("XDG_CONFIG_HOME")
	if folder == "" && getenv("HOME") != "" {
		folder = filepath.Join(getenv("HOME"), ".config")
	}
	if folder == "" {
		return found
	}
	f, err := os.Open(filepath.Join(folder, "kioslaverc"))
	if err != nil {
		return found
	}
	defer f.Close()
	return append(found, kdeProxies(io.LimitReader(f, maxDesktopBytes))...)
}

// asked is what a program of the desktop answers; nothing where it is missing
// or fails, since most machines have no desktop.
func asked(ctx context.Context, name string, args ...string) []byte {
	ctx, cancel := context.WithTimeout(ctx, desktopTime)
	defer cancel()
	command := exec.CommandContext(ctx, name, args...)
	command.WaitDelay = desktopTime
	out, err := command.StdoutPipe()
	if err != nil || command.Start() != nil {
		return nil
	}
	b, _ := io.ReadAll(io.LimitReader(out, maxDesktopBytes)) // what came is what there is
	if command.Wait() != nil {
		return nil
	}
	return b
}

// gsettings reads the lines SCHEMA KEY VALUE into values by group and key.
func gsettings(b []byte) map[string]string {
	values := map[string]string{}
	for line := range bytes.Lines(b) {
		schema, rest, _ := strings.Cut(strings.TrimSpace(string(line)), " ")
		key, value, ok := strings.Cut(rest, " ")
		group, proxy := strings.CutPrefix(schema, "org.gnome.system.proxy")
		if ok && proxy {
			values[strings.TrimPrefix(group+"."+key, ".")] = value
		}
	}
	return values
}

// dconf reads groups in brackets and the lines KEY=VALUE below them.
func dconf(b []byte) map[string]string {
	values, group := map[string]string{}, ""
	for line := range bytes.Lines(b) {
		text := strings.TrimSpace(string(line))
		if name, ok := strings.CutPrefix(text, "["); ok {
			group = strings.Trim(name, "]/")
			continue
		}
		if key, value, ok := strings.Cut(text, "="); ok {
			values[strings.TrimPrefix(group+"."+key, ".")] = value
		}
	}
	return values
}

// gnomeProxies turns the keys of org.gnome.system.proxy into settings.
func gnomeProxies(values map[string]string) []exposure.ProxySetting {
	const source = "gnome"
	word := func(key string) string { return strings.Trim(values[key], "'\" ") }
	switch word("mode") {
	case "auto":
		if url := word("autoconfig-url"); url != "" {
			return []exposure.ProxySetting{{Source: source, Kind: "pac", URL: withoutPassword(url)}}
		}
		return []exposure.ProxySetting{{Source: source, Kind: "detect"}}
	case "manual":
	default:
		return nil
	}
	var found []exposure.ProxySetting
	for _, k := range []struct{ group, kind, scheme string }{{"https", "https", "http"}, {"http", "http", "http"}, {"ftp", "ftp", "http"}, {"socks", "socks", "socks5"}} {
		if host, port := word(k.group+".host"), word(k.group+".port"); host != "" && port != "" && port != "0" {
			found = append(found, exposure.ProxySetting{Source: source, Kind: k.kind, URL: proxyURL(k.scheme, host, port)})
		}
	}
	hosts := hostList(strings.NewReplacer("[", " ", "]", " ", "'", "", `"`, "", "@as", "").Replace(values["ignore-hosts"]))
	if len(found) > 0 && len(hosts) > 0 {
		found = append(found, exposure.ProxySetting{Source: source, Kind: "exempt", Hosts: hosts})
	}
	return found
}

// proxyURL joins a host, which may be an address of IPv6 or a URL already, and
// a port.
func proxyURL(scheme, host, port string) string {
	if before, rest, ok := strings.Cut(host, "://"); ok {
		scheme, host = before, strings.TrimRight(rest, "/")
	}
	if a, err := netip.ParseAddr(host); err == nil && a.Is6() {
		host = "[" + host + "]"
	}
	if port == "" {
		return scheme + "://" + host
	}
	return scheme + "://" + host + ":" + port
}

// kdeProxies reads kioslaverc: the group Proxy Settings, where ProxyType is 0
// for none, 1 for those below, 2 for a PAC file, 3 for detection and 4 for the
// environment.
func kdeProxies(r io.Reader) []exposure.ProxySetting {
	const source = "kde"
	values, inside := map[string]string{}, false
	for lines := bufio.NewScanner(r); lines.Scan(); {
		text := strings.TrimSpace(lines.Text())
		if strings.HasPrefix(text, "[") {
			inside = text == "[Proxy Settings]"
			continue
		}
		if key, value, ok := strings.Cut(text, "="); ok && inside {
			key, _, _ = strings.Cut(key, "[") // flags such as [$e] and languages
			values[strings.TrimSpace(key)] = strings.TrimSpace(value)
		}
	}
	switch values["ProxyType"] {
	case "2":
		return []exposure.ProxySetting{{Source: source, Kind: "pac", URL: withoutPassword(values["Proxy Config Script"])}}
	case "3":
		return []exposure.ProxySetting{{Source: source, Kind: "detect"}}
	case "1":
	default:
		return nil
	}
	var found []exposure.ProxySetting
	for _, k := range []struct{ key, kind, scheme string }{{"httpsProxy", "https", "http"}, {"httpProxy", "http", "http"}, {"ftpProxy", "ftp", "http"}, {"socksProxy", "socks", "socks5"}} {
		host, port, _ := strings.Cut(values[k.key], " ") // "http://proxy.example 8080", or a whole URL
		if host == "" {
			continue
		}
		url := withoutPassword(proxyURL(k.scheme, host, strings.TrimSpace(port)))
		if rest, socks := strings.CutPrefix(url, "socks://"); socks {
			url = "socks5://" + rest
		}
		found = append(found, exposure.ProxySetting{Source: source, Kind: k.kind, URL: url})
	}
	if hosts := hostList(values["NoProxyFor"]); len(found) > 0 && len(hosts) > 0 {
		found = append(found, exposure.ProxySetting{Source: source, Kind: "exempt", Hosts: hosts})
	}
	return found
}
