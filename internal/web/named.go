package web

import (
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"sekisho/internal/exposure"
	"sekisho/internal/reach"
)

// The ways in which what a visitor wrote is no name that can be asked for.
var (
	errNameEmpty   = errors.New("empty")
	errNameAddress = errors.New("address")
	errNameSingle  = errors.New("single")
	errNameWrong   = errors.New("wrong")
	errNameEnd     = errors.New("end")
)

// privateEnds are the ends of names that the DNS of the Internet does not have: of
// this machine and of nobody (RFC 6761 sections 6.3 and 6.4), of one network (RFC
// 6762 section 3, RFC 8375, and what ICANN keeps for such use), and of Tor (RFC 7686).
var privateEnds = []string{"localhost", "local", "home.arpa", "internal", "invalid", "onion"}

// homeEnds are those of them that the resolver of one network may have.
var homeEnds = []string{"home.arpa", "internal"}

// mostLabel is how long a part of a name may be (RFC 1035 section 2.3.4).
const mostLabel = 63

// lookups maps names as people write them, full-width letters and dots too, to those
// that are asked for (UTS 46). Underscores are let through: resolvers know them.
var lookups = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.StrictDomainName(false))

// hostName is the name that a visitor wrote as it is asked for: in small letters, in
// ASCII (RFC 5891), without the dot at its end. What browsers show around a name, its
// scheme, port and path, is taken off.
func hostName(text string) (string, error) {
	text = strings.TrimSpace(text)
	if scheme, _, ok := strings.Cut(text, "://"); ok {
		u, err := url.Parse(text)
		if err != nil || scheme == "" || u.Hostname() == "" {
			return "", errNameWrong
		}
		text = u.Hostname()
	}
	if text == "" {
		return "", errNameEmpty
	}
	if _, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		return "", errNameAddress
	}
	if _, err := netip.ParseAddrPort(text); err == nil {
		return "", errNameAddress
	}
	if before, port, ok := strings.Cut(text, ":"); ok && number(port) > 0 {
		text = before
	}
	name, err := lookups.ToASCII(text)
	if err != nil || strings.ContainsRune(text, utf8.RuneError) { // bytes that are no letter in any script, too
		return "", errNameWrong
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	labels := strings.Split(name, ".")
	for _, l := range labels {
		if l == "" || len(l) > mostLabel || strings.ContainsFunc(l, func(r rune) bool { return r != '_' && (r == '.' || notOfName(r)) }) {
			return "", errNameWrong
		}
	}
	last := labels[len(labels)-1]
	switch {
	case len(name) > mostName:
		return "", errNameWrong
	case privateEnd(name) != "":
		return name, errNameEnd
	case len(labels) == 1:
		return name, errNameSingle
	case strings.Trim(last, "0123456789") == "": // 127.1 is an address for some programs, and no name for anybody
		return "", errNameAddress
	}
	return name, nil
}

// privateEnd is the end that keeps a name out of the DNS of the Internet, empty for
// none.
func privateEnd(name string) string {
	for _, end := range privateEnds {
		if name == end || strings.HasSuffix(name, "."+end) {
			return end
		}
	}
	return ""
}

// visitorSeen is what the addresses of a name are put beside.
type visitorSeen struct {
	Proven []netip.Addr // that requests of the visitor came from, of each family one at most
	Own    []netip.Addr // of the service itself
}

// of is the proven address of a family, invalid for none.
func (v visitorSeen) of(v6 bool) netip.Addr {
	for _, a := range v.Proven {
		if a.Is6() == v6 {
			return a
		}
	}
	return netip.Addr{}
}

// leading is how one record of a name stands to the visitor.
type leading string

// The ways. Near is an IPv6 address of the visitor's own /64: of another device, or
// of this one before or after it took a temporary address (RFC 8981).
const (
	leadsYou       leading = "you"
	leadsAmong     leading = "among" // one of several is the visitor
	leadsNear      leading = "near"
	leadsElsewhere leading = "elsewhere"
	leadsPrivate   leading = "private" // where nobody of the Internet gets to
	leadsService   leading = "service" // to the one that shows the page
	leadsInside    leading = "inside"  // the visitor comes from a private address, and cannot be compared
	leadsUnproven  leading = "unproven"
	leadsMissing   leading = "missing" // no record, and the visitor has such an address
	leadsNowhere   leading = "nowhere" // no record, and nobody misses it
	leadsUnasked   leading = "unasked"
)

// outcome is what a way is worth.
func (l leading) outcome() exposure.Outcome {
	switch l {
	case leadsYou:
		return exposure.Pass
	case leadsAmong, leadsElsewhere, leadsPrivate, leadsService:
		return exposure.Fail
	}
	return exposure.Inconclusive
}

// ledAddress is one address of a name.
type ledAddress struct {
	Address string
	Kind    string // you, service, near, special, elsewhere
	Block   string // what IANA calls the block of a special one
}

// ledRecord is what is known of one record.
type ledRecord struct {
	Record    string // A or AAAA
	Family    string // IPv4 or IPv6
	Leads     leading
	Outcome   exposure.Outcome
	Yours     string // empty where the visitor proved no address of this family
	Addresses []ledAddress
	More      int
	Chain     []string
	TTL       string // seconds, empty where it is not known
}

