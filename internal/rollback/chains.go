package rollback

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// chain is one chain of a rule set with its rules as lines, in order.
type chain struct {
	program string // nft, or the iptables whose save told it
	table   string // of nft with the family in front and as nft writes it
	name    string
	rules   []ruleLine
}

// ruleLine is one rule: two are the same when text and handle are.
type ruleLine struct {
	text   string
	handle uint64 // of nftables, 0 elsewhere
}

func (c chain) key() string { return c.program + "\x00" + c.table + "\x00" + c.name }

// counted is what of a rule changes while packets pass.
var counted = regexp.MustCompile(`counter packets \d+ bytes \d+`)

// parseNFT reads the chains of what nft -a list ruleset writes. What stands beside
// the chains (sets, maps, counters) is no rule and left out.
func parseNFT(text string) []chain {
	var all []chain
	table, inChain, depth := "", false, 0
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		body, mark, _ := cutLast(line, " # handle ")
		handle, _ := strconv.ParseUint(strings.TrimSpace(mark), 10, 64)
		switch {
		case strings.HasPrefix(line, "table ") && depth == 0:
			table, depth = strings.TrimSuffix(strings.TrimPrefix(body, "table "), " {"), 1
		case strings.HasPrefix(line, "chain ") && depth == 1:
			all = append(all, chain{program: nftProgram, table: table, name: strings.TrimSuffix(strings.TrimPrefix(body, "chain "), " {")})
			inChain, depth = true, 2
		case line == "}":
			inChain, depth = false, depth-1
		case strings.HasSuffix(body, "{") && !inChain:
			depth++
		case inChain && line != "" && !strings.HasPrefix(line, "type ") && handle != 0:
			c := &all[len(all)-1]
			c.rules = append(c.rules, ruleLine{counted.ReplaceAllString(body, "counter"), handle})
		}
	}
	return all
}

const nftProgram = "nft"

// cutLast cuts a text around the last occurrence of a separator.
func cutLast(s, separator string) (before, after string, found bool) {
	if i := strings.LastIndex(s, separator); i >= 0 {
		return s[:i], s[i+len(separator):], true
	}
	return s, "", false
}

// parseSaved reads the chains of what iptables-save writes.
func parseSaved(program, text string) []chain {
	var all []chain
	table := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "*"):
			table = line[1:]
		case strings.HasPrefix(line, ":"):
			name, _, _ := strings.Cut(line[1:], " ")
			all = append(all, chain{program: program, table: table, name: name})
		case strings.HasPrefix(line, "-A "):
			name, rest, _ := strings.Cut(line[3:], " ")
			for i := range all {
				if all[i].table == table && all[i].name == name {
					all[i].rules = append(all[i].rules, ruleLine{text: rest})
				}
			}
		}
	}
	return all
}

func find(list []chain, key string) (chain, bool) {
	i := slices.IndexFunc(list, func(c chain) bool { return c.key() == key })
	if i < 0 {
		return chain{}, false
	}
	return list[i], true
}

// step is one change of one chain.
type step struct {
	chain  chain
	rule   ruleLine
	remove bool
	// after is the rule behind which one is put in; at is its place, counted from 1.
	after ruleLine
	at    int
}

// undo are the steps that take back, from the rules as they are now, what changed
// between two readings of them, and nothing else: what somebody else changed
// meanwhile stays.
func undo(before, after, now []chain) []step {
	var steps []step
	for _, c := range now {
		old, known := find(before, c.key())
		changed, ok := find(after, c.key())
		if !ok || slices.Equal(old.rules, changed.rules) || known && slices.EqualFunc(old.rules, c.rules, sameText) {
			continue
		}
		steps = append(steps, undoChain(c, old.rules, changed.rules)...)
	}
	return steps
}

