//go:build linux && lab

package output_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sekisho/internal/lang"
	"sekisho/internal/output"
)

// nmapDTD is where Debian's nmap-common has the definition of the form.
const nmapDTD = "/usr/share/nmap/nmap.dtd"

// TestNmapXMLIsWhatNmapDefines holds the documents to nmap's own definition, and
// has nmap's own program compare two of them.
func TestNmapXMLIsWhatNmapDefines(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("xmllint", "--nonet", "--noout", "--dtdvalid", nmapDTD, path).CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		return path
	}
	o := output.Options{Format: "nmap-xml"}
	before := write("before.xml", reportIn(t, household(lang.English), o))
	changed := household(lang.English)
	changed.Hosts[0].Ports = changed.Hosts[0].Ports[1:]
	after := write("after.xml", reportIn(t, changed, o))
	write("scan.xml", scanIn(t, scanned(), o))
	write("nothing.xml", reportIn(t, nothing(lang.English), o))
	write("wholly.xml", reportIn(t, whollyJudged(lang.Japanese), o))

	// ndiff: 0 when two scans are the same, 1 when they differ, 2 for what it
	// cannot read.
	var text, errs bytes.Buffer
	same := exec.Command("ndiff", before, before)
	same.Stderr = &errs
	if out, err := same.Output(); err != nil || len(out) > 0 {
		t.Errorf("ndiff of one document with itself: %v\n%s%s", err, out, &errs)
	}
	differ := exec.Command("ndiff", before, after)
	differ.Stdout, differ.Stderr = &text, &text
	if err := differ.Run(); differ.ProcessState.ExitCode() != 1 {
		t.Errorf("ndiff: %v\n%s", err, &text)
	}
	for _, want := range []string{"-21/tcp", "ftp", "vsftpd 3.0.3", "home.example"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("ndiff does not tell %q:\n%s", want, &text)
		}
	}
}
