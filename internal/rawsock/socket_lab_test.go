//go:build linux && lab

package rawsock_test

import (
	"bytes"
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sekisho/internal/lab"
	"sekisho/internal/rawsock"
)

var row = rawsock.Ports{First: 61000, Last: 61063}

// whoHas is the frame of an ARP request (RFC 826) from a host's eth0.
func whoHas(t testing.TB, h *lab.Host, target netip.Addr) rawsock.Frame {
	t.Helper()
	var device *net.Interface
	err := h.Do(func() (err error) {
		device, err = net.InterfaceByName("eth0")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	source, destination := h.V4.As4(), target.As4()
	data := []byte{0, 1, 8, 0, 6, 4, 0, 1}
	data = append(append(data, device.HardwareAddr...), source[:]...)
	data = append(append(data, 0, 0, 0, 0, 0, 0), destination[:]...)
	link := &rawsock.Link{Index: device.Index, Hardware: [8]byte{255, 255, 255, 255, 255, 255}, HardwareLen: 6}
	return rawsock.Frame{Link: link, Protocol: rawsock.ARP, Data: data}
}

// exchange sends a request and waits for its answer.
func exchange(s *rawsock.Socket, request rawsock.Frame) (answer []byte, err error) {
	if _, err := s.Send([]rawsock.Frame{request}); err != nil {
		return nil, err
	}
	for end := time.Now().Add(5 * time.Second); answer == nil && time.Now().Before(end); {
		err = s.Receive(end, func(p rawsock.Packet) {
			if p.Protocol == rawsock.ARP && bytes.Equal(p.Data[14:18], request.Data[24:28]) {
				answer = bytes.Clone(p.Data)
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return answer, nil
}

// openIn opens a socket in a host.
func openIn(t testing.TB, h *lab.Host) *rawsock.Socket {
	t.Helper()
	var s *rawsock.Socket
	err := h.Do(func() (err error) {
		s, err = rawsock.Open(row)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSocketAsksAndHears(t *testing.T) {
	l := lab.New(t)
	s := openIn(t, l.LAN)
	answer, err := exchange(s, whoHas(t, l.LAN, l.Home.V4))
	if err != nil || len(answer) < 28 || answer[7] != 2 {
		t.Errorf("answer %x, %v", answer, err)
	}
	if n, err := s.Lost(); n != 0 || err != nil {
		t.Errorf("lost %d, %v", n, err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := s.Receive(time.Now().Add(time.Hour), func(rawsock.Packet) {}); !errors.Is(err, os.ErrClosed) {
		t.Errorf("receiving on a closed socket: %v", err)
	}
}

// A Receive that waits ends when the socket is closed.
func TestCloseWakesReceive(t *testing.T) {
	l := lab.New(t)
	s := openIn(t, l.LAN)
	done := make(chan error)
	go func() {
		for {
			if err := s.Receive(time.Now().Add(time.Hour), func(rawsock.Packet) {}); err != nil {
				done <- err
				return
			}
		}
	}()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-done; !errors.Is(err, os.ErrClosed) {
		t.Errorf("ended with %v", err)
	}
}

// Whoever opened the two descriptors had the permission; who has them needs
// none. Only the thread of this test becomes nobody, and is thrown away.
func TestNobodyWithInheritedDescriptors(t *testing.T) {
	l := lab.New(t)
	var rx, tx int
	err := l.LAN.Do(func() (err error) {
		if rx, err = unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM, 0); err != nil {
			return err
		}
		tx, err = unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM, 0)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	request := whoHas(t, l.LAN, l.Home.V4)
	type result struct {
		opening error
		answer  []byte
		err     error
	}
	results := make(chan result)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		var r result
		defer func() { results <- r }()
		const id = 65534
		if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, id, id, id); errno != 0 {
			r.err = errno
			return
		}
		_, r.opening = rawsock.Open(row)
		s, err := rawsock.New(rx, tx, row)
		if err != nil {
			r.err = err
			return
		}
		r.answer, r.err = exchange(s, request)
		r.err = errors.Join(r.err, s.Close())
	}()
	r := <-results
	var refused *rawsock.Error
	if !errors.Is(r.opening, fs.ErrPermission) || !errors.As(r.opening, &refused) {
		t.Errorf("nobody opening raw sockets: %v", r.opening)
	}
	if r.err != nil || len(r.answer) < 28 {
		t.Errorf("answer %x, %v", r.answer, r.err)
	}
}

// What cannot be sent is told with the frame that it concerns: those before it
// went out.
func TestSendTellsWhichFrame(t *testing.T) {
	l := lab.New(t)
	s := openIn(t, l.LAN)
	defer s.Close()
	good := whoHas(t, l.LAN, l.Home.V4)
	lost := good
	lost.Link = &rawsock.Link{Index: 9999}
	n, err := s.Send([]rawsock.Frame{good, good, lost, good})
	if n != 2 || !errors.Is(err, unix.ENXIO) {
		t.Errorf("sent %d, %v", n, err)
	}
}

// BenchmarkSend is one thread that sends SYNs of 44 bytes to a host that drops
// them.
func BenchmarkSend(b *testing.B) {
	l := lab.New(b)
	l.Home.NFT(b, `table netdev away { chain in { type filter hook ingress device eth0 priority 0; ip daddr 26.99.0.9 drop; }; }`)
	s := openIn(b, l.LAN)
	defer s.Close()
	question := whoHas(b, l.LAN, l.Home.V4)
	answer, err := exchange(s, question)
	if err != nil || len(answer) < 28 {
		b.Fatal(answer, err)
	}
	link := &rawsock.Link{Index: question.Link.Index, HardwareLen: 6}
	copy(link.Hardware[:], answer[8:14])
	packet := make([]byte, 44)
	copy(packet, []byte{0x45, 0, 0, 44, 0, 0, 0x40, 0, 64, 6, 0, 0, 26, 99, 0, 1, 26, 99, 0, 9})
	frames := make([]rawsock.Frame, rawsock.Batch)
	for i := range frames {
		frames[i] = rawsock.Frame{Link: link, Protocol: rawsock.IPv4, Data: packet}
	}
	for b.Loop() {
		if n, err := s.Send(frames); err != nil {
			b.Fatal(n, err)
		}
	}
	b.ReportMetric(float64(b.N*len(frames))/b.Elapsed().Seconds(), "packets/s")
}
