package policy

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v4"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/portspec"
)

// Schema is what the key schema of a policy says, where it stands.
const Schema = "sekisho/policy/1"

// MaxFile is the most bytes that a policy file may have.
const MaxFile = 256 << 10

// The bounds of what a file may hold. Aliases make much out of little, so what
// is counted is what is read and not what is written.
const (
	maxNodes    = 50_000
	maxDepth    = 20
	maxPorts    = 1_000_000 // ports of all entries together
	maxProblems = 20
)

// Known are the words of other rooms that a policy may use: what is not among
// them is probably mistyped. An empty list takes every word.
type Known struct {
	Rules     []string
	Protocols []string
}

//go:embed profiles.yaml
var profilesFile []byte

// builtin are the profiles that sekisho brings. The file is a part of the
// program, so a problem in it is a mistake of ours.
var builtin = sync.OnceValue(func() map[string]*section {
	r := &reader{file: "profile", profiles: map[string]*section{}}
	var document yaml.Node
	if err := yaml.Load(profilesFile, &document); err != nil {
		panic(err)
	}
	r.profileMap(document.Content[0], 0)
	if len(r.problems) > 0 {
		panic(r.problems)
	}
	for name, s := range r.profiles {
		s.renamed("profile " + name)
	}
	return r.profiles
})

// renamed gives everything in the section the same origin.
func (s *section) renamed(from string) {
	for _, z := range s.zones {
		for _, e := range z.entries {
			e.from = from
		}
		if z.rest != nil {
			z.rest.from = from
		}
	}
	for _, e := range s.outgoing {
		e.from = from
	}
	if s.rest != nil {
		s.rest.from = from
	}
}

// Parse reads a policy file. File is what problems call it. The error is
// Problems, all that were found, but not more than a person wants to see.
func Parse(file string, b []byte, known Known) (*Policy, error) {
	r := &reader{file: file, known: known, profiles: map[string]*section{}, taken: builtin()}
	p := r.policy(b)
	if len(r.problems) > 0 {
		slices.SortStableFunc(r.problems, func(a, b *Problem) int {
			if a.Line != b.Line {
				return a.Line - b.Line
			}
			return a.Column - b.Column
		})
		return nil, r.problems
	}
	return p, nil
}

// reader reads one file and collects what is wrong with it.
type reader struct {
	file         string
	known        Known
	nodes, ports int
	problems     Problems
	profiles     map[string]*section
	taken        map[string]*section // profiles whose names the file may not use
	extended     []extension
	spent        bool // a bound was reached: what is read further is not told
}

// extension is a profile that something extends, looked up once all are known.
type extension struct {
	name string
	node *yaml.Node
}

func (r *reader) wrong(n *yaml.Node, what lang.Text, pairs ...any) *Problem {
	p := &Problem{File: r.file, what: what, pairs: pairs}
	if n != nil {
		p.Line, p.Column = n.Line, n.Column
	}
	if len(r.problems) < maxProblems && !r.spent {
		r.problems = append(r.problems, p)
	}
	return p
}

func (r *reader) from(n *yaml.Node) string { return fmt.Sprintf("%s:%d:%d", r.file, n.Line, n.Column) }

func (r *reader) policy(b []byte) *Policy {
	if len(b) > MaxFile {
		r.wrong(nil, wrongSize, "Limit", MaxFile)
		return nil
	}
	p := &Policy{file: r.file, top: &section{zones: map[exposure.Zone]*zoneRules{}}, profiles: maps.Clone(r.taken)}
	var document yaml.Node
	if len(bytes.TrimSpace(b)) == 0 {
		r.wrong(nil, wrongEmpty)
		return nil
	}
	if err := yaml.Load(b, &document); err != nil {
		r.syntax(err)
		return nil
	}
	if len(document.Content) == 0 {
		r.wrong(nil, wrongEmpty)
		return nil
	}
	top := document.Content[0]
	keys := r.sectionKeys(p.top, 1)
	keys["schema"] = func(n *yaml.Node) {
		if word, ok := r.scalar(n, Schema); ok && word != Schema {
			r.wrong(n, wrongSchema, "Schema", Schema).suggestion = Schema
		}
	}
	keys["hosts"] = func(n *yaml.Node) { p.hosts = r.hosts(n) }
	keys["profiles"] = func(n *yaml.Node) { r.profileMap(n, 2) }
	if !r.mapping(top, 1, "lan:", keys) {
		return nil
	}
	if len(r.problems) == 0 && len(p.hosts) == 0 && p.top.empty() {
		r.wrong(top, wrongEmpty)
	}
	maps.Copy(p.profiles, r.profiles)
	r.profilesStand(p)
	return p
}

