package cli

import (
	"context"
	"net/netip"
	"net/url"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sekisho/internal/exposure"
	"sekisho/internal/hostnet"
)

// connectProxy tries the proxies that the programs of this machine use: the one
// of the flag, else those of the environment, else those of the desktop.
func (a *app) connectProxy() *cobra.Command {
	var server, beyond string
	cmd := a.connectSub("proxy", a.say.Say("help.connect-proxy"), func(ctx context.Context, args []string) (exposure.ConnectDocument, error) {
		var d exposure.ConnectDocument
		if err := a.noArguments(nil, args); err != nil {
			return d, err
		}
		if server != "" {
			s, err := a.proxyServer(server)
			s.Source = "--server"
			d.Servers = []exposure.ConnectedServer{s}
			return d, err
		}
		if runtime.GOOS != "linux" {
			a.detail("connect.untested", "System", runtime.GOOS)
		}
		d.Proxies = hostnet.Proxies(ctx, a.getenv)
		used := usedProxies(d.Proxies)
		if beyond != "" {
			var past bool
			if used, past = proxiesFor(used, beyond); past {
				d.Past = beyond
				return d, nil
			}
		}
		for _, p := range used {
			if p.URL == "" || !slices.Contains([]string{"http", "https", "ftp", "socks", "all"}, p.Kind) {
				continue
			}
			s, err := a.proxyServer(p.URL)
			if err != nil {
				return d, err
			}
			s.Source = p.Source
			at := slices.IndexFunc(d.Servers, func(o exposure.ConnectedServer) bool {
				return o.Host == s.Host && o.Port == s.Port && o.Expected == s.Expected
			})
			if at < 0 {
				d.Servers = append(d.Servers, s)
			} else if !strings.Contains(d.Servers[at].Source, p.Source) {
				d.Servers[at].Source += ", " + p.Source
			}
		}
		return d, a.withoutProxy(d, used)
	})
	cmd.Flags().StringVar(&server, "server", "", a.say.Say("flag.connect-server"))
	cmd.Flags().StringVar(&beyond, "for", "", a.say.Say("flag.connect-for"))
	return cmd
}

// withoutProxy says why there is no proxy to try: none is set, or only what
// finds one.
func (a *app) withoutProxy(d exposure.ConnectDocument, used []exposure.ProxySetting) error {
	if len(d.Servers) > 0 {
		return nil
	}
	for _, p := range used {
		switch p.Kind {
		case "pac":
			return a.fail(exitUsage, "connect.proxy-pac", "Source", p.Source, "URL", quoted(p.URL))
		case "detect":
			return a.fail(exitUsage, "connect.proxy-detect", "Source", p.Source)
		}
	}
	return a.fail(exitUsage, "connect.no-proxy")
}

// usedProxies are the settings that count: those of the environment where it
// has a proxy, else those of the desktop.
func usedProxies(list []exposure.ProxySetting) []exposure.ProxySetting {
	environment := slices.ContainsFunc(list, func(p exposure.ProxySetting) bool {
		return hostnet.ProxyOfEnvironment(p) && p.Kind != "exempt"
	})
	var used []exposure.ProxySetting
	for _, p := range list {
		if hostnet.ProxyOfEnvironment(p) == environment {
			used = append(used, p)
		}
	}
	return used
}

// proxiesFor are the settings that count for a host or URL; past holds when it
// goes past them.
func proxiesFor(list []exposure.ProxySetting, beyond string) (used []exposure.ProxySetting, past bool) {
	kinds := []string{"http", "https", "ftp", "socks", "all", "pac", "detect"}
	host := beyond
	if u, err := url.Parse(beyond); err == nil && u.Host != "" {
		host, kinds = u.Hostname(), []string{u.Scheme, "socks", "all", "pac", "detect"}
	} else if at, err := netip.ParseAddrPort(beyond); err == nil {
		host = at.Addr().String()
	} else if name, _, found := strings.Cut(beyond, ":"); found && strings.Count(beyond, ":") == 1 {
		host = name
	}
	for _, p := range list {
		if p.Kind == "exempt" && hostnet.Exempted(p.Hosts, strings.Trim(host, "[]")) != "" {
			return nil, true
		}
		if slices.Contains(kinds, p.Kind) {
			used = append(used, p)
		}
	}
	return used, false
}

// proxyServer reads a proxy as it is set: HOST:PORT or a URL.
func (a *app) proxyServer(word string) (exposure.ConnectedServer, error) {
	u, err := url.Parse(word)
	if err != nil || u.Host == "" {
		if _, after, login := strings.Cut(word, "@"); login {
			word = after
		}
		u = &url.URL{Host: word}
	}
	usual, expected := uint16(8080), "http-proxy"
	switch u.Scheme {
	case "http":
		usual = 80
	case "https":
		usual = 443
	case "socks", "socks4", "socks4a", "socks5", "socks5h":
		usual, expected = 1080, "socks"
	}
	return a.server(exposure.RoleProxy, u.Host, usual, expected)
}
