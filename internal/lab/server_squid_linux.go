package lab

import (
	"fmt"
	"net/netip"
	"strings"
)

// Squid says how an HTTP proxy is to run.
type Squid struct {
	Addr   netip.Addr // all addresses when zero
	Port   uint16     // 3128 when zero
	Allow  []string   // prefixes of the clients that it serves beside its own machine
	Config string     // further lines of squid.conf, before those that say who is served
}

// StartSquid starts Squid with the rules of Debian: CONNECT to port 443 only,
// and nobody is served but its own machine and the clients named.
func (h *Host) StartSquid(t T, o Squid) *Server {
	t.Helper()
	port := portOr(o.Port, 3128)
	dir := fmt.Sprintf("/etc/squid/lab-%d", port)
	listen := fmt.Sprintf("http_port %d\n", port) // one socket for both families
	if o.Addr.IsValid() {
		listen = fmt.Sprintf("http_port %s\n", netip.AddrPortFrom(o.Addr, port))
	}
	allow := ""
	if len(o.Allow) > 0 {
		allow = "acl served src " + strings.Join(o.Allow, " ") + "\nhttp_access allow served\n"
	}
	h.WriteFile(t, dir+"/squid.conf", listen+fmt.Sprintf(`pid_filename none
access_log none
cache_log /dev/stderr
cache_effective_user proxy
coredump_dir /
cache deny all
pinger_enable off
netdb_filename none
shutdown_lifetime 0 seconds
visible_hostname %s.example
dns_nameservers 127.0.0.1
dns_timeout 1 seconds
%s
acl ssl_ports port 443
http_access deny CONNECT !ssl_ports
%shttp_access allow localhost
http_access deny all
`, h.Name, o.Config, allow))
	return h.start(t, "squid", []wanted{{"tcp", port, 1}}, "squid", "-N", "-d", "1", "-f", dir+"/squid.conf")
}
