package firewall

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"sekisho/internal/exposure"
)

// maxOpenings bounds how many rules are looked into: a machine with more has them
// made by a program.
const maxOpenings = 256

// Openings are the rules by which newcomers come in at ports of this machine, or
// are sent on from there to one of its own addresses. Rules that let in whatever
// the port is are none, nor are those that a product brings of its own accord. One
// that the rules before it make useless is left out.
func (r *Ruleset) Openings(m *Machine) []exposure.Opening {
	var list []exposure.Opening
	asked := answered{}
	for _, c := range r.leading() {
		for _, rule := range c.rules {
			if len(list) >= maxOpenings {
				return list
			}
			for _, o := range rule.openings() {
				if slices.ContainsFunc(list, o.same) || !asked.used(r, m, &o.Opening, rule) {
					continue
				}
				list = append(list, o.Opening)
			}
		}
	}
	return list
}

// leading are the chains that packets for this machine may meet, which belong to
// people and not to a product.
func (r *Ruleset) leading() []*chain {
	var list []*chain
	var walk func(c *chain)
	walk = func(c *chain) {
		if c == nil || slices.Contains(list, c) {
			return
		}
		list = append(list, c)
		for _, rule := range c.rules {
			for _, p := range rule.parts {
				switch p := p.(type) {
				case judge:
					walk(p.verdict.target)
				case *lookup:
					for _, e := range p.set.elements {
						walk(e.data.verdict.target)
					}
				}
			}
		}
	}
	for _, t := range r.tables {
		for _, c := range t.order {
			if !t.dormant && c.base != nil && (c.base.hook == input || c.base.hook == prerouting) {
				walk(c)
			}
		}
	}
	return slices.DeleteFunc(list, func(c *chain) bool { return productChain.MatchString(c.name) })
}

// productChain are the chains of what ufw lets in before anybody asked it to, and
// those that programs keep by themselves.
var productChain = regexp.MustCompile(`^(ufw6?-(before|after|track|skip|logging|not-local)|DOCKER|KUBE-|CNI-|NETAVARK|f2b-|LIBVIRT_|ts-)`)

// opening is an Opening and how two of them are told to be the same: rules for the
// two families are made by one command.
type opening struct {
	exposure.Opening
}

func (o opening) same(other exposure.Opening) bool {
	return o.Transport == other.Transport && o.First == other.First && o.Last == other.Last && slices.Equal(o.Remove, other.Remove)
}

var (
	nftPorts      = regexp.MustCompile(`\b(tcp|udp) dport (\{[^}]*\}|@?[-\w]+)`)
	iptablesPorts = regexp.MustCompile(`-p (tcp|udp) .*?--dports? ([\d:,]+)`)
	redirectWord  = regexp.MustCompile(`(^|\s)(-j (DNAT|REDIRECT)|dnat|redirect)(\s|$)`)
)

// openings are what a rule lets in, port by port or range by range.
func (r *rule) openings() []opening {
	if !acceptWord.MatchString(r.text) && !redirectWord.MatchString(r.text) {
		return nil
	}
	m := nftPorts.FindStringSubmatch(r.text)
	if m == nil {
		m = iptablesPorts.FindStringSubmatch(r.text)
	}
	if m == nil || strings.Contains(r.text, "! --dport") {
		return nil
	}
	transport := exposure.TCP
	if m[1] == "udp" {
		transport = exposure.UDP
	}
	spans := r.portSpans(m[2])
	var list []opening
	for _, s := range spans {
		if transport == exposure.UDP && (s[0] == 68 || s[0] == 546) {
			continue // of DHCP's client, which has it only while it asks
		}
		o := exposure.Opening{Transport: transport, First: s[0], Last: s[1], Rule: r.ref(""), Alone: len(spans) == 1 && !strings.HasPrefix(m[2], "@")}
		o.Product, o.Remove = r.removal(o)
		list = append(list, opening{o})
	}
	return list
}

// portSpans reads ports as nft and iptables write them: 80, 80-90, 80:90, several
// with commas, in braces, or the name of a set.
func (r *rule) portSpans(words string) [][2]uint16 {
	var list [][2]uint16
	if name, ok := strings.CutPrefix(words, "@"); ok {
		for _, p := range r.parts {
			if m, ok := p.(*match); ok && m.set != nil && m.set.name == name {
				for _, e := range m.set.elements {
					if len(e.key) == 1 && len(list) < maxOpenings {
						list = append(list, [2]uint16{portNumber(e.key[0].lo), portNumber(e.key[0].hi)})
					}
				}
			}
		}
		return list
	}
	for word := range strings.SplitSeq(strings.Trim(words, "{} "), ",") {
		first, last, ranged := strings.Cut(strings.NewReplacer(":", "-").Replace(strings.TrimSpace(word)), "-")
		a, err := strconv.ParseUint(first, 10, 16)
		b, err2 := a, error(nil)
		if ranged {
			b, err2 = strconv.ParseUint(last, 10, 16)
		}
		if err == nil && err2 == nil {
			list = append(list, [2]uint16{uint16(a), uint16(b)})
		}
	}
	return list
}

