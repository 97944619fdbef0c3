package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
)

// Session is a probe's only way to the peer. Every connection that it makes
// goes to the one peer, under the deadline of the port and a byte budget, and
// is closed when the probe ends.
type Session struct {
	probe  string
	peer   *peer
	secure *exposure.TLS // what the handshake told when every connection begins with TLS
	signal func(signal)  // tells the hunt what happened; nil where nobody asks

	// tickets are what later handshakes of the session resume with; nil where
	// each is to be a whole one.
	tickets tls.ClientSessionCache

	greeted []byte // what the peer said to the session before, which led here
	unasked bool   // it said that before anybody asked
	cut     error  // why that may not be all of it; nil when it is

	mu       sync.Mutex
	waiting  *Conn  // a connection on which the greeting lies unread
	voice    *tap   // the connection on which the peer was heard first
	first    []byte // what it said there
	learned  exposure.Service
	open     []io.Closer
	finished bool
	arrived  bool                // a connection to the port came about
	shown    []*x509.Certificate // in the last TLS handshake
}

// peer is whom sessions talk to, and over what.
type peer struct {
	target   exposure.Target
	at       netip.AddrPort
	name     string // for SNI and Host; empty when only an address is known
	wide     int
	owned    bool          // as Options has it
	nonce    func() uint64 // what a stranger cannot guess, for what wants it
	dial     func(ctx context.Context, transport exposure.Transport, to netip.AddrPort) (net.Conn, error)
	listen   func(ctx context.Context, local netip.Addr) (door, error)                    // for the peer alone; nil where it cannot come to us
	anyPort  func(ctx context.Context, to netip.AddrPort) (net.Conn, error)               // datagrams, answered from any of its ports
	dialFrom func(ctx context.Context, local uint16, to netip.AddrPort) (net.Conn, error) // datagrams from a port of ours
	exchange func(ctx context.Context, to netip.AddrPort, request []byte, accept func([]byte) bool) ([]byte, error)
	// broadcast asks everybody in the LAN of an interface: only where the user
	// named one.
	broadcast func(ctx context.Context, device string, port uint16, request []byte, end time.Time, each func(netip.AddrPort, []byte)) error
}

// signal is what a hunt hears of a session while it runs.
type signal struct {
	connected time.Duration // how long the connection took, a measure of the way
	heard     bool          // the peer sent its first byte
	answered  bool          // which is how TLS answers
}

// Name is the name that the user wrote for the peer, empty when none is known.
func (s *Session) Name() string { return s.peer.name }

