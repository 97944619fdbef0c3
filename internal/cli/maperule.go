package cli

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"sekisho/internal/portspec"
	"sekisho/internal/wire/mape"
)

// maxRuleFile is the most bytes that a file of --map-e-rule may have, and
// mostRules the most rules.
const (
	maxRuleFile = 64 << 10
	mostRules   = 256
)

// mapRule is a rule of MAP-E as a file has it, with the prefix of the household
// where the file names that too.
type mapRule struct {
	mape.Rule
	own netip.Prefix
}

// The keys of a rule.
var mapRuleKeys = []string{"border-relay", "ea-length", "ipv4-prefix", "ipv6-prefix", "own-prefix", "psid", "psid-length", "psid-offset"}

// mapRules reads a file of --map-e-rule: the keys of one rule, or a list of rules
// under the key rules.
func (a *app) mapRules(path string) ([]mapRule, error) {
	b, err := readBounded(path, maxRuleFile)
	if err != nil {
		return nil, a.fail(exitUsage, "cli.map-rule-unread", "Path", path, "Error", reason(err))
	}
	return a.parsedMapRules(path, b)
}

func (a *app) parsedMapRules(path string, b []byte) ([]mapRule, error) {
	r := mapRuleReader{app: a, path: path}
	var document yaml.Node
	if err := yaml.Load(b, &document); err != nil {
		var one *yaml.LoadError
		if errors.As(err, &one) {
			return nil, r.app.fail(exitUsage, "cli.map-rule-yaml", "Place", r.at(&yaml.Node{Line: one.Mark.Line, Column: max(1, one.Mark.Column)}), "Error", oneLine(one.Message))
		}
		return nil, r.app.fail(exitUsage, "cli.map-rule-yaml", "Place", r.at(nil), "Error", oneLine(err.Error()))
	}
	if len(document.Content) == 0 {
		return nil, r.app.fail(exitUsage, "cli.map-rule-map", "Place", r.at(nil))
	}
	top := document.Content[0]
	list := []*yaml.Node{top}
	if top.Kind == yaml.MappingNode && len(top.Content) == 2 && top.Content[0].Value == "rules" {
		if rules := top.Content[1]; rules.Kind != yaml.SequenceNode || len(rules.Content) == 0 || len(rules.Content) > mostRules {
			return nil, r.app.fail(exitUsage, "cli.map-rule-list", "Place", r.at(rules), "Limit", mostRules)
		}
		list = top.Content[1].Content
	}
	var rules []mapRule
	for _, n := range list {
		rule, err := r.rule(n)
		if err != nil {
			return nil, err
		}
		rules = append(rules, rule)
	}
	return rules, nil
}

// mapRuleReader reads one file.
type mapRuleReader struct {
	app  *app
	path string
}

// at is a place of the file, as editors and compilers write it.
func (r mapRuleReader) at(n *yaml.Node) string {
	if n == nil || n.Line == 0 {
		return r.path
	}
	return fmt.Sprintf("%s:%d:%d", r.path, n.Line, n.Column)
}

func (r mapRuleReader) rule(n *yaml.Node) (mapRule, error) {
	rule := mapRule{Rule: mape.Rule{Offset: mape.DefaultOffset}}
	if n.Kind != yaml.MappingNode {
		return rule, r.app.fail(exitUsage, "cli.map-rule-map", "Place", r.at(n))
	}
	seen := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case key.Kind != yaml.ScalarNode || !slices.Contains(mapRuleKeys, key.Value):
			if near := portspec.Similar(strings.ToLower(key.Value), append([]string{"rules"}, mapRuleKeys...)); near != "" {
				return rule, r.app.fail(exitUsage, "cli.map-rule-key-near", "Place", r.at(key), "Key", quoted(key.Value), "Near", near)
			}
			return rule, r.app.fail(exitUsage, "cli.map-rule-key", "Place", r.at(key), "Key", quoted(key.Value), "Keys", strings.Join(mapRuleKeys, ", "))
		case seen[key.Value] != nil:
			return rule, r.app.fail(exitUsage, "cli.map-rule-double", "Place", r.at(key), "Key", key.Value, "Line", seen[key.Value].Line)
		}
		seen[key.Value] = key
		if err := r.value(&rule, key.Value, value); err != nil {
			return rule, err
		}
	}
	for _, key := range []string{"ipv6-prefix", "ipv4-prefix", "ea-length"} {
		if seen[key] == nil {
			return rule, r.app.fail(exitUsage, "cli.map-rule-missing", "Place", r.at(n), "Key", key)
		}
	}
	if _, err := rule.Derive(netip.PrefixFrom(rule.IPv6.Addr(), 128)); err != nil {
		return rule, r.app.fail(exitUsage, "cli.map-rule-wrong", "Place", r.at(n), "Error", r.app.ruleProblem(err))
	}
	if rule.own.IsValid() {
		if _, err := rule.Derive(rule.own); err != nil {
			return rule, r.app.fail(exitUsage, "cli.map-rule-wrong", "Place", r.at(seen["own-prefix"]), "Error", r.app.ruleProblem(err))
		}
	}
	return rule, nil
}

// value reads what stands behind a key.
func (r mapRuleReader) value(rule *mapRule, key string, n *yaml.Node) error {
	if n.Kind != yaml.ScalarNode {
		return r.app.fail(exitUsage, "cli.map-rule-value", "Place", r.at(n), "Key", key, "Value", "…")
	}
	var err error
	switch key {
	case "ipv6-prefix":
		rule.IPv6, err = netip.ParsePrefix(n.Value)
	case "ipv4-prefix":
		rule.IPv4, err = netip.ParsePrefix(n.Value)
	case "own-prefix":
		rule.own, err = netip.ParsePrefix(n.Value)
	case "border-relay":
		rule.Relay, err = netip.ParseAddr(n.Value)
	case "ea-length":
		rule.EA, err = small(n.Value)
	case "psid-offset":
		rule.Offset, err = small(n.Value)
	case "psid-length":
		rule.PSIDLength, err = small(n.Value)
	case "psid":
		var psid uint64
		psid, err = strconv.ParseUint(n.Value, 0, 16)
		rule.PSID = uint16(psid)
	}
	if err != nil {
		return r.app.fail(exitUsage, "cli.map-rule-value", "Place", r.at(n), "Key", key, "Value", quoted(n.Value))
	}
	return nil
}

// small reads a number of bits.
func small(s string) (int, error) {
	n, err := strconv.ParseUint(s, 10, 8)
	return int(n), err
}

// ruleProblem says what is wrong with a rule.
func (a *app) ruleProblem(err error) string {
	switch {
	case errors.Is(err, mape.ErrPrefix6):
		return a.say.Say("map-rule.prefix6")
	case errors.Is(err, mape.ErrPrefix4):
		return a.say.Say("map-rule.prefix4")
	case errors.Is(err, mape.ErrEA):
		return a.say.Say("map-rule.ea")
	case errors.Is(err, mape.ErrOffset):
		return a.say.Say("map-rule.offset")
	case errors.Is(err, mape.ErrPSID):
		return a.say.Say("map-rule.psid")
	case errors.Is(err, mape.ErrConflict):
		return a.say.Say("map-rule.conflict")
	case errors.Is(err, mape.ErrShort):
		return a.say.Say("map-rule.short")
	}
	return a.say.Say("map-rule.other")
}
