package netio

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/wire/socks"
)

// Proxy is a server through which TCP connections go: an HTTP proxy by CONNECT
// (RFC 9110 section 9.3.6) or a SOCKS 5 server (RFC 1928). It resolves names,
// and what it answers is the only evidence about the target.
type Proxy struct {
	SOCKS    bool           // SOCKS 5; HTTP otherwise
	TLS      bool           // HTTP inside TLS, with a certificate that this machine trusts
	Roots    *x509.CertPool // who may vouch for that certificate; nil: whom this machine trusts
	Host     string         // as it was written
	At       netip.AddrPort // where it is; the address is the caller's to fill in where Host is a name
	User     string         // shown where the proxy asks; empty: none
	Password string
}

// ParseProxy reads socks5://HOST:PORT, http://HOST:PORT or https://HOST:PORT, with
// user:password@ before the host where the proxy wants them. The port may be left
// out: 1080 of SOCKS, 3128 of HTTP, 443 of HTTPS proxies.
func ParseProxy(text string) (*Proxy, error) {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("want socks5://HOST:PORT, http://HOST:PORT or https://HOST:PORT")
	}
	p := &Proxy{Host: u.Hostname(), User: u.User.Username()}
	p.Password, _ = u.User.Password()
	port := uint16(3128)
	switch u.Scheme {
	case "http":
	case "https":
		p.TLS, port = true, 443
	case "socks5", "socks5h":
		p.SOCKS, port = true, 1080
		if len(p.User) > 255 || len(p.Password) > 255 {
			return nil, socks.ErrLong
		}
	default:
		return nil, fmt.Errorf("%q is no kind of proxy known here, only socks5, http and https are", u.Scheme)
	}
	if u.Port() != "" {
		n, err := strconv.ParseUint(u.Port(), 10, 16)
		if err != nil || n == 0 {
			return nil, fmt.Errorf("%q is no port", u.Port())
		}
		port = uint16(n)
	}
	address, _ := netip.ParseAddr(p.Host)
	p.At = netip.AddrPortFrom(address.Unmap(), port)
	return p, nil
}

// nameless are addresses that no packet goes to (RFC 1122 section 3.2.1.3). As
// a target they stand for one that only the proxy knows.
var nameless = netip.MustParsePrefix("0.0.0.0/8")

// ByName reports whether an address stands for a name that the proxy resolves.
func ByName(a netip.Addr) bool { return nameless.Contains(a) }

// Behind is the n-th address that stands for a name which a proxy resolves.
func Behind(n int) netip.Addr {
	return netip.AddrFrom4([4]byte{0, byte(n >> 16), byte(n >> 8), byte(n)})
}

// errProxyUDP is why datagrams do not go through a proxy: CONNECT has none, and
// few SOCKS servers take them.
var errProxyUDP = errors.New("only TCP goes through a proxy")

// dialProxy connects through the proxy. What keeps us from it, and what it
// refuses or leaves open, is a local error: it says nothing about the target.
func (d *Dialer) dialProxy(ctx context.Context, transport exposure.Transport, to netip.AddrPort) (net.Conn, error) {
	p := d.Proxy
	fail := func(reason exposure.Reason, err error) error {
		e := &Error{Op: "dial", Target: to, Reason: reason, Err: fmt.Errorf("proxy %s: %w", p.At, err)}
		if reason != exposure.LocalError {
			e.By = p.At.Addr().String()
		}
		return e
	}
	if transport != exposure.TCP {
		return nil, fail(exposure.LocalError, errProxyUDP)
	}
	direct := *d
	direct.Proxy = nil
	conn, err := direct.Dial(ctx, exposure.TCP, p.At)
	if err != nil {
		return nil, fail(exposure.LocalError, fmt.Errorf("%w: %w", ErrProxy, bare(err)))
	}
	ends := conn // what the limits tell of
	if p.TLS {
		inner := tls.Client(conn, &tls.Config{ServerName: p.Host, RootCAs: p.Roots, NextProtos: []string{"http/1.1"}})
		if err := inner.HandshakeContext(ctx); err != nil {
			_ = conn.Close()
			return nil, fail(exposure.LocalError, fmt.Errorf("%w: tls: %w", ErrProxy, bare(err)))
		}
		conn = inner
	}
	target := socks.Target{Addr: to.Addr().WithZone(""), Port: to.Port()}
	if ByName(to.Addr()) {
		target = socks.Target{Name: d.Name, Port: to.Port()}
	}
	reason := exposure.LocalError
	if p.SOCKS {
		reason, err = p.tunnelSOCKS(conn, target)
	} else {
		reason, err = p.tunnelHTTP(conn, target)
	}
	if err != nil {
		_ = conn.Close()
		if ctx.Err() != nil && errors.Is(ctx.Err(), context.Canceled) {
			err = context.Canceled
		}
		return nil, fail(reason, err)
	}
	if b, ok := ends.(*bound); ok {
		b.to = to
	}
	return conn, nil
}

