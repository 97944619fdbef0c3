package fingerprint

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"regexp/syntax"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

// ownFiles are fingerprints made for the tests.
var ownFiles = fstest.MapFS{
	"ssh.xml": {Data: []byte(`<?xml version="1.0" encoding="UTF-8"?>
<fingerprints matches="ssh.banner" protocol="ssh" preference="0.9">
  <!-- of the lab -->
  <fingerprint pattern="^LabSSH[_-](\d[\w.]*)(?: (\w+))?$">
    <description>Lab
      SSH</description>
    <example service.version="1.2">LabSSH_1.2</example>
    <param pos="0" name="service.vendor" value="Lab"/>
    <param pos="0" name="service.product" value="LabSSH"/>
    <param pos="1" name="service.version"/>
    <param pos="2" name="os.version"/>
    <param pos="0" name="service.certainty" value="0.5"/>
    <param pos="0" name="service.cpe23" value="cpe:/a:lab:ssh:{service.version}"/>
    <param pos="0" name="os.cpe23" value="cpe:/o:lab:os:{os.version}"/>
    <param pos="0" name="os.product" value="LabOS {os.edition}"/>
  </fingerprint>
  <fingerprint pattern="shell" flags="REG_ICASE"><description>any shell</description><param pos="0" name="service.product" value="Shell"/></fingerprint>
</fingerprints>`)},
	"ssh-mine.xml": {Data: []byte(`<fingerprints matches="ssh.banner" preference="0.95">
  <fingerprint pattern="^LabSSH_9"><description>mine</description><param pos="0" name="service.product" value="Mine"/></fingerprint>
</fingerprints>`)},
	"smtp.xml": {Data: []byte(`<fingerprints matches="smtp.banner">
  <fingerprint pattern="^(\S+) second$"><description>second line</description><param pos="1" name="host.name"/><param pos="0" name="service.product" value="Two"/></fingerprint>
</fingerprints>`)},
	"redis.version.xml": {Data: []byte(`<fingerprints>
  <fingerprint pattern="^(\d+)\."><description>own word</description><param pos="1" name="service.version"/><param pos="0" name="service.product" value="Redis"/></fingerprint>
</fingerprints>`)},
	"subject.xml": {Data: []byte(`<fingerprints matches="x509.subject">
  <fingerprint pattern="CN=(box)"><description>box</description><param pos="1" name="hw.product"/><param pos="0" name="service.product" value="not of a certificate"/></fingerprint>
</fingerprints>`)},
	"apache_modules.xml": {Data: []byte(`<fingerprints>
  <fingerprint pattern="^(mod_\w+|PHP)(?:/(\S+))?$"><description>module</description><param pos="1" name="service.component.product"/><param pos="2" name="service.component.version"/></fingerprint>
</fingerprints>`)},
	"README.md": {Data: []byte("no fingerprints")},
}

