package probe

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"regexp"
	"time"

	"github.com/miekg/dns"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
	"sekisho/internal/untrusted"
)

func init() {
	register(Probe{
		Name: "dns", Transport: exposure.TCP, Ports: []uint16{53}, TLSPorts: []uint16{853},
		ClientFirst: true, Blind: 3, Run: runDNSTCP,
		Tests: []Test{
			{Name: "dns", Port: 53, Options: []Option{{Name: "name"}, {Name: "zone"}}, Run: testDNS},
			{Name: "dot", Port: 853, Secure: true, Options: []Option{{Name: "name"}, {Name: "zone"}}, Run: testDNS},
			{Name: "doh", Port: 443, Secure: true, Options: []Option{{Name: "name"}, {Name: "path", Default: dohPath}}, Run: testDoH},
		},
	})
	register(Probe{
		Name: "dns", Transport: exposure.UDP, Ports: []uint16{53, 8600}, Blind: 1, Run: runDNSUDP,
		Hello: func(nonce uint64) []byte { return dnsVersion.pack(uint16(nonce)) },
		Match: dnsReplies,
	})
}

// The questions of the recognition. None makes a resolver ask anybody else, for a check of
// a machine must not make that machine send: the version is in class CHAOS,
// where there is nothing to recurse to, and the name of 127.0.0.1 is a zone
// that every server serves itself (RFC 6303 section 4.2), and of the root a
// server tells what it has at hand; recursion is not desired in any. Whether the server would recurse for us is its own word,
// the RA flag of its answer to the second (RFC 1035 section 4.1.1); BIND sets
// it by the client's address, and never in class CHAOS.
var (
	dnsVersion = dnsQuestion{"version.bind.", dns.TypeTXT, dns.ClassCHAOS}
	dnsLocal   = dnsQuestion{"1.0.0.127.in-addr.arpa.", dns.TypePTR, dns.ClassINET}
	dnsRoot    = dnsQuestion{".", dns.TypeNS, dns.ClassINET} // the usual question of a flood
)

var dnsProducts = []pattern{
	{"Unbound", regexp.MustCompile(`(?i)^unbound(?: (?P<version>\d[\w.-]*))?`)},
	{"dnsmasq", regexp.MustCompile(`(?i)^dnsmasq-(?P<version>\d[\w.-]*)`)},
	{"PowerDNS Recursor", regexp.MustCompile(`^PowerDNS Recursor (?P<version>\d[\w.-]*)`)},
	{"PowerDNS", regexp.MustCompile(`^PowerDNS Authoritative Server (?P<version>\d[\w.-]*)`)},
	{"Knot DNS", regexp.MustCompile(`^Knot DNS (?P<version>\d[\w.-]*)`)},
	{"Knot Resolver", regexp.MustCompile(`(?i)^Knot Resolver,? (?P<version>\d[\w.-]*)`)},
	{"NSD", regexp.MustCompile(`^NSD (?P<version>\d[\w.-]*)`)},
	{"CoreDNS", regexp.MustCompile(`^CoreDNS-(?P<version>\d[\w.-]*)`)},
	{"Microsoft DNS", regexp.MustCompile(`^Microsoft DNS (?P<version>\d[\w.]*)`)},
	{"BIND", regexp.MustCompile(`^(?:BIND )?(?P<version>(?:9|8|4)\.\d+\.[\w.+~-]+)`)},
}

// runDNSUDP asks over UDP, and then whether TCP works too, which every server
// owes (RFC 7766 section 5).
func runDNSUDP(ctx context.Context, s *Session) (exposure.Service, error) {
	svc, err := s.dnsAsk(func(query []byte) ([]byte, error) {
		return s.Exchange(ctx, query, func(reply []byte) bool { return dnsReplies(query, reply) })
	})
	if svc.Confidence == exposure.NoConfidence {
		return svc, err
	}
	s.Learn(svc)
	if works, known := s.dnsOverTCP(ctx); known {
		svc.Facts["tcp"] = works
	}
	s.Learn(svc)
	if v, failed := s.volley(ctx, dnsRoot.pack(uint16(s.peer.nonce()))); failed == nil {
		v.keep(svc.Facts, "dns-root")
	}
	return svc, err
}

// dnsTCPTime is what the question over TCP may take of a probe over UDP.
const dnsTCPTime = 1500 * time.Millisecond

