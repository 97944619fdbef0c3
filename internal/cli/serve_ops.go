package cli

import (
	"bytes"
	"errors"
	"log/slog"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"

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
	optOut    string
	metrics   []string
	peers     []string
	tls       tlsFlags
}

func (f *opsFlags) register(flags *pflag.FlagSet, a *app) {
	flags.StringSliceVar(&f.proxies, "trusted-proxies", nil, a.say.Say("flag.serve-trusted-proxies"))
	flags.StringVar(&f.header, "proxy-header", "X-Forwarded-For", a.say.Say("flag.serve-proxy-header"))
	flags.StringSliceVar(&f.hostnames, "hostname", nil, a.say.Say("flag.serve-hostname"))
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
		list = append(list, strings.ToLower(strings.Trim(name, ". ")))
	}
	return list
}

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

// mostOptOut is the most bytes that an opt-out list may have.
const mostOptOut = 8 << 20

// optOuts is the list of networks that are not looked at, in a file that others
// change while the service runs.
type optOuts struct {
	path string
	log  *slog.Logger

	mu   sync.Mutex
	text []byte
	list []netip.Prefix
	err  error
}

// read is the list as it stands now. A file that cannot be read, or that is no
// list, leaves nobody who may be looked at.
func (o *optOuts) read() ([]netip.Prefix, error) {
	if o.path == "" {
		return nil, nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	var text []byte
	info, err := os.Stat(o.path)
	switch {
	case err == nil && !info.Mode().IsRegular(): // a pipe would not let go of who reads it
		err = errors.New("it is no file")
	case err == nil:
		text, err = readBounded(o.path, mostOptOut)
	}
	if err == nil && o.err == nil && o.list != nil && bytes.Equal(text, o.text) {
		return o.list, nil
	}
	var list []netip.Prefix
	if err == nil {
		list, err = reach.ParseList(text)
	}
	switch {
	case err != nil && o.list == nil && o.err == nil: // at the start: serve ends with it
	case err != nil && (o.err == nil || o.err.Error() != err.Error()):
		o.log.Error("opt-out list: nobody is looked at", "path", o.path, "error", reason(err))
	case err == nil:
		o.log.Info("opt-out list", "path", o.path, "networks", len(list))
	}
	o.text, o.list, o.err = text, list, err
	return list, err
}
