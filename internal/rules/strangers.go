package rules

import (
	"slices"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func init() {
	register(rule{"not-judged-from-here", judgeNotFromHere})
}

// strangers see a service from outside the networks of its host. What a server
// does for its own networks says nothing of them: BIND has its localnets and
// Postfix its mynetworks.
func strangers(service exposure.Service) bool { return service.View == exposure.ViewOutside }

// strange is what a service may do for its own networks and for nobody else.
type strange struct {
	protocol string
	does     func(exposure.Service) bool // it does that for whoever asked
	evidence lang.Text                   // with Address, and Factor where it was measured
}

// stranges are told where nobody looked from outside. A file that judges what
// concerns strangers adds its own.
var stranges []strange

// judgeNotFromHere says of what concerns strangers that it was seen from a place
// that the server trusts, so that nothing follows from it for them.
func judgeNotFromHere(s subject) []ruling {
	if len(s.Listeners) > 0 && !s.Exposed() {
		return nil // nobody else reaches it
	}
	return s.each(func(service exposure.Service) []ruling {
		// What is of one protocol says more than what is of all.
		own := slices.DeleteFunc(slices.Clone(stranges), func(o strange) bool { return o.protocol != service.Protocol })
		all := slices.DeleteFunc(slices.Clone(stranges), func(o strange) bool { return o.protocol != "" })
		for _, o := range append(own, all...) {
			if !o.does(service) || s.seenByStrangers(service.Protocol) {
				continue
			}
			factor, _ := amount(service, "amplification")
			return []ruling{{exposure.Info, say(o.evidence, "Address", service.Address, "Factor", factor), say(lang.Text{
				EN: "Whether strangers get the same is not judged from here: servers trust their own network more than the Internet.",
				JA: "見知らぬ相手にも同じように応じるかは、ここからは判定できません。サーバーは自分のネットワークをインターネットより信用します。",
			}), []said{say(lang.Text{
				EN: "Have it looked at from outside, from a machine in another network.",
				JA: "外側(別のネットワークにある機器)から調べます。",
			})}}}
		}
		return nil
	})
}

// seenByStrangers reports whether somebody outside asked the service too: then
// that answer counts.
func (s subject) seenByStrangers(protocol string) bool {
	return slices.ContainsFunc(s.spoken(protocol), strangers)
}

// amount is a fact that is a number; a report that was read back has floats
// only.
func amount(service exposure.Service, name string) (float64, bool) {
	switch n := service.Facts[name].(type) {
	case int:
		return float64(n), true
	case float64:
		return n, true
	}
	return 0, false
}

// word is a fact that is one of our own words; a report that was read back has
// texts only.
func word(service exposure.Service, name string) string {
	if w, ok := service.Facts[name].(string); ok {
		return w
	}
	return service.Facts.Text(name).Raw()
}
