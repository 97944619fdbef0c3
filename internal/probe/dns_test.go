package probe

import (
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"sekisho/internal/exposure"
)

// TestDNSOverUDP talks to a server of the library over loopback, which is fine
// with TCP too; its answers come in another case than the questions.
func TestDNSOverUDP(t *testing.T) {
	t.Parallel()
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", socket.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	handler := dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		if q.RecursionDesired {
			t.Error("the probe desires recursion")
		}
		m.RecursionAvailable = q.Question[0].Qclass == dns.ClassINET
		m.Question[0].Name = strings.ToUpper(m.Question[0].Name)
		if q.Question[0].Qclass == dns.ClassCHAOS {
			m.Answer = []dns.RR{&dns.TXT{
				Hdr: dns.RR_Header{Name: m.Question[0].Name, Rrtype: dns.TypeTXT, Class: dns.ClassCHAOS},
				Txt: []string{"unbound 1.", "17.1"},
			}}
		}
		_ = w.WriteMsg(m)
	})
	for _, s := range []*dns.Server{{PacketConn: socket, Handler: handler}, {Listener: l, Handler: handler}} {
		go func() { _ = s.ActivateAndServe() }()
		t.Cleanup(func() { _ = s.Shutdown() })
	}
	at := netip.MustParseAddrPort(socket.LocalAddr().String())
	svc := Identify(t.Context(), exposure.Target{Address: at.Addr()}, exposure.UDP, at.Port(), Options{Timeout: 20 * time.Second})
	recursion, known := svc.Facts.Bool("recursion")
	tcp, _ := svc.Facts.Bool("tcp")
	if svc.Product.Raw() != "Unbound" || svc.Version.Raw() != "1.17.1" || !recursion || !known || !tcp || svc.Error != "" {
		t.Errorf("found %+v", svc)
	}
}

// TestUDPPortUnreach asks a port that nobody has.
func TestUDPPortUnreach(t *testing.T) {
	t.Parallel()
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := netip.MustParseAddrPort(socket.LocalAddr().String())
	if err := socket.Close(); err != nil {
		t.Fatal(err)
	}
	svc := Identify(t.Context(), exposure.Target{Address: at.Addr()}, exposure.UDP, at.Port(), Options{Timeout: 20 * time.Second})
	if svc.Confidence != exposure.Assigned || svc.Error != "dns: ask version: icmp port-unreach: connection refused" {
		t.Errorf("found %+v", svc)
	}
}

func TestDNSReplies(t *testing.T) {
	query := dnsVersion.pack(0x1234)
	reply := append([]byte{}, query...)
	reply[2] |= 0x80
	with := func(change func(b []byte)) []byte {
		b := append([]byte{}, reply...)
		change(b)
		return b
	}
	for name, c := range map[string]struct {
		reply []byte
		want  bool
	}{
		"right":          {reply, true},
		"another-id":     {with(func(b []byte) { b[1]++ }), false},
		"a-query":        {with(func(b []byte) { b[2] &^= 0x80 }), false},
		"another-name":   {with(func(b []byte) { b[14] = 'x' }), false},
		"another-class":  {with(func(b []byte) { b[29] = 1 }), false},
		"case-of-name":   {with(func(b []byte) { b[13] = 'V' }), true},
		"no-question":    {with(func(b []byte) { b[3], b[5] = 5, 0 })[:dnsHeader], true},
		"nothing-at-all": {with(func(b []byte) { b[5] = 0 })[:dnsHeader], false},
		"cut-question":   {reply[:20], false},
		"empty":          {nil, false},
		"two-questions":  {with(func(b []byte) { b[5] = 2 }), false},
		"only-a-header":  {reply[:dnsHeader], false},
		"trailing-noise": {append(with(func([]byte) {}), "noise"...), true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := dnsReplies(query, c.reply); got != c.want {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

// TestHellos holds what a scan is given: small, harmless, different by nonce,
// and recognised by its own Match.
func TestHellos(t *testing.T) {
	found := Hellos(53)
	if len(found) != 1 || found[0].Name != "dns" || len(Hellos(54)) != 0 {
		t.Fatalf("probes of port 53: %v", found)
	}
	hello := found[0].Hello(0x10042)
	if len(hello) > 64 || hello[0] != 0 || hello[1] != 0x42 || hello[2]&0x01 != 0 {
		t.Errorf("hello % x: over 64 bytes, another id, or recursion desired", hello)
	}
	if reply := append([]byte{0, 0x42, 0x80}, hello[3:]...); !found[0].Match(hello, reply) || found[0].Match(found[0].Hello(1), reply) {
		t.Error("the match does not tell its own answer from another")
	}
}
