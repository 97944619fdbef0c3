package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"time"
)

// scenery is what stands on the target: its open ports and its filter.
type scenery struct {
	open4, open6 spots
	sockets      []io.Closer
}

func (s *scenery) close() {
	for _, c := range s.sockets {
		c.Close()
	}
}

// truth is what is open in a family.
func (s *scenery) truth(v6 bool) spots {
	if v6 {
		return s.open6
	}
	return s.open4
}

// dress opens the ports that the seed draws and loads the filter.
func dress(h *host, r row, n network, seed uint64, dir string) (*scenery, error) {
	s := &scenery{open4: spots{}, open6: spots{}}
	random := rand.New(rand.NewPCG(seed, 1))
	pick := pickPorts
	if r.familiar {
		pick = pickFamiliar
	}
	ports := pick(random, r.open, r.first, r.last)
	one := func(a4, a6 netip.Addr, ports ...uint16) {
		for _, p := range ports {
			s.open4[spot{a4, p}], s.open6[spot{a6, p}] = true, true
		}
	}
	switch r.where {
	case alone:
		one(n.target4, n.target6, ports...)
	case behind, near:
		// Each host has two of the ports that somebody listens on.
		p4, p6 := n.many4, n.many6
		if r.where == near {
			p4, p6 = n.near4, n.near6
		}
		for a4, a6 := p4.Addr(), p6.Addr(); len(ports) > 1 && p4.Contains(a4); a4, a6 = a4.Next(), a6.Next() {
			i := random.IntN(len(ports))
			one(a4, a6, ports[i], ports[(i+1)%len(ports)])
		}
	}
	if r.real {
		for _, one := range servers {
			s.open4[spot{n.target4, one.port}], s.open6[spot{n.target6, one.port}] = true, true
		}
		return s, s.serving(h, dir)
	}
	hold := 10 * time.Second
	if r.mute {
		hold = time.Hour
	}
	if err := h.do(func() error { return s.listen(r.udp, ports, hold) }); err != nil {
		return s, err
	}
	if r.silent {
		return s, h.nft(silence(s))
	}
	return s, nil
}

// silence is a filter that lets in what is open and neighbour discovery, and
// drops everything else as early as nft can, without a word.
func silence(s *scenery) string {
	set := func(name, kind string, open spots) string {
		var all []string
		for o := range open {
			all = append(all, fmt.Sprintf("%s . %d", o.addr, o.port))
		}
		elements := ""
		if len(all) > 0 {
			elements = "elements = { " + strings.Join(all, ", ") + " }"
		}
		return fmt.Sprintf("set %s { type %s . inet_service; %s\n}\n", name, kind, elements)
	}
	return "table inet bench {\n" + set("open4", "ipv4_addr", s.open4) + set("open6", "ipv6_addr", s.open6) + `
		chain prerouting {
			type filter hook prerouting priority raw
			iifname "lo" accept
			ip daddr . tcp dport @open4 accept
			ip6 daddr . tcp dport @open6 accept
			icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
			drop
		}
	}`
}

// listen opens the ports in both families. A TCP port takes connections and
// waits for the peer, as most servers do, no longer than hold; a UDP port sends
// back what it gets.
func (s *scenery) listen(udp bool, ports []uint16, hold time.Duration) error {
	for _, port := range ports {
		at := fmt.Sprintf(":%d", port)
		if udp {
			for _, family := range []string{"udp4", "udp6"} {
				c, err := net.ListenPacket(family, at)
				if err != nil {
					return err
				}
				s.sockets = append(s.sockets, c)
				go echo(c)
			}
			continue
		}
		ln, err := net.Listen("tcp", at)
		if err != nil {
			return err
		}
		s.sockets = append(s.sockets, ln)
		go serve(ln, hold)
	}
	return nil
}

func serve(ln net.Listener, hold time.Duration) {
	for {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			c.SetDeadline(time.Now().Add(hold))
			io.Copy(io.Discard, c)
		}()
	}
}

func echo(c net.PacketConn) {
	buf := make([]byte, 1<<16)
	for {
		n, from, err := c.ReadFrom(buf)
		if err != nil {
			return
		}
		c.WriteTo(buf[:n], from)
	}
}
