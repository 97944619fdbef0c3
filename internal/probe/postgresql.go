package probe

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

func init() {
	register(Probe{
		Name: "postgresql", Transport: exposure.TCP, Ports: []uint16{5432, 5433, 6432}, ClientFirst: true, Blind: 5,
		Run: runPostgreSQL, Tests: postgresqlTests,
	})
}

// Numbers of requests (PostgreSQL, "Message Formats").
const (
	postgresqlProtocol3  = 3 << 16
	postgresqlSSLRequest = 80877103
)

// postgresqlStranger is a name that is on no server. A server that wants a
// password asks for it before it says whether there is such a user.
const postgresqlStranger = "sekisho"

// postgresqlAsks is a setting that is on no server. PostgreSQL takes any name
// with a dot in it and looks at it after the login; PgBouncer refuses what it does
// not know before it asks for anything, which alone tells the two apart.
const postgresqlAsks = "sekisho.asks"

// errPostgreSQLAsks is the refusal of that setting: the question is to be put again
// without it.
var errPostgreSQLAsks = errors.New("startup parameter refused")

// maxPostgreSQLMessage bounds the messages that are read.
const maxPostgreSQLMessage = 4096

// postgresqlStartup opens a session as a user (PostgreSQL, "StartupMessage").
func postgresqlStartup(user, database string, settings ...string) []byte {
	var b []byte
	for _, word := range append([]string{"user", user, "database", database}, settings...) {
		b = append(append(b, word...), 0)
	}
	b = append(b, 0)
	head := binary.BigEndian.AppendUint32(nil, uint32(8+len(b)))
	return append(binary.BigEndian.AppendUint32(head, postgresqlProtocol3), b...)
}

// postgresqlMessage is one message of the server.
type postgresqlMessage struct {
	kind byte
	body []byte
}

// readPostgreSQL reads one message: a letter, a length that counts itself, and
// so much (PostgreSQL, "Messages").
func readPostgreSQL(c io.Reader) (postgresqlMessage, error) {
	var head [5]byte
	if _, err := io.ReadFull(c, head[:]); err != nil {
		return postgresqlMessage{}, err
	}
	length := binary.BigEndian.Uint32(head[1:])
	if length < 4 || length > maxPostgreSQLMessage {
		return postgresqlMessage{}, ErrProtocol
	}
	m := postgresqlMessage{head[0], make([]byte, length-4)}
	_, err := io.ReadFull(c, m.body)
	return m, err
}

// postgresqlFields are the fields of an error by their letters: C is the SQL
// state, M the text in the server's language, R the routine that reports it.
func postgresqlFields(body []byte) map[byte]string {
	fields := map[byte]string{}
	for len(body) > 1 && body[0] != 0 && len(fields) < 32 {
		value, rest, ok := bytes.Cut(body[1:], []byte{0})
		if !ok {
			break
		}
		fields[body[0]] = string(value)
		body = rest
	}
	return fields
}

// postgresqlMethods are the ways to log in that a server may ask for
// (PostgreSQL, "AuthenticationRequest").
var postgresqlMethods = map[uint32]string{
	2: "kerberos", 3: "password", 5: "md5", 7: "gss", 9: "sspi",
}

// postgresqlMethod names the way to log in that a message asks for; empty when
// it asks for none that is known.
func postgresqlMethod(body []byte) string {
	if len(body) < 4 {
		return ""
	}
	code := binary.BigEndian.Uint32(body)
	if code != 10 {
		return postgresqlMethods[code]
	}
	var names []string
	for name := range bytes.SplitSeq(body[4:], []byte{0}) {
		if len(name) > 0 && len(names) < 8 {
			names = append(names, strings.ToLower(string(name)))
		}
	}
	return strings.Join(names, " ")
}

// errPostgreSQL is an error that the server sent.
type errPostgreSQL map[byte]string

// Error quotes it; Error of the probe escapes it.
func (e errPostgreSQL) Error() string { return fmt.Sprintf("refused: %s %s", e['C'], e['M']) }

