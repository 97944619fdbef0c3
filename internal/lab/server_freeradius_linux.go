package lab

import "fmt"

// StartFreeRADIUS starts FreeRADIUS for the clients of the LAN, which know the
// secret given. Nobody can log in; how is told to who asks by EAP.
func (h *Host) StartFreeRADIUS(t T, secret string) *Server {
	t.Helper()
	h.WriteFile(t, "/etc/radius/radiusd.conf", fmt.Sprintf(`
prefix = /usr
libdir = /usr/lib/freeradius
raddbdir = /etc/radius
logdir = /tmp
run_dir = /tmp
security {
	status_server = yes
}
modules {
	always reject {
		rcode = reject
	}
	eap {
		default_eap_type = md5
		md5 {
		}
	}
}
client lan {
	ipaddr = 192.168.0.0/16
	secret = %s
}
server lab {
	listen {
		type = auth
		ipaddr = *
		port = 1812
	}
	authorize {
		eap {
			ok = return
		}
		reject
	}
	authenticate {
		eap
	}
}
`, secret))
	return h.start(t, "freeradius", []wanted{{"udp", 1812, 1}}, "freeradius", "-f", "-l", "stdout", "-d", "/etc/radius", "-n", "radiusd")
}
