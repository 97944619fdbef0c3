//go:build linux && lab

package probe_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
	"sekisho/internal/probe"
)

// found is what is held of a service; an empty text is not held.
type found struct {
	protocol, product, version string
	facts                      exposure.Facts
	tls                        []string // versions, the oldest first
}

// identify looks from one host at a port of another.
func identify(t *testing.T, from *lab.Host, to netip.Addr, transport exposure.Transport, port uint16, want found) exposure.Service {
	t.Helper()
	o := probe.Options{Timeout: 20 * time.Second, Name: func(netip.Addr) string { return "home.example" }}
	svc := probe.IdentifyThrough(t.Context(), from.Do, exposure.Target{Address: to}, transport, port, o)
	if svc.Protocol != want.protocol || svc.Confidence != exposure.Confirmed ||
		!strings.HasPrefix(svc.Product.Raw(), want.product) || !strings.HasPrefix(svc.Version.Raw(), want.version) || svc.Error != "" {
		t.Errorf("%v port %d of %s: %s %q %q %v, error %q; want %s %q %q", transport, port, to,
			svc.Protocol, svc.Product, svc.Version, svc.Confidence, svc.Error, want.protocol, want.product, want.version)
	}
	for name, value := range want.facts {
		if svc.Facts[name] != value {
			t.Errorf("port %d of %s: %s is %v, want %v", port, to, name, svc.Facts[name], value)
		}
	}
	if want.tls != nil && (svc.TLS == nil || strings.Join(svc.TLS.Versions, " ") != strings.Join(want.tls, " ")) {
		t.Errorf("port %d of %s: TLS %+v, want %q", port, to, svc.TLS, want.tls)
	}
	return svc
}

// TestRealServers names the six servers of Debian over both families, each at
// its own port and one at another's.
func TestRealServers(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	h.StartSshd(t, lab.Sshd{Config: "PasswordAuthentication no"})
	h.StartSshd(t, lab.Sshd{Port: 81})
	h.StartNginx(t, lab.Nginx{})
	h.StartNginx(t, lab.Nginx{Port: 2222, TLSPort: 2121, Config: "server_tokens off;"})
	h.StartVsftpd(t, lab.Vsftpd{})
	h.StartVsftpd(t, lab.Vsftpd{Port: 8080, Config: "anonymous_enable=NO"})
	h.StartPostfix(t, lab.Postfix{})
	h.StartTelnetd(t, lab.Telnetd{})
	h.StartTelnetd(t, lab.Telnetd{Port: 7000})
	h.StartBind(t, lab.Bind{Config: `server-id "ns1.home.example";`})
	for _, to := range []netip.Addr{h.V4, h.V6} {
		svc := identify(t, l.LAN, to, exposure.TCP, 22, found{protocol: "ssh", product: "OpenSSH", version: "9."})
		if keys := svc.Facts.Texts("host_keys"); len(keys) != 3 {
			t.Errorf("host keys %v", keys)
		}
		if methods := svc.Facts.Texts("auth_methods"); len(methods) == 0 || methods[0].Raw() != "publickey" {
			t.Errorf("methods %v", methods)
		}
		identify(t, l.LAN, to, exposure.TCP, 81, found{protocol: "ssh", product: "OpenSSH", version: "9."})
		identify(t, l.LAN, to, exposure.TCP, 80, found{protocol: "http", product: "nginx", version: "1.", facts: exposure.Facts{"status": 200}})
		identify(t, l.LAN, to, exposure.TCP, 443, found{
			protocol: "http", product: "nginx", version: "1.", facts: exposure.Facts{"status": 200, "http2": true}, tls: []string{"TLS 1.2"},
		})
		identify(t, l.LAN, to, exposure.TCP, 2222, found{protocol: "http", product: "nginx"})
		identify(t, l.LAN, to, exposure.TCP, 2121, found{protocol: "http", product: "nginx", tls: []string{"TLS 1.2"}})
		identify(t, l.LAN, to, exposure.TCP, 21, found{
			protocol: "ftp", product: "vsftpd", version: "3.",
			facts: exposure.Facts{"anonymous": true, "auth_tls": false, "login_without_tls": true},
		})
		identify(t, l.LAN, to, exposure.TCP, 8080, found{protocol: "ftp", product: "vsftpd", version: "3.", facts: exposure.Facts{"anonymous": false}})
		identify(t, l.LAN, to, exposure.TCP, 25, found{
			protocol: "smtp", product: "Postfix", facts: exposure.Facts{"starttls": true, "auth_before_tls": false},
		})
		identify(t, l.LAN, to, exposure.TCP, 23, found{protocol: "telnet", product: "GNU inetutils telnetd", facts: exposure.Facts{"login_prompt": true}})
		identify(t, l.LAN, to, exposure.TCP, 7000, found{protocol: "telnet", product: "GNU inetutils telnetd", facts: exposure.Facts{"login_prompt": true}})
		for _, transport := range []exposure.Transport{exposure.TCP, exposure.UDP} {
			svc := identify(t, l.LAN, to, transport, 53, found{
				protocol: "dns", product: "BIND", version: "9.", facts: exposure.Facts{"recursion": true, "tcp": true},
			})
			if svc.Facts.Text("nsid").Raw() != "ns1.home.example" {
				t.Errorf("nsid %q", svc.Facts.Text("nsid"))
			}
		}
	}
}

