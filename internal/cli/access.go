package cli

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"syscall"

	"github.com/spf13/pflag"

	"sekisho/internal/diagnose"
	"sekisho/internal/diagnose/gather"
	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/netio"
	"sekisho/internal/reach"
	"sekisho/internal/untrusted"
	"sekisho/internal/wire/dhcp6"
	"sekisho/internal/wire/mape"
)

// accessFlags are the flags of commands that tell what lies between the router
// and the Internet. Without them nothing is asked of anybody.
type accessFlags struct {
	stun, rule string
	ask        bool
	// around is what the vantages of joined reports saw of whatever machine.
	around []exposure.Observation
}

func (f *accessFlags) register(set *pflag.FlagSet, say *lang.Printer) {
	set.StringVar(&f.stun, "stun", "", say.Say("flag.stun"))
	set.StringVar(&f.rule, "map-e-rule", "", say.Say("flag.map-e-rule"))
	set.BoolVar(&f.ask, "ask-dhcpv6", false, say.Say("flag.ask-dhcpv6"))
}

// access is what could be learned of it.
type access struct {
	diagnose.Access
	unseen []string
	around []exposure.Observation
}

// stunPort is the port of STUN (RFC 8489 section 18.6).
const stunPort = 3478

// The addresses stand for the Internet where a route is looked up. Nothing is sent.
var (
	anywhere4 = netip.MustParseAddr("192.0.2.1")
	anywhere6 = netip.MustParseAddr("2001:db8::1")
)

// accessOf learns what lies between the router and the Internet, as far as the
// flags ask for it.
func (a *app) accessOf(ctx context.Context, f accessFlags, m machine) (access, error) {
	found := access{around: f.around}
	if own := netio.SourceOf(anywhere4); own.IsValid() && !reach.Loopback(own) {
		found.Own4 = own
	}
	if f.rule != "" {
		rules, err := a.mapRules(f.rule)
		if err != nil {
			return found, err
		}
		found.From = untrusted.New(f.rule, maxReason).Terminal()
		if !found.ruled(rules, m.addresses) {
			found.unseen = append(found.unseen, a.say.Say("beyond.map-rule-other", "Path", found.From))
		}
	}
	if f.ask {
		a.askSoftwires(ctx, &found, m)
	}
	if f.stun != "" {
		if err := a.askSTUN(ctx, &found, f.stun); err != nil {
			return found, err
		}
	}
	return found, nil
}

// ruled takes the rule that fits this household: by the prefix that it names, or
// else by an address of this machine. It reports whether one does.
func (found *access) ruled(rules []mapRule, own []netip.Addr) bool {
	for _, r := range rules {
		prefixes := []netip.Prefix{r.own}
		if !r.own.IsValid() {
			prefixes = nil
			for _, address := range own {
				if address.Is6() && !address.IsLinkLocalUnicast() && !reach.Loopback(address) {
					prefixes = append(prefixes, netip.PrefixFrom(address, 128))
				}
			}
		}
		for _, p := range prefixes {
			if m, err := r.Derive(p); err == nil {
				found.Map, found.Ruleless = &m, false
				return true
			}
		}
	}
	found.Ruleless = true
	return false
}

// askSoftwires asks the DHCPv6 servers on the link of the default route.
func (a *app) askSoftwires(ctx context.Context, found *access, m machine) {
	device := m.wayOut()
	if device == "" {
		found.unseen = append(found.unseen, a.say.Say("beyond.dhcpv6-route"))
		return
	}
	told, err := gather.Softwires(ctx, device)
	switch {
	case errors.Is(err, fs.ErrPermission):
		found.unseen = append(found.unseen, a.say.Say("beyond.dhcpv6-permission"))
		return
	case errors.Is(err, syscall.EADDRINUSE):
		found.unseen = append(found.unseen, a.say.Say("beyond.dhcpv6-taken"))
		return
	case errors.Is(err, gather.ErrNoServer):
		found.unseen = append(found.unseen, a.say.Say("beyond.dhcpv6-silent", "Interface", device))
		return
	case err != nil:
		found.unseen = append(found.unseen, a.say.Say("beyond.dhcpv6", "Interface", device, "Error", oneLine(untrusted.New(err.Error(), maxReason).Terminal())))
	}
	found.AFTR = untrusted.New(told.AFTR, maxReason).Terminal()
	var rules []mapRule
	offered := false
	for _, c := range []*dhcp6.Container{told.MAPE, told.MAPT, told.Lightweight} {
		if c == nil {
			continue
		}
		offered = true
		for _, r := range c.Rules {
			rules = append(rules, ownRules(r, told.Delegated)...)
		}
		if c.Address.IsValid() {
			rules = append(rules, mapRule{Rule: c.Ports})
		}
	}
	if offered && found.Map == nil {
		found.From = "DHCPv6"
		found.ruled(rules, m.addresses)
	}
}

// ownRules are a rule with each prefix that was delegated, and by itself.
func ownRules(r mape.Rule, delegated []netip.Prefix) []mapRule {
	var list []mapRule
	for _, p := range delegated {
		list = append(list, mapRule{Rule: r, own: p})
	}
	return append(list, mapRule{Rule: r})
}

// wayOut is the interface by which packets leave for the Internet, over IPv6
// where there is a way, empty when there is none.
func (m machine) wayOut() string {
	for _, to := range []netip.Addr{anywhere6, anywhere4} {
		own := netio.SourceOf(to)
		if !own.IsValid() || reach.Loopback(own) {
			continue
		}
		for _, i := range m.interfaces {
			if slices.ContainsFunc(i.Prefixes, func(p netip.Prefix) bool { return p.Addr() == own.WithZone("") }) {
				return i.Name
			}
		}
	}
	return ""
}

