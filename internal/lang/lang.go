// Package lang holds what sekisho says to people, in English and Japanese. The
// catalogue is en.json and ja.json: one line a message, the same ids and the
// same parameters in both, whole sentences. A test reads every Say of the
// repository and holds the catalogue to it.
package lang

import (
	"fmt"
	"strings"
)

// Tag is a language that sekisho speaks.
type Tag string

// The languages.
const (
	English  Tag = "en"
	Japanese Tag = "ja"
)

// Parse reads a language as people and locales write it: ja, ja-JP,
// ja_JP.UTF-8.
func Parse(s string) (Tag, error) {
	word, _, _ := strings.Cut(strings.ToLower(s), ".")
	word, _, _ = strings.Cut(strings.ReplaceAll(word, "_", "-"), "-")
	switch tag := Tag(word); tag {
	case English, Japanese:
		return tag, nil
	}
	return "", fmt.Errorf("%q is no language that sekisho speaks: en or ja", s)
}

// FromEnvironment is the language of the locale, by the order of POSIX (LC_ALL,
// LC_MESSAGES, LANG); English where the locale names another one or none.
func FromEnvironment(getenv func(string) string) Tag {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		locale := getenv(name)
		if locale == "" {
			continue
		}
		if tag, err := Parse(locale); err == nil {
			return tag
		}
		break
	}
	return English
}
