package lab

import (
	"fmt"
	"time"
)

// Kamailio says how a SIP server is to run.
type Kamailio struct {
	Port  uint16 // 5060 when zero
	Login bool   // registrations want one, which nobody has
	TLS   bool   // at the port above as well
}

// StartKamailio starts Kamailio on the host's addresses, over UDP and TCP. It
// answers OPTIONS, registers telephones and refuses every call.
func (h *Host) StartKamailio(t T, o Kamailio) *Server {
	t.Helper()
	port := portOr(o.Port, 5060)
	login := ""
	if o.Login {
		login = `www_challenge("home.example", "0"); exit;`
	}
	secure, sockets := "", []wanted{{"udp", port, 2}, {"tcp", port, 2}}
	if o.TLS {
		dir := fmt.Sprintf("/etc/kamailio/tls-%d", port)
		h.writeCertificate(t, dir, time.Time{})
		secure = fmt.Sprintf("enable_tls=yes\nlisten=tls:%s:%d\nlisten=tls:[%s]:%[2]d\nloadmodule \"tls.so\"\nmodparam(\"tls\", \"tls_method\", \"TLSv1.2+\")\nmodparam(\"tls\", \"certificate\", \"%[4]s/cert.pem\")\nmodparam(\"tls\", \"private_key\", \"%[4]s/key.pem\")\n", h.V4, port+1, h.V6, dir)
		sockets = append(sockets, wanted{"tcp", port + 1, 2})
	}
	conf := fmt.Sprintf("/etc/kamailio/lab-%d.cfg", port)
	h.WriteFile(t, conf, fmt.Sprintf(`debug=1
log_stderror=yes
children=1
tcp_children=1
auto_aliases=no
listen=udp:%[1]s:%[3]d
listen=tcp:%[1]s:%[3]d
listen=udp:[%[2]s]:%[3]d
listen=tcp:[%[2]s]:%[3]d
%[5]sloadmodule "sl.so"
loadmodule "textops.so"
loadmodule "pv.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
modparam("registrar", "max_contacts", 4)
request_route {
	if (is_method("OPTIONS")) { sl_send_reply("200", "OK"); exit; }
	if (is_method("REGISTER")) { %[4]s save("location"); exit; }
	sl_send_reply("403", "Forbidden");
}
`, h.V4, h.V6, port, login, secure))
	h.WriteFile(t, "/run/kamailio/.keep", "")
	return h.start(t, "kamailio", sockets, "kamailio", "-DD", "-E", "-m", "32", "-M", "4",
		"-f", conf, "-P", fmt.Sprintf("/run/kamailio/%d.pid", port), "-Y", "/run/kamailio")
}
