package netio

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"

	"golang.org/x/sys/unix"

	"sekisho/internal/exposure"
)

// ReservePorts takes n ports in a row for both families, by binding a socket
// to each. They lie outside of the range that the kernel hands out by itself,
// where there is room: a program that is given a port of its own choice would
// find one of the row taken.
func ReservePorts(n int) (*Reservation, error) {
	err := error(unix.EADDRINUSE)
	for _, first := range rows(ephemeral(), n) {
		var fds []int
		if fds, err = bindRow(first, n); err == nil {
			return &Reservation{First: uint16(first), Last: uint16(first + n - 1), close: func() error { return closeAll(fds) }}, nil
		}
		if !errors.Is(err, unix.EADDRINUSE) && !errors.Is(err, unix.EACCES) {
			break
		}
	}
	return nil, &Error{Op: "reserve source ports", Reason: exposure.LocalError, By: exposure.Local, Err: err}
}

// lowestRow keeps rows away from where services are.
const lowestRow = 10000

// span is a range of ports, both ends included.
type span struct{ first, last int }

// ephemeral is the range of ports that the kernel hands out in this network
// namespace, its default where it cannot be read.
func ephemeral() span {
	s := span{32768, 60999}
	b, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err == nil {
		_, err = fmt.Sscan(string(b), &s.first, &s.last)
	}
	if err != nil || s.first > s.last {
		return span{32768, 60999}
	}
	return s
}

// attempts bounds the search for a free row.
const attempts = 64

// rows are the first ports of the rows to try: above the kernel's range, else
// below it, else in it; from a place that is drawn, so that two scanners do not
// meet.
func rows(kernel span, n int) []int {
	for _, s := range []span{{kernel.last + 1, 65535}, {lowestRow, kernel.first - 1}, {lowestRow, 65535}} {
		count := (s.last - s.first + 1) / n
		if s.first < lowestRow || count < 1 {
			continue
		}
		firsts := make([]int, min(count, attempts))
		start := rand.IntN(count)
		for i := range firsts {
			firsts[i] = s.first + (start+i)%count*n
		}
		return firsts
	}
	return nil
}

func bindRow(first, n int) ([]int, error) {
	var fds []int
	for port := first; port < first+n; port++ {
		fd, err := bindPort(port)
		if err != nil {
			return nil, errors.Join(err, closeAll(fds))
		}
		fds = append(fds, fd)
	}
	return fds, nil
}

// bindPort binds a socket that takes the port for IPv4 as well, where there is
// IPv6 at all.
func bindPort(port int) (int, error) {
	fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
	if errors.Is(err, unix.EAFNOSUPPORT) {
		if fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP); err != nil {
			return -1, err
		}
		return orClose(fd, unix.Bind(fd, &unix.SockaddrInet4{Port: port}))
	}
	if err != nil {
		return -1, err
	}
	if err = unix.SetsockoptInt(fd, unix.SOL_IPV6, unix.IPV6_V6ONLY, 0); err == nil {
		err = unix.Bind(fd, &unix.SockaddrInet6{Port: port})
	}
	return orClose(fd, err)
}

func orClose(fd int, err error) (int, error) {
	if err != nil {
		return -1, errors.Join(err, unix.Close(fd))
	}
	return fd, nil
}

func closeAll(fds []int) error {
	var errs []error
	for _, fd := range fds {
		errs = append(errs, unix.Close(fd))
	}
	return errors.Join(errs...)
}
