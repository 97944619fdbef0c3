package scan

import (
	"testing"
	"testing/synctest"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/rawsock"
)

// moved is the ARP reply of somebody who has another link address now.
func moved(request []byte) []byte {
	b := arpReply(request)
	b[13] = 0x99
	return b
}

// Where nothing comes back the neighbour is asked for again soon, and what is
// sent from then on goes where it is now.
func TestSYNNeighbourThatIsSilentIsAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newSYNBench(t, everybody, near4)
		defer b.close()
		for range hopSilent {
			b.ask(1, find)
		}
		if asked := b.wire.taken(rawsock.ARP); len(asked) != 0 {
			t.Errorf("asked %d times at once", len(asked))
		}
		time.Sleep(hopWait)
		b.ask(1, find)
		asked := b.wire.taken(rawsock.ARP)
		if len(asked) != 1 {
			t.Fatalf("asked %d times", len(asked))
		}
		b.wire.in <- rawsock.Packet{Data: moved(asked[0].Data), Protocol: rawsock.ARP, Index: 3, At: time.Now()}
		b.deliver()
		if n, err := b.way.send([]ask{{index: 1, to: b.way.plan.endpoint(1)}}); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		if frames := b.wire.taken(rawsock.IPv4); len(frames) != 1 || frames[0].Link.Hardware != [8]byte{2, 0, 0, 0, 0, 0x99} {
			t.Errorf("sent over %+v", frames)
		}
		// An answer to what was asked proves the neighbour.
		for range 4 * hopSilent {
			time.Sleep(hopWait / 8)
			b.deliver(reply(b.ask(1, find), rstAck))
		}
		if asked := b.wire.taken(rawsock.ARP); len(asked) != 0 {
			t.Errorf("asked %d times while answers come", len(asked))
		}
	})
}

// Nobody can move a neighbour without being asked.
func TestSYNNeighbourIsNotMovedByUnaskedAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newSYNBench(t, fakeRouter{}, near4)
		defer b.close()
		question := []ask{{index: 0, to: b.way.plan.endpoint(0)}}
		if n, err := b.way.send(question); n != 0 || err != nil {
			t.Fatal(n, err)
		}
		request := b.wire.taken(rawsock.ARP)[0].Data
		b.wire.in <- rawsock.Packet{Data: arpReply(request), Protocol: rawsock.ARP, Index: 3, At: time.Now()}
		b.deliver()
		for _, index := range []int{3, 4} { // late, and on another link
			b.wire.in <- rawsock.Packet{Data: moved(request), Protocol: rawsock.ARP, Index: index, At: time.Now()}
		}
		b.deliver()
		if n, err := b.way.send(question); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		if frames := b.wire.taken(rawsock.IPv4); len(frames) != 1 || [6]byte(frames[0].Link.Hardware[:6]) != there {
			t.Errorf("sent over %+v", frames)
		}
	})
}

// A neighbour that was there may be away for as long as a cable takes; then it
// is given up, and nothing behind it is called silent.
func TestSYNNeighbourThatGoesAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newSYNBench(t, everybody, near4)
		defer b.close()
		b.ask(1, find)
		b.deliver()
		sent, asked := 0, 0
		var said []evidence
		for start := time.Now(); len(said) == 0 && time.Since(start) < time.Minute; time.Sleep(100 * time.Millisecond) {
			n, err := b.way.send([]ask{{index: 1, to: b.way.plan.endpoint(1)}})
			if n != 1 || err != nil {
				t.Fatal(n, err)
			}
			sent += len(b.wire.taken(rawsock.IPv4))
			asked += len(b.wire.taken(rawsock.ARP))
			said = append(said, b.deliver()...)
		}
		if len(said) != 1 || said[0].reason != exposure.HostUnreach || !said[0].local || asked != hopTriesAgain {
			t.Errorf("%+v after %d questions for the neighbour and %d for the port", said, asked, sent)
		}
		if sent < 100 {
			t.Errorf("%d questions in ten seconds", sent)
		}
	})
}
