package lab

import "fmt"

// Xrdp says how a remote desktop is to run.
type Xrdp struct {
	Port     uint16 // 3389 when zero
	Security string // its option security_layer; negotiate when empty
}

// StartXrdp starts xrdp on IPv4, as Debian configures it. Behind it there is no
// desktop.
func (h *Host) StartXrdp(t T, o Xrdp) *Server {
	t.Helper()
	port := portOr(o.Port, 3389)
	security := o.Security
	if security == "" {
		security = "negotiate"
	}
	dir := fmt.Sprintf("/srv/xrdp-%d", port)
	h.WriteFile(t, dir+"/.keep", "")
	h.WriteFile(t, "/run/xrdp/.keep", "")
	h.Run(t, "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN="+h.Name+".example",
		"-keyout", dir+"/key.pem", "-out", dir+"/cert.pem")
	h.Run(t, "sed", fmt.Sprintf(
		`s#^port=3389#port=tcp://:%[1]d#; s#^certificate=.*#certificate=%[2]s/cert.pem#; s#^key_file=.*#key_file=%[2]s/key.pem#; s#^LogFile=.*#LogFile=%[2]s/log#; s#^security_layer=.*#security_layer=%[3]s#
w %[2]s/xrdp.ini`, port, dir, security), "/etc/xrdp/xrdp.ini")
	s := h.start(t, "xrdp", []wanted{{"tcp", port, 1}}, "xrdp", "--nodaemon", "--config", dir+"/xrdp.ini")
	s.file = dir + "/log"
	return s
}
