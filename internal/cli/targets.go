package cli

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/hostnet"
	"sekisho/internal/netio"
	"sekisho/internal/reach"
)

// maxTargets bounds how many addresses one run takes: a /12, more than any
// network of one owner, and still a few megabytes.
const maxTargets = 1 << 20

// nameTimeout bounds looking up one name.
const nameTimeout = 10 * time.Second

// family is what -4 and -6 leave over.
type family struct{ v4, v6 bool }

// keeps reports whether an address is of a wanted family. Neither flag, or
// both, means both families.
func (f family) keeps(a netip.Addr) bool {
	return f.v4 == f.v6 || a.Is4() == f.v4
}

// targets turns what the user wrote into addresses: an address, a CIDR block
// (every address in it), a name (every address of it) or - for standard input.
// Each address comes once, with the first name that led to it. What is excluded
// is left out before anything is sent anywhere.
func (a *app) targets(ctx context.Context, args []string, excluded exclusion, only family) ([]exposure.Target, error) {
	words, err := a.expandStdin(args)
	if err != nil {
		return nil, err
	}
	if len(words) == 0 {
		return nil, a.fail(exitUsage, "cli.stdin-empty")
	}
	var (
		list []exposure.Target
		seen = map[netip.Addr]bool{}
	)
	add := func(name string, address netip.Addr) error {
		if !only.keeps(address) || seen[address] || excluded.contains(address) {
			return nil
		}
		if kind := reach.Classify(address); address.IsUnspecified() || address.IsMulticast() || kind.Prefix == broadcast {
			return a.fail(exitUsage, "cli.no-host", "Target", address)
		}
		if len(list) == maxTargets {
			return a.fail(exitUsage, "cli.too-many-targets", "Limit", maxTargets)
		}
		seen[address] = true
		list = append(list, exposure.Target{Name: name, Address: address})
		return nil
	}
	for _, word := range words {
		if err := a.eachAddress(ctx, word, only, add); err != nil {
			return nil, err
		}
	}
	if len(list) == 0 {
		return nil, a.fail(exitUsage, "cli.no-target-left")
	}
	return list, nil
}

var broadcast = netip.MustParsePrefix("255.255.255.255/32")

// eachAddress calls add for every address that one word of the user means.
func (a *app) eachAddress(ctx context.Context, word string, only family, add func(string, netip.Addr) error) error {
	if prefix, err := netip.ParsePrefix(word); err == nil {
		prefix = unmapped(prefix)
		if prefix.Addr().BitLen()-prefix.Bits() > 20 {
			return a.fail(exitUsage, "cli.too-many-targets", "Limit", maxTargets)
		}
		for address := prefix.Addr(); prefix.Contains(address); address = address.Next() {
			if err := add("", address); err != nil {
				return err
			}
		}
		return nil
	}
	if address, err := parseAddress(word); err == nil {
		if address.Is6() && address.IsLinkLocalUnicast() && address.Zone() == "" {
			return a.fail(exitUsage, "cli.zone-missing", "Target", address)
		}
		return add("", address)
	}
	addresses, err := a.lookup(ctx, word)
	if err != nil {
		return err
	}
	kept := false
	for _, address := range addresses {
		kept = kept || only.keeps(address)
		if err := add(word, address); err != nil {
			return err
		}
	}
	if !kept {
		return a.fail(exitUsage, "cli.no-such-family", "Target", quoted(word))
	}
	return nil
}

// lookup asks for every address of a name. A word that looks like a number is
// no name: resolvers read 0x7f.1 and 2130706433 in ways of their own.
func (a *app) lookup(ctx context.Context, word string) ([]netip.Addr, error) {
	if err := a.nameLike(word); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, nameTimeout)
	defer cancel()
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", word)
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return nil, a.fail(exitUsage, "cli.name-not-found", "Target", quoted(word))
	case err != nil && ctx.Err() != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded):
		return nil, ctx.Err()
	case errors.As(err, &dns):
		return nil, a.fail(exitUsage, "cli.name-unresolved", "Target", quoted(word), "Error", oneLine(dns.Err))
	case err != nil:
		return nil, a.fail(exitUsage, "cli.name-unresolved", "Target", quoted(word), "Error", oneLine(err.Error()))
	}
	for i := range addresses {
		addresses[i] = addresses[i].Unmap()
	}
	return addresses, nil
}

