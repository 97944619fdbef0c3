package probe

import (
	"regexp"

	"sekisho/internal/untrusted"
)

// pattern recognises a product in what it says of itself. The group version,
// if there is one and it matched, is its version; the group product, if there
// is one, stands for a name that is not ours to know.
type pattern struct {
	product string
	match   *regexp.Regexp
}

// maxProduct bounds a name or a version that a peer claims.
const maxProduct = 128

// match returns the product of the first pattern that fits.
func match(patterns []pattern, text string) (product, version untrusted.Text) {
	for _, p := range patterns {
		groups := p.match.FindStringSubmatch(text)
		if groups == nil {
			continue
		}
		name := p.product
		if i := p.match.SubexpIndex("product"); i >= 0 {
			name = groups[i]
		}
		if i := p.match.SubexpIndex("version"); i >= 0 {
			version = untrusted.New(groups[i], maxProduct)
		}
		return untrusted.New(name, maxProduct), version
	}
	return product, version
}

// texts makes a list of lines from the network into facts, at most limit.
func texts(lines []string, limit int) []untrusted.Text {
	list := make([]untrusted.Text, 0, min(len(lines), limit))
	for _, line := range lines[:min(len(lines), limit)] {
		list = append(list, untrusted.New(line, maxFact))
	}
	return list
}

// maxFact bounds one fact of a few words.
const maxFact = 512
