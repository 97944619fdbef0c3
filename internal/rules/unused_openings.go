package rules

import (
	"fmt"
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

// unusedOpenings are rules of the machine's own packet filter that let newcomers in
// to a port on which nothing listens.
func (s subject) unusedOpenings() []ruling {
	var found []ruling
	for _, o := range s.Openings {
		if o.Transport != s.Transport || o.First != s.Port.Port || slices.ContainsFunc(s.Bound, o.Serves) {
			continue
		}
		ports := fmt.Sprint(o.First)
		if o.Last != o.First {
			ports += "-" + fmt.Sprint(o.Last)
		}
		rule := strings.TrimSpace(o.Rule.Table.Terminal() + " " + o.Rule.Chain.Terminal() + ": " + o.Rule.Text.Terminal())
		pairs := []any{"Transport", o.Transport.String(), "Ports", ports, "Rule", rule, "To", o.To, "Product", o.Product, "Lines", strings.Join(o.Remove, "\n")}
		evidence := say(lang.Text{
			EN: "The firewall lets {{.Transport}} port {{.Ports}} in, and nothing listens there for others ({{.Rule}}).",
			JA: "ファイアウォールは {{.Transport}} の {{.Ports}} 番を許可していますが、外から届く待ち受けがありません({{.Rule}})。",
		}, pairs...)
		if o.To.IsValid() {
			evidence = say(lang.Text{
				EN: "The firewall sends {{.Transport}} port {{.Ports}} on to {{.To}}, where nothing listens ({{.Rule}}).",
				JA: "ファイアウォールは {{.Transport}} の {{.Ports}} 番を {{.To}} へ転送しますが、そこに待ち受けがありません({{.Rule}})。",
			}, pairs...)
		}
		remedy := say(lang.Text{
			EN: "If no program is to have it, take the rule away ({{.Product}}):\n{{.Lines}}",
			JA: "使う予定がなければ、規則を外します({{.Product}})。\n{{.Lines}}",
		}, pairs...)
		if o.Product == "nftables" || o.Product == "iptables" {
			remedy = say(lang.Text{
				EN: "If no program is to have it, take the rule away ({{.Product}}), and out of the file that it is loaded from:\n{{.Lines}}",
				JA: "使う予定がなければ、規則を外します({{.Product}})。規則を読み込むファイルからも消します。\n{{.Lines}}",
			}, pairs...)
		}
		if !o.Alone {
			remedy = say(lang.Text{
				EN: "If no program is to have it, take the port out of the rule, which is about other ports too ({{.Product}}):\n{{.Lines}}",
				JA: "使う予定がなければ、規則からこのポートを外します。ほかのポートも含む規則です({{.Product}})。\n{{.Lines}}",
			}, pairs...)
		}
		found = append(found, ruling{exposure.Low, evidence, say(lang.Text{
			EN: "An opening that nobody uses is often forgotten, and whatever program takes the port some day is open to others at once.",
			JA: "使われていない許可は忘れられがちです。いつか別のプログラムがそのポートを使うと、意図しないまま外に公開されます。",
		}), []said{remedy}})
	}
	return found
}
