package witness

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/wire/tcpip"
)

// TestWhatComesUnasked tells answers and the visitor's own business from what
// nobody asked for.
func TestWhatComesUnasked(t *testing.T) {
	peer := router
	to := func(transport uint8, source, port uint16, change func(*tcpip.Flow)) heard {
		return in(changed(ends(transport, peer, vantage, source, port), change))
	}
	left := func(transport uint8, source, port uint16, change func(*tcpip.Flow)) heard {
		return out(changed(ends(transport, vantage, peer, source, port), change))
	}
	icmp := func(transport, kind uint8, quoted *tcpip.Flow) heard {
		f := tcpip.Flow{Transport: transport, Source: peer, Destination: vantage, Type: kind, Error: quoted != nil, Quoted: quoted}
		f.From, f.To = netip.AddrPortFrom(peer, 0), netip.AddrPortFrom(vantage, 0)
		return in(f)
	}
	begins := func(f *tcpip.Flow) { f.SYN = true }
	acks := func(f *tcpip.Flow) { f.ACK = true }
	ours, others := ends(6, vantage, peer, 61000, 80), ends(6, vantage, peer, 5555, 80)
	echo := changed(tcpip.Flow{Transport: 1, Source: vantage, Destination: peer, Type: 8}, nothing)
	for name, c := range map[string]struct {
		packets []heard
		want    []exposure.UnaskedKind
	}{
		"answers to a scan":          {[]heard{left(6, 61000, 80, begins), to(6, 80, 61000, synAck), left(6, 61000, 80, reset), left(6, 61000, 81, begins), to(6, 81, 61000, reset)}, nil},
		"the page itself":            {[]heard{to(6, 40000, 8080, begins), to(6, 40000, 8080, reset)}, nil},
		"another service of ours":    {[]heard{to(6, 40001, 22, begins), left(6, 22, 40001, synAck), to(6, 40001, 22, acks), to(6, 40001, 22, reset)}, nil},
		"a query of ident":           {[]heard{to(6, 40002, 113, begins), left(6, 113, 40002, reset), to(6, 40002, 113, begins)}, []exposure.UnaskedKind{exposure.UnaskedConnection}},
		"a reset of nothing":         {[]heard{left(6, 61000, 80, begins), to(6, 80, 61001, reset)}, []exposure.UnaskedKind{exposure.UnaskedSegment}},
		"an answer of UDP":           {[]heard{left(17, 50000, 53, nothing), to(17, 53, 50000, nothing)}, nil},
		"an answer from elsewhere":   {[]heard{left(17, 50000, 69, nothing), to(17, 32768, 50000, nothing)}, nil},
		"a question of NetBIOS back": {[]heard{left(17, 50000, 137, nothing), to(17, 137, 137, nothing)}, []exposure.UnaskedKind{exposure.UnaskedDatagram}},
		"a ping":                     {[]heard{icmp(1, 8, nil)}, []exposure.UnaskedKind{exposure.UnaskedEcho}},
		"an answer to a ping":        {[]heard{out(echo), icmp(1, 0, nil)}, nil},
		"an answer to no ping":       {[]heard{icmp(1, 0, nil)}, []exposure.UnaskedKind{exposure.UnaskedMessage}},
		"an error about a probe":     {[]heard{left(6, 61000, 80, begins), icmp(1, 3, &ours)}, nil},
		"an error about nothing":     {[]heard{left(6, 61000, 80, begins), icmp(1, 3, &others)}, []exposure.UnaskedKind{exposure.UnaskedError}},
		"a neighbour asks":           {[]heard{icmp(58, 135, nil), icmp(58, 136, nil)}, nil},
	} {
		n := newUnasked(peer, []uint16{8080})
		for _, h := range c.packets {
			n.take(&h.f, h.p.out, h.p.at)
		}
		got := n.told(start.Add(time.Minute))
		var kinds []exposure.UnaskedKind
		for _, p := range got.Came {
			kinds = append(kinds, p.Kind)
		}
		if !slices.Equal(kinds, c.want) || !got.Watched || got.More != 0 {
			t.Errorf("%s: %+v, want %v", name, got, c.want)
		}
	}
	// How far away the answers came from.
	far := newUnasked(peer, nil)
	for _, h := range []heard{
		left(6, 61000, 80, begins), to(6, 80, 61000, func(f *tcpip.Flow) { synAck(f); f.Hops = 61 }), to(6, 80, 61000, reset),
		to(6, 22, 61000, reset), to(6, 443, 61000, acks), to(6, 25, 5, reset), to(6, 21, 61000, reset),
	} {
		far.take(&h.f, h.p.out, h.p.at)
	}
	if got := far.answers(); len(got) != 2 || got[0].Hops != 63 || !slices.Equal(got[0].Ports, exposure.PortList{21, 22}) || got[1].Distance() != 3 {
		t.Errorf("distances: %+v", got)
	}
	// What has just begun may still be answered; and a flood fills nothing.
	n := newUnasked(peer, nil)
	h := to(6, 40000, 113, begins)
	n.take(&h.f, false, start)
	if got := n.told(start.Add(freshest / 2)); len(got.Came) != 0 {
		t.Errorf("at once: %+v", got)
	}
	for i := range 5000 {
		for _, h := range []heard{to(6, uint16(i), uint16(i), begins), to(17, 1, uint16(i), nothing)} {
			n.take(&h.f, false, start)
		}
	}
	if got := n.told(start.Add(time.Minute)); len(got.Came) != mostTold || got.More < 9000 {
		t.Errorf("a flood: %d, %d more", len(got.Came), got.More)
	}
}
