package portspec

import (
	"fmt"
	"strings"
	"unicode"
)

// Error says what is wrong with a list of ports and where.
type Error struct {
	Kind       Kind
	Text       string // the whole list as it was written
	Offset     int    // how many characters stand before the one that is wrong
	Item       string // the piece of Text that is wrong, empty where something is missing
	Suggestion string // what was probably meant, empty when nothing is close
}

// Kind is what is wrong.
type Kind uint8

// The kinds.
const (
	Missing       Kind = iota // nothing where a port should stand
	Misplaced                 // a character that has no place in a port
	FullWidth                 // characters of an East Asian input method
	TooLarge                  // a number above 65535
	Negative                  // a number with a minus sign
	Reversed                  // a range whose end is before its beginning
	UnknownName               // a name that no service has
	UnknownSet                // an @ that is no set
	UnknownPrefix             // a prefix other than t: and u:
	NotTCP                    // a service that has no TCP port
	NotUDP                    // a service that has no UDP port
)

// messages hold the sentence of each kind; %[1]s is the item.
var messages = [...]Text{
	Missing:       {`a port is missing here: write a number, a range, a name or an @set`, `ここにポートの指定がありません。番号、範囲、サービス名、@集合名のどれかを書いてください`},
	Misplaced:     {`"%[1]s" has no place here`, `「%[1]s」はここには書けません`},
	FullWidth:     {`"%[1]s" is a full-width character: write ports in half-width ones`, `「%[1]s」は全角文字です。半角で書いてください`},
	TooLarge:      {`%[1]s is too large: the last port is 65535`, `%[1]s は大きすぎます。ポート番号は 65535 までです`},
	Negative:      {`a port number has no minus sign`, `ポート番号にマイナスは付きません`},
	Reversed:      {`the range %[1]s ends before it begins`, `範囲 %[1]s は始めと終わりが逆です`},
	UnknownName:   {`no service is called "%[1]s"`, `「%[1]s」という名前のサービスはありません`},
	UnknownSet:    {`there is no set %[1]s: the sets are @common @service @grid @trojan @all`, `%[1]s という集合はありません。使えるのは @common @service @grid @trojan @all です`},
	UnknownPrefix: {`"%[1]s" is no prefix: t: stands for TCP, u: for UDP`, `「%[1]s」という接頭辞はありません。TCP は t:、UDP は u: です`},
	NotTCP:        {`%[1]s has no TCP port`, `%[1]s は TCP のポートを使いません`},
	NotUDP:        {`%[1]s has no UDP port`, `%[1]s は UDP のポートを使いません`},
}

var (
	meant = Text{". Did you mean %s?", "。もしかして「%s」ですか"}
	place = Text{"port list, character %d: %s", "ポートの指定、%d 文字目: %s"}
)

// in picks the language.
func (t Text) in(ja bool) string {
	if ja {
		return t.JA
	}
	return t.EN
}

// Error says it in one line of English, with the place as a number.
func (e *Error) Error() string { return e.Line(false) }

// Line says it in one line of English or Japanese, for where there is no room
// to point.
func (e *Error) Line(ja bool) string {
	return fmt.Sprintf(place.in(ja), e.Offset+1, e.Sentence(ja))
}

// Caret says it for a terminal: the list, and under it a mark below the
// character that is wrong, followed by the sentence in English or Japanese.
// Of a long list only the surroundings are shown.
func (e *Error) Caret(ja bool) string {
	const before, after = 30, 20 // columns
	runes := []rune(e.Text)
	from, column := e.Offset, 0
	for from > 0 && column < before {
		from--
		column += columns(runes[from])
	}
	to, rest := e.Offset, 0
	for to < len(runes) && rest < after {
		rest += columns(runes[to])
		to++
	}
	text := shown(runes[from:to])
	if from > 0 {
		text, column = "..."+text, column+3
	}
	if to < len(runes) {
		text += "..."
	}
	return text + "\n" + strings.Repeat(" ", column) + "^ " + e.Sentence(ja)
}

// Sentence is what is wrong and what was probably meant, without the place, in
// English or Japanese.
func (e *Error) Sentence(ja bool) string {
	s := messages[e.Kind].in(ja)
	if strings.Contains(s, "%") {
		s = fmt.Sprintf(s, clip(e.Item))
	}
	if e.Suggestion != "" {
		s += fmt.Sprintf(meant.in(ja), clip(e.Suggestion))
	}
	return s
}

// clip is the beginning of a text, fit for a terminal.
func clip(text string) string {
	const most = 40
	runes := []rune(text)
	if len(runes) > most {
		return shown(runes[:most]) + "..."
	}
	return shown(runes)
}

// shown is the text as it may go to a terminal: what is invisible there, moves
// the cursor or turns the direction is a question mark. A list of ports often
// comes from a file or another program.
func shown(runes []rune) string {
	var b strings.Builder
	for _, r := range runes {
		switch {
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case !unicode.IsPrint(r) || unicode.Is(unicode.M, r) || r == unicode.ReplacementChar:
			b.WriteByte('?')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// columns is how many columns of a terminal the rune takes once it is shown.
func columns(r rune) int {
	if unicode.Is(wide, r) && unicode.IsPrint(r) && !unicode.Is(unicode.M, r) {
		return 2
	}
	return 1
}

// wide is what terminals draw two columns wide: the blocks of Unicode's
// EastAsianWidth.txt that are W or F as a whole (UAX #11), which is all that is
// typed by mistake into a list of ports.
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x1100, 0x115f, 1}, // Hangul Jamo
		{0x2e80, 0x303e, 1}, // CJK radicals and punctuation
		{0x3041, 0x4dbf, 1}, // kana, Bopomofo, CJK extension A
		{0x4e00, 0xa4cf, 1}, // CJK, Yi
		{0xa960, 0xa97c, 1}, // Hangul Jamo extended A
		{0xac00, 0xd7a3, 1}, // Hangul
		{0xf900, 0xfaff, 1}, // CJK compatibility
		{0xfe30, 0xfe6f, 1}, // CJK compatibility forms
		{0xff01, 0xff60, 1}, // full-width forms
		{0xffe0, 0xffe6, 1}, // full-width signs
	},
	R32: []unicode.Range32{
		{0x1f300, 0x1f64f, 1}, // pictographs
		{0x1f680, 0x1f6fc, 1}, // transport and map signs
		{0x1f900, 0x1f9ff, 1}, // more pictographs
		{0x20000, 0x3fffd, 1}, // CJK extensions
	},
}
