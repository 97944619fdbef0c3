package lab

import (
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// Apache says how a web server is to run.
type Apache struct {
	Addr    netip.Addr // all addresses when zero
	Port    uint16     // for HTTP, 80 when zero
	TLSPort uint16     // for HTTPS, 443 when zero
	Expires time.Time  // when the certificate ends or ended; in 90 days when zero
	Config  string     // further directives of the server, after the modules
}

// apacheModules are loaded beside the core, among them what a forward proxy
// needs, which no directive switches on.
var apacheModules = []string{
	"mpm_event", "authz_core", "authz_host", "dir", "mime", "headers", "ssl", "socache_shmcb", "http2", "proxy", "proxy_http", "proxy_connect",
}

// StartApache starts Apache with HTTP and HTTPS on one page. Its certificate is
// its own authority's and names the host.
func (h *Host) StartApache(t T, o Apache) *Server {
	t.Helper()
	port, tlsPort := portOr(o.Port, 80), portOr(o.TLSPort, 443)
	dir := fmt.Sprintf("/etc/apache2/lab-%d", port)
	h.WriteFile(t, dir+"/www/index.html", "<!doctype html><title>Lab</title><h1>Lab</h1>\n")
	h.WriteFile(t, dir+"/mime.types", "text/html html\n")
	h.writeCertificate(t, dir, o.Expires)
	var conf strings.Builder
	for _, m := range apacheModules {
		fmt.Fprintf(&conf, "LoadModule %s_module /usr/lib/apache2/modules/mod_%s.so\n", m, m)
	}
	// Without an address one socket takes both families.
	before := ""
	if o.Addr.IsValid() {
		before = strings.TrimSuffix(netip.AddrPortFrom(o.Addr, 0).String(), "0")
	}
	fmt.Fprintf(&conf, "Listen %[1]s%[2]d\nListen %[1]s%[3]d https\n", before, port, tlsPort)
	fmt.Fprintf(&conf, `ServerRoot %[1]s
ServerName %[2]s.example
PidFile %[1]s/pid
DefaultRuntimeDir %[1]s
ErrorLog /dev/stderr
User www-data
Group www-data
StartServers 1
TypesConfig %[1]s/mime.types
DirectoryIndex index.html
DocumentRoot %[1]s/www
<Directory %[1]s/www>
	Require all granted
</Directory>
Protocols h2 http/1.1
<VirtualHost *:%[3]d>
	SSLEngine on
	SSLCertificateFile %[1]s/cert.pem
	SSLCertificateKeyFile %[1]s/key.pem
</VirtualHost>
%[4]s
`, dir, h.Name, tlsPort, o.Config)
	h.WriteFile(t, dir+"/apache2.conf", conf.String())
	return h.start(t, "apache2", []wanted{{"tcp", port, 1}, {"tcp", tlsPort, 1}}, "apache2", "-DFOREGROUND", "-f", dir+"/apache2.conf")
}
