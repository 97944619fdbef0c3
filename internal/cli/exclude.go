package cli

import (
	"bufio"
	"context"
	"net/netip"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"sekisho/internal/lang"
)

// excludeFlags say what is left out of a scan.
type excludeFlags struct{ words, files []string }

func (e *excludeFlags) register(f *pflag.FlagSet, say *lang.Printer) {
	f.StringSliceVar(&e.words, "exclude", nil, say.Say("flag.exclude"))
	f.StringArrayVar(&e.files, "exclude-file", nil, say.Say("flag.exclude-file"))
}

// exclusion is addresses that nothing is ever sent to: ranges that rise and do
// not touch, so that many thousand of them cost no more than a few.
type exclusion []addressRange

// addressRange is every address from the first to the last, of one family and
// without a zone: what is excluded is so on every link.
type addressRange struct{ first, last netip.Addr }

// maxExcludeLine bounds a line of a file of exclusions, and with it the memory.
const maxExcludeLine = 1 << 20

// contains reports whether an address is excluded.
func (e exclusion) contains(address netip.Addr) bool {
	address = address.WithZone("").Unmap()
	i, found := slices.BinarySearchFunc(e, address, func(r addressRange, a netip.Addr) int { return r.first.Compare(a) })
	return found || i > 0 && address.Compare(e[i-1].last) <= 0
}

// merged sorts ranges and joins those that overlap or touch.
func merged(ranges []addressRange) exclusion {
	slices.SortFunc(ranges, func(a, b addressRange) int { return a.first.Compare(b.first) })
	var e exclusion
	for _, r := range ranges {
		// Addresses of one family are in a row; the last of a family has no next.
		if n := len(e) - 1; n >= 0 && e[n].first.Is4() == r.first.Is4() && (r.first.Compare(e[n].last) <= 0 || r.first == e[n].last.Next()) {
			if r.last.Compare(e[n].last) > 0 {
				e[n].last = r.last
			}
			continue
		}
		e = append(e, r)
	}
	return e
}

// exclusions reads what --exclude names and the files of --exclude-file hold.
// What cannot be understood is an error: nothing is asked then.
func (a *app) exclusions(ctx context.Context, words, files []string) (exclusion, error) {
	var ranges []addressRange
	for _, word := range words {
		some, err := a.ranges(ctx, word)
		if err != nil {
			return nil, err
		}
		ranges = append(ranges, some...)
	}
	for _, path := range files {
		some, err := a.excludeFile(ctx, path)
		if err != nil {
			return nil, err
		}
		ranges = append(ranges, some...)
	}
	return merged(ranges), nil
}

// excludeFile reads a file of exclusions: one or more a line, # begins a
// comment. A file that excludes nothing is a mistake: it may have been cut off.
func (a *app) excludeFile(ctx context.Context, path string) ([]addressRange, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, a.fail(exitUsage, "cli.exclude-unread", "Path", path, "Error", reason(err))
	}
	defer f.Close()
	var ranges []addressRange
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, maxExcludeLine)
	for number := 1; lines.Scan(); number++ {
		line, _, _ := strings.Cut(lines.Text(), "#")
		for _, word := range strings.FieldsFunc(line, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\r' }) {
			some, err := a.ranges(ctx, word)
			if err != nil {
				return nil, a.fail(exitUsage, "cli.exclude-wrong", "Path", path, "Line", number, "Error", err)
			}
			ranges = append(ranges, some...)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, a.fail(exitUsage, "cli.exclude-unread", "Path", path, "Error", reason(err))
	}
	if len(ranges) == 0 {
		return nil, a.fail(exitUsage, "cli.exclude-empty", "Path", path)
	}
	return ranges, nil
}

// ranges are the addresses that a word excludes: an address, a block, a range
// such as 192.0.2.1-192.0.2.9, or a name, which stands for all its addresses.
func (a *app) ranges(ctx context.Context, word string) ([]addressRange, error) {
	if prefix, err := netip.ParsePrefix(word); err == nil {
		prefix = unmapped(prefix)
		return []addressRange{{prefix.Addr(), lastOf(prefix)}}, nil
	}
	if address, err := parseAddress(word); err == nil {
		address = address.WithZone("")
		return []addressRange{{address, address}}, nil
	}
	if from, to, ok := strings.Cut(word, "-"); ok {
		first, err := parseAddress(from)
		last, err2 := parseAddress(to)
		if first, last = first.WithZone(""), last.WithZone(""); err == nil && err2 == nil {
			if first.Is4() != last.Is4() || last.Less(first) {
				return nil, a.fail(exitUsage, "cli.bad-range", "Range", quoted(word))
			}
			return []addressRange{{first, last}}, nil
		}
	}
	addresses, err := a.lookup(ctx, word)
	if err != nil {
		return nil, err
	}
	var list []addressRange
	for _, address := range addresses {
		address = address.WithZone("")
		list = append(list, addressRange{address, address})
	}
	return list, nil
}

// unmapped is a block with its host bits cleared. A block of IPv4-mapped
// addresses is the block of IPv4 addresses that packets go to.
func unmapped(p netip.Prefix) netip.Prefix {
	const mapped = 96
	if p.Addr().Is4In6() && p.Bits() >= mapped {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-mapped)
	}
	return p.Masked()
}

// lastOf is the last address of a block.
func lastOf(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for bit := p.Bits(); bit < 8*len(b); bit++ {
		b[bit/8] |= 0x80 >> (bit % 8)
	}
	last, _ := netip.AddrFromSlice(b)
	return last
}