// nameLike refuses a word that can be no name of a host.
func (a *app) nameLike(word string) error {
	if _, err := netip.ParseAddrPort(word); err == nil || strings.Contains(word, "://") || strings.Contains(word, ":") && !strings.Contains(word, "/") {
		return a.fail(exitUsage, "cli.target-with-port", "Target", quoted(word))
	}
	if looksNumeric(word) || strings.ContainsAny(word, "/ %\r\n\x00") || word == "" || len(word) > 255 {
		return a.fail(exitUsage, "cli.bad-target", "Target", quoted(word))
	}
	return nil
}

// looksNumeric reports whether the last label of a word begins with a digit,
// which no name of a host does (RFC 3696 section 2).
func looksNumeric(word string) bool {
	last := strings.TrimSuffix(word, ".")
	last = last[strings.LastIndexByte(last, '.')+1:]
	return last != "" && last[0] >= '0' && last[0] <= '9'
}

// parseAddress reads an address, IPv6 also in brackets. An IPv4-mapped address
// is the IPv4 address that packets go to.
func parseAddress(word string) (netip.Addr, error) {
	if inner, ok := strings.CutPrefix(word, "["); ok {
		word = strings.TrimSuffix(inner, "]")
	}
	address, err := netip.ParseAddr(word)
	return address.Unmap(), err
}

// expandStdin replaces - by the words of standard input, one or more a line,
// with # for comments.
func (a *app) expandStdin(args []string) ([]string, error) {
	var words []string
	for _, arg := range args {
		if arg != "-" {
			words = append(words, arg)
			continue
		}
		lines := bufio.NewScanner(a.in)
		for lines.Scan() {
			line, _, _ := strings.Cut(lines.Text(), "#")
			words = append(words, strings.Fields(line)...)
			if len(words) > maxTargets {
				return nil, a.fail(exitUsage, "cli.too-many-targets", "Limit", maxTargets)
			}
		}
		if err := lines.Err(); err != nil {
			return nil, a.fail(exitUsage, "cli.stdin-unread", "Error", reason(err))
		}
	}
	return words, nil
}

// machine is what is known of this machine's own addresses.
type machine struct {
	interfaces []exposure.Interface
	addresses  []netip.Addr
	own        map[netip.Addr]bool
	proxied    bool // looks go out from a proxy, to which nothing of this is own or near
	proxyNear  bool // and that is this machine's, or of a local network
}

// mine reports whether a target may be looked at unasked: an own address, one of a
// local network by its number, or the loopback of a proxy that is such itself.
// Being on the same link is no consent: a hosting provider's neighbours are.
func (m machine) mine(t exposure.Target) bool {
	loopback := reach.Loopback(t.Address)
	if netio.ByName(t.Address) {
		name := strings.ToLower(strings.TrimSuffix(t.Name, "."))
		loopback = name == "localhost" || strings.HasSuffix(name, ".localhost") // RFC 6761 section 6.3
	}
	return m.own[t.Address] || reach.LAN(t.Address) || loopback && (!m.proxied || m.proxyNear)
}

func (a *app) machine() (machine, error) {
	interfaces, err := hostnet.Interfaces()
	if err != nil {
		return machine{}, a.fail(exitUnseen, "cli.interfaces-unread", "Error", reason(err))
	}
	m := machine{interfaces: interfaces, addresses: hostnet.Addresses(interfaces), own: map[netip.Addr]bool{}}
	for _, address := range m.addresses {
		m.own[address] = true
		m.own[address.WithZone("")] = true
	}
	return m, nil
}

// isOwn reports whether packets to the address stay in this machine.
func (m machine) isOwn(address netip.Addr) bool {
	return !m.proxied && (reach.Loopback(address) || m.own[address])
}

// view is how an address is seen from here. Own addresses are seen over lo,
// past the firewall, and so never stand for the view of the LAN.
func (m machine) view(address netip.Addr) exposure.View {
	switch {
	case m.proxied:
		return exposure.ViewProxy
	case reach.Loopback(address):
		return exposure.ViewLoopback
	case m.isOwn(address):
		return exposure.ViewSelf
	case m.near(address):
		return exposure.ViewLAN
	}
	return exposure.ViewOutside
}

// near reports whether an address is in a local network: by its number, or
// because an interface of ours is on the same link.
func (m machine) near(address netip.Addr) bool {
	return !m.proxied && (reach.LAN(address) || m.onLink(address))
}

func (m machine) onLink(address netip.Addr) bool {
	for _, device := range m.interfaces {
		for _, prefix := range device.Prefixes {
			if device.Up && prefix.Bits() > 0 && prefix.Masked().Contains(address.WithZone("")) {
				return true
			}
		}
	}
	return false
}
