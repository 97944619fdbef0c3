package output_test

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/output"
)

// secrets are what stands in the fields of secretive that identify somebody.
var secrets = []string{
	"quokka", "198.18.7.7", "fd12:3456::7", "fe80::7", "marsupial", "wallaby", "bandicoot", "numbat", "potoroo", "bilby", "dunnart",
	"a1b2c3d4e5f6", "0123456789abcdef", "kowari",
}

// secretive is a report in which everything that can identify does.
func secretive(tag lang.Tag) exposure.Report {
	at := func(address string, view exposure.View) exposure.Observation {
		o := seen(address, view, exposure.TCP, 21, exposure.Open, exposure.SynAck)
		o.Host, o.By, o.Vantage, o.Detail = "quokka.example", "198.18.7.7", "numbat", "198.18.7.7 said so, and [fd12:3456::7]:21 and fe80::7%eth0."
		return o
	}
	ftp := answers("ftp", "vsftpd on quokka.example", "3.0", `220 "wallaby" (potoroo)`, exposure.Facts{
		"hostname": net("quokka.example"), "title": net("bilby"), "redirect": net("https://dunnart.example/"), "host_keys": nets("SHA256:kowari"),
		"anonymous": true, "auth_tls": true, "features": nets("UTF8"), "status": 200,
	})
	ftp.Address = ip("198.18.7.7")
	ftp.Error = `read "wallaby" from 198.18.7.7:21: quokka.example closed`
	ftp.TLS = &exposure.TLS{
		Versions: []string{"TLS 1.0"}, StartTLS: true, Chain: nets("CN=bandicoot"),
		Certificate: &exposure.Certificate{
			Subject: net("CN=bandicoot"), Issuer: net("CN=bandicoot"), Names: nets("bandicoot.example"), NotBefore: began, NotAfter: began,
			SelfSigned: true, KeyType: "RSA", KeyBits: 1024, SHA256: strings.Repeat("0123456789abcdef", 4), NameMatches: new(false),
		},
	}
	return judged(exposure.Report{
		Vantages: []exposure.Vantage{{ID: "numbat", Kind: "agent", Address: ip("fd12:3456::7")}},
		Hosts: []exposure.Host{{
			Name: "quokka.example", Addresses: []netip.Addr{ip("127.0.0.1"), ip("198.18.7.7"), ip("fd12:3456::7")},
			Router: &exposure.Router{
				Gateway: ip("198.18.7.7"), Product: net("bilby router"), Page: "http://198.18.7.7/", Sources: []exposure.RouterSource{exposure.RouterUPnP},
				WAN: ip("198.18.7.7"), WANKind: exposure.WANSpecial, Own: []netip.Addr{ip("fd12:3456::7")}, DMZ: ip("198.18.7.7"),
				Forwards: []exposure.RouterForward{{Transport: exposure.TCP, Outer: 21, To: netip.MustParseAddrPort("198.18.7.7:21"), Remote: ip("198.18.7.7"), Description: net("wallaby"), Source: exposure.RouterUPnP}},
				Asked:    []exposure.RouterQuestion{{Source: exposure.RouterPCP, Result: exposure.RouterFailed, Why: net("numbat at 198.18.7.7")}},
			},
			Ports: []exposure.Port{{
				Transport: exposure.TCP, Port: 21, Observations: []exposure.Observation{at("198.18.7.7", exposure.ViewSelf), at("fd12:3456::7", exposure.ViewSelf)},
				Services: []exposure.Service{ftp},
				Listeners: []exposure.Listener{{
					Address: ip("198.18.7.7"), Process: "vsftpd", PID: 9, User: "marsupial", Unit: "vsftpd@marsupial.service",
					Container: "docker a1b2c3d4e5f6", Command: "vsftpd --for marsupial",
				}},
				Verdicts: []exposure.Verdict{{
					Zone: exposure.ZoneLAN, Expectation: "closed", Verdict: "fail",
					Cause: &exposure.Cause{ID: "ok", Certainty: "proven", Evidence: []string{"marsupial owns it"}, Remedy: []string{"ask marsupial"}},
				}},
			}},
		}},
		Scan:   &exposure.ScanSummary{Method: "syn from 198.18.7.7", Notes: []string{"quokka.example is slow"}},
		Unseen: []string{"the sockets of marsupial"},
	}, tag, true)
}

