package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// relay is a host in the middle of the cable that hands packets on later, and
// loses some. It moves them in batches, in order: the delay is the same for
// all.
type relay struct {
	*host
	directions []*direction
	stopped    atomic.Bool
	running    sync.WaitGroup
}

const relayA, relayB = "a", "b"

// layRelay lays the cable between two hosts with a relay in the middle.
func layRelay(scanner, target *host) (*relay, error) {
	h, err := newHost("relay")
	if err != nil {
		return nil, err
	}
	r := &relay{host: h}
	err = errors.Join(join(scanner, cableEnd, h, relayA), join(target, cableEnd, h, relayB), prove(scanner, target, h))
	if err != nil {
		return r, err
	}
	return r, errors.Join(
		scanner.wholePackets(cableEnd), target.wholePackets(cableEnd),
		h.quiet(relayA), h.quiet(relayB), h.raise(relayA), h.raise(relayB),
	)
}

// quiet keeps an interface from speaking for itself.
func (h *host) quiet(name string) error {
	link, err := h.links.LinkByName(name)
	if err != nil {
		return err
	}
	const none = 1 // IN6_ADDR_GEN_MODE_NONE
	return h.links.LinkSetIP6AddrGenMode(link, none)
}

// start begins to hand packets on.
func (r *relay) start(loss float64, delay time.Duration, seed uint64) error {
	var ends [2]int
	err := r.do(func() (err error) {
		for i, name := range []string{relayA, relayB} {
			if ends[i], err = openEnd(name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("relay: %w", err)
	}
	for i := range ends {
		d := &direction{
			from: ends[i], to: ends[1-i], loss: loss, delay: delay, start: time.Now(),
			random: rand.New(rand.NewPCG(seed, uint64(i)+2)),
			queue:  make([]byte, 16<<20),
		}
		r.directions = append(r.directions, d)
		r.running.Go(func() {
			onThread(func() error { d.run(&r.stopped); return nil })
		})
	}
	return nil
}

func (r *relay) close() {
	r.stopped.Store(true)
	r.running.Wait()
	for _, d := range r.directions {
		unix.Close(d.from)
	}
	r.host.close()
}

// overruns is how many packets the relay could not keep up with so far, which
// nobody asked it to lose.
func (r *relay) overruns() (n uint64) {
	for _, d := range r.directions {
		if stats, err := unix.GetsockoptTpacketStats(d.from, unix.SOL_PACKET, unix.PACKET_STATISTICS); err == nil {
			d.overruns.Add(uint64(stats.Drops)) // the kernel counts from the last look
		}
		n += d.overruns.Load()
	}
	return n
}

// openEnd opens a packet socket on an interface, with room for a burst.
func openEnd(name string) (int, error) {
	ifi, err := net.InterfaceByName(name)
	if err != nil {
		return 0, err
	}
	// Protocol 0 receives nothing until it is bound.
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return 0, err
	}
	const room = 64 << 20
	all := uint16(unix.ETH_P_ALL)<<8 | uint16(unix.ETH_P_ALL)>>8
	return fd, errors.Join(
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, room),
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, room),
		unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1),
		unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_QDISC_BYPASS, 1),
		unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: ifi.Index}),
	)
}

const (
	batch     = 256
	frameRoom = 2048
	entry     = 16 // due and length before each frame in the queue
	// slack is how much earlier than due a packet may go, so that many go at once.
	slack = 50 * time.Microsecond
)

// direction hands packets from one end to the other. Its thread owns all of it
// but overruns.
type direction struct {
	from, to   int
	loss       float64
	delay      time.Duration
	start      time.Time
	random     *rand.Rand
	queue      []byte // frames that wait, one behind the other, as a ring
	head, tail int    // where the oldest is; where the next goes
	waiting    int
	overruns   atomic.Uint64
}

// mmsghdr is struct mmsghdr of recvmmsg(2) on a 64-bit machine.
type mmsghdr struct {
	header unix.Msghdr
	length uint32
	_      uint32
}

func (d *direction) run(stopped *atomic.Bool) {
	unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	in, out := newBatch(true), newBatch(false)
	poll := []unix.PollFd{{Fd: int32(d.from), Events: unix.POLLIN}}
	for !stopped.Load() {
		wait := 50 * time.Millisecond
		if d.waiting > 0 {
			wait = max(0, d.due()-time.Since(d.start))
		}
		ts := unix.NsecToTimespec(int64(wait))
		unix.Ppoll(poll, &ts, nil)
		for n := batch; n == batch; {
			n = d.receive(in)
		}
		d.send(out)
	}
}

