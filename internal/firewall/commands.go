package firewall

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

// Product is what manages the packet filter of a machine.
type Product string

// The products whose commands are known.
const (
	UFW       Product = "ufw"
	Firewalld Product = "firewalld"
	NFTables  Product = "nftables"
	Iptables  Product = "iptables"
	Windows   Product = "windows"
	PF        Product = "pf"
)

// CommandProducts are the products that Steps knows, in the order that people are told.
func CommandProducts() []Product {
	return []Product{UFW, Firewalld, NFTables, Iptables, Windows, PF}
}

// Action is what a person wants with a port.
type Action string

// The actions.
const (
	ActionOpen  Action = "open"
	ActionClose Action = "close"
	ActionShow  Action = "show"
)

// CommandPort is one port to open, close or show.
type CommandPort struct {
	Transport exposure.Transport
	Port      uint16
}

// Place is a chain of nftables in which a rule has to stand.
type Place struct {
	Family, Table, Chain string
}

// Wish is what is to be done, and for whom.
type Wish struct {
	Action Action
	Ports  []CommandPort
	// Zone is who comes, or where it goes to when Out is set; empty for anybody.
	Zone exposure.Zone
	// LAN are the networks of ZoneLAN; in a family without any the private ones are
	// meant.
	LAN []netip.Prefix
	// Out is of connections that this machine makes.
	Out bool
	// Profiles are those of Windows: domain, private, public; empty for all.
	Profiles []string
	// IfSecure lets in on Windows only what IPsec authenticates.
	IfSecure bool
	// Name is the name of the rule; empty for one made of port and zone. It has no
	// character but letters, digits, space and - _ . : / + @.
	Name string
	// Places are the chains of nftables; without any inet filter input (or output).
	Places []Place
	// Bare is of a machine whose rules were read and have no chain for what comes in
	// (or goes out).
	Bare bool
	// FirewalldZone is the zone of firewalld that the port is meant for; empty for the
	// default one.
	FirewalldZone string
}

// CommandStep is one step: words for the person, then lines to type as they are.
type CommandStep struct {
	Words string
	Lines []string
	Role  Role
}

// Role says when the lines of a step are to be run.
type Role uint8

// The roles. RoleTell, the zero value, is of what a person looks at or decides.
const (
	RoleTell  Role = iota
	RoleDo         // what was asked for
	RoleIfYet      // only if the port is let in yet
	RoleKeep       // so that it stays after a restart
)

// privateNetworks are what a LAN is made of (RFC 1918, RFC 3927, RFC 4193, RFC 4291).
var privateNetworks = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("fc00::/7"), netip.MustParsePrefix("fe80::/10"),
}

var ownNetworks = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

// Steps are the commands for a product, with their words in a language.
func (w Wish) Steps(p Product, tag lang.Tag) []CommandStep {
	o := order{Wish: w, tag: tag}
	switch p {
	case UFW:
		o.ufw()
	case Firewalld:
		o.firewalld()
	case NFTables:
		o.nftables()
	case Iptables:
		o.iptables()
	case Windows:
		o.windows()
	case PF:
		o.pf()
	}
	return o.steps
}

// order is a wish that is being written down.
type order struct {
	Wish
	tag   lang.Tag
	steps []CommandStep
}

// step adds a step.
func (o *order) step(words lang.Text, lines ...string) {
	o.steps = append(o.steps, CommandStep{Words: words.In(o.tag), Lines: lines})
}

// as gives the step that was added last its role.
func (o *order) as(r Role) { o.steps[len(o.steps)-1].Role = r }

// each gathers the lines of all ports.
func (o *order) each(lines func(p CommandPort) []string) []string {
	var all []string
	for _, p := range o.Ports {
		all = append(all, lines(p)...)
	}
	return all
}

// networks are those of whom the port is opened for, of one family; none for
// anybody.
func (o *order) networks(v6 bool) []netip.Prefix {
	var list []netip.Prefix
	for _, p := range o.peers() {
		if p.Addr().Is6() == v6 {
			list = append(list, p)
		}
	}
	return list
}