// runPostgreSQL asks for TLS and then to be let in under a name that nobody
// has, inside TLS and without it: the answer tells how passwords are asked for,
// if at all. It never sends one.
func runPostgreSQL(ctx context.Context, s *Session) (exposure.Service, error) {
	p := postgresql{s: s, svc: exposure.Service{Facts: exposure.Facts{}}}
	c, err := p.encrypted(ctx)
	if c == nil && p.svc.TLS == nil {
		return exposure.Service{}, err
	}
	if c != nil {
		defer c.Close()
		if err := p.askTwice(ctx, c, p.svc.TLS == nil && s.secure == nil, p.encrypted); err != nil {
			return p.known(err)
		}
	}
	if p.svc.TLS == nil || s.secure != nil {
		return p.known(err)
	}
	if p.svc.Protocol != "" {
		s.tlsComplete(ctx, func(ctx context.Context) (net.Conn, error) {
			c, offered, err := p.agree(ctx)
			if err != nil || !offered {
				return nil, errors.Join(err, ErrProtocol)
			}
			return c, nil
		}, p.svc.TLS)
	}
	clear, failed := s.Connect(ctx)
	if failed != nil {
		return p.known(failed)
	}
	defer clear.Close()
	return p.known(cmp.Or(err, p.askTwice(ctx, clear, true, s.Connect)))
}

// postgresql is one run of the probe.
type postgresql struct {
	s   *Session
	svc exposure.Service

	plain bool // the server refused a setting that it does not know
}

// known is what was found out. TLS alone is no proof: many protocols have a
// byte S somewhere.
func (p *postgresql) known(err error) (exposure.Service, error) {
	if p.svc.Protocol == "" {
		if err == nil {
			err = p.s.fail("ask to be let in", ErrProtocol)
		}
		return exposure.Service{}, err
	}
	return p.svc, err
}

// agree opens a connection and asks for TLS. Offered says that the ClientHello
// is awaited now.
func (p *postgresql) agree(ctx context.Context) (c *Conn, offered bool, err error) {
	c, err = p.s.Connect(ctx)
	if err != nil {
		return nil, false, err
	}
	if p.s.secure != nil {
		return c, false, nil
	}
	request := binary.BigEndian.AppendUint32([]byte{0, 0, 0, 8}, postgresqlSSLRequest)
	if _, err := c.Write(request); err != nil {
		return nil, false, p.s.fail("ask for TLS", err)
	}
	answer, err := c.r.ReadByte()
	if err == nil && (answer != 'S' && answer != 'N' || c.r.Buffered() > 0) {
		err = ErrProtocol
	}
	if err != nil {
		return nil, false, p.s.fail("ask for TLS", err)
	}
	return c, answer == 'S', nil
}

// encrypted opens a connection, inside TLS where the server has it. The facts
// of TLS may be there without a connection.
func (p *postgresql) encrypted(ctx context.Context) (*Conn, error) {
	c, offered, err := p.agree(ctx)
	if err != nil {
		return nil, err
	}
	if p.s.secure == nil {
		p.svc.Facts["tls_offered"] = offered
	}
	if !offered {
		return c, nil
	}
	inner, facts, err := p.s.Upgrade(ctx, c)
	if facts != nil {
		facts.StartTLS = true
		p.svc.TLS = facts
	}
	if err != nil {
		return nil, p.s.fail("tls handshake", err)
	}
	return inner, nil
}

// askTwice asks to be let in, and once more on another connection where the server
// refused nothing but our setting.
func (p *postgresql) askTwice(ctx context.Context, c *Conn, clear bool, again func(context.Context) (*Conn, error)) error {
	err := p.ask(c, clear)
	if !errors.Is(err, errPostgreSQLAsks) {
		return err
	}
	c, err = again(ctx)
	if c == nil {
		return cmp.Or(err, p.s.fail("ask to be let in", ErrProtocol))
	}
	defer c.Close()
	return p.ask(c, clear)
}