// Authority is the name, or else the address, with the port when it is not the
// usual one: what a Host field holds (RFC 9110 section 7.2).
func (s *Session) Authority(usual uint16) string {
	host := s.peer.name
	if host == "" {
		host = s.peer.at.Addr().WithZone("").String()
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if s.peer.at.Port() == usual {
		return host
	}
	return fmt.Sprintf("%s:%d", host, s.peer.at.Port())
}

// Connect returns a connection to the port: the first time the one on which
// the greeting already lies, if there is one; inside TLS where the session
// stands there.
func (s *Session) Connect(ctx context.Context) (*Conn, error) {
	s.mu.Lock()
	waiting := s.waiting
	s.waiting = nil
	s.mu.Unlock()
	if waiting != nil {
		return waiting, nil
	}
	return s.connect(ctx, nil)
}

func (s *Session) connect(ctx context.Context, alpn []string) (*Conn, error) {
	raw, err := s.dialPort(ctx, exposure.TCP, s.peer.at.Port())
	if err != nil {
		return nil, s.fail("connect", err)
	}
	if s.secure == nil {
		return newConn(&tap{Conn: raw, s: s, begun: time.Now()}), nil
	}
	inner := tls.Client(raw, s.tlsConfig(alpn))
	if err := inner.HandshakeContext(ctx); err != nil {
		return nil, s.fail("tls handshake", err)
	}
	return newConn(&tap{Conn: inner, s: s, begun: time.Now()}), nil
}

// dialPort makes every connection of the session. It never leaves the peer,
// and beside the port itself only unprivileged ones are for data: a peer must
// not send us to somebody's mail or login port (RFC 2577 section 3).
func (s *Session) dialPort(ctx context.Context, transport exposure.Transport, port uint16) (net.Conn, error) {
	if port != s.peer.at.Port() && port < 1024 {
		return nil, errPeer
	}
	return s.dialPeer(ctx, transport, port)
}

// dialPeer connects to any port of the peer. Which one is never the peer's word:
// it is a constant of a protocol that has several.
func (s *Session) dialPeer(ctx context.Context, transport exposure.Transport, port uint16) (net.Conn, error) {
	begun := time.Now()
	c, err := s.peer.dial(ctx, transport, netip.AddrPortFrom(s.peer.at.Addr(), port))
	for netio.Local(err) && scarce(err) {
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(scarcePause):
		}
		begun = time.Now()
		c, err = s.peer.dial(ctx, transport, netip.AddrPortFrom(s.peer.at.Addr(), port))
	}
	if err != nil {
		return nil, err
	}
	if !s.keep(c) {
		return nil, closeWith(c, net.ErrClosed)
	}
	if transport == exposure.TCP && port == s.peer.at.Port() {
		s.mu.Lock()
		s.arrived = true
		s.mu.Unlock()
	}
	s.tell(signal{connected: time.Since(begun)})
	return c, nil
}

// keep has the session close c when it ends. It reports false when it has ended
// already.
func (s *Session) keep(c io.Closer) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.finished {
		s.open = append(s.open, c)
	}
	return !s.finished
}

// scarcePause is how long to wait for a descriptor, a port or a buffer that
// another conversation of ours holds.
const scarcePause = 50 * time.Millisecond

// scarce reports whether this machine has run out of something that comes back.
func scarce(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) ||
		errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.ENOBUFS)
}

// Exchange sends a datagram and returns the reply that accept takes.
func (s *Session) Exchange(ctx context.Context, request []byte, accept func([]byte) bool) ([]byte, error) {
	reply, err := s.peer.exchange(ctx, s.peer.at, request, accept)
	if err != nil {
		return nil, err
	}
	s.hear(nil, reply)
	return reply, nil
}

