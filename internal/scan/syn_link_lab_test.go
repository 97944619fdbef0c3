//go:build linux && lab

package scan_test

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
	"sekisho/internal/scan"
)

// setChecksumOffload sets whether a host leaves transport checksums to its
// network card (ethtool --offload eth0 tx on|off).
func setChecksumOffload(t *testing.T, h *lab.Host, on bool) {
	t.Helper()
	const setTxChecksum = 0x17 // ETHTOOL_STXCSUM
	value := struct{ command, data uint32 }{command: setTxChecksum}
	if on {
		value.data = 1
	}
	request := struct {
		name [unix.IFNAMSIZ]byte
		data unsafe.Pointer
		_    [16]byte
	}{data: unsafe.Pointer(&value)}
	copy(request.name[:], "eth0")
	err := h.Do(func() error {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&request))); errno != 0 {
			return errno
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Between namespaces a transport checksum stays unfinished, and from a network
// it is whole: both must be read, the one unverified and the other verified.
func TestRawSYNReadsBothKindsOfChecksum(t *testing.T) {
	l := lab.New(t)
	l.Home.Listen(t, "tcp", "[::]:22")
	sekisho := program(t)
	for name, on := range map[string]bool{"unfinished": true, "whole": false} {
		t.Run(name, func(t *testing.T) {
			setChecksumOffload(t, l.Home, on)
			for _, target := range []string{l.Home.V4.String(), l.Home.V6.String()} {
				s := scanIn(t, l.LAN, sekisho, "scan", target, "-p", "22,23", "--method", "syn")
				if s.states[22] != exposure.Open || s.states[23] != exposure.Closed {
					t.Errorf("%s: %v", target, s.states)
				}
			}
		})
	}
}

// tunnel makes a tun device in a host, gives it an address and returns the end
// where its packets come out.
func tunnel(t *testing.T, h *lab.Host, address string) *os.File {
	t.Helper()
	var end *os.File
	err := h.Do(func() error {
		fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
		if err != nil {
			return err
		}
		request, err := unix.NewIfreq("tun0")
		if err != nil {
			return err
		}
		request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, request); err != nil {
			return err
		}
		end = os.NewFile(uintptr(fd), "tun0")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { end.Close() })
	h.Run(t, "ip", "addr", "add", address, "dev", "tun0")
	h.Run(t, "ip", "link", "set", "tun0", "up")
	return end
}

// A tunnel has no link addresses and no neighbours to look for.
func TestRawSYNThroughTunnel(t *testing.T) {
	l := lab.New(t)
	end := tunnel(t, l.LAN, "26.99.0.1/24")
	go func() {
		packet := make([]byte, 2048)
		for {
			n, err := end.Read(packet)
			if err != nil {
				return
			}
			if n >= 40 && packet[0] == 0x45 && packet[9] == 6 && packet[33] == 0x02 {
				if _, err := end.Write(answerOf(packet[:n])); err != nil {
					return
				}
			}
		}
	}()
	s := scanIn(t, l.LAN, program(t), "scan", "26.99.0.9", "-p", "22,23", "--method", "syn")
	if s.states[22] != exposure.Open || s.states[23] != exposure.Closed || s.method != "raw SYN" {
		t.Errorf("%v by %q", s.states, s.method)
	}
}

// answerOf turns an IPv4 SYN into what a host says that listens on port 22
// only.
func answerOf(syn []byte) []byte {
	b := append([]byte(nil), syn...)
	copy(b[12:], syn[16:20])
	copy(b[16:], syn[12:16])
	tcp := b[20:]
	copy(tcp, syn[22:24])
	copy(tcp[2:], syn[20:22])
	binary.BigEndian.PutUint32(tcp[4:], 0)
	binary.BigEndian.PutUint32(tcp[8:], binary.BigEndian.Uint32(syn[24:])+1)
	tcp[13] = 0x14 // RST, ACK
	if binary.BigEndian.Uint16(tcp) == 22 {
		tcp[13] = 0x12 // SYN, ACK
	}
	tcp[16], tcp[17] = 0, 0
	sum := uint32(6 + len(tcp))
	for i := 12; i < len(b)-1; i += 2 { // addresses and segment
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	sum = sum>>16 + sum&0xffff
	binary.BigEndian.PutUint16(tcp[16:], ^uint16(sum+sum>>16))
	return b
}

// One engine serves many scans, in turn and at once, from one ring and one row
// of ports: each gets its own answers and no other's.
func TestRawSYNScansShareAnEngine(t *testing.T) {
	l := lab.New(t)
	l.Home.Listen(t, "tcp", "[::]:22")
	l.Home.Listen(t, "tcp", "[::]:80")
	engine := scan.New()
	defer func() {
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	}()
	run := func(target netip.Addr, first uint16) error {
		r := scan.Request{
			Targets: []exposure.Target{{Address: target}}, Method: scan.SYN, Profile: scan.LAN, Retries: -1,
		}
		for port := first; port < first+100; port++ {
			r.TCP = append(r.TCP, port)
		}
		states := map[exposure.State]int{}
		s, err := engine.Run(t.Context(), r, func(o exposure.Observation) {
			states[o.State]++
			if open := o.Port == 22 || o.Port == 80; open != (o.State == exposure.Open) {
				t.Errorf("%v: %v", o.Endpoint(), o.State)
			}
		})
		if err == nil && (s.Method != "raw SYN" || states[exposure.Open]+states[exposure.Closed] != 100) {
			err = fmt.Errorf("%v by %q", states, s.Method)
		}
		return err
	}
	// The first scan opens the sockets, which belong to the host from then on.
	if err := l.LAN.Do(func() error { return run(l.Home.V4, 1) }); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 20 {
		target := []netip.Addr{l.Home.V4, l.Home.V6}[i%2]
		all.Go(func() {
			for range 5 {
				if err := run(target, []uint16{1, 50, 200, 30000}[i%4]); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

// The own kernel answers a SYN-ACK that it knows nothing of with a reset, so
// that the scan leaves no half-open connection behind, nor an open one.
func TestRawSYNLeavesNothingBehind(t *testing.T) {
	l := lab.New(t)
	var listeners []net.Listener
	for port := 7000; port < 7050; port++ {
		listeners = append(listeners, l.Home.Listen(t, "tcp", fmt.Sprintf("[::]:%d", port)))
	}
	sekisho := program(t)
	for _, target := range []string{l.Home.V4.String(), l.Home.V6.String()} {
		s := scanIn(t, l.LAN, sekisho, "scan", target, "-p", "7000-7049", "--method", "syn")
		for port, state := range s.states {
			if state != exposure.Open {
				t.Errorf("%s port %d: %v", target, port, state)
			}
		}
	}
	if left := l.Home.Run(t, "ss", "-Htn", "state", "connected"); left != "" {
		t.Errorf("left behind:\n%s", left)
	}
	for _, ln := range listeners {
		// A deadline that has passed would not even look at what is there.
		if err := ln.(*net.TCPListener).SetDeadline(time.Now().Add(10 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if conn, err := ln.Accept(); err == nil {
			t.Errorf("%v was connected to", ln.Addr())
			conn.Close()
		}
	}
}