// packets is what one call of recvmmsg or sendmmsg takes.
type packets struct {
	headers [batch]mmsghdr
	pieces  [batch]unix.Iovec
	frames  []byte
}

func newBatch(room bool) *packets {
	p := &packets{}
	if room {
		p.frames = make([]byte, batch*frameRoom)
	}
	for i := range p.headers {
		if room {
			p.pieces[i].Base = &p.frames[i*frameRoom]
			p.pieces[i].SetLen(frameRoom)
		}
		p.headers[i].header.Iov = &p.pieces[i]
		p.headers[i].header.SetIovlen(1)
	}
	return p
}

// receive takes in what has come and returns how many that were.
func (d *direction) receive(in *packets) int {
	n, _, errno := unix.Syscall6(unix.SYS_RECVMMSG, uintptr(d.from), uintptr(unsafe.Pointer(&in.headers)), batch, unix.MSG_DONTWAIT, 0, 0)
	if errno != 0 {
		return 0
	}
	due := time.Since(d.start) + d.delay
	for i := range int(n) {
		frame := in.frames[i*frameRoom:][:in.headers[i].length]
		if d.loss > 0 && lossy(frame) && d.random.Float64() < d.loss {
			continue
		}
		d.keep(due, frame)
	}
	return int(n)
}

// lossy reports whether a frame may be lost. Neighbours always find each
// other: what is asked for is loss of the way.
func lossy(frame []byte) bool {
	if len(frame) < 55 {
		return len(frame) >= 34 && binary.BigEndian.Uint16(frame[12:]) == unix.ETH_P_IP
	}
	switch binary.BigEndian.Uint16(frame[12:]) {
	case unix.ETH_P_IP:
		return true
	case unix.ETH_P_IPV6:
		const hopByHop, icmp6 = 0, 58
		next, kind := frame[20], frame[54]
		return next != hopByHop && (next != icmp6 || kind < 133 || kind > 137) // RFC 4861 section 4
	}
	return false
}

// keep puts a frame at the end of the queue.
func (d *direction) keep(due time.Duration, frame []byte) {
	need := entry + (len(frame)+7)&^7
	if d.tail+need+entry > len(d.queue) {
		if d.waiting > 0 && d.head > d.tail || d.head <= need {
			d.overruns.Add(1)
			return
		}
		binary.NativeEndian.PutUint64(d.queue[d.tail+8:], 0) // no frame: go on at the start
		d.tail = 0
	}
	if d.waiting > 0 && d.tail <= d.head && d.tail+need > d.head {
		d.overruns.Add(1)
		return
	}
	binary.NativeEndian.PutUint64(d.queue[d.tail:], uint64(due))
	binary.NativeEndian.PutUint64(d.queue[d.tail+8:], uint64(len(frame)))
	copy(d.queue[d.tail+entry:], frame)
	d.tail += need
	d.waiting++
}

// oldest moves head to the oldest frame, of which there is one.
func (d *direction) oldest() (length int) {
	length = int(binary.NativeEndian.Uint64(d.queue[d.head+8:]))
	if length == 0 {
		d.head = 0
		length = int(binary.NativeEndian.Uint64(d.queue[8:]))
	}
	return length
}

func (d *direction) due() time.Duration {
	d.oldest()
	return time.Duration(binary.NativeEndian.Uint64(d.queue[d.head:]))
}

// send passes on all that is due.
func (d *direction) send(out *packets) {
	for d.waiting > 0 {
		now, n := time.Since(d.start)+slack, 0
		for n < batch && d.waiting > 0 && d.due() <= now {
			length := d.oldest()
			out.pieces[n].Base = &d.queue[d.head+entry]
			out.pieces[n].SetLen(length)
			d.head += entry + (length+7)&^7
			d.waiting--
			n++
		}
		if n == 0 {
			return
		}
		for done := 0; done < n; {
			sent, _, errno := unix.Syscall6(unix.SYS_SENDMMSG, uintptr(d.to), uintptr(unsafe.Pointer(&out.headers[done])), uintptr(n-done), 0, 0, 0)
			if errno != 0 {
				d.overruns.Add(1) // the first of them did not go
				sent = 1
			}
			done += int(sent)
		}
	}
}
