//go:build linux && lab

package firewall_test

import (
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"

	"sekisho/internal/exposure"
	"sekisho/internal/firewall"
)

// itself asks the router over its own loopback device: what it sends to itself
// passes output, comes back and passes input, and so does the answer.
func (b *truth) itself(t *testing.T, n int, g *generator, source string, rules *firewall.Ruleset, seen map[string]int) {
	type try struct {
		p  firewall.Packet
		fd int
	}
	var tries []try
	for range 4 {
		b.port++
		p := firewall.Packet{Transport: exposure.TCP, SourcePort: b.port, Port: served[g.IntN(len(served))]}
		p.Destination = netip.MustParseAddr(g.pick("127.0.0.1", "::1", router4, router6))
		p.Source = p.Destination
		if g.chance(40) {
			p.Transport = exposure.UDP
		}
		tries = append(tries, try{p, b.call(p)})
	}
	b.settleLoopback()
	b.echo()
	b.settleLoopback()
	for _, one := range tries {
		got := b.heard(one.fd, one.p.Transport)
		unix.Close(one.fd)
		switch d := rules.Reach(b.machine, one.p); d.Verdict {
		case firewall.CannotSay:
			seen["itself-cannot-say"]++
		default:
			seen["itself"]++
			if got != (d.Verdict == firewall.Accept) {
				t.Errorf("rule set %d: %+v of the router to itself: %s by %v, and an answer came: %v\n%s", n, one.p, d.Verdict, d.Rules, got, source)
				seen["wrong"]++
			}
		}
	}
}

// call begins a connection, or sends a datagram, and waits for nothing.
func (b *truth) call(p firewall.Packet) int {
	var fd int
	err := b.l.Router.Do(func() (err error) {
		kind := unix.SOCK_STREAM
		if p.Transport == exposure.UDP {
			kind = unix.SOCK_DGRAM
		}
		family := unix.AF_INET
		if p.Destination.Is6() {
			family = unix.AF_INET6
		}
		if fd, err = unix.Socket(family, kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0); err != nil {
			return err
		}
		return unix.Bind(fd, sockaddr(p.Source, p.SourcePort))
	})
	if err != nil {
		b.t.Fatal(err)
	}
	// Sent from this thread, for its packets are queued to its processor.
	unix.Connect(fd, sockaddr(p.Destination, p.Port))
	if p.Transport == exposure.UDP {
		unix.Write(fd, []byte("sekisho"))
	}
	return fd
}

func sockaddr(a netip.Addr, port uint16) unix.Sockaddr {
	if a.Is4() {
		return &unix.SockaddrInet4{Port: int(port), Addr: a.As4()}
	}
	return &unix.SockaddrInet6{Port: int(port), Addr: a.As16()}
}

// heard reports whether the other end answered.
func (b *truth) heard(fd int, t exposure.Transport) bool {
	if t == exposure.UDP {
		n, err := unix.Read(fd, b.frames)
		return err == nil && n > 0
	}
	if _, err := unix.Getpeername(fd); err == nil {
		return true
	}
	// Reset after it stood: a rule refused what came later.
	code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	return err == nil && unix.Errno(code) == unix.ECONNRESET
}

// settleLoopback waits as settle does, for what goes over lo: a connection takes
// three ways.
func (b *truth) settleLoopback() {
	for range 4 {
		b.marker++
		b.send(b.loopback, b.mark(b.loopback, b.loopback))
		b.drain(b.loopback)
	}
}
