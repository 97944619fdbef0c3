package gather

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net/netip"
	"strings"
	"time"

	"github.com/miekg/dns"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
	"sekisho/internal/untrusted"
)

// Bounds of one question: a server that hangs holds up nobody, aliases that lead
// in a circle end, and of ten thousand addresses a few are kept.
const (
	questionTime  = 2500 * time.Millisecond
	maxAliases    = 16
	maxAddresses  = 64
	maxNameText   = 255
	answerPayload = 1232 // of a datagram, as the DNS flag day of 2020 has it
)

// question is one record of a name that a server is asked for.
type question struct {
	name    string // with the dot at the end
	kind    uint16 // of the record
	recurse bool   // whether the server may ask others
}

// answer is what came of a question.
type answer struct {
	outcome   exposure.NameOutcome
	mastered  bool // by the authority for the name
	aliases   []string
	last      string // that the aliases lead to
	addresses []netip.Addr
	more      int
	servers   []string // of an NS question
	glue      map[string][]netip.Addr
	zone      string // of the SOA that came with it, with the dot
	ttl       uint32
	timed     bool
}

// ask puts a question to a server, over TCP when the answer did not fit into a
// datagram (RFC 7766 section 5).
func ask(ctx context.Context, server netip.AddrPort, q question) answer {
	m := new(dns.Msg)
	m.SetQuestion(q.name, q.kind)
	m.RecursionDesired = q.recurse
	m.SetEdns0(answerPayload, false)
	query, err := m.Pack()
	if err != nil {
		return answer{outcome: exposure.NameLocalError}
	}
	ctx, cancel := context.WithTimeout(ctx, questionTime)
	defer cancel()
	dialer := &netio.Dialer{Limits: netio.Limits{Bytes: dns.MaxMsgSize + 2}}
	reply, err := netio.Exchange(ctx, dialer, server, query, func(b []byte) bool { return answers(query, b) })
	if err == nil && truncated(reply) {
		reply, err = stream(ctx, dialer, server, query)
	}
	if err != nil {
		return answer{outcome: outcomeOf(err)}
	}
	return parseAnswer(reply, m.Id, q)
}

// truncated reports whether an answer says that it is not all of it.
func truncated(reply []byte) bool { return reply[2]&2 != 0 }

// answers reports whether a datagram is an answer to the query: whoever does not
// know its number has not seen it.
func answers(query, reply []byte) bool {
	const header = 12
	return len(reply) >= header && reply[0] == query[0] && reply[1] == query[1] && reply[2]&0x80 != 0
}

// errAnswer is an answer to something else.
var errAnswer = errors.New("answers another question")

// stream asks over TCP, where the length stands before a message (RFC 1035
// section 4.2.2).
func stream(ctx context.Context, dialer *netio.Dialer, server netip.AddrPort, query []byte) ([]byte, error) {
	c, err := dialer.Dial(ctx, exposure.TCP, server)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if _, err := c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(query))), query...)); err != nil {
		return nil, err
	}
	var length [2]byte
	if _, err := io.ReadFull(c, length[:]); err != nil {
		return nil, err
	}
	reply := make([]byte, binary.BigEndian.Uint16(length[:]))
	if _, err := io.ReadFull(c, reply); err != nil {
		return nil, err
	}
	if !answers(query, reply) {
		return nil, errAnswer
	}
	return reply, nil
}

// outcomeOf is what a question came to that nobody answered.
func outcomeOf(err error) exposure.NameOutcome {
	var failed *netio.Error
	switch {
	case !errors.As(err, &failed):
		return exposure.NameMalformed
	case failed.Reason == exposure.NoResponse:
		return exposure.NameNoResponse
	case failed.Reason == exposure.LocalError:
		return exposure.NameLocalError
	case failed.Reason == exposure.ProtoResponse:
		return exposure.NameMalformed
	}
	return exposure.NameUnreachable
}

