package lab

import (
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// Dovecot says how a server of mailboxes is to run. A host can have one.
type Dovecot struct {
	Addr                     netip.Addr // all addresses when zero
	IMAP, IMAPS, POP3, POP3S uint16     // 143, 993, 110 and 995 when zero
	Expires                  time.Time  // when the certificate ends; in 90 days when zero
	Plain                    bool       // no TLS at all, and passwords without it
	Config                   string     // further lines of dovecot.conf, which win
}

// DovecotUser and DovecotPassword are the one account of the lab's mailboxes.
// It has two folders, INBOX with two mails and Archive with none.
const (
	DovecotUser     = "lab@home.example"
	DovecotPassword = "correct horse \"battery\\staple"
)

// StartDovecot starts Dovecot for IMAP and POP3, inside TLS and before it. A
// password is taken inside TLS only, and from the host itself.
func (h *Host) StartDovecot(t T, o Dovecot) *Server {
	t.Helper()
	h.writeCertificate(t, "/etc/dovecot/lab", o.Expires)
	listen := "*, ::"
	if o.Addr.IsValid() {
		listen = o.Addr.String()
	}
	h.WriteFile(t, "/etc/dovecot/lab/users", DovecotUser+":{PLAIN}"+DovecotPassword+":8:8::/srv/mail\n")
	const mail = "From: a@home.example\nTo: lab@home.example\nSubject: lab\n\nHello.\n"
	for _, file := range []string{"Maildir/new/1.a.home", "Maildir/new/2.a.home", "Maildir/cur/.keep", "Maildir/tmp/.keep", "Maildir/.Archive/new/.keep", "Maildir/.Archive/cur/.keep"} {
		text := mail
		if strings.HasSuffix(file, ".keep") {
			text = ""
		}
		h.WriteFile(t, "/srv/mail/"+file, text)
	}
	h.Run(t, "sh", "-c", "find /srv/mail -name .keep -delete; chown -R mail:mail /srv/mail; chmod 755 /etc/dovecot /etc/dovecot/lab")
	ports := [4]uint16{portOr(o.IMAP, 143), portOr(o.IMAPS, 993), portOr(o.POP3, 110), portOr(o.POP3S, 995)}
	if o.Plain {
		o.Config += "\nssl = no\ndisable_plaintext_auth = no\n"
	}
	h.WriteFile(t, "/etc/dovecot/lab.conf", fmt.Sprintf(`
protocols = imap pop3
listen = %[1]s
base_dir = /run/dovecot
log_path = /dev/stderr
info_log_path = /dev/stderr
ssl = yes
ssl_cert = </etc/dovecot/lab/cert.pem
ssl_key = </etc/dovecot/lab/key.pem
ssl_min_protocol = TLSv1.2
mail_location = maildir:~/Maildir
first_valid_uid = 8
passdb {
  driver = passwd-file
  args = username_format=%%u /etc/dovecot/lab/users
}
userdb {
  driver = passwd-file
  args = username_format=%%u /etc/dovecot/lab/users
}
service imap-login {
  inet_listener imap {
    port = %[2]d
  }
  inet_listener imaps {
    port = %[3]d
    ssl = yes
  }
}
service pop3-login {
  inet_listener pop3 {
    port = %[4]d
  }
  inet_listener pop3s {
    port = %[5]d
    ssl = yes
  }
}
%[6]s
`, listen, ports[0], ports[1], ports[2], ports[3], o.Config))
	var sockets []wanted
	for i, port := range ports {
		if o.Plain && i%2 == 1 {
			continue // it does not listen there
		}
		sockets = append(sockets, wanted{"tcp", port, len(addressesOr(o.Addr))})
	}
	return h.start(t, "dovecot", sockets, "dovecot", "-F", "-c", "/etc/dovecot/lab.conf")
}