// named is what is known of a name.
type named struct {
	Name    string
	Verdict string // here, partly, wrong, unknown, gone, empty, unasked
	Outcome exposure.Outcome
	Records []ledRecord
	Odd     bool // it has an underscore, or a hyphen at an edge, which some programs refuse
}

// mostLed bounds the addresses of one record that are shown.
const mostLed = 16

// judgeName puts what a resolver said beside where the visitor is.
func judgeName(name string, answers []exposure.NameAnswer, v visitorSeen) named {
	n := named{Name: name, Odd: oddName(name)}
	gone, empty, unasked := 0, 0, 0
	for _, record := range []string{"A", "AAAA"} {
		a := exposure.NameAnswer{Record: record}
		if i := slices.IndexFunc(answers, func(a exposure.NameAnswer) bool { return a.Record == record }); i >= 0 {
			a = answers[i]
		}
		switch {
		case a.Outcome == exposure.NameNoSuch:
			gone++
		case a.Known() && len(a.Addresses) == 0:
			empty++
		case !a.Known():
			unasked++
		}
		n.Records = append(n.Records, judgeRecord(a, v))
	}
	switch {
	case gone > 0: // there is such a name for both records or for none (RFC 8020)
		n.Verdict, n.Outcome = "gone", exposure.Fail
	case unasked == len(n.Records):
		n.Verdict, n.Outcome = "unasked", exposure.Inconclusive
	case empty == len(n.Records):
		n.Verdict, n.Outcome = "empty", exposure.Fail
	default:
		n.Verdict, n.Outcome = together(n.Records)
	}
	return n
}

// together is the verdict of a name over both of its records. What was not compared
// is no pass; a missing AAAA spoils nothing where the A is right, and the other way
// round.
func together(records []ledRecord) (string, exposure.Outcome) {
	here, open := false, false
	for _, r := range records {
		switch {
		case r.Outcome == exposure.Fail:
			return "wrong", exposure.Fail
		case r.Leads == leadsYou:
			here = true
		case r.Leads != leadsMissing && r.Leads != leadsNowhere:
			open = true
		}
	}
	if here && !open {
		return "here", exposure.Pass
	}
	if here {
		return "partly", exposure.Inconclusive
	}
	return "unknown", exposure.Inconclusive
}

func judgeRecord(a exposure.NameAnswer, v visitorSeen) ledRecord {
	v6 := a.Record == "AAAA"
	r := ledRecord{Record: a.Record, Family: "IPv4", More: a.More}
	if v6 {
		r.Family = "IPv6"
	}
	yours := v.of(v6)
	if yours.IsValid() {
		r.Yours = yours.String()
	}
	if a.TTL != nil {
		r.TTL = strconv.FormatUint(uint64(*a.TTL), 10)
	}
	for _, c := range a.Chain[:min(len(a.Chain), mostLed)] {
		r.Chain = append(r.Chain, clean(c.Raw()))
	}
	count := map[string]int{}
	for i, found := range a.Addresses {
		led := ledTo(found, yours, v.Own)
		count[led.Kind]++
		if i < mostLed {
			r.Addresses = append(r.Addresses, led)
		} else {
			r.More++
		}
	}
	r.Leads = leads(a, count, yours)
	r.Outcome = r.Leads.outcome()
	return r
}

// leads sums the addresses of a record up.
func leads(a exposure.NameAnswer, count map[string]int, yours netip.Addr) leading {
	total := len(a.Addresses)
	switch {
	case !a.Known():
		return leadsUnasked
	case total == 0 && yours.IsValid():
		return leadsMissing
	case total == 0:
		return leadsNowhere
	case count["you"] == total && a.More == 0:
		return leadsYou
	case count["you"] > 0:
		return leadsAmong
	case count["service"] == total:
		return leadsService
	case yours.IsValid() && reach.LAN(yours) && count["special"] < total:
		return leadsInside
	case count["special"] == total && !(yours.IsValid() && reach.LAN(yours)):
		return leadsPrivate
	case !yours.IsValid():
		return leadsUnproven
	case count["near"] == total:
		return leadsNear
	}
	return leadsElsewhere
}

// ledTo tells whose an address is, as far as that can be told from here.
func ledTo(found, yours netip.Addr, service []netip.Addr) ledAddress {
	led := ledAddress{Address: found.String(), Kind: "elsewhere"}
	kind := reach.Classify(found)
	switch {
	case found == yours:
		led.Kind = "you"
	case slices.Contains(service, found) && !reach.Loopback(found):
		led.Kind = "service"
	case !kind.Global():
		led.Kind, led.Block = "special", kind.Name
	case yours.IsValid() && yours.Is6() && found.Is6() && networkOf(yours).Contains(found):
		led.Kind = "near"
	}
	return led
}

// oddName reports whether a name is none of a host by the letter (RFC 952, RFC 1123
// section 2.1): resolvers know it, certificates and some programs do not take it.
func oddName(name string) bool {
	return slices.ContainsFunc(strings.Split(name, "."), func(l string) bool {
		return strings.Contains(l, "_") || strings.HasPrefix(l, "-") || strings.HasSuffix(l, "-")
	})
}
