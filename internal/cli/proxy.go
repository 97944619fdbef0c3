package cli

import (
	"context"
	"net/netip"
	"strings"

	"github.com/spf13/pflag"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
	"sekisho/internal/scan"
)

// proxyFlag is --proxy of the commands whose connections can go through one.
type proxyFlag struct{ url string }

func (p *proxyFlag) register(f *pflag.FlagSet, a *app) {
	f.StringVar(&p.url, "proxy", "", a.say.Say("flag.proxy"))
}

// parse reads the flag and finds the proxy; nil without the flag. The URL may
// hold a password, so that no error repeats it.
func (p *proxyFlag) parse(ctx context.Context, a *app) (*netio.Proxy, error) {
	if p.url == "" {
		return nil, nil
	}
	proxy, err := netio.ParseProxy(p.url)
	if err != nil {
		return nil, a.fail(exitUsage, "cli.bad-proxy", "Error", oneLine(err.Error()))
	}
	if !proxy.At.Addr().IsValid() {
		addresses, err := a.lookup(ctx, proxy.Host)
		if err != nil {
			return nil, err
		}
		proxy.At = netip.AddrPortFrom(addresses[0], proxy.At.Port())
	}
	return proxy, nil
}

// reached is this machine as the proxy makes it: none of its addresses is its
// own any more, since the proxy's 127.0.0.1 is another one.
func (m machine) reached(proxy *netio.Proxy) machine {
	if proxy != nil {
		m.proxied, m.proxyNear = true, m.mine(exposure.Target{Address: proxy.At.Addr()})
	}
	return m
}

// targetsThrough is targets for connections through a proxy: names are left for
// the proxy to resolve, and an address that nothing goes to stands for each.
func (a *app) targetsThrough(ctx context.Context, proxy *netio.Proxy, args []string, excluded exclusion, only family) ([]exposure.Target, error) {
	if proxy == nil {
		return a.targets(ctx, args, excluded, only)
	}
	words, err := a.expandStdin(args)
	if err != nil {
		return nil, err
	}
	var (
		list     []exposure.Target
		literals []string
	)
	for _, word := range words {
		_, notPrefix := netip.ParsePrefix(word)
		_, notAddress := parseAddress(word)
		if notPrefix == nil || notAddress == nil {
			literals = append(literals, word)
			continue
		}
		if err := a.nameLike(word); err != nil {
			return nil, err
		}
		list = append(list, exposure.Target{Name: strings.TrimSuffix(word, "."), Address: netio.Behind(len(list) + 1)})
	}
	if len(literals) == 0 && len(list) > 0 {
		return list, nil
	}
	more, err := a.targets(ctx, literals, excluded, only)
	return append(list, more...), err
}

// throughProxy fits a scan to its proxy and refuses what goes through none.
func (a *app) throughProxy(base *scan.Request, jobs []job, chosen bool, echo bool, part partFlags) error {
	if base.Method == scan.SYN || echo || part != (partFlags{}) {
		return a.fail(exitUsage, "cli.proxy-tcp-only")
	}
	for i := range jobs {
		if len(jobs[i].udp) > 0 && chosen {
			return a.fail(exitUsage, "cli.proxy-tcp-only")
		}
		jobs[i].udp = nil // of the ports that nobody named
	}
	base.Method = scan.Connect
	return nil
}
