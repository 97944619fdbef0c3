package probe

import (
	"context"
	"net"
	"net/netip"
	"time"

	"sekisho/internal/exposure"
)

// IdentifyThrough is Identify with every socket opened inside enter, which in
// a lab is a host's Do.
func IdentifyThrough(ctx context.Context, enter func(func() error) error, target exposure.Target, transport exposure.Transport, port uint16, o Options) exposure.Service {
	deadline := time.Now().Add(o.timeout())
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	return identify(ctx, through(enter, netPeer(target, port, o, deadline)), transport, o.timeout())
}

// RunTestThrough is RunTest with every socket opened inside enter.
func RunTestThrough(ctx context.Context, enter func(func() error) error, name string, target exposure.Target, o TestOptions) (Outcome, error) {
	test, p, ok := testNamed(name)
	if !ok {
		return Outcome{}, ErrNoTest
	}
	test, p, o = o.routed(test, p)
	o, err := o.checked(test)
	if err != nil {
		return Outcome{}, err
	}
	deadline := time.Now().Add(o.timeout())
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	host := through(enter, netPeer(target, o.Port, o.Options, deadline))
	if *dialogues != "" {
		return recordTest(ctx, enter, host, p, test, o)
	}
	return runTest(ctx, host, p, test, o), nil
}

// through has a peer open its sockets inside enter.
func through(enter func(func() error) error, p *peer) *peer {
	dial, exchange, listen, anyPort := p.dial, p.exchange, p.listen, p.anyPort
	dialFrom := p.dialFrom
	p.dialFrom = func(ctx context.Context, local uint16, to netip.AddrPort) (c net.Conn, err error) {
		err = enter(func() error {
			c, err = dialFrom(ctx, local, to)
			return err
		})
		return c, err
	}
	p.anyPort = func(ctx context.Context, to netip.AddrPort) (c net.Conn, err error) {
		err = enter(func() error {
			c, err = anyPort(ctx, to)
			return err
		})
		return c, err
	}
	p.listen = func(ctx context.Context, local netip.Addr) (d door, err error) {
		err = enter(func() error {
			d, err = listen(ctx, local)
			return err
		})
		return d, err
	}
	p.dial = func(ctx context.Context, transport exposure.Transport, to netip.AddrPort) (c net.Conn, err error) {
		err = enter(func() error {
			c, err = dial(ctx, transport, to)
			return err
		})
		return c, err
	}
	p.exchange = func(ctx context.Context, to netip.AddrPort, request []byte, accept func([]byte) bool) (b []byte, err error) {
		err = enter(func() error {
			b, err = exchange(ctx, to, request, accept)
			return err
		})
		return b, err
	}
	broadcast := p.broadcast
	p.broadcast = func(ctx context.Context, device string, port uint16, request []byte, end time.Time, each func(netip.AddrPort, []byte)) error {
		return enter(func() error { return broadcast(ctx, device, port, request, end, each) })
	}
	return p
}
