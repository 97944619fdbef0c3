package probe

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/miekg/dns"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

func init() {
	register(Probe{
		Name: "mdns", Transport: exposure.UDP, Ports: []uint16{5353}, Match: mdnsReplies, Tell: mdnsTell,
		Hello: func(nonce uint64) []byte { return mdnsPack(uint16(nonce>>32), mdnsKinds) },
		Tests: []Test{{Name: "mdns", Port: 5353, Run: testMDNS}},
	})
	register(Probe{
		Name: "llmnr", Transport: exposure.UDP, Ports: []uint16{5355}, Match: dnsReplies, Silent: true, Tell: llmnrTell,
		Hello: func(nonce uint64) []byte { return mdnsPack(uint16(nonce>>48), "1.0.0.127.in-addr.arpa.") },
	})
}

// mdnsKinds is asked for the kinds of service that there are (RFC 6763 section 9).
const mdnsKinds = "_services._dns-sd._udp.local."

// maxMDNSKinds bounds the kinds of service that are kept.
const maxMDNSKinds = 32

// mdnsReplies wants an answer as responders give it: without an error, with
// authority, and with something to tell, since who has nothing stays silent (RFC
// 6762 sections 6, 18.4 and 18.11). Another server of names refuses the question.
func mdnsReplies(hello, b []byte) bool {
	const authoritative, rcode = 0x04, 0x0f
	return dnsReplies(hello, b) && b[2]&authoritative != 0 && b[3]&rcode == 0 && b[6]|b[7] != 0
}

// mdnsTell keeps the kinds of service that the host announces.
func mdnsTell(reply []byte, svc *exposure.Service) {
	if kinds := mdnsPointers(reply); len(kinds) > 0 {
		svc.Facts["announced"] = texts(kinds, maxMDNSKinds)
	}
}

// llmnrTell keeps the name of the host.
func llmnrTell(reply []byte, svc *exposure.Service) {
	if names := mdnsPointers(reply); len(names) > 0 {
		svc.Facts["hostname"] = untrusted.New(strings.TrimSuffix(names[0], "."), maxFact)
	}
}

// mdnsPointers are the names that a reply points to.
func mdnsPointers(reply []byte) (names []string) {
	var m dns.Msg
	_ = m.Unpack(reply) // what stands before a broken end counts
	for _, rr := range m.Answer {
		if ptr, ok := rr.(*dns.PTR); ok {
			names = append(names, mdnsPlain(ptr.Ptr))
		}
	}
	return names
}

// mdnsPack makes a plain query for pointers. Of multicast DNS it asks which
// kinds of service there are (RFC 6763 section 9). Coming from another port
// than 5353 it is answered by unicast with its id and question, as a resolver
// that knows nothing of multicast needs it (RFC 6762 section 6.7); that is more
// than the unicast-response bit gets, whose answer has no id. Of LLMNR it asks
// the name of the loopback address; by RFC 4795 section 2.4 a query over UDP is
// to be answered only when it came by multicast, which not all hold to.
func mdnsPack(id uint16, name string) []byte {
	m := dns.Msg{
		MsgHdr:   dns.MsgHdr{Id: id},
		Question: []dns.Question{{Name: name, Qtype: dns.TypePTR, Qclass: dns.ClassINET}},
	}
	b, err := m.Pack()
	if err != nil {
		panic(fmt.Sprintf("query %q cannot be packed: %v", name, err)) // the names are constants of this file
	}
	return b
}

// mdnsPlain is a name as people gave it: those of services hold blanks, dots and
// letters of any script (RFC 6763 section 4.1.1), which DNS writes with
// backslashes and numbers (RFC 1035 section 5.1).
func mdnsPlain(name string) string {
	var plain []byte
	for i := 0; i < len(name); i++ {
		if name[i] != '\\' || i+1 == len(name) {
			plain = append(plain, name[i])
			continue
		}
		i++
		if number, err := strconv.ParseUint(name[i:min(i+3, len(name))], 10, 8); err == nil && i+3 <= len(name) {
			plain = append(plain, byte(number))
			i += 2
			continue
		}
		plain = append(plain, name[i])
	}
	return string(plain)
}
