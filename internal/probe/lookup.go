package probe

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"time"

	"github.com/miekg/dns"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
)

// resolverPort is the port that lookups go to unless another one is named.
const resolverPort = 53

// lookupTimeout bounds one lookup: a resolver that is slower than this is as
// good as none for the programs that use it.
const lookupTimeout = 5 * time.Second

// maxRecords is how many records of an answer are read.
const maxRecords = 32

// errNoResolver is the cause when this machine has no resolver and none was named.
var errNoResolver = errors.New("this machine names no DNS server (/etc/resolv.conf): name one with --resolver")

// lookup asks resolvers for the records of one kind that a name has. The first
// that answers counts; a name that does not exist, or has no such record, has
// none and is no error.
func (s *Session) lookup(ctx context.Context, resolvers []netip.AddrPort, name string, kind uint16) ([]dns.RR, error) {
	if len(resolvers) == 0 {
		return nil, errNoResolver
	}
	query, err := lookupQuery(name, kind, uint16(s.peer.nonce()))
	if err != nil {
		return nil, err
	}
	for _, at := range resolvers {
		var records []dns.RR
		if records, err = s.ask(ctx, at, query, kind); err == nil {
			return records, nil
		}
	}
	return nil, err
}

// lookupQuery is a question for a resolver (RFC 1035 section 4.1).
func lookupQuery(name string, kind, id uint16) ([]byte, error) {
	m := new(dns.Msg).SetQuestion(dns.Fqdn(name), kind)
	m.Id = id
	m.SetEdns0(dnsPayload, false)
	b, err := m.Pack()
	if err != nil {
		return nil, fmt.Errorf("ask for %q: %w", name, err)
	}
	return b, nil
}

// ask puts one question to one resolver, over TCP when the answer is too long
// for a datagram.
func (s *Session) ask(ctx context.Context, at netip.AddrPort, query []byte, kind uint16) ([]dns.RR, error) {
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	accept := func(b []byte) bool { return dnsReplies(query, b) }
	reply, err := s.peer.exchange(ctx, at, query, accept)
	if err != nil {
		return nil, err
	}
	records, cut, err := lookupAnswer(reply, kind)
	if !cut {
		return records, err
	}
	c, err := s.peer.dial(ctx, exposure.TCP, at)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if _, err := c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(query))), query...)); err != nil {
		return nil, err
	}
	var size [2]byte
	if _, err := io.ReadFull(c, size[:]); err != nil {
		return nil, err
	}
	reply = make([]byte, binary.BigEndian.Uint16(size[:]))
	if _, err := io.ReadFull(c, reply); err != nil {
		return nil, err
	}
	if !accept(reply) {
		return nil, ErrProtocol
	}
	records, _, err = lookupAnswer(reply, kind)
	return records, err
}

// lookupAnswer reads the records of one kind; cut says that there are more than
// a datagram holds.
func lookupAnswer(reply []byte, kind uint16) (records []dns.RR, cut bool, err error) {
	var m dns.Msg
	if err := m.Unpack(reply); err != nil {
		return nil, m.Truncated, fmt.Errorf("broken answer: %w", err)
	}
	switch m.Rcode {
	case dns.RcodeSuccess, dns.RcodeNameError:
	default:
		return nil, false, fmt.Errorf("the DNS server answers %s", dns.RcodeToString[m.Rcode])
	}
	for _, rr := range m.Answer {
		if rr.Header().Rrtype == kind && len(records) < maxRecords {
			records = append(records, rr)
		}
	}
	return records, m.Truncated, nil
}

// addresses are those of a name, of both families. Where only one of them was
// answered for, its addresses stand beside the error: small resolvers refuse to
// tell of a family that they have nothing of.
func (s *Session) addresses(ctx context.Context, resolvers []netip.AddrPort, name string) ([]netip.Addr, error) {
	var all []netip.Addr
	var failed error
	for _, kind := range []uint16{dns.TypeA, dns.TypeAAAA} {
		records, err := s.lookup(ctx, resolvers, name, kind)
		if err != nil {
			failed = err
		}
		for _, rr := range records {
			var a netip.Addr
			switch rr := rr.(type) {
			case *dns.A:
				a, _ = netip.AddrFromSlice(rr.A.To4())
			case *dns.AAAA:
				a, _ = netip.AddrFromSlice(rr.AAAA.To16())
			}
			if a.IsValid() {
				all = append(all, a)
			}
		}
	}
	return all, failed
}

// resolvers are the DNS servers to ask: the one that an option names, or those
// of this machine.
func resolvers(named string) ([]netip.AddrPort, error) {
	if named == "" {
		return netio.Resolvers()
	}
	if at, err := netip.ParseAddrPort(named); err == nil {
		return []netip.AddrPort{at}, nil
	}
	a, err := netip.ParseAddr(named)
	if err != nil {
		return nil, fmt.Errorf("%q is no address of a DNS server", named)
	}
	return []netip.AddrPort{netip.AddrPortFrom(a, resolverPort)}, nil
}
