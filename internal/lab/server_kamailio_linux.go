package lab

import "fmt"

// Kamailio says how a SIP server is to run.
type Kamailio struct {
	Port   uint16 // 5060 when zero
	Script string // the body of request_route; empty: it answers OPTIONS and refuses the rest with 403
}

// StartKamailio starts Kamailio on the host's addresses, over UDP and TCP.
func (h *Host) StartKamailio(t T, o Kamailio) *Server {
	t.Helper()
	port := portOr(o.Port, 5060)
	if o.Script == "" {
		o.Script = `if (is_method("OPTIONS")) { sl_send_reply("200", "OK"); exit; }
	sl_send_reply("403", "Forbidden");`
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
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/"
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "xlog.so"
request_route {
	%[4]s
}
`, h.V4, h.V6, port, o.Script))
	h.WriteFile(t, "/run/kamailio/.keep", "")
	return h.start(t, "kamailio", []wanted{{"udp", port, 2}, {"tcp", port, 2}}, "kamailio", "-DD", "-E", "-m", "32", "-M", "4",
		"-f", conf, "-P", fmt.Sprintf("/run/kamailio/%d.pid", port), "-Y", "/run/kamailio")
}
