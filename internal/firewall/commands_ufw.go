package firewall

import (
	"fmt"

	"sekisho/internal/lang"
)

// ufw writes the commands of ufw, which holds both families by itself.
func (o *order) ufw() {
	switch o.Action {
	case ActionOpen:
		o.step(lang.Text{
			EN: "Let it in (ufw keeps the rule over a restart):",
			JA: "許可します(ufw は再起動後も規則を保ちます)。",
		}, o.each(func(p CommandPort) []string { return o.ufwRules("ufw allow", p, true) })...)
		o.as(RoleDo)
		o.step(lang.Text{
			EN: "If a rule above it denies the port, take that one away; \"Could not delete non-existent rule\" means there was none:",
			JA: "先に評価される拒否規則があれば外します。「存在しないルールは削除できませんでした」と出れば、拒否規則はありません。",
		}, o.each(func(p CommandPort) []string { return o.ufwRules("ufw delete deny", p, false) })...)
		o.as(RoleDo)
	case ActionClose:
		o.step(lang.Text{
			EN: "Take the rule away that lets it through:",
			JA: "許可している規則を外します。",
		}, o.each(func(p CommandPort) []string { return o.ufwRules("ufw delete allow", p, false) })...)
		o.as(RoleDo)
		o.step(lang.Text{
			EN: "If another rule still lets it through (a range, an application profile), deny the port before it:",
			JA: "ほかの規則(範囲指定やアプリケーション用の規則)でまだ許可されているときは、その前に拒否規則を置きます。",
		}, o.each(func(p CommandPort) []string { return o.ufwRules("ufw prepend deny", p, false) })...)
		o.as(RoleIfYet)
	}
	o.step(lang.Text{
		EN: "See the rules:",
		JA: "規則を確かめます。",
	}, "ufw status numbered")
}

// ufwRules are the rules for one port, one for each network.
func (o *order) ufwRules(verb string, p CommandPort, named bool) []string {
	comment := ""
	if named {
		comment = " comment " + shellQuote(o.allowed(p))
	}
	var peers []string
	for _, n := range o.peers() {
		peers = append(peers, n.String())
	}
	if peers == nil {
		peers = []string{"any"}
	}
	var lines []string
	for _, peer := range peers {
		line := fmt.Sprintf("%s from %s to any port %d proto %s%s", verb, peer, p.Port, p.Transport, comment)
		if o.Out {
			line = fmt.Sprintf("%s out to %s port %d proto %s%s", verb, peer, p.Port, p.Transport, comment)
		}
		lines = append(lines, line)
	}
	return lines
}