func (s *section) empty() bool {
	return len(s.extends) == 0 && len(s.zones) == 0 && s.rest == nil && len(s.outgoing) == 0
}

// syntax tells an error of the YAML reader with its place.
func (r *reader) syntax(err error) {
	p := r.wrong(nil, wrongYAML, "Error", strings.TrimSpace(err.Error()))
	var one *yaml.LoadError
	switch {
	case strings.Contains(err.Error(), "no documents in stream"):
		p.what, p.pairs = wrongEmpty, nil
	case errors.As(err, &one):
		p.Line, p.Column = one.Mark.Line, one.Mark.Column
		p.pairs = []any{"Error", one.Message}
		if p.Line > 0 && p.Column == 0 {
			p.Column = 1
		}
	}
}

// profilesStand holds that what is extended is there and leads to no circle.
func (r *reader) profilesStand(p *Policy) {
	names := slices.Sorted(maps.Keys(p.profiles))
	extents := map[string]int{}
	for _, e := range r.extended {
		if p.profiles[e.name] == nil {
			r.wrong(e.node, wrongProfile, "Word", e.name, "Words", names).suggestion = portspec.Similar(e.name, names)
			continue
		}
		switch n := p.extent(e.name, extents); {
		case n < 0:
			r.wrong(e.node, wrongCycle, "Word", e.name)
		case n > maxExtent || len(r.extended) > maxExtent:
			r.wrong(e.node, wrongMuch)
			return
		}
	}
}

// maxExtent is how many profiles one may extend, those of those counted: two
// that extend two that extend two are soon a million.
const maxExtent = 100

// extent is how many profiles a profile is laid together of, itself counted, no
// more than just too many; −1 when it comes back to itself.
func (p *Policy) extent(name string, known map[string]int) int {
	if n, ok := known[name]; ok {
		return n
	}
	known[name] = -1 // until all that it extends are known, it is on the way
	n := 1
	if s := p.profiles[name]; s != nil {
		for _, next := range s.extends {
			more := p.extent(next, known)
			if more < 0 {
				return -1
			}
			n = min(n+more, maxExtent+1)
		}
	}
	known[name] = n
	return n
}

// follow resolves an alias. It counts what is read, so that no file is read for
// ever.
func (r *reader) follow(n *yaml.Node, depth int) (*yaml.Node, bool) {
	r.nodes++
	if r.nodes > maxNodes || r.ports > maxPorts {
		r.wrong(n, wrongMuch)
		r.spent = true
		return n, false
	}
	if depth > maxDepth {
		r.wrong(n, wrongDeep)
		return n, false
	}
	if n.Kind == yaml.AliasNode {
		return n.Alias, n.Alias != nil
	}
	return n, true
}

func null(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// mapping reads keys with their values; what is no such thing is a problem.
func (r *reader) mapping(n *yaml.Node, depth int, example string, keys map[string]func(*yaml.Node)) bool {
	words := slices.Sorted(maps.Keys(keys))
	return r.pairs(n, depth, example, func(key, value *yaml.Node) {
		if read := keys[key.Value]; read != nil {
			read(value)
			return
		}
		r.wrong(key, wrongKey, "Key", key.Value, "Words", words).suggestion = portspec.Similar(strings.ToLower(key.Value), words)
	})
}

// pairs calls f for each key with its value; a key that stands twice is a
// problem.
func (r *reader) pairs(n *yaml.Node, depth int, example string, f func(key, value *yaml.Node)) bool {
	n, ok := r.follow(n, depth)
	if !ok {
		return false
	}
	if null(n) {
		return true
	}
	if n.Kind != yaml.MappingNode {
		r.wrong(n, wrongMap, "Example", example)
		return false
	}
	first := map[string]int{}
	for i := 0; i+1 < len(n.Content) && !r.spent; i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind == yaml.AliasNode && key.Alias != nil {
			key = key.Alias
		}
		if key.Kind != yaml.ScalarNode {
			r.wrong(key, wrongScalar, "Example", example)
			continue
		}
		if line, double := first[key.Value]; double {
			r.wrong(key, wrongDouble, "Key", key.Value, "Line", line)
			continue
		}
		first[key.Value] = key.Line
		f(key, value)
	}
	return true
}

