package witness

import (
	"net/netip"
	"testing"
	"time"

	"sekisho/internal/cookie"
	"sekisho/internal/exposure"
	"sekisho/internal/wire/tcpip"
)

var (
	vantage = netip.MustParseAddr("26.10.0.1")
	router  = netip.MustParseAddr("26.10.0.2")
	home    = netip.MustParseAddr("192.168.77.10")
	foreign = netip.MustParseAddr("203.0.113.9")
	key     = cookie.Key{1, 2, 3}
	start   = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
)

// watch is that of a vantage which asks two ports of each kind by SYNs.
func watch() Watch {
	return Watch{
		Address: router, TCP: []uint16{80, 8080}, UDP: []uint16{53, 123}, Key: &key,
		Sources: []exposure.JobSource{{Transport: exposure.TCP, Address: vantage, First: 61000, Last: 61063}, {Transport: exposure.UDP, Address: vantage}},
		Payloads: func(port uint16, nonce uint64) [][]byte {
			if port == 53 {
				return [][]byte{{byte(nonce), byte(nonce >> 8), byte(nonce >> 16), byte(nonce >> 24), 1}}
			}
			return nil
		},
	}
}

// heard is a packet as the ledger is told of it.
type heard struct {
	f tcpip.Flow
	p passage
}

func in(f tcpip.Flow) heard { return heard{f, passage{link: "eth0", at: start}} }
func out(f tcpip.Flow) heard {
	return heard{f, passage{out: true, link: "eth0", at: start.Add(time.Second)}}
}

func on(link string, h heard) heard { h.p.link = link; return h }
func tagged(h heard) heard          { h.p.tagged = true; return h }

func ends(transport uint8, from, to netip.Addr, source, destination uint16) tcpip.Flow {
	return tcpip.Flow{
		Transport: transport, Ports: true, Source: from, Destination: to, Hops: 63,
		From: netip.AddrPortFrom(from, source), To: netip.AddrPortFrom(to, destination),
	}
}

// syn is a SYN that the vantage had sent to a port of the router, as it comes to
// this machine's port.
func syn(asked, source, port uint16) tcpip.Flow {
	f := ends(6, vantage, home, source, port)
	f.SYN, f.Sequence = true, uint32(key.Word(netip.AddrPortFrom(router, asked), source))
	return f
}

func changed(f tcpip.Flow, change func(*tcpip.Flow)) tcpip.Flow {
	change(&f)
	return f
}

func answer(f tcpip.Flow, change func(*tcpip.Flow)) tcpip.Flow {
	return changed(ends(f.Transport, f.Destination, f.Source, f.To.Port(), f.From.Port()), change)
}

func synAck(f *tcpip.Flow)   { f.SYN, f.ACK = true, true }
func reset(f *tcpip.Flow)    { f.RST, f.ACK = true, true }
func nothing(*tcpip.Flow)    {}
func loose(f *tcpip.Flow)    { f.Sequence ^= 1 }
func stranger(f *tcpip.Flow) { f.Source = foreign; f.From = netip.AddrPortFrom(foreign, f.From.Port()) }

// refusal is an ICMP error about a packet.
func refusal(f tcpip.Flow, kind, code uint8) tcpip.Flow {
	return tcpip.Flow{Transport: 1, Source: home, Destination: f.Source, Error: true, Type: kind, Code: code, Quoted: &f}
}

func datagram(asked, port uint16, nonce bool) tcpip.Flow {
	f := ends(17, vantage, home, 40000, port)
	if nonce {
		f.Body = watch().Payloads(asked, key.Word(netip.AddrPortFrom(router, asked), 0))[0]
	}
	return f
}