// answered are the answers about ports that were asked for already.
type answered map[CommandPort][]exposure.FirewallAnswer

// used reports whether the rule is one that newcomers meet, and notes where it
// sends them on to; false also for a rule that leads to another host, of whose
// listeners nothing is known.
func (asked answered) used(r *Ruleset, m *Machine, o *exposure.Opening, by *rule) bool {
	ref := by.ref("")
	p := CommandPort{o.Transport, o.First}
	if asked[p] == nil {
		for _, any := range []netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified()} {
			asked[p] = append(asked[p], r.Answers(m, exposure.Listener{Transport: o.Transport, Port: o.First, Address: any})...)
		}
	}
	for _, a := range asked[p] {
		if a.Zone == exposure.ZoneLoopback || a.Verdict != exposure.FirewallAccept && a.Verdict != exposure.FirewallCannotSay {
			continue
		}
		if !slices.ContainsFunc(slices.Concat(a.Rules, a.Doubts), func(f exposure.FirewallRule) bool {
			return f.Table == ref.Table && f.Chain == ref.Chain && f.Handle == ref.Handle
		}) {
			continue
		}
		if !redirectWord.MatchString(by.text) {
			return !a.To.IsValid() // a listener elsewhere is what it is for
		}
		o.To = a.To
		return a.To.IsValid() && m.owner(a.To.Addr()) != nil
	}
	return false
}

// removal are the lines that take a rule away, in the words of what made it.
func (r *rule) removal(o exposure.Opening) (product string, lines []string) {
	c := r.chain
	zone, isZone := strings.CutPrefix(c.name, "filter_IN_")
	if !isZone {
		zone, isZone = strings.CutPrefix(c.name, "IN_")
	}
	ports := strconv.Itoa(int(o.First))
	switch {
	case strings.HasPrefix(c.name, "ufw-user-") || strings.HasPrefix(c.name, "ufw6-user-"):
		if o.Last != o.First {
			ports += ":" + strconv.Itoa(int(o.Last))
		}
		if !o.Alone {
			return string(UFW), []string{"ufw status numbered"}
		}
		from := "any"
		if m := ufwSource.FindStringSubmatch(r.text); m != nil {
			from = m[1]
		}
		return string(UFW), []string{fmt.Sprintf("ufw delete allow from %s to any port %s proto %s", from, ports, o.Transport)}
	case isZone && strings.HasSuffix(zone, "_allow"):
		if o.Last != o.First {
			ports += "-" + strconv.Itoa(int(o.Last))
		}
		zone = strings.TrimSuffix(zone, "_allow")
		what := fmt.Sprintf("--remove-port=%s/%s", ports, o.Transport)
		if service := firewalldServices[ports]; service != "" {
			what = "--remove-service=" + service
		}
		return string(Firewalld), []string{
			fmt.Sprintf("firewall-cmd --permanent --zone=%s %s && firewall-cmd --reload", shellQuote(zone), what),
		}
	case c.table.kind == "iptables":
		program := "iptables"
		if c.table.family == familyIP6 {
			program = "ip6tables"
		}
		if c.table.name != "filter" {
			program += " -t " + c.table.name
		}
		if !o.Alone {
			return string(Iptables), []string{program + " -S " + c.name}
		}
		if strings.ContainsFunc(r.text, func(r rune) bool { return r < ' ' || r > '~' || strings.ContainsRune("$`!;&|<>()*?\\'", r) }) {
			return string(Iptables), []string{fmt.Sprintf("%s -D %s %d", program, c.name, r.handle)} // a comment may hold anything
		}
		return string(Iptables), []string{program + " -D " + c.name + " " + r.text}
	}
	family, _, _ := strings.Cut(c.table.title(), " ")
	at := Place{family, c.table.name, c.name}.String()
	if !o.Alone {
		return string(NFTables), []string{"nft -a list chain " + at}
	}
	return string(NFTables), []string{fmt.Sprintf("nft delete rule %s handle %d", at, r.handle)}
}

var ufwSource = regexp.MustCompile(`-s (\S+)`)

// firewalldServices are the services that firewalld's zones let in as they come, and
// those that guides have people add, by their port (firewalld 1.3, services/).
var firewalldServices = map[string]string{
	"20": "ftp", "21": "ftp", "22": "ssh", "25": "smtp", "53": "dns", "80": "http", "443": "https", "631": "ipp", "993": "imaps", "995": "pop3s", "3389": "rdp", "9090": "cockpit",
}

// portNumber is a port that a set holds.
func portNumber(n number) uint16 { return uint16(n.lo) }
