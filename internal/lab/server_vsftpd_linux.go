package lab

import (
	"fmt"
	"net/netip"
	"time"
)

// Vsftpd says how an FTP server is to run.
type Vsftpd struct {
	Addr   netip.Addr // all addresses when zero
	Port   uint16     // 21 when zero
	TLS    bool       // AUTH TLS for everybody, anonymous users too
	Config string     // further lines of vsftpd.conf, which win
}

// StartVsftpd starts vsftpd. Anonymous users may read /srv/lab, in which there
// is the file welcome.txt; nobody may write.
func (h *Host) StartVsftpd(t T, o Vsftpd) *Server {
	t.Helper()
	port := portOr(o.Port, 21)
	listen := "listen=NO\nlisten_ipv6=YES\n"
	if o.Addr.Is4() {
		listen = fmt.Sprintf("listen=YES\nlisten_ipv6=NO\nlisten_address=%s\n", o.Addr)
	} else if o.Addr.IsValid() {
		listen += fmt.Sprintf("listen_address6=%s\n", o.Addr)
	}
	// Not /srv/ftp: whoever packages an FTP server has an idea of whose it is,
	// and vsftpd refuses one that its anonymous user may write.
	h.WriteFile(t, "/srv/lab/welcome.txt", "Welcome to the lab.\n")
	h.WriteFile(t, "/run/vsftpd/empty/.keep", "")
	if o.TLS {
		h.writeCertificate(t, "/etc/vsftpd", time.Time{})
		listen += "ssl_enable=YES\nallow_anon_ssl=YES\nrsa_cert_file=/etc/vsftpd/cert.pem\nrsa_private_key_file=/etc/vsftpd/key.pem\nforce_local_logins_ssl=NO\nforce_local_data_ssl=NO\n"
	}
	conf, log := fmt.Sprintf("/etc/vsftpd-%d.conf", port), fmt.Sprintf("/var/log/vsftpd-%d.log", port)
	h.WriteFile(t, log, "")
	h.WriteFile(t, conf, listen+fmt.Sprintf(`listen_port=%d
vsftpd_log_file=%s
background=NO
anonymous_enable=YES
anon_root=/srv/lab
local_enable=YES
secure_chroot_dir=/run/vsftpd/empty
xferlog_enable=YES
%s
`, port, log, o.Config))
	// It complains on its standard input, where inetd would have put a client.
	s := h.start(t, "vsftpd", []wanted{{"tcp", port, 1}}, "sh", "-c", `exec vsftpd "$1" 0>&2`, "vsftpd", conf)
	s.file = log
	return s
}
