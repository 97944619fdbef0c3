//go:build linux && lab

package probe_test

import (
	"net/netip"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
	"sekisho/internal/probe"
)

// TestRealMailServers names mail and news servers of Debian over both families,
// each at its own port and some at another's, and tells what they offer a
// stranger and what themselves.
func TestRealMailServers(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	h.StartDovecot(t, lab.Dovecot{})
	h.StartOpenSMTPD(t, lab.OpenSMTPD{})
	h.StartNnrpd(t, lab.Nnrpd{})
	h.StartNnrpd(t, lab.Nnrpd{Port: 8119})
	modern := []string{"TLS 1.2", "TLS 1.3"}
	refuses, takes := exposure.Facts{"login_without_tls": false}, exposure.Facts{"login_without_tls": true}
	for _, to := range []netip.Addr{h.V4, h.V6} {
		// OpenSMTPD of Debian 12 breaks its own handshake off; what it told before
		// and the certificate stay.
		o := probe.Options{Timeout: 20 * time.Second}
		svc := probe.IdentifyThrough(t.Context(), l.LAN.Do, exposure.Target{Address: to}, exposure.TCP, 25, o)
		if svc.Product.Raw() != "OpenSMTPD" || svc.Confidence != exposure.Confirmed || svc.TLS == nil || svc.TLS.Certificate == nil ||
			svc.Facts["starttls"] != true || svc.Facts["auth_before_tls"] != false || svc.Facts["size"] != int64(36700160) ||
			svc.Facts.Text("hostname").Raw() != "home.example" || svc.Error != "smtp: tls handshake: remote error: tls: internal error" {
			t.Errorf("OpenSMTPD: %+v", svc)
		}
		if _, known := svc.Facts["greeting_ms"].(int); !known {
			t.Errorf("facts %v", svc.Facts)
		}
		identify(t, l.LAN, to, exposure.TCP, 110, found{protocol: "pop3", product: "Dovecot", facts: refuses, tls: modern})
		identify(t, l.LAN, to, exposure.TCP, 995, found{protocol: "pop3", product: "Dovecot", facts: refuses, tls: modern})
		identify(t, l.LAN, to, exposure.TCP, 143, found{protocol: "imap", product: "Dovecot", facts: refuses, tls: modern})
		identify(t, l.LAN, to, exposure.TCP, 993, found{protocol: "imap", product: "Dovecot", facts: refuses, tls: modern})
		// Dovecot takes a connection from its own address for a secured one.
		identify(t, h, to, exposure.TCP, 110, found{protocol: "pop3", product: "Dovecot", facts: takes})
		identify(t, h, to, exposure.TCP, 143, found{protocol: "imap", product: "Dovecot", facts: takes})
		for _, port := range []uint16{119, 8119} {
			identify(t, l.LAN, to, exposure.TCP, port, found{
				protocol: "nntp", product: "INN", version: "2.",
				facts: exposure.Facts{"posting": false, "login_required": false, "login_without_tls": false, "starttls": true},
			})
		}
	}
}

// TestMailRecordedAgain records the happy recordings of mail and news again.
func TestMailRecordedAgain(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	at := func(port uint16) netip.AddrPort { return netip.AddrPortFrom(h.V4, port) }
	h.StartDovecot(t, lab.Dovecot{})
	recordAgain(t, l.LAN, at(110), "pop3/happy-dovecot", "Dovecot", "dovecot-pop3d")
	recordAgain(t, l.LAN, at(143), "imap/happy-dovecot", "Dovecot", "dovecot-imapd")
	h.StartNnrpd(t, lab.Nnrpd{})
	recordAgain(t, l.LAN, at(119), "nntp/happy-inn", "INN", "inn2")
	h.StartOpenSMTPD(t, lab.OpenSMTPD{Plain: true})
	recordAgain(t, l.LAN, at(25), "smtp/happy-opensmtpd", "OpenSMTPD", "opensmtpd")
}
