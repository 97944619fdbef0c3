package output

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf8"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

func init() {
	register(format{
		name:   "json",
		report: func(w io.Writer, r exposure.Report, _ Options) error { return indented(w, r) },
		scan:   func(w io.Writer, o Options) Scanner { return &jsonScanner{w: w, show: o.Show} },
		local:  func(w io.Writer, d exposure.LocalDocument, _ Options) error { return indented(w, d) },
		test:   func(w io.Writer, d exposure.TestDocument, _ Options) error { return indented(w, d) },
		cause:  func(w io.Writer, d exposure.Diagnosis, _ Options) error { return indented(w, d) },
		book:   func(w io.Writer, d exposure.CatalogueDocument, _ Options) error { return indented(w, d) },
		tried:  func(w io.Writer, d exposure.ConnectDocument, _ Options) error { return indented(w, d) },
	})
}

func indented(w io.Writer, document any) error {
	b, err := json.MarshalIndent(document, "", "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(inert(b), '\n'))
	return err
}

// jsonScanner writes one document observation by observation, so that a large
// scan needs no more memory than a small one.
type jsonScanner struct {
	w     io.Writer
	show  Show
	begun bool
}

// Observe writes the observation if it is one to show.
func (s *jsonScanner) Observe(o exposure.Observation) error {
	if !s.show.shows(o) {
		return nil
	}
	separator := ","
	if !s.begun {
		separator = s.head()
	}
	b, err := json.Marshal(o)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.w, "%s\n    %s", separator, inert(b))
	return err
}

// Close writes the summary and the end of the document.
func (s *jsonScanner) Close(summary exposure.ScanSummary) error {
	before := "\n  "
	if !s.begun {
		before = s.head()
	}
	b, err := json.Marshal(summary)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.w, "%s],\n  \"summary\": %s\n}\n", before, inert(b))
	return err
}

func (s *jsonScanner) head() string {
	s.begun = true
	return fmt.Sprintf("{\n  \"schema\": %q,\n  \"observations\": [", exposure.ScanSchema)
}

// inert escapes in JSON what untrusted.Text would: encoding/json leaves C1
// controls and the controls of reading order as they are, and names of
// processes and hosts are plain strings. Such runes stand inside strings only,
// where \u escapes them (RFC 8259 section 7).
func inert(b []byte) []byte {
	if bytes.IndexFunc(b, func(r rune) bool { return r >= 0x7f }) < 0 {
		return b
	}
	out := make([]byte, 0, len(b))
	for _, r := range string(b) {
		if r < 0x7f {
			out = append(out, byte(r))
			continue
		}
		one := string(r)
		if untrusted.New(one, 0).Terminal() == one {
			out = utf8.AppendRune(out, r)
			continue
		}
		quoted, err := untrusted.New(one, 0).MarshalJSON()
		if err != nil {
			return nil // no rune can fail
		}
		out = append(out, quoted[1:len(quoted)-1]...)
	}
	return out
}
