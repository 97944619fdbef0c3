package gather

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
	"sekisho/internal/probe"
)

// mappedTime bounds one question to a STUN server, and mappedBytes its answer.
const (
	mappedTime  = 4 * time.Second
	mappedBytes = 4 << 10
)

// mappedPairs is from how many pairs of ports a server is asked. The two of a pair
// differ in every bit, so that no port set of MAP-E has both.
const mappedPairs = 2

// ErrUnmapped is the answer of a server that does not tell the address it sees.
var ErrUnmapped = errors.New("the server does not tell the address that it sees")

// Mapping is how a STUN server sees this machine.
type Mapping struct {
	Address netip.Addr
	// Ports are those that packets came from, one for each question.
	Ports []uint16
}

// Whole reports whether the ports have no bit in common, neither set nor clear:
// then they are not those of one household among several that share the address
// by ranges of ports (RFC 7597 section 5.1).
func (m Mapping) Whole() bool {
	var set, clear uint16
	for _, p := range m.Ports {
		set |= p
		clear |= ^p
	}
	return set == 1<<16-1 && clear == 1<<16-1
}

// Mapped asks a STUN server which address and ports it sees this machine come from
// (RFC 8489): a few times, from ports of ours that are as unlike as ports can be.
// The error is that of the first question, when none was answered.
func Mapped(ctx context.Context, server netip.AddrPort) (Mapping, error) {
	var (
		m     Mapping
		first error
	)
	for range mappedPairs {
		port := uint16(1<<10 + rand.N(1<<16-1<<11))
		for _, from := range []uint16{port, ^port} {
			seen, err := mappedFrom(ctx, server, from)
			switch {
			case err != nil && first == nil:
				first = err
			case err == nil && (!m.Address.IsValid() || m.Address == seen.Addr()):
				m.Address = seen.Addr()
				m.Ports = append(m.Ports, seen.Port())
			}
			if err != nil && !netio.SourceTaken(err) && len(m.Ports) == 0 {
				return m, first // it does not answer: asking on from elsewhere is no use
			}
		}
	}
	if len(m.Ports) == 0 {
		return m, first
	}
	return m, nil
}

func mappedFrom(ctx context.Context, server netip.AddrPort, from uint16) (netip.AddrPort, error) {
	all := probe.All()
	p := all[slices.IndexFunc(all, func(p probe.Probe) bool { return p.Name == "stun" })]
	any := netip.IPv4Unspecified()
	if server.Addr().Is6() {
		any = netip.IPv6Unspecified()
	}
	hello := p.Hello(rand.Uint64())
	d := netio.Dialer{Source: netip.AddrPortFrom(any, from), Limits: netio.Limits{Deadline: time.Now().Add(mappedTime), Bytes: mappedBytes}}
	reply, err := netio.Exchange(ctx, &d, server, hello, func(reply []byte) bool { return p.Match(hello, reply) })
	if err != nil {
		return netip.AddrPort{}, err
	}
	svc := exposure.Service{Facts: exposure.Facts{}}
	p.Tell(reply, &svc)
	at, err := netip.ParseAddrPort(svc.Facts.Text("seen_from").Raw())
	if err != nil || at.Addr().Is4() != server.Addr().Is4() {
		return netip.AddrPort{}, ErrUnmapped
	}
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port()), nil
}