func TestLedger(t *testing.T) {
	type arrival struct {
		transport exposure.Transport
		port, to  uint16
		by        exposure.ArrivalProof
		answer    exposure.Reason
		packets   int
	}
	for name, c := range map[string]struct {
		change func(*Watch)
		heard  []heard
		want   []arrival
		strays int
		part   bool // not everything can have been seen
	}{
		"nothing":                        {},
		"silence":                        {heard: []heard{in(syn(80, 61001, 80)), in(syn(80, 61002, 80))}, want: []arrival{{exposure.TCP, 80, 80, exposure.ByCookie, "", 2}}},
		"open":                           {heard: []heard{in(syn(80, 61001, 80)), out(answer(syn(80, 61001, 80), synAck)), out(answer(syn(80, 61001, 80), reset))}, want: []arrival{{exposure.TCP, 80, 80, exposure.ByCookie, exposure.SynAck, 1}}},
		"refused":                        {heard: []heard{in(syn(80, 61001, 80)), out(answer(syn(80, 61001, 80), reset))}, want: []arrival{{exposure.TCP, 80, 80, exposure.ByCookie, exposure.Reset, 1}}},
		"prohibited":                     {heard: []heard{in(syn(80, 61001, 80)), out(refusal(syn(80, 61001, 80), 3, 13))}, want: []arrival{{exposure.TCP, 80, 80, exposure.ByCookie, exposure.AdminProhibited, 1}}},
		"open_second":                    {heard: []heard{in(syn(80, 61001, 80)), out(answer(syn(80, 61001, 80), reset)), in(syn(80, 61002, 80)), out(answer(syn(80, 61002, 80), synAck))}, want: []arrival{{exposure.TCP, 80, 80, exposure.ByCookie, exposure.SynAck, 2}}},
		"of_another_port_of_the_vantage": {heard: []heard{in(syn(80, 61001, 80)), out(answer(syn(80, 61002, 80), synAck))}, want: []arrival{{exposure.TCP, 80, 80, exposure.ByCookie, "", 1}}},
		"forward_to_another_port":        {heard: []heard{in(syn(8080, 61001, 80)), out(answer(syn(8080, 61001, 80), synAck))}, want: []arrival{{exposure.TCP, 8080, 80, exposure.ByCookie, exposure.SynAck, 1}}},
		"forward_and_handshake":          {heard: []heard{in(syn(8080, 61001, 80)), in(changed(syn(8080, 50000, 80), loose))}, want: []arrival{{exposure.TCP, 8080, 80, exposure.ByCookie, "", 2}}},
		"numbers_changed":                {heard: []heard{in(changed(syn(80, 61001, 80), loose))}, want: []arrival{{exposure.TCP, 80, 80, exposure.BySource, "", 1}}},
		"numbers_and_port_changed":       {heard: []heard{in(changed(syn(8080, 61001, 81), loose))}, strays: 1},
		"one_port,_all_changed":          {change: func(w *Watch) { w.TCP = []uint16{8080} }, heard: []heard{in(changed(syn(8080, 61001, 81), loose))}, want: []arrival{{exposure.TCP, 8080, 81, exposure.BySource, "", 1}}},
		"source_port_changed":            {heard: []heard{in(changed(syn(8080, 61001, 80), func(f *tcpip.Flow) { f.From = netip.AddrPortFrom(vantage, 1024) }))}, want: []arrival{{exposure.TCP, 8080, 80, exposure.ByCookie, "", 1}}},
		"vantage_behind_a_router":        {heard: []heard{in(changed(syn(80, 61001, 80), stranger))}, want: []arrival{{exposure.TCP, 80, 80, exposure.ByCookie, "", 1}}},
		"vantage_of_a_private_address":   {change: func(w *Watch) { w.Sources[0].Address, w.Sources[1].Address = home, home }, part: true},
		"a_stranger":                     {heard: []heard{in(changed(changed(syn(80, 61001, 80), stranger), loose))}},
		"a_router_that_relays":           {change: func(w *Watch) { w.near = []netip.Addr{foreign} }, heard: []heard{in(changed(changed(syn(80, 61001, 80), stranger), loose))}, strays: 1},
		"a_router_that_translates":       {heard: []heard{in(changed(syn(8080, 61001, 80), stranger))}, want: []arrival{{exposure.TCP, 8080, 80, exposure.ByCookie, "", 1}}},
		"anybody":                        {change: func(w *Watch) { *w = Watch{TCP: []uint16{80}} }, heard: []heard{in(changed(syn(80, 61001, 80), stranger))}, want: []arrival{{exposure.TCP, 80, 80, exposure.ByPort, "", 1}}},
		"spoilt":                         {heard: []heard{in(changed(syn(80, 61001, 80), func(f *tcpip.Flow) { f.Spoilt = true }))}},
		"no_syn":                         {heard: []heard{in(changed(syn(80, 61001, 80), synAck)), in(changed(syn(80, 61001, 80), func(f *tcpip.Flow) { f.SYN, f.ACK = false, true }))}},
		"bridge":                         {heard: []heard{in(syn(80, 61001, 80)), on("br0", in(syn(80, 61001, 80)))}, want: []arrival{{exposure.TCP, 80, 80, exposure.ByCookie, "", 1}}},
		"vlan_of_nobody":                 {heard: []heard{tagged(in(syn(80, 61001, 80)))}, strays: 1},
		"datagram":                       {heard: []heard{in(datagram(53, 53, true)), out(answer(datagram(53, 53, true), nothing))}, want: []arrival{{exposure.UDP, 53, 53, exposure.ByPayload, exposure.ProtoResponse, 1}}},
		"datagram_forward":               {heard: []heard{in(datagram(53, 5353, true))}, want: []arrival{{exposure.UDP, 53, 5353, exposure.ByPayload, "", 1}}},
		"datagram_empty":                 {heard: []heard{in(datagram(123, 123, false))}, want: []arrival{{exposure.UDP, 123, 123, exposure.BySource, "", 1}}},
		"datagram_refused":               {heard: []heard{in(datagram(123, 123, false)), out(refusal(datagram(123, 123, false), 3, 3))}, want: []arrival{{exposure.UDP, 123, 123, exposure.BySource, exposure.PortUnreach, 1}}},
		"datagram_from_another_port":     {heard: []heard{in(datagram(123, 123, false)), out(answer(datagram(123, 123, false), func(f *tcpip.Flow) { f.From = netip.AddrPortFrom(home, 40001) }))}, want: []arrival{{exposure.UDP, 123, 123, exposure.BySource, exposure.ProtoResponse, 1}}},
		"answer_of_one_of_two":           {heard: []heard{in(datagram(123, 123, false)), in(datagram(53, 53, true)), out(answer(datagram(123, 123, false), func(f *tcpip.Flow) { f.From = netip.AddrPortFrom(home, 40001) }))}, want: []arrival{{exposure.UDP, 53, 53, exposure.ByPayload, "", 1}, {exposure.UDP, 123, 123, exposure.BySource, "", 1}}},
		"fragment":                       {heard: []heard{in(changed(datagram(53, 53, true), func(f *tcpip.Flow) { f.Ports = false }))}},
	} {
		t.Run(name, func(t *testing.T) {
			w := watch()
			if c.change != nil {
				c.change(&w)
			}
			l := newLedger(w)
			for _, h := range c.heard {
				l.take(&h.f, h.p)
			}
			seen := l.seen()
			var got []arrival
			for _, a := range seen.Arrivals {
				got = append(got, arrival{a.Transport, a.Port, a.To.Port(), a.By, a.Answer, a.Packets})
				if (a.Answer != "") != (a.Left != "") || a.Interface == "" || a.TTL == 0 || a.From.Port() == 0 {
					t.Errorf("%+v", a)
				}
			}
			if len(got) != len(c.want) || seen.StrayTCP+seen.StrayUDP != c.strays || seen.Whole == c.part {
				t.Fatalf("%+v, want %+v\n%+v", got, c.want, seen)
			}
			for i := range got {
				if got[i] != c.want[i] {
					t.Errorf("%+v, want %+v", got[i], c.want[i])
				}
			}
		})
	}
}

