package firewall

import (
	"fmt"

	"sekisho/internal/lang"
)

// nftables writes the commands of nft. A rule that lets in is put before all others
// of its chain, so that no drop comes before it.
func (o *order) nftables() {
	if o.Bare && o.Action != ActionShow {
		o.bare()
		return
	}
	if len(o.Places) == 0 && o.Action != ActionShow {
		o.step(lang.Text{
			EN: "See the chains. The commands below are for the table inet filter and its chain input or output; where yours has other names, put those in their place:",
			JA: "チェーンを確かめます。下のコマンドは、テーブル inet filter のチェーン input(送信は output)の場合です。違う名前であれば読み替えてください。",
		}, "nft list chains")
	}
	switch o.Action {
	case ActionOpen:
		o.step(lang.Text{
			EN: "Let it in, before the rules that are there:",
			JA: "今ある規則の前に、許可の規則を入れます。",
		}, o.nftEach(func(at Place, p CommandPort) []string { return o.nftInsert(at, p, "accept", o.allowed(p)) })...)
		o.as(RoleDo)
		o.step(lang.Text{
			EN: "So that it stays after a restart, write these lines into the chain in /etc/nftables.conf, before what drops, and check the file:",
			JA: "再起動後も有効にするには、/etc/nftables.conf の同じチェーンで、破棄する規則より前に次の行を書き加え、ファイルを検査します。",
		}, append(o.nftEach(func(at Place, p CommandPort) []string { return o.nftRules(at, p, "accept", o.allowed(p)) }), "nft -c -f /etc/nftables.conf")...)
		o.as(RoleKeep)
	case ActionClose:
		o.step(lang.Text{
			EN: "Take the rule away that sekisho's command put in:",
			JA: "sekisho のコマンドで入れた許可の規則を外します。",
		}, o.nftEach(func(at Place, p CommandPort) []string {
			return []string{fmt.Sprintf(`nft -a list chain %s | sed -n %s | while read -r n; do nft delete rule %s handle "$n"; done`,
				at, shellQuote(fmt.Sprintf(`s/.*%s dport %d .*comment "`, p.Transport, p.Port)+pattern(o.allowed(p))+o.rest(`"`)+`" # handle \([0-9]*\)$/\1/p`), at)}
		})...)
		o.as(RoleDo)
		o.step(lang.Text{
			EN: "If another rule lets it through, keep it out before all others:",
			JA: "ほかの規則で許可されているときは、すべての規則の前に拒否の規則を入れます。",
		}, o.nftEach(func(at Place, p CommandPort) []string { return o.nftInsert(at, p, "drop", o.denied(p)) })...)
		o.as(RoleIfYet)
		o.step(lang.Text{
			EN: "So that it stays so after a restart, take the line that lets it through out of /etc/nftables.conf as well, and check the file:",
			JA: "再起動後も有効にするには、/etc/nftables.conf からも許可の行を消し、ファイルを検査します。",
		}, "nft -c -f /etc/nftables.conf")
		o.as(RoleKeep)
	}
	lines := o.nftPlaces(func(at Place) string { return "nft -a list chain " + at.String() })
	if o.Action == ActionShow {
		lines = append(lines, o.each(func(p CommandPort) []string {
			return []string{fmt.Sprintf("nft -a list ruleset | grep -nw %d", p.Port)}
		})...)
	}
	o.step(lang.Text{
		EN: "See the rules; each ends with its number (handle):",
		JA: "規則を確かめます。行末の handle が規則の番号です。",
	}, lines...)
}

// String is the chain as nft takes it.
func (at Place) String() string {
	return at.Family + " " + shellQuote(at.Table) + " " + shellQuote(at.Chain)
}

func (o *order) hook() string {
	if o.Out {
		return "output"
	}
	return "input"
}

// rest is the end of a name when the rules of all zones are meant.
func (o *order) rest(end string) string {
	if o.Name == "" && o.Zone == "" {
		return "[^" + end + "]*"
	}
	return ""
}

// nftEach gathers the lines of all ports in all chains.
func (o *order) nftEach(lines func(at Place, p CommandPort) []string) []string {
	var all []string
	for _, at := range o.nftChains() {
		for _, p := range o.Ports {
			all = append(all, lines(at, p)...)
		}
	}
	return all
}

// nftInsert are the commands that put rules before all others of a chain.
func (o *order) nftInsert(at Place, p CommandPort, verdict, name string) []string {
	var lines []string
	for _, rule := range o.nftRules(at, p, verdict, name) {
		lines = append(lines, "nft insert rule "+at.String()+" "+shellQuote(rule))
	}
	return lines
}

// nftRules are the rules for one port, one for each family that has networks.
func (o *order) nftRules(at Place, p CommandPort, verdict, name string) []string {
	rule := fmt.Sprintf(`%s dport %d counter %s comment "%s"`, p.Transport, p.Port, verdict, name)
	if len(o.peers()) == 0 {
		return []string{rule}
	}
	side := "saddr"
	if o.Out {
		side = "daddr"
	}
	var rules []string
	for _, f := range []struct {
		v6        bool
		word, not string
	}{{false, "ip", "ip6"}, {true, "ip6", "ip"}} {
		if list := o.networks(f.v6); len(list) == 1 && list[0].Bits() == 0 && at.Family != f.not {
			rules = append(rules, fmt.Sprintf("%s version %d %s", f.word, map[bool]int{false: 4, true: 6}[f.v6], rule))
		} else if len(list) > 0 && at.Family != f.not {
			rules = append(rules, fmt.Sprintf("%s %s { %s } %s", f.word, side, prefixes(list, ", "), rule))
		}
	}
	return rules
}

// nftChains are the chains in which the rules have to stand.
func (o *order) nftChains() []Place {
	if len(o.Places) > 0 {
		return o.Places
	}
	return []Place{{"inet", "filter", o.hook()}}
}

func (o *order) nftPlaces(line func(Place) string) []string {
	var lines []string
	for _, at := range o.nftChains() {
		lines = append(lines, line(at))
	}
	return lines
}

// bare is for a machine without any chain for what comes in: everything is let in,
// and to keep a port out takes a table of its own.
func (o *order) bare() {
	at := Place{"inet", "sekisho", o.hook()}
	if o.Action == ActionOpen {
		o.step(lang.Text{
			EN: "No rule of this machine keeps anything out: the port is open as far as this machine goes. See the rules:",
			JA: "この機器には通信を止める規則がありません。この機器の側では、ポートは開いています。規則を確かめます。",
		}, "nft list ruleset")
		return
	}
	o.step(lang.Text{
		EN: "Nothing is filtered so far. Make a table of sekisho's own, and keep the port out there:",
		JA: "今は何も制限されていません。sekisho 用のテーブルを作り、そこでポートを拒否します。",
	}, append([]string{
		"nft add table inet sekisho",
		fmt.Sprintf("nft add chain inet sekisho %s '{ type filter hook %s priority filter; policy accept; }'", at.Chain, at.Chain),
	}, o.each(func(p CommandPort) []string { return o.nftInsert(at, p, "drop", o.denied(p)) })...)...)
	o.as(RoleDo)
	o.step(lang.Text{
		EN: "So that it stays after a restart, add the table to /etc/nftables.conf and check the file:",
		JA: "再起動後も有効にするには、テーブルを /etc/nftables.conf に書き加え、ファイルを検査します。",
	}, "nft list table inet sekisho >> /etc/nftables.conf", "nft -c -f /etc/nftables.conf")
	o.as(RoleKeep)
}
