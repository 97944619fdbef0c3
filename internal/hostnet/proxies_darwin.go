package hostnet

import (
	"bytes"
	"context"
	"os/exec"
	"strings"
	"time"

	"sekisho/internal/exposure"
)

// desktopProxies asks scutil for the settings of the network service in use.
func desktopProxies(ctx context.Context, _ func(string) string) []exposure.ProxySetting {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "/usr/sbin/scutil", "--proxy").Output()
	if err != nil {
		return nil
	}
	return scutilProxies(out)
}

// scutilProxies reads the dictionary that scutil --proxy prints: KEY : VALUE,
// and the list of exceptions between braces.
func scutilProxies(b []byte) []exposure.ProxySetting {
	const source = "macos"
	values, hosts, list := map[string]string{}, []string(nil), false
	for line := range bytes.Lines(b) {
		key, value, ok := strings.Cut(strings.TrimSpace(string(line)), " : ")
		switch {
		case ok && key == "ExceptionsList":
			list = true
		case list && ok:
			hosts = append(hosts, value)
		case strings.TrimSpace(string(line)) == "}":
			list = false
		case ok:
			values[key] = value
		}
	}
	var found []exposure.ProxySetting
	for _, k := range []struct{ key, kind, scheme string }{{"HTTPS", "https", "http"}, {"HTTP", "http", "http"}, {"FTP", "ftp", "http"}, {"SOCKS", "socks", "socks5"}} {
		if host := values[k.key+"Proxy"]; values[k.key+"Enable"] == "1" && host != "" {
			if strings.Contains(host, ":") {
				host = "[" + host + "]"
			}
			url := k.scheme + "://" + host
			if port := values[k.key+"Port"]; port != "" {
				url += ":" + port
			}
			found = append(found, exposure.ProxySetting{Source: source, Kind: k.kind, URL: url})
		}
	}
	if values["ProxyAutoConfigEnable"] == "1" {
		found = append(found, exposure.ProxySetting{Source: source, Kind: "pac", URL: withoutPassword(values["ProxyAutoConfigURLString"])})
	}
	if values["ProxyAutoDiscoveryEnable"] == "1" {
		found = append(found, exposure.ProxySetting{Source: source, Kind: "detect"})
	}
	if values["ExcludeSimpleHostnames"] == "1" {
		hosts = append(hosts, "<local>")
	}
	if len(found) > 0 && len(hosts) > 0 {
		found = append(found, exposure.ProxySetting{Source: source, Kind: "exempt", Hosts: hosts})
	}
	return found
}
