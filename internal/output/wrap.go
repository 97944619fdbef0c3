package output

import (
	"strings"
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"
)

// Characters that must not begin or end a line of Japanese (JIS X 4051), with
// the Latin ones that close what stands before them.
const (
	notAtStart = "、。，．・：；？！」』）】〉》ー々ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ,.:;?!)]}%"
	notAtEnd   = "「『（【〈《([{"
)

// piece is a run that no line may break: a word, or one wide character with
// what clings to it.
type piece struct {
	text  string
	width int
	space bool // a space stood before it
}

// wrap breaks a text into lines of at most width columns: between words, and
// between the characters of scripts that need no spaces. What has no place to
// break and is too long is broken anywhere, so that it stays in the frame.
func wrap(text string, width int) []string {
	var (
		lines []string
		line  strings.Builder
		used  int
	)
	flush := func() {
		lines = append(lines, line.String())
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
		for graphemes := displaywidth.StringGraphemes(p.text); graphemes.Next(); {
			if used > 0 && used+graphemes.Width() > width {
				flush()
			}
			line.WriteString(graphemes.Value())
			used += graphemes.Width()
		}
	}
	if used > 0 || len(lines) == 0 {
		flush()
	}
	return lines
}

func pieces(text string) []piece {
	var (
		all     []piece
		current piece
		last    string // the grapheme before
		wide    bool   // whether it was wide
	)
	end := func() {
		if current.text != "" {
			all = append(all, current)
		}
		current = piece{}
	}
	for graphemes := displaywidth.StringGraphemes(text); graphemes.Next(); {
		g, w := graphemes.Value(), graphemes.Width()
		if g == " " || g == "\n" {
			end()
			current.space = true
			last, wide = "", false
			continue
		}
		if last != "" && (wide || w > 1) && !oneOf(notAtStart, g) && !oneOf(notAtEnd, last) {
			end()
		}
		current.text += g
		current.width += w
		last, wide = g, w > 1
	}
	end()
	return all
}

func oneOf(set, grapheme string) bool {
	r, _ := utf8.DecodeRuneInString(grapheme)
	return strings.ContainsRune(set, r)
}

// columns is how many columns of a terminal a text takes.
func columns(text string) int { return displaywidth.String(text) }
