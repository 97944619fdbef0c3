package reach

import (
	"cmp"
	"embed"
	"encoding/csv"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// RegistriesDate is when IANA's two registries, as they are embedded, stood so.
const RegistriesDate = "2026-08"

// files holds the IANA IPv4 and IPv6 Special-Purpose Address Registries as they
// stood in August 2026, byte for byte as published, and beyond.csv in the same
// columns: what is special and in neither of them. Those are multicast,
// addresses of IPv6 outside 2000::/3, from which alone unicast is given out
// (RFC 4291 section 4), and the address under which every machine of one cloud
// meets its own host, never another machine.
//
//go:embed iana-ipv4-special-registry-1.csv iana-ipv6-special-registry-1.csv beyond.csv
var files embed.FS

// registry is the blocks of all files, the most specific first.
var registry = sync.OnceValue(func() []Kind {
	var blocks []Kind
	for _, name := range []string{"iana-ipv4-special-registry-1.csv", "iana-ipv6-special-registry-1.csv", "beyond.csv"} {
		rows, err := read(name)
		if err != nil {
			// Our own embedded data: only a broken build comes here, and a
			// guard that guesses is worse than none.
			panic(err)
		}
		blocks = append(blocks, rows...)
	}
	slices.SortStableFunc(blocks, func(a, b Kind) int { return cmp.Compare(b.Prefix.Bits(), a.Prefix.Bits()) })
	return blocks
})

// The columns of a registry that are read.
const (
	columnBlock     = 0
	columnName      = 1
	columnRFC       = 2
	columnReachable = 8
	columns         = 10
)

// note is the mark of a footnote, as in "N/A [2]" and "2002::/16 [3]".
var note = regexp.MustCompile(` \[\d+\]$`)

// read turns one registry into blocks. A cell of the first column may hold
// several of them, and any cell may end in a note or run over two lines.
func read(name string) ([]Kind, error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = columns
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var blocks []Kind
	for _, row := range rows[1:] {
		k := Kind{
			Name: strings.Trim(row[columnName], `"`),
			RFC:  strings.Join(strings.Fields(row[columnRFC]), " "),
		}
		switch answer := note.ReplaceAllString(row[columnReachable], ""); answer {
		case "True":
			k.Reachable = Yes
		case "False":
			k.Reachable = No
		case "", "N/A":
		default:
			return nil, fmt.Errorf("%s: %s: %q is no answer", name, row[columnBlock], answer)
		}
		for block := range strings.SplitSeq(row[columnBlock], ",") {
			k.Prefix, err = netip.ParsePrefix(note.ReplaceAllString(strings.TrimSpace(block), ""))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			blocks = append(blocks, k)
		}
	}
	return blocks, nil
}
