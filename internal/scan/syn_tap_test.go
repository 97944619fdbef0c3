package scan

import (
	"testing"
	"testing/synctest"
	"time"

	"sekisho/internal/rawsock"
)

// As long as answers wait to be read nothing is asked, but for a little now and
// then: packets that are no answers must not keep a scan from its end.
func TestSYNWaitsForItsReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newSYNBench(t, everybody, near4)
		defer b.close()
		question := []ask{{index: 0, to: b.way.plan.endpoint(0)}}
		b.wire.behind.Store(true)
		sent := 0
		for start := time.Now(); time.Since(start) < 10*longestHold; time.Sleep(time.Millisecond) {
			n, err := b.way.send(question)
			if err != nil {
				t.Fatal(err)
			}
			sent += n
		}
		if sent < 8 || sent > 10 {
			t.Errorf("%d questions while the reader was behind", sent)
		}
		b.wire.behind.Store(false)
		for range 10 {
			if n, err := b.way.send(question); n != 1 || err != nil {
				t.Errorf("sent %d, %v", n, err)
			}
		}
	})
}

// That nothing has come is not said before all is read that has, unless it is
// a flood.
func TestSYNUnreadAnswersAreNoSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newSYNBench(t, everybody, near4)
		defer b.close()
		time.Sleep(time.Minute)
		syn := b.ask(1, find)
		b.deliver()
		b.wire.unread.Store(true)
		came := time.Now()
		go func() {
			time.Sleep(mostReadLag / 2)
			b.wire.in <- rawsock.Packet{Data: reply(syn, synAck), Protocol: rawsock.IPv4, Index: 3, At: came, Unsummed: true}
		}()
		found, err := b.way.receive(nil, came.Add(10*time.Millisecond))
		if len(found) != 1 || err != nil || found[0].rtt != 1 { // no time at all
			t.Errorf("%+v, %v", found, err)
		}
		before := time.Now()
		found, err = b.way.receive(nil, before)
		if waited := time.Since(before); len(found) != 0 || err != nil || waited < mostReadLag || waited > 2*mostReadLag {
			t.Errorf("a flood: %+v, %v after %v", found, err, waited)
		}
		b.wire.unread.Store(false)
		before = time.Now()
		if found, err = b.way.receive(nil, before); len(found) != 0 || err != nil || time.Since(before) != 0 {
			t.Errorf("afterwards: %+v, %v after %v", found, err, time.Since(before))
		}
	})
}

// An answer comes to every scan that asks its address, and to those that have
// come and gone meanwhile no more.
func TestTapFindsWhoHasAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newSYNBench(t, everybody, near4, near6, far4)
		defer b.close()
		gone, err := newSYNWay(b.tap, b.way.plan)
		if err != nil {
			t.Fatal(err)
		}
		if err := gone.close(); err != nil {
			t.Fatal(err)
		}
		b.deliver()
		for index := range uint32(b.way.plan.size()) {
			if n, err := b.way.send([]ask{{index: index, to: b.way.plan.endpoint(index)}}); n != 1 || err != nil {
				t.Fatal(n, err)
			}
		}
		b.deliver()
		for _, syn := range append(b.wire.taken(rawsock.IPv4), b.wire.taken(rawsock.IPv6)...) {
			if found := b.deliver(reply(syn.Data, rstAck)); len(found) != 1 {
				t.Errorf("%d pieces of evidence for one answer", len(found))
			}
		}
		if len(gone.answers) != 0 {
			t.Errorf("%d answers for a scan that is over", len(gone.answers))
		}
		b.tap.remove(b.way)
		for i, list := range b.tap.asked {
			if len(list) != 0 {
				t.Errorf("list %d still has %d ways", i, len(list))
			}
		}
	})
}