// scalar reads one word.
func (r *reader) scalar(n *yaml.Node, example string) (string, bool) {
	n, ok := r.follow(n, 0)
	if !ok {
		return "", false
	}
	if n.Kind != yaml.ScalarNode || null(n) || n.Value == "" {
		r.wrong(n, wrongScalar, "Example", example)
		return "", false
	}
	return n.Value, true
}

// word reads one of a few words; an empty list takes any.
func (r *reader) word(n *yaml.Node, words []string) (string, bool) {
	example := "…"
	if len(words) > 0 {
		example = words[0]
	}
	word, ok := r.scalar(n, example)
	if ok && len(words) > 0 && !slices.Contains(words, word) {
		r.wrong(n, wrongWord, "Word", word, "Words", words).suggestion = portspec.Similar(strings.ToLower(word), words)
		return "", false
	}
	return word, ok
}

// list calls f for each item of a list, or for the one thing that stands
// instead of a list.
func (r *reader) list(n *yaml.Node, depth int, f func(*yaml.Node)) {
	at, ok := r.follow(n, depth)
	switch {
	case !ok || null(at):
	case at.Kind == yaml.SequenceNode:
		for _, item := range at.Content {
			if r.spent {
				return
			}
			f(item)
		}
	default:
		f(at)
	}
}

// zonesOf are the zones that a key of a section stands for.
var zonesOf = map[string][]exposure.Zone{
	"loopback":    {exposure.ZoneLoopback},
	"lan":         {exposure.ZoneLAN},
	"internet":    {exposure.ZoneInternetV4, exposure.ZoneInternetV6},
	"internet-v4": {exposure.ZoneInternetV4},
	"internet-v6": {exposure.ZoneInternetV6},
}

var (
	expectations = []string{string(exposure.ExpectOpen), string(exposure.ExpectClosed), string(exposure.ExpectStealth), string(exposure.ExpectAny)}
	restWords    = expectations[1:]
)

// sectionKeys are the keys that a section may have wherever it stands.
func (r *reader) sectionKeys(s *section, depth int) map[string]func(*yaml.Node) {
	keys := map[string]func(*yaml.Node){
		"extends": func(n *yaml.Node) {
			r.list(n, depth+1, func(item *yaml.Node) {
				if name, ok := r.scalar(item, "home-pc"); ok {
					s.extends = append(s.extends, name)
					r.extended = append(r.extended, extension{name, item})
				}
			})
		},
		"rest":     func(n *yaml.Node) { s.rest = r.rest(n) },
		"outgoing": func(n *yaml.Node) { s.outgoing = r.zone(n, depth+1, true).entries },
	}
	for key, zones := range zonesOf {
		keys[key] = func(n *yaml.Node) {
			rules := r.zone(n, depth+1, false)
			for _, z := range zones {
				known := s.zones[z]
				if known == nil {
					known = &zoneRules{}
					s.zones[z] = known
				}
				// internet-v4 says more than internet, whichever stands first.
				if key == "internet" {
					known.entries = append(slices.Clone(rules.entries), known.entries...)
					if known.rest == nil {
						known.rest = rules.rest
					}
				} else {
					known.entries = append(known.entries, rules.entries...)
					if rules.rest != nil {
						known.rest = rules.rest
					}
				}
			}
		}
	}
	return keys
}

func (r *reader) rest(n *yaml.Node) *restRule {
	word, ok := r.word(n, restWords)
	if !ok {
		return nil
	}
	return &restRule{exposure.Expectation(word), r.from(n)}
}

