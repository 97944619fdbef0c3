package scan

import (
	"net/netip"
	"time"

	"sekisho/internal/exposure"
)

// ask is one question to one port.
type ask struct {
	index    uint32 // the port's place in the plan
	to       netip.AddrPort
	own      bool          // the address is this machine's
	patience time.Duration // how long an answer is waited for, where the way waits for each
	purpose  purpose
	open     bool // a control asks an open port
	pinned   bool // a repeat keeps its source port
	lap      uint16
	flow     bool // counted as one more connection that a router has to remember
}

// purpose is what a question is asked for beside the state of the port. Its
// evidence carries it back, where the way can tell.
type purpose uint8

const (
	find    purpose = iota
	control         // the port is known to answer: does it still, or is the way losing packets
	canary          // waits for longer than a neighbour needs to be found missing
	// neighbour is never asked for: it marks what a way that finds neighbours
	// by itself has found out about the host of the port.
	neighbour
)

// evidence is what came back for one port. It is what some way saw, and no
// opinion yet.
type evidence struct {
	index   uint32
	purpose purpose
	reason  exposure.Reason // NoResponse at the end of the patience
	by      netip.Addr      // who said so, where the way can tell
	local   bool            // said by this machine's own kernel
	// void tells that nothing was asked in truth: two of our own sockets met,
	// or this machine was short of something.
	void bool
	shut bool // it accepted with a window of zero
	rtt  time.Duration
	at   time.Time
	note note
	from netip.AddrPort // whence the answer came, where that is elsewhere
	err  error          // of this machine, with LocalError
}

// note is what is worth saying of a piece of evidence beside its reason.
type note uint8

const (
	noNote       note = iota
	cut               // accepted the connection and reset it at once
	unrecognised      // an answer that is none to what was asked
	forbidden         // this machine does not let us send
	portZero          // which UDP has, but no system sends to
	unpermitted       // this process may not ask in this way
	fellSilent        // its host used to answer and stopped
	weak              // an answer of the right shape that repeats nothing of the question
	elsewhere         // an answer from another port or address than was asked
)

// sender puts questions on the wire.
type sender interface {
	// send asks and returns how many of the batch went out: it puts those
	// first. Fewer than all, without an error, means that there is no room:
	// more when answers have come. The error is a fault of this machine that concerns
	// the whole way (no buffers, no descriptors): wait and try again. A fault
	// that concerns one port comes back as evidence.
	send(batch []ask) (int, error)
	// packets is how many were sent so far.
	packets() int64
}

// receiver takes answers in.
type receiver interface {
	// receive appends the evidence that has come to into, waiting for the
	// first until then.
	receive(into []evidence, until time.Time) ([]evidence, error)
	// waiting is how many questions may still be answered. It is −1 where
	// only time tells; elsewhere each question comes back as evidence, if only
	// as NoResponse.
	waiting() int
}

// way is one way to ask ports: connect, raw SYN, datagrams, echo. It belongs
// to one lane, which calls it from one goroutine.
type way interface {
	sender
	receiver
	close() error
}

// shortener is a way that keeps something for each question until its patience
// is over. It is told when questions to a host turn out to need less.
type shortener interface {
	shorten(to netip.Addr, patience time.Duration)
}

// leaky is a way that may lose answers in this machine.
type leaky interface {
	// leaked tells that it has, since it was last asked, and until when that is
	// known.
	leaked(now time.Time) (known time.Time, err error)
}

// belated is a way that sends beside the lane and may find out late that it
// could not.
type belated interface {
	// unsent returns what was dealt with and yet did not go out since it was
	// last asked, and why.
	unsent(now time.Time) ([]ask, error)
}

// noWay stands where a way could not be opened: whatever it is asked, the
// answer is why.
type noWay struct {
	err   error
	asked []uint32
}

func (w *noWay) send(batch []ask) (int, error) {
	for _, a := range batch {
		w.asked = append(w.asked, a.index)
	}
	return len(batch), nil
}

func (w *noWay) receive(into []evidence, _ time.Time) ([]evidence, error) {
	now := time.Now()
	for _, index := range w.asked {
		into = append(into, evidence{index: index, reason: exposure.LocalError, local: true, at: now, err: w.err})
	}
	w.asked = w.asked[:0]
	return into, nil
}

func (w *noWay) waiting() int   { return len(w.asked) }
func (w *noWay) packets() int64 { return 0 }
func (w *noWay) close() error   { return nil }
