package diagnose

import (
	"net/netip"
	"slices"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func familyOf(a netip.Addr) exposure.FirewallFamily {
	if a.Unmap().Is4() {
		return exposure.FirewallIPv4
	}
	return exposure.FirewallIPv6
}

// lookedAt is the family of the addresses that another host of the LAN looked at,
// when that was one only: then the question is about it.
func (c Case) lookedAt() (family exposure.FirewallFamily, ok bool) {
	if c.Zone != exposure.ZoneLAN || !c.Own {
		return "", false
	}
	for _, o := range c.Observations {
		if o.View != exposure.ViewLAN {
			continue
		}
		if ok && family != familyOf(o.Address) {
			return "", false
		}
		family, ok = familyOf(o.Address), true
	}
	return family, ok
}

// answer is what the packet filter does with those of the Case's zone: of the
// family that was looked at, else over IPv4 where there is such an answer, since
// that is what people of a LAN use first. Where interfaces differ, those count by
// which others came, else those that the default routes go by: a bridge of
// containers is no LAN. What is open and should not be is open when one of them
// lets in. Else it cannot be said in a word.
func (c Case) answer() (found exposure.FirewallAnswer, ok bool) {
	families := []exposure.FirewallFamily{exposure.FirewallIPv4, exposure.FirewallIPv6}
	if f, one := c.lookedAt(); one {
		families = []exposure.FirewallFamily{f}
	}
	for _, family := range families {
		var list []exposure.FirewallAnswer
		for _, a := range c.Firewall {
			if a.Zone == c.Zone && a.Family == family {
				list = append(list, a)
			}
		}
		list = c.coming(list)
		for i, a := range list {
			switch {
			case i == 0:
				found = a
			case a.Verdict == found.Verdict:
			case c.Unwanted && found.Verdict == exposure.FirewallAccept:
			case c.Unwanted && a.Verdict == exposure.FirewallAccept:
				found = a
			default:
				found.Doubts = slices.Concat(found.Rules, a.Rules)
				found.Verdict = exposure.FirewallCannotSay
			}
		}
		if len(list) > 0 {
			// A neighbour with a global IPv6 address is none that rules about a LAN speak
			// of: what befell the one who looked weighs more than what befalls the zone.
			a, one := c.exact()
			stopped := a.Verdict == exposure.FirewallDrop || a.Verdict == exposure.FirewallReject
			if one && (found.Verdict == exposure.FirewallCannotSay || stopped && found.Verdict == exposure.FirewallAccept && !c.Unwanted) {
				return a, true
			}
			return found, true
		}
	}
	return c.exact()
}

// coming are the answers about the interfaces that count.
func (c Case) coming(all []exposure.FirewallAnswer) []exposure.FirewallAnswer {
	by := func(devices []string) []exposure.FirewallAnswer {
		return slices.DeleteFunc(slices.Clone(all), func(a exposure.FirewallAnswer) bool {
			return a.Interface != "" && !slices.Contains(devices, a.Interface)
		})
	}
	var devices []string
	for _, o := range c.Observations {
		if o.View == exposure.ViewLAN && c.of(o.Address) && c.Devices[o.Address] != "" {
			devices = append(devices, c.Devices[o.Address])
		}
	}
	for _, devices := range [][]string{devices, c.Outward} {
		if list := by(devices); len(devices) > 0 && len(list) > 0 {
			return list
		}
	}
	return all
}

// letIn is the step that opens the port in the firewall of the machine.
func (c Case) letIn() said {
	pairs := append(c.pairs(), "Zone", string(c.Zone), "Product", c.Product)
	if c.Product == "" {
		return say(lang.Text{
			EN: "See the command that opens the port on this machine's firewall:\nsekisho firewall open {{.Port}}/{{.Transport}} --from {{.Zone}}",
			JA: "この機器のファイアウォールでポートを開けるコマンドを表示します。\nsekisho firewall open {{.Port}}/{{.Transport}} --from {{.Zone}}",
		}, pairs...)
	}
	return say(lang.Text{
		EN: "This machine's firewall is {{.Product}}. See its commands that open the port; with --apply they are run, and taken back by themselves unless you confirm:\nsekisho firewall open {{.Port}}/{{.Transport}} --from {{.Zone}}",
		JA: "この機器のファイアウォールは {{.Product}} です。ポートを開けるコマンドを表示します(--apply を付けると実行し、確認がなければ自動で元に戻します)。\nsekisho firewall open {{.Port}}/{{.Transport}} --from {{.Zone}}",
	}, pairs...)
}
