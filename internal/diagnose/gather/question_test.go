package gather

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/miekg/dns"

	"sekisho/internal/exposure"
)

// replied is a packed answer to a question for the addresses of www.home.example.
func replied(t testing.TB, change func(*dns.Msg)) []byte {
	t.Helper()
	m := new(dns.Msg)
	m.SetQuestion("www.home.example.", dns.TypeA)
	m.Id, m.Response = 7, true
	change(m)
	b, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func rr(t testing.TB, text string) dns.RR {
	t.Helper()
	r, err := dns.NewRR(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var asked = question{"www.home.example.", dns.TypeA, true}

func TestAnswers(t *testing.T) {
	many := func(m *dns.Msg) {
		for i := range 3000 {
			m.Answer = append(m.Answer, &dns.A{Hdr: dns.RR_Header{Name: "www.home.example.", Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 5}, A: net.IPv4(26, 1, byte(i>>8), byte(i))})
		}
		m.Compress = true
	}
	for name, c := range map[string]struct {
		change  func(*dns.Msg)
		outcome exposure.NameOutcome
		count   int
		more    int
		ttl     uint32
		aliases int
	}{
		"found": {func(m *dns.Msg) {
			m.Answer = []dns.RR{rr(t, "www.home.example. 300 A 26.10.0.2"), rr(t, "WWW.home.example. 60 A 26.10.0.3"), rr(t, "other.example. 1 A 26.10.0.4")}
		}, exposure.NameFound, 2, 0, 60, 0},
		"through aliases": {func(m *dns.Msg) {
			m.Answer = []dns.RR{rr(t, "www.home.example. 300 CNAME a.example."), rr(t, "a.example. 20 CNAME b.example."), rr(t, "b.example. 60 A 26.10.0.2")}
		}, exposure.NameFound, 1, 0, 20, 2},
		"aliases in a circle": {func(m *dns.Msg) {
			m.Answer = []dns.RR{rr(t, "www.home.example. 300 CNAME a.example."), rr(t, "a.example. 20 CNAME www.home.example.")}
		}, exposure.NameMalformed, 0, 0, 0, 0},
		"no data": {func(m *dns.Msg) {
			m.Ns = []dns.RR{rr(t, "home.example. 900 SOA ns.home.example. me.home.example. 1 1 1 1 120")}
		}, exposure.NameNoData, 0, 0, 120, 0},
		"no such name": {func(m *dns.Msg) {
			m.Rcode = dns.RcodeNameError
			m.Ns = []dns.RR{rr(t, "home.example. 30 SOA ns.home.example. me.home.example. 1 1 1 1 120")}
		}, exposure.NameNoSuch, 0, 0, 30, 0},
		"fails":            {func(m *dns.Msg) { m.Rcode = dns.RcodeServerFailure }, exposure.NameServerFailure, 0, 0, 0, 0},
		"refuses":          {func(m *dns.Msg) { m.Rcode = dns.RcodeRefused }, exposure.NameRefused, 0, 0, 0, 0},
		"not understood":   {func(m *dns.Msg) { m.Rcode = dns.RcodeFormatError }, exposure.NameMalformed, 0, 0, 0, 0},
		"another number":   {func(m *dns.Msg) { m.Id = 8 }, exposure.NameMalformed, 0, 0, 0, 0},
		"another question": {func(m *dns.Msg) { m.Question[0].Name = "home.example." }, exposure.NameMalformed, 0, 0, 0, 0},
		"no question":      {func(m *dns.Msg) { m.Question = nil }, exposure.NameMalformed, 0, 0, 0, 0},
		"3000 addresses":   {many, exposure.NameFound, maxAddresses, 3000 - maxAddresses, 5, 0},
	} {
		t.Run(name, func(t *testing.T) {
			a := parseAnswer(replied(t, c.change), 7, asked)
			if a.outcome != c.outcome || len(a.addresses) != c.count || a.more != c.more || a.ttl != c.ttl || len(a.aliases) != c.aliases {
				t.Errorf("%+v", a)
			}
		})
	}
}

// FuzzAnswer: whatever comes is bounded, and none of it is a crash.
func FuzzAnswer(f *testing.F) {
	f.Add(replied(f, func(m *dns.Msg) {
		m.Answer = []dns.RR{rr(f, "www.home.example. 300 CNAME a.example."), rr(f, "a.example. 60 A 26.10.0.2")}
		m.Ns = []dns.RR{rr(f, "home.example. 900 SOA ns.home.example. me.home.example. 1 1 1 1 120")}
		m.Extra = []dns.RR{rr(f, "ns.home.example. 900 AAAA 2608::1")}
		m.Compress = true
	}))
	// A name that points to itself (RFC 1035 section 4.1.4).
	f.Add([]byte("\x00\x07\x84\x00\x00\x01\x00\x01\x00\x00\x00\x00\x03www\x04home\x07example\x00\x00\x01\x00\x01\xc0\x22\x00\x01\x00\x01\x00\x00\x00\x05\x00\x04\x1a\x0a\x00\x02"))
	f.Add([]byte("\x00\x07\x84"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if !answers([]byte{0, 7}, b) {
			return
		}
		truncated(b)
		a := parseAnswer(b, 7, asked)
		if len(a.addresses) > maxAddresses || len(a.aliases) > maxAliases || len(a.servers) > maxServers {
			t.Errorf("%+v", a)
		}
		if a.outcome == "" {
			t.Error("no outcome")
		}
		a.told(exposure.NameResolver, "", dns.TypeA)
	})
}

// A server that cuts its answer is asked again over TCP; one that is silent, or
// that says nonsense, ends in time.
func TestAsk(t *testing.T) {
	whole := func(query []byte, change func(*dns.Msg)) []byte {
		var q dns.Msg
		if q.Unpack(query) != nil {
			return nil
		}
		r := new(dns.Msg)
		r.SetReply(&q)
		change(r)
		b, _ := r.Pack()
		return b
	}
	t.Run("cut", func(t *testing.T) {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		at := ln.Addr().(*net.TCPAddr).AddrPort()
		pc, err := net.ListenPacket("udp", at.String())
		if err != nil {
			t.Fatal(err)
		}
		defer pc.Close()
		go func() {
			b := make([]byte, 512)
			for {
				n, from, err := pc.ReadFrom(b)
				if err != nil {
					return
				}
				_, _ = pc.WriteTo(whole(b[:n], func(m *dns.Msg) { m.Truncated = true }), from)
			}
		}()
		go func() {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			defer c.Close()
			b := make([]byte, 512)
			n, _ := c.Read(b)
			if n < 3 {
				return
			}
			r := whole(b[2:n], func(m *dns.Msg) { m.Answer = []dns.RR{rr(t, "www.home.example. 300 A 26.10.0.2")} })
			_, _ = c.Write(append([]byte{byte(len(r) >> 8), byte(len(r))}, r...))
		}()
		if a := ask(t.Context(), at, asked); a.outcome != exposure.NameFound || a.addresses[0] != netip.MustParseAddr("26.10.0.2") {
			t.Errorf("%+v", a)
		}
	})
	t.Run("nobody", func(t *testing.T) {
		pc, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		at := pc.LocalAddr().(*net.UDPAddr).AddrPort()
		pc.Close()
		if a := ask(t.Context(), at, asked); a.outcome != exposure.NameUnreachable {
			t.Errorf("%+v", a)
		}
	})
	t.Run("hangs", func(t *testing.T) {
		pc, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer pc.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		if a := ask(ctx, pc.LocalAddr().(*net.UDPAddr).AddrPort(), asked); a.outcome != exposure.NameNoResponse {
			t.Errorf("%+v", a)
		}
	})
}