func TestRedactHides(t *testing.T) {
	for _, tag := range []lang.Tag{lang.English, lang.Japanese} {
		r := secretive(tag)
		before := string(reportIn(t, r, output.Options{Format: "json"}))
		for _, format := range output.Formats() {
			document := string(reportIn(t, r, output.Options{Format: format, Redact: true, Show: output.ShowAll, Width: 120, Lang: tag}))
			for _, secret := range secrets {
				if !strings.Contains(before, secret) {
					t.Errorf("%s is not in the report to begin with", secret)
				}
				if strings.Contains(document, secret) {
					t.Errorf("%s %s still tells %s:\n%s", tag, format, secret, document)
				}
			}
			for _, kept := range []string{"ftp", "21", "ftp-anonymous", "vsftpd"} {
				if !strings.Contains(document, kept) {
					t.Errorf("%s %s lost %s", tag, format, kept)
				}
			}
		}
		if after := string(reportIn(t, r, output.Options{Format: "json"})); after != before {
			t.Errorf("masking changed the report itself:\n%s", cmp.Diff(before, after))
		}
	}
	d := exposure.LocalDocument{
		Host:       "quokka",
		Interfaces: []exposure.Interface{{Name: "eth0", Prefixes: prefixes("198.18.7.7/24", "fe80::7/64")}},
		Listeners:  []exposure.LocalListener{{Transport: exposure.TCP, Port: 22, Listener: exposure.Listener{Address: ip("fd12:3456::7"), User: "marsupial"}}},
		Unseen:     []string{"what marsupial does at 198.18.7.7"},
	}
	for _, format := range output.Formats() {
		document := string(localIn(t, d, output.Options{Format: format, Redact: true}))
		for _, secret := range secrets {
			if strings.Contains(document, secret) {
				t.Errorf("local %s still tells %s", format, secret)
			}
		}
	}
}

// TestRedactIsConsistent: one address, one mask, and different ones for
// different addresses, so that a reader can follow; loopback and wildcard stay.
func TestRedactIsConsistent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		observations := rapid.SliceOfN(rapid.Custom(arbitrary[exposure.Observation]), 0, 20).Draw(t, "scan")
		var document exposure.ScanDocument
		if err := json.Unmarshal(scanIn(t, observations, output.Options{Format: "json", Show: output.ShowAll, Redact: true}), &document); err != nil {
			t.Fatal(err)
		}
		if len(document.Observations) != len(observations) {
			t.Fatalf("%d observations of %d", len(document.Observations), len(observations))
		}
		masks, origins := map[netip.Addr]netip.Addr{}, map[netip.Addr]netip.Addr{}
		for i, o := range observations {
			got := document.Observations[i]
			if got.Port != o.Port || got.State != o.State || got.Reason != o.Reason || got.View != o.View {
				t.Fatalf("more than names changed: %+v became %+v", o, got)
			}
			if a := o.Address.Unmap(); a.IsLoopback() || a.IsUnspecified() {
				if got.Address != o.Address {
					t.Fatalf("%v became %v", o.Address, got.Address)
				}
				continue
			}
			key := o.Address.Unmap().WithZone("")
			if got.Address.Unmap() == key && !strings.HasPrefix(key.String(), "2001:db8") && !strings.HasPrefix(key.String(), "192.0.2.") {
				t.Fatalf("%v stayed", o.Address)
			}
			if known, ok := masks[key]; ok && known != got.Address {
				t.Fatalf("%v became %v and %v", key, known, got.Address)
			}
			if origin, ok := origins[got.Address]; ok && origin != key {
				t.Fatalf("%v and %v both became %v", origin, key, got.Address)
			}
			masks[key], origins[got.Address] = got.Address, key
		}
	})
}

// TestRedactLargeNetwork: more hosts than there are addresses for documentation.
func TestRedactLargeNetwork(t *testing.T) {
	seenMasks := map[netip.Addr]bool{}
	var observations []exposure.Observation
	a := ip("10.0.0.0")
	for range 140_000 {
		observations = append(observations, exposure.Observation{Address: a, Transport: exposure.TCP, Port: 80, State: exposure.Open})
		a = a.Next()
	}
	var document exposure.ScanDocument
	if err := json.Unmarshal(scanIn(t, observations, output.Options{Format: "json", Redact: true}), &document); err != nil {
		t.Fatal(err)
	}
	for _, o := range document.Observations {
		if seenMasks[o.Address] || o.Address.IsPrivate() {
			t.Fatalf("%v masks two addresses, or is a real one", o.Address)
		}
		seenMasks[o.Address] = true
	}
	if len(seenMasks) != len(observations) {
		t.Errorf("%d masks for %d addresses", len(seenMasks), len(observations))
	}
}
