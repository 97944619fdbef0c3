//go:build !linux

package hostnet

import (
	"context"
	"net/netip"
	"strings"

	"sekisho/internal/exposure"
)

// Connections returns every TCP socket of this machine, whatever state it is
// in, and every UDP socket, each with its owner as far as it can be seen,
// sorted: what netstat shows. On macOS and the BSDs lsof tells them, which
// shows the sockets of other users to root only.
func Connections(ctx context.Context) ([]exposure.Connection, []Unseen, error) {
	all, err := all(ctx)
	if err != nil {
		return nil, nil, err
	}
	owners := owners{known: map[int32]owner{}}
	connections := make([]exposure.Connection, 0, len(all))
	for _, c := range all {
		l, ok := bound(c)
		if !ok {
			continue
		}
		owners.of(ctx, c.Pid).fill(&l)
		l.Unowned = c.Pid == 0 // its process has ended, or never took it
		peer, _ := addressOf(c.Raddr.IP, c.Family)
		state := exposure.SocketState("")
		if l.Transport == exposure.TCP {
			state = socketState(c.Status)
		}
		connections = append(connections, l.Connected(netip.AddrPortFrom(peer, uint16(c.Raddr.Port)), state))
	}
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	connections = arranged(connections)
	return connections, append(connectionsUnseen(connections), othersUnseen()...), nil
}

// socketState reads the name of a state, which every system spells its own way.
// One that is being deleted is closed.
func socketState(name string) exposure.SocketState {
	switch name = strings.ReplaceAll(strings.ReplaceAll(name, "_", ""), "-", ""); name {
	case "LISTEN":
		return exposure.SocketListen
	case "SYNSENT":
		return exposure.SocketSynSent
	case "SYNRECV", "SYNRCVD", "SYNRECEIVED":
		return exposure.SocketSynReceived
	case "ESTABLISHED":
		return exposure.SocketEstablished
	case "FINWAIT1":
		return exposure.SocketFinWait1
	case "FINWAIT2":
		return exposure.SocketFinWait2
	case "CLOSEWAIT":
		return exposure.SocketCloseWait
	case "CLOSING":
		return exposure.SocketClosing
	case "LASTACK":
		return exposure.SocketLastAck
	case "TIMEWAIT":
		return exposure.SocketTimeWait
	}
	return exposure.SocketClosed
}
