package lab

import (
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// Nginx says how a web server is to run.
type Nginx struct {
	Addr    netip.Addr // all addresses when zero
	Port    uint16     // for HTTP, 80 when zero
	TLSPort uint16     // for HTTPS, 443 when zero
	Expires time.Time  // when the certificate ends or ended; in 90 days when zero
	Config  string     // further directives of the server block
}

// StartNginx starts nginx with HTTP and HTTPS on one page. Its certificate is
// its own authority's and names home.example.
func (h *Host) StartNginx(t T, o Nginx) *Server {
	t.Helper()
	port, tlsPort := portOr(o.Port, 80), portOr(o.TLSPort, 443)
	dir := fmt.Sprintf("/etc/nginx/lab-%d", port)
	h.WriteFile(t, dir+"/www/index.html", "<!doctype html><title>Lab</title><h1>Lab</h1>\n")
	h.writeCertificate(t, dir, o.Expires)
	var listen strings.Builder
	for _, a := range addressesOr(o.Addr) {
		fmt.Fprintf(&listen, "listen %s; listen %s ssl http2;\n", netip.AddrPortFrom(a, port), netip.AddrPortFrom(a, tlsPort))
	}
	h.WriteFile(t, dir+"/nginx.conf", fmt.Sprintf(`
daemon off;
error_log stderr;
pid %[1]s/pid;
user www-data;
worker_processes 1;
events {}
http {
	access_log off;
	types { text/html html; }
	server {
		%[2]s
		server_name home.example;
		ssl_certificate %[1]s/cert.pem;
		ssl_certificate_key %[1]s/key.pem;
		root %[1]s/www;
		%[3]s
	}
}
`, dir, listen.String(), o.Config))
	n := len(addressesOr(o.Addr))
	return h.start(t, "nginx", []wanted{{"tcp", port, n}, {"tcp", tlsPort, n}}, "nginx", "-c", dir+"/nginx.conf", "-e", "stderr")
}
