package gather

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/miekg/dns"

	"sekisho/internal/exposure"
	"sekisho/internal/hostnet"
	"sekisho/internal/netio"
)

// Bounds of the way to the servers of a zone.
const (
	maxServers = 4  // of a zone that are asked
	maxLabels  = 10 // that are taken off a name to find its zone
	maxZones   = 4  // that aliases may lead through
)

// records are the kinds of addresses that a name has, each asked for by itself.
var records = []uint16{dns.TypeA, dns.TypeAAAA}

// witnesses asks everybody who says what addresses a name has: the hosts file,
// each resolver that this machine is set to, and the servers of the zone, which
// those resolvers name. The root is never asked, nor anybody that they do not
// lead to.
func witnesses(ctx context.Context, name string) []exposure.NameAnswer {
	list := ofHostsFile(name)
	full := dns.CanonicalName(name)
	if _, ok := dns.IsDomainName(full); !ok || !strings.Contains(strings.TrimSuffix(full, "."), ".") {
		return list // resolvers complete it in ways of their own
	}
	resolvers, err := netio.Resolvers()
	if err != nil || len(resolvers) == 0 {
		return list
	}
	said := byResolvers(ctx, resolvers, full)
	for _, r := range said {
		for i, a := range r.answers {
			list = append(list, a.told(exposure.NameResolver, r.server.String(), records[i]))
		}
	}
	for _, r := range said {
		if slices.ContainsFunc(r.answers, func(a answer) bool { return a.told("", "", 0).Known() }) {
			return append(list, byAuthority(ctx, r.server, full)...)
		}
	}
	return list
}

// Resolvers asks the resolvers that this machine is set to what addresses a name
// has: of each record the first answer of one that knows, or else of the first.
func Resolvers(ctx context.Context, name string) []exposure.NameAnswer {
	ctx, cancel := context.WithTimeout(ctx, nameTimeout)
	defer cancel()
	full := dns.CanonicalName(name)
	resolvers, err := netio.Resolvers()
	if _, ok := dns.IsDomainName(full); !ok || err != nil || len(resolvers) == 0 {
		return nil
	}
	list := make([]exposure.NameAnswer, len(records))
	for _, r := range byResolvers(ctx, resolvers, full) {
		for i, a := range r.answers {
			if told := a.told(exposure.NameResolver, "", records[i]); list[i].Record == "" || told.Known() && !list[i].Known() {
				list[i] = told
			}
		}
	}
	return list
}

func ofHostsFile(name string) []exposure.NameAnswer {
	var list []exposure.NameAnswer
	addresses := hostnet.HostsFile(name)
	for _, kind := range records {
		of := slices.DeleteFunc(slices.Clone(addresses), func(a netip.Addr) bool { return a.Is4() != (kind == dns.TypeA) })
		if len(of) > 0 {
			list = append(list, exposure.NameAnswer{Source: exposure.NameHosts, Record: dns.TypeToString[kind], Outcome: exposure.NameFound, Addresses: of})
		}
	}
	return list
}

// replies are what one server says of each kind of record.
type replies struct {
	server  netip.AddrPort
	answers []answer
}

// byResolvers asks all of them at once.
func byResolvers(ctx context.Context, resolvers []netip.AddrPort, name string) []replies {
	return everybody(resolvers, func(server netip.AddrPort, kind uint16) answer {
		return ask(ctx, server, question{name, kind, true})
	})
}

// everybody puts a question for each kind of record to each server.
func everybody(servers []netip.AddrPort, put func(netip.AddrPort, uint16) answer) []replies {
	list := make([]replies, len(servers))
	var all sync.WaitGroup
	for i, server := range servers {
		list[i] = replies{server, make([]answer, len(records))}
		for k, kind := range records {
			all.Go(func() { list[i].answers[k] = put(server, kind) })
		}
	}
	all.Wait()
	return list
}

