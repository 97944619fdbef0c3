package rules

import (
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func init() {
	register(rule{"unused-opening", judgeUnused})
}

// judgeUnused speaks of what lets others come to a port of this machine that
// nothing listens on: whatever takes the port one day is open at once. It says
// nothing where not every socket could be seen, nor where the packet filter
// sends newcomers on to another program or a container.
func judgeUnused(s subject) []ruling {
	if !s.Local || !s.Whole {
		return nil
	}
	found := s.unusedOpenings()
	if s.used() {
		return found
	}
	for _, f := range s.Forwards {
		found = append(found, s.unusedForward(f))
	}
	return found
}

// used reports whether anything takes what comes to the port.
func (s subject) used() bool {
	return slices.ContainsFunc(s.Listeners, func(l exposure.Listener) bool { return !l.LoopbackOnly() }) ||
		slices.ContainsFunc(s.Observations, func(o exposure.Observation) bool { return o.State == exposure.Open && o.View != exposure.ViewLoopback }) ||
		slices.ContainsFunc(s.Firewall, func(a exposure.FirewallAnswer) bool { return a.To.IsValid() })
}

// unusedForward is a forward of the router that leads to nothing.
func (s subject) unusedForward(f exposure.RouterForward) ruling {
	pairs := []any{
		"Outer", int(f.Outer), "To", f.To, "Transport", s.Transport, "Protocol", strings.ToUpper(s.Transport.String()),
		"Port", s.number(), "Whose", f.Description.Terminal(),
	}
	r := ruling{
		severity: exposure.Low,
		evidence: say(lang.Text{
			EN: "The router sends its {{.Transport}} port {{.Outer}} on to {{.To}}, and nothing listens there.",
			JA: "ルーターは {{.Transport}} の {{.Outer}} 番を {{.To}} へ転送しますが、そこで待ち受けているものはありません。",
		}, pairs...),
		meaning: say(lang.Text{
			EN: "Whatever program takes that port one day can be reached from the Internet at once, and so can any other machine that gets this address.",
			JA: "いつか別のプログラムがこのポートを使い始めると、そのままインターネットから届きます。このアドレスが別の機器に割り当てられた場合も同じです。",
		}),
	}
	if !f.Requested && f.Source == exposure.RouterPerson {
		r.remedy = []said{say(lang.Text{
			EN: "Delete the forward of {{.Transport}} port {{.Outer}} on the router's page for port forwarding.",
			JA: "ルーターのポート転送(静的IPマスカレード、ポートマッピング)の画面で、{{.Transport}} の {{.Outer}} 番の設定を削除します。",
		}, pairs...)}
		return r
	}
	if !f.Description.IsZero() {
		r.evidence = say(lang.Text{
			EN: "The router sends its {{.Transport}} port {{.Outer}} on to {{.To}} (the entry is called \"{{.Whose}}\"), and nothing listens there.",
			JA: "ルーターは {{.Transport}} の {{.Outer}} 番を {{.To}} へ転送します(名前は「{{.Whose}}」)が、そこで待ち受けているものはありません。",
		}, pairs...)
	}
	r.remedy = []said{
		say(lang.Text{
			EN: "Delete the mapping, on this machine (upnpc is in the package miniupnpc) or on the router's UPnP page:\nupnpc -d {{.Outer}} {{.Protocol}}",
			JA: "この機器で次のとおり削除するか(upnpc はパッケージ miniupnpc にあります)、ルーターのUPnPの画面で削除します。\nupnpc -d {{.Outer}} {{.Protocol}}",
		}, pairs...),
		say(lang.Text{
			EN: "If it comes back, a program asks for it: switch UPnP off in that program, or on the router.",
			JA: "また現れる場合は、プログラムが頼んでいます。そのプログラムかルーターのUPnPを無効にします。",
		}),
	}
	return r
}
