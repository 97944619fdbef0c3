package lab

import (
	"container/heap"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"slices"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// relay is an impaired cable: a process that holds both inner ends of it in a
// network namespace of its own and hands packets from one to the other. It
// stands in for netem, which not every kernel has, and whose chance does not
// repeat.
type relay struct {
	process *process
	orders  *json.Encoder
	answers *json.Decoder
}

// relayAnswer is what the relay process says to an Impairment that it is
// given: how many packets it could not keep up with so far, which nobody asked
// it to lose.
type relayAnswer struct {
	Overruns int
	Err      string
}

// The inner ends of a relay's cable.
const (
	relayA = "a"
	relayB = "b"
)

// Link sets what a cable does to packets from now on, in both directions, and
// starts the count of each flow anew. Routes, addresses and connections stay;
// packets that are under way when a cable is impaired for the first time are
// lost. Impair a cable before anything is measured on it.
func (l *Lab) Link(t T, name Cable, imp Impairment) {
	t.Helper()
	c, ok := l.cables[name]
	if !ok {
		t.Fatalf("lab: no cable %q", name)
	}
	if c.relay == nil {
		if err := l.insertRelay(name, c); err != nil {
			t.Fatalf("lab: %v", err)
		}
	}
	if _, err := c.relay.impair(imp); err != nil {
		t.Fatalf("lab: %s: %v", name, err)
	}
}

// insertRelay lays a cable anew with a relay in the middle.
func (l *Lab) insertRelay(name Cable, c *cable) error {
	p, err := spawn(roleRelay, "relay-"+string(name), 0)
	if err != nil {
		return err
	}
	r := &relay{process: p, orders: json.NewEncoder(p.stdin), answers: json.NewDecoder(p.stdout)}
	l.relays = append(l.relays, r)
	old, err := c.a.process.links.LinkByName(c.aName)
	if err != nil {
		return fmt.Errorf("%s: %s: %w", c.a.Name, c.aName, err)
	}
	if err := c.a.process.links.LinkDel(old); err != nil {
		return fmt.Errorf("%s: unplug %s: %w", c.a.Name, c.aName, err)
	}
	if err := errors.Join(join(c.a, c.aName, p, relayA), join(c.b, c.bName, p, relayB)); err != nil {
		return err
	}
	if err := l.prove(); err != nil {
		return err
	}
	for _, end := range []string{relayA, relayB} {
		link, err := p.links.LinkByName(end)
		if err != nil {
			return err
		}
		if err := p.links.LinkSetUp(link); err != nil {
			return err
		}
	}
	err = errors.Join(
		c.a.Do(func() error { return wholePackets(c.aName) }),
		c.b.Do(func() error { return wholePackets(c.bName) }),
		c.a.configure(c.aName),
		c.b.configure(c.bName),
		l.routeAll(),
	)
	c.relay = r
	return err
}

// impair tells the relay process what to do to packets, and returns how many
// it could not keep up with.
func (r *relay) impair(imp Impairment) (overruns int, err error) {
	if err := r.orders.Encode(imp); err != nil {
		return 0, err
	}
	var a relayAnswer
	if err := r.answers.Decode(&a); err != nil {
		return 0, fmt.Errorf("%w %s", err, r.process.stderr.String())
	}
	if a.Err != "" {
		return 0, errors.New(a.Err)
	}
	return a.Overruns, nil
}

// ethtool is struct ethtool_value: a command and its argument.
type ethtool struct{ command, value uint32 }

// wholePackets has an interface send what a wire would carry: checksums filled
// in and no segment larger than the MTU. Between two ends of a cable the
// kernel saves itself both, and a packet socket would pass on the rest.
func wholePackets(name string) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	for _, command := range []uint32{unix.ETHTOOL_STXCSUM, unix.ETHTOOL_STSO, unix.ETHTOOL_SGSO, unix.ETHTOOL_SGRO} {
		order := ethtool{command: command}
		var request struct {
			name [unix.IFNAMSIZ]byte
			data unsafe.Pointer
			_    [24 - unsafe.Sizeof(uintptr(0))]byte
		}
		copy(request.name[:unix.IFNAMSIZ-1], name)
		request.data = unsafe.Pointer(&order)
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&request)))
		runtime.KeepAlive(&order)
		if errno != 0 {
			return fmt.Errorf("%s: switch offload %#x off: %w", name, command, errno)
		}
	}
	return nil
}

// runRelay is the relay process. It answers each impairment on its standard
// input, starts with the first and ends with the input.
func runRelay() error {
	// It has no addresses, and says nothing of its own on the cable.
	for _, scope := range []string{"all", "default"} {
		if err := sysctl("net/ipv6/conf/"+scope+"/disable_ipv6", "1"); err != nil {
			return err
		}
	}
	if _, err := io.WriteString(os.Stdout, readyLine); err != nil {
		return err
	}
	var directions []*direction
	orders, answers := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var imp Impairment
		err := orders.Decode(&imp)
		if errors.Is(err, io.EOF) {
			leave(0)
		}
		if err != nil {
			return err
		}
		if directions == nil {
			directions, err = startDirections(imp)
		}
		var a relayAnswer
		if err != nil {
			a.Err = err.Error()
		}
		for _, d := range directions {
			a.Overruns += d.begin(imp)
		}
		if err := answers.Encode(a); err != nil {
			return err
		}
	}
}

