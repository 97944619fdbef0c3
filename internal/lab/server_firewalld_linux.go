package lab

import "context"

// firewalldBus is the configuration of a D-Bus of the host itself, on which root
// may do everything.
const firewalldBus = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path=/run/dbus/system_bus_socket</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
  </policy>
</busconfig>
`

// StartFirewalld starts firewalld in the host, as Debian installs it, with a D-Bus
// of its own: every interface is in the zone public, which lets in ssh and
// dhcpv6-client. The commands are those of firewall-offline-cmd, such as
// "--zone=public --add-port=80/tcp", and run before it is started.
func (h *Host) StartFirewalld(t T, commands ...string) {
	t.Helper()
	h.unpacked(t, "firewalld", "python3-firewall", "python3-nftables")
	h.WriteFile(t, "/etc/lab-bus.conf", firewalldBus)
	h.Run(t, "sh", "-ec", "mkdir -p /run/dbus; cp -a "+unpackedAt+"/firewalld/etc/. /etc/")
	for _, c := range commands {
		h.Run(t, "sh", "-ec", "firewall-offline-cmd "+c)
	}
	bus := h.start(t, "dbus-daemon", nil, "dbus-daemon", "--config-file=/etc/lab-bus.conf", "--nofork", "--nopidfile", "--print-address")
	bus.awaitText(t, "unix:path=")
	s := h.start(t, "firewalld", nil, "firewalld", "--nofork", "--nopid")
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	if out, err := h.Command(ctx, "gdbus", "wait", "--system", "org.fedoraproject.FirewallD1").CombinedOutput(); err != nil {
		t.Fatalf("%s: firewalld: %v\n%s%s", h.Name, err, out, s.Log())
	}
	// Its answer comes when the rules are loaded.
	h.Run(t, "firewall-cmd", "--state")
}
