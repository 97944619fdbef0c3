package lab

import (
	"fmt"
	"time"
)

// StartCaddy starts Caddy with HTTPS at port 443: HTTP/1.1, HTTP/2 and, over
// QUIC, HTTP/3.
func (h *Host) StartCaddy(t T) *Server {
	t.Helper()
	const dir = "/etc/caddy/lab"
	h.writeCertificate(t, dir, time.Time{})
	h.WriteFile(t, dir+"/www/index.html", "<!doctype html><title>Lab</title><h1>Lab</h1>\n")
	h.WriteFile(t, dir+"/Caddyfile", fmt.Sprintf(`{
	admin off
	auto_https off
	skip_install_trust
	default_sni home.example
}
https://home.example, https://%s, https://[%s] {
	tls %s/cert.pem %[3]s/key.pem
	root * %[3]s/www
	file_server
}
`, h.V4, h.V6, dir))
	return h.start(t, "caddy", []wanted{{"tcp", 443, 1}, {"udp", 443, 1}}, "env", "HOME=/root", "XDG_DATA_HOME=/var/lib/caddy", "XDG_CONFIG_HOME=/var/lib/caddy", "GODEBUG=",
		"caddy", "run", "--adapter", "caddyfile", "--config", dir+"/Caddyfile")
}

// StartCaddyWith starts Caddy with a configuration of its own kind, to answer at a
// TCP port.
func (h *Host) StartCaddyWith(t T, port uint16, config string) *Server {
	t.Helper()
	path := fmt.Sprintf("/etc/caddy/lab-%d/Caddyfile", port)
	h.WriteFile(t, path, config)
	return h.start(t, "caddy", []wanted{{"tcp", port, 1}}, "env", "HOME=/root", "XDG_DATA_HOME=/var/lib/caddy", "XDG_CONFIG_HOME=/var/lib/caddy", "GODEBUG=",
		"caddy", "run", "--adapter", "caddyfile", "--config", path)
}