// byAuthority asks the servers of the name's zone, and of those that aliases
// lead to.
func byAuthority(ctx context.Context, resolver netip.AddrPort, name string) []exposure.NameAnswer {
	var list []exposure.NameAnswer
	for _, r := range masters(ctx, resolver, name) {
		for k, a := range r.answers {
			server := r.server
			for zones := 1; zones < maxZones && a.led(); zones++ {
				next := masters(ctx, resolver, a.last)
				if len(next) == 0 {
					break
				}
				server = next[0].server
				a = a.continued(next[0].answers[k])
			}
			if !a.mastered && a.told("", "", 0).Known() {
				a = answer{outcome: exposure.NameLame}
			}
			list = append(list, a.told(exposure.NameAuthority, server.String(), records[k]))
		}
	}
	return list
}

// led reports whether the answer ends at an alias that leads out of the zone.
func (a answer) led() bool {
	return a.mastered && len(a.aliases) > 0 && a.outcome == exposure.NameNoData && a.zone == ""
}

// continued is an answer whose last alias another server was asked for.
func (a answer) continued(next answer) answer {
	if room := max(maxAliases-len(a.aliases), 0); len(next.aliases) > room {
		return answer{outcome: exposure.NameMalformed}
	}
	next.aliases = append(slices.Clone(a.aliases), next.aliases...)
	if a.timed {
		next.within(a.ttl)
	}
	return next
}

// masters asks the servers of the zone that a name lies in.
func masters(ctx context.Context, resolver netip.AddrPort, name string) []replies {
	found := zoneOf(ctx, resolver, name)
	var servers []netip.AddrPort
	for _, server := range found.servers {
		for _, address := range addressesOf(ctx, resolver, server, found.glue[server]) {
			at := netip.AddrPortFrom(address, dnsPort)
			if len(servers) < maxServers && !slices.Contains(servers, at) && askable(address) {
				servers = append(servers, at)
			}
		}
	}
	return everybody(servers, func(server netip.AddrPort, kind uint16) answer {
		return ask(ctx, server, question{name, kind, false})
	})
}

// dnsPort is where DNS servers listen (RFC 1035 section 4.2).
const dnsPort = 53

// askable reports whether an address that a zone gives its server is one of a
// host, and one that there is a route to.
func askable(a netip.Addr) bool {
	return a.IsValid() && !a.IsUnspecified() && !a.IsMulticast() && !a.IsLinkLocalUnicast() && a != netip.AddrFrom4([4]byte{255, 255, 255, 255}) && netio.SourceOf(a).IsValid()
}

// zoneOf finds the servers of the zone that a name lies in: labels are taken off
// until there are some, short of the root.
func zoneOf(ctx context.Context, resolver netip.AddrPort, name string) answer {
	for range maxLabels {
		if dns.CountLabel(name) == 0 {
			break
		}
		a := ask(ctx, resolver, question{name, dns.TypeNS, true})
		switch {
		case len(a.servers) > 0 && len(a.aliases) == 0:
			return a
		case !a.told("", "", 0).Known():
			return answer{}
		}
		_, name, _ = cutLabel(name)
		// What denies the name tells its zone, unless it is that of an alias.
		if dns.CountLabel(a.zone) > 0 && len(a.aliases) == 0 && dns.IsSubDomain(a.zone, name) {
			name = a.zone
		}
	}
	return answer{}
}

// cutLabel takes the first label off a name.
func cutLabel(name string) (label, rest string, ok bool) {
	next, end := dns.NextLabel(name, 0)
	if end {
		return name, ".", false
	}
	return name[:next], name[next:], true
}

// addressesOf are the addresses of a server: one of each kind.
func addressesOf(ctx context.Context, resolver netip.AddrPort, server string, glue []netip.Addr) []netip.Addr {
	if len(glue) == 0 {
		for _, r := range byResolvers(ctx, []netip.AddrPort{resolver}, server) {
			for _, a := range r.answers {
				glue = append(glue, a.addresses...)
			}
		}
	}
	var list []netip.Addr
	for _, v4 := range []bool{true, false} {
		if i := slices.IndexFunc(glue, func(a netip.Addr) bool { return a.Is4() == v4 }); i >= 0 {
			list = append(list, glue[i])
		}
	}
	return list
}
