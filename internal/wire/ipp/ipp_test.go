package ipp_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"sekisho/internal/wire/ipp"
)

// response is one of two printers, by the book (RFC 8010 appendix A).
const response = "\x02\x00\x00\x00\x00\x00\x00\x07" +
	"\x01\x47\x00\x12attributes-charset\x00\x05utf-8" +
	"\x04\x42\x00\x0cprinter-name\x00\x02lp\x23\x00\x0dprinter-state\x00\x04\x00\x00\x00\x03" +
	"\x44\x00\x0bcompression\x00\x04none\x44\x00\x00\x00\x04gzip" +
	"\x04\x42\x00\x0cprinter-name\x00\x05laser\x22\x00\x11printer-is-shared\x00\x01\x01\x03"

func TestParse(t *testing.T) {
	r, err := ipp.Parse([]byte(response))
	if err != nil || r.Major != 2 || r.Status != 0 || r.ID != 7 {
		t.Fatalf("%+v, %v", r, err)
	}
	want := []ipp.Attributes{
		{"printer-name": {"lp"}, "printer-state": {"3"}, "compression": {"none", "gzip"}},
		{"printer-name": {"laser"}, "printer-is-shared": {"true"}},
	}
	if d := cmp.Diff(want, r.Printers); d != "" {
		t.Error(d)
	}
	if r.Printers[0].First("compression") != "none" || r.Printers[0].First("absent") != "" {
		t.Error("first values")
	}
	for _, bad := range []string{"", "HTTP/1.1 200", "\x02\x00\x00\x00"} {
		if _, err := ipp.Parse([]byte(bad)); err == nil {
			t.Errorf("%q is a response", bad)
		}
	}
	// A value that claims to be longer than all is where it ends.
	if r, err := ipp.Parse([]byte(response[:60] + "\x42\xff\xff")); err != nil || len(r.Printers) != 1 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestRequest(t *testing.T) {
	want := "\x01\x01\x00\x0b\x00\x00\x00\x07\x01" +
		"\x47\x00\x12attributes-charset\x00\x05utf-8\x48\x00\x1battributes-natural-language\x00\x02en" +
		"\x45\x00\x0bprinter-uri\x00\x0eipp://h/ipp/lp" +
		"\x44\x00\x14requested-attributes\x00\x01a\x44\x00\x00\x00\x01b\x03"
	if d := cmp.Diff(want, string(ipp.Request(ipp.GetPrinterAttributes, 7, "ipp://h/ipp/lp", "a", "b"))); d != "" {
		t.Error(d)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(response))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ipp.Parse(b)
		if err != nil && len(r.Printers) > 0 {
			t.Error("printers beside an error")
		}
		values := 0
		for _, p := range r.Printers {
			for _, v := range p {
				values += len(v)
			}
		}
		if 5*values > len(b) {
			t.Errorf("%d values out of %d bytes", values, len(b))
		}
	})
}
