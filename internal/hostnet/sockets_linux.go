package hostnet

import (
	"context"
	"errors"
	"io/fs"

	"golang.org/x/sys/unix"

	"sekisho/internal/exposure"
)

// maxSockets bounds what one table may hold. A busy resolver binds tens of
// thousands of UDP sockets; more than this is no machine that we understand.
const maxSockets = 1 << 18

var errTooMany = errors.New("more sockets than a reading takes")

// table is one of the kernel's four lists of bound sockets.
type table struct {
	transport exposure.Transport
	family    uint8
	protocol  uint8
	state     uint8  // that a socket has in it when it awaits anybody
	file      string // its text form below /proc/net
}

// The states are those of TCP, also for UDP: 10 is LISTEN, 7 is CLOSE, which
// an UDP socket without a peer is in (include/net/tcp_states.h).
var tables = []table{
	{exposure.TCP, unix.AF_INET, unix.IPPROTO_TCP, 10, "tcp"},
	{exposure.TCP, unix.AF_INET6, unix.IPPROTO_TCP, 10, "tcp6"},
	{exposure.UDP, unix.AF_INET, unix.IPPROTO_UDP, 7, "udp"},
	{exposure.UDP, unix.AF_INET6, unix.IPPROTO_UDP, 7, "udp6"},
}

// askFunc asks the kernel for one table over netlink.
type askFunc func(table) ([]socket, error)

// sockets reads every table, from its text form where netlink is refused (a
// sandbox) or does not know the table (a kernel without the module).
func (m machine) sockets(ctx context.Context) ([]socket, error) {
	var all []socket
	for _, t := range tables {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		some, err := m.ask(t)
		if err != nil {
			some, err = m.procNet(t)
		}
		switch {
		case errors.Is(err, fs.ErrNotExist) && t.family == unix.AF_INET6:
			// This machine runs without IPv6.
		case err != nil:
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}
