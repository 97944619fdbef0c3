package lab

import (
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// Unbound says how the resolver is to run.
type Unbound struct {
	Addr   netip.Addr // all addresses when zero
	Port   uint16     // 53 when zero
	TLS    bool       // also over TLS at port 853 and over HTTPS at port 443
	Config string     // further lines of the server clause
}

// StartUnbound starts Unbound, over UDP and TCP. It answers for home.example
// from what its configuration holds, and recurses for its own networks only;
// the root of the names is out of its reach.
func (h *Host) StartUnbound(t T, o Unbound) *Server {
	t.Helper()
	port := portOr(o.Port, 53)
	var listen strings.Builder
	for _, a := range addressesOr(o.Addr) {
		fmt.Fprintf(&listen, "\tinterface: %s@%d\n", a, port)
	}
	n := len(addressesOr(o.Addr))
	sockets := []wanted{{"udp", port, n}, {"tcp", port, n}}
	if o.TLS {
		h.writeCertificate(t, "/etc/unbound/tls", time.Time{})
		listen.WriteString("\ttls-service-key: /etc/unbound/tls/key.pem\n\ttls-service-pem: /etc/unbound/tls/cert.pem\n")
		for _, a := range addressesOr(o.Addr) {
			fmt.Fprintf(&listen, "\tinterface: %[1]s@853\n\tinterface: %[1]s@443\n", a)
		}
		sockets = append(sockets, wanted{"tcp", 853, n}, wanted{"tcp", 443, n})
	}
	conf := fmt.Sprintf("/etc/unbound/lab-%d.conf", port)
	h.WriteFile(t, conf, fmt.Sprintf(`server:
%[1]s	do-daemonize: no
	use-syslog: no
	username: ""
	chroot: ""
	directory: "/etc/unbound"
	pidfile: ""
	num-threads: 1
	module-config: "iterator"
	do-not-query-localhost: no
	access-control: 127.0.0.0/8 allow
	access-control: ::1/128 allow
	access-control: 192.168.0.0/16 allow
	access-control: %[4]s/64 allow
	local-zone: "home.example." static
	local-data: "home.example. 3600 IN SOA home.home.example. hostmaster.home.example. 1 3600 600 86400 300"
	local-data: "home.example. 3600 IN A %[3]s"
	local-data: "home.home.example. 3600 IN A %[3]s"
%[2]s
remote-control:
	control-enable: no
stub-zone:
	name: "."
	stub-addr: 127.0.0.53
`, listen.String(), o.Config, h.V4, h.V6))
	return h.start(t, "unbound", sockets, "unbound", "-d", "-c", conf)
}
