package cli

import (
	"strings"
	"testing"

	"sekisho/internal/lang"
	"sekisho/internal/probe"
)

// TestEveryTestHasWords holds that each test and each of its options says in both
// languages what it does: their keys are put together when they are said.
func TestEveryTestHasWords(t *testing.T) {
	for _, tag := range []lang.Tag{lang.English, lang.Japanese} {
		say := lang.For(tag)
		for _, test := range probe.Tests() {
			ids := []string{"help.test-" + test.Name}
			for _, o := range test.Options {
				ids = append(ids, "flag.test-"+o.Name)
			}
			for _, id := range ids {
				if text := say.Say(id); text == "" || strings.Contains(text, id) {
					t.Errorf("%s: %s has no words: %q", tag, id, text)
				}
			}
		}
	}
}
