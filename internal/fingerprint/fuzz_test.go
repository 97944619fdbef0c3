package fingerprint

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"slices"
	"testing"
	"testing/fstest"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

// FuzzLoad reads anything as a file of fingerprints: it is read, or told what
// is wrong with it and where.
func FuzzLoad(f *testing.F) {
	for _, file := range ownFiles {
		f.Add(file.Data)
	}
	f.Add([]byte(`<fingerprints><fingerprint pattern="((a{99}){9}"><param pos="9"/></fingerprint></fingerprints>`))
	f.Add([]byte("<!DOCTYPE a [<!ENTITY b 'c'>]><fingerprints>&b;</fingerprints>"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Load(fstest.MapFS{"x.xml": {Data: b}})
		var bad *Error
		if err != nil && (!errors.As(err, &bad) || bad.File != "x.xml") {
			t.Fatalf("%v does not say where", err)
		}
		if err != nil {
			return
		}
		for kind := range m.databases {
			m.match(kind, string(b))
		}
	})
}

// FuzzDescribe judges anything that a peer may say: what comes out are facts of
// a lawful name, and no pattern that matches is left out by the index.
func FuzzDescribe(f *testing.F) {
	m := own(f)
	f.Add("ssh", "SSH-2.0-LabSSH_1.2 x64")
	f.Add("smtp", "220 first\n220-mail.example second\n")
	f.Add("http", "Apache/2.4 mod_ssl PHP/8")
	f.Add("ssh", "SSH-2.0-\u017fhell \u212a {service.version}")
	name := regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	f.Fuzz(func(t *testing.T, protocol, said string) {
		s := m.Describe(exposure.Service{
			Protocol: protocol, Banner: untrusted.New(said, 0), Confidence: exposure.Likely,
			Facts: exposure.Facts{"server": untrusted.New(said, 0), "version": untrusted.New(said, 0)},
		})
		for fact := range s.Facts {
			if !name.MatchString(fact) {
				t.Errorf("%q is no name of a fact", fact)
			}
		}
		for kind, d := range m.databases {
			may := d.index.candidates(said)
			for i, p := range d.prints {
				if p.lines().MatchString(said) && !slices.Contains(may, uint32(i)) {
					t.Errorf("%s: the index does not lead from %q to %q", kind, said, p.pattern)
				}
			}
		}
	})
}

// FuzzNeeds holds what is known of a pattern to what it really matches.
func FuzzNeeds(f *testing.F) {
	f.Add(`(?i)kiss?[sS]h[a-c](x|yz)*`, "KISSHbyz")
	f.Add(`ab(?:.*foo)|c{2,3}(?:de)?`, "ab foo ccde")
	f.Add(`(?s)^a.b$|\bcd\B`, "a\nb cde")
	f.Fuzz(func(t *testing.T, pattern, said string) {
		p, _, err := newPattern(pattern, "")
		if err != nil {
			return
		}
		for _, re := range []*regexp.Regexp{p.line, p.lines()} {
			if re == p.line && slices.Contains([]byte(said), '\n') {
				continue
			}
			if len(said) <= maxText && re.MatchString(said) && len(newIndex([]*fingerprint{p}).candidates(said)) == 0 {
				t.Errorf("%s matches %q, which has none of %q", re, said, p.needs)
			}
		}
		if _, err := syntax.Parse(pattern, syntax.Perl); err == nil && len(p.needs) > 0 && p.line.MatchString("") {
			t.Errorf("%s matches nothing at all and needs %q", pattern, p.needs)
		}
	})
}
