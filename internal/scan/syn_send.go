package scan

import (
	"cmp"
	"errors"
	"slices"
	"syscall"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
	"sekisho/internal/rawsock"
)

// errOverflow slows the lane down: answers came faster than they were read.
var errOverflow = errors.New("the ring of received packets was full")

// leaked returns errOverflow when answers were lost since it was last asked.
func (w *synWay) leaked() error {
	lost := w.tap.lost.Load()
	if lost == w.lost {
		return nil
	}
	w.lost = lost
	return errOverflow
}

// longestHold bounds how long nothing is sent because answers wait to be read:
// a flood of packets that are none must not keep a scan from its end.
const longestHold = 200 * time.Millisecond

func (w *synWay) send(batch []ask) (int, error) {
	if err := w.tap.failure(); err != nil {
		return 0, err
	}
	now := time.Now()
	if w.hold(now) {
		return 0, nil
	}
	if !now.Before(w.checkDue) && !w.resolved(now) {
		return 0, nil
	}
	batch = batch[:min(len(batch), mostBatch)]
	w.build(batch, now)
	return w.transmit(batch, now)
}

// hold reports whether to wait for the reader of the tap. Hundreds of scans at
// once can ask faster than one reader reads, and what the ring has no room for
// is lost.
func (w *synWay) hold(now time.Time) bool {
	if !w.tap.wire.Behind() {
		w.held = time.Time{}
		return false
	}
	if w.held.IsZero() {
		w.held = now
	}
	if now.Sub(w.held) < longestHold {
		return true
	}
	w.held = now
	return false
}

// build makes the packets of a batch and remembers them. Questions to whom no
// way leads become evidence.
func (w *synWay) build(batch []ask, now time.Time) {
	w.frames, w.buffer = w.frames[:0], w.buffer[:0]
	sent := w.clock(now)
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range batch {
		a := &batch[i]
		h := &w.hosts[w.plan.host(a.index)]
		if h.fault != nil || !h.hop.known {
			e := evidence{index: a.index, purpose: a.purpose, reason: exposure.HostUnreach, local: true, at: now, err: h.fault}
			if h.fault != nil {
				e.reason = reasonOf(h.fault)
			}
			w.said = append(w.said, e)
			continue
		}
		h.hop.silent++
		source := w.launch(a, sent)
		start := len(w.buffer)
		w.buffer = h.syn.Append(w.buffer, source, a.to.Port(), uint32(w.key.Word(a.to, source)))
		f := &w.batch[len(w.frames)]
		f.ask, f.link = i, h.hop.link
		w.frames = append(w.frames, rawsock.Frame{Link: &f.link, Protocol: h.protocol, Data: w.buffer[start:]})
	}
}

// reasonOf is what a fault of this machine is called.
func reasonOf(err error) exposure.Reason {
	var e *netio.Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return exposure.LocalError
}

// transmit sends what build made, half of it by a helper when it is much, since
// one thread cannot fill a fast link. It returns how many of the batch are
// dealt with and puts those first. A packet that cannot be sent at all becomes
// evidence; a lack of buffers leaves those behind it unsent.
func (w *synWay) transmit(batch []ask, now time.Time) (int, error) {
	send, half := w.tap.wire.Send, len(w.frames)
	if half > rawsock.Batch {
		half /= 2
		w.helper.begin(w.frames[half:])
	}
	unsent, err := w.put(batch, 0, half, now, send)
	if half < len(w.frames) {
		helped := false
		more, failed := w.put(batch, half, len(w.frames), now, func(frames []rawsock.Frame) (int, error) {
			if helped {
				return send(frames)
			}
			helped = true
			return w.helper.end()
		})
		unsent, err = append(unsent, more...), cmp.Or(err, failed)
	}
	n := len(batch)
	for _, i := range slices.Backward(unsent) { // they rise, so that none is moved twice
		n--
		batch[i], batch[n] = batch[n], batch[i]
	}
	return n, err
}

// put sends the frames from first up to last. When this machine is short of
// something it returns the places in the batch of those that did not go.
func (w *synWay) put(batch []ask, first, last int, now time.Time, send func([]rawsock.Frame) (int, error)) (unsent []int, err error) {
	for first < last {
		n, err := send(w.frames[first:last])
		first += n
		w.sent += int64(n)
		switch {
		case err == nil:
			return nil, nil
		case short(err):
			for ; first < last; first++ {
				unsent = append(unsent, w.batch[first].ask)
			}
			return unsent, err
		}
		a := &batch[w.batch[first].ask]
		w.said = append(w.said, evidence{
			index: a.index, purpose: a.purpose, reason: exposure.LocalError, local: true, at: now, err: err,
		})
		first++
	}
	return nil, nil
}

// short reports whether this machine is short of something that may be there a
// moment later.
func short(err error) bool {
	return errors.Is(err, syscall.ENOBUFS) || errors.Is(err, syscall.ENOMEM) || errors.Is(err, syscall.EAGAIN)
}

// launch remembers a question and chooses its source port: one from the half
// of the row that its purpose has, another one for each control and in each
// lap, unless a router would have to remember each.
func (w *synWay) launch(a *ask, now uint32) uint16 {
	first, half := w.tap.row.First, w.half()
	choice := uint16(a.index) ^ uint16(a.index>>6) + uint16(w.key[0])
	if a.purpose == control {
		first += half
		w.checks++
	}
	switch {
	case a.pinned:
	case a.purpose == control:
		choice = w.checks
	default:
		choice += a.lap
	}
	source := first + choice%half
	f := w.flight(a.index, source)
	*f = flight{index: a.index, sent: now, source: source, repeated: f.index == a.index && f.source == source}
	return source
}

// half is how many source ports either purpose has.
func (w *synWay) half() uint16 { return (w.tap.row.Last - w.tap.row.First + 1) / 2 }

// flight is the place where a question is remembered.
func (w *synWay) flight(index uint32, source uint16) *flight {
	const spread = 0x9e3779b1 // near 2^32 over the golden ratio
	return &w.flights[(index<<6^uint32(source))*spread>>(32-w.flightBits)]
}

// synHelper sends packets beside the lane's own goroutine.
type synHelper struct {
	work chan []rawsock.Frame
	done chan synSent
}

// synSent is how many packets of some went out, and why not the next one.
type synSent struct {
	gone int
	err  error
}

func newSYNHelper(w wire) *synHelper {
	h := &synHelper{make(chan []rawsock.Frame), make(chan synSent)}
	go func() {
		for frames := range h.work {
			n, err := w.Send(frames)
			h.done <- synSent{n, err}
		}
	}()
	return h
}

// begin sends frames; end waits for it.
func (h *synHelper) begin(frames []rawsock.Frame) { h.work <- frames }

func (h *synHelper) end() (int, error) {
	s := <-h.done
	return s.gone, s.err
}

func (h *synHelper) close() { close(h.work) }
