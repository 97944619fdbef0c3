package hostnet

import (
	"context"

	"sekisho/internal/exposure"
)

// Connections returns every TCP socket of this machine, whatever state it is
// in, and every UDP socket, each with its owner as far as it can be seen,
// sorted: what netstat shows. Only the network namespace of this process is
// seen. The Unseen say what was hidden from this user.
func Connections(ctx context.Context) ([]exposure.Connection, []Unseen, error) {
	return machine{root: "/", ask: askKernel}.connections(ctx)
}

func (m machine) connections(ctx context.Context) ([]exposure.Connection, []Unseen, error) {
	sockets, found, err := m.reading(ctx, connected())
	if err != nil {
		return nil, nil, err
	}
	connections := make([]exposure.Connection, 0, len(sockets))
	for i, s := range sockets {
		if s.local.Port() == 0 {
			continue // made, and bound to nothing
		}
		if s.inode == 0 { // left by its process, or not taken by it yet
			found[i].Unowned = true
		}
		state := exposure.SocketState("")
		if s.transport == exposure.TCP {
			state = socketStates[s.state]
		}
		connections = append(connections, found[i].Connected(s.remote, state))
	}
	connections = arranged(connections)
	return connections, connectionsUnseen(connections), nil
}

// socketStates are the kernel's numbers (include/net/tcp_states.h).
var socketStates = map[uint8]exposure.SocketState{
	1: exposure.SocketEstablished, 2: exposure.SocketSynSent, 3: exposure.SocketSynReceived, 4: exposure.SocketFinWait1,
	5: exposure.SocketFinWait2, 6: exposure.SocketTimeWait, 7: exposure.SocketClosed, 8: exposure.SocketCloseWait,
	9: exposure.SocketLastAck, 10: exposure.SocketListen, 11: exposure.SocketClosing,
}
