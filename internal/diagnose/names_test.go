package diagnose

import (
	"maps"
	"net/netip"
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/untrusted"
)

func init() { maps.Copy(cases, nameCases) }

var stale = netip.MustParseAddr("26.10.0.99")

func nameSays(source exposure.NameSource, record string, outcome exposure.NameOutcome, addresses ...netip.Addr) exposure.NameAnswer {
	ttl := uint32(300)
	return exposure.NameAnswer{Source: source, Server: "192.168.1.1:53", Record: record, Outcome: outcome, Addresses: addresses, TTL: &ttl}
}

func named(answers ...exposure.NameAnswer) []exposure.Resolution {
	r := exposure.Resolution{Name: "home.example", Answers: answers}
	for _, a := range answers {
		if a.Source != exposure.NameAuthority {
			r.Addresses = append(r.Addresses, a.Addresses...)
		}
	}
	return []exposure.Resolution{r}
}

// open6 is a server that people reach over IPv6, and whose name is asked for.
func open6(zone exposure.Zone, names []exposure.Resolution) Case {
	return with(server(), func(c *Case) {
		c.Zone, c.Names, c.Router = zone, names, &Router{WAN: google}
		c.Addresses, c.Listeners = []netip.Addr{home, global6}, append(listening("0.0.0.0"), listening("::")...)
		c.Firewall = []exposure.FirewallAnswer{{Zone: zone, Family: "ipv4", Verdict: exposure.FirewallAccept}, {Zone: zone, Family: "ipv6", Verdict: exposure.FirewallAccept}}
		if zone == exposure.ZoneInternetV6 {
			c.Observations = append(c.Observations, saw(exposure.ViewOutside, global6, exposure.Open, exposure.SynAck, ""))
		}
	})
}

var global6 = netip.MustParseAddr("2608:26:20:7::10")

// nameCases are what becomes of names, each with the cause that is right.
var nameCases = map[string]struct {
	c         Case
	id        string
	certainty exposure.Certainty
	rivals    []string
}{
	"name: old A, right AAAA, for IPv4": {open6(exposure.ZoneInternetV4, named(
		nameSays(exposure.NameAuthority, "A", exposure.NameFound, stale), nameSays(exposure.NameAuthority, "AAAA", exposure.NameFound, global6))), "name-elsewhere", exposure.CauseProven, nil},
	"name: old A, right AAAA, for IPv6": {open6(exposure.ZoneInternetV6, named(
		nameSays(exposure.NameAuthority, "A", exposure.NameFound, stale), nameSays(exposure.NameAuthority, "AAAA", exposure.NameFound, global6))), "ok", exposure.CauseProven, nil},
	"name: no AAAA, the zone says so": {open6(exposure.ZoneInternetV6, named(
		nameSays(exposure.NameAuthority, "A", exposure.NameFound, google), nameSays(exposure.NameAuthority, "AAAA", exposure.NameNoData))), "name-missing", exposure.CauseProven, nil},
	"name: no AAAA, in the LAN": {open6(exposure.ZoneLAN, named(
		nameSays(exposure.NameResolver, "A", exposure.NameFound, google), nameSays(exposure.NameResolver, "AAAA", exposure.NameNoData))), "name-missing", exposure.CauseLikely, nil},
	"name: the resolver alone is out of date": {open6(exposure.ZoneInternetV4, named(
		nameSays(exposure.NameResolver, "A", exposure.NameFound, stale), nameSays(exposure.NameAuthority, "A", exposure.NameFound, google))), "inconclusive", exposure.CausePossible, nil},
	"name: the resolver alone was asked": {open6(exposure.ZoneInternetV4, named(
		nameSays(exposure.NameResolver, "A", exposure.NameFound, stale))), "name-elsewhere", exposure.CauseLikely, nil},
	"name: the resolver is out of date for the LAN": {open6(exposure.ZoneLAN, named(
		nameSays(exposure.NameResolver, "A", exposure.NameFound, stale), nameSays(exposure.NameAuthority, "A", exposure.NameFound, google))), "name-elsewhere", exposure.CauseProven, nil},
	"name: the inner address in the LAN": {open6(exposure.ZoneLAN, named(
		nameSays(exposure.NameResolver, "A", exposure.NameFound, home))), "ok", exposure.CauseLikely, nil},
	"name: a private address of another host": {with(open6(exposure.ZoneLAN, named(
		nameSays(exposure.NameResolver, "A", exposure.NameFound, netip.MustParseAddr("192.168.1.77")))), func(c *Case) { c.Router = nil }), "name-elsewhere", exposure.CauseProven, nil},
	"name: nobody knows the outer address": {with(server(), func(c *Case) {
		c.Names = named(nameSays(exposure.NameResolver, "A", exposure.NameFound, stale))
	}), "ok", exposure.CauseLikely, nil},
	"name: only the hosts file": {with(open6(exposure.ZoneLAN, named(nameSays(exposure.NameHosts, "A", exposure.NameFound, stale))), func(*Case) {}), "name-elsewhere", exposure.CauseLikely, nil},
	"name: SERVFAIL": {with(open6(exposure.ZoneLAN, named(nameSays(exposure.NameResolver, "A", exposure.NameServerFailure))), func(c *Case) {
		c.Names[0].Error = untrusted.New("server misbehaving", 99)
	}), "dns-failure", exposure.CauseProven, nil},
	"name: denied by the resolver, not by the zone": {open6(exposure.ZoneLAN, named(
		nameSays(exposure.NameResolver, "A", exposure.NameNoSuch), nameSays(exposure.NameResolver, "AAAA", exposure.NameNoSuch),
		nameSays(exposure.NameAuthority, "A", exposure.NameFound, google))), "dns-failure", exposure.CauseProven, nil},

	"far: the zone says otherwise, and there it is open": {with(far(saw(exposure.ViewLAN, home, exposure.Closed, exposure.ConnRefused, "")), func(c *Case) {
		c.Names = named(nameSays(exposure.NameResolver, "A", exposure.NameFound, home), nameSays(exposure.NameAuthority, "A", exposure.NameFound, stale))
		c.Right = []exposure.Observation{saw(exposure.ViewOutside, stale, exposure.Open, exposure.SynAck, "")}
	}), "name-elsewhere", exposure.CauseProven, nil},
	"far: the zone says otherwise": {with(far(saw(exposure.ViewLAN, home, exposure.Closed, exposure.ConnRefused, "")), func(c *Case) {
		c.Names = named(nameSays(exposure.NameResolver, "A", exposure.NameFound, home), nameSays(exposure.NameAuthority, "A", exposure.NameFound, stale))
	}), "name-elsewhere", exposure.CauseLikely, nil},
	"far: the zone says otherwise, and it is open here": {with(far(saw(exposure.ViewLAN, home, exposure.Open, exposure.SynAck, "")), func(c *Case) {
		c.Names = named(nameSays(exposure.NameResolver, "A", exposure.NameFound, home), nameSays(exposure.NameAuthority, "A", exposure.NameFound, stale))
	}), "ok", exposure.CauseProven, nil},
	"far: no such name, the zone says so": {Case{Transport: exposure.TCP, Port: 80, Names: []exposure.Resolution{{Name: "home.example", Missing: true, Answers: []exposure.NameAnswer{
		nameSays(exposure.NameResolver, "A", exposure.NameNoSuch), nameSays(exposure.NameAuthority, "A", exposure.NameNoSuch), nameSays(exposure.NameAuthority, "AAAA", exposure.NameNoSuch),
	}}}}, "name-missing", exposure.CauseProven, nil},
	"far: no such name, says the resolver alone": {Case{Transport: exposure.TCP, Port: 80, Names: []exposure.Resolution{{Name: "home.example", Missing: true, Answers: []exposure.NameAnswer{
		nameSays(exposure.NameResolver, "A", exposure.NameNoSuch), nameSays(exposure.NameAuthority, "A", exposure.NameFound, stale),
	}}}}, "dns-failure", exposure.CauseProven, nil},
}