// parseAnswer reads a message of a server. It is bounded whatever the message
// claims: names that point to one another end in the library, aliases here.
func parseAnswer(reply []byte, id uint16, q question) answer {
	var m dns.Msg
	if err := m.Unpack(reply); err != nil || m.Id != id || !m.Response || len(m.Question) != 1 ||
		!strings.EqualFold(m.Question[0].Name, q.name) || m.Question[0].Qtype != q.kind {
		return answer{outcome: exposure.NameMalformed}
	}
	a := answer{mastered: m.Authoritative, last: dns.CanonicalName(q.name)}
	switch m.Rcode {
	case dns.RcodeSuccess:
		a.outcome = exposure.NameNoData
	case dns.RcodeNameError:
		a.outcome = exposure.NameNoSuch
	case dns.RcodeServerFailure:
		a.outcome = exposure.NameServerFailure
		return a
	case dns.RcodeRefused:
		a.outcome = exposure.NameRefused
		return a
	default:
		a.outcome = exposure.NameMalformed
		return a
	}
	if !a.follow(m.Answer) {
		return answer{outcome: exposure.NameMalformed}
	}
	a.collect(m.Answer, q.kind)
	if len(a.addresses)+len(a.servers) > 0 {
		a.outcome = exposure.NameFound
	}
	a.authority(m.Ns)
	a.hints(m.Extra)
	return a
}

// follow goes along the aliases from the name that was asked for. It is false
// when they lead in a circle.
func (a *answer) follow(records []dns.RR) bool {
	to := map[string]*dns.CNAME{}
	for _, r := range records {
		if c, ok := r.(*dns.CNAME); ok {
			to[dns.CanonicalName(c.Hdr.Name)] = c
		}
	}
	for {
		c, ok := to[a.last]
		if !ok {
			return true
		}
		if len(a.aliases) == maxAliases {
			return false
		}
		a.last = dns.CanonicalName(c.Target)
		a.aliases = append(a.aliases, a.last)
		a.within(c.Hdr.Ttl)
	}
}

// collect takes the records of the name that the aliases lead to.
func (a *answer) collect(records []dns.RR, kind uint16) {
	for _, r := range records {
		if dns.CanonicalName(r.Header().Name) != a.last || r.Header().Rrtype != kind {
			continue
		}
		a.within(r.Header().Ttl)
		switch r := r.(type) {
		case *dns.A, *dns.AAAA:
			switch address := addressOf(r); {
			case !address.IsValid():
			case len(a.addresses) == maxAddresses:
				a.more++
			default:
				a.addresses = append(a.addresses, address)
			}
		case *dns.NS:
			if len(a.servers) < maxServers {
				a.servers = append(a.servers, dns.CanonicalName(r.Ns))
			}
		}
	}
}

// authority reads the zone of an answer that denies something, and how long the
// denial may be kept (RFC 2308 section 5).
func (a *answer) authority(records []dns.RR) {
	for _, r := range records {
		if soa, ok := r.(*dns.SOA); ok {
			a.zone = dns.CanonicalName(soa.Hdr.Name)
			if a.outcome != exposure.NameFound {
				a.within(min(soa.Hdr.Ttl, soa.Minttl))
			}
		}
	}
}

// hints takes the addresses of servers that came with their names.
func (a *answer) hints(records []dns.RR) {
	a.glue = map[string][]netip.Addr{}
	for _, r := range records {
		if address := addressOf(r); address.IsValid() && len(a.glue) < maxServers {
			name := dns.CanonicalName(r.Header().Name)
			a.glue[name] = append(a.glue[name], address)
		}
	}
}

func addressOf(r dns.RR) netip.Addr {
	var address netip.Addr
	switch r := r.(type) {
	case *dns.A:
		address, _ = netip.AddrFromSlice(r.A)
	case *dns.AAAA:
		address, _ = netip.AddrFromSlice(r.AAAA)
	}
	return address.Unmap()
}

// within keeps the shortest time that any part of the answer may be kept.
func (a *answer) within(ttl uint32) {
	if !a.timed || ttl < a.ttl {
		a.ttl, a.timed = ttl, true
	}
}

// told is the answer as the document has it.
func (a answer) told(source exposure.NameSource, server string, kind uint16) exposure.NameAnswer {
	n := exposure.NameAnswer{Source: source, Server: server, Record: dns.TypeToString[kind], Outcome: a.outcome, Addresses: a.addresses, More: a.more}
	for _, alias := range a.aliases {
		n.Chain = append(n.Chain, untrusted.New(strings.TrimSuffix(alias, "."), maxNameText))
	}
	if a.timed {
		n.TTL = &a.ttl
	}
	return n
}
