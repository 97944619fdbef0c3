package diagnose

import (
	"regexp"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

// plainNames are what tables and chains are called by people, fit to be typed.
var plainNames = regexp.MustCompile(`^[A-Za-z0-9_. /-]+$`)

// thatRule is the step that takes away the very rule that keeps newcomers out. A
// rule before others that lets the port in does not help against one that drops
// at the interface, before routing, or what is answered. It is false for rules
// that a program makes: those come back.
func (c Case) thatRule() (said, bool) {
	a, ok := c.answer()
	if !ok || len(a.Rules) == 0 || a.Verdict == exposure.FirewallAccept || a.Verdict == exposure.FirewallCannotSay {
		return said{}, false
	}
	r := a.Rules[len(a.Rules)-1]
	table, chain := r.Table.Terminal(), r.Chain.Terminal()
	if r.Handle == 0 || !plainNames.MatchString(table+chain) || strings.HasPrefix(chain, "ufw") || strings.Contains(table, "firewalld") {
		return said{}, false
	}
	pairs := append(c.pairs(), "Table", table, "Chain", chain, "Handle", r.Handle, "Text", r.Text.Terminal())
	if tool, name, saved := strings.Cut(table, " "); strings.HasSuffix(tool, "tables") {
		if !saved {
			return said{}, false
		}
		pairs = append(pairs, "Tool", tool, "Name", name)
		return say(lang.Text{
			EN: "Where that does not help, the rule stands in another place ({{.Chain}} of {{.Name}}: {{.Text}}). See it, and take it away by its number:\n{{.Tool}} -t {{.Name}} -nvL {{.Chain}} --line-numbers\n{{.Tool}} -t {{.Name}} -D {{.Chain}} {{.Handle}}",
			JA: "それでも開かない場合は、別の場所の規則({{.Name}} の {{.Chain}}: {{.Text}})が止めています。確かめて、番号で削除します。\n{{.Tool}} -t {{.Name}} -nvL {{.Chain}} --line-numbers\n{{.Tool}} -t {{.Name}} -D {{.Chain}} {{.Handle}}",
		}, pairs...), true
	}
	return say(lang.Text{
		EN: "Where that does not help, the rule stands in another place ({{.Table}} {{.Chain}}: {{.Text}}). See it, and take it away by its number; take it out of /etc/nftables.conf too, or it comes back:\nnft -a list chain {{.Table}} {{.Chain}}\nnft delete rule {{.Table}} {{.Chain}} handle {{.Handle}}",
		JA: "それでも開かない場合は、別の場所の規則({{.Table}} {{.Chain}}: {{.Text}})が止めています。確かめて、番号で削除します(/etc/nftables.conf からも消さないと、再起動で戻ります)。\nnft -a list chain {{.Table}} {{.Chain}}\nnft delete rule {{.Table}} {{.Chain}} handle {{.Handle}}",
	}, pairs...), true
}