// zone reads what is expected in one zone.
func (r *reader) zone(n *yaml.Node, depth int, outgoing bool) *zoneRules {
	z := &zoneRules{}
	keys := map[string]func(*yaml.Node){}
	words := expectations
	if outgoing {
		words = expectations[:2] // what is let out, and what must not be
	} else {
		keys["rest"] = func(n *yaml.Node) { z.rest = r.rest(n) }
	}
	first := map[portKey]placed{}
	for _, word := range words {
		keys[word] = func(n *yaml.Node) {
			r.list(n, depth+1, func(item *yaml.Node) {
				if e := r.entry(item, depth+2, exposure.Expectation(word), outgoing); e != nil {
					r.contradicts(item, e, first)
					z.entries = append(z.entries, e)
				}
			})
		}
	}
	r.mapping(n, depth, "open: [22]", keys)
	return z
}

// placed is what a port is to be, and on which line that stands first.
type placed struct {
	expect exposure.Expectation
	line   int
	ranged bool
}

// contradicts holds that no port is to be two things at one place. A port that is
// named by itself is an exception of a range.
func (r *reader) contradicts(n *yaml.Node, e *entry, first map[portKey]placed) {
	told := false
	e.each(func(t exposure.Transport, port uint16) {
		key := portKey{t, port}
		was, known := first[key]
		switch {
		case !known || was.ranged && !e.ranged():
			first[key] = placed{e.expect, n.Line, e.ranged()}
		case was.expect != e.expect && was.ranged == e.ranged() && !told:
			told = true
			r.wrong(n, wrongBoth, "Port", fmt.Sprintf("%d/%s", port, t), "Expect", string(e.expect), "Other", string(was.expect), "Line", was.line)
		}
	})
}

// entry reads one port, a list of ports in one word, or a port with what its
// service must be.
func (r *reader) entry(item *yaml.Node, depth int, expect exposure.Expectation, outgoing bool) *entry {
	n, ok := r.follow(item, depth)
	if !ok {
		return nil
	}
	e := &entry{expect: expect, from: r.from(item)}
	switch {
	case n.Kind == yaml.ScalarNode && !null(n):
		r.portList(n, e)
	case n.Kind == yaml.MappingNode:
		if !r.entryKeys(n, depth, e, outgoing) {
			return nil
		}
	default:
		r.wrong(n, wrongEntry)
		return nil
	}
	r.ports += len(e.tcp) + len(e.udp)
	return e
}

func (r *reader) entryKeys(n *yaml.Node, depth int, e *entry, outgoing bool) bool {
	named, before := false, len(r.problems)
	ports := func(n *yaml.Node) {
		named = true
		r.list(n, depth+1, func(item *yaml.Node) {
			if item, ok := r.follow(item, depth+1); !ok || item.Kind != yaml.ScalarNode || null(item) {
				r.wrong(item, wrongEntry)
			} else {
				r.portList(item, e)
			}
		})
	}
	keys := map[string]func(*yaml.Node){
		"port": ports, "ports": ports,
		"note": func(n *yaml.Node) { _, _ = r.scalar(n, "why") }, // for people who read the file
		"to": func(n *yaml.Node) {
			if !outgoing {
				r.wrong(n, wrongTo)
				return
			}
			if word, ok := r.scalar(n, "192.0.2.1"); ok {
				if _, err := hostWord(word); err != nil || strings.Contains(word, "/") || word == thisMachine {
					r.wrong(n, wrongHost, "Word", word)
					return
				}
				e.to = word
			}
		},
	}
	for key, read := range r.needKeys(&e.needs, depth) {
		keys[key] = func(n *yaml.Node) {
			switch {
			case outgoing:
				r.wrong(n, wrongInward, "Key", key)
			case e.expect != exposure.ExpectOpen && e.expect != exposure.ExpectAny:
				r.wrong(n, wrongNeeds, "Key", key)
			default:
				read(n)
			}
		}
	}
	if !r.mapping(n, depth, "port: 22", keys) {
		return false
	}
	if !named && len(r.problems) == before {
		r.wrong(n, wrongNoPort)
	}
	return named
}