// ask asks to be let in, in the clear or inside TLS, and keeps what the answer
// tells.
func (p *postgresql) ask(c *Conn, clear bool) error {
	settings := []string{postgresqlAsks, "yes"}
	if p.plain {
		settings = nil
	}
	if _, err := c.Write(postgresqlStartup(postgresqlStranger, "postgres", settings...)); err != nil {
		return p.s.fail("ask to be let in", err)
	}
	for range 64 {
		m, err := readPostgreSQL(c)
		if err != nil {
			return p.s.fail("ask to be let in", err)
		}
		more, err := p.hear(m, clear)
		if err != nil {
			return p.s.fail("ask to be let in", err)
		}
		if !more {
			return nil
		}
	}
	return p.s.fail("ask to be let in", ErrProtocol)
}

// hear takes one message and reports whether another one is worth waiting for.
func (p *postgresql) hear(m postgresqlMessage, clear bool) (more bool, err error) {
	switch m.kind {
	case 'R':
		if len(m.body) < 4 {
			return false, ErrProtocol
		}
		method := postgresqlMethod(m.body)
		if binary.BigEndian.Uint32(m.body) == 0 {
			p.method("trust", clear)
			return true, nil // the version follows
		}
		if method == "" {
			return false, ErrProtocol
		}
		p.method(method, clear)
		return false, nil
	case 'S':
		name, value, _ := bytes.Cut(bytes.TrimRight(m.body, "\x00"), []byte{0})
		if string(name) == "server_version" {
			p.svc.Version, p.svc.Banner = untrusted.New(value, maxProduct), untrusted.New(value, maxBanner)
			return false, nil
		}
		return true, nil
	case 'v', 'N':
		return true, nil
	case 'E':
		return false, p.refused(postgresqlFields(m.body), clear)
	}
	return false, ErrProtocol
}

// confirmed says that the peer is a PostgreSQL server.
func (p *postgresql) confirmed() {
	p.svc.Protocol, p.svc.Confidence = "postgresql", exposure.Confirmed
	if p.svc.Product.IsZero() {
		p.svc.Product = untrusted.New("PostgreSQL", 0)
	}
	p.s.Learn(p.svc)
}

// method keeps how the server lets users in.
func (p *postgresql) method(name string, clear bool) {
	p.svc.Facts["auth_method"] = untrusted.New(name, maxFact)
	p.svc.Facts["password_required"] = name != "trust"
	if clear {
		p.svc.Facts["login_without_tls"] = true
	}
	delete(p.svc.Facts, "host_allowed")
	p.confirmed()
}

// refused reads an error. Its text is in the server's language, so the state
// and the routine tell: who is refused because no such user exists was asked for
// no password, and no entry of pg_hba.conf means that it serves others only.
func (p *postgresql) refused(fields map[byte]string, clear bool) error {
	if len(fields['C']) != 5 {
		return ErrProtocol
	}
	if strings.HasSuffix(fields['M'], " "+postgresqlAsks) && !p.plain {
		p.plain = true
		if strings.HasPrefix(fields['M'], "unsupported startup parameter: ") {
			p.svc.Product = untrusted.New("PgBouncer", 0)
		}
		p.confirmed()
		return errPostgreSQLAsks
	}
	switch {
	case fields['C'] == "28000" && fields['R'] == "InitializeSessionUserId", fields['C'] == "3D000":
		p.method("trust", clear)
		return nil
	case fields['C'] == "28000" && clear && p.svc.Facts["auth_method"] != nil:
		p.svc.Facts["login_without_tls"] = false
	case fields['C'] == "28000":
		p.svc.Facts["host_allowed"] = false
	case strings.HasPrefix(fields['C'], "28"):
		p.svc.Facts["password_required"] = true
	}
	p.svc.Banner = untrusted.New(fields['M'], maxBanner)
	p.confirmed()
	if p.svc.Facts["host_allowed"] == nil && !strings.HasPrefix(fields['C'], "28") {
		return errPostgreSQL(fields) // too many connections, starting up: nothing about passwords
	}
	return nil
}