// peers are the networks of both families; none for anybody.
func (o *order) peers() []netip.Prefix {
	switch o.Zone {
	case exposure.ZoneLAN:
		list := slices.Clone(o.LAN)
		for _, p := range privateNetworks {
			of := func(n netip.Prefix) bool { return n.Addr().Is6() == p.Addr().Is6() }
			if !slices.ContainsFunc(o.LAN, of) {
				list = append(list, p)
			}
		}
		return list
	case exposure.ZoneLoopback:
		return ownNetworks
	case exposure.ZoneInternetV4:
		return []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}
	case exposure.ZoneInternetV6:
		return []netip.Prefix{netip.MustParsePrefix("2000::/3")}
	}
	return nil
}

// allowed is the name of the rule that lets in.
func (o *order) allowed(p CommandPort) string {
	return cmp.Or(o.Name, fmt.Sprintf("sekisho-%d-%s%s", p.Port, p.Transport, o.suffix()))
}

// denied is the name of the rule that keeps out.
func (o *order) denied(p CommandPort) string {
	if o.Name != "" {
		return o.Name + " deny"
	}
	return fmt.Sprintf("sekisho-deny-%d-%s%s", p.Port, p.Transport, o.suffix())
}

// suffix parts the rules of one port by zone and direction.
func (o *order) suffix() string {
	suffix := ""
	if o.Out {
		suffix = "-out"
	}
	switch o.Zone {
	case "":
	default:
		suffix += "-" + string(o.Zone)
	}
	return suffix
}

// shellQuote makes one word of a text for a POSIX shell.
func shellQuote(s string) string {
	plain := func(r rune) bool {
		return r == '-' || r == '_' || r == '.' || r == '/' || r == ':' || r == ',' || r == '=' || r == '+' || r == '@' ||
			r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	}
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !plain(r) }) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// pattern makes a basic regular expression of a text that stands between slashes.
func pattern(s string) string {
	return strings.NewReplacer(`\`, `\\`, `.`, `\.`, `[`, `\[`, `*`, `\*`, `^`, `\^`, `$`, `\$`, `/`, `\/`).Replace(s)
}

// prefixes writes networks with something between.
func prefixes(list []netip.Prefix, between string) string {
	words := make([]string, len(list))
	for i, p := range list {
		words[i] = p.String()
	}
	return strings.Join(words, between)
}

// Manager is the product whose commands change this rule set: who manages the
// rules before the language that they are held in.
func (r *Ruleset) Manager() Product {
	made := r.Products()
	for _, p := range []Product{UFW, Firewalld} {
		if slices.Contains(made, string(p)) {
			return p
		}
	}
	if len(r.places(input)) == 0 && (slices.Contains(made, string(Iptables)) || r.hasInput()) {
		return Iptables
	}
	return NFTables
}

// Places are the chains of nftables that see what comes in for this machine, or what
// it sends: a packet has to pass each of them.
func (r *Ruleset) Places(out bool) []Place {
	if out {
		return r.places(output)
	}
	return r.places(input)
}

func (r *Ruleset) places(h hook) []Place {
	var list []Place
	for _, t := range r.tables {
		if t.kind != "nft" || t.dormant || t.family != familyInet && t.family != familyIP && t.family != familyIP6 {
			continue
		}
		family, _, _ := strings.Cut(t.title(), " ")
		for _, c := range t.order {
			if c.base == nil || c.base.hook != h || c.base.kind != "filter" || ofIptables(c) || !c.base.drop && len(c.rules) == 0 {
				continue
			}
			list = append(list, Place{family, t.name, c.name})
		}
	}
	return list
}

// ofIptables reports whether iptables made a chain that nftables shows: its names
// are in capitals.
func ofIptables(c *chain) bool {
	return slices.Contains([]string{"INPUT", "OUTPUT", "FORWARD"}, c.name)
}

// hasInput reports whether iptables made a chain for what comes in.
func (r *Ruleset) hasInput() bool {
	for _, t := range r.tables {
		for _, c := range t.order {
			if c.name == "INPUT" && len(c.rules) > 0 || c.name == "INPUT" && c.base != nil && c.base.drop {
				return true
			}
		}
	}
	return false
}
