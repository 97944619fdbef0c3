package lab

import "fmt"

// Coturn says how a STUN and TURN server is to run.
type Coturn struct {
	Port   uint16 // 3478 when zero
	Login  bool   // TURN asks for a user and a password
	Config string // further lines of turnserver.conf
}

// StartCoturn starts coturn on the host's addresses. Without Login it relays
// for everybody.
func (h *Host) StartCoturn(t T, o Coturn) *Server {
	t.Helper()
	port := portOr(o.Port, 3478)
	login := "no-auth\n"
	if o.Login {
		login = "lt-cred-mech\nuser=lab:Lab-2026-nobody\nrealm=home.example\n"
	}
	conf := fmt.Sprintf("/etc/turn-%d.conf", port)
	h.WriteFile(t, conf, fmt.Sprintf("listening-port=%d\nlistening-ip=%s\nlistening-ip=%s\nrelay-ip=%s\nno-tls\nno-dtls\nno-cli\nlog-file=stdout\npidfile=/run/turn-%[1]d.pid\nuserdb=/var/lib/turn-%[1]d.db\n",
		port, h.V4, h.V6, h.V4)+login+o.Config)
	return h.start(t, "turnserver", []wanted{{"udp", port, 2}}, "turnserver", "-c", conf)
}
