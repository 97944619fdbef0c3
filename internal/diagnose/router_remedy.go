package diagnose

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

// routerForm is the form of the router's page for port forwarding, filled in:
// where the page is, each field, and what is to be minded about the address.
func (c Case) routerForm() []said {
	page := say(lang.Text{EN: "Open the router's page in a browser. Its address is usually the gateway's, which sekisho local shows.", JA: "ブラウザでルーターの設定画面を開きます(アドレスはふつうゲートウェイのもので、sekisho local で分かります)。"})
	if p := c.page(); p != "" {
		page = say(lang.Text{EN: "Open the router's page in a browser:\n{{.Page}}", JA: "ブラウザでルーターの設定画面を開きます。\n{{.Page}}"}, "Page", p)
	}
	pairs := append(c.pairs(), "Protocol", strings.ToUpper(c.Transport.String()), "Inner", c.inner())
	steps := []said{
		page,
		say(lang.Text{EN: "Fill in its form for port forwarding (also called port mapping, virtual server, NAT or static IP masquerade):\nOuter port: {{.Port}}\nInner address: {{.Inner}}\nInner port: {{.Port}}\nProtocol: {{.Protocol}}", JA: "ポート転送の画面(メーカーにより「静的IPマスカレード」「ポートマッピング」「ポート変換」「静的NAT」など)に加えます。\n外側(WAN側)ポート: {{.Port}}\n転送先(LAN側)アドレス: {{.Inner}}\n内側(LAN側)ポート: {{.Port}}\nプロトコル: {{.Protocol}}"}, pairs...),
	}
	if s, ok := c.addressRemark(); ok {
		steps = append(steps, s)
	}
	if c.Router != nil && c.Router.WANKind == exposure.WANPrivate {
		steps = append(steps, say(lang.Text{EN: "The router's own outer address {{.WAN}} is private: the router before it must forward the port to {{.WAN}} as well.", JA: "ルーター自身の外側のアドレス {{.WAN}} はプライベートです。その先のルーターでも、同じポートを {{.WAN}} へ転送します。"}, "WAN", c.Router.WAN))
	}
	return append(steps, again(c))
}

// page is the address of the router's settings; a person may type it.
func (c Case) page() string {
	if c.Router == nil || strings.ContainsFunc(c.Router.Page, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return ""
	}
	return c.Router.Page
}

// inner is the address of this machine that a router can send IPv4 on to: one in
// the gateway's network where that is known.
func (c Case) inner() string {
	for _, a := range c.others() {
		if a.Unmap().Is4() {
			return a.String()
		}
	}
	return ""
}

// addressRemark says what is to be minded about the inner address; nothing when
// it is known to stay.
func (c Case) addressRemark() (said, bool) {
	pairs := []any{"Inner", c.inner()}
	switch {
	case slices.ContainsFunc(c.others(), func(a netip.Addr) bool { return slices.Contains(c.Leased, a) && a.String() == c.inner() }):
		return say(lang.Text{EN: "Mind that {{.Inner}} came from DHCP and may be another some day: reserve it for this machine on the router (DHCP reservation), or give the machine a fixed address outside of the range that DHCP hands out.", JA: "{{.Inner}} はDHCPで割り当てられたアドレスで、いつか変わると届かなくなります。ルーターの「DHCP固定割当」でこの機器に固定するか、DHCPの範囲の外のアドレスをこの機器に設定します。"}, pairs...), true
	case c.LeasesKnown:
		return said{}, false
	}
	return say(lang.Text{EN: "Fix the inner address first when it comes from DHCP, or it will change some day.", JA: "宛先アドレスがDHCPで割り当てられている場合は、先に固定します(変わると届かなくなります)。"}), true
}

// leaseRemedy is how a mapping that a program asked for goes away.
func (c Case) leaseRemedy() []said {
	var steps []said
	if c.Router != nil {
		for _, f := range c.Router.Forwards {
			if !f.Matches(c.Transport, c.Port) || f.Source == exposure.RouterPerson {
				continue
			}
			pairs := append(c.pairs(), "To", f.To, "Whose", f.Description.Terminal(), "Protocol", strings.ToUpper(c.Transport.String()), "Minutes", strconv.Itoa((f.LeaseS+59)/60))
			if f.Outer != 0 {
				steps = append(steps, say(lang.Text{EN: "Take the mapping to {{.To}} (\"{{.Whose}}\") away. Many routers do that only for the host that it leads to; upnpc is in the package miniupnpc:\nupnpc -d {{.Port}} {{.Protocol}}", JA: "{{.To}} への転送(「{{.Whose}}」)を削除します。転送先の機器からしか削除できないルーターもあります(upnpc はパッケージ miniupnpc にあります)。\nupnpc -d {{.Port}} {{.Protocol}}"}, pairs...))
			}
			if f.LeaseS > 0 {
				steps = append(steps, say(lang.Text{EN: "It ends by itself in {{.Minutes}} minutes unless the program asks again.", JA: "プログラムが更新しなければ、{{.Minutes}} 分後に自動で消えます。"}, pairs...))
			}
			break
		}
	}
	return append(steps,
		say(lang.Text{EN: "Keep the program from asking again (its setting for UPnP, NAT-PMP or automatic port forwarding), or switch UPnP off on the router.", JA: "プログラムの設定で、UPnP・NAT-PMP(自動ポート開放)を止めます。使わなければルーターのUPnPを無効にします。"}),
		again(c))
}
