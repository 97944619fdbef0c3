package rawsock

import (
	"errors"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// Socket sends and receives raw packets. Send may run twice at a time, Send and
// Receive at the same time as each other and as Close; two Receives take turns.
type Socket struct {
	tx      int
	senders chan *sender // those that are free
	using   sync.RWMutex // holds tx against being closed while it is used

	receiver
}

// Open opens the two packet sockets and builds a Socket on them. It needs
// CAP_NET_RAW in the network namespace; the *Error says so.
func Open(ports Ports) (*Socket, error) {
	rx, err := packetSocket()
	if err != nil {
		return nil, &Error{"open", err}
	}
	tx, err := packetSocket()
	if err != nil {
		return nil, &Error{"open", errors.Join(err, unix.Close(rx))}
	}
	return New(rx, tx, ports)
}

// packetSocket makes what New wants: SOCK_DGRAM, so that the kernel builds the
// link header of every kind of link, and with no protocol, so that nothing is
// received before the filter stands.
func packetSocket() (int, error) {
	return unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
}

// New builds a Socket on two descriptors of unbound packet sockets of type
// SOCK_DGRAM, rx to receive and tx to send, which somebody with CAP_NET_RAW
// opened: none is needed here. It owns both from now on and closes them also
// when it fails.
func New(rx, tx int, ports Ports) (*Socket, error) {
	ring, err := prepare(rx, tx, ports)
	if err != nil {
		return nil, errors.Join(err, unix.Close(rx), unix.Close(tx))
	}
	s := &Socket{tx: tx, senders: make(chan *sender, atOnce)}
	for range atOnce {
		s.senders <- newSender()
	}
	if err := s.begin(rx, ring); err != nil {
		return nil, &Error{"open", errors.Join(err, s.Close())}
	}
	return s, nil
}

// atOnce is how many threads may send at once.
const atOnce = 2

// prepare gives both descriptors their options. The order matters: first the
// filter, then the ring, then the bind that lets packets in.
func prepare(rx, tx int, ports Ports) (*ring, error) {
	for _, fd := range []int{rx, tx} {
		if err := check(fd); err != nil {
			return nil, &Error{"open", err}
		}
	}
	if err := attach(rx, filter(ports)); err != nil {
		return nil, &Error{"filter", err}
	}
	// Kernels before 4.20 do not know it. There the filter does the same, only
	// later and so at a cost for every packet that this machine sends.
	err := unix.SetsockoptInt(rx, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1)
	if err != nil && !errors.Is(err, unix.ENOPROTOOPT) {
		return nil, &Error{"filter", err}
	}
	ring, err := newRing(rx)
	if err != nil {
		return nil, &Error{"ring", err}
	}
	if err := unix.Bind(rx, &unix.SockaddrLinklayer{Protocol: networkOrder(unix.ETH_P_ALL)}); err != nil {
		return nil, &Error{"ring", errors.Join(err, ring.close())}
	}
	return ring, nil
}

// check refuses a descriptor that is no packet socket of type SOCK_DGRAM: with
// another type every packet would be built and read wrongly.
func check(fd int) error {
	domain, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
	if err != nil {
		return err
	}
	kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil {
		return err
	}
	if domain != unix.AF_PACKET || kind != unix.SOCK_DGRAM {
		return errors.New("the descriptor is no packet socket of type SOCK_DGRAM")
	}
	return unix.SetNonblock(fd, true)
}

// Send sends frames and returns how many went. The error belongs to the frame
// behind those: ENOBUFS says that the queue of the interface is full and has
// dropped it, so that the sender must slow down; any other means that this
// frame cannot be sent at all.
func (s *Socket) Send(frames []Frame) (int, error) {
	s.using.RLock()
	defer s.using.RUnlock()
	sender := <-s.senders
	defer func() { s.senders <- sender }()
	for sent := 0; ; {
		if s.closed.Load() {
			return sent, s.error("send", os.ErrClosed)
		}
		n, err := sender.send(s.tx, frames[sent:])
		sent += n
		if err != nil {
			return sent, s.error("send", err)
		}
		if sent == len(frames) {
			return sent, nil
		}
	}
}

// Close ends both halves; a Receive that waits returns.
func (s *Socket) Close() error {
	if s.closed.Swap(true) {
		return s.error("close", os.ErrClosed)
	}
	err := s.rx.Close()
	s.using.Lock()
	err = errors.Join(err, unix.Close(s.tx))
	s.using.Unlock()
	return errors.Join(err, s.end())
}
