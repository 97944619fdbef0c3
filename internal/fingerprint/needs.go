package fingerprint

import (
	"regexp/syntax"
	"slices"
)

// need is a set of texts in small letters of which one must occur in any text,
// made small, that a pattern matches.
type need []string

// What a need may cost. Texts of one letter tell too little, and long ones tell
// no more than their beginning.
const (
	maxChoices = 24
	minNeed    = 2
	maxNeed    = 24
)

// needed finds out what a pattern cannot do without, so that most patterns need
// not be tried on most texts.
func needed(re *syntax.Regexp) []need {
	k := know(re)
	return k.flush().needs
}

// knowledge of a part of a pattern: either all texts that it matches, or what
// they need.
type knowledge struct {
	exact []string // nil: not known, or too many
	needs []need
}

// flush makes a need of what is known exactly.
func (k knowledge) flush() knowledge {
	if k.exact == nil {
		return k
	}
	var n need
	for _, text := range k.exact {
		if len(text) < minNeed {
			return knowledge{needs: k.needs}
		}
		n = append(n, text[:min(len(text), maxNeed)])
	}
	slices.Sort(n)
	return knowledge{needs: append(slices.Clone(k.needs), slices.Compact(n))}
}

func know(re *syntax.Regexp) knowledge {
	switch re.Op {
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText,
		syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return knowledge{exact: []string{""}}
	case syntax.OpLiteral:
		return knowLiteral(re)
	case syntax.OpCharClass:
		return knowClass(re)
	case syntax.OpCapture:
		return know(re.Sub[0])
	case syntax.OpConcat:
		return knowConcat(re.Sub)
	case syntax.OpAlternate:
		return knowAlternate(re.Sub)
	case syntax.OpPlus:
		return knowledge{needs: know(re.Sub[0]).flush().needs}
	case syntax.OpRepeat:
		if re.Min > 0 {
			return knowledge{needs: know(re.Sub[0]).flush().needs}
		}
	case syntax.OpQuest:
		if sub := know(re.Sub[0]); sub.exact != nil && len(sub.exact) < maxChoices {
			return knowledge{exact: append([]string{""}, sub.exact...)}
		}
	}
	return knowledge{}
}

// knowLiteral takes letters of ASCII only: others have further forms in small
// and capital letters, and some bytes are no letters at all.
func knowLiteral(re *syntax.Regexp) knowledge {
	text := make([]byte, 0, len(re.Rune))
	for _, r := range re.Rune {
		if r >= 0x80 {
			// What stands before such a letter is one need of its own.
			return knowledge{exact: []string{string(text)}}.flush()
		}
		text = append(text, small(byte(r)))
	}
	return knowledge{exact: []string{string(text)}}
}

// knowClass takes a class of a few letters for that many texts.
func knowClass(re *syntax.Regexp) knowledge {
	const few = 4
	var exact []string
	for i := 0; i+1 < len(re.Rune); i += 2 {
		for r := re.Rune[i]; r <= re.Rune[i+1]; r++ {
			switch {
			case r == kelvin || r == longS: // K and S by another name, which small knows
			case r >= 0x80 || len(exact) > 2*few:
				return knowledge{}
			default:
				exact = append(exact, string(small(byte(r))))
			}
		}
	}
	slices.Sort(exact)
	exact = slices.Compact(exact)
	if len(exact) == 0 || len(exact) > few {
		return knowledge{}
	}
	return knowledge{exact: exact}
}

func knowConcat(subs []*syntax.Regexp) knowledge {
	all, whole := knowledge{exact: []string{""}}, true
	for _, sub := range subs {
		k := know(sub)
		switch {
		case k.exact == nil:
			all = knowledge{exact: []string{""}, needs: append(all.flush().needs, k.needs...)}
			whole = false
		case len(k.exact)*len(all.exact) > maxChoices:
			all = knowledge{exact: k.exact, needs: all.flush().needs}
			whole = false
		default:
			all.exact = product(all.exact, k.exact)
		}
	}
	if !whole {
		return all.flush()
	}
	return all
}

func product(before, after []string) []string {
	all := make([]string, 0, len(before)*len(after))
	for _, b := range before {
		for _, a := range after {
			all = append(all, b+a)
		}
	}
	return all
}

// knowAlternate needs one of what the choices need: of each the one of the
// fewest and longest texts.
func knowAlternate(subs []*syntax.Regexp) knowledge {
	var exact, one []string
	known, useful := true, true
	for _, sub := range subs {
		k := know(sub)
		known = known && k.exact != nil
		exact = append(exact, k.exact...)
		best := need(nil)
		for _, n := range k.flush().needs {
			if best == nil || len(n) < len(best) || len(n) == len(best) && shortest(n) > shortest(best) {
				best = n
			}
		}
		useful = useful && best != nil
		one = append(one, best...)
	}
	slices.Sort(exact)
	slices.Sort(one)
	exact, one = slices.Compact(exact), slices.Compact(one)
	switch {
	case known && len(exact) <= maxChoices:
		return knowledge{exact: exact}
	case useful && len(one) <= maxChoices:
		return knowledge{needs: []need{one}}
	}
	return knowledge{}
}

func shortest(n need) int {
	least := maxNeed
	for _, text := range n {
		least = min(least, len(text))
	}
	return least
}

// Two letters beyond ASCII that a pattern without regard to case takes for k
// and s (Unicode CaseFolding.txt).
const (
	kelvin = '\u212a'
	longS  = '\u017f'
)

// small is an ASCII letter in its small form.
func small(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		return b + 'a' - 'A'
	}
	return b
}
