package netio

import (
	"errors"
	"net/netip"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"sekisho/internal/exposure"
)

// Connector makes TCP connections in bulk, only to learn how the attempt ends:
// non-blocking connects on one poller, about a hundred bytes each, no
// goroutine. It belongs to one goroutine.
type Connector struct {
	descriptors *Descriptors
	system      system
	epoll       int
	slots       []slot
	free        []int32                // slots without a socket
	idle        map[netip.Addr][]int32 // slots whose socket can be used again, by the address that it asked
	idling      int                    // slots in idle
	inFlight    int
	wheel       wheel
	ended       []Connection // results that were there at once
	events      []unix.EpollEvent
	oob         [256]byte
	quoted      [][]byte // of the packet that an ICMP error is about; nobody reads it
	v4          unix.SockaddrInet4
	v6          unix.SockaddrInet6
	zones       map[string]uint32
}

// system is the part of the kernel that a test makes fail.
type system struct {
	socket  func(domain, typ, proto int) (int, error)
	connect func(fd int, to unix.Sockaddr) error
}

// slot is one attempt and its socket.
type slot struct {
	id         uint64
	address    netip.Addr
	started    time.Duration // since the wheel's epoch
	deadline   time.Duration
	fd         int32
	generation uint32 // tells a late event of an earlier attempt
	v6         bool
	state      slotState
	watched    bool // known to epoll
	met        bool // one end of a connection between two sockets of our own
}

type slotState uint8

const (
	slotFree slotState = iota
	slotIdle
	slotBusy
)

// NewConnector returns a connector that stays inside the budget.
func NewConnector(d *Descriptors) (*Connector, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, &Error{Op: "poll", Reason: exposure.LocalError, Err: err}
	}
	d.Refresh()
	return &Connector{
		descriptors: d,
		system:      system{unix.Socket, unix.Connect},
		epoll:       epoll,
		wheel:       newWheel(time.Now()),
		events:      make([]unix.EpollEvent, 256),
		idle:        map[netip.Addr][]int32{},
		quoted:      [][]byte{make([]byte, 1)},
		zones:       map[string]uint32{},
	}, nil
}

// Close ends all attempts.
func (c *Connector) Close() error {
	for i := range c.slots {
		if c.slots[i].state != slotFree {
			c.shut(int32(i))
		}
	}
	return unix.Close(c.epoll)
}

// Waiting is how many attempts are in flight or have a result to fetch.
func (c *Connector) Waiting() int { return c.inFlight + len(c.ended) }

// Start begins an attempt that ends after patience. The address is of this
// machine when own says so: then the answer is looked for at once. An error
// means that the attempt was not made and that every other one would fare the
// same now; what concerns this one alone becomes its result.
func (c *Connector) Start(id uint64, to netip.AddrPort, own bool, patience time.Duration) error {
	i, err := c.socket(to.Addr())
	if err != nil {
		return err
	}
	if i < 0 {
		return ErrNoRoom
	}
	s := &c.slots[i]
	now := time.Now()
	s.id, s.met, s.address = id, false, to.Addr()
	s.started = c.wheel.since(now)
	s.deadline = s.started + patience
	s.state = slotBusy
	s.generation++
	c.inFlight++

	sockaddr, err := c.sockaddr(to)
	if err == nil {
		err = c.system.connect(int(s.fd), sockaddr)
		if err == unix.EINPROGRESS && own {
			// Over the loopback device the answer has come before connect
			// returns. Asking once more tells it and saves the poller's work.
			if err = unix.Connect(int(s.fd), sockaddr); err == unix.EALREADY {
				err = unix.EINPROGRESS
			}
		}
	}
	if err == unix.EINPROGRESS {
		if err = c.watch(i); err == nil {
			c.wheel.add(i, s.generation, s.deadline)
			return nil
		}
	}
	if result, ended := c.finish(i, err, time.Now()); ended {
		c.ended = append(c.ended, result)
	}
	return nil
}

// Shorten has the attempts to an address end after another patience, where they
// were given more, except those to keep: what has come to be known of the way
// tells that no answer takes longer, and their sockets are needed.
func (c *Connector) Shorten(address netip.Addr, patience time.Duration, keep func(id uint64) bool) {
	for i := range c.slots {
		s := &c.slots[i]
		if s.state == slotBusy && s.address == address && s.deadline > s.started+patience && !keep(s.id) {
			s.deadline = s.started + patience
			c.wheel.add(int32(i), s.generation, s.deadline)
		}
	}
}

// watch asks the poller for one event of the slot's socket.
func (c *Connector) watch(i int32) error {
	s := &c.slots[i]
	op := unix.EPOLL_CTL_ADD
	if s.watched {
		op = unix.EPOLL_CTL_MOD
	}
	s.watched = true
	return unix.EpollCtl(c.epoll, op, int(s.fd), &unix.EpollEvent{
		Events: unix.EPOLLOUT | unix.EPOLLONESHOT,
		Fd:     i,
		Pad:    int32(s.generation),
	})
}

