package main

import (
	"errors"
	"net"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// stage is what a row is measured on: a scanner and a target joined by a
// cable, with a relay in the middle when the way loses or delays.
type stage struct {
	network
	scanner, target *host
	relay           *relay
	scenery         *scenery
	targetMAC       string
	quiet           chan struct{} // closed when the target shall send no more
}

const cableEnd = "eth0"

// raiseStage builds the hosts and what stands on the target.
func raiseStage(r row, seed uint64, dir string) (*stage, error) {
	s := &stage{network: plan(seed)}
	err := s.build(r, seed, dir)
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *stage) build(r row, seed uint64, dir string) (err error) {
	if s.scanner, err = newHost("scanner"); err != nil {
		return err
	}
	if s.target, err = newHost("target"); err != nil {
		return err
	}
	if r.loss > 0 || r.delay > 0 {
		if s.relay, err = layRelay(s.scanner, s.target); err != nil {
			return err
		}
	} else if err := errors.Join(join(s.scanner, cableEnd, s.target, cableEnd), prove(s.scanner, s.target)); err != nil {
		return err
	}
	err = errors.Join(
		s.scanner.addresses(cableEnd, netip.PrefixFrom(s.scanner4, 24), netip.PrefixFrom(s.scanner6, 64)),
		s.target.addresses(cableEnd, netip.PrefixFrom(s.target4, 24), netip.PrefixFrom(s.target6, 64)),
		s.scanner.raise(cableEnd), s.target.raise(cableEnd),
	)
	if err != nil {
		return err
	}
	if err := s.many(r); err != nil {
		return err
	}
	link, err := s.target.links.LinkByName(cableEnd)
	if err != nil {
		return err
	}
	s.targetMAC = link.Attrs().HardwareAddr.String()
	if s.scenery, err = dress(s.target, r, s.network, seed, dir); err != nil {
		return err
	}
	if s.relay != nil {
		if err := s.relay.start(r.loss, r.delay, seed); err != nil {
			return err
		}
	}
	s.quiet = make(chan struct{})
	return s.target.murmur(s.quiet)
}

// murmur has the host send a frame of no meaning a hundred times a second.
// Every real cable carries something; without it masscan, which looks at its
// clock only when a packet comes, never ends on a host that says nothing.
func (h *host) murmur(quiet <-chan struct{}) error {
	var fd int
	err := h.do(func() error {
		ifi, err := net.InterfaceByName(cableEnd)
		if err != nil {
			return err
		}
		fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		return unix.Bind(fd, &unix.SockaddrLinklayer{Ifindex: ifi.Index})
	})
	if err != nil {
		return err
	}
	frame := make([]byte, 60)
	copy(frame, []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0, 0, 0, 0, 1, 0x88, 0xb5}) // IEEE 802 local experimental
	go func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		defer unix.Close(fd)
		for {
			select {
			case <-quiet:
				return
			case <-tick.C:
				unix.Write(fd, frame)
			}
		}
	}()
	return nil
}

// many gives the target its 1,024 addresses where a row asks for them.
func (s *stage) many(r row) error {
	switch r.where {
	case behind:
		return errors.Join(
			s.target.local(s.many4), s.target.local(s.many6),
			s.scanner.route(s.many4, s.target4), s.scanner.route(s.many6, s.target6),
		)
	case near:
		var all []netip.Prefix
		for _, p := range []netip.Prefix{s.near4, s.near6} {
			for a := p.Addr(); p.Contains(a); a = a.Next() {
				all = append(all, netip.PrefixFrom(a, a.BitLen()))
			}
		}
		return errors.Join(
			s.target.addresses(cableEnd, all...),
			s.scanner.onLink(s.near4, cableEnd), s.scanner.onLink(s.near6, cableEnd),
		)
	}
	return nil
}

func (s *stage) close() {
	if s.quiet != nil {
		close(s.quiet)
	}
	if s.relay != nil {
		s.relay.close()
	}
	if s.scenery != nil {
		s.scenery.close()
	}
	for _, h := range []*host{s.scanner, s.target} {
		if h != nil {
			h.close()
		}
	}
}
