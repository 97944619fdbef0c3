package firewall

import (
	"fmt"
	"strings"

	"sekisho/internal/lang"
)

// pf writes the commands of pf (macOS, FreeBSD, OpenBSD): each rule in an anchor
// of its own, so that it can be taken away without touching the others.
func (o *order) pf() {
	const anchor = `anchor "sekisho/*"`
	switch o.Action {
	case ActionOpen, ActionClose:
		o.step(lang.Text{
			EN: "Once only: let pf look into the anchors of sekisho, after the other anchor and filter lines of /etc/pf.conf; check the file, then load it:",
			JA: "初回のみ、pf が sekisho のアンカーを見るようにします。/etc/pf.conf のほかのアンカーとフィルター規則の後に書き加え、検査してから読み込みます。",
		}, fmt.Sprintf("grep -qxF %s /etc/pf.conf || echo %s >> /etc/pf.conf", shellQuote(anchor), shellQuote(anchor)), "pfctl -nf /etc/pf.conf", "pfctl -f /etc/pf.conf")
	}
	switch o.Action {
	case ActionOpen:
		o.step(lang.Text{
			EN: "Let it in (a quick rule before this one would still win):",
			JA: "許可します(これより前に quick の付いた規則があれば、そちらが優先されます)。",
		}, o.each(func(p CommandPort) []string { return []string{o.pfLoad(p, "pass", o.allowed(p))} })...)
	case ActionClose:
		o.step(lang.Text{
			EN: "Take the rule away:",
			JA: "規則を外します。",
		}, o.each(func(p CommandPort) []string {
			return each(o.names(p), func(name string) string { return "pfctl -a " + o.pfAnchor(p, name) + " -F rules" })
		})...)
		o.step(lang.Text{
			EN: "If another rule still lets it through, keep it out:",
			JA: "ほかの規則でまだ許可されているときは、拒否します。",
		}, o.each(func(p CommandPort) []string { return []string{o.pfLoad(p, "block drop", o.denied(p))} })...)
	}
	if o.Action != ActionShow {
		o.step(lang.Text{
			EN: "What is loaded so is gone after a restart. To keep it, write these lines into /etc/pf.conf in the place of the anchor:",
			JA: "読み込んだ規則は再起動で消えます。残すには、アンカーの代わりに次の行を /etc/pf.conf に書きます。",
		}, o.each(func(p CommandPort) []string {
			if o.Action == ActionClose {
				return []string{o.pfRule(p, "block drop", o.denied(p))}
			}
			return []string{o.pfRule(p, "pass", o.allowed(p))}
		})...)
	}
	o.step(lang.Text{EN: "See the rules:", JA: "規則を確かめます。"}, "pfctl -s info", "pfctl -s rules", "pfctl -a 'sekisho/*' -s rules")
	o.step(lang.Text{
		EN: "macOS has a second firewall that lets in by program and not by port. See which programs it knows:",
		JA: "macOS には、ポートではなくアプリケーションごとに許可する別のファイアウォールもあります。登録されたアプリケーションを確かめます。",
	}, "/usr/libexec/ApplicationFirewall/socketfilterfw --getglobalstate", "/usr/libexec/ApplicationFirewall/socketfilterfw --listapps")
}

// pfAnchor is the anchor of a rule: what is loaded into one replaces what was
// there, so each port has its own.
func (o *order) pfAnchor(p CommandPort, name string) string {
	if o.Name != "" {
		name = fmt.Sprintf("%s %d-%s", name, p.Port, p.Transport)
	}
	return shellQuote("sekisho/" + strings.ReplaceAll(name, "/", "-"))
}

func (o *order) pfLoad(p CommandPort, action, name string) string {
	return "echo " + shellQuote(o.pfRule(p, action, name)) + " | pfctl -a " + o.pfAnchor(p, name) + " -f -"
}

func (o *order) pfRule(p CommandPort, action, name string) string {
	peers := "any"
	if list := o.peers(); len(list) > 0 {
		peers = "{ " + prefixes(list, ", ") + " }"
	}
	if o.Out {
		return fmt.Sprintf(`%s out quick proto %s from any to %s port %d label "%s"`, action, p.Transport, peers, p.Port, name)
	}
	return fmt.Sprintf(`%s in quick proto %s from %s to any port %d label "%s"`, action, p.Transport, peers, p.Port, name)
}
