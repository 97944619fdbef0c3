package firewall

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// ErrNotIptables is that of a text that iptables-save did not write.
var ErrNotIptables = errors.New("not the text of iptables-save")

// maxRuleLine bounds one line of iptables-save, in bytes.
const maxRuleLine = 1 << 16

// iptablesPriorities are those at which the tables of iptables hang
// (linux/netfilter_ipv4.h); nat is special, as everywhere.
var iptablesPriorities = map[string]int{"raw": -300, "mangle": -150, "nat": 0, "filter": 0, "security": 50}

var iptablesHooks = map[string]hook{
	"PREROUTING": prerouting, "INPUT": input, "FORWARD": forward, "OUTPUT": output, "POSTROUTING": postrouting,
}

// ParseIptables reads what iptables-save writes, or with v6 what ip6tables-save
// does. The sets that rules ask for are those of ipset; nil when they could not be
// read. A rule that is not understood stays as one that cannot be evaluated.
func ParseIptables(data []byte, v6 bool, sets *Sets) (*Ruleset, error) {
	p := &iptablesParser{rules: &Ruleset{}, sets: sets, v6: v6}
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, maxRuleLine)
	type added struct {
		line  string
		table *table
	}
	var rules []added // chains are jumped to before they are told
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		switch {
		case line == "" || line == "COMMIT":
		case line[0] == '#':
			p.shared = p.shared || strings.Contains(line, "(nf_tables)") && strings.Contains(line, "Generated")
		case line[0] == '*':
			p.open(line[1:])
		case p.at == nil:
			return nil, fmt.Errorf("%w: line %d", ErrNotIptables, n)
		case line[0] == ':':
			p.chain(line[1:])
		default:
			if line[0] == '[' { // counters in front
				_, line, _ = strings.Cut(line, " ")
			}
			if !strings.HasPrefix(line, "-A ") {
				return nil, fmt.Errorf("%w: line %d", ErrNotIptables, n)
			}
			rules = append(rules, added{line[3:], p.at})
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotIptables, err)
	}
	for _, r := range rules {
		p.at = r.table
		p.rule(r.line)
	}
	return p.rules, nil
}

type iptablesParser struct {
	rules  *Ruleset
	sets   *Sets
	v6     bool
	shared bool
	at     *table
}

func (p *iptablesParser) open(name string) {
	f := familyIP
	if p.v6 {
		f = familyIP6
	}
	p.at = &table{family: f, kind: "iptables", name: name, chains: map[string]*chain{}, shared: p.shared}
	p.rules.tables = append(p.rules.tables, p.at)
}

// chain reads a line such as INPUT DROP [0:0].
func (p *iptablesParser) chain(line string) {
	words := strings.Fields(line)
	if len(words) == 0 {
		return
	}
	c := &chain{table: p.at, name: words[0]}
	if h, ok := iptablesHooks[c.name]; ok && len(words) > 1 && words[1] != "-" {
		c.base = &base{hook: h, kind: "filter", priority: iptablesPriorities[p.at.name], drop: words[1] == "DROP"}
		if p.at.name == "nat" {
			c.base.kind = "nat"
		}
	}
	p.at.chains[c.name] = c
	p.at.order = append(p.at.order, c)
}

// rule reads a line such as INPUT -p tcp -m tcp --dport 22 -j ACCEPT.
func (p *iptablesParser) rule(line string) {
	name, rest, _ := strings.Cut(line, " ")
	c := p.at.chains[name]
	if c == nil {
		c = &chain{table: p.at, name: name}
		p.at.chains[name] = c
		p.at.order = append(p.at.order, c)
	}
	r := &rule{chain: c, handle: uint64(len(c.rules) + 1), text: rest}
	c.rules = append(c.rules, r)
	reader := &iptablesRule{parser: p, words: wordsOf(rest), seen: map[string]bool{}}
	r.parts = reader.read()
}

// wordsOf cuts a line into its words; one with blanks stands in quotes.
func wordsOf(line string) []string {
	var list []string
	var word strings.Builder
	quoted, open := false, false
	for i := 0; i < len(line); i++ {
		switch b := line[i]; {
		case b == '\\' && quoted && i+1 < len(line):
			i++
			word.WriteByte(line[i])
		case b == '"':
			quoted, open = !quoted, true
		case b == ' ' && !quoted:
			if open || word.Len() > 0 {
				list = append(list, word.String())
			}
			word.Reset()
			open = false
		default:
			word.WriteByte(b)
		}
	}
	if open || word.Len() > 0 {
		list = append(list, word.String())
	}
	return list
}

// iptablesRule is one rule while it is read.
type iptablesRule struct {
	parser *iptablesParser
	words  []string
	module string // the last one named by -m
	parts  []part
	seen   map[string]bool

	addrType       *match // of addrtype, to which limit-iface may be added
	addrTypeWant   spans
	addrTypeSource bool
	backward       bool // rpfilter asks for the opposite
}

// next is the next word, and takes it away.
func (r *iptablesRule) next() string {
	if len(r.words) == 0 {
		return ""
	}
	w := r.words[0]
	r.words = r.words[1:]
	return w
}

// skip takes away what belongs to an option that is not understood.
func (r *iptablesRule) skip() {
	for len(r.words) > 0 && r.words[0] != "!" && !strings.HasPrefix(r.words[0], "-") {
		r.next()
	}
}

func (r *iptablesRule) read() []part {
	for len(r.words) > 0 {
		negate := false
		option := r.next()
		if option == "!" {
			negate, option = true, r.next()
		}
		switch option {
		case "-m", "--match":
			r.module = r.next()
			r.matchModule()
		case "-j", "--jump", "-g", "--goto":
			r.finish()
			r.target(r.next(), option[1] == 'g' || option == "--goto")
			return r.parts
		default:
			r.option(option, negate)
		}
	}
	r.finish()
	return r.parts
}

// finish adds what only the end of the matches tells.
func (r *iptablesRule) finish() {
	if r.seen["rpfilter"] {
		r.add(&match{left: []expr{reverse}, spans: spans{{num(uint8(1)), ones}}, negate: r.backward})
	}
}

func (r *iptablesRule) add(p part) { r.parts = append(r.parts, p) }

// doubt notes once that a module cannot be evaluated.
func (r *iptablesRule) doubt(what string) {
	if !r.seen["?"+what] {
		r.seen["?"+what] = true
		r.add(chance{what})
	}
}

// matchModule notes the modules that are conditions by themselves, or that
// nothing is known about.
func (r *iptablesRule) matchModule() {
	switch r.module {
	case "tcp", "udp", "icmp", "icmp6", "conntrack", "state", "multiport", "addrtype", "set", "mark", "connmark", "comment",
		"iprange", "pkttype", "policy":
	case "rpfilter":
		r.seen["rpfilter"] = true
	case "rt", "frag", "hbh", "dst", "mh": // no packet that is asked about has such a header of IPv6
		r.seen["?-m "+r.module] = true // nor what its options ask
		r.add(never())
	default:
		r.doubt("-m " + r.module)
	}
}
