package hostnet

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
	"sekisho/internal/reach"
	"sekisho/internal/untrusted"
)

// UnseenRouter means that there is a router before this machine and that it
// told nothing of itself, by none of the protocols for it.
const UnseenRouter UnseenKind = "router"

// Bounds of what a router is asked.
const (
	// routerSilence is how long one that says nothing is waited for.
	routerSilence = 1500 * time.Millisecond
	// routerTime bounds all of it, with the reading of a long list.
	routerTime = 5 * time.Second
	// routerBytes bounds one answer.
	routerBytes = 64 << 10
	// maxRouterText bounds a text of the router.
	maxRouterText = 200
)

// gateway is the router of this machine: the next hop of its default route, on
// a network that both have an address in.
type gateway struct {
	at     netip.Addr
	own    netip.Addr // this machine's address there
	device string
}

// ReadRouter asks the router before this machine what it tells of itself: by
// UPnP, NAT-PMP and PCP, each of which it may or may not speak. Nothing is
// changed on it. Only the gateway of the default route is asked, and only when
// it has a private address in a network of this machine; without such a one the
// result is nil. Of ports, it is asked by name where its list does not tell.
func ReadRouter(ctx context.Context, ports ...exposure.RouterPort) (*exposure.Router, []Unseen) {
	g, ok := gatewayOf(gatewayNetwork())
	if !ok {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, routerTime)
	defer cancel()
	var (
		mapped, announced, described answer
		page                         string
		wg                           sync.WaitGroup
	)
	wg.Go(func() { mapped = g.natpmp(ctx) })
	wg.Go(func() { announced = g.pcp(ctx) })
	wg.Go(func() { described = g.upnp(ctx, ports) })
	wg.Go(func() { page = g.page(ctx) })
	wg.Wait()
	r := &exposure.Router{Gateway: g.at, Page: page}
	for _, a := range []answer{described, mapped, announced} {
		a.join(r)
	}
	// A router's order is that of its memory, and changes.
	slices.SortStableFunc(r.Forwards, func(a, b exposure.RouterForward) int {
		return cmp.Or(cmp.Compare(a.Transport, b.Transport), cmp.Compare(a.Outer, b.Outer), a.To.Compare(b.To))
	})
	r.WANKind = WANKindOf(r.WAN)
	if len(r.Sources) == 0 {
		return r, []Unseen{{Kind: UnseenRouter, Count: 1}}
	}
	return r, nil
}

// WANKindOf is what kind of address a router's outer one is, empty for none.
func WANKindOf(a netip.Addr) exposure.WANKind {
	switch {
	case !a.IsValid():
		return ""
	case reach.Shared(a):
		return exposure.WANShared
	case reach.LAN(a):
		return exposure.WANPrivate
	case reach.Global(a):
		return exposure.WANGlobal
	}
	return exposure.WANSpecial
}

// answer is what one protocol told.
type answer struct {
	told     bool
	question exposure.RouterQuestion
	router   exposure.Router
}

// join adds what a protocol told; what is known already stays.
func (a answer) join(r *exposure.Router) {
	r.Asked = append(r.Asked, a.question)
	if !a.told {
		return
	}
	r.Sources = append(r.Sources, a.question.Source)
	if !r.WAN.IsValid() {
		r.WAN = a.router.WAN
	}
	if r.Product.IsZero() {
		r.Product = a.router.Product
	}
	r.Page = cmp.Or(a.router.Page, r.Page)
	r.Forwards = append(r.Forwards, a.router.Forwards...)
	r.Cut = r.Cut || a.router.Cut
	if r.Filter6 == nil {
		r.Filter6 = a.router.Filter6
	}
}

// fail notes why a question got no answer.
func (a *answer) fail(err error) {
	var e *netio.Error
	if errors.As(err, &e) && (e.Reason == exposure.NoResponse || e.Reason == exposure.PortUnreach || e.Reason == exposure.ConnRefused) {
		a.question.Result = exposure.RouterSilent
		return
	}
	a.question.Result, a.question.Why = exposure.RouterFailed, untrusted.New(err.Error(), maxRouterText)
}

// dialer bounds one conversation with the router, from the address that this
// machine has in its network.
func (g gateway) dialer(patience time.Duration) *netio.Dialer {
	return &netio.Dialer{
		Source: netip.AddrPortFrom(g.own, 0),
		Limits: netio.Limits{Deadline: time.Now().Add(patience), Bytes: routerBytes},
	}
}

// page is the address of the router's settings, empty when nothing answers at
// the ports of the web.
func (g gateway) page(ctx context.Context) string {
	found := make([]string, 2)
	var wg sync.WaitGroup
	for i, scheme := range []string{"http", "https"} {
		wg.Go(func() {
			port := map[string]uint16{"http": 80, "https": 443}[scheme]
			c, err := g.dialer(time.Second).Dial(ctx, exposure.TCP, netip.AddrPortFrom(g.at, port))
			if err != nil {
				return
			}
			defer c.Close()
			if scheme == "https" {
				// Nobody asks whose certificate it is: nothing is told to the router.
				t := tls.Client(c, &tls.Config{InsecureSkipVerify: true, ServerName: ""})
				if t.HandshakeContext(ctx) != nil {
					return
				}
			} else if _, _, err := get(ctx, c, netip.AddrPortFrom(g.at, port), "/"); err != nil {
				return
			}
			found[i] = fmt.Sprintf("%s://%s/", scheme, host(g.at))
		})
	}
	wg.Wait()
	return cmp.Or(found...)
}

// host is an address as it stands in a URL.
func host(a netip.Addr) string {
	if a.Is6() {
		return "[" + a.WithZone("").String() + "]"
	}
	return a.String()
}

// gatewayOf finds the gateway of IPv4 among routes: the one of the least metric.
func gatewayOf(n Network) (gateway, bool) {
	routes := slices.DeleteFunc(slices.Clone(n.Routes), func(r Route) bool {
		return !r.To.Addr().Is4() || r.To.Bits() != 0 || !r.Via.Is4()
	})
	slices.SortStableFunc(routes, func(a, b Route) int { return cmp.Compare(a.Metric, b.Metric) })
	if len(routes) == 0 || !reach.LAN(routes[0].Via) {
		return gateway{}, false
	}
	for _, d := range n.Devices {
		if d.Name != routes[0].Device {
			continue
		}
		for _, p := range d.Prefixes {
			if p.Contains(routes[0].Via) && p.Addr() != routes[0].Via {
				return gateway{at: routes[0].Via, own: p.Addr(), device: d.Name}, true
			}
		}
	}
	return gateway{}, false
}
