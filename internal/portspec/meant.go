package portspec

import (
	"strings"
	"unicode/utf8"
)

// mostGuessed bounds the pieces for which a suggestion is looked for: a guess
// costs more than the parse, and nothing that long was one slip of a finger.
const mostGuessed = 40

// halfWidth turns the signs that an East Asian keyboard or a word processor
// puts for comma, hyphen and space; full-width digits and letters lie at a
// fixed distance.
var halfWidth = strings.NewReplacer("、", ",", "،", ",", "ー", "-", "‐", "-", "‑", "-", "–", "-", "—", "-", "−", "-", "〜", "-", "～", "-", "\u3000", " ")

// narrow returns the text in half-width characters and the position of the
// first one that was not; the position is negative when all are, or when the
// text holds anything else that is foreign to a list of ports.
func narrow(text string) (string, int) {
	first := strings.IndexFunc(text, func(r rune) bool { return r >= utf8.RuneSelf })
	if first < 0 {
		return text, first
	}
	half := strings.Map(func(r rune) rune {
		if 0xff01 <= r && r <= 0xff5d {
			return r - 0xff01 + '!'
		}
		return r
	}, halfWidth.Replace(text))
	if strings.ContainsFunc(half, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return text, -1
	}
	return half, first
}

// numberMeant guesses at a list whose signs are mistaken: letters that look
// like digits, "80:90", "22;80", "22 80", "53/udp".
func numberMeant(item string) string {
	if len(item) > mostGuessed {
		return ""
	}
	better := strings.NewReplacer(":", "-", "..", "-", "~", "-", ";", ",", " ", ",", "|", ",", "、", ",").Replace(strings.ToLower(item))
	if number, ok := strings.CutSuffix(better, "/tcp"); ok {
		better = "t:" + number
	} else if number, ok := strings.CutSuffix(better, "/udp"); ok {
		better = "u:" + number
	}
	if c := item[0]; c == '-' || isDigit(c) {
		better = strings.NewReplacer("o", "0", "l", "1", "i", "1").Replace(better)
	}
	if better == item {
		return ""
	}
	if _, err := Parse(better, false); err != nil {
		return ""
	}
	return better
}

// prefixMeant guesses at a prefix.
func prefixMeant(prefix string) string {
	switch strings.ToLower(prefix) {
	case "tcp":
		return "t:"
	case "udp":
		return "u:"
	}
	return ""
}

// reversed turns a range round; one with an open end cannot be.
func reversed(item string) string {
	first, last, _ := strings.Cut(item, "-")
	if first == "" || last == "" {
		return ""
	}
	return last + "-" + first
}

// Similar returns the candidate that is one or two slips away from the name, or
// else the first that begins with it; empty when none does.
func Similar(name string, candidates []string) string {
	if len(name) > mostGuessed {
		return ""
	}
	best, distance := "", 2
	if len(name) > 4 {
		distance = 3
	}
	for _, c := range candidates {
		if d := slips(name, c); d < distance {
			best, distance = c, d
		}
	}
	if best != "" || len(name) < 3 {
		return best
	}
	for _, c := range candidates {
		if strings.HasPrefix(c, name) {
			return c
		}
	}
	return ""
}

// slips counts the letters missing, too many, mistaken or swapped between two
// words (the optimal string alignment distance).
func slips(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			mistaken := 0
			if a[i-1] != b[j-1] {
				mistaken = 1
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+mistaken)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
