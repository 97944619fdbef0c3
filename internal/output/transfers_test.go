package output_test

import (
	"net/netip"
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/output"
)

// TestReportHasTheTableOfFTP: the steps of FTP are part of a report in every form
// that people read, and of those that programs read, with addresses masked where
// that is asked for.
func TestReportHasTheTableOfFTP(t *testing.T) {
	r := exposure.Report{
		Schema: exposure.ReportSchema, Version: "0.1.0", StartedAt: began, FinishedAt: ended,
		Vantages: []exposure.Vantage{{ID: "self", Kind: "self", Address: ip("192.168.1.5")}},
		Hosts: []exposure.Host{{Name: "home", Addresses: []netip.Addr{ip("192.168.1.5")}, Ports: []exposure.Port{{
			Transport: exposure.TCP, Port: 2121, Observations: everywhere(2121),
			Transfers: []exposure.Transfer{
				{View: exposure.ViewSelf, Address: ip("192.168.1.5"), Step: "login", Result: exposure.StepOK},
				{View: exposure.ViewOutside, Address: ip("203.0.113.7"), Step: "list", Mode: "pasv", Result: exposure.StepFailed, Why: "ftp-data-silent", Told: "192.168.1.5:50003"},
			},
		}}}},
	}
	for format, words := range map[string][]string{
		"text":     {"2121/tcp: FTP", "this machine (192.168.1.5)", "the Internet side (203.0.113.7)", "told 192.168.1.5:50003"},
		"markdown": {"### 2121/tcp: FTP", "| the Internet side (203.0.113.7) | list | failed"},
		"html":     {"<h3>2121/tcp: FTP", "<td>the Internet side (203.0.113.7)</td><td>list</td><td>failed"},
		"json":     {`"transfers"`, `"told": "192.168.1.5:50003"`},
		"jsonl":    {`"type":"transfer"`, `"port":2121`},
	} {
		for _, redact := range []bool{false, true} {
			var b strings.Builder
			if err := output.Report(&b, r, output.Options{Format: format, Lang: "en", Width: 120, Redact: redact}); err != nil {
				t.Fatal(err)
			}
			if redact {
				if strings.Contains(b.String(), "203.0.113.7") || strings.Contains(b.String(), "192.168.1.5") {
					t.Errorf("%s tells an address:\n%s", format, b.String())
				}
				continue
			}
			for _, word := range words {
				if !strings.Contains(b.String(), word) {
					t.Errorf("%s lacks %q:\n%s", format, word, b.String())
				}
			}
		}
	}
}
