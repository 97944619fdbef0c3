package portspec

import (
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestErrorTexts(t *testing.T) {
	tests := []struct{ text, line, caret, ja string }{
		{
			"22,80-9O",
			`port list, character 8: "O" has no place here. Did you mean 80-90?`,
			"22,80-9O\n       ^ \"O\" has no place here. Did you mean 80-90?",
			"22,80-9O\n       ^ 「O」はここには書けません。もしかして「80-90」ですか",
		},
		{
			"22,80,",
			`port list, character 7: a port is missing here: write a number, a range, a name or an @set`,
			"22,80,\n      ^ a port is missing here: write a number, a range, a name or an @set",
			"22,80,\n      ^ ここにポートの指定がありません。番号、範囲、サービス名、@集合名のどれかを書いてください",
		},
		{
			"22,８０", // wide from the fourth character on
			`port list, character 4: "８" is a full-width character: write ports in half-width ones. Did you mean 22,80?`,
			"22,８０\n   ^ \"８\" is a full-width character: write ports in half-width ones. Did you mean 22,80?",
			"22,８０\n   ^ 「８」は全角文字です。半角で書いてください。もしかして「22,80」ですか",
		},
		{
			"22,サーバー",
			`port list, character 4: no service is called "サーバー"`,
			"22,サーバー\n   ^ no service is called \"サーバー\"",
			"22,サーバー\n   ^ 「サーバー」という名前のサービスはありません",
		},
		{
			"u:ssh",
			`port list, character 3: ssh has no UDP port. Did you mean t:ssh?`,
			"u:ssh\n  ^ ssh has no UDP port. Did you mean t:ssh?",
			"u:ssh\n  ^ ssh は UDP のポートを使いません。もしかして「t:ssh」ですか",
		},
		{
			"22\x1b]0;x\a\u202e",
			`port list, character 3: "?" has no place here`,
			"22?]0;x??\n  ^ \"?\" has no place here",
			"22?]0;x??\n  ^ 「?」はここには書けません",
		},
		{
			strings.Repeat("1,", 40) + "70000" + strings.Repeat(",1", 40),
			`port list, character 81: 70000 is too large: the last port is 65535`,
			"..." + strings.Repeat("1,", 15) + "70000" + strings.Repeat(",1", 7) + ",...\n" + strings.Repeat(" ", 33) + "^ 70000 is too large: the last port is 65535",
			"..." + strings.Repeat("1,", 15) + "70000" + strings.Repeat(",1", 7) + ",...\n" + strings.Repeat(" ", 33) + "^ 70000 は大きすぎます。ポート番号は 65535 までです",
		},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			_, err := Parse(tt.text, false)
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("%v, want an *Error", err)
			}
			if diff := cmp.Diff([]string{tt.line, tt.caret, tt.ja}, []string{e.Error(), e.Caret(false), e.Caret(true)}); diff != "" {
				t.Errorf("texts (-want +got):\n%s", diff)
			}
		})
	}
}

// TestCaretUnderWide holds the mark under the right column where characters
// before it are two columns wide.
func TestCaretUnderWide(t *testing.T) {
	e := &Error{Kind: Negative, Text: "表示,--5", Offset: 4}
	if diff := cmp.Diff("表示,--5\n      ^ ポート番号にマイナスは付きません", e.Caret(true)); diff != "" {
		t.Error(diff)
	}
}

func TestEveryKindSpeaks(t *testing.T) {
	for kind := range messages {
		e := &Error{Kind: Kind(kind), Text: "x", Item: "x"}
		for _, line := range []string{e.Line(false), e.Line(true)} {
			if strings.Contains(line, "%!") || line == "" {
				t.Errorf("kind %d says %q", kind, line)
			}
		}
	}
}

// holdError states what is true of every error.
func holdError(t *testing.T, text string, err error) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("%T, want an *Error", err)
	}
	if e.Text != text || e.Offset < 0 || e.Offset > utf8.RuneCountInString(text) {
		t.Errorf("Parse(%q): offset %d of %q", text, e.Offset, e.Text)
	}
	if before := string([]rune(text)[:e.Offset]); utf8.ValidString(text) && !strings.HasPrefix(text[len(before):], e.Item) {
		t.Errorf("Parse(%q): %q does not stand at %d", text, e.Item, e.Offset)
	}
	for _, ja := range []bool{false, true} {
		if strings.Count(e.Caret(ja), "\n") != 1 || strings.Contains(e.Line(ja), "\n") {
			t.Errorf("Parse(%q): %q, %q: wrong number of lines", text, e.Caret(ja), e.Line(ja))
		}
		for _, r := range e.Caret(ja) {
			if r != '\n' && (!unicode.IsPrint(r) || unicode.Is(unicode.M, r)) {
				t.Errorf("Parse(%q): %U reaches the terminal", text, r)
			}
		}
	}
	// What is suggested for a whole piece is right itself.
	switch e.Kind {
	case Misplaced, Reversed, UnknownSet, NotTCP, NotUDP:
		if e.Suggestion != "" {
			if _, err := Parse(e.Suggestion, false); err != nil {
				t.Errorf("Parse(%q) suggests %q: %v", text, e.Suggestion, err)
			}
		}
	}
}
