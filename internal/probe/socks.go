package probe

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
	"sekisho/internal/wire/socks"
)

const socksName = "socks"

func init() {
	register(Probe{
		Name: socksName, Transport: exposure.TCP, ClientFirst: true, Blind: 7,
		Ports: socksPorts, Run: runSOCKS,
	})
}

var socksPorts = []uint16{1080, 1081, 9050, 9150}

// runSOCKS offers no login and one by password, and asks for a connection where
// none is wanted. A server that speaks no version 5 is asked in version 4. What
// is asked for cannot leave: it is a port of the server's own address, so that
// the packets stay inside the host that the owner named, or a name that does
// not exist (RFC 6761 section 6.4) where no answer comes. No third party ever
// gets a packet. It is not the port itself: Dante refuses that to everybody, since
// it would talk to itself.
func runSOCKS(ctx context.Context, s *Session) (exposure.Service, error) {
	svc := exposure.Service{Facts: exposure.Facts{}}
	method, err := s.socksFive(ctx, &svc, "", nil)
	if svc.Protocol == "" && (errors.Is(err, errHangup) || errors.Is(err, ErrProtocol)) {
		if four := s.socksFour(ctx, &svc); four == nil {
			return svc, nil
		}
		return exposure.Service{}, s.fail("greet", err)
	}
	if svc.Protocol == "" {
		return exposure.Service{}, s.fail("greet", err)
	}
	s.Learn(svc)
	if method == socks.NoAuth && err == nil {
		// What works without a password in 5 works in 4 where that is spoken.
		_ = s.socksFour(ctx, &svc)
	}
	if err != nil {
		return svc, s.fail("ask", err)
	}
	return svc, nil
}

// socksVersion notes a version that the server speaks.
func socksVersion(svc *exposure.Service, version string) {
	svc.Protocol, svc.Confidence = socksName, exposure.Confirmed
	known := svc.Facts.Texts("versions")
	if v := untrusted.New(version, 0); !slices.Contains(known, v) {
		svc.Facts["versions"] = append(slices.Clone(known), v)
	}
}

// socksMethod notes a method that the server takes.
func socksMethod(svc *exposure.Service, m socks.Method) {
	known := svc.Facts.Texts("methods")
	if v := untrusted.New(m.String(), 0); m != socks.NoAcceptable && !slices.Contains(known, v) {
		svc.Facts["methods"] = append(slices.Clone(known), v)
	}
}

// socksFive speaks version 5: with a password where one is given and wanted,
// and on to a connection where the server lets us.
func (s *Session) socksFive(ctx context.Context, svc *exposure.Service, user string, password func() (string, error)) (socks.Method, error) {
	offer := []socks.Method{socks.NoAuth, socks.Password}
	if user != "" {
		offer = []socks.Method{socks.Password}
	}
	c, method, err := s.socksChoose(ctx, svc, offer...)
	if err != nil {
		return method, err
	}
	defer c.Close()
	switch {
	case method == socks.Password && user != "":
		if err := socksLogIn(c, svc, user, password); err != nil {
			return method, err
		}
	case method != socks.NoAuth:
		svc.Facts["proxy_serves"] = false
		return method, nil
	}
	code, err := s.socksConnect(c, socks.Target{Addr: s.peer.at.Addr(), Port: proxyPort})
	if errors.Is(err, os.ErrDeadlineExceeded) && ctx.Err() == nil && user == "" {
		_ = c.Close()
		if c, _, err = s.socksChoose(ctx, svc, socks.NoAuth); err != nil {
			return method, err
		}
		defer c.Close()
		code, err = s.socksConnect(c, socks.Target{Name: proxyNowhere, Port: proxyPort})
	}
	if err != nil {
		return method, err
	}
	svc.Facts["proxy_reply"] = untrusted.New(code.String(), maxFact)
	switch code {
	case socks.Succeeded, socks.NetworkUnreachable, socks.HostUnreachable, socks.Refused, socks.Expired:
		svc.Facts["proxy_serves"] = true // it tried, whatever became of it
	case socks.NotAllowed:
		svc.Facts["proxy_serves"] = false
	}
	return method, nil
}

