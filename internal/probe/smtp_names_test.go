package probe

import (
	"context"
	"net/netip"
	"testing"

	"github.com/miekg/dns"
)

// TestMailTargetsOfOneFamily has a resolver that refuses to tell of IPv6, as
// those of home routers do that have nothing of it: the addresses of IPv4 count,
// and so does one host of a domain whose other one has none.
func TestMailTargetsOfOneFamily(t *testing.T) {
	known := map[string]string{
		"home.example.":     "home.example. 60 IN MX 10 gone.home.example.",
		"mx1.home.example.": "mx1.home.example. 60 IN A 192.0.2.7",
	}
	at := fixedPeer(nil)
	at.exchange = func(_ context.Context, _ netip.AddrPort, query []byte, _ func([]byte) bool) ([]byte, error) {
		var q dns.Msg
		if err := q.Unpack(query); err != nil {
			return nil, err
		}
		answer := new(dns.Msg).SetReply(&q)
		record, ok := known[q.Question[0].Name]
		if !ok || q.Question[0].Qtype == dns.TypeAAAA {
			answer.Rcode = dns.RcodeRefused
			return answer.Pack()
		}
		for _, text := range []string{record, "home.example. 60 IN MX 20 mx1.home.example."} {
			rr, err := dns.NewRR(text)
			if err != nil {
				return nil, err
			}
			if rr.Header().Rrtype == q.Question[0].Qtype {
				answer.Answer = append(answer.Answer, rr)
			}
		}
		return answer.Pack()
	}
	targets, err := smtpTargets(t.Context(), at, "home.example", "192.0.2.1")
	if err != nil || len(targets) != 1 || targets[0].Name != "mx1.home.example" || targets[0].Address != netip.MustParseAddr("192.0.2.7") {
		t.Errorf("%v, %v", targets, err)
	}
	if targets, err = smtpTargets(t.Context(), at, "nowhere.example", "192.0.2.1"); err == nil || len(targets) != 0 {
		t.Errorf("of a domain that is refused: %v, %v", targets, err)
	}
}
