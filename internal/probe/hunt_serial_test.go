package probe

import (
	"crypto/tls"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"sekisho/internal/exposure"
)

// TestSerialServersAreFound has servers that serve one connection after the
// other, as small programs do: none answers before it is done with who only
// listens.
func TestSerialServersAreFound(t *testing.T) {
	t.Parallel()
	secure := func(inside func(net.Conn)) func(net.Conn) {
		config := testTLS(t)
		return func(c net.Conn) {
			inner := tls.Server(c, config)
			if inner.Handshake() == nil {
				inside(inner)
			}
		}
	}
	page := func(c net.Conn) {
		first := make([]byte, 4096)
		if n, err := c.Read(first); err == nil && string(first[:min(n, 3)]) == "GET" {
			_, _ = io.WriteString(c, "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok")
		}
	}
	for _, server := range []struct {
		name, protocol string
		serve          func(net.Conn)
	}{
		{"tls", "tls", secure(func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })},
		{"http", "http", page},
		{"https", "http", secure(page)},
	} {
		t.Run(server.name, func(t *testing.T) {
			t.Parallel()
			l := listenLoopback(t)
			go func() {
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					server.serve(c)
					_ = c.Close()
				}
			}()
			at := netip.MustParseAddrPort(l.Addr().String())
			svc := Identify(t.Context(), exposure.Target{Address: at.Addr()}, exposure.TCP, at.Port(), Options{Timeout: 20 * time.Second})
			if svc.Protocol != server.protocol || svc.Confidence != exposure.Confirmed || (svc.TLS != nil) != (server.name != "http") {
				t.Errorf("found %+v", svc)
			}
		})
	}
}
