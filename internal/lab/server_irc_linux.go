package lab

import (
	"fmt"
	"time"
)

// IRC says how a server for talk is to run.
type IRC struct {
	Port     uint16 // 6667 when zero
	Password string // that everybody has to give; empty: nobody
	TLS      bool   // also at port 6697, with a certificate that nobody has signed
}

// StartNgircd starts ngIRCd on all addresses.
func (h *Host) StartNgircd(t T, o IRC) *Server {
	t.Helper()
	port := portOr(o.Port, 6667)
	dir := fmt.Sprintf("/etc/ngircd-lab-%d", port)
	config := fmt.Sprintf(`[Global]
Name = irc.home.example
Info = Lab
Network = LabNet
ServerUID = nobody
ServerGID = nogroup
Password = %s
Ports = %d
Listen = 0.0.0.0,::
[Options]
DNS = no
Ident = no
PAM = no
ChrootDir =
`, o.Password, port)
	sockets := []wanted{{"tcp", port, 2}}
	if o.TLS {
		h.writeCertificate(t, dir, time.Time{})
		h.Run(t, "chmod", "644", dir+"/key.pem")
		config += fmt.Sprintf("[SSL]\nCertFile = %[1]s/cert.pem\nKeyFile = %[1]s/key.pem\nPorts = 6697\n", dir)
		sockets = append(sockets, wanted{"tcp", 6697, 2})
	}
	h.WriteFile(t, dir+"/ngircd.conf", config)
	return h.start(t, "ngircd", sockets, "ngircd", "--nodaemon", "--config", dir+"/ngircd.conf")
}

// StartInspIRCd starts InspIRCd on all addresses.
func (h *Host) StartInspIRCd(t T, o IRC) *Server {
	t.Helper()
	port := portOr(o.Port, 6667)
	dir := fmt.Sprintf("/etc/inspircd-lab-%d", port)
	password := ""
	if o.Password != "" {
		password = fmt.Sprintf("password=%q", o.Password)
	}
	config := fmt.Sprintf(`<server name="irc.home.example" description="Lab" network="LabNet">
<admin name="lab" nick="lab" email="lab@home.example">
<bind address="" port="%d" type="clients">
<connect allow="*" resolvehostnames="no" %s>
<dns server="127.0.0.1" timeout="1">
<module name="cap">
`, port, password)
	sockets := []wanted{{"tcp", port, 1}}
	if o.TLS {
		h.writeCertificate(t, dir, time.Time{})
		config += fmt.Sprintf("<module name=\"ssl_gnutls\">\n<sslprofile name=\"lab\" provider=\"gnutls\" certfile=\"%[1]s/cert.pem\" keyfile=\"%[1]s/key.pem\">\n"+
			"<bind address=\"\" port=\"6697\" type=\"clients\" sslprofile=\"lab\">\n<module name=\"ircv3_sts\">\n<sts host=\"home.example\" duration=\"1h\" port=\"6697\">\n<module name=\"starttls\">\n", dir)
		sockets = append(sockets, wanted{"tcp", 6697, 1})
	}
	h.WriteFile(t, dir+"/inspircd.conf", config)
	h.Run(t, "chmod", "-R", "a+rX", dir)
	return h.start(t, "inspircd", sockets, "inspircd", "--runasroot", "--nofork", "--nopid", "--nolog", "--config", dir+"/inspircd.conf")
}
