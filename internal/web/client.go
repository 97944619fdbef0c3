package web

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"sekisho/internal/reach"
)

// Forwarding says whose word is taken for where a request comes from, beside the
// socket's own.
type Forwarding struct {
	// Trusted are the addresses of the reverse proxies in front of the service.
	Trusted []netip.Prefix
	// Header is the one header that those write, a value of ForwardingHeaders.
	Header string
}

// ForwardingHeaders are those that a trusted proxy may tell its callers by: that
// of RFC 7239, and the older one that most proxies write.
var ForwardingHeaders = []string{"Forwarded", "X-Forwarded-For"}

// Bounds of what is read of such a header, from its right end on: what stands to
// the left is somebody else's word and not needed.
const (
	mostForwarded = 4096 // bytes
	mostHops      = 16   // trusted proxies in a row
)

// client is who a request comes from.
type client struct {
	address netip.Addr // invalid where a trusted proxy does not tell it
	peer    netip.Addr // the other end of the socket
	through string     // why address is not known to be the caller's own; empty when it is
	bridged bool       // everybody seems to arrive from this one private address
}

type clientKey struct{}

// of is the client that ServeHTTP found out. A request that did not come that way
// is known by its socket alone, and is not taken for more.
func clientOf(r *http.Request) client {
	if c, ok := r.Context().Value(clientKey{}).(client); ok {
		return c
	}
	return Forwarding{}.client(r)
}

type connKey struct{}

// trip is how long the way to the caller and back takes, 0 where that is not known:
// the connection is the caller's own, and no proxy's.
func (s *Service) trip(r *http.Request) time.Duration {
	c, ok := r.Context().Value(connKey{}).(net.Conn)
	if !ok || s.config.Trip == nil || s.config.Forwarding.trusts(clientOf(r).peer) || proxied(r) != "" {
		return 0
	}
	return s.config.Trip(c)
}

// caller is the address that a request comes from, invalid where a trusted proxy
// does not tell it.
func caller(r *http.Request) netip.Addr { return clientOf(r).address }

// proxied is why a proxy stands between: the address is its own then and not the
// caller's. It is empty where none is known to.
func proxied(r *http.Request) string { return clientOf(r).through }

// bridged reports whether everybody seems to arrive from one private address, as
// behind the bridge of a container or a reverse proxy that is not trusted.
func bridged(r *http.Request) bool { return clientOf(r).bridged }

// identified is the request with its client in it.
func (s *Service) identified(r *http.Request) *http.Request {
	c := s.config.Forwarding.client(r)
	var gateways []netip.Addr
	if s.config.Gateways != nil && reach.LAN(c.peer) {
		gateways = s.config.Gateways()
	}
	c = s.arrivals.weigh(c, s.config.Forwarding.trusts(c.peer), gateways, r)
	return r.WithContext(context.WithValue(r.Context(), clientKey{}, c))
}

func (f Forwarding) trusts(a netip.Addr) bool {
	return slices.ContainsFunc(f.Trusted, func(p netip.Prefix) bool { return p.Contains(a) })
}

// hints are the headers that proxies add (RFC 9110 section 7.6.3, RFC 7239, and
// those before it), whoever sends them.
var hints = []string{"Forwarded", "Via", "X-Forwarded-For", "X-Real-Ip"}

// client finds out who a request comes from: the other end of the socket, or,
// where that is a trusted proxy, the right-most address in its header that is
// none. Everything left of it was written by whom nobody knows.
func (f Forwarding) client(r *http.Request) client {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return client{through: "the socket has no address"}
	}
	c := client{address: from.Addr().Unmap(), peer: from.Addr().Unmap()}
	if !f.trusts(c.peer) {
		for _, h := range hints {
			if len(r.Header.Values(h)) > 0 {
				c.through = "the request has the header " + h + ", and its sender is no trusted proxy"
			}
		}
		if reach.Loopback(c.peer) && !r.ProtoAtLeast(1, 1) {
			c.through = "the request speaks HTTP/1.0, as reverse proxies do that hide who asks" // nginx, where it is told nothing
		}
		return c
	}
	said := f.last(f.Header, r)
	c.address = said.address
	switch {
	case !said.address.IsValid():
		c.through = "the trusted proxy tells no address in " + f.Header
	case said.more:
		c.through = "the caller of the trusted proxy is a proxy itself, or writes " + f.Header
	}
	// A proxy that writes another header than the one that is read hands the
	// latter on as its caller wrote it: two that differ are no proof.
	for _, other := range append([]string{"X-Real-Ip"}, ForwardingHeaders...) {
		if len(r.Header.Values(other)) > 0 && f.last(other, r).address != c.address {
			c.through = f.Header + " and " + other + " name different addresses"
		}
	}
	return c
}

