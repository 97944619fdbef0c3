package lab

import (
	"fmt"
	"net/netip"
)

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

// RouterUPnP says how the lab's router lets programs of the LAN open ports.
type RouterUPnP struct {
	// Outer is the address that it tells for its own; the zero Addr: that of its
	// WAN side.
	Outer netip.Addr
	// NoNATPMP leaves NAT-PMP and PCP out.
	NoNATPMP bool
	// IGD1 has it describe itself as a gateway of the first version, as old ones do.
	IGD1 bool
}

// StartUPnP has the router run a UPnP gateway for its LAN, as routers of
// households do: what is opened there is really forwarded.
func (l *Lab) StartUPnP(t T, o RouterUPnP) *Server {
	t.Helper()
	l.Router.NFT(t, `
		table inet router {
			chain upnp {
			}
			chain upnp_dnat {
			}
			chain upnp_snat {
			}
		}
		add rule inet router prerouting iifname "wan" jump upnp_dnat
		add rule inet router postrouting oifname "wan" jump upnp_snat
		insert rule inet router forward jump upnp
	`)
	config := fmt.Sprintf(`ext_ifname=wan
listening_ip=lan
http_port=0
enable_upnp=yes
enable_natpmp=%s
force_igd_desc_v1=%s
uuid=00000000-0000-4000-8000-000000000001
friendly_name=The lab's router
secure_mode=no
system_uptime=yes
notify_interval=3600
clean_ruleset_interval=0
upnp_table_name=router
upnp_nat_table_name=router
upnp_forward_chain=upnp
upnp_nat_chain=upnp_dnat
upnp_nat_postrouting_chain=upnp_snat
allow 0-65535 192.168.77.0/24 0-65535
`, yes(!o.NoNATPMP), yes(o.IGD1))
	if o.Outer.IsValid() {
		config += fmt.Sprintf("ext_ip=%s\n", o.Outer)
	}
	l.Router.WriteFile(t, "/etc/miniupnpd/router.conf", config)
	sockets := []wanted{{"udp", 1900, 1}}
	if !o.NoNATPMP {
		sockets = append(sockets, wanted{"udp", 5351, 1})
	}
	return l.Router.start(t, "miniupnpd", sockets, "miniupnpd", "-d", "-f", "/etc/miniupnpd/router.conf", "-P", "/run/miniupnpd.pid")
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// MapUPnP has a program on the host ask the router to send a port on to it, or
// to another host of the LAN.
func (h *Host) MapUPnP(t T, transport string, outer uint16, to netip.AddrPort, lease int) {
	t.Helper()
	h.Run(t, "upnpc", "-e", "lab's program", "-a", to.Addr().String(), fmt.Sprint(to.Port()), fmt.Sprint(outer), transport, fmt.Sprint(lease))
}