// Wait appends the results that have come to into, waiting for the first until
// then.
func (c *Connector) Wait(into []Connection, until time.Time) ([]Connection, error) {
	start := len(into)
	into = append(into, c.ended...)
	c.ended = c.ended[:0]
	for {
		now := time.Now()
		timeout := 0
		if len(into) == start {
			timeout = milliseconds(min(until.Sub(now), c.wheel.next(now)))
		}
		var err error
		if into, err = c.poll(into, timeout); err != nil {
			return into, err
		}
		// Answers go before the clock: after a pause of this process, what has
		// come in time is no silence.
		into = c.expire(into, now)
		if len(into) > start || !now.Before(until) {
			return into, nil
		}
	}
}

// poll appends what the poller has, all of it.
func (c *Connector) poll(into []Connection, timeout int) ([]Connection, error) {
	if c.inFlight == 0 && timeout == 0 {
		return into, nil
	}
	for {
		n, err := unix.EpollWait(c.epoll, c.events, timeout)
		if err != nil && err != unix.EINTR {
			return into, &Error{Op: "poll", Reason: exposure.LocalError, Err: err}
		}
		now := time.Now()
		for _, e := range c.events[:max(n, 0)] {
			s := &c.slots[e.Fd]
			if s.state != slotBusy || s.generation != uint32(e.Pad) {
				continue
			}
			if result, ended := c.finish(e.Fd, c.outcome(s), now); ended {
				into = append(into, result)
			}
		}
		if n < len(c.events) {
			return into, nil
		}
		timeout = 0
	}
}

// milliseconds rounds up, so that a wait is not turned into many.
func milliseconds(d time.Duration) int {
	return int(max(d+time.Millisecond-1, 0) / time.Millisecond)
}

// outcome asks the kernel how an attempt ended. To connect once more returns
// the result of the first connect and, when it failed, makes the socket ready
// for another.
func (c *Connector) outcome(s *slot) error {
	if s.v6 {
		return unix.Connect(int(s.fd), &c.v6)
	}
	return unix.Connect(int(s.fd), &c.v4)
}

// expire ends the attempts whose patience is over.
func (c *Connector) expire(into []Connection, now time.Time) []Connection {
	for _, e := range c.wheel.due(now) {
		s := &c.slots[e.slot]
		if s.state != slotBusy || s.generation != e.generation {
			continue
		}
		if at := c.wheel.since(now); s.deadline > at {
			c.wheel.add(e.slot, e.generation, s.deadline)
			continue
		}
		if result, ended := c.finish(e.slot, unix.ETIMEDOUT, now); ended {
			into = append(into, result)
		}
	}
	return into
}

// finish makes the result of an attempt and frees its slot. An attempt that is
// still under way after all is watched further, and has no result.
func (c *Connector) finish(i int32, err error, now time.Time) (result Connection, ended bool) {
	s := &c.slots[i]
	reason, by, queued := c.queued(int(s.fd))
	if err == unix.EALREADY && !queued {
		if err = c.watch(i); err == nil {
			return Connection{}, false
		}
	}
	result = Connection{ID: s.id, At: now, RTT: max(c.wheel.since(now)-s.started, 1)}
	c.inFlight--

	var errno syscall.Errno
	switch {
	case s.met || err == nil && c.meets(i):
		result.Again = true
	case err == nil:
		result.Reason, result.Shut = exposure.SynAck, socketWindow(int(s.fd)).shut()
	case queued:
		result.Reason, result.By = reason, by
	case !errors.As(err, &errno):
		result.Reason, result.Err, result.Local = exposure.LocalError, err, true
	default:
		result.ended(errno)
		result.Shut = result.Cut && socketWindow(int(s.fd)).shut()
	}
	refused := result.Reason == exposure.ConnRefused // which has disconnected the socket
	silent := result.Reason == exposure.NoResponse && disconnect(int(s.fd)) == nil
	if !refused && !silent || !c.reusable(i) {
		c.shut(i)
	}
	return result, true
}

// queued takes an ICMP error from the socket's error queue, if there is one.
func (c *Connector) queued(fd int) (exposure.Reason, netip.Addr, bool) {
	_, n, _, _, err := unix.RecvmsgBuffers(fd, c.quoted, c.oob[:], unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
	if err != nil {
		return "", netip.Addr{}, false
	}
	return parseErrorQueue(c.oob[:n])
}

// meets reports whether a connection joins two sockets of our own: its two
// ends are equal, or its other end is another attempt in flight, which is then
// void too.
func (c *Connector) meets(i int32) bool {
	fd := int(c.slots[i].fd)
	local, err := unix.Getsockname(fd)
	if err != nil {
		return false
	}
	peer, err := unix.Getpeername(fd)
	if err != nil {
		return false // reset since, so it was somebody else's
	}
	here, there := addrPort(local), addrPort(peer)
	if here.Addr() != there.Addr() || here == there {
		return here == there
	}
	for j := range c.slots {
		other := &c.slots[j]
		if other.state != slotBusy {
			continue
		}
		if name, err := unix.Getsockname(int(other.fd)); err == nil && addrPort(name) == there {
			other.met = true
			return true
		}
	}
	return false
}
