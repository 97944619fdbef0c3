package rules

import (
	"slices"
	"strings"

	"sekisho/internal/exposure"
)

// Names are the ids of all rules, in the order of the alphabet.
func Names() []string {
	names := make([]string, len(rules))
	for i, r := range rules {
		names[i] = r.id
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// needed are the facts of which a service must have told one before it can be
// said that the finding of a rule is absent. A rule that is not here needs a
// service that answered in its protocol.
var needed = map[string][]string{
	"dns-open-resolver":         {"recursion"},
	"dns-zone-transfer":         {"zone_transfer"},
	"dns-no-tcp":                {"tcp"},
	"ftp-anonymous":             {"anonymous"},
	"ftp-anonymous-write":       {"anonymous_write"},
	"ike-weak-algorithms":       {"weak"},
	"ike-aggressive-mode":       {"aggressive"},
	"imap-preauth":              {"preauth"},
	"ldap-anonymous-read":       {"anonymous_read"},
	"nfs-exported-to-everybody": {"exported_to_everybody"},
	"nntp-open":                 {"login_required", "posting"},
	"ntp-unsynchronised":        {"synchronised"},
	"open-proxy":                {"proxy_serves"},
	"rdp-without-nla":           {"nla_required"},
	"rdp-own-encryption":        {"rdp_security", "security_protocols"},
	"rsync-open-module":         {"modules"},
	"service-without-password":  {"password_required", "login_required"},
	"smb-signing-not-required":  {"signing_required"},
	"smb-version-1":             {"dialect", "dialects"},
	"smtp-mx-elsewhere":         {"mx_leads_here"},
	"smtp-name-mismatch":        {"ptr_agrees", "banner_agrees"},
	"smtp-no-starttls":          {"starttls"},
	"smtp-open-relay":           {"relay_tested"},
	"snmp-default-community":    {"community_public"},
	"ssh-no-authentication":     {"auth_methods"},
	"ssh-password-login":        {"auth_methods"},
	"ssh-weak-algorithms":       {"kex_algorithms", "weak_algorithms"},
	"ssh-weak-host-key":         {"host_keys"},
	"starttls-broken":           {"starttls_works"},
	"submission-without-login":  {"login_required"},
	"vnc-without-password":      {"no_password", "security_types"},
	"vnc-cleartext":             {"cleartext", "security_types"},
	"winrm-basic":               {"basic"},
}

// transfers are the rules of FTP that only a test which moves data can judge.
var transfers = []string{"ftp-active-", "ftp-passive-", "ftp-port-20", "ftp-data-", "ftp-nat-", "ftp-control-only", "ftp-tls-required", "ftp-test-file"}

// Decided reports whether what was seen of a port is enough to say that the
// finding of a rule, which Judge did not make, is absent: what nobody looked for
// is not absent.
func Decided(rule string, p exposure.Port) bool {
	services := subject{Port: p}.spoken()
	if len(services) == 0 || slices.ContainsFunc(transfers, func(prefix string) bool { return strings.HasPrefix(rule, prefix) }) {
		return false
	}
	return !slices.ContainsFunc(services, func(s exposure.Service) bool { return !decided(rule, s) })
}

func decided(rule string, s exposure.Service) bool {
	if facts, known := needed[rule]; known {
		if rule == "smtp-open-relay" && s.View != exposure.ViewOutside {
			return false // servers trust their own networks
		}
		return slices.ContainsFunc(facts, func(fact string) bool { return s.Facts[fact] != nil })
	}
	if s.Confidence < exposure.Confirmed || s.Error != "" {
		return false
	}
	encrypted := s.TLS != nil
	switch {
	case rule == "tls-weak-cipher" || rule == "tls-weak-dh":
		return !encrypted || len(s.TLS.Ciphers) > 0
	case rule == "certificate-name-mismatch":
		return !encrypted || s.TLS.Certificate != nil && s.TLS.Certificate.NameMatches != nil
	case strings.HasPrefix(rule, "certificate-"):
		return !encrypted || s.TLS.Certificate != nil
	case rule == "tls-old-version":
		return !encrypted || len(s.TLS.Versions) > 0
	}
	return true
}
