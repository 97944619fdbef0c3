package lab

// StartDnsmasq starts dnsmasq for DNS and, where the further lines of its
// configuration say so, DHCP and TFTP.
func (h *Host) StartDnsmasq(t T, config string) *Server {
	t.Helper()
	h.WriteFile(t, "/etc/lab/dnsmasq.conf", "no-resolv\nno-hosts\nuser=root\nlog-facility=-\nlog-dhcp\ndhcp-leasefile=/tmp/dnsmasq.leases\npid-file=\n"+config)
	return h.start(t, "dnsmasq", []wanted{{"udp", 53, 2}}, "dnsmasq", "-k", "-C", "/etc/lab/dnsmasq.conf")
}