func startDirections(imp Impairment) ([]*direction, error) {
	a, err := openEnd(relayA)
	if err != nil {
		return nil, err
	}
	b, err := openEnd(relayB)
	if err != nil {
		return nil, err
	}
	var directions []*direction
	for i, ends := range [][2]int{{a, b}, {b, a}} {
		wake, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
		if err != nil {
			return nil, err
		}
		d := &direction{
			from: ends[0], to: ends[1], start: time.Now(), wake: wake, orders: make(chan order, 1),
			shaper: &shaper{direction: uint64(i) + 1, Impairment: imp},
		}
		go d.run()
		directions = append(directions, d)
	}
	return directions, nil
}

// openEnd opens a packet socket on an interface, with room for a burst.
func openEnd(name string) (int, error) {
	ifi, err := net.InterfaceByName(name)
	if err != nil {
		return 0, err
	}
	// Protocol 0 receives nothing yet: the first packets would come from
	// every interface.
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
		unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: ifi.Index}),
	)
}

// direction hands packets from one end to the other. Its loop owns all of it
// but orders and wake.
type direction struct {
	from, to int
	start    time.Time
	shaper   *shaper
	waiting  packets
	spare    []*packet
	order    uint64 // packets taken in
	overruns int

	orders chan order
	wake   int // an eventfd: there are orders
}

// order asks a direction to treat packets to come in another way.
type order struct {
	imp   Impairment
	given chan<- int // gets the overruns
}

// packet is one that waits for its time.
type packet struct {
	due   time.Duration
	order uint64 // among packets due at the same time
	frame []byte
}

// packets is a heap: what is due first comes first.
type packets []*packet

func (p packets) Len() int { return len(p) }
func (p packets) Less(i, j int) bool {
	return p[i].due < p[j].due || p[i].due == p[j].due && p[i].order < p[j].order
}
func (p packets) Swap(i, j int) { p[i], p[j] = p[j], p[i] }
func (p *packets) Push(x any)   { *p = append(*p, x.(*packet)) }
func (p *packets) Pop() any {
	last := len(*p) - 1
	x := (*p)[last]
	(*p)[last] = nil
	*p = (*p)[:last]
	return x
}

// begin applies an impairment to packets to come and returns the overruns
// since the relay started.
func (d *direction) begin(imp Impairment) int {
	given := make(chan int, 1)
	d.orders <- order{imp, given}
	unix.Write(d.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	return <-given
}

// run is the direction's loop. It sleeps in the kernel with a timeout in
// nanoseconds, on a thread of its own: the runtime's timers are good to about
// a millisecond.
func (d *direction) run() {
	runtime.LockOSThread()
	unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	poll := []unix.PollFd{{Fd: int32(d.from), Events: unix.POLLIN}, {Fd: int32(d.wake), Events: unix.POLLIN}}
	buf := make([]byte, 1<<16)
	for {
		var timeout *unix.Timespec
		if len(d.waiting) > 0 {
			ts := unix.NsecToTimespec(int64(max(0, d.waiting[0].due-time.Since(d.start))))
			timeout = &ts
		}
		if _, err := unix.Ppoll(poll, timeout, nil); err != nil && err != unix.EINTR {
			fmt.Fprintln(os.Stderr, "relay: wait:", err)
			leave(1)
		}
		// A bounded batch, so that what is due is not kept waiting.
		for more, n := true, 0; more && n < 64; n++ {
			more = d.receive(buf)
		}
		d.obey(buf)
		d.send()
	}
}

// obey carries out the orders given. What came before an order still meets
// what was ordered before.
func (d *direction) obey(buf []byte) {
	for {
		select {
		case o := <-d.orders:
			unix.Read(d.wake, buf[:8])
			for d.receive(buf) {
			}
			d.shaper.Impairment = o.imp
			d.shaper.free = 0
			clear(d.shaper.passed[:])
			if stats, err := unix.GetsockoptTpacketStats(d.from, unix.SOL_PACKET, unix.PACKET_STATISTICS); err == nil {
				d.overruns += int(stats.Drops) // the kernel counts from the last look
			}
			o.given <- d.overruns
		default:
			return
		}
	}
}

// receive takes in one packet, if there is one.
func (d *direction) receive(buf []byte) bool {
	n, _, err := unix.Recvfrom(d.from, buf, unix.MSG_DONTWAIT)
	if err != nil {
		return false
	}
	now := time.Since(d.start)
	due, copies := [2]time.Duration{now}, 1
	if flow, ok := flowOf(buf[:n]); ok {
		due, copies = d.shaper.admit(now, flow)
	}
	for _, when := range due[:copies] {
		d.keep(when, buf[:n])
	}
	return true
}

func (d *direction) keep(due time.Duration, frame []byte) {
	p := &packet{}
	if last := len(d.spare) - 1; last >= 0 {
		p, d.spare = d.spare[last], d.spare[:last]
	}
	d.order++
	p.due, p.order, p.frame = due, d.order, append(p.frame[:0], frame...)
	heap.Push(&d.waiting, p)
}

// send passes on all that is due.
func (d *direction) send() {
	for len(d.waiting) > 0 && d.waiting[0].due <= time.Since(d.start) {
		p := heap.Pop(&d.waiting).(*packet)
		if _, err := unix.Write(d.to, p.frame); err != nil && !slices.Contains([]error{unix.ENETDOWN, unix.ENXIO}, err) {
			d.overruns++
		}
		if len(d.spare) < 1<<16 {
			d.spare = append(d.spare, p)
		}
	}
}
