// Package untrusted holds text that came from the network. Such text leaves
// only through the encoder of the sink that it goes to, so that a banner can
// neither move the cursor of a terminal nor start a tag, a formula or a header.
package untrusted

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxText is the most bytes that one Text keeps. A banner is a line or a few;
// what is longer is cut, and the cut is visible.
const MaxText = 4096

// Text is text from outside: any bytes, bounded in length. The zero Text is
// empty. Its String form is the terminal encoding, so that a stray %s is safe.
type Text struct {
	raw string
	cut bool
}

// New takes bytes as they came, keeps at most limit of them (MaxText when
// limit is not positive or larger) and remembers whether it cut.
func New[T ~string | ~[]byte](raw T, limit int) Text {
	if limit <= 0 || limit > MaxText {
		limit = MaxText
	}
	if len(raw) <= limit {
		return Text{raw: string(raw)}
	}
	// A cut in the middle of a rune would make an invalid byte out of good text.
	end := limit
	for end > limit-utf8.UTFMax && end > 0 && !utf8.RuneStart(raw[end]) {
		end--
	}
	return Text{raw: string(raw[:end]), cut: true}
}

// Line is New of raw without the white space and line ends around it.
func Line[T ~string | ~[]byte](raw T) Text {
	return New(strings.Trim(string(raw), " \t\r\n"), MaxText)
}

// Raw is the text as it came, for parsers and matchers only: never for a sink.
func (t Text) Raw() string { return t.raw }

// IsZero reports whether there is no text, for the omitzero of encoding/json.
func (t Text) IsZero() bool { return t.raw == "" && !t.cut }

// Cut reports whether text beyond the limit was dropped.
func (t Text) Cut() bool { return t.cut }

// String is Terminal.
func (t Text) String() string { return t.Terminal() }

// Terminal returns the text on one line with every rune that could act on a
// terminal or turn reading order shown as an escape (\x1b, \u202e, \n).
func (t Text) Terminal() string {
	var b strings.Builder
	b.Grow(len(t.raw) + 3)
	marks := 0
	for i := 0; i < len(t.raw); {
		r, size := utf8.DecodeRuneInString(t.raw[i:])
		if unicode.In(r, unicode.Mn, unicode.Me) {
			marks++
		} else {
			marks = 0
		}
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, t.raw[i])
		case marks > maxMarks || !visible(r):
			b.WriteString(escape(r))
		default:
			b.WriteRune(r)
		}
		i += size
	}
	if t.cut {
		b.WriteRune('…')
	}
	return b.String()
}

// maxMarks bounds the combining marks on one character: scripts need two or
// three, and a hundred paint over the lines above.
const maxMarks = 3

// visible reports whether a rune stands for itself: a graphic character that
// neither turns the direction of text nor hides.
func visible(r rune) bool {
	if r == ' ' {
		return true
	}
	return unicode.IsGraphic(r) && !unicode.In(r, unicode.Zs, unicode.Bidi_Control,
		unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

func escape(r rune) string {
	switch {
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\t':
		return `\t`
	case r < utf8.RuneSelf:
		return fmt.Sprintf(`\x%02x`, r)
	case r > 0xffff:
		return fmt.Sprintf(`\U%08x`, r)
	}
	return fmt.Sprintf(`\u%04x`, r)
}
