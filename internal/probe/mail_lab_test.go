//go:build linux && lab

package probe_test

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
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

// mailTested runs a test from one host.
func mailTested(t *testing.T, from *lab.Host, name string, to netip.Addr, o probe.TestOptions) probe.Outcome {
	t.Helper()
	o.Timeout = 25 * time.Second
	out, err := probe.RunTestThrough(t.Context(), from.Do, name, exposure.Target{Address: to}, o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// holdMail holds the steps of an outcome, each as id, result and why; those of
// the relay test count as one, by how many there were of each result.
func holdMail(t *testing.T, out probe.Outcome, want ...string) {
	t.Helper()
	var got []string
	relay := map[string]int{}
	for _, s := range out.Steps {
		line := strings.TrimSpace(s.ID + " " + s.Result.String() + " " + s.Why)
		if s.ID == "smtp-relay" {
			relay[line]++
			continue
		}
		got = append(got, line)
	}
	for _, line := range slices.Sorted(maps.Keys(relay)) {
		got = append(got, fmt.Sprintf("%s (%d)", line, relay[line]))
	}
	if !slices.Equal(got, want) {
		t.Errorf("steps\n%s\nwant\n%s\n%+v", strings.Join(got, "\n"), strings.Join(want, "\n"), out)
	}
}

// TestMailboxes logs in to the mailboxes of Dovecot and counts, inside TLS only.
func TestMailboxes(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	h.StartDovecot(t, lab.Dovecot{})
	asked := 0
	o := probe.TestOptions{User: lab.DovecotUser, Password: func() (string, error) {
		asked++
		return lab.DovecotPassword, nil
	}}
	wrong := probe.TestOptions{User: lab.DovecotUser, Password: func() (string, error) { return "wrong", nil }}
	out := mailTested(t, l.LAN, "pop3", h.V4, o)
	holdMail(t, out, "pop3-greeting ok", "pop3-capa ok", "pop3-stls ok", "pop3-clear-login ok", "pop3-login ok", "pop3-count ok")
	if out.Service.Facts["mails"] != int64(2) {
		t.Errorf("mails %v, want 2", out.Service.Facts["mails"])
	}
	out = mailTested(t, l.LAN, "imap", h.V6, o)
	holdMail(t, out, "imap-greeting ok", "imap-capability ok", "imap-starttls ok", "imap-clear-login ok", "imap-login ok", "imap-folders ok", "imap-mails ok")
	if out.Service.Facts["folders"] != 2 || out.Service.Facts["mails"] != 2 {
		t.Errorf("%v folders, %v mails, want 2 and 2", out.Service.Facts["folders"], out.Service.Facts["mails"])
	}
	o.Port = 993
	holdMail(t, mailTested(t, l.LAN, "imap", h.V4, o), "tls-handshake ok", "imap-greeting ok", "imap-capability ok", "imap-login ok", "imap-folders ok", "imap-mails ok")
	o.Port = 995
	holdMail(t, mailTested(t, l.LAN, "pop3", h.V6, o), "tls-handshake ok", "pop3-greeting ok", "pop3-capa ok", "pop3-login ok", "pop3-count ok")
	holdMail(t, mailTested(t, l.LAN, "imap", h.V4, wrong), "imap-greeting ok", "imap-capability ok", "imap-starttls ok", "imap-clear-login ok", "imap-login refused")
	if asked != 4 {
		t.Errorf("the password was asked for %d times, want 4", asked)
	}
	for _, s := range out.Steps {
		if strings.Contains(s.Asked+s.Detail+s.Said.Raw(), "correct horse") {
			t.Errorf("the password stands in step %+v", s)
		}
	}
}

// TestMailboxWithoutTLS holds that no password is sent where there is no TLS.
func TestMailboxWithoutTLS(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	s := h.StartDovecot(t, lab.Dovecot{Plain: true})
	o := probe.TestOptions{User: lab.DovecotUser, Password: func() (string, error) {
		t.Error("the password was asked for")
		return lab.DovecotPassword, nil
	}}
	holdMail(t, mailTested(t, l.LAN, "pop3", h.V4, o), "pop3-greeting ok", "pop3-capa ok", "pop3-stls refused no-starttls", "pop3-clear-login failed mail-accepted", "pop3-login skipped no-tls-for-password")
	holdMail(t, mailTested(t, l.LAN, "imap", h.V4, o), "imap-greeting ok", "imap-capability ok", "imap-starttls refused no-starttls", "imap-clear-login failed mail-accepted", "imap-login skipped no-tls-for-password")
	if strings.Contains(s.Log(), "Login: ") {
		t.Errorf("somebody logged in:\n%s", s.Log())
	}
}

// mailZones are the names that home has in its own DNS server: those of its
// addresses are home.example, and mail of other.example goes elsewhere.
func mailZones(h *lab.Host) lab.Bind {
	return lab.Bind{
		Zones: `zone "77.168.192.in-addr.arpa" { type primary; file "/etc/bind/reverse"; };
zone "7.0.0.0.0.2.0.0.6.2.0.0.8.0.6.2.ip6.arpa" { type primary; file "/etc/bind/reverse6"; };
zone "other.example" { type primary; file "/etc/bind/other"; };
zone "null.example" { type primary; file "/etc/bind/null"; };`,
		Files: map[string]string{
			"/etc/bind/reverse":  "$TTL 60\n@ SOA home.example. a.example. 1 60 60 60 60\n NS home.example.\n10 PTR home.example.\n",
			"/etc/bind/reverse6": "$TTL 60\n@ SOA home.example. a.example. 1 60 60 60 60\n NS home.example.\n",
			"/etc/bind/other":    "$TTL 60\n@ SOA home.example. a.example. 1 60 60 60 60\n NS home.example.\n MX 20 b\n MX 10 a\na A 192.0.2.1\n",
			"/etc/bind/null":     "$TTL 60\n@ SOA home.example. a.example. 1 60 60 60 60\n NS home.example.\n MX 0 .\n",
		},
	}
}

// TestRelayAsked asks a closed and an open relay, from where it is trusted and
// from where it is not, and holds that there was never any mail.
func TestRelayAsked(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	h.StartBind(t, mailZones(h))
	l.Forward(t, "tcp", 25, 25)
	talk := []string{"smtp-greeting ok", "smtp-ehlo ok", "smtp-starttls ok"}
	none := append(talk, "smtp-ptr skipped no-resolver")
	closed := h.StartPostfix(t, lab.Postfix{})
	holdMail(t, mailTested(t, l.Outside, "smtp", l.Router.V4, probe.TestOptions{Values: map[string][]string{"resolver": {"x"}}}),
		append(none, "smtp-any-user ok smtp-any-user", "smtp-relay ok (16)")...)
	out := mailTested(t, h, "smtp", netip.MustParseAddr("127.0.0.1"), probe.TestOptions{Values: map[string][]string{"resolver": {"x"}}})
	if accepted := out.Service.Facts.Texts("relay_accepted"); len(accepted) < 10 || out.Service.Facts["relay_tested"] != 16 {
		t.Errorf("Postfix trusts itself; it accepted %v of %v", accepted, out.Service.Facts["relay_tested"])
	}
	out = mailTested(t, l.LAN, "smtp", h.V4, probe.TestOptions{Values: map[string][]string{"resolver": {h.V4.String()}, "domain": {"home.example"}}})
	holdMail(t, out, append(talk, "smtp-ptr ok", "smtp-ehlo-ptr ok", "smtp-banner-ptr ok", "smtp-ehlo-name ok", "smtp-mx ok", "smtp-mx-address ok", "smtp-any-user ok smtp-any-user", "smtp-relay ok (16)")...)
	no := []string{"false"}
	out = mailTested(t, l.LAN, "smtp", h.V6, probe.TestOptions{Values: map[string][]string{"resolver": {h.V6.String()}, "domain": {"other.example"}, "relay": no}})
	holdMail(t, out, append(talk, "smtp-ptr failed no-ptr", "smtp-ehlo-ptr failed ptr-differs", "smtp-banner-ptr failed ptr-differs", "smtp-ehlo-name ok", "smtp-mx ok", "smtp-mx-address ok leads-elsewhere", "smtp-mx-address failed name-not-found")...)
	if mx := out.Service.Facts.Texts("mx"); len(mx) != 2 || mx[0].Raw() != "10 a.other.example" || out.Service.Facts["mx_leads_here"] != false {
		t.Errorf("facts %v", out.Service.Facts)
	}
	out = mailTested(t, l.LAN, "smtp", h.V4, probe.TestOptions{Values: map[string][]string{"resolver": {h.V4.String() + ":53"}, "domain": {"null.example"}, "relay": no}})
	holdMail(t, out, append(talk, "smtp-ptr ok", "smtp-ehlo-ptr ok", "smtp-banner-ptr ok", "smtp-ehlo-name ok", "smtp-mx failed null-mx")...)
	closed.Stop()
	if strings.Contains(closed.Log(), "data=") {
		t.Errorf("there was mail:\n%s", closed.Log())
	}
	open := h.StartPostfix(t, lab.Postfix{Config: "mynetworks = 0.0.0.0/0 [::]/0"})
	out = mailTested(t, l.Outside, "smtp", l.Router.V4, probe.TestOptions{Values: map[string][]string{"resolver": {"x"}}})
	if accepted := out.Service.Facts.Texts("relay_accepted"); len(accepted) < 10 || accepted[0].Raw() != "plain" {
		t.Errorf("an open relay accepted %v", accepted)
	}
	open.Stop()
	if strings.Contains(open.Log(), "data=") {
		t.Errorf("there was mail:\n%s", open.Log())
	}
}

// TestSubmission asks a submission port that wants TLS and a login, and one that
// wants neither.
func TestSubmission(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	h.StartDovecot(t, lab.Dovecot{Config: "service auth {\n unix_listener /run/dovecot/postfix {\n mode = 0666\n }\n}"})
	strict := h.StartPostfix(t, lab.Postfix{Port: 587, Config: `
smtpd_tls_security_level = encrypt
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = /run/dovecot/postfix
smtpd_relay_restrictions = permit_sasl_authenticated, reject
`})
	o := probe.TestOptions{User: lab.DovecotUser, Password: func() (string, error) { return lab.DovecotPassword, nil }}
	talk := []string{"smtp-greeting ok", "smtp-ehlo ok", "smtp-starttls ok"}
	for _, to := range []netip.Addr{h.V4, h.V6} {
		out := mailTested(t, l.LAN, "submission", to, o)
		holdMail(t, out, append(talk, "submission-without-tls ok", "submission-login-required ok", "smtp-login ok")...)
		if f := out.Service.Facts; f["tls_required"] != true || f["login_required"] != true || f["auth_before_tls"] != false || f["login"] != true {
			t.Errorf("facts %v", f)
		}
	}
	o.Password = func() (string, error) { return "wrong", nil }
	holdMail(t, mailTested(t, h, "submission", netip.MustParseAddr("127.0.0.1"), o),
		append(talk, "submission-without-tls ok", "submission-login-required ok", "smtp-login refused")...)
	strict.Stop()
	h.StartPostfix(t, lab.Postfix{Port: 587, Config: "mynetworks = 0.0.0.0/0 [::]/0"})
	out := mailTested(t, l.LAN, "submission", h.V4, o)
	holdMail(t, out, append(talk, "submission-without-tls failed mail-accepted", "submission-login-required failed mail-accepted", "smtp-login skipped no-mechanism")...)
	if f := out.Service.Facts; f["tls_required"] != false || f["login_required"] != false {
		t.Errorf("facts %v", f)
	}
}

// TestSubmissions asks for the same on port 465, where TLS comes first (RFC
// 8314).
func TestSubmissions(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	h.StartDovecot(t, lab.Dovecot{Config: "service auth {\n unix_listener /run/dovecot/postfix {\n mode = 0666\n }\n}"})
	h.StartPostfix(t, lab.Postfix{Port: 465, Config: `
smtpd_tls_wrappermode = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = /run/dovecot/postfix
smtpd_relay_restrictions = permit_sasl_authenticated, reject
`})
	o := probe.TestOptions{Port: 465, User: lab.DovecotUser, Password: func() (string, error) { return lab.DovecotPassword, nil }}
	out := mailTested(t, l.LAN, "submission", h.V6, o)
	holdMail(t, out, "tls-handshake ok", "smtp-greeting ok", "smtp-ehlo ok", "submission-login-required ok", "smtp-login ok")
	if f := out.Service.Facts; f["login_required"] != true || f["login"] != true || out.Service.TLS == nil || out.Service.TLS.StartTLS {
		t.Errorf("facts %v, TLS %+v", f, out.Service.TLS)
	}
}
