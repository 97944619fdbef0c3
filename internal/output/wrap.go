package output

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"
)

// Characters that must not begin or end a line of Japanese (JIS X 4051), with
// the Latin ones that close what stands before them.
const (
	notAtStart = "、。，．・：；？！」』）】〉》ー々ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ,.:;?!)]}%"
	notAtEnd   = "「『（【〈《([{"
)

// piece is a run that no line may break: a word, one wide character with what
// clings to it, a word of Katakana, or what stands between backquotes.
type piece struct {
	text  string
	width int
	space bool // a space stood before it
}

// wrap breaks a text into lines of at most width columns: between words, and
// between the characters of scripts that need no spaces. What has no place to
// break and is too long is broken all the same, so that it stays in the frame.
func wrap(text string, width int) []string {
	width = max(width, 1) // a line takes a character at least
	var (
		lines []string
		line  strings.Builder
		used  int
	)
	flush := func() {
		lines = append(lines, strings.TrimRight(line.String(), " "))
		line.Reset()
		used = 0
	}
	for _, p := range pieces(text) {
		gap := 0
		if p.space && used > 0 {
			gap = 1
		}
		if used > 0 && used+gap+p.width > width {
			flush()
			gap = 0
		}
		if gap > 0 {
			line.WriteByte(' ')
			used++
		}
		for i, part := range p.parts(width) {
			if i > 0 {
				flush()
			}
			line.WriteString(part)
			used += columns(part)
		}
	}
	if used > 0 || len(lines) == 0 {
		flush()
	}
	return lines
}

// parts breaks a piece that is longer than a whole line, behind a mark inside a
// name (avahi-daemon.|service) where there is one in the second half, and else
// where the line is full.
func (p piece) parts(width int) []string {
	rest, left := p.text, p.width
	var parts []string
	for left > width {
		used, mark, end := 0, 0, 0
		for graphemes := displaywidth.StringGraphemes(rest); graphemes.Next(); {
			w := graphemes.Width()
			if used+w > width && end > 0 {
				break
			}
			used += w
			end += len(graphemes.Value())
			if used > width/2 && oneOf("-._/@:,", graphemes.Value()) {
				mark = end
			}
		}
		if mark > 0 {
			end = mark
		}
		parts = append(parts, rest[:end])
		rest = rest[end:]
		left = columns(rest)
	}
	if rest != "" || len(parts) == 0 {
		parts = append(parts, rest)
	}
	return parts
}

func pieces(text string) []piece {
	var (
		all     []piece
		current piece
		last    string // the grapheme before
		wide    bool   // whether it was wide
		code    bool   // between backquotes
	)
	end := func() {
		if current.text != "" {
			all = append(all, current)
		}
		current = piece{}
	}
	for graphemes := displaywidth.StringGraphemes(text); graphemes.Next(); {
		g, w := graphemes.Value(), graphemes.Width()
		if (g == " " || g == "\n") && !code {
			end()
			current.space = true
			last, wide = "", false
			continue
		}
		if last != "" && (wide || w > 1) && !code && !clings(last, g) {
			end()
		}
		if g == "`" {
			code = !code
		}
		current.text += g
		current.width += w
		last, wide = g, w > 1
	}
	end()
	return all
}

// clings reports whether no line may break between two characters.
func clings(before, after string) bool {
	return oneOf(notAtStart, after) || oneOf(notAtEnd, before) || katakana(before) && katakana(after)
}

func katakana(grapheme string) bool {
	r, _ := utf8.DecodeRuneInString(grapheme)
	return unicode.Is(unicode.Katakana, r) || r == 'ー'
}

func oneOf(set, grapheme string) bool {
	r, _ := utf8.DecodeRuneInString(grapheme)
	return strings.ContainsRune(set, r)
}

// columns is how many columns of a terminal a text takes.
func columns(text string) int { return displaywidth.String(text) }
