package rules_test

import (
	"net/netip"

	"sekisho/internal/exposure"
)

func init() {
	outside := open("8.8.8.8", exposure.ViewOutside)
	stranger := func(protocol, product string, facts exposure.Facts) exposure.Service {
		s := seenFrom(exposure.ViewOutside, spoke(protocol, product, "", "220 mail.example.org ESMTP", facts))
		s.Address = netip.MustParseAddr("8.8.8.8")
		return s
	}
	begun := func(s exposure.Service) exposure.Service {
		return secured(s, func(t *exposure.TLS, _ *exposure.Certificate) { t.StartTLS = true })
	}
	relay := exposure.Facts{"relay_tested": 16, "relay_accepted": texts("plain", "empty-sender")}
	hacks := exposure.Facts{"relay_tested": 16, "relay_accepted": texts("percent-at-server"), "relay_any_user": true}
	clear, dark := exposure.Facts{"login_without_tls": true}, exposure.Facts{"login_without_tls": false}
	plain := exposure.Facts{"starttls": false, "auth_before_tls": false}
	neighbour := open("192.168.1.9", exposure.ViewLAN)
	from := func(protocol, product, banner string, facts exposure.Facts) exposure.Service {
		return seenFrom(exposure.ViewLAN, spoke(protocol, product, "", banner, facts))
	}
	names := func(agrees bool, ptr ...string) exposure.Facts {
		return exposure.Facts{"ptr_agrees": agrees, "ptr": texts(ptr...), "hostname": text("mail.example.org")}
	}
	t := []judged{
		// Relays.
		{"relay_of_postfix", port(25, outside, begun(stranger("smtp", "Postfix", relay))), afar, []string{"high smtp-open-relay"}},
		{"relay_of_exim", port(25, outside, begun(stranger("smtp", "Exim", relay))), afar, []string{"high smtp-open-relay"}},
		{"relay_of_opensmtpd", port(25, outside, begun(stranger("smtp", "OpenSMTPD", relay))), afar, []string{"high smtp-open-relay"}},
		{"relay_of_sendmail", port(25, outside, begun(stranger("smtp", "Sendmail", relay))), afar, []string{"high smtp-open-relay"}},
		{"relay_of_exchange", port(25, outside, begun(stranger("smtp", "Microsoft Exchange", relay))), afar, []string{"high smtp-open-relay"}},
		{"relay_of_another", port(25, outside, begun(stranger("smtp", "", relay))), afar, []string{"high smtp-open-relay"}},
		{"takes_any_name", port(25, outside, begun(stranger("smtp", "", hacks))), afar, []string{"low smtp-open-relay"}},
		{"hack_and_no_catch_all", port(25, outside, begun(stranger("smtp", "", exposure.Facts{"relay_accepted": texts("percent-at-server"), "relay_any_user": false}))), afar, []string{"high smtp-open-relay"}},
		{"relay_asked_from_the_lan", port(25, neighbour, begun(from("smtp", "Postfix", "220 x", relay))), afar, []string{"info smtp-relay-not-judged"}},
		{"relay_asked_from_itself", port(25, bound("0.0.0.0", "master", ""), begun(spoke("smtp", "Postfix", "", "220 x", relay))), here, []string{"info smtp-relay-not-judged"}},
		{"no_relay", port(25, outside, begun(stranger("smtp", "Postfix", exposure.Facts{"relay_tested": 16, "relay_accepted": texts()}))), afar, nil},
		{"no_relay_asked_from_itself", port(25, bound("0.0.0.0", "master", ""), begun(spoke("smtp", "Postfix", "", "220 x", exposure.Facts{"relay_tested": 16, "relay_accepted": texts()}))), here, nil},
		{"submission_open", port(587, outside, begun(stranger("smtp", "Postfix", exposure.Facts{"login_required": false}))), afar, []string{"high submission-without-login"}},
		{"submission_open_exim", port(587, outside, begun(stranger("smtp", "Exim", exposure.Facts{"login_required": false}))), afar, []string{"high submission-without-login"}},
		{"submission_asked_from_the_lan", port(587, neighbour, begun(from("smtp", "", "220 x", exposure.Facts{"login_required": false}))), afar, []string{"info submission-without-login"}},
		{"submission_closed", port(587, outside, begun(stranger("smtp", "Postfix", exposure.Facts{"login_required": true}))), afar, nil},

		// Names.
		{"ptr_differs", port(25, outside, begun(stranger("smtp", "", names(false, "dsl-8-8-8-8.example.net", "host.example.net")))), afar, []string{"low smtp-name-mismatch"}},
		{"ptr_missing", port(25, outside, begun(stranger("smtp", "", names(false)))), afar, []string{"low smtp-name-mismatch"}},
		{"ptr_agrees", port(25, outside, begun(stranger("smtp", "", names(true, "mail.example.org")))), afar, nil},
		{"ptr_is_not_the_greeting", port(25, outside, begun(stranger("smtp", "", exposure.Facts{
			"ptr_agrees": true, "ptr": texts("mail.example.org"), "hostname": text("mail.example.org"), "banner_agrees": false, "banner_hostname": text("mx.example.org"),
		}))), afar, []string{"low smtp-name-mismatch"}},
		{"ptr_is_both", port(25, outside, begun(stranger("smtp", "", exposure.Facts{
			"ptr_agrees": true, "ptr": texts("mail.example.org"), "hostname": text("mail.example.org"), "banner_agrees": true, "banner_hostname": text("mail.example.org"),
		}))), afar, nil},
		{"ptr_of_a_private_address", port(25, neighbour, begun(from("smtp", "", "220 x", names(false)))), afar, nil},
		{"mx_elsewhere", port(25, outside, begun(stranger("smtp", "", exposure.Facts{"domain": text("example.org"), "mx": texts("10 mx.example.net"), "mx_leads_here": false}))), afar, []string{"low smtp-mx-elsewhere"}},
		{"mx_of_a_server_behind_a_router", port(25, neighbour, begun(from("smtp", "", "220 x", exposure.Facts{"domain": text("example.org"), "mx": texts("10 mx.example.net"), "mx_leads_here": false}))), afar, []string{"info smtp-mx-elsewhere"}},
		{"mx_here", port(25, outside, begun(stranger("smtp", "", exposure.Facts{"domain": text("example.org"), "mx": texts("10 mx.example.net"), "mx_leads_here": true}))), afar, nil},

		// TLS.
		{"no_starttls_of_postfix", port(25, outside, stranger("smtp", "Postfix", plain)), afar, []string{"low smtp-no-starttls"}},
		{"no_starttls_of_exim", port(25, outside, stranger("smtp", "Exim", plain)), afar, []string{"low smtp-no-starttls"}},
		{"no_starttls_of_opensmtpd", port(25, outside, stranger("smtp", "OpenSMTPD", plain)), afar, []string{"low smtp-no-starttls"}},
		{"no_starttls_of_another", port(25, outside, stranger("smtp", "", plain)), afar, []string{"low smtp-no-starttls"}},
		{"no_starttls_on_loopback", port(25, bound("127.0.0.1", "master", ""), spoke("smtp", "Postfix", "", "220 x", plain)), here, []string{"info smtp-no-starttls"}},
		{"starttls_broken", port(25, outside, begun(stranger("smtp", "", exposure.Facts{"starttls": true, "starttls_works": false}))), afar, []string{"medium starttls-broken"}},
		{"starttls_broken_opensmtpd", port(25, outside, begun(stranger("smtp", "OpenSMTPD", exposure.Facts{"starttls": true, "starttls_works": false}))), afar, []string{"medium starttls-broken"}},
		{"starttls_works", port(25, outside, begun(stranger("smtp", "", exposure.Facts{"starttls": true, "starttls_works": true}))), afar, nil},

		// Logins before TLS.
		{"sendmail_auth", port(25, neighbour, begun(from("smtp", "Sendmail", "220 x", postfixAuth))), afar, []string{"medium cleartext-login"}},
		{"exchange_auth", port(25, neighbour, begun(from("smtp", "Microsoft Exchange", "220 x", postfixAuth))), afar, []string{"medium cleartext-login"}},
		{"imap_takes_although_it_has_tls", port(143, neighbour, begun(from("imap", "Dovecot", "* OK ready", clear))), afar, []string{"medium cleartext-login"}},
		{"pop3_takes", port(110, neighbour, from("pop3", "Dovecot", "+OK ready", clear)), afar, []string{"medium cleartext-login"}},
		{"pop3_refuses", port(110, neighbour, from("pop3", "Dovecot", "+OK ready", dark)), afar, nil},
		{"pop3_here_takes", port(110, bound("0.0.0.0", "dovecot", "dovecot.service"), spoke("pop3", "Dovecot", "", "+OK ready", clear)), here, []string{"info cleartext-login"}},
		{"pop3_takes_on_loopback", port(110, bound("127.0.0.1", "dovecot", "dovecot.service"), spoke("pop3", "Dovecot", "", "+OK ready", clear)), here, []string{"info cleartext-login"}},
		{"courier_pop3", port(110, neighbour, from("pop3", "Courier", "+OK Hello there.", clear)), afar, []string{"medium cleartext-login"}},
		{"courier_imap", port(143, neighbour, from("imap", "Courier", "* OK Courier-IMAP ready", clear)), afar, []string{"medium cleartext-login"}},
		{"cyrus_imap", port(143, neighbour, from("imap", "Cyrus", "* OK ready", clear)), afar, []string{"medium cleartext-login"}},
		{"exchange_pop3", port(110, neighbour, from("pop3", "Microsoft Exchange", "+OK ready", clear)), afar, []string{"medium cleartext-login"}},
		{"exchange_imap", port(143, neighbour, from("imap", "Microsoft Exchange", "* OK ready", clear)), afar, []string{"medium cleartext-login"}},
		{"another_imap", port(143, neighbour, from("imap", "", "* OK ready", clear)), afar, []string{"medium cleartext-login"}},
		{"inn_takes", port(119, neighbour, from("nntp", "INN", "200 news", clear)), afar, []string{"medium cleartext-login"}},
		{"another_news_takes", port(119, neighbour, from("nntp", "", "200 news", clear)), afar, []string{"medium cleartext-login"}},
		{"news_tells_nothing", port(119, neighbour, from("nntp", "", "200 news", nil)), afar, nil},

		// Who is let in.
		{"imap_preauth", port(143, neighbour, from("imap", "", "* PREAUTH hello", exposure.Facts{"preauth": true, "login_without_tls": false})), afar, []string{"high imap-preauth"}},
		{"imap_preauth_on_loopback", port(143, bound("127.0.0.1", "imapd", ""), spoke("imap", "", "", "* PREAUTH hello", exposure.Facts{"preauth": true, "login_without_tls": false})), here, []string{"info imap-preauth"}},
		{"news_for_strangers", port(119, outside, stranger("nntp", "INN", exposure.Facts{"login_required": false, "posting": true})), afar, []string{"medium nntp-open"}},
		{"news_for_strangers_to_read", port(119, outside, stranger("nntp", "", exposure.Facts{"login_required": false, "posting": false})), afar, []string{"low nntp-open"}},
		{"news_for_the_lan", port(119, neighbour, from("nntp", "", "200 news", exposure.Facts{"login_required": false, "posting": true})), afar, nil},
		{"news_for_users", port(119, outside, stranger("nntp", "", exposure.Facts{"login_required": true, "posting": true})), afar, nil},
	}
	for _, told := range []struct {
		protocol, product string
		number            uint16
	}{{"smtp", "Sendmail", 25}, {"smtp", "Microsoft Exchange", 25}, {"imap", "Dovecot", 143}} {
		known := from(told.protocol, told.product, told.product+" 1.2 ready", dark)
		known.Version = text("1.2")
		t = append(t, judged{"version_of_" + told.product, port(told.number, neighbour, known), afar, []string{"info version-disclosed"}})
	}
	tables["mail"] = t
}
