package probe

import (
	"cmp"
	"context"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
	"sekisho/internal/wire/netbios"
)

func init() {
	register(Probe{
		Name: "netbios-ssn", Transport: exposure.TCP, Ports: []uint16{139}, ClientFirst: true, Run: runNetBIOSSession,
	})
}

// netbiosPort is where nodes tell their names.
const netbiosPort = 137

// netbiosUs is the name that we call ourselves by.
var netbiosUs = netbios.Name{Text: "SEKISHO"}

// runNetBIOSSession asks for a session under the name that every file server
// takes, or under the server's own, and speaks SMB in it.
func runNetBIOSSession(ctx context.Context, s *Session) (exposure.Service, error) {
	n := netbiosSession{s: s, called: netbios.Server}
	c, err := n.open(ctx)
	if err != nil {
		return n.known(), err
	}
	// The session stands; SMB begins in the same way on each further connection.
	first := c
	talk := newSMB(s, "netbios-ssn", func(ctx context.Context) (*Conn, error) {
		if c := first; c != nil {
			first = nil
			return c, nil
		}
		return n.open(ctx)
	})
	svc, err := talk.run(ctx)
	if svc.Protocol == "" {
		svc = n.known()
	}
	svc.Facts["called"] = untrusted.New(n.called.Text, maxFact)
	return svc, err
}

// netbiosSession opens sessions to one server.
type netbiosSession struct {
	s       *Session
	called  netbios.Name
	answers bool   // it answered in the protocol
	refused string // how it refused, in a word
	asked   bool   // for its own name
}

// known is what a server told that takes no session.
func (n *netbiosSession) known() exposure.Service {
	if !n.answers {
		return exposure.Service{}
	}
	svc := exposure.Service{Protocol: "netbios-ssn", Confidence: exposure.Confirmed, Facts: exposure.Facts{}}
	if n.refused != "" {
		svc.Facts["session_refused"] = untrusted.New(n.refused, maxFact)
	}
	return svc
}

// open opens a session. A server that does not know the name that all know is
// asked for its own.
func (n *netbiosSession) open(ctx context.Context) (*Conn, error) {
	c, err := n.request(ctx)
	if err == nil || n.refused == "" || n.asked {
		return c, err
	}
	n.asked = true
	own, asked := n.s.netbiosOwnName(ctx)
	if asked != nil || own == "" {
		return nil, err
	}
	n.called = netbios.Name{Text: own, Suffix: netbios.SuffixServer}
	return n.request(ctx)
}

// request is one connection and its answer (RFC 1002 section 5.3.1).
func (n *netbiosSession) request(ctx context.Context) (*Conn, error) {
	c, err := n.s.Connect(ctx)
	if err != nil {
		return nil, err
	}
	if err := n.ask(c); err != nil {
		_ = c.Close() // nothing was written that a failing Close could lose
		return nil, n.s.fail("ask for a session", err)
	}
	return c, nil
}

func (n *netbiosSession) ask(c *Conn) error {
	if _, err := c.Write(netbios.SessionRequest(n.called, netbiosUs)); err != nil {
		return err
	}
	head, err := c.exactly(netbios.SessionHeader)
	if err != nil {
		return err
	}
	switch kind, length := netbios.Header([netbios.SessionHeader]byte(head)); {
	case kind == netbios.SessionPositive && length == 0:
		n.answers, n.refused = true, ""
		return nil
	case kind == netbios.SessionNegative && length == 1:
		code, err := c.exactly(1)
		if err != nil {
			return err
		}
		n.answers, n.refused = true, netbios.Refusal(code[0])
		return errNetBIOSRefused(n.refused)
	}
	return ErrProtocol
}

// errNetBIOSRefused is why a session was refused, in a word.
type errNetBIOSRefused string

// Error says it as errors do.
func (e errNetBIOSRefused) Error() string { return "refused: " + string(e) }

// netbiosOwnName asks the node for its own name, at the port for that.
func (s *Session) netbiosOwnName(ctx context.Context) (string, error) {
	c, err := s.dialPeer(ctx, exposure.UDP, netbiosPort)
	if err != nil {
		return "", err
	}
	if err := c.SetReadDeadline(time.Now().Add(netbiosTell)); err != nil {
		return "", err
	}
	hello := netbiosHello(s.peer.nonce())
	if _, err := c.Write(hello); err != nil {
		return "", err
	}
	buf := make([]byte, maxHelloReply)
	n, err := c.Read(buf)
	if err != nil || !netbiosReplies(hello, buf[:n]) {
		return "", cmp.Or(err, ErrProtocol)
	}
	status, err := netbios.ParseStatus(buf[:n], uint16(hello[0])<<8|uint16(hello[1]))
	return status.Computer(), err
}
