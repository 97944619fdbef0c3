package lab

import "fmt"

// Xl2tpd says how an L2TP server is to run.
type Xl2tpd struct {
	Port uint16 // 1701 when zero
}

// StartXl2tpd starts xl2tpd, which begins a tunnel with everybody.
func (h *Host) StartXl2tpd(t T, o Xl2tpd) *Server {
	t.Helper()
	port := portOr(o.Port, 1701)
	conf := fmt.Sprintf("/etc/xl2tpd/lab-%d.conf", port)
	h.WriteFile(t, conf, fmt.Sprintf("[global]\nport = %d\n[lns default]\nip range = 10.9.9.2-10.9.9.9\nlocal ip = 10.9.9.1\n", port))
	return h.start(t, "xl2tpd", []wanted{{"udp", port, 1}}, "xl2tpd", "-D", "-c", conf,
		"-C", fmt.Sprintf("/run/l2tp-control-%d", port), "-p", fmt.Sprintf("/run/xl2tpd-%d.pid", port))
}
