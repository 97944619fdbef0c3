package cli

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"sekisho/internal/hostnet"
	"sekisho/internal/reach"
	"sekisho/internal/web"
)

// opsFlags are the flags of serve about who stands between it and its callers, and
// whom it leaves alone.
type opsFlags struct {
	proxies   []string
	header    string
	hostnames []string
	name4     string
	name6     string
	optOut    string
	metrics   []string
	peers     []string
	tls       tlsFlags
}

func (f *opsFlags) register(flags *pflag.FlagSet, a *app) {
	flags.StringSliceVar(&f.proxies, "trusted-proxies", nil, a.say.Say("flag.serve-trusted-proxies"))
	flags.StringVar(&f.header, "proxy-header", "X-Forwarded-For", a.say.Say("flag.serve-proxy-header"))
	flags.StringSliceVar(&f.hostnames, "hostname", nil, a.say.Say("flag.serve-hostname"))
	flags.StringVar(&f.name4, "name4", "", a.say.Say("flag.serve-name4"))
	flags.StringVar(&f.name6, "name6", "", a.say.Say("flag.serve-name6"))
	flags.StringSliceVar(&f.metrics, "metrics-allow", []string{"127.0.0.0/8", "::1"}, a.say.Say("flag.serve-metrics-allow"))
	flags.StringSliceVar(&f.peers, "peer", nil, a.say.Say("flag.serve-peer"))
	f.tls.register(flags, a)
	flags.StringVar(&f.optOut, "opt-out", "", a.say.Say("flag.serve-opt-out"))
}

// forwarding is whose word is taken for who a caller is.
func (f *opsFlags) forwarding(a *app) (web.Forwarding, error) {
	i := slices.IndexFunc(web.ForwardingHeaders, func(h string) bool { return strings.EqualFold(h, f.header) })
	if i < 0 {
		return web.Forwarding{}, a.oneOf("proxy-header", f.header, web.ForwardingHeaders)
	}
	w := web.Forwarding{Header: web.ForwardingHeaders[i]}
	var wrong string
	w.Trusted, wrong = prefixes(f.proxies)
	if slices.ContainsFunc(w.Trusted, func(p netip.Prefix) bool { return p.Bits() == 0 }) {
		wrong = strings.Join(f.proxies, ",")
	}
	if wrong != "" {
		return web.Forwarding{}, a.fail(exitUsage, "cli.serve-trusted-proxies", "Value", quoted(wrong))
	}
	return w, nil
}

// readers are the networks that may read the metrics.
func (f *opsFlags) readers(a *app) ([]netip.Prefix, error) {
	list, wrong := prefixes(f.metrics)
	if wrong != "" {
		return nil, a.fail(exitUsage, "cli.serve-metrics-allow", "Value", quoted(wrong))
	}
	return list, nil
}

// prefixes reads networks, up to the first word that is none.
func prefixes(words []string) (list []netip.Prefix, wrong string) {
	for _, word := range words {
		p, err := reach.ParsePrefix(strings.TrimSpace(word))
		if err != nil {
			return nil, word
		}
		list = append(list, p)
	}
	return list, ""
}

// names are those by which the service is reached.
func (f *opsFlags) names() []string {
	var list []string
	for _, name := range append(slices.Clone(f.hostnames), f.tls.domains...) {
		list = append(list, nameAsAsked(name))
	}
	return list
}

// nameAsAsked is a name as it stands in requests.
func nameAsAsked(written string) string { return strings.ToLower(strings.Trim(written, ". ")) }

// privateGateways are the addresses of this machine's ways out that are no public
// ones, such as the bridge of a container.
func privateGateways() []netip.Addr {
	var list []netip.Addr
	for _, g := range hostnet.Gateways() {
		if reach.LAN(g.Via) {
			list = append(list, g.Via)
		}
	}
	return list
}
