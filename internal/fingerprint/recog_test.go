package fingerprint

import (
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sekisho/internal/exposure"
)

// example is a text that a fingerprint was made for, and what it must tell.
type example struct {
	file, kind, text string
	want             map[string]string
	description      string
}

// recog is the folder of recog's own fingerprints, which lie beside the
// repository where people work on it and are not ours to embed; nil elsewhere.
func recog(t testing.TB) fs.FS {
	t.Helper()
	beside := filepath.Join("..", "..", "..", "shared", "data", "recog")
	if _, err := os.Stat(beside); os.IsNotExist(err) {
		t.Logf("no fingerprints of recog in %s", beside)
		return nil
	}
	return os.DirFS(beside)
}

// examples are all the examples of recog's files.
func examples(t testing.TB, folder fs.FS) []example {
	t.Helper()
	names, err := fs.Glob(folder, "xml/*.xml")
	if err != nil || len(names) == 0 {
		t.Fatalf("no files of fingerprints: %v", err)
	}
	var list []example
	for _, name := range names {
		b, err := fs.ReadFile(folder, name)
		if err != nil {
			t.Fatal(err)
		}
		var f struct {
			Matches string `xml:"matches,attr"`
			Prints  []struct {
				Description string `xml:"description"`
				Examples    []struct {
					Attributes []xml.Attr `xml:",any,attr"`
					Text       string     `xml:",chardata"`
				} `xml:"example"`
			} `xml:"fingerprint"`
		}
		if err := xml.Unmarshal(b, &f); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if f.Matches == "" {
			f.Matches = strings.TrimSuffix(filepath.Base(name), ".xml")
		}
		for _, p := range f.Prints {
			for _, x := range p.Examples {
				e := example{
					file: name, kind: f.Matches, text: x.Text, want: map[string]string{},
					description: strings.Join(strings.Fields(p.Description), " "),
				}
				for _, a := range x.Attributes {
					if a.Name.Local != "_encoding" {
						e.want[a.Name.Local] = a.Value
						continue
					}
					plain, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(x.Text), ""))
					if err != nil || a.Value != "base64" {
						t.Fatalf("%s: example in %s: %v", name, a.Value, err)
					}
					e.text = string(plain)
				}
				list = append(list, e)
			}
		}
	}
	return list
}

// TestEveryExampleOfRecogMatches finds for each example the fingerprint that it
// stands with, before any other, and everything that the example wants told.
func TestEveryExampleOfRecogMatches(t *testing.T) {
	folder := recog(t)
	if folder == nil {
		return
	}
	m, err := Load(folder)
	if err != nil {
		t.Fatal(err)
	}
	all := examples(t, folder)
	if len(all) < 7525 {
		t.Errorf("%d examples, want 7,525", len(all))
	}
	for _, e := range all {
		got, ok := m.match(e.kind, e.text)
		if !ok || got.description != e.description {
			t.Errorf("%s: %q is %q (%v), want %q", e.file, e.text, got.description, ok, e.description)
			continue
		}
		told := map[string]string{}
		for _, p := range got.params {
			told[p.name] = p.value
		}
		for name, want := range e.want {
			if told[name] != want {
				t.Errorf("%s: %q: %s is %q, want %q", e.file, e.text, name, told[name], want)
			}
		}
	}
}

// TestIndexLeavesNothingOut tries every fingerprint on every example, one after
// the other, and finds the same that the index led to.
func TestIndexLeavesNothingOut(t *testing.T) {
	folder := recog(t)
	if folder == nil {
		return
	}
	m, err := Load(folder)
	if err != nil {
		t.Fatal(err)
	}
	for n, e := range examples(t, folder) {
		if n%29 != 0 {
			continue // it is the whole of the work that the index saves
		}
		d := m.databases[e.kind]
		may := map[uint32]bool{}
		for _, i := range d.index.candidates(e.text) {
			may[i] = true
		}
		for i, p := range d.prints {
			if p.lines().MatchString(e.text) && !may[uint32(i)] {
				t.Errorf("%s: %q matches %q, and the index does not lead there: needs %q", e.file, e.text, p.pattern, p.needs)
			}
		}
	}
}

// TestRecogDescribesRealServers has recog's fingerprints tell the CPE names of
// what real servers said in recordings.
func TestRecogDescribesRealServers(t *testing.T) {
	folder := recog(t)
	if folder == nil {
		return
	}
	m, err := Load(folder)
	if err != nil {
		t.Fatal(err)
	}
	for recording, want := range map[string]string{
		"ftp/happy-vsftpd-plain": "cpe:/a:vsftpd_project:vsftpd:3.0.3",
		"http/happy-nginx":       "cpe:/a:f5:nginx:1.22.1",
		"imap/happy-dovecot":     "cpe:/a:dovecot:dovecot:-",
		"smtp/happy-postfix":     "cpe:/a:postfix:postfix:-",
		"snmpv2c/happy":          "cpe:/a:net-snmp:net-snmp:-",
		"ssh/happy-openssh":      "cpe:/a:openbsd:openssh:9.2p1",
	} {
		b, err := os.ReadFile(filepath.Join("..", "probe", "testdata", recording+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		_, document, _ := strings.Cut(string(b), "\n=\n")
		var s exposure.Service
		// No address and no view: a recording is of none.
		document = strings.NewReplacer(` "address": "",`, "", ` "view": "",`, "").Replace(document)
		if err := json.Unmarshal([]byte(document), &s); err != nil {
			t.Fatal(err)
		}
		got := m.Describe(s)
		if cpe := got.Facts.Text("service_cpe23").Raw(); cpe != want || got.Product != s.Product || got.Version != s.Version {
			t.Errorf("%s: %s, product %q %q; want %s", recording, cpe, got.Product, got.Version, want)
		}
	}
}

// BenchmarkMatch judges each example of recog with the database that it is of.
func BenchmarkMatch(b *testing.B) {
	folder := recog(b)
	if folder == nil {
		return
	}
	m, err := Load(folder)
	if err != nil {
		b.Fatal(err)
	}
	all := examples(b, folder)
	for b.Loop() {
		for _, e := range all {
			m.match(e.kind, e.text)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(all)), "ns/banner")
}

// BenchmarkLoad reads all of recog.
func BenchmarkLoad(b *testing.B) {
	folder := recog(b)
	if folder == nil {
		return
	}
	for b.Loop() {
		if _, err := Load(folder); err != nil {
			b.Fatal(err)
		}
	}
}
