package diagnose

import (
	"net/netip"
	"slices"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

// Look is what this machine would do with the packets of one who looked at it,
// whose address is known: by its rules, and by its routes.
type Look struct {
	From, At netip.Addr
	Link     string // the interface that packets of that one come in by
	// Firewall is what the packet filter does with them, nil when it could not be
	// read.
	Firewall *exposure.FirewallAnswer
	Back     Back
}

// Back is the way that answers to somebody take.
type Back struct {
	To        netip.Addr
	From      netip.AddrPort // of this machine
	Transport exposure.Transport
	Link      string // the interface that they leave by
	None      bool   // there is no way
	// Strays is that the kernel drops what comes from there by that interface: its
	// routes lead there by another one (reverse path filter).
	Strays bool
}

// The facts of who looked, and of what this machine does before a packet comes to
// the port.
const (
	strays         fact = "strays"
	queueFull      fact = "queue-full"
	redirectUnheld fact = "redirect-unheld" // sent on to a port of this machine that nobody has
	redirectAway   fact = "redirect-away"   // sent on to another host
	mutedThere     fact = "muted-there"     // others get no word after the connection, this machine itself does
	unspoken       fact = "unspoken"        // TLS comes about, and nothing speaks inside of it
	tlsOld         fact = "tls-old"
	boundAside     fact = "bound-aside"  // to an address that the default route does not go by
	contradicted   fact = "contradicted" // all is well here, and somebody else was not answered
)

// narrowed are the own addresses that the question is about: those that somebody
// else looked at, else those of the interfaces that the default routes go by. A
// bridge of containers has addresses too, and nobody of the LAN uses them.
func (c Case) narrowed(all []netip.Addr) []netip.Addr {
	if !c.Own {
		return all
	}
	if looked := c.lookedOwn(all); len(looked) > 0 {
		return looked
	}
	outward := slices.DeleteFunc(slices.Clone(all), func(a netip.Addr) bool { return !slices.Contains(c.Outward, c.Devices[a]) })
	if len(outward) > 0 {
		return outward
	}
	return all
}

// lookedOwn are those of the own addresses that others looked at.
func (c Case) lookedOwn(all []netip.Addr) []netip.Addr {
	return slices.DeleteFunc(slices.Clone(all), func(a netip.Addr) bool {
		return !slices.ContainsFunc(c.Observations, func(o exposure.Observation) bool {
			return (o.View == exposure.ViewLAN || o.View == exposure.ViewOutside) && o.Address == a
		})
	})
}

// learnLooks takes in what becomes of packets of those who looked.
func (c Case) learnLooks(known map[fact]said) {
	if !c.Own {
		return
	}
	for _, l := range c.Looks {
		if c.of(l.At) {
			c.learnBack(known, l.Back, l.Link)
		}
	}
	c.learnMuted(known)
	for _, l := range c.Listeners {
		if l.Full {
			known[queueFull] = say(lang.Text{EN: "{{.Listener}} takes no more connections: as many as it lets wait are waiting for it, and the kernel drops newcomers.", JA: "{{.Listener}} は接続を受け取っていません。受け取り待ちの接続が上限まで溜まっていて、カーネルが新しい接続を捨てます。"}, "Listener", listenerWords(l))
		}
	}
	_, selfDone := known[selfOpen]
	_, taken := known[takes]
	_, passes := known[filterAccepts]
	_, empty := known[filterEmpty]
	if refused, silent := hasFact(known, lanRefused), hasFact(known, lanSilent); selfDone && taken && (passes || empty) && (refused || silent) && !hasFact(known, redirected) {
		known[contradicted] = say(lang.Text{EN: "Here everything is as it should be, and yet another host was not let in: either its packets do not come here (Wi-Fi that keeps its clients apart, a switch, another device with the same address), or something drops them that is no rule of the packet filter (eBPF of systemd, traffic control, a security product).", JA: "この機器の中はすべて正常ですが、ほかの機器からはつながりません。通信がここまで届いていない(Wi-Fiのクライアント分離、スイッチ、同じアドレスの別の機器)か、パケットフィルター以外の仕組み(systemdのeBPF、トラフィック制御、セキュリティ製品)が捨てています。"})
	}
}

// learnMuted takes in that a service answers this machine itself, and nobody else
// gets a word out of it though the connection comes about.
func (c Case) learnMuted(known map[fact]said) {
	if !c.Own {
		return
	}
	silent, spoken := false, false
	for _, s := range c.Services {
		if s.View.Own() || s.View == exposure.ViewHairpin || !c.of(s.Address) {
			continue
		}
		silent = silent || s.Silence == exposure.Mute
		spoken = spoken || s.Confidence == exposure.Confirmed
	}
	if silent && !spoken && hasFact(known, spoke) {
		known[mutedThere] = say(lang.Text{EN: "It answers this machine itself. Others get a connection, and then not a word.", JA: "この機器自身には応答しますが、ほかの機器からは、接続できても何も返ってきません。"})
	}
}

// learnBack takes in by which way an answer leaves, which packets came in by a link.
func (c Case) learnBack(known map[fact]said, b Back, in string) {
	pairs := append(c.pairs(), "From", b.To, "Back", b.Link, "Link", in)
	switch {
	case b.None:
		known[noWayBack] = say(lang.Text{EN: "This machine has no route for its answer to {{.From}}.", JA: "この機器には {{.From}} へ返事を返す経路がありません。"}, pairs...)
	case b.Strays:
		known[strays] = say(lang.Text{EN: "The kernel drops what comes from {{.From}} by {{.Link}}: by its routes that address is reached by {{.Back}} (reverse path filter, rp_filter).", JA: "{{.From}} から {{.Link}} に届く通信を、カーネルが捨てます。経路表ではそのアドレスは {{.Back}} の先にあるためです(リバースパスフィルター、rp_filter)。"}, pairs...)
	case b.Link == in:
		known[wayBack] = say(lang.Text{EN: "The way back to {{.From}} is the one that it came by, {{.Back}}.", JA: "{{.From}} への返事の経路は、届いたのと同じ {{.Back}} です。"}, pairs...)
	}
}

// exact is what the packet filter does with the packets of those who looked, where
// that is one thing: about a whole zone rules often tell apart who comes.
func (c Case) exact() (found exposure.FirewallAnswer, ok bool) {
	for _, l := range c.Looks {
		if l.Firewall == nil || !c.of(l.At) {
			continue
		}
		if ok && l.Firewall.Verdict != found.Verdict {
			return found, false
		}
		found, ok = *l.Firewall, true
	}
	return found, ok && found.Verdict != exposure.FirewallCannotSay
}

// routeRemedy is what to do where answers find no way.
func (c Case) routeRemedy() []said {
	for _, l := range c.Looks {
		if !c.of(l.At) || !l.Back.None && !l.Back.Strays {
			continue
		}
		pairs := append(c.pairs(), "From", l.From, "At", l.At, "Link", l.Link, "Six", l.From.Is6())
		return []said{
			say(lang.Text{EN: "See which rule and which route answers to {{.From}} follow, and take away or mend the one that is wrong (blackhole, prohibit, another interface):\nip {{if .Six}}-6 {{end}}rule\nip {{if .Six}}-6 {{end}}route show table all\nip route get {{.From}} from {{.At}} ipproto {{.Transport}} sport {{.Port}}", JA: "{{.From}} への返事がどの規則・経路に従うかを確かめ、誤っているもの(blackhole、prohibit、別のインターフェース)を外すか直します。\nip {{if .Six}}-6 {{end}}rule\nip {{if .Six}}-6 {{end}}route show table all\nip route get {{.From}} from {{.At}} ipproto {{.Transport}} sport {{.Port}}"}, pairs...),
			again(c),
		}
	}
	return nil
}

// unlikeRemedy is what to do where this machine finds nothing wrong with itself
// and others do not get in.
func (c Case) unlikeRemedy() []said {
	looked := slices.ContainsFunc(c.Observations, func(o exposure.Observation) bool { return o.View == exposure.ViewLAN && o.State != exposure.Open })
	if !c.Own || !looked {
		return nil
	}
	device := "any"
	if list := c.others(); len(list) > 0 && c.Devices[list[0]] != "" {
		device = c.Devices[list[0]]
	}
	return []said{
		say(lang.Text{EN: "See whether the packets come here at all: start this, and try again from the other PC.\ntcpdump -ni {{.Device}} {{.Transport}} port {{.Port}}", JA: "通信がここまで届いているかを見ます。次を実行したまま、別のPCからもう一度試します。\ntcpdump -ni {{.Device}} {{.Transport}} port {{.Port}}"}, append(c.pairs(), "Device", device)...),
		say(lang.Text{EN: "If none come: on the other PC compare the link address of {{.Address}} (ip neigh, arp -a) with the one here (ip link), and see whether the Wi-Fi keeps its clients apart.", JA: "届かない場合は、別のPCで見える {{.Address}} のMACアドレス(ip neigh、arp -a)がこの機器のもの(ip link)と同じかを比べ、Wi-Fiのクライアント分離(プライバシーセパレーター)を確かめます。"}, c.pairs()...),
		say(lang.Text{EN: "If they come and are not answered: look for filters that are no rules of nftables or iptables.\nsystemctl show --property=IPAddressDeny,IPAddressAllow,SocketBindDeny\ntc filter show dev {{.Device}} ingress", JA: "届いているのに返事がない場合は、nftablesやiptables以外のフィルターを調べます。\nsystemctl show --property=IPAddressDeny,IPAddressAllow,SocketBindDeny\ntc filter show dev {{.Device}} ingress"}, append(c.pairs(), "Device", device)...),
	}
}

// redirectRemedy is what to do where this machine's own packet filter sends
// newcomers on.
func (c Case) redirectRemedy(a exposure.FirewallAnswer) []said {
	pairs := append(c.pairs(), "To", a.To, "Rule", ruleWords(a.Rules))
	if slices.Contains(c.Addresses, a.To.Addr()) {
		return []said{say(lang.Text{EN: "Start what should take {{.To}}, or change the rule that sends newcomers there: {{.Rule}}", JA: "{{.To}} で待ち受けるはずのサービスを起動するか、転送している規則を直します({{.Rule}})。"}, pairs...), again(c)}
	}
	return []said{say(lang.Text{EN: "Look whether {{.To}} is the right host and answers, a container say (docker ps), or change the rule that sends newcomers there: {{.Rule}}\nsekisho diagnose {{.To.Addr}} {{.To.Port}}/{{.Transport}}", JA: "転送先 {{.To}} が正しい機器(またはコンテナ。docker ps)で応答しているかを確かめるか、転送している規則を直します({{.Rule}})。\nsekisho diagnose {{.To.Addr}} {{.To.Port}}/{{.Transport}}"}, pairs...), again(c)}
}
