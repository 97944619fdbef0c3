package policy

import (
	"net/netip"
	"testing"

	"pgregory.net/rapid"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

// TestComputedAnswers: what the rules of the own packet filter decide where
// nobody looked, and what they do not.
func TestComputedAnswers(t *testing.T) {
	type verdicts []exposure.FirewallVerdict
	const drop, reject, accept, cannot = exposure.FirewallDrop, exposure.FirewallReject, exposure.FirewallAccept, exposure.FirewallCannotSay
	self := look(exposure.ViewSelf, "192.168.1.5", tcp, 22, exposure.Open, exposure.SynAck)
	refused := look(exposure.ViewSelf, "192.168.1.5", tcp, 22, exposure.Closed, exposure.Reset)
	for _, c := range []struct {
		name                  string
		answers               verdicts
		to                    string
		bound                 bool
		seen                  exposure.Observation
		open, closed, stealth exposure.Outcome
	}{
		{"drop", verdicts{drop}, "", true, self, exposure.Fail, exposure.Pass, exposure.Pass},
		{"reject", verdicts{reject}, "", true, self, exposure.Fail, exposure.Pass, exposure.Fail},
		{"accept", verdicts{accept}, "", true, self, exposure.Inconclusive, exposure.Fail, exposure.Fail},
		{"accept_and_mute", verdicts{accept}, "", true, refused, exposure.Inconclusive, exposure.Inconclusive, exposure.Inconclusive},
		{"accept_unbound", verdicts{accept}, "", false, refused, exposure.Fail, exposure.Pass, exposure.Fail},
		{"forward", verdicts{accept}, "172.17.0.2:80", false, refused, exposure.Inconclusive, exposure.Inconclusive, exposure.Inconclusive},
		{"forward_answers", verdicts{accept}, "172.17.0.2:80", false, self, exposure.Inconclusive, exposure.Fail, exposure.Fail},
		{"cannot_say", verdicts{cannot}, "", true, self, exposure.Inconclusive, exposure.Inconclusive, exposure.Inconclusive},
		{"half", verdicts{drop, accept}, "", true, self, exposure.Inconclusive, exposure.Fail, exposure.Fail},
		{"half_unsaid", verdicts{drop, cannot}, "", true, self, exposure.Inconclusive, exposure.Inconclusive, exposure.Inconclusive},
	} {
		t.Run(c.name, func(t *testing.T) {
			var answers []exposure.FirewallAnswer
			for _, v := range c.answers {
				a := exposure.FirewallAnswer{Zone: exposure.ZoneLAN, Family: exposure.FirewallIPv4, Verdict: v}
				if c.to != "" {
					a.To, a.Path = netip.MustParseAddrPort(c.to), exposure.FirewallForward
				}
				answers = append(answers, a)
			}
			port := exposure.Port{Transport: tcp, Port: 22, Firewall: answers}
			if c.bound {
				port.Firewall, port.Listeners = nil, []exposure.Listener{{Address: netip.IPv4Unspecified(), Firewall: answers}}
			}
			h := exposure.Host{ListenersKnown: true, Ports: []exposure.Port{port}}
			for expect, want := range map[exposure.Expectation]exposure.Outcome{
				exposure.ExpectOpen: c.open, exposure.ExpectClosed: c.closed, exposure.ExpectStealth: c.stealth,
			} {
				for _, tag := range []lang.Tag{lang.English, lang.Japanese} {
					r := parsed(t, "lan: {"+string(expect)+": 22}").Judge(of(h, c.seen), Context{}, tag)
					if v := r.Hosts[0].Ports[0].Verdicts[0]; v.Verdict != want || v.Basis != exposure.BasisComputed || len(v.Why) == 0 {
						t.Errorf("%s: %+v, want %s", expect, v, want)
					}
				}
			}
		})
	}
}

// TestComputedDropDecidesSilentUDP: what the filter drops is no service that is
// silent.
func TestComputedDropDecidesSilentUDP(t *testing.T) {
	unsure := look(lan, "192.168.1.5", udp, 69, exposure.OpenFiltered, exposure.NoResponse)
	h := exposure.Host{ListenersKnown: true, Ports: []exposure.Port{{Transport: udp, Port: 69, Listeners: []exposure.Listener{{
		Address: netip.IPv4Unspecified(), Firewall: []exposure.FirewallAnswer{{Zone: exposure.ZoneLAN, Family: exposure.FirewallIPv4, Verdict: exposure.FirewallDrop}},
	}}}}}
	for file, want := range map[string]string{
		"lan: {closed: 69/udp}":  "69/udp lan closed: pass by computed",
		"lan: {stealth: 69/udp}": "69/udp lan stealth: pass by computed",
		"lan: {open: 69/udp}":    "69/udp lan open: fail by computed",
	} {
		if got := verdicts(parsed(t, file).Judge(of(h, unsure), Context{}, lang.English)); got != want {
			t.Errorf("%s: %s", file, got)
		}
	}
}

// TestRulesNeverMakeOpenPass: that somebody is let in is not that anybody was.
func TestRulesNeverMakeOpenPass(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 2)
		c := computed{
			drop: n.Draw(t, "drop"), reject: n.Draw(t, "reject"), accept: n.Draw(t, "accept"), forward: n.Draw(t, "forward"), unsaid: n.Draw(t, "unsaid"),
			bound: rapid.Bool().Draw(t, "bound"), answers: rapid.Bool().Draw(t, "answers"), straight: rapid.Bool().Draw(t, "straight"),
		}
		known := rapid.Bool().Draw(t, "known")
		if c.outcome(exposure.ExpectOpen, known) == exposure.Pass {
			t.Fatalf("%+v", c)
		}
		if c.outcome(exposure.ExpectStealth, known) == exposure.Pass && c.outcome(exposure.ExpectClosed, known) != exposure.Pass {
			t.Fatalf("%+v is stealth and not closed", c)
		}
		if c.unsaid > 0 && c.outcome(exposure.ExpectClosed, known) != exposure.Inconclusive {
			t.Fatalf("%+v is decided", c)
		}
	})
}
