package hostnet

import (
	"context"
	"errors"
	"io/fs"
	"slices"

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
	all       bool   // sockets in every state are wanted, with their peers
}

// states is the set of wanted states, a bit each. Those of sockets that the
// kernel tells are 1 to 11.
func (t table) states() uint32 {
	if t.all {
		return 0xffe
	}
	return 1 << t.state
}

// wants reports whether sockets in a state belong to the reading.
func (t table) wants(state uint8) bool { return state < 32 && t.states()&(1<<state) != 0 }

// connected are the tables with every socket in them.
func connected() []table {
	all := slices.Clone(tables)
	for i := range all {
		all[i].all = true
	}
	return all
}

// The states are those of TCP, also for UDP: 10 is LISTEN, 7 is CLOSE, which
// an UDP socket without a peer is in (include/net/tcp_states.h).
var tables = []table{
	{transport: exposure.TCP, family: unix.AF_INET, protocol: unix.IPPROTO_TCP, state: 10, file: "tcp"},
	{transport: exposure.TCP, family: unix.AF_INET6, protocol: unix.IPPROTO_TCP, state: 10, file: "tcp6"},
	{transport: exposure.UDP, family: unix.AF_INET, protocol: unix.IPPROTO_UDP, state: 7, file: "udp"},
	{transport: exposure.UDP, family: unix.AF_INET6, protocol: unix.IPPROTO_UDP, state: 7, file: "udp6"},
}

// askFunc asks the kernel for one table over netlink.
type askFunc func(table) ([]socket, error)

// sockets reads the tables, from its text form where netlink is refused (a
// sandbox) or does not know the table (a kernel without the module).
func (m machine) sockets(ctx context.Context, tables []table) ([]socket, error) {
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
