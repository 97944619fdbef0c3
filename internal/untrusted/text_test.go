package untrusted

import (
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestTerminalEscapesWhatActsOnATerminal(t *testing.T) {
	cases := []struct{ in, want string }{
		{"220 (vsFTPd 3.0.3)", "220 (vsFTPd 3.0.3)"},
		{"関所 ﾊﾝｶｸ", "関所 ﾊﾝｶｸ"},
		{"\x1b[31mred\x1b]52;c;aGk=\a", `\x1b[31mred\x1b]52;c;aGk=\x07`},
		{"a\r\nb\tc\x00d\be", `a\r\nb\tc\x00d\x08e`},
		{"\u009b31m", `\u009b31m`},
		{"abc\u202egpj.exe", `abc\u202egpj.exe`},
		{"\u2066x\u2069\u200b\ufeff\u200d", `\u2066x\u2069\u200b\ufeff\u200d`},
		{"\xff\xfe", `\xff\xfe`},
		{"e\u0301", "e\u0301"},
		{"z" + strings.Repeat("\u0301", 5), "z" + strings.Repeat("\u0301", 3) + `\u0301\u0301`},
		{"\U000e0041", `\U000e0041`},
		{"a\u2028b\u00a0c", `a\u2028b\u00a0c`},
		{"%s%n", "%s%n"},
	}
	for _, c := range cases {
		if got := New(c.in, 0).Terminal(); got != c.want {
			t.Errorf("Terminal(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestNewCutsAtARune(t *testing.T) {
	text := New("あいう", 7)
	if text.Raw() != "あい" || !text.Cut() || text.String() != "あい…" {
		t.Errorf("New cut to %q, cut %v", text.Raw(), text.Cut())
	}
	if huge := New(make([]byte, 10<<20), 1<<30); len(huge.Raw()) != MaxText {
		t.Errorf("10 MB kept %d bytes, want %d", len(huge.Raw()), MaxText)
	}
}

func TestEncodersForTheirSinks(t *testing.T) {
	cases := []struct {
		name, in, want string
		encode         func(Text) string
	}{
		{"html", `<script>"x"</script>&`, "&lt;script&gt;&#34;x&#34;&lt;/script&gt;&amp;", Text.HTML},
		{"csv_formula", "=HYPERLINK(1)", "'=HYPERLINK(1)", Text.CSV},
		{"csv_tab", "\t=1", `'\t=1`, Text.CSV},
		{"csv_plain", "220 ready", "220 ready", Text.CSV},
		{"header", "a\r\nSet-Cookie: ü", "a??Set-Cookie: ?", Text.Header},
		{"log", "a \"b\"\nlevel=info", `"a \"b\"\nlevel=info"`, Text.Log},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := c.encode(New(c.in, 0)); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func FuzzEncoders(f *testing.F) {
	for _, s := range []string{"", "220 ok", "\x1b]0;x\a", "\u202e\x00\xff", "=1+1", "</script>", "\U0001f600\U000e0001"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text := New(s, 0)
		for _, out := range []string{text.Terminal(), text.Log(), text.HTML(), text.CSV()} {
			inert(t, out)
		}
		for _, r := range text.Header() {
			if r < ' ' || r > '~' {
				t.Errorf("header form holds %q", r)
			}
		}
		b, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		inert(t, string(b))
		var back Text
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		if utf8.ValidString(s) && !text.Cut() && back.Raw() != s {
			t.Errorf("JSON round trip of %q gave %q", s, back.Raw())
		}
		var row strings.Builder
		w := csv.NewWriter(&row)
		if err := w.Write([]string{text.CSV()}); err != nil {
			t.Fatal(err)
		}
	})
}

func inert(t *testing.T, s string) {
	t.Helper()
	if !utf8.ValidString(s) {
		t.Errorf("%q is not UTF-8", s)
	}
	for _, r := range s {
		if unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control) {
			t.Errorf("%q holds %U", s, r)
		}
	}
}