// bare is the cause of an error of ours.
func bare(err error) error {
	var e *Error
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

// ErrProxy is in the error of a dial whose proxy cannot be used at all: it was
// not reached, wants another login or is no proxy of that kind.
var ErrProxy = errors.New("cannot be used")

var (
	errProxyLogin = fmt.Errorf("%w: it wants another user and password", ErrProxy)
	errProxyWord  = fmt.Errorf("%w: it does not speak the protocol of its URL", ErrProxy)
)

// proxyGreets is how long a SOCKS server may take to answer the greeting, for
// which it has to ask nobody. One of another kind waits for the rest of a line.
const proxyGreets = 5 * time.Second

// tunnelSOCKS has the server connect. The reason is evidence about the target
// where the server's answer is.
func (p *Proxy) tunnelSOCKS(c net.Conn, to socks.Target) (exposure.Reason, error) {
	offer := []socks.Method{socks.NoAuth}
	if p.User != "" {
		offer = append(offer, socks.Password)
	}
	var method socks.Method
	if err := c.SetReadDeadline(time.Now().Add(proxyGreets)); err != nil {
		return exposure.LocalError, bare(err)
	}
	if err := exchangeSOCKS(c, socks.Greeting(offer...), func(b []byte) (err error) {
		method, err = socks.ParseChoice(b)
		return err
	}); err != nil {
		if !errors.Is(err, ErrProxy) {
			err = fmt.Errorf("%w: %w", ErrProxy, err)
		}
		return exposure.LocalError, err
	}
	if err := c.SetReadDeadline(time.Time{}); err != nil {
		return exposure.LocalError, bare(err)
	}
	switch {
	case method == socks.Password && p.User != "":
		login, err := socks.Login(p.User, p.Password)
		if err != nil {
			return exposure.LocalError, err
		}
		right := false
		if err := exchangeSOCKS(c, login, func(b []byte) (err error) {
			right, err = socks.ParseLogin(b)
			return err
		}); err != nil {
			return exposure.LocalError, err
		}
		if !right {
			return exposure.LocalError, errProxyLogin
		}
	case method != socks.NoAuth:
		return exposure.LocalError, errProxyLogin
	}
	request, err := socks.Connect(to)
	if err != nil {
		return exposure.LocalError, err
	}
	var code socks.Code
	if err := exchangeSOCKS(c, request, func(b []byte) (err error) {
		code, _, err = socks.ParseReply(b)
		return err
	}); err != nil {
		return exposure.LocalError, err
	}
	if code == socks.Succeeded {
		return "", nil
	}
	return socksEvidence(code), errors.New(code.String())
}

// socksEvidence is what a code says of the target. A general failure, a rule of
// the server and what it cannot do say nothing.
func socksEvidence(code socks.Code) exposure.Reason {
	switch code {
	case socks.NetworkUnreachable:
		return exposure.NetUnreach
	case socks.HostUnreachable:
		return exposure.HostUnreach
	case socks.Refused:
		return exposure.ConnRefused
	case socks.Expired:
		return exposure.TimeExceeded
	}
	return exposure.LocalError
}

// exchangeSOCKS sends a message and reads the answer byte by byte, so that what
// is behind it is left for the connection.
func exchangeSOCKS(c net.Conn, message []byte, parse func([]byte) error) error {
	if _, err := c.Write(message); err != nil {
		return bare(err)
	}
	var said []byte
	for one := make([]byte, 1); ; {
		n, err := c.Read(one)
		said = append(said, one[:n]...)
		parsed := parse(said)
		switch {
		case parsed == nil:
			return nil
		case !errors.Is(parsed, socks.ErrShort):
			return errProxyWord
		case err != nil:
			return bare(err)
		}
	}
}

// maxProxyHeader bounds the header of an answer to CONNECT.
const maxProxyHeader = 16 << 10

// tunnelHTTP has the proxy connect. The reason is evidence about the target
// where the proxy's answer is.
func (p *Proxy) tunnelHTTP(c net.Conn, to socks.Target) (exposure.Reason, error) {
	host := to.Name
	if host == "" {
		host = to.Addr.String()
	}
	host = net.JoinHostPort(host, strconv.Itoa(int(to.Port)))
	if strings.ContainsAny(host, "\r\n ") {
		return exposure.LocalError, socks.ErrBad
	}
	request := "CONNECT " + host + " HTTP/1.1\r\nHost: " + host + "\r\nUser-Agent: sekisho\r\n"
	if p.User != "" {
		request += "Proxy-Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(p.User+":"+p.Password)) + "\r\n"
	}
	if _, err := io.WriteString(c, request+"\r\n"); err != nil {
		return exposure.LocalError, bare(err)
	}
	var header []byte
	for one := make([]byte, 1); !bytes.HasSuffix(header, []byte("\r\n\r\n")); {
		if len(header) >= maxProxyHeader {
			return exposure.LocalError, errProxyWord
		}
		n, err := c.Read(one)
		header = append(header, one[:n]...)
		if n == 0 && err != nil {
			return exposure.LocalError, bare(err)
		}
	}
	return proxyAnswer(header)
}

// proxyAnswer reads the answer of an HTTP proxy. Any 2xx is a tunnel.
func proxyAnswer(header []byte) (exposure.Reason, error) {
	answer, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(header)), &http.Request{Method: http.MethodConnect})
	if err != nil {
		return exposure.LocalError, errProxyWord
	}
	_ = answer.Body.Close() // of the header alone there is none
	switch {
	case answer.StatusCode/100 == 2:
		return "", nil
	case answer.StatusCode == http.StatusProxyAuthRequired:
		return exposure.LocalError, errProxyLogin
	}
	return httpEvidence(answer.StatusCode, answer.Header), fmt.Errorf("answers %d", answer.StatusCode)
}