// forwarded is what the right end of a header tells.
type forwarded struct {
	address netip.Addr // the right-most that is no trusted proxy; invalid for none
	more    bool       // something stands to the left of it
}

// last reads a header from its right end.
func (f Forwarding) last(header string, r *http.Request) forwarded {
	text := strings.Join(r.Header.Values(header), ",")
	cut := len(text) > mostForwarded
	if cut {
		text = text[len(text)-mostForwarded:]
	}
	node := listedNode
	if header == "Forwarded" {
		node = forwardedNode
	}
	for range mostHops {
		var element string
		element, text = lastElement(text)
		a, ok := node(element)
		if !ok || cut && text == "" { // what is cut in two is not read
			return forwarded{}
		}
		if !f.trusts(a) {
			return forwarded{a, strings.Trim(text, ", \t") != "" || cut}
		}
	}
	return forwarded{}
}

// encrypted reports whether a trusted proxy says that its caller came over HTTPS:
// by proto of the last element of Forwarded (RFC 7239 section 5.4), or by
// X-Forwarded-Proto, which goes with the older header.
func (f Forwarding) encrypted(r *http.Request) bool {
	if f.Header != "Forwarded" {
		said := r.Header.Values("X-Forwarded-Proto")
		return len(said) == 1 && said[0] == "https"
	}
	last, _ := lastElement(strings.Join(r.Header.Values(f.Header), ","))
	var said strings.Builder
	for pair := range strings.SplitSeq(last, ";") {
		if name, value, _ := strings.Cut(strings.Trim(pair, " \t"), "="); strings.EqualFold(name, "proto") {
			said.WriteString(strings.Trim(value, `"`))
		}
	}
	return said.String() == "https"
}

// lastElement takes the last element that is not empty off a list (RFC 9110
// section 5.6.1). Quotes are paired from the right, so that one which a caller
// left open to the left hides nothing of what a proxy added.
func lastElement(text string) (element, rest string) {
	for text != "" {
		quoted, i := false, len(text)-1
		for ; i >= 0 && (quoted || text[i] != ','); i-- {
			quoted = quoted != (text[i] == '"')
		}
		element, text = strings.Trim(text[i+1:], " \t"), text[:max(i, 0)]
		if element != "" {
			return element, text
		}
	}
	return "", ""
}

// listedNode reads an element of X-Forwarded-For: an address, some write its port
// too.
func listedNode(word string) (netip.Addr, bool) {
	if a, err := netip.ParseAddr(word); err == nil {
		return a, a.Zone() == ""
	}
	return portedNode(word)
}

// portedNode reads 192.0.2.1, 192.0.2.1:80, [2001:db8::1] and [2001:db8::1]:80.
// Names such as unknown and _hidden are no addresses (RFC 7239 section 6).
func portedNode(word string) (netip.Addr, bool) {
	if at, err := netip.ParseAddrPort(word); err == nil {
		return at.Addr(), at.Addr().Zone() == ""
	}
	inner, bracketed := strings.CutPrefix(word, "[")
	if bracketed {
		inner, bracketed = strings.CutSuffix(inner, "]")
	}
	a, err := netip.ParseAddr(inner)
	if err != nil || a.Is4() == bracketed || a.Zone() != "" || inner == word && !a.Is4() {
		return netip.Addr{}, false
	}
	return a, true
}

// forwardedNode reads the parameter for of an element of Forwarded (RFC 7239
// section 4): exactly one, whose value is quoted where it holds an IPv6 address or
// a port.
func forwardedNode(element string) (a netip.Addr, ok bool) {
	for pair := range strings.SplitSeq(element, ";") {
		name, value, _ := strings.Cut(strings.Trim(pair, " \t"), "=")
		if !strings.EqualFold(name, "for") {
			continue
		}
		if a.IsValid() {
			return netip.Addr{}, false // two of them
		}
		bare := strings.TrimSuffix(strings.TrimPrefix(value, `"`), `"`)
		if len(value)-len(bare) == 1 || bare == value && strings.ContainsAny(value, ":[") {
			return netip.Addr{}, false
		}
		if a, ok = portedNode(bare); !ok {
			return netip.Addr{}, false
		}
	}
	return a, a.IsValid()
}
