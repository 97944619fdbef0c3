package rules

import (
	"slices"
	"strings"
	"testing"

	"sekisho/internal/exposure"
)

func TestDecided(t *testing.T) {
	yes, is := true, exposure.Confirmed
	with := func(s exposure.Service) exposure.Port { return exposure.Port{Services: []exposure.Service{s}} }
	for _, c := range []struct {
		name, rule string
		port       exposure.Port
		want       bool
	}{
		{"nothing_answered", "version-disclosed", exposure.Port{}, false},
		{"number_only", "version-disclosed", with(exposure.Service{Confidence: exposure.Assigned}), false},
		{"confirmed", "version-disclosed", with(exposure.Service{Confidence: is}), true},
		{"broken", "version-disclosed", with(exposure.Service{Confidence: is, Error: "timeout"}), false},
		{"relay_untested", "smtp-open-relay", with(exposure.Service{Confidence: is, View: exposure.ViewOutside}), false},
		{"relay_inside", "smtp-open-relay", with(exposure.Service{Confidence: is, View: exposure.ViewLAN, Facts: exposure.Facts{"relay_tested": 16}}), false},
		{"relay_tested", "smtp-open-relay", with(exposure.Service{Confidence: is, View: exposure.ViewOutside, Facts: exposure.Facts{"relay_tested": 16}}), true},
		{"ftp_data", "ftp-passive-blocked", with(exposure.Service{Confidence: is}), false},
		{"ciphers_untried", "tls-weak-cipher", with(exposure.Service{Confidence: is, TLS: &exposure.TLS{}}), false},
		{"no_name", "certificate-name-mismatch", with(exposure.Service{Confidence: is, TLS: &exposure.TLS{Certificate: &exposure.Certificate{}}}), false},
		{"name", "certificate-name-mismatch", with(exposure.Service{Confidence: is, TLS: &exposure.TLS{Certificate: &exposure.Certificate{NameMatches: &yes}}}), true},
		{"no_certificate", "certificate-expired", with(exposure.Service{Confidence: is, TLS: &exposure.TLS{}}), false},
		{"cleartext", "tls-old-version", with(exposure.Service{Confidence: is}), true},
	} {
		if got := Decided(c.rule, c.port); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// TestNeededNamesRules: a rule that is renamed must not lose what it needs.
func TestNeededNamesRules(t *testing.T) {
	names := Names()
	for rule := range needed {
		if !slices.Contains(names, rule) {
			t.Errorf("there is no rule %q", rule)
		}
	}
	for _, prefix := range transfers {
		if !slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, prefix) }) {
			t.Errorf("no rule begins with %q", prefix)
		}
	}
}