// httpEvidence is what a refusal of CONNECT says of the target, where it says
// anything: by the field Proxy-Status (RFC 9209 section 2.3), by Squid's own
// field, which ends in the number of the system's error, or as a timeout of the
// gateway. 502 and 503 alone say only that something went wrong.
func httpEvidence(status int, header http.Header) exposure.Reason {
	for known, reason := range map[string]exposure.Reason{
		"connection_refused": exposure.ConnRefused, "connection_timeout": exposure.NoResponse,
		"destination_ip_unroutable": exposure.NetUnreach,
	} {
		if strings.Contains(header.Get("Proxy-Status"), "error="+known) {
			return reason
		}
	}
	if number, ok := strings.CutPrefix(header.Get("X-Squid-Error"), "ERR_CONNECT_FAIL "); ok {
		if reason, ok := squidEvidence[number]; ok {
			return reason
		}
	}
	if status == http.StatusGatewayTimeout {
		return exposure.NoResponse
	}
	return exposure.LocalError
}

// squidEvidence are the numbers of Linux, on which most Squids run; the proxy's
// numbers are not this machine's.
var squidEvidence = map[string]exposure.Reason{
	"111": exposure.ConnRefused, "110": exposure.NoResponse, "113": exposure.HostUnreach, "101": exposure.NetUnreach,
}
