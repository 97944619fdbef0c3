package scan

import (
	"errors"
	"syscall"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/rawsock"
)

// synShip is a batch of packets on its way out.
type synShip struct {
	asks    []ask // one for each packet
	places  []int // where those stood in the lane's batch
	sources [mostBatch]uint16
	frames  []rawsock.Frame
	links   [mostBatch]rawsock.Link
	buffer  []byte

	gone    int        // packets that went out
	refused []evidence // of those that cannot be sent at all
	err     error      // why the last of the others did not go
	handed  time.Time  // to the helper
}

func (s *synShip) clear() {
	s.asks, s.places, s.frames, s.buffer = s.asks[:0], s.places[:0], s.frames[:0], s.buffer[:0]
	s.gone, s.refused, s.err = 0, s.refused[:0], nil
}

// send sends the packets. One that cannot be sent at all becomes evidence; a
// lack of something leaves those behind it unsent.
func (s *synShip) send(w wire) {
	for first := 0; first < len(s.frames); first++ {
		n, err := w.Send(s.frames[first:])
		first += n
		s.gone += n
		if err == nil {
			return
		}
		if short(err) {
			s.err = err
			return
		}
		a := s.asks[first]
		s.refused = append(s.refused, evidence{index: a.index, purpose: a.purpose, reason: exposure.LocalError, local: true, err: err})
	}
}

// short reports whether this machine is short of something that may be there a
// moment later.
func short(err error) bool {
	return errors.Is(err, syscall.ENOBUFS) || errors.Is(err, syscall.ENOMEM) || errors.Is(err, syscall.EAGAIN)
}

// synHelper sends packets beside the lane's own goroutine. Only the lane's
// calls its methods.
type synHelper struct {
	work, done chan *synShip
	out        []*synShip // handed over and not back, in order
}

// helperQueue is how many ships wait for the helper, so that it never waits for
// the lane: as few as that takes, for what waits grows old.
const helperQueue = 1

// mostHeldUp is how long the lane goes on beside a helper that does not come
// back: a fraction of the shortest time that an answer is waited for.
const mostHeldUp = 20 * time.Millisecond

func newSYNHelper(w wire) *synHelper {
	h := &synHelper{work: make(chan *synShip, helperQueue), done: make(chan *synShip, helperQueue+2)}
	go func() {
		for s := range h.work {
			s.send(w)
			h.done <- s
		}
	}()
	return h
}

// take hands a ship over, unless the helper has enough to do.
func (h *synHelper) take(s *synShip, now time.Time) bool {
	if len(h.out) > helperQueue {
		return false // one more might not find room in done
	}
	s.handed = now
	select {
	case h.work <- s:
		h.out = append(h.out, s)
		return true
	default:
		return false
	}
}

// back returns a ship that the helper is done with, or nil. It waits for one
// that has been out for too long.
func (h *synHelper) back(now time.Time) *synShip {
	if len(h.out) == 0 {
		return nil
	}
	var s *synShip
	if now.Sub(h.out[0].handed) >= mostHeldUp {
		s = <-h.done
	} else {
		select {
		case s = <-h.done:
		default:
			return nil
		}
	}
	h.out = h.out[:copy(h.out, h.out[1:])]
	return s
}

func (h *synHelper) close() { close(h.work) }
