package rawsock

import (
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// receiver is the half of a socket that takes packets off the wire.
type receiver struct {
	rx     *os.File
	conn   syscall.RawConn
	closed atomic.Bool

	mu     sync.Mutex   // one Receive at a time, and none while the ring is unmapped
	mapped sync.RWMutex // the same for those that do not wait for a Receive
	ring   *ring        // nil once closed
	cut    bool         // packets that did not fit whole are handed over all the same
}

// begin takes a descriptor and its ring over.
func (r *receiver) begin(rx int, ring *ring) (err error) {
	r.rx, r.ring = os.NewFile(uintptr(rx), "packet-rx"), ring
	r.conn, err = r.rx.SyscallConn()
	return err
}

// Receive waits until packets are there or the deadline has passed, and hands
// over all that are there. A passed deadline is no error. take must not call
// Close and must not keep Packet.Data.
func (r *receiver) Receive(deadline time.Time, take func(Packet)) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ring == nil {
		return r.error("receive", os.ErrClosed)
	}
	err := r.rx.SetReadDeadline(deadline)
	if err == nil {
		err = r.conn.Read(func(uintptr) bool { return r.ring.ready() })
	}
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		return r.error("receive", err)
	}
	r.ring.drain(r.cut, take)
	return nil
}

// Lost returns how many packets that passed the filter were thrown away since
// it was last asked, because the ring was full.
func (r *receiver) Lost() (int, error) {
	var (
		stats *unix.TpacketStatsV3
		err   error
	)
	failed := r.conn.Control(func(fd uintptr) {
		stats, err = unix.GetsockoptTpacketStatsV3(int(fd), unix.SOL_PACKET, unix.PACKET_STATISTICS)
	})
	if err = errors.Join(failed, err); err != nil {
		return 0, r.error("receive", err)
	}
	return int(stats.Drops), nil
}

// Behind reports whether half of what the ring holds is not read yet: whoever
// goes on sending is about to lose answers.
func (r *receiver) Behind() bool {
	r.mapped.RLock()
	defer r.mapped.RUnlock()
	return r.ring != nil && r.ring.behind()
}

// Unread reports whether packets are there that Receive has not handed over:
// then it is not known yet who has answered.
func (r *receiver) Unread() bool {
	r.mapped.RLock()
	defer r.mapped.RUnlock()
	return r.ring != nil && r.ring.ready()
}

// error is the end of an operation. That the socket was closed has one name,
// whenever in the operation it was.
func (r *receiver) error(op string, err error) error {
	if r.closed.Load() {
		err = os.ErrClosed
	}
	return &Error{op, err}
}

// end gives the ring back, when nobody reads from it any more.
func (r *receiver) end() (err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mapped.Lock()
	defer r.mapped.Unlock()
	if r.ring != nil {
		err = r.ring.close()
		r.ring = nil
	}
	return err
}
