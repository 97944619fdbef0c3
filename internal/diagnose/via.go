package diagnose

import (
	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

// The facts that a vantage outside brings beside what it saw of the port.
const (
	vantageBlind   fact = "vantage-blind" // silence, and nothing proves that its packets get to such a port
	hairpinOpen    fact = "hairpin-open"
	hairpinRefused fact = "hairpin-refused"
)

// learnVia takes in what a vantage told: its own trouble is none of this machine.
func (c Case) learnVia(known map[fact]said) {
	if !c.Own {
		return
	}
	for _, o := range c.seen(exposure.ViewOutside) {
		if o.State == exposure.Unknown && o.Reason == exposure.NoResponse {
			known[vantageBlind] = say(lang.Text{EN: "The vantage got no answer from {{.At}}, and nobody has answered it from a {{.Transport}} port {{.Port}} within the hour: its own provider may cut it.", JA: "観測点は {{.At}} から返事を受け取れませんでした。この1時間、どの相手の {{.Transport}} {{.Port}} 番からも返事を受けておらず、観測点側の回線が止めている可能性があります。"}, append(c.pairs(), "At", o.Address)...)
		}
	}
	for _, o := range c.seen(exposure.ViewHairpin) {
		switch o.State {
		case exposure.Open:
			known[hairpinOpen] = say(lang.Text{EN: "From inside, the own global address {{.At}} answers too.", JA: "宅内からも、自分のグローバルアドレス {{.At}} で応答があります。"}, "At", o.Address)
		case exposure.Closed:
			known[hairpinRefused] = say(lang.Text{EN: "From inside, the own global address {{.At}} refuses the connection.", JA: "宅内から自分のグローバルアドレス {{.At}} へは、接続を拒まれます。"}, "At", o.Address)
		}
	}
}
