package output_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/output"
)

// compared is a comparison with a difference of each kind.
func compared() exposure.DiffDocument {
	at := func(kind exposure.DifferenceKind, port uint16, old, now string, added bool) exposure.Difference {
		return exposure.Difference{Kind: kind, Host: "home.example", Transport: exposure.TCP, Port: port, Old: old, New: now, Added: added}
	}
	medium := exposure.Medium
	opened, shut := at(exposure.DiffState, 8080, "", "open", true), at(exposure.DiffState, 23, "open", "filtered", false)
	opened.View, opened.Family, shut.View, shut.Family = exposure.ViewLAN, "ipv4", exposure.ViewOutside, "ipv6"
	found := at(exposure.DiffFinding, 21, "", "medium", true)
	found.Rule, found.Severity = "ftp-cleartext-login", &medium
	judged := at(exposure.DiffVerdict, 21, "pass", "fail", true)
	judged.Zone = exposure.ZoneLAN
	return exposure.DiffDocument{
		Schema: exposure.DiffSchema, Version: "0.1.0", Uncompared: 2,
		Old: exposure.DiffSide{File: "/home/alice/old.json", Made: began}, New: exposure.DiffSide{File: "new.xml", Made: ended, Partial: true},
		Differences: []exposure.Difference{
			{Kind: exposure.DiffHost, Host: "192.168.1.9", New: "192.168.1.9", Added: true},
			opened, shut, found, judged,
			at(exposure.DiffListener, 8080, "", "0.0.0.0 java tomcat", true), at(exposure.DiffService, 25, "smtp Postfix", "smtp Exim", true),
			at(exposure.DiffVersion, 22, "9.2p1", "9.6p1", false), at(exposure.DiffCertificate, 443, "0f0f0f0f0f0f0f0f0f0f", "1e1e1e1e1e1e1e1e1e1e", false),
		},
	}
}

func diffIn(t failing, d exposure.DiffDocument, o output.Options) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := output.Diff(&b, d, o); err != nil {
		t.Fatalf("diff: %v", err)
	}
	return b.Bytes()
}

func TestDiffGolden(t *testing.T) {
	for name, o := range map[string]output.Options{
		"diff-en.txt": {Format: "text", Lang: lang.English, Width: 80}, "diff-ja.txt": {Format: "text", Lang: lang.Japanese, Width: 80},
		"diff.json": {Format: "json"}, "diff.jsonl": {Format: "jsonl"}, "diff-redacted.json": {Format: "json", Redact: true},
	} {
		path := filepath.Join("testdata", "compared", name)
		got := diffIn(t, compared(), o)
		if *update {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want), string(got)); d != "" {
			t.Errorf("%s changed; look at it and run with -update (-want +got):\n%s", name, d)
		}
	}
}

func TestDiffFollowsItsSchema(t *testing.T) {
	schema := compiled(t, "diff")
	for _, redact := range []bool{false, true} {
		valid(t, schema, diffIn(t, compared(), output.Options{Format: "json", Redact: redact}))
		valid(t, schema, diffIn(t, exposure.DiffDocument{Schema: exposure.DiffSchema}, output.Options{Format: "json", Redact: redact}))
	}
	rapid.Check(t, func(t *rapid.T) {
		d := arbitraryDiff(t)
		valid(t, schema, diffIn(t, d, output.Options{Format: "json", Redact: rapid.Bool().Draw(t, "redact")}))
		inertText(t, "text", diffIn(t, d, output.Options{Format: "text", Lang: rapid.SampledFrom([]lang.Tag{lang.English, lang.Japanese}).Draw(t, "lang")}))
	})
}
