package firewall

import (
	"fmt"
	"strings"

	"sekisho/internal/lang"
)

// iptables writes the commands of iptables and ip6tables.
func (o *order) iptables() {
	switch o.Action {
	case ActionOpen:
		o.step(lang.Text{
			EN: "Let it in, before the rules that are there (IPv4, then IPv6):",
			JA: "今ある規則の前に、許可の規則を入れます(IPv4、続いて IPv6)。",
		}, o.each(func(p CommandPort) []string { return o.iptablesInsert(p, "ACCEPT", o.allowed(p)) })...)
		o.as(RoleDo)
		o.iptablesSave()
	case ActionClose:
		o.step(lang.Text{
			EN: "Take the rule away that sekisho's command put in:",
			JA: "sekisho のコマンドで入れた許可の規則を外します。",
		}, o.each(func(p CommandPort) []string {
			var lines []string
			find := fmt.Sprintf(`/-p %s .*--dport %d .*--comment "*%s%s"* -j ACCEPT$/s/^-A /-D /p`, p.Transport, p.Port, pattern(o.allowed(p)), o.rest(` "`))
			for _, program := range []string{"iptables", "ip6tables"} {
				lines = append(lines, fmt.Sprintf("%s -S %s | sed -n %s | xargs -r -L 1 %s", program, o.iptablesChain(), shellQuote(find), program))
			}
			return lines
		})...)
		o.as(RoleDo)
		o.step(lang.Text{
			EN: "If another rule lets it through, keep it out before all others:",
			JA: "ほかの規則で許可されているときは、すべての規則の前に拒否の規則を入れます。",
		}, o.each(func(p CommandPort) []string { return o.iptablesInsert(p, "DROP", o.denied(p)) })...)
		o.as(RoleIfYet)
		o.iptablesSave()
	}
	var lines []string
	for _, program := range []string{"iptables", "ip6tables"} {
		if o.Action == ActionShow {
			for _, p := range o.Ports {
				lines = append(lines, fmt.Sprintf("%s-save -c | grep -nw %d", program, p.Port))
			}
		}
		lines = append(lines, fmt.Sprintf("%s -nvL %s --line-numbers", program, o.iptablesChain()))
	}
	o.step(lang.Text{EN: "See the rules:", JA: "規則を確かめます。"}, lines...)
}

func (o *order) iptablesChain() string { return strings.ToUpper(o.hook()) }

// iptablesInsert are the commands that put a rule before all others.
func (o *order) iptablesInsert(p CommandPort, target, name string) []string {
	var lines []string
	for _, f := range []struct {
		v6      bool
		program string
	}{{false, "iptables"}, {true, "ip6tables"}} {
		side := " -s "
		if o.Out {
			side = " -d "
		}
		peers := ""
		if len(o.peers()) > 0 {
			list := o.networks(f.v6)
			if len(list) == 0 {
				continue
			}
			peers = side + prefixes(list, ",")
		}
		lines = append(lines, fmt.Sprintf("%s -I %s -p %s%s --dport %d -m comment --comment %s -j %s",
			f.program, o.iptablesChain(), p.Transport, peers, p.Port, shellQuote(name), target))
	}
	return lines
}

// iptablesSave keeps the rules over a restart.
func (o *order) iptablesSave() {
	o.step(lang.Text{
		EN: "So that it stays after a restart, on Debian and Ubuntu (package iptables-persistent):",
		JA: "再起動後も有効にします。Debian・Ubuntu(iptables-persistent パッケージ)の場合:",
	}, "netfilter-persistent save")
	o.as(RoleKeep)
	o.step(lang.Text{
		EN: "On RHEL and its kin (package iptables-services):",
		JA: "RHEL 系(iptables-services パッケージ)の場合:",
	}, "service iptables save", "service ip6tables save")
	o.as(RoleKeep)
}