// socksChoose opens a connection up to the method that the server chooses.
func (s *Session) socksChoose(ctx context.Context, svc *exposure.Service, offer ...socks.Method) (*Conn, socks.Method, error) {
	c, err := s.Connect(ctx)
	if err != nil {
		return nil, 0, err
	}
	if _, err := c.Write(socks.Greeting(offer...)); err != nil {
		return nil, 0, errors.Join(err, c.Close())
	}
	var method socks.Method
	_, err = socksRead(c, func(b []byte) (int, error) {
		m, err := socks.ParseChoice(b)
		method = m
		return 2, err
	})
	if err == nil && method != socks.NoAcceptable && !slices.Contains(offer, method) {
		err = ErrProtocol
	}
	if err != nil {
		_ = c.Close()
		return nil, method, err
	}
	socksVersion(svc, "5")
	socksMethod(svc, method)
	return c, method, nil
}

// errSOCKSLogin is the cause when the server does not take user and password.
var errSOCKSLogin = errors.New("server refuses user and password")

func socksLogIn(c *Conn, svc *exposure.Service, user string, password func() (string, error)) error {
	secret, err := password()
	if err != nil {
		return err
	}
	message, err := socks.Login(user, secret)
	if err != nil {
		return err
	}
	if _, err := c.Write(message); err != nil {
		return err
	}
	right := false
	if _, err := socksRead(c, func(b []byte) (int, error) {
		ok, err := socks.ParseLogin(b)
		right = ok
		return 2, err
	}); err != nil {
		return err
	}
	svc.Facts["login"] = right
	if !right {
		return errSOCKSLogin
	}
	return nil
}

// socksConnect asks for a connection and returns what became of it.
func (s *Session) socksConnect(c *Conn, to socks.Target) (code socks.Code, err error) {
	request, err := socks.Connect(to)
	if err != nil {
		return 0, err
	}
	if err := c.SetDeadline(time.Now().Add(proxyWait)); err != nil {
		return 0, err
	}
	if _, err := c.Write(request); err != nil {
		return 0, err
	}
	_, err = socksRead(c, func(b []byte) (size int, err error) {
		code, size, err = socks.ParseReply(b)
		return size, err
	})
	return code, err
}

// socksFour asks for a connection in version 4, which knows no methods.
func (s *Session) socksFour(ctx context.Context, svc *exposure.Service) error {
	to := socks.Target{Addr: s.peer.at.Addr(), Port: proxyPort}
	if !to.Addr.Unmap().Is4() {
		to = socks.Target{Name: proxyNowhere, Port: proxyPort}
	}
	request, err := socks.Connect4(to, "")
	if err != nil {
		return err
	}
	c, err := s.connect(ctx, nil)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(proxyWait)); err != nil {
		return err
	}
	if _, err := c.Write(request); err != nil {
		return err
	}
	var code socks.Code4
	if _, err := socksRead(c, func(b []byte) (int, error) {
		got, err := socks.ParseReply4(b)
		code = got
		return 8, err
	}); err != nil {
		return err
	}
	socksVersion(svc, "4")
	if _, known := svc.Facts["proxy_serves"]; !known {
		svc.Facts["proxy_reply"] = untrusted.New(code.String(), maxFact)
		// Version 4 says the same for what it refuses and for what failed.
		if code == socks.Granted4 {
			svc.Facts["proxy_serves"] = true
		}
	}
	return nil
}

// maxSOCKSReply is the longest message of a server: an address that is a name
// of 255 bytes.
const maxSOCKSReply = 4 + 1 + 255 + 2

// socksRead reads a message, byte by byte so that what is behind it is left.
func socksRead(c io.Reader, parse func([]byte) (int, error)) (int, error) {
	said := make([]byte, 0, maxSOCKSReply)
	for one := make([]byte, 1); ; {
		size, err := parse(said)
		switch {
		case err == nil:
			return size, nil
		case !errors.Is(err, socks.ErrShort) || len(said) >= maxSOCKSReply:
			return 0, ErrProtocol
		}
		n, err := c.Read(one)
		said = append(said, one[:n]...)
		if n == 0 && err != nil {
			return 0, cause(err)
		}
	}
}