// Each record has its sentence in the stage of the name, with who says it and how
// long it holds, and the remedy names the record and the address.
func TestNamesAreToldOneByOne(t *testing.T) {
	c := open6(exposure.ZoneLAN, named(
		nameSays(exposure.NameResolver, "A", exposure.NameFound, stale), nameSays(exposure.NameResolver, "AAAA", exposure.NameFound, global6)))
	for tag, want := range map[lang.Tag][]string{
		lang.English:  {"home.example leads elsewhere: A 26.10.0.99 (resolver 192.168.1.1:53, kept for 300 s more); here it would be 8.8.8.8. home.example leads here: AAAA 2608:26:20:7::10", "set its A record to 8.8.8.8", "300 s"},
		lang.Japanese: {"home.example は別のアドレスを指しています: A 26.10.0.99(DNSサーバー 192.168.1.1:53、残り300秒)(正しくは 8.8.8.8)。home.example はここを指しています", "A レコードを 8.8.8.8 に設定", "300秒"},
	} {
		d := Explain(c, tag)
		var words []string
		for _, s := range d.Stages {
			if s.ID == "host-name" {
				words = append(words, string(s.Result), s.Detail)
			}
		}
		words = append(words, d.Cause.Remedy...)
		text := strings.Join(words, "\n")
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("no %q in:\n%s", w, text)
			}
		}
	}
}

// What a name with ten thousand addresses leaves is a sentence that can be read.
func TestNamesWithManyAddresses(t *testing.T) {
	var list []netip.Addr
	for a := stale; len(list) < 64; a = a.Next() {
		list = append(list, a)
	}
	answer := nameSays(exposure.NameResolver, "A", exposure.NameFound, list...)
	answer.More = 10_000 - 64
	if text := answerWords(answer).in(lang.English); !strings.Contains(text, "and 9992 more") || len(text) > 300 {
		t.Errorf("%q", text)
	}
}
