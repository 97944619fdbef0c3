package firewall

import (
	"fmt"
	"strings"

	"sekisho/internal/lang"
)

// firewalld writes the commands of firewalld for the default zone.
func (o *order) firewalld() {
	if o.Action != ActionShow && !o.Out && o.FirewalldZone == "" {
		o.step(lang.Text{
			EN: "See which zone the interface is in; if it is not the default zone, add --zone=NAME to each command below:",
			JA: "インターフェースがどのゾーンにあるか確かめます。既定のゾーンでなければ、下の各コマンドに --zone=ゾーン名 を付けます。",
		}, "firewall-cmd --get-default-zone", "firewall-cmd --get-active-zones")
	}
	switch o.Action {
	case ActionOpen:
		o.step(lang.Text{
			EN: "Let it in, now and after a restart:",
			JA: "許可します(再起動後も有効)。",
		}, append(o.each(func(p CommandPort) []string { return o.firewalldAllow("add", p) }), "firewall-cmd --reload")...)
		o.as(RoleDo)
		o.step(lang.Text{
			EN: "If a rich rule denies the port, it comes first. Take it away; NOT_ENABLED means there was none:",
			JA: "拒否のリッチルールがあると、そちらが優先されます。あれば外します。NOT_ENABLED と出れば、ありません。",
		}, append(o.each(func(p CommandPort) []string { return o.firewalldDeny("remove", p) }), "firewall-cmd --reload")...)
		o.as(RoleDo)
	case ActionClose:
		o.step(lang.Text{
			EN: "Take the rule away that lets it through; NOT_ENABLED means there was none:",
			JA: "許可している規則を外します。NOT_ENABLED と出れば、もともとありません。",
		}, append(o.each(func(p CommandPort) []string { return o.firewalldAllow("remove", p) }), "firewall-cmd --reload")...)
		o.as(RoleDo)
		o.step(lang.Text{
			EN: "If it is still let in (as a service, in a range of ports), deny it; such a rule comes first:",
			JA: "サービス名や範囲指定でまだ許可されているときは、拒否します。拒否の規則が優先されます。",
		}, append(o.each(func(p CommandPort) []string { return o.firewalldDeny("add", p) }), "firewall-cmd --reload")...)
		o.as(RoleIfYet)
	}
	lines := []string{"firewall-cmd" + o.firewalldZone() + " --list-all"}
	if o.Out {
		lines = []string{"firewall-cmd --direct --get-all-rules", "firewall-cmd --list-all-policies"}
	} else if o.Action == ActionShow {
		lines = append(o.each(func(p CommandPort) []string {
			return []string{fmt.Sprintf("firewall-cmd%s --query-port=%d/%s", o.firewalldZone(), p.Port, p.Transport)}
		}), "firewall-cmd --list-all-zones")
	}
	o.step(lang.Text{EN: "See the rules:", JA: "規則を確かめます。"}, lines...)
}

// firewalldZone names the zone when it is not the default one.
func (o *order) firewalldZone() string {
	if o.FirewalldZone == "" {
		return ""
	}
	return " --zone=" + shellQuote(o.FirewalldZone)
}

// firewalldAllow are the options that add or remove what lets in.
func (o *order) firewalldAllow(verb string, p CommandPort) []string {
	if o.Out {
		return o.firewalldDirect(verb, p, "ACCEPT")
	}
	if len(o.peers()) == 0 {
		return []string{fmt.Sprintf("firewall-cmd --permanent%s --%s-port=%d/%s", o.firewalldZone(), verb, p.Port, p.Transport)}
	}
	return o.firewalldRich(verb, p, "accept")
}

func (o *order) firewalldDeny(verb string, p CommandPort) []string {
	if o.Out {
		return o.firewalldDirect(verb, p, "DROP")
	}
	return o.firewalldRich(verb, p, "drop")
}

// firewalldRich are rich rules, one for each network.
func (o *order) firewalldRich(verb string, p CommandPort, action string) []string {
	what := fmt.Sprintf(`port port="%d" protocol="%s" %s`, p.Port, p.Transport, action)
	line := func(rule string) string {
		return fmt.Sprintf("firewall-cmd --permanent%s --%s-rich-rule=%s", o.firewalldZone(), verb, shellQuote(rule))
	}
	if len(o.peers()) == 0 {
		return []string{line("rule " + what)}
	}
	var lines []string
	for _, n := range o.peers() {
		family := "ipv4"
		if n.Addr().Is6() {
			family = "ipv6"
		}
		from := fmt.Sprintf(` source address="%s"`, n)
		if n.Bits() == 0 {
			from = ""
		}
		lines = append(lines, line(fmt.Sprintf(`rule family="%s"%s %s`, family, from, what)))
	}
	return lines
}

// firewalldDirect are rules about what this machine sends: zones know only what
// comes in.
func (o *order) firewalldDirect(verb string, p CommandPort, target string) []string {
	var lines []string
	for _, v6 := range []bool{false, true} {
		family := "ipv4"
		if v6 {
			family = "ipv6"
		}
		to := []string{""}
		if len(o.peers()) > 0 {
			to = nil
			for _, n := range o.networks(v6) {
				to = append(to, " -d "+n.String())
			}
		}
		for _, t := range to {
			lines = append(lines, fmt.Sprintf("firewall-cmd --permanent --direct --%s-rule %s filter OUTPUT 0 -p %s --dport %d%s -j %s", verb, family, p.Transport, p.Port, t, target))
		}
	}
	return lines
}

// FirewalldTrial is a line of firewall-cmd that changes what lasts, as one that
// changes what holds until the next reload; empty for a line that reloads. query asks
// whether what it adds (or removes) is there, and undo takes it back.
func FirewalldTrial(line string) (trial, query, undo string, adds bool) {
	if !strings.Contains(line, " --permanent ") {
		return "", "", "", false
	}
	trial = strings.Replace(line, " --permanent ", " ", 1)
	for _, verb := range []struct {
		word, back string
		adds       bool
	}{{" --add-", " --remove-", true}, {" --remove-", " --add-", false}} {
		if before, after, ok := strings.Cut(trial, verb.word); ok {
			return trial, before + " --query-" + after, before + verb.back + after, verb.adds
		}
	}
	return trial, "", "", false
}