// dnsOverTCP asks one question over TCP. A silent port may be filtered for us
// alone, so it is not known to fail.
func (s *Session) dnsOverTCP(ctx context.Context) (works, known bool) {
	ctx, cancel := context.WithTimeout(ctx, dnsTCPTime)
	defer cancel()
	c, err := s.dialPort(ctx, exposure.TCP, s.peer.at.Port())
	var network *netio.Error
	if errors.As(err, &network) {
		return false, network.Reason == exposure.ConnRefused
	}
	if err != nil {
		return false, false
	}
	defer c.Close()
	_, err = dnsStream(c, dnsVersion.pack(uint16(s.peer.nonce())))
	return err == nil, err == nil
}

// runDNSTCP asks over TCP, or inside TLS (RFC 7858).
func runDNSTCP(ctx context.Context, s *Session) (exposure.Service, error) {
	c, err := s.Connect(ctx)
	if err != nil {
		return exposure.Service{}, err
	}
	defer c.Close()
	svc, err := s.dnsAsk(func(query []byte) ([]byte, error) { return dnsStream(c, query) })
	if svc.Confidence != exposure.NoConfidence {
		svc.Facts["tcp"] = true
	}
	return svc, err
}

// dnsStream exchanges messages that have their length before them (RFC 1035
// section 4.2.2).
func dnsStream(c io.ReadWriter, query []byte) ([]byte, error) {
	framed := binary.BigEndian.AppendUint16(nil, uint16(len(query)))
	if _, err := c.Write(append(framed, query...)); err != nil {
		return nil, err
	}
	reply, err := dnsFrame(c, query)
	if err == nil && !dnsReplies(query, reply) {
		return nil, ErrProtocol
	}
	return reply, err
}

// dnsFrame reads one message that has the id of the query.
func dnsFrame(c io.Reader, query []byte) ([]byte, error) {
	var length [2]byte
	if _, err := io.ReadFull(c, length[:]); err != nil {
		return nil, err
	}
	// What comes is read before its length is believed for 64 KiB of memory.
	reply := make([]byte, 0, 512)
	for want := int(binary.BigEndian.Uint16(length[:])); len(reply) < want; {
		chunk := make([]byte, min(want-len(reply), 4096))
		n, err := c.Read(chunk)
		reply = append(reply, chunk[:n]...)
		if len(reply) >= 2 && (reply[0] != query[0] || reply[1] != query[1]) {
			return nil, ErrProtocol
		}
		if err != nil {
			return nil, err
		}
	}
	if len(reply) < dnsHeader {
		return nil, ErrProtocol
	}
	return reply, nil
}

// dnsAsk puts the two questions and keeps what the answers tell.
func (s *Session) dnsAsk(exchange func(query []byte) ([]byte, error)) (exposure.Service, error) {
	reply, err := exchange(dnsVersion.pack(uint16(s.peer.nonce())))
	if err != nil {
		return exposure.Service{}, s.fail("ask version", err)
	}
	svc := exposure.Service{Protocol: "dns", Confidence: exposure.Confirmed, Facts: exposure.Facts{}}
	version, err := parseDNS(reply)
	if err != nil {
		return svc, s.fail("read version", err)
	}
	if len(version.texts) > 0 && version.rcode == dns.RcodeSuccess {
		told := version.texts[0]
		svc.Facts["version_bind"] = untrusted.New(told, maxFact)
		svc.Banner = untrusted.New(told, maxBanner)
		svc.Product, svc.Version = match(dnsProducts, told)
	}
	dnsKeep(svc.Facts, version)
	s.Learn(svc)
	reply, err = exchange(dnsLocal.pack(uint16(s.peer.nonce())))
	if err != nil {
		return svc, s.fail("ask recursion", err)
	}
	local, err := parseDNS(reply)
	svc.Facts["recursion"] = local.recurses()
	if err != nil {
		return svc, s.fail("read recursion", err)
	}
	dnsKeep(svc.Facts, local)
	return svc, nil
}

// dnsKeep keeps what any answer may tell: the server's id, and whether it
// understands DNSSEC, which it says by returning the DO flag (RFC 3225).
func dnsKeep(facts exposure.Facts, a dnsAnswer) {
	if a.nsid != "" {
		facts["nsid"] = untrusted.New(a.nsid, maxFact)
	}
	facts["edns"] = a.edns
	if a.edns {
		facts["dnssec"] = a.dnssec
	}
}
