package netio

import (
	"encoding/binary"
	"net"
	"net/netip"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"sekisho/internal/exposure"
)

// watchErrors makes a datagram socket queue the ICMP errors that concern it
// with their type, code and sender (ip(7), IP_RECVERR). An errno alone cannot
// tell an unreachable port from a firewall that forbids it.
func watchErrors(network, _ string, raw syscall.RawConn) error {
	if !strings.HasPrefix(network, "udp") {
		return nil
	}
	var err error
	ctl := raw.Control(func(fd uintptr) {
		if network == "udp6" {
			err = unix.SetsockoptInt(int(fd), unix.SOL_IPV6, unix.IPV6_RECVERR, 1)
			return
		}
		err = unix.SetsockoptInt(int(fd), unix.SOL_IP, unix.IP_RECVERR, 1)
	})
	if ctl != nil {
		return ctl
	}
	return err
}

// queuedError takes the oldest entry of the socket's error queue.
func queuedError(conn net.Conn) (reason exposure.Reason, by netip.Addr, ok bool) {
	sc, isSys := conn.(syscall.Conn)
	if !isSys {
		return "", by, false
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return "", by, false
	}
	oob := make([]byte, 512)
	n := 0
	if raw.Control(func(fd uintptr) {
		_, n, _, _, err = unix.Recvmsg(int(fd), nil, oob, unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
	}) != nil || err != nil {
		return "", by, false
	}
	return parseErrorQueue(oob[:n])
}

// extendedError is the size of struct sock_extended_err; the address of the
// sender follows it as a sockaddr.
const extendedError = 16

// parseErrorQueue reads the control messages of one error queue entry. An
// error that this machine raised itself (origin local) has no sender.
func parseErrorQueue(oob []byte) (reason exposure.Reason, by netip.Addr, ok bool) {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return "", by, false
	}
	for _, m := range messages {
		v4 := m.Header.Level == unix.SOL_IP && m.Header.Type == unix.IP_RECVERR
		v6 := m.Header.Level == unix.SOL_IPV6 && m.Header.Type == unix.IPV6_RECVERR
		if !v4 && !v6 || len(m.Data) < extendedError {
			continue
		}
		origin, typ, code := m.Data[4], m.Data[5], m.Data[6]
		switch origin {
		case unix.SO_EE_ORIGIN_ICMP:
			reason = EvidenceOfICMP(false, typ, code)
		case unix.SO_EE_ORIGIN_ICMP6:
			reason = EvidenceOfICMP(true, typ, code)
		default:
			continue
		}
		return reason, sockaddrAddr(m.Data[extendedError:]), reason != ""
	}
	return "", by, false
}

// sockaddrAddr reads a raw sockaddr_in or sockaddr_in6; another one is the
// zero Addr.
func sockaddrAddr(b []byte) netip.Addr {
	if len(b) < 2 {
		return netip.Addr{}
	}
	switch family := binary.NativeEndian.Uint16(b); {
	case family == unix.AF_INET && len(b) >= 8:
		return netip.AddrFrom4([4]byte(b[4:8]))
	case family == unix.AF_INET6 && len(b) >= 24:
		return netip.AddrFrom16([16]byte(b[8:24])).Unmap()
	}
	return netip.Addr{}
}
