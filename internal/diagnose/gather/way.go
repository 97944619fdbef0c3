package gather

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"

	"sekisho/internal/diagnose"
	"sekisho/internal/exposure"
	"sekisho/internal/netio"
)

// Route is where packets to an address leave this machine. It asks the kernel and
// sends nothing.
func Route(to netip.Addr) diagnose.Way {
	routes, err := netio.OpenRoutes()
	if err != nil {
		return diagnose.Way{Source: netio.SourceOf(to)} // not on this system
	}
	defer routes.Close()
	found, err := routes.To(to)
	if err != nil {
		return diagnose.Way{Known: true}
	}
	w := diagnose.Way{Source: found.Source, Known: true, Device: deviceName(found.Index)}
	next := to.Unmap().WithZone("")
	if found.NextHop != next {
		w.Gateway, next = found.NextHop, found.NextHop
	}
	if neighbours, err := routes.Neighbours(found.Index); err == nil {
		if n, ok := neighbours[next]; ok && !n.Lasting {
			w.Hardware = net.HardwareAddr(n.Hardware[:]).String()
		}
	}
	return w
}

func deviceName(index int) string {
	d, err := net.InterfaceByIndex(index)
	if err != nil {
		return ""
	}
	return d.Name
}

// echoTime is how long answers to echoes are waited for, and echoTries how many
// are sent, in equal parts of it.
const (
	echoTime  = 1200 * time.Millisecond
	echoTries = 3
)

// Echoes asks addresses for ICMP echoes, all at once. An address that is not there
// in the answer was not asked.
func Echoes(ctx context.Context, addresses []netip.Addr) map[netip.Addr]diagnose.Echo {
	echoes := netio.NewEchoes()
	defer echoes.Close()
	said, nonces := map[netip.Addr]diagnose.Echo{}, map[netip.Addr]uint64{}
	for _, a := range addresses {
		nonces[a] = rand.Uint64()
	}
	for try := 1; try <= echoTries && ctx.Err() == nil; try++ {
		waiting := false
		for _, a := range addresses {
			if said[a] != diagnose.EchoUnasked && said[a] != diagnose.EchoSilent {
				continue
			}
			switch err := echoes.Send(a, nonces[a]); {
			case errors.Is(err, netio.ErrEchoForbidden):
				said[a] = diagnose.EchoForbidden
			case err == nil:
				said[a], waiting = diagnose.EchoSilent, true
			}
		}
		if !waiting {
			break
		}
		heard(ctx, echoes, said, nonces)
	}
	return said
}

// heard waits for replies until all are there or the time of a try is over.
func heard(ctx context.Context, echoes *netio.Echoes, said map[netip.Addr]diagnose.Echo, nonces map[netip.Addr]uint64) {
	for end := time.Now().Add(echoTime / echoTries); time.Now().Before(end) && ctx.Err() == nil; {
		silent := false
		for _, e := range said {
			silent = silent || e == diagnose.EchoSilent
		}
		if !silent {
			return
		}
		err := echoes.Receive(end, func(e netio.Echo) {
			if a := e.Peer.Addr(); e.Reason == "" && e.Nonce == nonces[a] && said[a] != diagnose.EchoUnasked {
				said[a] = diagnose.EchoAnswered
			}
		})
		if err != nil {
			return
		}
	}
}

// Bounds of looking for the place where packets end: routers within so many hops,
// a few at a time, each answer waited for so long, and all of it.
const (
	mostHops  = 20
	hopsAtime = 5
	hopWait   = 700 * time.Millisecond
	trailTime = 3 * time.Second
)

// walk is what packets of every lifetime came to.
type walk struct {
	routers  map[int]netip.Addr
	answered int
	last     int
}

// Trail looks how far packets for a TCP port go, by giving them few hops to live,
// and how far away the one is who answers at another port (0: there is none).
func Trail(ctx context.Context, to netip.AddrPort, other uint16) (distance int, t diagnose.Trail) {
	ctx, cancel := context.WithTimeout(ctx, trailTime)
	defer cancel()
	h := netio.NewHandshaker(netio.NewDescriptors())
	var reference, asked walk
	var both sync.WaitGroup
	both.Go(func() { asked = follow(ctx, h, to) })
	if other != 0 {
		both.Go(func() { reference = follow(ctx, h, netip.AddrPortFrom(to.Addr(), other)) })
	}
	both.Wait()
	// The host is where something answers and one hop less has a router answer, or
	// is no hop at all.
	if n := reference.answered; n == 1 || n > 1 && reference.routers[n-1].IsValid() {
		distance = n
	}
	t = diagnose.Trail{Port: other, Answered: asked.answered, Last: asked.last, LastBy: asked.routers[asked.last]}
	if asked.answered > 0 {
		t.By, t.Before = reference.routers[asked.answered], reference.routers[asked.answered-1]
		if asked.answered == distance {
			t.Left, _ = netio.Lifetime(ctx, to, hopWait)
			t.OtherLeft, _ = netio.Lifetime(ctx, netip.AddrPortFrom(to.Addr(), other), hopWait)
		}
		return distance, t
	}
	if next := reference.routers[asked.last+1]; asked.last > 0 && next.IsValid() && stillThere(ctx, h, to, other, asked.last+1) {
		t.Next = next
	}
	return distance, t
}

// follow sends connection attempts that live for more and more hops, until
// somebody answers or no router does.
func follow(ctx context.Context, h *netio.Handshaker, to netip.AddrPort) walk {
	w := walk{routers: map[int]netip.Addr{}}
	for from := 1; from <= mostHops && ctx.Err() == nil; from += hopsAtime {
		found := make([]netio.Reached, hopsAtime)
		var all sync.WaitGroup
		for i := range found {
			all.Go(func() { found[i] = h.Reach(ctx, to, from+i, hopWait) })
		}
		all.Wait()
		heard := false
		for i, r := range found {
			switch n := from + i; {
			case r.Answered():
				w.answered = n
				return w
			case r.Reason == exposure.TimeExceeded && r.By.IsValid():
				w.routers[n], w.last, heard = r.By, n, true
			}
		}
		if !heard {
			break
		}
	}
	return w
}

// stillThere asks again whether packets for the other port come to a hop and those
// for the port do not: a router tells only of some packets that they died.
func stillThere(ctx context.Context, h *netio.Handshaker, to netip.AddrPort, other uint16, hop int) bool {
	for range 2 {
		if h.Reach(ctx, to, hop, hopWait/2).Reason != exposure.NoResponse {
			return false
		}
		if h.Reach(ctx, netip.AddrPortFrom(to.Addr(), other), hop, hopWait/2).Reason != exposure.TimeExceeded {
			return false
		}
	}
	return ctx.Err() == nil
}

// Forbidden reports whether the kernel refuses to send a datagram to a port for
// lack of permission, which is what a filter of this machine has it do. The
// datagram is empty.
func Forbidden(ctx context.Context, to netip.AddrPort) bool {
	c, err := (&netio.Dialer{}).Dial(ctx, exposure.UDP, to)
	if err != nil {
		return netio.Forbidden(err)
	}
	defer c.Close()
	_, err = c.Write(nil)
	return netio.Forbidden(err)
}
