package exposure

import "net/netip"

// SocketState is where a TCP socket of this machine stands between listening
// and being gone, in the words of RFC 9293 section 3.3.2. UDP has none.
type SocketState string

// The states of a TCP socket.
const (
	SocketListen      SocketState = "listen"
	SocketSynSent     SocketState = "syn-sent"
	SocketSynReceived SocketState = "syn-received"
	SocketEstablished SocketState = "established"
	SocketFinWait1    SocketState = "fin-wait-1"
	SocketFinWait2    SocketState = "fin-wait-2"
	SocketCloseWait   SocketState = "close-wait"
	SocketClosing     SocketState = "closing"
	SocketLastAck     SocketState = "last-ack"
	SocketTimeWait    SocketState = "time-wait"
	SocketClosed      SocketState = "closed"
)

// Connection is one socket of this machine as it stands just now: one that
// listens, is connected, or is on its way there or back. Its owner is that of a
// Listener.
type Connection struct {
	Transport Transport      `json:"transport"`
	Local     netip.AddrPort `json:"local"`
	Remote    netip.AddrPort `json:"remote,omitzero"`   // absent without a peer
	State     SocketState    `json:"state,omitempty"`   // of TCP
	Device    string         `json:"device,omitempty"`  // bound to this interface only
	Process   string         `json:"process,omitempty"` // absent when it could not be seen, or there is none
	PID       int            `json:"pid,omitempty"`
	User      string         `json:"user,omitempty"`
	Unit      string         `json:"unit,omitempty"`
	Container string         `json:"container,omitempty"`
	Command   string         `json:"command,omitempty"`
	// Unowned means that no process holds the socket: it is the kernel's own,
	// waits for its end, or was not accepted yet.
	Unowned bool `json:"unowned,omitempty"`
}

// Connected makes the Connection of a socket and its owner.
func (l Listener) Connected(remote netip.AddrPort, state SocketState) Connection {
	c := Connection{
		Transport: l.Transport, Local: netip.AddrPortFrom(l.Address, l.Port), State: state, Device: l.Device, Process: l.Process,
		PID: l.PID, User: l.User, Unit: l.Unit, Container: l.Container, Command: l.Command, Unowned: l.Unowned,
	}
	if remote.Port() != 0 {
		c.Remote = netip.AddrPortFrom(remote.Addr().Unmap(), remote.Port())
	}
	return c
}