// askSTUN asks a server where it sees this machine come from, over each family
// that it has an address of.
func (a *app) askSTUN(ctx context.Context, found *access, server string) error {
	addresses, port, err := a.stunServers(ctx, server)
	if err != nil {
		return err
	}
	for _, is4 := range []bool{true, false} {
		i := slices.IndexFunc(addresses, func(x netip.Addr) bool { return x.Is4() == is4 })
		if i < 0 {
			continue
		}
		at := netip.AddrPortFrom(addresses[i], port)
		seen, err := gather.Mapped(ctx, at)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			found.unseen = append(found.unseen, a.say.Say("beyond.stun", "Server", at, "Error", oneLine(err.Error())))
		default:
			found.Public = append(found.Public, diagnose.Public{Address: seen.Address, By: "STUN " + at.String()})
			found.Whole = found.Whole || is4 && seen.Whole()
		}
	}
	return nil
}

// stunServers are the addresses of HOST[:PORT].
func (a *app) stunServers(ctx context.Context, server string) ([]netip.Addr, uint16, error) {
	if at, err := netip.ParseAddrPort(server); err == nil && at.Port() != 0 {
		return []netip.Addr{at.Addr().Unmap()}, at.Port(), nil
	}
	host, port := server, uint64(stunPort)
	if name, number, err := net.SplitHostPort(server); err == nil {
		if port, err = strconv.ParseUint(number, 10, 16); err != nil || port == 0 {
			return nil, 0, a.fail(exitUsage, "cli.stun-wrong", "Server", quoted(server))
		}
		host = name
	}
	if address, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{address.Unmap()}, uint16(port), nil
	}
	addresses, err := a.lookup(ctx, host)
	return addresses, uint16(port), err
}

// tell adds to a case what is known of the way beyond the router, and leaves out
// what vantages saw of other machines than this.
func (found *access) tell(c *diagnose.Case, merged []exposure.Report, taken []exposure.Listener) {
	c.Access = found.Access
	ours := found.ours(c.Addresses, c.Router)
	c.Around = slices.Clone(found.around)
	for _, o := range found.around {
		if o.Transport == c.Transport && o.Port == c.Port && slices.Contains(ours, o.Address) && !slices.Contains(c.Observations, o) {
			c.Observations = append(c.Observations, o)
		}
	}
	for _, r := range merged {
		for _, h := range r.Hosts {
			for _, p := range h.Ports {
				c.Around = append(c.Around, p.Observations...)
			}
		}
	}
	known := map[bool]bool{}
	for _, o := range c.Around {
		known[o.Address.Is4()] = known[o.Address.Is4()] || o.View == exposure.ViewOutside && slices.Contains(ours, o.Address)
	}
	c.Observations = slices.DeleteFunc(c.Observations, func(o exposure.Observation) bool {
		return o.View == exposure.ViewOutside && known[o.Address.Is4()] && !slices.Contains(ours, o.Address)
	})
	c.Services = slices.DeleteFunc(slices.Clone(c.Services), func(s exposure.Service) bool {
		return s.View == exposure.ViewOutside && known[s.Address.Is4()] && !slices.Contains(ours, s.Address)
	})
	for _, l := range taken {
		c.Taken = append(c.Taken, l.Port)
	}
}

// ours are the addresses at which others find this household.
func (found *access) ours(own []netip.Addr, before *exposure.Router) []netip.Addr {
	list := slices.Clone(own)
	for _, p := range found.Public {
		list = append(list, p.Address)
	}
	if before != nil {
		list = append(append(list, before.WAN), before.Own...)
	}
	if found.Map != nil {
		list = append(list, found.Map.IPv4.Addr())
	}
	return list
}

// zones adds the Internet to those that the way is told for, where somebody
// looked at an address of this household among others, and over IPv4 where a rule
// of MAP-E tells of it though nobody looked.
func (found *access) zones(h exposure.Host, key portKey, list []exposure.Zone) []exposure.Zone {
	if !slices.Contains(list, exposure.ZoneLAN) {
		return list
	}
	var more []exposure.Zone
	ours := found.ours(h.Addresses, h.Router)
	for _, o := range found.around {
		if o.Transport != key.transport || o.Port != key.port || o.View != exposure.ViewOutside || !slices.Contains(ours, o.Address) {
			continue
		}
		zone := exposure.ZoneInternetV6
		if o.Address.Is4() {
			zone = exposure.ZoneInternetV4
		}
		if !slices.Contains(more, zone) {
			more = append(more, zone)
		}
	}
	if found.Map != nil && !slices.Contains(more, exposure.ZoneInternetV4) {
		more = append(more, exposure.ZoneInternetV4)
	}
	if len(more) == 0 {
		return list
	}
	slices.Sort(more)
	return more
}

// lookedAround is all that a vantage outside saw, of this machine and of others.
func (m machine) lookedAround(r exposure.Report, id string) []exposure.Observation {
	for _, v := range r.Vantages {
		if v.Address.IsValid() && (m.onLink(v.Address) || m.isOwn(v.Address)) {
			return nil
		}
	}
	var list []exposure.Observation
	for _, h := range r.Hosts {
		for _, p := range h.Ports {
			for _, o := range p.Observations {
				if o.View.Own() || o.View == exposure.ViewLAN && m.isOwn(o.Address) {
					continue
				}
				o.View, o.Vantage = exposure.ViewOutside, id
				list = append(list, o)
			}
		}
	}
	return list
}
