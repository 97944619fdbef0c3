package reach

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// ErrEmptyList is why a list of networks with nothing in it is not taken for one:
// it is what a write leaves that did not come to its end. One that names nobody
// has a comment.
var ErrEmptyList = errors.New("the list is empty: one that names nobody has a line of comment, # none")

// mostListed bounds a list of networks.
const mostListed = 1 << 16

// ParseList reads networks and addresses, one a line; what follows # is comment. A
// line that is none spoils the whole: whoever stands there is not to be forgotten.
func ParseList(text []byte) ([]netip.Prefix, error) {
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, ErrEmptyList
	}
	list := []netip.Prefix{}
	n := 0
	for line := range bytes.Lines(text) {
		n++
		bare, _, _ := strings.Cut(string(line), "#")
		word := strings.TrimSpace(bare)
		if word == "" {
			continue
		}
		p, err := ParsePrefix(word)
		switch {
		case err != nil:
			return nil, fmt.Errorf("line %d: %.60q is neither an address nor a network such as 192.0.2.0/24", n, word)
		case len(list) == mostListed:
			return nil, fmt.Errorf("line %d: more than %d networks", n, mostListed)
		}
		list = append(list, p)
	}
	return list, nil
}

// ParsePrefix reads a network, or an address as the network of it alone. An
// IPv4-mapped address means the IPv4 address inside; bits beyond the length are
// nobody's, and dropped.
func ParsePrefix(word string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(word); err == nil {
		if a.Zone() != "" {
			return netip.Prefix{}, errors.New("an address with a zone is no network")
		}
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(word)
	if err != nil {
		return netip.Prefix{}, err
	}
	const inMapped = 96 // bits before an IPv4 address that is mapped
	if p.Addr().Is4In6() && p.Bits() >= inMapped {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-inMapped)
	}
	return p.Masked(), nil
}
