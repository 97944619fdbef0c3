package output_test

import (
	"strings"
	"testing"

	"sekisho/internal/output"
)

// said is one event of a conversation.
type said struct {
	from, data string
	command    bool
}

func TestScreen(t *testing.T) {
	for name, c := range map[string]struct {
		typed bool
		says  []said
		want  string
	}{
		"lines":      {false, []said{{"peer", "220 hi\r\n", false}, {"here", "QUIT\r\n", false}, {"peer", "221 bye\n", false}}, "< 220 hi\\r\\n\n> QUIT\\r\\n\n< 221 bye\\n\n"},
		"pieces":     {false, []said{{"peer", "22", false}, {"peer", "0 hi\r", false}, {"peer", "\nx", false}}, "< 220 hi\\r\\n\n< x\n* end\n"},
		"prompt":     {true, []said{{"peer", "login: ", false}, {"here", "me\r\n", false}, {"peer", "Password: ", false}}, "< login: \n< Password: \n* end\n"},
		"typed":      {true, []said{{"here", "QUIT\r\n", false}, {"peer", "bye\r\n", false}}, "< bye\\r\\n\n"},
		"escapes":    {false, []said{{"peer", "\x1b[31mred\x07\x00\u202e\u009b\r\n", false}}, "< \\x1b[31mred\\x07\\x00\\u202e\\u009b\\r\\n\n"},
		"characters": {false, []said{{"peer", "\xe3", false}, {"peer", "\x81\x82\xff", false}, {"peer", "\xe3\x81", false}}, "< あ\\xff\\xe3\\x81\n* end\n"},
		"half-alone": {false, []said{{"peer", "\xe3", false}, {"here", "x\r\n", false}}, "< \\xe3\n> x\\r\\n\n"},
		"command":    {false, []said{{"peer", "lo", false}, {"peer", "DO ECHO", true}, {"here", "WONT ECHO", true}, {"peer", "gin: ", false}}, "< lo\n< IAC DO ECHO\n> IAC WONT ECHO\n< gin: \n* end\n"},
		"long":       {false, []said{{"peer", strings.Repeat("x", 10_000) + "\n", false}}, "< " + strings.Repeat("x", 10_000) + "\\n\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			s := output.NewScreen(&b, output.Options{}, c.typed)
			for _, e := range c.says {
				if err := s.Show(e.from, []byte(e.data), e.command); err != nil {
					t.Fatal(err)
				}
			}
			if strings.HasSuffix(c.want, "* end\n") {
				if err := s.Note("end"); err != nil {
					t.Fatal(err)
				}
			}
			if b.String() != c.want {
				t.Errorf("%q, want %q", b.String(), c.want)
			}
		})
	}
}

// FuzzScreen: whatever comes, in whatever pieces, nothing that acts on a
// terminal goes out, and each line begins with its mark.
func FuzzScreen(f *testing.F) {
	for _, seed := range []string{"220 hi\r\n", "\x1b]0;x\x07", "\xe3\x81", "a\nb\r\rc", "\u202e\u009b"} {
		f.Add([]byte(seed), 1, false)
		f.Add([]byte(seed), 2, true)
	}
	f.Fuzz(func(t *testing.T, data []byte, cut int, typed bool) {
		var b strings.Builder
		s := output.NewScreen(&b, output.Options{}, typed)
		cut = max(0, min(cut, len(data)))
		_ = s.Show("peer", data[:cut], false)
		_ = s.Show("peer", data[cut:], false)
		_ = s.Note("end")
		for line := range strings.Lines(b.String()) {
			line = strings.TrimSuffix(line, "\n")
			if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0x202e }) {
				t.Fatalf("%q", line)
			}
			if !strings.HasPrefix(line, "< ") && !strings.HasPrefix(line, "* ") {
				t.Fatalf("%q has no mark", line)
			}
		}
	})
}
