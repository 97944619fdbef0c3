package rawsock

import (
	"encoding/binary"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Batch is the number of packets that one system call sends. Building a packet
// costs a hundredth of what a call costs, so that this is what makes speed: 256
// send a twentieth faster than 64, and more gain nothing.
const Batch = 256

// sendWait bounds the wait for a full send buffer: a link that takes nothing
// for so long is a fault and must be told.
const sendWait = 2 * time.Second

// mmsghdr is struct mmsghdr of sendmmsg(2).
type mmsghdr struct {
	header unix.Msghdr
	_      uint32 // msg_len, of no use where a packet goes whole or not at all
}

// sender keeps what sendmmsg reads, so that a batch allocates nothing. Several
// may send on one descriptor at once.
type sender struct {
	messages [Batch]mmsghdr
	buffers  [Batch]unix.Iovec
	links    [Batch]unix.RawSockaddrLinklayer
}

func newSender() *sender {
	s := &sender{}
	for i := range s.messages {
		h := &s.messages[i].header
		h.Name = (*byte)(unsafe.Pointer(&s.links[i]))
		h.Namelen = unix.SizeofSockaddrLinklayer
		h.Iov = &s.buffers[i]
		h.SetIovlen(1)
		s.links[i].Family = unix.AF_PACKET
	}
	return s
}

// send sends up to Batch frames with one call and returns how many went. It
// waits where the socket's own buffer is full, because that is the kernel's
// way to pace a sender; a queue that dropped a packet is an error.
//
// The descriptor is kept from Go's poller: the kernel would wake that for each
// packet that leaves the buffer, which costs as much as a fifth of the sending.
func (s *sender) send(fd int, frames []Frame) (int, error) {
	frames = frames[:min(len(frames), Batch)]
	for i, f := range frames {
		s.buffers[i].Base = unsafe.SliceData(f.Data)
		s.buffers[i].SetLen(len(f.Data))
		l := &s.links[i]
		l.Protocol = networkOrder(uint16(f.Protocol))
		l.Ifindex = int32(f.Link.Index)
		l.Halen = f.Link.HardwareLen
		l.Addr = f.Link.Hardware
	}
	defer clear(s.buffers[:len(frames)]) // hold no reference to the caller's packets
	for {
		n, _, errno := unix.Syscall6(unix.SYS_SENDMMSG, uintptr(fd),
			uintptr(unsafe.Pointer(&s.messages)), uintptr(len(frames)), 0, 0, 0)
		switch errno {
		case 0:
			return int(n), nil
		case unix.EINTR:
		case unix.EAGAIN:
			if err := writable(fd); err != nil {
				return 0, err
			}
		default:
			return 0, errno
		}
	}
}

// writable waits until the socket's buffer has room.
func writable(fd int) error {
	for {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}, int(sendWait/time.Millisecond))
		switch {
		case err == unix.EINTR:
		case err != nil:
			return err
		case n == 0:
			return unix.ENOBUFS
		default:
			return nil
		}
	}
}

// networkOrder is htons.
func networkOrder(v uint16) uint16 {
	var b [2]byte
	binary.BigEndian.PutUint16(b[:], v)
	return binary.NativeEndian.Uint16(b[:])
}