// needKeys are the keys that say what a service must be.
func (r *reader) needKeys(needs *needs, depth int) map[string]func(*yaml.Node) {
	severities := []string{exposure.Info.String(), exposure.Low.String(), exposure.Medium.String(), exposure.High.String()}
	return map[string]func(*yaml.Node){
		"protocol": func(n *yaml.Node) {
			word, ok := r.scalar(n, "ssh")
			if ok && len(r.known.Protocols) > 0 && !slices.Contains(r.known.Protocols, word) && overTLS[word] == "" {
				words := append(slices.Collect(maps.Keys(overTLS)), r.known.Protocols...)
				slices.Sort(words)
				r.wrong(n, wrongProtocol, "Word", word).suggestion = portspec.Similar(strings.ToLower(word), words)
			}
			needs.protocol = word
		},
		"product": func(n *yaml.Node) { needs.product, _ = r.scalar(n, "nginx") },
		"tls": func(n *yaml.Node) {
			word, _ := r.word(n, []string{string(tlsRequired), string(tlsImplicit), string(tlsStart), string(tlsNone)})
			needs.tls = tlsNeed(word)
		},
		"tls-min": func(n *yaml.Node) { needs.oldest, _ = r.word(n, []string{"1.0", "1.1", "1.2", "1.3"}) },
		"certificate-days": func(n *yaml.Node) {
			word, ok := r.scalar(n, "14")
			if days, err := strconv.Atoi(word); ok && (err != nil || days < 1 || days > 3650) {
				r.wrong(n, wrongDays, "Word", word)
			} else {
				needs.days = days
			}
		},
		"without": func(n *yaml.Node) {
			r.list(n, depth+1, func(item *yaml.Node) {
				word, ok := r.scalar(item, "smtp-open-relay")
				if ok && len(r.known.Rules) > 0 && !slices.Contains(r.known.Rules, word) {
					r.wrong(item, wrongRule, "Word", word).suggestion = portspec.Similar(strings.ToLower(word), r.known.Rules)
				}
				needs.without = append(needs.without, word)
			})
		},
		"worst": func(n *yaml.Node) {
			if word, ok := r.word(n, severities); ok {
				s := exposure.Severity(slices.Index(severities, word))
				needs.worst = &s
			}
		},
	}
}

// hosts reads the hosts with their sections, in the order of the file.
func (r *reader) hosts(n *yaml.Node) []*hostSection {
	var list []*hostSection
	r.pairs(n, 2, "this-machine:", func(key, value *yaml.Node) {
		h, err := hostWord(key.Value)
		if err != nil {
			r.wrong(key, wrongHost, "Word", key.Value).suggestion = portspec.Similar(strings.ToLower(key.Value), []string{thisMachine})
			return
		}
		h.from, h.zones = r.from(key), map[exposure.Zone]*zoneRules{}
		r.mapping(value, 3, "lan:", r.sectionKeys(&h.section, 3))
		list = append(list, h)
	})
	return list
}

// hostWord reads how a host is written.
func hostWord(word string) (*hostSection, error) {
	if prefix, err := netip.ParsePrefix(word); err == nil {
		return &hostSection{prefix: prefix.Masked()}, nil
	}
	if address, err := netip.ParseAddr(strings.Trim(word, "[]")); err == nil {
		address = address.Unmap().WithZone("")
		return &hostSection{prefix: netip.PrefixFrom(address, address.BitLen())}, nil
	}
	name := strings.ToLower(strings.TrimSuffix(word, "."))
	last := name[strings.LastIndexByte(name, '.')+1:]
	if name == "" || len(name) > 253 || last == "" || last[0] >= '0' && last[0] <= '9' ||
		strings.ContainsFunc(name, func(r rune) bool {
			return r <= ' ' || r == 0x7f || strings.ContainsRune(`/\:@"'#%*?,;<>[]{}()|`, r)
		}) {
		return nil, fmt.Errorf("%q is no host", word)
	}
	return &hostSection{name: name}, nil
}

// profileMap reads profiles by name.
func (r *reader) profileMap(n *yaml.Node, depth int) {
	r.pairs(n, depth, "my-office:", func(key, value *yaml.Node) {
		if r.taken[key.Value] != nil {
			r.wrong(key, wrongBuiltin, "Word", key.Value)
			return
		}
		s := &section{zones: map[exposure.Zone]*zoneRules{}}
		r.mapping(value, depth+1, "lan:", r.sectionKeys(s, depth+1))
		r.profiles[key.Value] = s
	})
}
