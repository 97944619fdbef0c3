package scan

import (
	"errors"
	"syscall"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
	"sekisho/internal/rawsock"
)

// errOverflow slows the lane down: answers came faster than they were read.
var errOverflow = errors.New("the ring of received packets was full")

// longestHold bounds how long nothing is sent because answers wait to be read:
// a flood of packets that are none must not keep a scan from its end.
const longestHold = 200 * time.Millisecond

func (w *synWay) send(batch []ask) (int, error) {
	if err := w.tap.failure(); err != nil {
		return 0, err
	}
	if lost := w.tap.lost.Load(); lost != w.lost {
		w.lost = lost
		return 0, errOverflow
	}
	now := time.Now()
	if w.hold(now) {
		return 0, nil
	}
	if !now.Before(w.checkDue) && !w.resolved(now) {
		return 0, nil
	}
	batch = batch[:min(len(batch), rawsock.Batch)]
	faults := w.build(batch, now)
	gone, err := w.transmit(batch, now)
	for _, f := range faults {
		if f.ask < gone {
			w.said = append(w.said, f.evidence)
		}
	}
	return gone, err
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

// synFault is a question that is not sent because nobody would take it.
type synFault struct {
	ask int
	evidence
}

// build makes the packets of a batch and remembers them. Questions to whom no
// way leads become evidence.
func (w *synWay) build(batch []ask, now time.Time) (faults []synFault) {
	w.frames, w.buffer = w.frames[:0], w.buffer[:0]
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, a := range batch {
		h := &w.hosts[w.plan.host(a.index)]
		if h.fault != nil || !h.hop.known {
			e := evidence{index: a.index, purpose: a.purpose, reason: exposure.HostUnreach, local: true, at: now, err: h.fault}
			if h.fault != nil {
				e.reason = reasonOf(h.fault)
			}
			faults = append(faults, synFault{i, e})
			continue
		}
		h.hop.silent++
		source := w.launch(a, now)
		start := len(w.buffer)
		w.buffer = h.syn.Append(w.buffer, source, a.to.Port(), uint32(w.key.Word(a.to, source)))
		f := &w.batch[len(w.frames)]
		f.ask, f.link = i, h.hop.link
		w.frames = append(w.frames, rawsock.Frame{Link: &f.link, Protocol: h.protocol, Data: w.buffer[start:]})
	}
	return faults
}

// reasonOf is what a fault of this machine is called.
func reasonOf(err error) exposure.Reason {
	var e *netio.Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return exposure.LocalError
}

// transmit sends what build made and returns how many of the batch are dealt
// with. A packet that cannot be sent at all becomes evidence; a lack of
// buffers ends the batch there.
func (w *synWay) transmit(batch []ask, now time.Time) (int, error) {
	for out := 0; out < len(w.frames); out++ {
		n, err := w.tap.wire.Send(w.frames[out:])
		out += n
		w.sent += int64(n)
		if err == nil {
			break
		}
		i := w.batch[out].ask
		if short(err) {
			return i, err
		}
		w.said = append(w.said, evidence{
			index: batch[i].index, purpose: batch[i].purpose,
			reason: exposure.LocalError, local: true, at: now, err: err,
		})
	}
	return len(batch), nil
}

// short reports whether this machine is short of something that may be there a
// moment later.
func short(err error) bool {
	return errors.Is(err, syscall.ENOBUFS) || errors.Is(err, syscall.ENOMEM) || errors.Is(err, syscall.EAGAIN)
}

// launch remembers a question and chooses its source port: one from the half
// of the row that its purpose has, another one each time that the same
// question is repeated.
func (w *synWay) launch(a ask, now time.Time) uint16 {
	f := w.flight(a.index, a.purpose == control)
	next := uint16(w.key.Word(a.to, 0) >> 32)
	base, half := w.tap.row.First, w.half()
	if a.purpose == control {
		base += half
	}
	if f.source != 0 && f.index == a.index {
		next = f.source - base + 1
	}
	*f = flight{index: a.index, source: base + next%half, sent: now.Sub(w.epoch)}
	return f.source
}

// half is how many source ports either purpose has.
func (w *synWay) half() uint16 { return (w.tap.row.Last - w.tap.row.First + 1) / 2 }

// flight is the place where a question is remembered.
func (w *synWay) flight(index uint32, control bool) *flight {
	hash := index << 1
	if control {
		hash |= 1
	}
	const spread = 0x9e3779b1 // near 2^32 over the golden ratio
	return &w.flights[hash*spread>>(32-flightBits(w.plan.size()))]
}
