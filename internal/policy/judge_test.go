package policy

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/untrusted"
)

var today = time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)

func parsed(t interface{ Fatal(...any) }, file string) *Policy {
	p, err := Parse("f", []byte(file), Known{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func look(v exposure.View, address string, t exposure.Transport, port uint16, s exposure.State, why exposure.Reason) exposure.Observation {
	return exposure.Observation{View: v, Address: netip.MustParseAddr(address), Transport: t, Port: port, State: s, Reason: why, Vantage: "self"}
}

// of is a report of one host with the observations.
func of(h exposure.Host, observations ...exposure.Observation) exposure.Report {
	at := map[portKey]int{}
	for i, p := range h.Ports {
		at[portKey{p.Transport, p.Port}] = i
	}
	for _, o := range observations {
		key := portKey{o.Transport, o.Port}
		i, known := at[key]
		if !known {
			i = len(h.Ports)
			at[key] = i
			h.Ports = append(h.Ports, exposure.Port{Transport: o.Transport, Port: o.Port})
		}
		h.Ports[i].Observations = append(h.Ports[i].Observations, o)
		if !slices.Contains(h.Addresses, o.Address) {
			h.Addresses = append(h.Addresses, o.Address)
		}
	}
	return exposure.Report{Schema: exposure.ReportSchema, Hosts: []exposure.Host{h}}
}

// verdicts are the verdicts of a report in short, in its order.
func verdicts(r exposure.Report) string {
	var list []string
	add := func(of string, v exposure.Verdict) {
		s := fmt.Sprintf("%s %s %s: %s", of, v.Zone, v.Expectation, v.Verdict)
		if v.Basis != "" {
			s += " by " + string(v.Basis)
		}
		list = append(list, s)
	}
	for _, h := range r.Hosts {
		for _, p := range h.Ports {
			for _, v := range p.Verdicts {
				add(fmt.Sprintf("%d/%s", p.Port, p.Transport), v)
			}
		}
		for _, g := range h.Verdicts {
			add(fmt.Sprintf("%s/%s×%d", g.Ports, g.Transport, g.Count), g.Verdict)
		}
	}
	for _, p := range r.Outgoing {
		for _, v := range p.Verdicts {
			add(fmt.Sprintf("%d/%s", p.Port, p.Transport), v)
		}
	}
	return strings.Join(list, "\n")
}

const (
	lan     = exposure.ViewLAN
	outside = exposure.ViewOutside
	tcp     = exposure.TCP
	udp     = exposure.UDP
)

func TestStates(t *testing.T) {
	type o = exposure.Observation
	by := func(o o, who string) o { o.By = who; return o }
	open := look(lan, "192.0.2.7", tcp, 22, exposure.Open, exposure.SynAck)
	refused := look(lan, "192.0.2.7", tcp, 22, exposure.Closed, exposure.Reset)
	silent := look(lan, "192.0.2.7", tcp, 22, exposure.Filtered, exposure.NoResponse)
	prohibited := look(lan, "192.0.2.7", tcp, 22, exposure.Filtered, exposure.AdminProhibited)
	unreachable := by(look(lan, "192.0.2.7", tcp, 22, exposure.Filtered, exposure.HostUnreach), "192.0.2.1")
	neighbour := by(look(lan, "192.0.2.7", tcp, 22, exposure.Unknown, exposure.HostUnreach), exposure.Local)
	local := look(lan, "192.0.2.7", tcp, 22, exposure.Unknown, exposure.LocalError)
	self := look(exposure.ViewSelf, "192.0.2.7", tcp, 22, exposure.Open, exposure.SynAck)
	hairpin := look(exposure.ViewHairpin, "192.0.2.7", tcp, 22, exposure.Closed, exposure.Reset)
	elsewhere := look(lan, "2001:db8::7", tcp, 22, exposure.Open, exposure.SynAck)
	away := look(outside, "192.0.2.7", tcp, 22, exposure.Open, exposure.SynAck)
	for _, c := range []struct {
		name                  string
		seen                  []o
		open, closed, stealth exposure.Outcome
	}{
		{"open", []o{open}, exposure.Pass, exposure.Fail, exposure.Fail},
		{"refused", []o{refused}, exposure.Fail, exposure.Pass, exposure.Fail},
		{"silent", []o{silent}, exposure.Fail, exposure.Pass, exposure.Pass},
		{"admin_prohibited", []o{prohibited}, exposure.Fail, exposure.Pass, exposure.Fail},
		{"unreachable", []o{unreachable}, exposure.Inconclusive, exposure.Inconclusive, exposure.Inconclusive},
		{"neighbour", []o{neighbour}, exposure.Inconclusive, exposure.Inconclusive, exposure.Inconclusive},
		{"local_error", []o{local}, exposure.Inconclusive, exposure.Inconclusive, exposure.Inconclusive},
		{"nobody", nil, exposure.Inconclusive, exposure.Inconclusive, exposure.Inconclusive},
		{"self_is_no_lan", []o{self}, exposure.Inconclusive, exposure.Inconclusive, exposure.Inconclusive},
		{"hairpin_is_no_lan", []o{hairpin}, exposure.Inconclusive, exposure.Inconclusive, exposure.Inconclusive},
		{"outside_is_no_lan", []o{away}, exposure.Inconclusive, exposure.Inconclusive, exposure.Inconclusive},
		{"open_at_one", []o{refused, elsewhere}, exposure.Pass, exposure.Fail, exposure.Fail},
		{"unknown_at_one", []o{refused, local}, exposure.Inconclusive, exposure.Inconclusive, exposure.Fail},
		{"open_beside_unknown", []o{local, elsewhere}, exposure.Pass, exposure.Fail, exposure.Fail},
	} {
		t.Run(c.name, func(t *testing.T) {
			for expect, want := range map[exposure.Expectation]exposure.Outcome{
				exposure.ExpectOpen: c.open, exposure.ExpectClosed: c.closed, exposure.ExpectStealth: c.stealth,
			} {
				r := parsed(t, "lan: {"+string(expect)+": 22}").Judge(of(exposure.Host{}, c.seen...), Context{Now: today}, lang.English)
				v := r.Hosts[0].Ports[0].Verdicts
				if len(v) != 1 || v[0].Verdict != want || len(v[0].Why) == 0 || v[0].From == "" {
					t.Errorf("%s: %+v, want %s", expect, v, want)
				}
				if s := r.Summary; s.Pass+s.Fail+s.Inconclusive != 1 {
					t.Errorf("counted %+v", s)
				}
			}
		})
	}
}

func TestUDPIsDecidedByOwnFactsOrNot(t *testing.T) {
	unsure := look(lan, "192.0.2.7", udp, 69, exposure.OpenFiltered, exposure.NoResponse)
	bound := []exposure.Port{{Transport: udp, Port: 69, Listeners: []exposure.Listener{{Address: netip.MustParseAddr("0.0.0.0")}}}}
	loopback := []exposure.Port{{Transport: udp, Port: 69, Listeners: []exposure.Listener{{Address: netip.MustParseAddr("127.0.0.1")}}}}
	for _, c := range []struct {
		name         string
		host         exposure.Host
		open, closed string
	}{
		{"stranger", exposure.Host{}, "inconclusive by seen", "inconclusive by seen"},
		{"not_all_known", exposure.Host{Ports: loopback}, "inconclusive by seen", "inconclusive by seen"},
		{"bound", exposure.Host{ListenersKnown: true, Ports: bound}, "inconclusive by seen", "inconclusive by seen"},
		{"nothing_bound", exposure.Host{ListenersKnown: true}, "fail by own-facts", "pass by own-facts"},
		{"bound_to_loopback", exposure.Host{ListenersKnown: true, Ports: loopback}, "fail by own-facts", "pass by own-facts"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := verdicts(parsed(t, "lan: {open: 69/udp}").Judge(of(c.host, unsure), Context{}, lang.English))
			if want := "69/udp lan open: " + c.open; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			got = verdicts(parsed(t, "lan: {closed: 69/udp}").Judge(of(c.host, unsure), Context{}, lang.English))
			if want := "69/udp lan closed: " + c.closed; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestZones(t *testing.T) {
	r := of(
		exposure.Host{},
		look(exposure.ViewLoopback, "127.0.0.1", tcp, 22, exposure.Open, exposure.SynAck),
		look(lan, "192.168.1.5", tcp, 22, exposure.Closed, exposure.Reset),
		look(outside, "203.0.113.5", tcp, 22, exposure.Filtered, exposure.NoResponse),
	)
	got := verdicts(parsed(t, "loopback: {open: 22}\nlan: {closed: 22}\ninternet: {stealth: 22}").Judge(r, Context{}, lang.English))
	want := "22/tcp loopback open: pass by seen\n22/tcp lan closed: pass by seen\n22/tcp internet-v4 stealth: pass by seen\n22/tcp internet-v6 stealth: inconclusive by own-facts"
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	// With an address of the IPv6 Internet, nobody can tell without looking.
	r.Hosts[0].Addresses = append(r.Hosts[0].Addresses, netip.MustParseAddr("2a00:1450::7"))
	got = verdicts(parsed(t, "internet-v6: {closed: 22}").Judge(r, Context{}, lang.English))
	if want := "22/tcp internet-v6 closed: inconclusive"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLaterWins(t *testing.T) {
	p := parsed(t, `
extends: home-server
internet: {open: 8080, rest: any}
internet-v4: {stealth: 8080}
hosts:
  a.example: {extends: mine, internet-v6: {closed: 8080}}
  192.0.2.0/24: {internet-v4: {any: 8080}}
profiles:
  mine: {internet: {open: 81}}
`)
	for host, want := range map[string]string{"a.example": "8080:stealth 8080:closed 81:open 23:closed", "b.example": "8080:stealth 8080:open 81: 23:closed", "": "8080:any 8080:open 81: 23:closed"} {
		h := exposure.Host{Name: host}
		if host == "" {
			h.Addresses = []netip.Addr{netip.MustParseAddr("192.0.2.9")}
		}
		plan := p.plan(h)
		at := func(z exposure.Zone, port uint16) exposure.Expectation {
			if e := plan.zones[z].at[portKey{tcp, port}]; e != nil {
				return e.expect
			}
			return ""
		}
		v4, v6 := exposure.ZoneInternetV4, exposure.ZoneInternetV6
		got := fmt.Sprintf("8080:%s 8080:%s 81:%s 23:%s", at(v4, 8080), at(v6, 8080), at(v4, 81), at(v4, 23))
		if got != want {
			t.Errorf("%q: %s, want %s", host, got, want)
		}
		if plan.zones[v4].rest.expect != exposure.ExpectAny {
			t.Errorf("%q: the rest is to be %s", host, plan.zones[v4].rest.expect)
		}
	}
}

func TestRest(t *testing.T) {
	open := look(lan, "192.0.2.7", tcp, 22, exposure.Open, exposure.SynAck)
	odd := look(lan, "192.0.2.7", tcp, 8080, exposure.Open, exposure.SynAck)
	sweep := func(ports string, states ...exposure.SweepState) exposure.Host {
		return exposure.Host{Swept: []exposure.Sweep{{Address: open.Address, View: lan, Transport: tcp, Ports: ports, States: states}}}
	}
	refused := exposure.SweepState{State: exposure.Closed, Reason: exposure.Reset, Count: 65533}
	silent := exposure.SweepState{State: exposure.Filtered, Reason: exposure.NoResponse, Count: 65533}
	lost := exposure.SweepState{State: exposure.Unknown, Reason: exposure.LocalError, Count: 3}
	for _, c := range []struct{ name, rest, want string }{
		{"closed", "closed", "8080/tcp lan closed: fail by seen\nrest/tcp×65533 lan closed: pass by seen"},
		{"stealth", "stealth", "8080/tcp lan stealth: fail by seen\nrest/tcp×65533 lan stealth: fail by seen"},
	} {
		got := verdicts(parsed(t, "lan: {any: 22, rest: "+c.rest+"}").Judge(of(sweep("1-65535", refused), open, odd), Context{}, lang.English))
		if got != c.want {
			t.Errorf("%s: %s", c.name, got)
		}
	}
	for name, c := range map[string]struct {
		host exposure.Host
		want string
	}{
		"silent": {sweep("1-65535", silent), "rest/tcp×65534 lan stealth: pass by seen"},
		"lost":   {sweep("1-65535", silent, lost), "rest/tcp×65534 lan stealth: inconclusive by seen"},
		"doubt": {exposure.Host{Swept: sweep("1-65535", silent).Swept, Ports: []exposure.Port{{Transport: tcp, Port: 81, Observations: []exposure.Observation{
			look(lan, "192.0.2.7", tcp, 81, exposure.Unknown, exposure.LocalError),
		}}}}, "rest/tcp×65534 lan stealth: inconclusive by seen"},
		"silent_udp": {exposure.Host{Swept: sweep("1-65535", silent).Swept, Ports: []exposure.Port{{Transport: udp, Port: 81, Observations: []exposure.Observation{
			look(lan, "192.0.2.7", udp, 81, exposure.OpenFiltered, exposure.NoResponse),
		}}}}, "rest/tcp×65534 lan stealth: pass by seen"},
		"open_udp": {exposure.Host{Swept: sweep("1-65535", silent).Swept, Ports: []exposure.Port{{Transport: udp, Port: 81, Observations: []exposure.Observation{
			look(lan, "192.0.2.7", udp, 81, exposure.Open, exposure.ProtoResponse),
		}}}}, "81/udp lan stealth: fail by seen\nrest/tcp×65534 lan stealth: pass by seen"},
		"partly":  {sweep("1-1023", silent), "rest/tcp×65534 lan stealth: inconclusive by seen"},
		"nowhere": {exposure.Host{}, "rest/tcp×65534 lan stealth: inconclusive by seen"},
	} {
		got := verdicts(parsed(t, "lan: {any: 22, rest: stealth}").Judge(of(c.host, open), Context{}, lang.English))
		if got != c.want && !(name == "nowhere" && got == "rest/tcp×65534 lan stealth: inconclusive") {
			t.Errorf("%s: %s", name, got)
		}
	}
	// A part of what was counted only cannot be told apart.
	got := verdicts(parsed(t, "lan: {stealth: 100-200}").Judge(of(sweep("1-65535", silent, exposure.SweepState{State: exposure.Closed, Reason: exposure.Reset, Count: 1}), open), Context{}, lang.English))
	if want := "100-200/tcp×101 lan stealth: inconclusive by seen"; got != want {
		t.Errorf("a range: %s", got)
	}
}

func TestNeeds(t *testing.T) {
	at := look(lan, "192.0.2.7", tcp, 443, exposure.Open, exposure.SynAck)
	service := func(change func(*exposure.Service)) exposure.Service {
		s := exposure.Service{Address: at.Address, View: lan, Protocol: "http", Product: untrusted.Line("nginx"), Confidence: exposure.Confirmed, TLS: &exposure.TLS{
			Versions: []string{"TLS 1.2", "TLS 1.3"}, Certificate: &exposure.Certificate{NotAfter: today.Add(20*day + time.Hour)},
		}}
		if change != nil {
			change(&s)
		}
		return s
	}
	plain := func(s *exposure.Service) { s.TLS = nil }
	for _, c := range []struct {
		name, needs string
		change      func(*exposure.Service)
		want        exposure.Outcome
	}{
		{"protocol", "protocol: https", nil, exposure.Pass},
		{"protocol_inside", "protocol: http", nil, exposure.Pass},
		{"not_encrypted", "protocol: https", plain, exposure.Fail},
		{"other", "protocol: ssh", nil, exposure.Fail},
		{"mute", "protocol: http", func(s *exposure.Service) { s.Protocol, s.Silence = "", exposure.Mute }, exposure.Fail},
		{"broken", "protocol: http", func(s *exposure.Service) { s.Protocol, s.Error = "", "i/o timeout" }, exposure.Inconclusive},
		{"assigned", "protocol: http", func(s *exposure.Service) { s.Confidence = exposure.Assigned }, exposure.Inconclusive},
		{"product", "product: NGINX", nil, exposure.Pass},
		{"other_product", "product: apache", nil, exposure.Fail},
		{"no_product", "product: apache", func(s *exposure.Service) { s.Product = untrusted.Text{} }, exposure.Inconclusive},
		{"implicit", "tls: implicit", nil, exposure.Pass},
		{"starttls", "tls: starttls", nil, exposure.Fail},
		{"required", "tls: required", func(s *exposure.Service) { s.TLS.StartTLS = true }, exposure.Pass},
		{"required_plain", "tls: required", plain, exposure.Fail},
		{"required_unknown", "tls: required", func(s *exposure.Service) { s.TLS, s.Error = nil, "reset" }, exposure.Inconclusive},
		{"offered_only", "tls: required", func(s *exposure.Service) { s.TLS, s.Facts = nil, exposure.Facts{"starttls": true} }, exposure.Inconclusive},
		{"none", "tls: none", plain, exposure.Pass},
		{"none_encrypted", "tls: none", nil, exposure.Fail},
		{"recent", `tls-min: "1.2"`, nil, exposure.Pass},
		{"old", `tls-min: "1.3"`, nil, exposure.Fail},
		{"days", "certificate-days: 20", nil, exposure.Pass},
		{"few_days", "certificate-days: 21", nil, exposure.Fail},
		{"no_certificate", "certificate-days: 1", func(s *exposure.Service) { s.TLS.Certificate = nil }, exposure.Inconclusive},
		{"days_plain", "certificate-days: 1", plain, exposure.Fail},
		{"absent", "without: decided", nil, exposure.Pass},
		{"undecided", "without: undecided", nil, exposure.Inconclusive},
		{"found", "without: found", nil, exposure.Fail},
		{"worst", "worst: low", nil, exposure.Fail},
		{"worst_high", "worst: medium", nil, exposure.Pass},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := of(exposure.Host{}, at)
			r.Hosts[0].Ports[0].Services = []exposure.Service{service(c.change)}
			r.Hosts[0].Ports[0].Findings = []exposure.Finding{{Rule: "found", Severity: exposure.Medium, Evidence: "so it is."}}
			decided := func(rule string, _ exposure.Port) bool { return rule == "decided" }
			r = parsed(t, "lan: {open: [{port: 443, "+c.needs+"}]}").Judge(r, Context{Now: today, Decided: decided}, lang.Japanese)
			v := r.Hosts[0].Ports[0].Verdicts[0]
			if v.Verdict != c.want {
				t.Errorf("%+v, want %s", v, c.want)
			}
			for _, why := range v.Why {
				if strings.Contains(why, "⟦") {
					t.Errorf("unsaid: %s", why)
				}
			}
		})
	}
	// Nothing is known of the service of a port that was only seen open.
	r := parsed(t, "lan: {open: [{port: 443, protocol: http}]}").Judge(of(exposure.Host{}, at), Context{}, lang.English)
	if v := r.Hosts[0].Ports[0].Verdicts[0]; v.Verdict != exposure.Inconclusive {
		t.Errorf("%+v", v)
	}
}

func TestOutgoing(t *testing.T) {
	p := parsed(t, "outgoing: {open: [{port: 25, to: mail.example}, 53/udp], closed: [{port: 6667, to: 192.0.2.9}]}")
	if d := cmp.Diff("25/tcp outgoing open: inconclusive\n53/udp outgoing open: inconclusive\n6667/tcp outgoing closed: inconclusive", verdicts(p.Judge(exposure.Report{}, Context{}, lang.English))); d != "" {
		t.Error(d)
	}
	try := func(host string, o exposure.Observation) exposure.Report {
		o.Host = host
		return exposure.Report{Outgoing: []exposure.Port{{Transport: o.Transport, Port: o.Port, Observations: []exposure.Observation{o}}}}
	}
	for name, c := range map[string]struct {
		report exposure.Report
		want   string
	}{
		"reached":   {try("mail.example", look(outside, "192.0.2.8", tcp, 25, exposure.Open, exposure.SynAck)), "25/tcp outgoing open: pass by seen"},
		"refused":   {try("mail.example", look(outside, "192.0.2.8", tcp, 25, exposure.Closed, exposure.Reset)), "25/tcp outgoing open: pass by seen"},
		"silent":    {try("mail.example", look(outside, "192.0.2.8", tcp, 25, exposure.Filtered, exposure.NoResponse)), "25/tcp outgoing open: fail by seen"},
		"elsewhere": {try("other.example", look(outside, "192.0.2.8", tcp, 25, exposure.Open, exposure.SynAck)), "25/tcp outgoing open: inconclusive"},
		"unsent":    {try("mail.example", look(outside, "192.0.2.8", tcp, 25, exposure.Unknown, exposure.NetUnreach)), "25/tcp outgoing open: inconclusive by seen"},
		"let_out":   {try("", look(outside, "192.0.2.9", tcp, 6667, exposure.Open, exposure.SynAck)), "6667/tcp outgoing closed: fail by seen"},
	} {
		if got := verdicts(p.Judge(c.report, Context{}, lang.English)); !strings.Contains(got, c.want) {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestNothingUnseenPasses is the promise of the room: whatever is expected and
// seen, an expectation passes only where something was seen from its zone, or
// where the machine has no address there.
func TestNothingUnseenPasses(t *testing.T) {
	views := []exposure.View{exposure.ViewLoopback, exposure.ViewSelf, lan, exposure.ViewHairpin, outside, exposure.ViewName, exposure.ViewProxy}
	reasons := []exposure.Reason{exposure.SynAck, exposure.Reset, exposure.NoResponse, exposure.AdminProhibited, exposure.HostUnreach, exposure.LocalError}
	rapid.Check(t, func(t *rapid.T) {
		var seen []exposure.Observation
		for range rapid.IntRange(0, 6).Draw(t, "observations") {
			o := look(rapid.SampledFrom(views).Draw(t, "view"), rapid.SampledFrom([]string{"127.0.0.1", "192.168.1.5", "2a00:1450::7"}).Draw(t, "address"),
				rapid.SampledFrom([]exposure.Transport{tcp, udp}).Draw(t, "transport"), rapid.SampledFrom([]uint16{22, 53}).Draw(t, "port"),
				exposure.State(rapid.IntRange(0, 4).Draw(t, "state")), rapid.SampledFrom(reasons).Draw(t, "reason"))
			o.By = rapid.SampledFrom([]string{"", exposure.Local, "192.0.2.1"}).Draw(t, "by")
			seen = append(seen, o)
		}
		host := exposure.Host{ListenersKnown: rapid.Bool().Draw(t, "known"), Addresses: []netip.Addr{netip.MustParseAddr("2a00:1450::7")}}
		var file strings.Builder
		for _, z := range zones {
			fmt.Fprintf(&file, "%s: {%s: [22, 53/udp], rest: %s}\n", z, rapid.SampledFrom(expectations).Draw(t, "expect"), rapid.SampledFrom(restWords).Draw(t, "rest"))
		}
		r := parsed(t, file.String()).Judge(of(host, seen...), Context{}, lang.English)
		from := map[exposure.Zone]bool{}
		for _, o := range seen {
			if z, ok := zoneOf(o.View, o.Address); ok && o.State != exposure.Unknown {
				from[z] = true
			}
		}
		pass := 0
		for v := range Verdicts(r) {
			if v.Verdict != exposure.Pass {
				continue
			}
			pass++
			if !from[v.Zone] {
				t.Fatalf("%+v passes, and nobody saw it:\n%s", v, file.String())
			}
		}
		if pass != r.Summary.Pass {
			t.Fatalf("%d pass, %d counted", pass, r.Summary.Pass)
		}
	})
}

func TestExplainJudgesThePortItself(t *testing.T) {
	open := look(lan, "192.0.2.7", tcp, 22, exposure.Open, exposure.SynAck)
	h := of(exposure.Host{Swept: []exposure.Sweep{{Address: open.Address, View: lan, Transport: tcp, Ports: "1-1000", States: []exposure.SweepState{
		{State: exposure.Closed, Reason: exposure.Reset, Count: 999},
	}}}}, open).Hosts[0]
	p := parsed(t, "lan: {any: 80, closed: 1-500, rest: closed}")
	for port, want := range map[uint16]string{
		22:   "lan closed: fail",         // seen, and of a range
		23:   "lan closed: pass",         // counted
		600:  "lan closed: pass",         // of the rest, counted
		2000: "lan closed: inconclusive", // of the rest, and nobody looked
		80:   "",
	} {
		verdicts, unjudged := p.Explain(h, tcp, port, Context{}, lang.English)
		var got strings.Builder
		for _, v := range verdicts {
			got.WriteString(fmt.Sprintf("%s %s: %s", v.Zone, v.Expectation, v.Verdict))
		}
		if got.String() != want || (len(unjudged) == 1) != (want == "") {
			t.Errorf("%d: %q and %v, want %q", port, got.String(), unjudged, want)
		}
	}
}
