package probe

import (
	"bytes"
	"encoding/json"
	"slices"
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

// FuzzTell has every probe that tells something of a matching reply read any
// reply that matches: what it tells must be inert in every output.
func FuzzTell(f *testing.F) {
	telling := slices.DeleteFunc(datagrams(), func(p Probe) bool { return p.Tell == nil })
	for i, p := range telling {
		for _, e := range exchanges(f, p) {
			f.Add(uint8(i), e.reply)
		}
	}
	f.Fuzz(func(t *testing.T, n uint8, reply []byte) {
		p := telling[int(n)%len(telling)]
		hello := p.Hello(testNonce)
		if !p.Match(hello, reply) {
			return
		}
		doc, err := json.Marshal(p.told(hello, reply))
		if err != nil {
			t.Fatal(err)
		}
		inert(t, string(doc))
	})
}
