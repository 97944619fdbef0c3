package lab

import (
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// Bind says how a DNS server is to run.
type Bind struct {
	Addr   netip.Addr        // all addresses when zero
	Port   uint16            // 53 when zero
	Config string            // further statements of the options block
	Zones  string            // further statements behind it
	Files  map[string]string // zone files that those name, by path
}

// StartBind starts BIND, over UDP and TCP. It is the authority for
// home.example and answers recursive questions of its own networks, as Debian
// has it; the root of the names is out of its reach, so that those fail at once.
func (h *Host) StartBind(t T, o Bind) *Server {
	t.Helper()
	port := portOr(o.Port, 53)
	listen := fmt.Sprintf("listen-on port %[1]d { any; };\nlisten-on-v6 port %[1]d { any; };", port)
	if o.Addr.Is4() {
		listen = fmt.Sprintf("listen-on port %d { %s; };\nlisten-on-v6 { none; };", port, o.Addr)
	} else if o.Addr.IsValid() {
		listen = fmt.Sprintf("listen-on { none; };\nlisten-on-v6 port %d { %s; };", port, o.Addr)
	}
	dir := fmt.Sprintf("/etc/bind/lab-%d", port)
	h.WriteFile(t, dir+"/named.conf", fmt.Sprintf(`
options {
	directory "/var/cache/bind";
	%[2]s
	pid-file none;
	dnssec-validation no;
	empty-zones-enable no;
	max-cache-size 16m;
	%[3]s
};
controls { };
zone "." { type hint; file "%[1]s/root"; };
zone "home.example" { type primary; file "%[1]s/home.example"; };
%[4]s
`, dir, listen, o.Config, o.Zones))
	for path, text := range o.Files {
		h.WriteFile(t, path, text)
	}
	// Nobody listens at this address of the host's own loopback.
	h.WriteFile(t, dir+"/root", ". 3600 NS root.example.\nroot.example. 3600 A 127.0.0.53\n")
	h.WriteFile(t, dir+"/home.example", fmt.Sprintf(`$TTL 3600
@ SOA home hostmaster 1 3600 600 86400 300
  NS home
  MX 10 home
  A %[1]s
  AAAA %[2]s
home A %[1]s
     AAAA %[2]s
`, h.V4, h.V6))
	h.WriteFile(t, "/run/named/.keep", "")
	h.Run(t, "chown", "bind:bind", "/run/named")
	n := 1
	if !o.Addr.IsValid() {
		all, err := h.process.links.AddrList(nil, unix.AF_UNSPEC)
		if err != nil {
			t.Fatalf("%s: list addresses: %v", h.Name, err)
		}
		n = len(all) // it binds to each
	}
	return h.start(t, "named", []wanted{{"udp", port, n}, {"tcp", port, n}}, "named", "-g", "-u", "bind", "-n", "1", "-c", dir+"/named.conf")
}
