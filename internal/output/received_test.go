package output_test

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/output"
	"sekisho/internal/untrusted"
)

// came are messages of every kind.
func came() []exposure.Received {
	at := time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)
	from := netip.MustParseAddrPort("192.168.77.9:40000")
	ahead, behind := int64(3_600_000), int64(-5_000)
	return []exposure.Received{
		{
			Type: "syslog", ReceivedAt: at, From: from, Over: "udp", Bytes: 1024, PerhapsCut: true, ClockMS: &ahead, File: "local0.log",
			Syslog: &exposure.SyslogMessage{
				Format: "rfc3164", Facility: "local0", Severity: "err", SentAt: at.Add(time.Hour), Host: untrusted.Line("alice-pc"),
				App: untrusted.Line("app"), Process: untrusted.Line("7"), Message: untrusted.Line("secret \x1b]0;x\x07"),
			},
		},
		{
			Type: "syslog", ReceivedAt: at, From: from, Over: "tls", Bytes: 65536, Truncated: true, ClockMS: &behind, Mark: untrusted.Line("0123456789ab-01-5"),
			Syslog: &exposure.SyslogMessage{Format: "rfc5424", Facility: "user", Severity: "notice", Data: []untrusted.Text{untrusted.Line("a.b=secret")}},
		},
		{Type: "syslog", ReceivedAt: at, From: from, Over: "tcp", Bytes: 3, Raw: untrusted.Line("secret"), Error: "no priority"},
		{
			Type: "snmptrap", ReceivedAt: at, From: from, Over: "udp", Bytes: 90, Trap: &exposure.TrapMessage{
				Version: "v2c", Trap: "linkDown", OID: "1.3.6.1.6.3.1.1.5.3", Public: true, Inform: true, Acknowledged: true, Uptime: "1h",
				Enterprise: untrusted.Line("Cisco"), Objects: []exposure.TrapObject{{Name: "ifIndex.1", OID: "1.3.6.1.2.1.2.2.1.1.1", Value: untrusted.Line("secret\n")}},
			},
		},
		{
			Type: "snmptrap", ReceivedAt: at, From: from, Over: "udp", Bytes: 90, Trap: &exposure.TrapMessage{
				Version: "v3", User: untrusted.Line("secret"), Engine: "8000000901", Hidden: true,
			},
		},
		{
			Type: "snmptrap", ReceivedAt: at, From: from, Over: "udp", Bytes: 90, Trap: &exposure.TrapMessage{
				Version: "v1", Trap: "coldStart", OID: "1.3.6.1.6.3.1.1.5.1", Agent: netip.MustParseAddr("192.168.77.9"),
			},
		},
	}
}

func receivedIn(t *testing.T, o output.Options) string {
	t.Helper()
	var b bytes.Buffer
	r := output.Received(&b, o)
	for _, m := range came() {
		if err := r.Message(m); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Close(exposure.ReceivedSummary{Received: 6, Marked: 1, Broken: 1, Unwritten: 2, Dropped: 3, Lost: 5, Unshaken: 4, ByKind: map[string]int{"local0.err": 1}}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestReceivedTexts(t *testing.T) {
	hold := func(name, got string) {
		path := filepath.Join("testdata", "received", name)
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want), got); d != "" {
			t.Errorf("%s changed; look at it and run with -update (-want +got):\n%s", name, d)
		}
	}
	for _, tag := range []lang.Tag{lang.English, lang.Japanese} {
		hold(string(tag)+".txt", receivedIn(t, output.Options{Format: "text", Lang: tag}))
	}
	hold("lines.jsonl", receivedIn(t, output.Options{Format: "jsonl"}))
}

func TestReceivedLinesFollowTheirSchema(t *testing.T) {
	schema := compiled(t, "receive")
	for _, redact := range []bool{false, true} {
		lines := strings.Split(strings.TrimSpace(receivedIn(t, output.Options{Format: "jsonl", Redact: redact})), "\n")
		for _, line := range lines[:len(lines)-1] {
			valid(t, schema, []byte(line))
		}
		if !json.Valid([]byte(lines[len(lines)-1])) {
			t.Error("the summary is no JSON")
		}
	}
}

func TestReceivedIsRedacted(t *testing.T) {
	for _, format := range output.ReceiverFormats {
		got := receivedIn(t, output.Options{Format: format, Redact: true})
		for _, secret := range []string{"secret", "192.168.77.9", "alice", "8000000901"} {
			if strings.Contains(got, secret) {
				t.Errorf("%s tells %q:\n%s", format, secret, got)
			}
		}
	}
}
