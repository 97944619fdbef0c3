package probe

import (
	"regexp"
	"testing"
	"testing/synctest"
)

// TestNothingUnescaped has hosts say what acts on a terminal wherever they say a
// word, or at the end of their lines: of what is told, all that is no
// untrusted.Text must be inert, since it goes out as it is.
func TestNothingUnescaped(t *testing.T) {
	for name, scenes := range playable(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for i, sc := range scenes {
				for k, spoil := range spoils {
					if (i+k)%min(portion, len(spoils)) != 0 {
						continue
					}
					synctest.Test(t, func(t *testing.T) {
						host := sc.stage(fault{}, -1)
						for _, script := range append(host.scripts, host.datagrams) {
							for i, d := range script {
								if d.verb == "S:" {
									script[i].text = spoil(d.text)
								}
							}
						}
						if out := meets(t, sc.subject, host); t.Failed() {
							t.Fatalf("%s: %+v", sc.dialogue, out)
						}
					})
				}
			}
		})
	}
}

// acting is text that clears a screen, turns the direction of writing and sets
// the title of a window.
const acting = "\x1b[2J\xe2\x80\xae\x1b]0;x\x07\x9b5n\x7f"

var spoils = []func(string) string{
	spoilt(`[a-z]{4,}`, 1),
	spoilt(`[a-z]{3,}`, 3),
	spoilt(`[A-Za-z0-9.]{2,}`, 5),
	besides(`\r?\n`, acting+"$0"),
	besides(`[=:;] ?`, "$0"+acting),
}

// spoilt is a text with each n-th match replaced by as many bytes of what acts.
func spoilt(expression string, n int) func(said string) string {
	words := regexp.MustCompile(expression)
	return func(said string) string {
		i := 0
		return words.ReplaceAllStringFunc(said, func(word string) string {
			if i++; i%n != 0 {
				return word
			}
			b := []byte(word)
			for k := range b {
				b[k] = acting[k%len(acting)]
			}
			return string(b)
		})
	}
}

// besides is a text with what acts beside each match.
func besides(expression, with string) func(said string) string {
	matches := regexp.MustCompile(expression)
	return func(said string) string { return matches.ReplaceAllString(said, with) }
}
