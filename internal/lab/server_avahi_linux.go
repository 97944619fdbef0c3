package lab

// StartAvahi starts Avahi, which tells by multicast DNS that the host is there,
// that it is a workstation, and that it has a web server.
func (h *Host) StartAvahi(t T) *Server {
	t.Helper()
	h.WriteFile(t, "/etc/avahi/lab.conf", "[server]\nenable-dbus=no\nhost-name="+h.Name+"\n[publish]\npublish-workstation=yes\n")
	h.WriteFile(t, "/etc/avahi/services/web.service", `<?xml version="1.0" standalone='no'?>
<!DOCTYPE service-group SYSTEM "avahi-service.dtd">
<service-group><name>Lab</name><service><type>_http._tcp</type><port>80</port><txt-record>path=/</txt-record></service></service-group>
`)
	s := h.start(t, "avahi-daemon", []wanted{{"udp", 5353, 1}}, "avahi-daemon", "-f", "/etc/avahi/lab.conf", "--no-drop-root", "--no-chroot", "--no-rlimits")
	s.awaitText(t, `Service "Lab" (/etc/avahi/services/web.service) successfully established.`)
	return s
}
