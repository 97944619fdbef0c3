package firewall

import (
	"regexp"
	"strings"
)

// The lines of nft list chains that matter: a table, a chain in it, and where it
// hangs.
var (
	tableLine = regexp.MustCompile(`^table (\S+) (\S+) \{`)
	chainLine = regexp.MustCompile(`^\s+chain (\S+) \{`)
	hookLine  = regexp.MustCompile(`^\s+type \S+ hook (?:ingress|egress) devices? (?:= \{ )?(.*?)(?: \})? priority `)
)

// Hang tells chains of ingress and egress at which interfaces they hang, from the
// text of nft list chains: nft 1.0 leaves that out of its JSON. What is known
// already stays.
func (r *Ruleset) Hang(listed []byte) {
	var at *table
	var in *chain
	for line := range strings.Lines(string(listed)) {
		if m := tableLine.FindStringSubmatch(line); m != nil {
			at, in = r.nftTable(familyWords[m[1]], m[2]), nil
		} else if m := chainLine.FindStringSubmatch(line); m != nil && at != nil {
			in = at.chains[m[1]]
		} else if m := hookLine.FindStringSubmatch(line); m != nil && in != nil && in.base != nil && len(in.base.devices) == 0 {
			for word := range strings.SplitSeq(m[1], ",") {
				if name := strings.Trim(strings.TrimSpace(word), `"`); name != "" {
					in.base.devices = append(in.base.devices, name)
				}
			}
		}
	}
}

func (r *Ruleset) nftTable(f family, name string) *table {
	for _, t := range r.tables {
		if t.kind == "nft" && t.family == f && t.name == name {
			return t
		}
	}
	return nil
}
