package netio

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"sekisho/internal/exposure"
)

// bulkSocket is an unconnected datagram socket that serves many peers. ICMP
// errors come to its error queue, each with the peer that it is about and the
// sender, for anybody without privilege (ip(7), IP_RECVERR).
type bulkSocket struct {
	fd   int
	v6   bool
	port uint16 // of our own end, where the protocol has ports
	lost uint32 // datagrams that its buffer had no room for
}

// bulkBuffer is how much may wait to be read; without privilege the kernel may
// grant less. A small datagram, or its error, takes about 800 bytes of it.
const bulkBuffer = 2 << 20

func openBulk(v6 bool, typ, protocol int) (*bulkSocket, error) {
	domain, level, option := unix.AF_INET, unix.SOL_IP, unix.IP_RECVERR
	if v6 {
		domain, level, option = unix.AF_INET6, unix.SOL_IPV6, unix.IPV6_RECVERR
	}
	fd, err := unix.Socket(domain, typ|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, protocol)
	if err != nil {
		return nil, err
	}
	s := &bulkSocket{fd: fd, v6: v6}
	if err := unix.SetsockoptInt(fd, level, option, 1); err != nil {
		s.close()
		return nil, err
	}
	if v6 {
		// Not every kind of socket knows the option; those that do not are of
		// one family anyway.
		_ = unix.SetsockoptInt(fd, unix.SOL_IPV6, unix.IPV6_V6ONLY, 1)
	}
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, bulkBuffer) != nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, bulkBuffer)
	}
	// Each datagram tells how many were dropped before it.
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RXQ_OVFL, 1)
	return s, nil
}

// bind takes a port of the kernel's choice.
func (s *bulkSocket) bind() error {
	var any unix.Sockaddr = &unix.SockaddrInet4{}
	if s.v6 {
		any = &unix.SockaddrInet6{}
	}
	if err := unix.Bind(s.fd, any); err != nil {
		return err
	}
	name, err := unix.Getsockname(s.fd)
	if err != nil {
		return err
	}
	s.port = addrPort(name).Port()
	return nil
}

// bindForGood takes a port that stays when the socket is connected and
// disconnected again. One of the kernel's choice would be lost then, so it is
// found by another socket first.
func (s *bulkSocket) bindForGood() error {
	finder, err := openBulk(s.v6, unix.SOCK_DGRAM, unix.IPPROTO_UDP)
	if err != nil {
		return err
	}
	defer finder.close()
	for _, fd := range []int{finder.fd, s.fd} {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
			return err
		}
	}
	if err := finder.bind(); err != nil {
		return err
	}
	var exact unix.Sockaddr = &unix.SockaddrInet4{Port: int(finder.port)}
	if s.v6 {
		exact = &unix.SockaddrInet6{Port: int(finder.port)}
	}
	s.port = finder.port
	return unix.Bind(s.fd, exact)
}

// sendConnected sends one datagram through a connection that lasts no longer.
func (s *bulkSocket) sendConnected(data []byte, to unix.Sockaddr) error {
	if err := unix.Connect(s.fd, to); err != nil {
		return err
	}
	err := s.send(data, nil)
	return errors.Join(err, disconnect(s.fd))
}

func (s *bulkSocket) close() { _ = unix.Close(s.fd) }

// How often a send is tried whose error may be somebody else's.
const (
	mostPending = 16
	mostSame    = 4
)

// send sends one datagram. An ICMP error that came for an earlier one is
// pending on the socket and is what the next send returns, whomever that goes
// to. Such a send is repeated: an error that is its own comes every time.
func (s *bulkSocket) send(data []byte, to unix.Sockaddr) error {
	var last error
	same := 0
	for range mostPending {
		err := unix.Sendmsg(s.fd, data, nil, to, 0)
		errno, ok := err.(syscall.Errno)
		if !ok || scarce(errno) || errno == unix.EPERM || errno == unix.EINVAL {
			return err
		}
		if err != last {
			last, same = err, 0
		}
		if same++; same >= mostSame && errno != unix.ECONNREFUSED {
			return err
		}
	}
	// The queue of errors is filled as fast as it is emptied.
	return unix.EAGAIN
}

// mostAtOnce bounds what one call of receive takes from one socket.
const mostAtOnce = 256

// bulkReader holds the buffers that sockets are read with.
type bulkReader struct {
	data [mostReply]byte
	oob  [512]byte
}

// receive hands on what waits at a socket, errors first.
func (r *bulkReader) receive(s *bulkSocket, handle func(Datagram)) {
	for range mostAtOnce {
		size, n, _, from, err := unix.RecvmsgBuffers(s.fd, [][]byte{r.data[:]}, r.oob[:], unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
		if err != nil {
			break
		}
		if reason, by, ok := parseErrorQueue(r.oob[:n]); ok {
			handle(Datagram{Peer: zonedAddrPort(from), Data: r.data[:size], Reason: reason, By: by, At: time.Now()})
		}
	}
	for range mostAtOnce {
		n, oob, _, from, err := unix.RecvmsgBuffers(s.fd, [][]byte{r.data[:]}, r.oob[:], unix.MSG_DONTWAIT)
		if err == unix.EAGAIN {
			break
		}
		if err == nil {
			if lost, ok := parseOverflow(r.oob[:oob]); ok {
				s.lost = lost
			}
			handle(Datagram{Peer: zonedAddrPort(from), Data: r.data[:n], At: time.Now()})
		}
		// Any other error is one that is pending from the queue above.
	}
}

// parseOverflow reads how many datagrams a socket has dropped so far.
func parseOverflow(oob []byte) (uint32, bool) {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return 0, false
	}
	for _, m := range messages {
		if m.Header.Level == unix.SOL_SOCKET && m.Header.Type == unix.SO_RXQ_OVFL && len(m.Data) >= 4 {
			return binary.NativeEndian.Uint32(m.Data), true
		}
	}
	return 0, false
}

// waitBulk waits until one of the sockets has something, or until then.
func waitBulk(sockets []*bulkSocket, until time.Time) error {
	var fds [4]unix.PollFd
	n := 0
	for _, s := range sockets {
		if s != nil {
			fds[n] = unix.PollFd{Fd: int32(s.fd), Events: unix.POLLIN}
			n++
		}
	}
	_, err := unix.Poll(fds[:n], milliseconds(time.Until(until)))
	if err != nil && err != unix.EINTR {
		return &Error{Op: "poll", Reason: exposure.LocalError, Err: err}
	}
	return nil
}

// zonedAddrPort reads a sockaddr with its zone as a number.
func zonedAddrPort(s unix.Sockaddr) netip.AddrPort {
	ap := addrPort(s)
	if s, ok := s.(*unix.SockaddrInet6); ok && s.ZoneId != 0 {
		ap = netip.AddrPortFrom(ap.Addr().WithZone(strconv.FormatUint(uint64(s.ZoneId), 10)), ap.Port())
	}
	return ap
}

// sockaddrOf makes a sockaddr; zones remembers interface numbers.
func sockaddrOf(to netip.AddrPort, zones map[string]uint32) (unix.Sockaddr, error) {
	a := to.Addr()
	if a.Is4() {
		return &unix.SockaddrInet4{Addr: a.As4(), Port: int(to.Port())}, nil
	}
	zone, err := zoneIndex(zones, a.Zone())
	if err != nil {
		return nil, err
	}
	return &unix.SockaddrInet6{Addr: a.As16(), Port: int(to.Port()), ZoneId: zone}, nil
}
