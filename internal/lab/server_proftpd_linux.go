package lab

import (
	"fmt"
	"net/netip"
	"time"
)

// ProFTPD says how ProFTPD is to run. A host can have one.
type ProFTPD struct {
	Addr   netip.Addr // all addresses when zero
	Port   uint16     // 21 when zero
	TLS    bool       // AUTH TLS for everybody
	Config string     // further lines of proftpd.conf, which win
}

// StartProFTPD starts ProFTPD. Anonymous users may read /srv/lab, in which there
// is the file welcome.txt; nobody may write.
func (h *Host) StartProFTPD(t T, o ProFTPD) *Server {
	t.Helper()
	h.unpacked(t, "proftpd-core", "proftpd-mod-crypto")
	h.user(t, "proftpd", "/run/proftpd")
	h.user(t, "ftp", "/srv/lab")
	port := portOr(o.Port, 21)
	address, tls := "", ""
	if o.Addr.IsValid() {
		address = fmt.Sprintf("DefaultAddress %s\nSocketBindTight on\n", o.Addr)
	}
	if o.TLS {
		h.writeCertificate(t, "/etc/proftpd", time.Time{})
		h.Run(t, "chmod", "600", "/etc/proftpd/key.pem")
		tls = "LoadModule mod_tls.c\nTLSEngine on\nTLSECCertificateFile /etc/proftpd/cert.pem\nTLSECCertificateKeyFile /etc/proftpd/key.pem\n"
	}
	h.WriteFile(t, "/srv/lab/welcome.txt", "Welcome to the lab.\n")
	h.WriteFile(t, "/etc/proftpd/proftpd.conf", fmt.Sprintf(`
ModulePath /usr/lib/proftpd
ServerName "ProFTPD of the lab"
ServerIdent on
ServerType standalone
%[1]sPort %[2]d
UseIPv6 on
User proftpd
Group nogroup
AuthPAM off
RequireValidShell off
PidFile /run/proftpd/proftpd.pid
ScoreboardFile /run/proftpd/proftpd.scoreboard
DelayEngine off
UseReverseDNS off
WtmpLog off
<Anonymous /srv/lab>
User ftp
Group ftp
UserAlias anonymous ftp
AllowOverwrite on
</Anonymous>
%[3]s%[4]s
`, address, port, tls, o.Config))
	return h.start(t, "proftpd", []wanted{{"tcp", port, 1}}, "proftpd", "--nodaemon", "--config", "/etc/proftpd/proftpd.conf")
}
