package probe

import (
	"bytes"
	"testing"

	"sekisho/internal/exposure"
)

func FuzzNTP(f *testing.F) { fuzzProbe(f, "ntp", exposure.UDP) }

// FuzzDNSTransfer reads a zone that a peer hands out.
func FuzzDNSTransfer(f *testing.F) {
	addRecorded(f, "dns")
	f.Fuzz(func(t *testing.T, said []byte) {
		got, _ := dnsTransfer(fixedConn{bytes.NewReader(said)}, dnsVersion.pack(0x1234))
		if got.records > maxDNSRecords+len(said) {
			t.Errorf("%d records out of %d bytes", got.records, len(said))
		}
	})
}

// TestDNSName holds what may be asked for.
func TestDNSName(t *testing.T) {
	for typed, want := range map[string]string{
		"": "", ".": ".", "Home.Example": "home.example.", "home.example.": "home.example.", "例え.jp": "xn--r8jz45g.jp.", "_sip._udp.home.example": "_sip._udp.home.example.",
	} {
		if got, err := dnsName(typed); got != want || err != nil {
			t.Errorf("%q: %q, %v; want %q", typed, got, err, want)
		}
	}
	for _, typed := range []string{"a b", "x..y", "\x1b[2J", "a/b"} {
		if got, err := dnsName(typed); err == nil {
			t.Errorf("%q is taken for a name: %q", typed, got)
		}
	}
}

func FuzzTFTP(f *testing.F) { fuzzProbe(f, "tftp", exposure.UDP) }
func FuzzL2TP(f *testing.F) { fuzzProbe(f, "l2tp", exposure.UDP) }
func FuzzIKE1(f *testing.F) { fuzzProbe(f, "ikev1", exposure.UDP) }
func FuzzIKE2(f *testing.F) { fuzzProbe(f, "ikev2", exposure.UDP) }