// anyPort opens a datagram conversation in which the peer answers from a port
// that it picks.
func (s *Session) anyPort(ctx context.Context) (net.Conn, error) {
	c, err := s.peer.anyPort(ctx, s.peer.at)
	if err != nil {
		return nil, s.fail("connect", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.finished {
		return nil, closeWith(c, net.ErrClosed)
	}
	s.open = append(s.open, c)
	return &tap{Conn: c, s: s}, nil
}

// dialFrom opens a datagram conversation from a port of ours, for a protocol
// that answers to that port only.
func (s *Session) dialFrom(ctx context.Context, local uint16) (net.Conn, error) {
	c, err := s.peer.dialFrom(ctx, local, s.peer.at)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.finished {
		return nil, closeWith(c, net.ErrClosed)
	}
	s.open = append(s.open, c)
	return &tap{Conn: c, s: s}, nil
}

// Upgrade begins TLS on a connection whose peer has agreed to it. Bytes that
// came in the clear after that agreement are somebody's injection (RFC 3207
// section 6), so they end it. The facts are there beside an error when the
// peer had shown its certificate by then.
func (s *Session) Upgrade(ctx context.Context, c *Conn) (*Conn, *exposure.TLS, error) {
	if c.r.Buffered() > 0 {
		return nil, nil, errInject
	}
	inner, facts, err := s.tlsShake(ctx, c.Conn, s.tlsConfig(nil))
	if err != nil {
		return nil, facts, err
	}
	return newConn(inner), facts, nil
}

// Learn keeps what is known so far, for the case that the probe does not come
// to its end.
func (s *Session) Learn(svc exposure.Service) {
	svc.Facts = maps.Clone(svc.Facts)
	if svc.TLS != nil {
		facts := *svc.TLS
		svc.TLS = &facts
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.learned = svc
}

// fail makes the typed error of a step.
func (s *Session) fail(step string, err error) error {
	return &Error{Probe: s.probe, Step: step, Err: cause(err)}
}

// hear keeps what the peer said first and tells of its first byte.
func (s *Session) hear(on *tap, b []byte) {
	s.mu.Lock()
	fresh := len(s.first) == 0
	if fresh {
		s.voice = on
	}
	if room := maxBanner + 1 - len(s.first); room > 0 && s.voice == on {
		s.first = append(s.first, b[:min(room, len(b))]...)
	}
	s.mu.Unlock()
	if fresh {
		s.tell(signal{heard: true, answered: tlsRecord(b)})
	}
}

func (s *Session) tell(g signal) {
	if s.signal != nil {
		s.signal(g)
	}
}

// said is what the peer said first.
func (s *Session) said() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.first
}

// heardFirst is what the peer said first, to this Session or to the one that
// led here.
func (s *Session) heardFirst() []byte {
	if said := s.said(); len(said) > 0 {
		return said
	}
	return s.greeted
}

// close ends every connection of the session.
func (s *Session) close() {
	s.mu.Lock()
	open := s.open
	s.open, s.finished = nil, true
	s.mu.Unlock()
	for _, c := range open {
		_ = c.Close() // nothing was written that a failing Close could lose
	}
}

// closeWith closes c and returns err.
func closeWith(c net.Conn, err error) error {
	_ = c.Close()
	return err
}

// tap keeps the first bytes of a connection for the session, and when they came.
type tap struct {
	net.Conn
	s     *Session
	seen  int
	begun time.Time // when the peer could have begun to speak
	spoke time.Time // when it did
}

// Read reads and shows the session what the connection said first.
func (t *tap) Read(p []byte) (int, error) {
	n, err := t.Conn.Read(p)
	if n > 0 && t.seen == 0 {
		t.spoke = time.Now()
	}
	if n > 0 && t.seen <= maxBanner {
		t.seen += n
		t.s.hear(t, p[:n])
	}
	return n, err
}

// netPeer is a peer on the network.
func netPeer(target exposure.Target, port uint16, o Options, deadline time.Time) *peer {
	d := &netio.Dialer{Limits: netio.Limits{Deadline: deadline, Bytes: maxBytes}}
	if o.Source.IsValid() {
		d.Source = netip.AddrPortFrom(o.Source, 0)
	}
	p := &peer{
		target: target, at: netip.AddrPortFrom(target.Address, port), name: o.name(target), wide: o.parallel(), owned: o.Owned,
		nonce:   rand.Uint64,
		dial:    d.Dial,
		anyPort: d.DialAnyPort,
		dialFrom: func(ctx context.Context, local uint16, to netip.AddrPort) (net.Conn, error) {
			from := *d
			source := netip.IPv6Unspecified()
			if to.Addr().Unmap().Is4() {
				source = netip.IPv4Unspecified()
			}
			if d.Source.IsValid() {
				source = d.Source.Addr()
			}
			from.Source = netip.AddrPortFrom(source, local)
			return from.Dial(ctx, exposure.UDP, to)
		},
		listen: func(ctx context.Context, local netip.Addr) (door, error) {
			return d.Listen(ctx, local, target.Address)
		},
		exchange: func(ctx context.Context, to netip.AddrPort, request []byte, accept func([]byte) bool) ([]byte, error) {
			return netio.Exchange(ctx, d, to, request, accept)
		},
		broadcast: netio.Broadcast,
	}
	if o.Proxy != nil {
		d.Proxy, d.Name = o.Proxy, p.name
		p.listen = nil // nobody comes to us through a proxy
	}
	return p
}

// maxBytes is the budget of one connection: room for a certificate chain of
// the size that crypto/tls accepts, and little more.
const maxBytes = 288 << 10
