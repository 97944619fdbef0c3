package lang_test

import (
	"errors"
	"testing"

	"sekisho/internal/lang"
	"sekisho/internal/untrusted"
)

func TestParse(t *testing.T) {
	for word, want := range map[string]lang.Tag{
		"en": lang.English, "EN": lang.English, "en_US.UTF-8": lang.English, "en-GB": lang.English,
		"ja": lang.Japanese, "ja_JP.UTF-8": lang.Japanese, "ja-JP": lang.Japanese, "ja.UTF-8": lang.Japanese,
	} {
		if got, err := lang.Parse(word); err != nil || got != want {
			t.Errorf("Parse(%q) = %q, %v; want %q", word, got, err, want)
		}
	}
	for _, word := range []string{"", "fr", "C", "japanese", "e"} {
		if got, err := lang.Parse(word); err == nil {
			t.Errorf("Parse(%q) = %q, want an error", word, got)
		}
	}
}

func TestFromEnvironment(t *testing.T) {
	for name, c := range map[string]struct {
		environment map[string]string
		want        lang.Tag
	}{
		"nothing":            {nil, lang.English},
		"lang":               {map[string]string{"LANG": "ja_JP.UTF-8"}, lang.Japanese},
		"all_before_lang":    {map[string]string{"LC_ALL": "C.UTF-8", "LANG": "ja_JP.UTF-8"}, lang.English},
		"messages_over_lang": {map[string]string{"LC_MESSAGES": "ja_JP.UTF-8", "LANG": "en_US.UTF-8"}, lang.Japanese},
		"another_language":   {map[string]string{"LANG": "de_DE.UTF-8"}, lang.English},
	} {
		t.Run(name, func(t *testing.T) {
			got := lang.FromEnvironment(func(name string) string { return c.environment[name] })
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestSay(t *testing.T) {
	en, ja := lang.For(lang.English), lang.For(lang.Japanese)
	for name, c := range map[string]struct{ got, want string }{
		"plain":           {en.Say("state.open"), "open"},
		"japanese":        {ja.Say("state.open"), "開"},
		"one":             {en.Say("scan.hidden", "Count", 1, "State", "closed", "Reason", "reset"), "1 closed port not shown (reset)"},
		"several":         {en.Say("scan.hidden", "Count", 2, "State", "closed", "Reason", "reset"), "2 closed ports not shown (reset)"},
		"none":            {en.Say("scan.hidden", "Count", 0, "State", "closed", "Reason", "reset"), "0 closed ports not shown (reset)"},
		"no_plural":       {ja.Say("scan.hidden", "Count", 1, "State", "閉", "Reason", "reset"), "閉 1 ポートは表示していません(reset)"},
		"list":            {en.Say("report.unseen", "Items", []string{"a", "b\x1b"}), `Not seen without administrator rights (does not count against the result): a, b\x1b`},
		"japanese_list":   {ja.Say("report.unseen", "Items", []string{"a", "b"}), "管理者権限がないため見ていない項目:a、b(合否には数えません)"},
		"unknown_id":      {en.Say("no.such"), "⟦no.such⟧"},
		"no_parameter":    {en.Say("scan.method"), "⟦scan.method⟧"},
		"odd_pairs":       {en.Say("scan.method", "Method"), "⟦scan.method⟧"},
		"unknown_printer": {lang.For("fr").Say("state.open"), "open"},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %q, want %q", name, c.got, c.want)
		}
	}
}

// TestSayIsInert gives a message every kind of value that can carry what acts
// on a terminal.
func TestSayIsInert(t *testing.T) {
	const hostile, inert = "a\x1b[2J\n\u202e\u009b", `a\x1b[2J\n\u202e\u009b`
	for name, value := range map[string]any{
		"text":   untrusted.New(hostile, 0),
		"string": hostile,
		"error":  errors.New(hostile),
		"named":  lang.Tag(hostile),
	} {
		if got, want := lang.For(lang.English).Say("scan.method", "Method", value), "Method: "+inert; got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
		both := lang.Text{EN: "<{{.V}}>", JA: "「{{.V}}」"}
		if got, want := both.In(lang.English, "V", value), "<"+inert+">"; got != want {
			t.Errorf("%s in a text: got %q, want %q", name, got, want)
		}
		if got, want := both.In(lang.Japanese, "V", value), "「"+inert+"」"; got != want {
			t.Errorf("%s in a Japanese text: got %q, want %q", name, got, want)
		}
	}
}

func TestTextShowsItsMistakes(t *testing.T) {
	for _, text := range []string{"{{.Missing}}", "{{"} {
		if got, want := (lang.Text{EN: text}).In(lang.English), "⟦"+text+"⟧"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
