package untrusted

import (
	"encoding/json"
	"fmt"
	"html"
	"strings"
	"unicode/utf8"
)

// MarshalJSON writes a JSON string whose bytes are inert wherever the document
// is shown: every rune that Terminal would escape is a \uXXXX escape (RFC 8259
// section 7). A byte that is not UTF-8 becomes U+FFFD.
func (t Text) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, len(t.raw)+2)
	b = append(b, '"')
	for _, r := range t.raw {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '<' || r == '>' || r == '&' || !visible(r):
			b = appendJSONEscape(b, r)
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	if t.cut {
		b = append(b, "…"...)
	}
	return append(b, '"'), nil
}

func appendJSONEscape(b []byte, r rune) []byte {
	if r > 0xffff {
		r -= 0x10000
		return fmt.Appendf(b, `\u%04x\u%04x`, 0xd800+(r>>10), 0xdc00+(r&0x3ff))
	}
	return fmt.Appendf(b, `\u%04x`, r)
}

// UnmarshalJSON reads a JSON string, bounded like New.
func (t *Text) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("untrusted text: %w", err)
	}
	*t = New(s, MaxText)
	return nil
}

// HTML returns the text for element content and quoted attribute values.
func (t Text) HTML() string { return html.EscapeString(t.Terminal()) }

// CSV returns the text for one field. A field that a spreadsheet would take
// for a formula (it begins with = + - @ or a tab) gets a leading apostrophe;
// quoting is the CSV writer's.
func (t Text) CSV() string {
	s := t.Terminal()
	if s != "" && (strings.ContainsRune("=+-@", rune(s[0])) || t.raw != "" && t.raw[0] == '\t') {
		return "'" + s
	}
	return s
}

// Log returns the text quoted, for one field of a log line.
func (t Text) Log() string { return `"` + strings.ReplaceAll(t.Terminal(), `"`, `\"`) + `"` }

// Header returns the text for a header field value: printable ASCII only,
// everything else as a question mark (RFC 9110 section 5.5).
func (t Text) Header() string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, t.raw)
}
