package lab

import (
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// OpenSMTPD says how OpenBSD's mail server is to run. A host can have one.
type OpenSMTPD struct {
	Addr    netip.Addr // all addresses when zero
	Port    uint16     // 25 when zero
	Plain   bool       // offers no TLS
	Matches string     // further lines of smtpd.conf before its last rules, which win
}

// StartOpenSMTPD starts OpenSMTPD for home.example, with STARTTLS. It relays
// for the host itself only. The one of Debian 12 agrees to TLS and then breaks
// the handshake off: version 6.8 cannot use its keys with OpenSSL 3
// (github.com/OpenSMTPD/OpenSMTPD issue 1239).
func (h *Host) StartOpenSMTPD(t T, o OpenSMTPD) *Server {
	t.Helper()
	h.unpacked(t, "opensmtpd")
	h.user(t, "opensmtpd", "/var/lib/opensmtpd/empty")
	h.user(t, "opensmtpq", "/var/lib/opensmtpd/empty")
	port := portOr(o.Port, 25)
	h.writeCertificate(t, "/etc/opensmtpd", time.Time{})
	h.Run(t, "chmod", "600", "/etc/opensmtpd/key.pem")
	how := "tls pki lab"
	if o.Plain {
		how = ""
	}
	var listen strings.Builder
	for _, a := range addressesOr(o.Addr) {
		fmt.Fprintf(&listen, "listen on %s port %d %s\n", a, port, how)
	}
	h.WriteFile(t, "/etc/smtpd.conf", fmt.Sprintf(`
pki lab cert "/etc/opensmtpd/cert.pem"
pki lab key "/etc/opensmtpd/key.pem"
%[1]s
action "deliver" maildir
action "relay" relay
%[2]s
match from any for domain "home.example" action "deliver"
match from local for any action "relay"
`, listen.String(), o.Matches))
	return h.start(t, "smtpd", []wanted{{"tcp", port, len(addressesOr(o.Addr))}}, "smtpd", "-d")
}
