package hostnet

import (
	"context"
	"net/netip"
	"net/url"
	"strings"

	"sekisho/internal/exposure"
)

// proxyVariables are where programs look for their proxy, the first first, and
// what goes through it.
var proxyVariables = []struct{ name, kind string }{
	{"HTTPS_PROXY", "https"},
	{"https_proxy", "https"},
	{"HTTP_PROXY", "http"},
	{"http_proxy", "http"},
	{"ALL_PROXY", "all"},
	{"all_proxy", "all"},
	{"FTP_PROXY", "ftp"},
	{"ftp_proxy", "ftp"},
}

// Proxies returns the proxy settings that programs of this user take: those of
// the environment first, since they win where they are read, then those of the
// desktop. A PAC file is named and not run: it is a program of somebody else.
func Proxies(ctx context.Context, getenv func(string) string) []exposure.ProxySetting {
	var found []exposure.ProxySetting
	for _, v := range proxyVariables {
		if value := getenv(v.name); value != "" {
			found = append(found, exposure.ProxySetting{Source: v.name, Kind: v.kind, URL: withoutPassword(value)})
		}
	}
	for _, name := range []string{"NO_PROXY", "no_proxy"} {
		if hosts := hostList(getenv(name)); len(hosts) > 0 {
			found = append(found, exposure.ProxySetting{Source: name, Kind: "exempt", Hosts: hosts})
		}
	}
	return append(found, desktopProxies(ctx, getenv)...)
}

// ProxyOfEnvironment reports whether a setting is one of the environment.
func ProxyOfEnvironment(s exposure.ProxySetting) bool {
	return strings.HasSuffix(strings.ToUpper(s.Source), "_PROXY")
}

// withoutPassword is a URL, or HOST:PORT, without the login in it.
func withoutPassword(text string) string {
	if u, err := url.Parse(text); err == nil && u.Host != "" {
		u.User = nil
		return u.String()
	}
	if i := strings.LastIndexByte(text, '@'); i >= 0 {
		return text[i+1:]
	}
	return text
}

// hostList reads hosts that stand between commas, semicolons or blanks.
func hostList(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || r == ' ' || r == '|' || r == '\t' })
}

// Exempted reports which entry of a list of exempted hosts a host falls under,
// empty for none: a name with all below it, an address, a prefix, * for all, or
// <local> for names without a dot (Windows).
func Exempted(hosts []string, host string) string {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	address, notAddress := netip.ParseAddr(host)
	for _, entry := range hosts {
		word := strings.ToLower(strings.TrimSpace(entry))
		if prefix, err := netip.ParsePrefix(word); err == nil {
			if notAddress == nil && prefix.Contains(address.Unmap()) {
				return entry
			}
			continue
		}
		if a, err := netip.ParseAddr(strings.Trim(word, "[]")); err == nil {
			if notAddress == nil && a.Unmap() == address.Unmap() {
				return entry
			}
			continue
		}
		if name, _, hasPort := strings.Cut(word, ":"); hasPort {
			word = name
		}
		switch domain := strings.TrimPrefix(strings.TrimPrefix(word, "*"), "."); {
		case word == "*":
			return entry
		case word == "<local>":
			if notAddress != nil && !strings.Contains(host, ".") {
				return entry
			}
		case domain != "" && notAddress != nil && (host == domain || strings.HasSuffix(host, "."+domain)):
			return entry
		}
	}
	return ""
}
