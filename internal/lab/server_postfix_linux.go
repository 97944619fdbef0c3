package lab

import (
	"fmt"
	"net/netip"
	"time"
)

// Postfix says how a mail server is to run. A host can have one.
type Postfix struct {
	Addr   netip.Addr // all addresses when zero
	Port   uint16     // 25 when zero
	Config string     // further lines of main.cf, which win
}

// StartPostfix starts Postfix for home.example, with STARTTLS. It relays for
// the host itself only.
func (h *Host) StartPostfix(t T, o Postfix) *Server {
	t.Helper()
	port := portOr(o.Port, 25)
	h.writeCertificate(t, "/etc/postfix/lab", time.Time{})
	h.WriteFile(t, "/etc/postfix/main.cf", fmt.Sprintf(`
compatibility_level = 3.6
myhostname = %[1]s.example
mydestination = $myhostname, localhost
mynetworks = 127.0.0.0/8 [::1]/128
inet_interfaces = all
inet_protocols = all
local_recipient_maps =
alias_maps =
alias_database =
biff = no
disable_dns_lookups = yes
maillog_file = /dev/stdout
smtpd_tls_cert_file = /etc/postfix/lab/cert.pem
smtpd_tls_key_file = /etc/postfix/lab/key.pem
smtpd_tls_security_level = may
%[2]s
`, h.Name, o.Config))
	listen := fmt.Sprint(port)
	if o.Addr.IsValid() {
		listen = netip.AddrPortFrom(o.Addr, port).String()
	}
	// No inspection of queues and programs before it starts.
	h.WriteFile(t, "/var/spool/postfix/quick-start", "")
	// As Debian's, but without its chroot, which wants copies of files.
	h.WriteFile(t, "/etc/postfix/master.cf", listen+` inet n - n - - smtpd
pickup    unix n - n 60 1 pickup
cleanup   unix n - n - 0 cleanup
qmgr      unix n - n 300 1 qmgr
tlsmgr    unix - - n 1000? 1 tlsmgr
rewrite   unix - - n - - trivial-rewrite
bounce    unix - - n - 0 bounce
defer     unix - - n - 0 bounce
trace     unix - - n - 0 bounce
verify    unix - - n - 1 verify
flush     unix n - n 1000? 0 flush
proxymap  unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp      unix - - n - - smtp
relay     unix - - n - - smtp
showq     unix n - n - - showq
error     unix - - n - - error
retry     unix - - n - - error
discard   unix - - n - - discard
local     unix - n n - - local
virtual   unix - n n - - virtual
lmtp      unix - - n - - lmtp
anvil     unix - - n - 1 anvil
scache    unix - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
`)
	// Postfix waits until its configuration is two seconds old.
	h.Run(t, "touch", "--date=@0", "/etc/postfix/main.cf", "/etc/postfix/master.cf")
	s := h.start(t, "postfix", []wanted{{"tcp", port, len(addressesOr(o.Addr))}}, "postfix", "start-fg")
	// A script is the one that waits for the master process, and would leave it.
	s.halt = []string{"sh", "-c", "kill $(cat /var/spool/postfix/pid/master.pid)"}
	return s
}
