package probe

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/miekg/dns"
)

// dnsPayload is the size of answer that we offer to take, which crosses any
// path unfragmented (RFC 6891 section 6.2.5).
const dnsPayload = 1232

// dnsQuestion is one thing to ask.
type dnsQuestion struct {
	name  string
	kind  uint16
	class uint16
}

// dnsAnswer is what a reply told.
type dnsAnswer struct {
	rcode         int
	recursion     bool // the RA flag
	authoritative bool // the AA flag
	authentic     bool // the AD flag: the server has checked the signatures (RFC 4035 section 3.2.3)
	truncated     bool
	edns          bool
	dnssec        bool // the DO flag came back
	signed        bool // there is a signature among the answers
	nsid          string
	texts         []string // TXT strings of the answer section
	records       []dns.RR // the answer section
	zone          string   // owner of the SOA record that was answered or named as the authority
}

// recurses reports whether the server resolves names for us, as far as its
// flags tell: some set RA in what they refuse.
func (a dnsAnswer) recurses() bool { return a.recursion && a.rcode != dns.RcodeRefused }

// pack makes the query, with recursion not desired.
func (q dnsQuestion) pack(id uint16) []byte { return q.query(id, false) }

// query makes the query, with EDNS, DO and an empty NSID option that asks for
// the server's (RFC 5001).
func (q dnsQuestion) query(id uint16, recurse bool) []byte {
	m := dns.Msg{
		MsgHdr:   dns.MsgHdr{Id: id, RecursionDesired: recurse},
		Question: []dns.Question{{Name: q.name, Qtype: q.kind, Qclass: q.class}},
	}
	m.SetEdns0(dnsPayload, true)
	opt := m.IsEdns0()
	opt.Option = append(opt.Option, &dns.EDNS0_NSID{Code: dns.EDNS0NSID})
	b, err := m.Pack()
	if err != nil {
		panic(fmt.Sprintf("query %q cannot be packed: %v", q.name, err)) // the names are constants of this package or passed dnsName
	}
	return b
}

// dnsHeader is the size of the fixed part of a message.
const dnsHeader = 12

// dnsReplies reports whether a datagram is a reply to a query: same id, the
// response flag, and the same question or, where it refuses or answers all the
// same, none.
func dnsReplies(query, b []byte) bool {
	if len(b) < dnsHeader || len(query) < dnsHeader || b[0] != query[0] || b[1] != query[1] || b[2]&0x80 == 0 {
		return false
	}
	if b[4] == 0 && b[5] == 0 {
		var said dns.Msg
		return b[3]&0x0f != dns.RcodeSuccess || said.Unpack(b) == nil && len(said.Answer) > 0
	}
	var asked, said dns.Msg
	if asked.Unpack(query) != nil {
		return false
	}
	// A reply that is broken behind its question still is one.
	_ = said.Unpack(b)
	return len(said.Question) == 1 && len(asked.Question) == 1 &&
		strings.EqualFold(said.Question[0].Name, asked.Question[0].Name) &&
		said.Question[0].Qtype == asked.Question[0].Qtype && said.Question[0].Qclass == asked.Question[0].Qclass
}

// parseDNS reads a reply. A broken one is an error beside the flags of its
// header, which stand on their own.
func parseDNS(b []byte) (dnsAnswer, error) {
	var m dns.Msg
	err := m.Unpack(b)
	a := dnsAnswer{
		rcode: m.Rcode, recursion: m.RecursionAvailable, truncated: m.Truncated,
		authoritative: m.Authoritative, authentic: m.AuthenticatedData,
	}
	if err != nil {
		return a, fmt.Errorf("broken message: %w", err)
	}
	if opt := m.IsEdns0(); opt != nil {
		a.edns, a.dnssec = true, opt.Do()
		for _, o := range opt.Option {
			if id, ok := o.(*dns.EDNS0_NSID); ok && id.Nsid != "" {
				a.nsid = dnsNSID(id.Nsid)
			}
		}
	}
	a.records = m.Answer
	for _, rr := range m.Answer {
		switch rr := rr.(type) {
		case *dns.TXT:
			if len(a.texts) < 8 {
				a.texts = append(a.texts, dnsText(rr.Txt))
			}
		case *dns.RRSIG:
			a.signed = true
		}
	}
	for _, rr := range append(m.Answer, m.Ns...) {
		if soa, ok := rr.(*dns.SOA); ok {
			a.zone = soa.Hdr.Name
		}
	}
	return a, nil
}

// dnsNSID is the server's id as the bytes that it sent; the library hands it
// out in hexadecimal. Ids are text by custom only.
func dnsNSID(nsid string) string {
	b, err := hex.DecodeString(nsid)
	if err != nil {
		return nsid
	}
	return string(b)
}

// dnsText joins the strings of a TXT record and undoes the library's escapes:
// what goes into a fact are the bytes of the peer.
func dnsText(parts []string) string {
	s := strings.Join(parts, "")
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		if i+3 < len(s) && dnsDigits(s[i+1:i+4]) {
			b.WriteByte((s[i+1]-'0')*100 + (s[i+2]-'0')*10 + (s[i+3] - '0'))
			i += 3
			continue
		}
		i++
		b.WriteByte(s[i])
	}
	return b.String()
}

func dnsDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