func own(t testing.TB) *Matcher {
	t.Helper()
	m, err := Load(ownFiles)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func text(s string) untrusted.Text { return untrusted.New(s, 0) }

func TestDescribe(t *testing.T) {
	m := own(t)
	certificate := &exposure.TLS{Certificate: &exposure.Certificate{Subject: text("CN=box,O=Lab")}}
	for name, c := range map[string]struct{ in, want exposure.Service }{
		"product-and-version": {
			exposure.Service{Protocol: "ssh", Banner: text("SSH-2.0-LabSSH_1.2 x64")},
			exposure.Service{Protocol: "ssh", Banner: text("SSH-2.0-LabSSH_1.2 x64"), Product: text("LabSSH"), Version: text("1.2"), Facts: exposure.Facts{
				"service_vendor": text("Lab"), "service_cpe23": text("cpe:/a:lab:ssh:1.2"), "os_version": text("x64"), "os_cpe23": text("cpe:/o:lab:os:x64"),
			}},
		},
		"version-not-named": {
			exposure.Service{Protocol: "ssh", Banner: text("SSH-2.0-LabSSH-1.2")},
			exposure.Service{Protocol: "ssh", Banner: text("SSH-2.0-LabSSH-1.2"), Product: text("LabSSH"), Version: text("1.2"), Facts: exposure.Facts{
				"service_vendor": text("Lab"), "service_cpe23": text("cpe:/a:lab:ssh:1.2"), "os_cpe23": text("cpe:/o:lab:os:-"),
			}},
		},
		"ours-wins": {
			exposure.Service{Protocol: "ssh", Banner: text("SSH-2.0-a SHELL"), Product: text("ours"), Facts: exposure.Facts{"protocol_version": text("2.0")}},
			exposure.Service{Protocol: "ssh", Banner: text("SSH-2.0-a SHELL"), Product: text("ours"), Facts: exposure.Facts{"protocol_version": text("2.0"), "service_product": text("Shell")}},
		},
		"facts-stay": {
			exposure.Service{Protocol: "ssh", Banner: text("SSH-2.0-LabSSH_1.2"), Product: text("LabSSH"), Facts: exposure.Facts{"service_vendor": text("known")}},
			exposure.Service{Protocol: "ssh", Banner: text("SSH-2.0-LabSSH_1.2"), Product: text("LabSSH"), Facts: exposure.Facts{
				"service_vendor": text("known"), "service_product": text("LabSSH"), "service_version": text("1.2"),
				"service_cpe23": text("cpe:/a:lab:ssh:1.2"), "os_cpe23": text("cpe:/o:lab:os:-"),
			}},
		},
		"preference": {
			exposure.Service{Protocol: "ssh", Banner: text("SSH-2.0-LabSSH_9")},
			exposure.Service{Protocol: "ssh", Banner: text("SSH-2.0-LabSSH_9"), Product: text("Mine")},
		},
		"line-by-line": {
			exposure.Service{Protocol: "smtp", Banner: text("220 first\n220-mail.example second\n")},
			exposure.Service{Protocol: "smtp", Banner: text("220 first\n220-mail.example second\n"), Product: text("Two"), Facts: exposure.Facts{"host_name": text("mail.example")}},
		},
		"own-word": {
			exposure.Service{Protocol: "redis", Facts: exposure.Facts{"version": text("7.0")}},
			exposure.Service{Protocol: "redis", Product: text("Redis"), Version: text("7"), Facts: exposure.Facts{"version": text("7.0")}},
		},
		"certificate": {
			exposure.Service{Protocol: "ssh", Banner: text("SSH-2.0-LabSSH_9"), TLS: certificate},
			exposure.Service{Protocol: "ssh", Banner: text("SSH-2.0-LabSSH_9"), Product: text("Mine"), TLS: certificate, Facts: exposure.Facts{"hw_product": text("box")}},
		},
		"components": {
			exposure.Service{Protocol: "http", Product: text("Apache httpd"), Facts: exposure.Facts{"server": text("Apache/2.4 (Unix) mod_ssl/2.8 PHP")}},
			exposure.Service{Protocol: "http", Product: text("Apache httpd"), Facts: exposure.Facts{
				"server": text("Apache/2.4 (Unix) mod_ssl/2.8 PHP"), "components": []untrusted.Text{text("mod_ssl 2.8"), text("PHP")},
			}},
		},
		"unknown-greeting": {
			exposure.Service{Banner: text("220 mail.example second")},
			exposure.Service{Banner: text("220 mail.example second"), Product: text("Two"), Facts: exposure.Facts{"host_name": text("mail.example")}},
		},
		"braces-of-the-network": {
			exposure.Service{Protocol: "smtp", Banner: text("220 {service.product} second")},
			exposure.Service{Protocol: "smtp", Banner: text("220 {service.product} second"), Product: text("Two"), Facts: exposure.Facts{"host_name": text("{service.product}")}},
		},
		"nothing-known": {exposure.Service{Protocol: "ftp", Banner: text("220 x")}, exposure.Service{Protocol: "ftp", Banner: text("220 x")}},
	} {
		t.Run(name, func(t *testing.T) {
			c.in.Confidence, c.want.Confidence = exposure.Confirmed, exposure.Confirmed
			before, _ := json.Marshal(c.in)
			if diff := cmp.Diff(shown(t, c.want), shown(t, m.Describe(c.in))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if after, _ := json.Marshal(c.in); string(after) != string(before) {
				t.Errorf("the service itself was changed:\n%s\n%s", before, after)
			}
		})
	}
	silent := exposure.Service{Protocol: "ssh", Banner: text("SSH-2.0-LabSSH_9"), Confidence: exposure.Assigned}
	if got := m.Describe(silent); !got.Product.IsZero() {
		t.Errorf("a number alone was given the product %q", got.Product)
	}
	if got := (*Matcher)(nil).Describe(silent); got.Banner != silent.Banner {
		t.Errorf("no fingerprints made %+v", got)
	}
}

func shown(t *testing.T, s exposure.Service) any {
	t.Helper()
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// TestLoadSaysWhatIsWrongAndWhere reads files that are no fingerprints.
func TestLoadSaysWhatIsWrongAndWhere(t *testing.T) {
	const head, tail = "<fingerprints>\n<fingerprint pattern=", "</fingerprint>\n</fingerprints>"
	many := strings.Repeat(`<param pos="0" name="n" value="v"/>`, 1)
	for want, data := range map[string]string{
		`x.xml:1: no fingerprints in it`:                                                                  "",
		`x.xml:2: no fingerprints in it`:                                                                  "<fingerprints>\n</fingerprints>",
		`x.xml:1: <html> is none of a file of fingerprints`:                                               "<html></html>",
		`x.xml:2: a fingerprint has no pattern, or one of more than 4096 bytes`:                           "<fingerprints>\n<fingerprint>" + tail,
		"x.xml:2: error parsing regexp: missing closing ): `a(`":                                          head + `"a(">` + tail,
		"x.xml:2: error parsing regexp: invalid or unsupported Perl syntax: `(?=`":                        head + `"(?=a)">` + tail,
		`x.xml:2: flag "REG_NEW" is none of REG_ICASE, REG_DOT_NEWLINE, REG_MULTILINE, REG_LINE_ANY_CRLF`: head + `"a" flags="REG_ICASE,REG_NEW">` + tail,
		`x.xml:2: pattern "(?:a|bc|d.|a|bc|d.|a|bc|d.|a|bc|d.){1000}" repeats too much`:                   head + `"(?:a|bc|d.|a|bc|d.|a|bc|d.|a|bc|d.){1000}">` + tail,
		`x.xml:3: pos "one" of a param is no number of a group`:                                           head + "\"a\">\n" + `<param pos="one" name="n"/>` + tail,
		`x.xml:2: param n is group 2 of a pattern with 1`:                                                 head + "\"(a)\">\n\n" + `<param pos="2" name="n"/>` + tail,
		`x.xml:2: a param has no name, or more than 1024 bytes`:                                           head + `"a"><param pos="0"/>` + tail,
		`x.xml:2: more than 64 params`:                                                                    head + `"a">` + params(65) + tail,
		`x.xml:1: preference "high" is no number from 0 to 1`:                                             `<fingerprints preference="high">` + many + tail,
		`x.xml:1: preference "NaN" is no number from 0 to 1`:                                              `<fingerprints preference="NaN">` + many + tail,
		`x.xml:3: element <fingerprint> closed by </fingerprints>`:                                        head + "\"a\">\n</fingerprints>",
		`x.xml:2: unexpected EOF`:                                                                         head + `"a">`,
	} {
		_, err := Load(fstest.MapFS{"x.xml": {Data: []byte(data)}})
		var bad *Error
		if !errors.As(err, &bad) || err.Error() != want {
			t.Errorf("%.60q: %v, want %s", data, err, want)
		}
	}
	if _, err := Load(fstest.MapFS{"README": {}}); !errors.Is(err, ErrNone) {
		t.Errorf("an empty folder: %v", err)
	}
	large := fstest.MapFS{"x.xml": {Data: make([]byte, maxFile+1)}}
	if _, err := Load(large); err == nil || err.Error() != "x.xml: larger than 8 MiB" {
		t.Errorf("a large file: %v", err)
	}
	crowd := fstest.MapFS{}
	for i := range maxFiles + 1 {
		crowd[fmt.Sprintf("%d.xml", i)] = &fstest.MapFile{}
	}
	if _, err := Load(crowd); err == nil || err.Error() != "1001 files of fingerprints: at most 1000 are read" {
		t.Errorf("many files: %v", err)
	}
	if _, err := Load(fstest.MapFS{"x.xml": {Mode: fs.ModeDir}}); err == nil {
		t.Error("a folder was read as a file")
	}
}

func params(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `<param pos="0" name="n%d" value="v"/>`, i)
	}
	return b.String()
}

// TestNeeds shows what patterns are known to need.
func TestNeeds(t *testing.T) {
	for pattern, want := range map[string][]need{
		`^OpenSSH_(\d)`:         {{"openssh_"}},
		`abc.*def`:              {{"abc"}, {"def"}},
		`(?:abc|de.*f|ghi)`:     {{"abc", "de", "ghi"}},
		`(?:abc|d)`:             nil,
		`(?i)[kK]elvin`:         {{"kelvin"}},
		`gr[ae]y`:               {{"gray", "grey"}},
		`ab(?:.*foo)`:           {{"ab"}, {"foo"}},
		`ab(?:cd)?ef`:           {{"abcdef", "abef"}},
		`(?:abc)*`:              nil,
		`(?:abc)+x`:             {{"abc"}},
		`Värten ok`:             {},
		`[^a]bcd`:               {{"bcd"}},
		strings.Repeat("a", 50): {{strings.Repeat("a", maxNeed)}},
		``:                      nil,
	} {
		p, err := needsOf(pattern)
		if err != nil {
			t.Fatal(err)
		}
		if len(p) != len(want) || len(want) > 0 && !cmp.Equal(p, want) {
			t.Errorf("%s needs %q, want %q", pattern, p, want)
		}
	}
}

func needsOf(pattern string) ([]need, error) {
	re, err := syntax.Parse("(?m:"+pattern+")", syntax.Perl)
	if err != nil {
		return nil, err
	}
	return needed(re), nil
}