// TestRecursionIsSeenFromWhereItIsAsked holds that a resolver which recurses
// for its own network and for nobody else is told rightly from both sides, and
// that asking it makes it ask nobody.
func TestRecursionIsSeenFromWhereItIsAsked(t *testing.T) {
	l := lab.New(t)
	l.Home.StartBind(t, lab.Bind{})
	l.Forward(t, "udp", 53, 53)
	l.Forward(t, "tcp", 53, 53)
	// What BIND would ask: the root of names, which the lab puts at 127.0.0.53.
	l.Home.NFT(t, `table inet asked {
		counter root { }
		chain out {
			type filter hook output priority 0
			ip daddr 127.0.0.53 counter name root
		}
	}`)
	identify(t, l.LAN, l.Home.V4, exposure.UDP, 53, found{protocol: "dns", product: "BIND", facts: exposure.Facts{"recursion": true}})
	identify(t, l.Outside, l.Router.V4, exposure.UDP, 53, found{protocol: "dns", product: "BIND", facts: exposure.Facts{"recursion": false}})
	identify(t, l.Outside, l.Router.V4, exposure.TCP, 53, found{protocol: "dns", product: "BIND", facts: exposure.Facts{"recursion": false}})
	if counted := l.Home.Run(t, "nft", "list", "counter", "inet", "asked", "root"); !strings.Contains(counted, "packets 0 ") {
		t.Errorf("the server was made to ask: %s", counted)
	}
}

// TestFirewalledPorts holds what a port tells that a firewall stands before.
func TestFirewalledPorts(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	h.Filter(t, lab.Input, "tcp dport 1000", lab.Drop)
	h.Filter(t, lab.Input, "tcp dport 1001", lab.RejectReset)
	h.Filter(t, lab.Input, "tcp dport 1002", lab.RejectAdmin)
	h.Filter(t, lab.Input, "udp dport 1002", lab.RejectAdmin)
	for _, c := range []struct {
		transport exposure.Transport
		port      uint16
		want      string
	}{
		{exposure.TCP, 1000, "connect: i/o timeout"},
		{exposure.TCP, 1001, "connect: connection refused"},
		{exposure.TCP, 1002, "connect: no route to host"},
		{exposure.UDP, 1002, "dns: ask version: icmp admin-prohibited: no route to host"},
	} {
		for _, to := range []netip.Addr{h.V4, h.V6} {
			svc := probe.IdentifyThrough(t.Context(), l.LAN.Do, exposure.Target{Address: to}, c.transport, c.port, probe.Options{Timeout: 2 * time.Second})
			want := c.want
			if to.Is6() {
				want = strings.Replace(want, "no route to host", "permission denied", 1)
			}
			if svc.Confidence != exposure.Assigned || svc.Error != want {
				t.Errorf("%v port %d of %s: %v, error %q; want %q", c.transport, c.port, to, svc.Confidence, svc.Error, want)
			}
		}
	}
}