// undoChain is undo for one chain as it is now.
func undoChain(c chain, old, changed []ruleLine) []step {
	oldAt, kept := map[int]int{}, map[int]bool{} // by the place in changed, that in old
	for _, p := range common(old, changed) {
		oldAt[p[1]], kept[p[0]] = p[0], true
	}
	// Each rule of now, with its place in old, or mine, or somebody else's.
	const mine, theirs = -1, -2
	type placed struct {
		ruleLine
		old int
	}
	var list []placed
	for _, r := range c.rules {
		list = append(list, placed{r, theirs})
	}
	for _, p := range common(changed, c.rules) {
		list[p[1]].old = mine
		if at, ok := oldAt[p[0]]; ok {
			list[p[1]].old = at
		}
	}
	var steps []step
	list = slices.DeleteFunc(list, func(p placed) bool {
		if p.old == mine {
			steps = append(steps, step{chain: c, rule: p.ruleLine, remove: true})
		}
		return p.old == mine
	})
	for i, r := range old {
		if kept[i] {
			continue // or it was somebody else who took it away
		}
		s := step{chain: c, rule: r, at: 1}
		for j := i - 1; j >= 0 && s.at == 1; j-- {
			if at := slices.IndexFunc(list, func(p placed) bool { return p.old == j }); at >= 0 {
				s.after, s.at = list[at].ruleLine, at+2
			}
		}
		list = slices.Insert(list, s.at-1, placed{ruleLine{text: r.text}, i})
		steps = append(steps, s)
	}
	return steps
}

// common are the places of a longest common part of two lists of rules. What is
// alike at both ends is taken first, so that long chains cost little.
func common(a, b []ruleLine) [][2]int {
	var head, tail [][2]int
	for len(head) < len(a) && len(head) < len(b) && a[len(head)] == b[len(head)] {
		head = append(head, [2]int{len(head), len(head)})
	}
	n := len(head)
	for len(tail) < len(a)-n && len(tail) < len(b)-n && a[len(a)-1-len(tail)] == b[len(b)-1-len(tail)] {
		tail = append(tail, [2]int{len(a) - 1 - len(tail), len(b) - 1 - len(tail)})
	}
	x, y := a[n:len(a)-len(tail)], b[n:len(b)-len(tail)]
	if len(x)*len(y) > mostCompared {
		return append(head, tail...) // all between counts as changed
	}
	longest := make([][]int, len(x)+1)
	for i := range longest {
		longest[i] = make([]int, len(y)+1)
	}
	for i := len(x) - 1; i >= 0; i-- {
		for j := len(y) - 1; j >= 0; j-- {
			longest[i][j] = max(longest[i+1][j], longest[i][j+1])
			if x[i] == y[j] {
				longest[i][j] = longest[i+1][j+1] + 1
			}
		}
	}
	for i, j := 0, 0; i < len(x) && j < len(y); {
		switch {
		case x[i] == y[j]:
			head = append(head, [2]int{n + i, n + j})
			i, j = i+1, j+1
		case longest[i+1][j] >= longest[i][j+1]:
			i++
		default:
			j++
		}
	}
	return append(head, tail...)
}

// mostCompared bounds the table that compares two chains, in cells.
const mostCompared = 4 << 20

// scripts are the inputs that do the steps: of nft one transaction, of each
// iptables-restore one for each table.
func scripts(steps []step) map[string]string {
	all := map[string]string{}
	type place struct{ program, table string }
	var order []place
	lines := map[place][]string{}
	for _, s := range steps {
		p := place{s.chain.program, s.chain.table}
		line := s.iptables()
		if p.program == nftProgram {
			p.table, line = "", s.nft()
		}
		if lines[p] == nil {
			order = append(order, p)
		}
		lines[p] = append(lines[p], line)
	}
	for _, p := range order {
		text := strings.Join(lines[p], "\n") + "\n"
		if p.program != nftProgram {
			text = "*" + p.table + "\n" + text + "COMMIT\n"
		}
		all[p.program] += text
	}
	return all
}

func (s step) nft() string {
	at := s.chain.table + " " + s.chain.name
	switch {
	case s.remove:
		return "delete rule " + at + " handle " + strconv.FormatUint(s.rule.handle, 10)
	case s.after.handle != 0:
		return "add rule " + at + " position " + strconv.FormatUint(s.after.handle, 10) + " " + s.rule.text
	}
	return "insert rule " + at + " " + s.rule.text
}

func (s step) iptables() string {
	if s.remove {
		return "-D " + s.chain.name + " " + s.rule.text
	}
	return "-I " + s.chain.name + " " + strconv.Itoa(s.at) + " " + s.rule.text
}

func sameText(a, b ruleLine) bool { return a.text == b.text }

// differing names the chains of which two readings tell different rules.
func differing(a, b []chain) []string {
	var names []string
	add := func(c chain) {
		name := c.program + " " + c.table + " " + c.name
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, c := range a {
		if other, ok := find(b, c.key()); !ok || !slices.EqualFunc(c.rules, other.rules, sameText) {
			add(c)
		}
	}
	for _, c := range b {
		if _, ok := find(a, c.key()); !ok {
			add(c)
		}
	}
	return names
}