// A flood that forges the vantage's address fills neither the memory nor drives
// out the probes that carry the cookie; and it is told that not everything was
// remembered.
func TestLedgerFlood(t *testing.T) {
	l := newLedger(watch())
	for i := range 3 * mostFlows {
		f := ends(6, vantage, home, uint16(i), 80)
		f.SYN, f.Sequence = true, uint32(i)
		f.To = netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 168, byte(i >> 16), 10}), 80)
		l.take(&f, passage{link: "eth0", at: start})
	}
	probe := syn(8080, 61001, 8080)
	l.take(&probe, passage{link: "eth0", at: start})
	back := answer(probe, synAck)
	l.take(&back, passage{out: true, link: "eth0", at: start})
	seen := l.seen()
	a, ok := seen.Of(exposure.TCP, 8080)
	if !ok || a.By != exposure.ByCookie || a.Answer != exposure.SynAck || seen.Whole || len(l.flows) > mostFlows+1 {
		t.Errorf("%+v, %d flows", seen, len(l.flows))
	}
}

// FuzzLedger gives a ledger packets of any content, in any order.
func FuzzLedger(f *testing.F) {
	packet := []byte{0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0, 0, 26, 10, 0, 1, 192, 168, 77, 10, 0xee, 0x49, 0, 80, 1, 2, 3, 4, 0, 0, 0, 0, 0x50, 2, 4, 0, 0, 0, 0, 0}
	f.Add(packet, packet, uint8(0))
	f.Add(packet, packet, uint8(7))
	f.Fuzz(func(t *testing.T, first, second []byte, how uint8) {
		l := newLedger(watch())
		for i, b := range [][]byte{first, second, first} {
			if p, err := tcpip.ParseFlow(b, false); err == nil {
				p.Spoilt = false
				l.take(&p, passage{out: how>>i&1 != 0, tagged: how>>(3+i)&1 != 0, link: "eth0", at: start})
			}
		}
		for _, a := range l.seen().Arrivals {
			if a.Packets < 1 || a.By == "" || a.From.Addr() != vantage && a.By == exposure.BySource {
				t.Errorf("%+v", a)
			}
		}
	})
}
