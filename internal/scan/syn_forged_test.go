package scan

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"sekisho/internal/cookie"
	"sekisho/internal/exposure"
	"sekisho/internal/rawsock"
)

// forgery is an answer with everything right but the word that proves it.
type forgery struct {
	packet   []byte
	protocol rawsock.Protocol
	tcp      int // where the TCP header begins, of the packet or of what it quotes
	quoted   bool
	target   netip.Addr
}

// forgeries are the answers that one question may get.
func forgeries(target netip.Addr, syn []byte) []forgery {
	header, protocol, kind, code, router := 20, rawsock.IPv4, byte(3), byte(13), gateway4
	if target.Is6() {
		header, protocol, kind, code, router = 40, rawsock.IPv6, 1, 1, netip.MustParseAddr("2001:db8::fe")
	}
	return []forgery{
		{reply(syn, synAck), protocol, header, false, target},
		{reply(syn, rstAck), protocol, header, false, target},
		{reject(router, syn, kind, code), protocol, header + 8 + header, true, target},
	}
}

// put addresses the answer to a question and has it carry a word.
func (f *forgery) put(port, source uint16, word uint32) {
	b := f.packet[f.tcp:]
	if f.quoted {
		binary.BigEndian.PutUint16(b, source)
		binary.BigEndian.PutUint16(b[2:], port)
		binary.BigEndian.PutUint32(b[4:], word)
		return
	}
	binary.BigEndian.PutUint16(b, port)
	binary.BigEndian.PutUint16(b[2:], source)
	binary.BigEndian.PutUint32(b[8:], word+1)
}

// Whoever does not know the key cannot make an answer up, though he knows
// addresses and ports: neither by guessing, nor from the words of other
// questions, nor from those that another key gives. The chance of one hit among
// ten million guesses is 1 in 430; with this key and these guesses there is
// none.
func TestSYNTenMillionForgedAnswersAreRefused(t *testing.T) {
	for part := range uint64(2) {
		t.Run(fmt.Sprintf("part-%d", part), func(t *testing.T) {
			t.Parallel()
			w := newFakeWire()
			tap := &tap{wire: w, router: everybody, row: fakeRow}
			p := newPlan(exposure.TCP, []exposure.Target{{Address: near4}, {Address: near6}}, []uint16{22, 80, 443, 8080}, 1)
			way, err := newSYNWay(tap, p)
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := way.close(); err != nil {
					t.Error(err)
				}
			}()
			way.key = cookie.Key{1, byte(part)}
			other := cookie.Key{2, byte(part)}
			var asks []ask
			for i := range p.size() {
				asks = append(asks, ask{index: uint32(i), to: p.endpoint(uint32(i))})
			}
			if n, err := way.send(asks); n != len(asks) || err != nil {
				t.Fatal(n, err)
			}
			var forged []forgery
			var targets [2]bool
			for _, syn := range w.sent {
				target := near4
				if syn.Protocol == rawsock.IPv6 {
					target = near6
				}
				if i := map[bool]int{true: 1}[target.Is6()]; !targets[i] {
					targets[i] = true
					forged = append(forged, forgeries(target, syn.Data)...)
				}
			}
			if len(forged) != 6 {
				t.Fatalf("%d kinds of answers", len(forged))
			}
			if found, err := way.receive(nil, time.Now()); len(found) != 2 || err != nil { // that the neighbours are there
				t.Fatalf("%+v, %v", found, err)
			}
			deliver := func(f *forgery) {
				tap.take(rawsock.Packet{Data: f.packet, Protocol: f.protocol, Index: 3, At: way.epoch, Unsummed: true})
			}
			random := rand.New(rand.NewPCG(part, 2))
			believed := 0
			for i := range forgedAnswers {
				draw := random.Uint64()
				f := &forged[i%len(forged)]
				port := p.ports[draw>>32%uint64(len(p.ports))]
				source := fakeRow.First + uint16(draw>>40)%(fakeRow.Last-fakeRow.First+1)
				word := uint32(draw)
				if i%8 == 7 {
					word = related(&way.key, &other, netip.AddrPortFrom(f.target, port), source, word)
				}
				f.put(port, source, word)
				deliver(f)
				if i%1024 != 0 && i != forgedAnswers-1 {
					continue
				}
				found, err := way.receive(nil, time.Now())
				if err != nil {
					t.Fatal(err)
				}
				believed += len(found)
			}
			if believed != 0 {
				t.Errorf("%d of %d forged answers were believed", believed, forgedAnswers)
			}
			for i := range forged {
				f := &forged[i]
				port := p.ports[i%len(p.ports)] // another one each: a second answer of one port is no news
				f.put(port, 61001, uint32(way.key.Word(netip.AddrPortFrom(f.target, port), 61001)))
				deliver(f)
				if found, err := way.receive(nil, time.Now()); len(found) != 1 || err != nil {
					t.Errorf("kind %d with the right word: %+v, %v", i, found, err)
				}
			}
		})
	}
}

// related is a word that has to do with the right one and is not it.
func related(key, other *cookie.Key, to netip.AddrPort, source uint16, draw uint32) uint32 {
	right := key.Word(to, source)
	switch draw % 7 {
	case 0:
		return uint32(right) + 1
	case 1:
		return uint32(right) - 1
	case 2:
		return uint32(right) ^ 1<<(draw>>8%32)
	case 3:
		return uint32(right >> 32)
	case 4: // of another source port
		return uint32(key.Word(to, source^1))
	case 5: // of another port
		return uint32(key.Word(netip.AddrPortFrom(to.Addr(), to.Port()^1), source))
	}
	return uint32(other.Word(to, source))
}
