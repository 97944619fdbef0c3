package lab

// StartMiniupnpd starts a UPnP gateway that announces itself on the host's LAN
// interface and at port 1900, and speaks NAT-PMP and PCP at port 5351. It takes the loopback device for its outer side,
// so that whatever is asked of it leads nowhere.
func (h *Host) StartMiniupnpd(t T) *Server {
	t.Helper()
	h.WriteFile(t, "/etc/miniupnpd/lab.conf", `ext_ifname=lo
ext_ip=8.8.4.4
listening_ip=eth0
http_port=0
enable_upnp=yes
enable_natpmp=yes
uuid=00000000-0000-4000-8000-000000000001
secure_mode=yes
system_uptime=yes
notify_interval=3600
`)
	return h.start(t, "miniupnpd", []wanted{{"udp", 1900, 1}, {"udp", 5351, 1}}, "miniupnpd", "-d", "-f", "/etc/miniupnpd/lab.conf", "-P", "/run/miniupnpd.pid")
}
