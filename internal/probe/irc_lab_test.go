//go:build linux && lab

package probe_test

import (
	"net/netip"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
	"sekisho/internal/probe"
)

// TestIRC meets two servers, each open, with a password, and inside TLS.
func TestIRC(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	h.StartNgircd(t, lab.IRC{TLS: true})
	h.StartNgircd(t, lab.IRC{Port: 6668, Password: "secret"})
	h.StartInspIRCd(t, lab.IRC{Port: 9001})
	h.StartInspIRCd(t, lab.IRC{Port: 6669, Password: "secret"})
	open, locked := exposure.Facts{"password_required": false}, exposure.Facts{"password_required": true}
	// Both let newcomers wait: ngIRCd for a second, InspIRCd for two when it refuses.
	svc := identify(t, l.LAN, h.V4, exposure.TCP, 6667, found{protocol: "irc", product: "ngIRCd", version: "26", facts: open})
	told(t, svc, map[string]string{"network": "LabNet", "hostname": "irc.home.example"})
	identify(t, l.LAN, h.V6, exposure.TCP, 9001, found{protocol: "irc", product: "InspIRCd", version: "3", facts: open})
	identify(t, l.LAN, h.V6, exposure.TCP, 6668, found{protocol: "irc", facts: locked})
	holdStoreSteps(t, l.LAN, h.V4, "irc", at(6697, probe.TestOptions{}), "tls-handshake ok", "irc-register ok", "irc-network ok")
	holdStoreSteps(t, l.LAN, h.V4, "irc", at(6668, probe.TestOptions{}), "irc-register refused", "irc-login skipped", "irc-tls refused")
	holdStoreSteps(t, l.LAN, h.V4, "irc", at(6668, as("somebody", "wrong")), "irc-register refused", "irc-login refused", "irc-tls refused")
	h.StartZNC(t, 6665)
	identify(t, l.LAN, h.V6, exposure.TCP, 6665, found{protocol: "irc", product: "ZNC", facts: locked})
	holdStoreSteps(t, l.LAN, h.V4, "irc", at(6665, as("app", "secret")), "irc-register refused", "irc-login ok", "irc-network ok", "irc-tls refused")
	holdStoreSteps(t, l.LAN, h.V4, "irc", at(6669, as("somebody", "secret")), "irc-register refused", "irc-login ok", "irc-network ok", "irc-tls refused")
}

// TestIRCRecordedAgain records both again.
func TestIRCRecordedAgain(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	at := func(port uint16) netip.AddrPort { return netip.AddrPortFrom(h.V4, port) }
	h.StartNgircd(t, lab.IRC{})
	recordAgain(t, l.LAN, at(6667), "irc/happy-ngircd", "ngIRCd", "ngircd")
	h.StartNgircd(t, lab.IRC{Port: 6668, Password: "secret"})
	recordAgain(t, l.LAN, at(6668), "irc/happy-ngircd-password", "ngIRCd", "ngircd")
	h.StartInspIRCd(t, lab.IRC{Port: 6669, TLS: true})
	recordAgain(t, l.LAN, at(6669), "irc/happy-inspircd", "InspIRCd", "inspircd")
	h.StartInspIRCd(t, lab.IRC{Port: 6666, Password: "secret"})
	recordAgain(t, l.LAN, at(6666), "irc/happy-inspircd-password", "InspIRCd", "inspircd")
}
