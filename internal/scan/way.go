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
	patience time.Duration // how long an answer is waited for, where the way waits for each
	control  bool          // a port known to answer, asked again to measure loss
}

// evidence is what came back for one port. It is what some way saw, and no
// opinion yet.
type evidence struct {
	index   uint32
	reason  exposure.Reason
	by      netip.Addr // who said so when it was not the target
	local   bool       // said by this machine's own kernel
	again   bool       // the question was void (two of our own sockets met): ask it anew
	control bool
	rtt     time.Duration // 0 when the way cannot tell
	at      time.Time
	detail  string
}

// sender puts questions on the wire.
type sender interface {
	// send asks in order and returns how many of the batch went out. Fewer
	// than all, without an error, means that there is no room: more when
	// answers have come. The error is a fault of this machine that concerns
	// the whole way (no buffers, no descriptors): wait and try again. A fault
	// that concerns one port comes back as evidence.
	send(batch []ask) (int, error)
}

// receiver takes answers in.
type receiver interface {
	// receive appends the evidence that has come to into, waiting for the
	// first until then.
	receive(into []evidence, until time.Time) ([]evidence, error)
	// waiting is how many questions may still be answered; −1 where only time
	// tells.
	waiting() int
}

// way is one way to ask ports: connect, raw SYN, datagrams, echo.
type way interface {
	sender
	receiver
	close() error
	packets() int64 // sent so far
}
