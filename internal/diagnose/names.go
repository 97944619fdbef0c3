package diagnose

import (
	"net/netip"
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/reach"
)

// The facts of names.
const (
	addressed      fact = "addressed" // by an address, not by a name
	nameRight      fact = "name-right"
	nameElsewhere  fact = "name-elsewhere"
	nameMissing    fact = "name-missing"
	nameHalf       fact = "name-half"       // one of the two records is missing
	nameHalfRight  fact = "name-half-right" // one of the two records leads here, beside what is wrong with the other
	nameUntold     fact = "name-untold"     // it leads somewhere; whether that is here is not known
	nameSuspect    fact = "name-suspect"    // elsewhere, by somebody whose word others do not hear
	nameOnlyHere   fact = "name-only-here"  // the hosts file of this machine is all that says where it leads
	nameUnasked    fact = "name-unanswered"
	nameGiven      fact = "name-given" // of another host: it has addresses
	nameAgreed     fact = "name-agreed"
	nameDiffers    fact = "name-differs"    // of another host: the zone itself says otherwise
	nameDenied     fact = "name-denied"     // the resolver denies what the zone has
	rightOpen      fact = "right-open"      // the port is open at the address that the zone says
	zoneAgrees     fact = "zone-agrees"     // with what the resolver denies
	resolverFailed fact = "resolver-failed" // beside another that answered
)

// record is one kind of address record of a name.
type record struct {
	name string // A or AAAA
	v4   bool
}

// recordsOf are the records that matter to the zone of the Case.
func (c Case) recordsOf() []record {
	list := []record{{"A", true}, {"AAAA", false}}
	return slices.DeleteFunc(list, func(r record) bool {
		return c.Zone == exposure.ZoneInternetV4 && !r.v4 || c.Zone == exposure.ZoneInternetV6 && r.v4
	})
}

// word is what a kind of sources says together of one record of a name.
type word struct {
	source    exposure.NameSource
	addresses []netip.Addr
	said      []said // each by itself
}

// wordOf is what those of a source say that know, and whether any of them does.
func wordOf(n exposure.Resolution, record string, source exposure.NameSource) (w word, ok bool) {
	w.source = source
	for _, a := range n.Answers {
		if a.Source != source || a.Record != record || !a.Known() {
			continue
		}
		ok = true
		w.said = append(w.said, answerWords(a))
		for _, address := range a.Addresses {
			if !slices.Contains(w.addresses, address) {
				w.addresses = append(w.addresses, address)
			}
		}
	}
	return w, ok
}

// sourceWords name those who say where a name leads.
var sourceWords = map[exposure.NameSource]lang.Text{
	exposure.NameHosts:     {EN: "{{.Record}} {{.Addresses}} (this machine's hosts file)", JA: "{{.Record}} {{.Addresses}}(この機器のhostsファイル)"},
	exposure.NameResolver:  {EN: "{{.Record}} {{.Addresses}} (resolver {{.Server}}{{.TTL}})", JA: "{{.Record}} {{.Addresses}}(DNSサーバー {{.Server}}{{.TTL}})"},
	exposure.NameAuthority: {EN: "{{.Record}} {{.Addresses}} (the zone's server {{.Server}}{{.TTL}})", JA: "{{.Record}} {{.Addresses}}(ゾーンの権威サーバー {{.Server}}{{.TTL}})"},
	exposure.NameVantage:   {EN: "{{.Record}} {{.Addresses}} (seen from {{.Server}}{{.TTL}})", JA: "{{.Record}} {{.Addresses}}({{.Server}} から見て{{.TTL}})"},
}

var (
	ttlWords  = lang.Text{EN: ", kept for {{.Seconds}} s more", JA: "、残り{{.Seconds}}秒"}
	moreWords = lang.Text{EN: "{{.List}} and {{.More}} more", JA: "{{.List}} ほか{{.More}}件"}
)

// outcomeWords stand where there are no addresses.
var outcomeWords = map[exposure.NameOutcome]lang.Text{
	exposure.NameNoData:        {EN: "no such record", JA: "レコードなし"},
	exposure.NameNoSuch:        {EN: "no such name (NXDOMAIN)", JA: "名前が存在しない(NXDOMAIN)"},
	exposure.NameServerFailure: {EN: "server failure (SERVFAIL)", JA: "サーバー側の失敗(SERVFAIL)"},
	exposure.NameRefused:       {EN: "refused (REFUSED)", JA: "拒否(REFUSED)"},
	exposure.NameLame:          {EN: "knows nothing of the zone", JA: "そのゾーンを知らない"},
	exposure.NameMalformed:     {EN: "no proper answer", JA: "正しくない応答"},
	exposure.NameUnreachable:   {EN: "unreachable", JA: "到達不能"},
	exposure.NameNoResponse:    {EN: "no answer", JA: "応答なし"},
	exposure.NameLocalError:    {EN: "could not be asked", JA: "尋ねられない"},
}

// mostNamed is how many addresses of one answer a sentence lists.
const mostNamed = 8

// answerWords are one answer with who gave it and how long it holds.
func answerWords(a exposure.NameAnswer) said {
	var addresses any = say(outcomeWords[a.Outcome])
	if len(a.Addresses) > 0 {
		var list []string
		for _, address := range a.Addresses[:min(len(a.Addresses), mostNamed)] {
			list = append(list, address.String())
		}
		addresses = strings.Join(list, ", ")
		if more := len(a.Addresses) - len(list) + a.More; more > 0 {
			addresses = say(moreWords, "List", addresses, "More", more)
		}
	}
	var ttl any = ""
	if a.TTL != nil {
		ttl = say(ttlWords, "Seconds", int64(*a.TTL))
	}
	return say(sourceWords[a.Source], "Record", a.Record, "Addresses", addresses, "Server", a.Server, "TTL", ttl)
}

func (c Case) learnNames(known map[fact]said) {
	if len(c.Names) == 0 {
		known[addressed] = say(lang.Text{EN: "No name was asked for.", JA: "名前は尋ねていません。"})
	}
	for _, n := range c.Names {
		if c.Own {
			c.learnOwnName(known, n)
		} else {
			c.learnOtherName(known, n)
		}
	}
}

// sources are those whose word counts, the first first: people on the Internet
// are told what the zone's servers say, those of the LAN what the resolver does.
func (c Case) sources() []exposure.NameSource {
	if c.Zone == exposure.ZoneInternetV4 || c.Zone == exposure.ZoneInternetV6 {
		return []exposure.NameSource{exposure.NameAuthority, exposure.NameVantage, exposure.NameResolver}
	}
	return []exposure.NameSource{exposure.NameResolver, exposure.NameAuthority, exposure.NameVantage}
}

// spoken is the word that counts of a record. What programs of this machine get
// stands in where nobody was asked by himself.
func (c Case) spoken(n exposure.Resolution, r record) (w word, ok bool) {
	for _, source := range c.sources() {
		if w, ok = wordOf(n, r.name, source); ok {
			return w, true
		}
	}
	if w, ok = wordOf(n, r.name, exposure.NameHosts); ok {
		w.addresses = slices.DeleteFunc(w.addresses, netip.Addr.IsLoopback)
		return w, len(w.addresses) > 0
	}
	if len(n.Answers) > 0 || n.Error.Raw() != "" {
		return word{}, false
	}
	a := exposure.NameAnswer{Source: exposure.NameResolver, Record: r.name, Outcome: exposure.NameNoData}
	for _, address := range n.Addresses {
		if address.Is4() == r.v4 && !address.IsLoopback() {
			a.Addresses, a.Outcome = append(a.Addresses, address), exposure.NameFound
		}
	}
	own := slices.ContainsFunc(n.Addresses, netip.Addr.IsLoopback)
	return word{exposure.NameResolver, a.Addresses, []said{say(lang.Text{EN: "{{.Record}} {{.Addresses}}", JA: "{{.Record}} {{.Addresses}}"}, answerWords(a).pairs...)}}, len(a.Addresses) > 0 || !own
}

// outer are the addresses of a family that people outside know this machine by,
// none when they are not known.
func (c Case) outer(v4 bool) []netip.Addr {
	var list []netip.Addr
	add := func(a netip.Addr) {
		if a = a.Unmap(); a.IsValid() && a.Is4() == v4 && reach.Global(a) && !slices.Contains(list, a) {
			list = append(list, a)
		}
	}
	if c.Router != nil {
		add(c.Router.WAN)
	}
	for _, p := range c.Access.Public {
		add(p.Address)
	}
	for _, o := range c.Observations {
		if o.View == exposure.ViewOutside {
			add(o.Address)
		}
	}
	for _, a := range c.Addresses {
		add(a)
	}
	return list
}

// here reports whether an address of a name is this machine's, or of the router
// before it.
func (c Case) here(a netip.Addr) bool {
	return slices.Contains(c.Addresses, a) || slices.Contains(c.outer(a.Is4()), a)
}

// learnOwnName is whether a name leads to this machine, by each kind of address.
func (c Case) learnOwnName(known map[fact]said, n exposure.Resolution) {
	var right, wrong, missing, untold []said
	var rightWords []string
	half, hostsOnly, heard := false, true, true
	for _, r := range c.recordsOf() {
		w, ok := c.spoken(n, r)
		if !ok {
			continue
		}
		hostsOnly = hostsOnly && w.source == exposure.NameHosts
		outer := c.outer(r.v4)
		switch {
		case len(w.addresses) == 0:
			missing = append(missing, w.said...)
			half = half || len(outer) > 0
		case slices.ContainsFunc(w.addresses, c.here):
			right = append(right, w.said...)
		case len(outer) > 0 || !slices.ContainsFunc(w.addresses, reach.Global):
			wrong = append(wrong, w.said...)
			heard = heard && c.heard(w.source)
			for _, a := range outer {
				rightWords = append(rightWords, a.String())
			}
		default:
			untold = append(untold, w.said...)
		}
	}
	pairs := func(list []said) []any {
		return append(c.pairs(), "Name", n.Name, "Said", list, "Right", strings.Join(rightWords, ", "))
	}
	whole := len(wrong) == 0 && (len(missing) == 0 || !half)
	switch {
	case len(wrong) > 0:
		f := nameElsewhere
		if !heard {
			f = nameSuspect
		}
		known[f] = say(lang.Text{EN: "{{.Name}} leads elsewhere: {{.Said}}{{if .Right}}; here it would be {{.Right}}{{end}}.", JA: "{{.Name}} は別のアドレスを指しています: {{.Said}}{{if .Right}}(正しくは {{.Right}}){{end}}。"}, pairs(wrong)...)
	case len(missing) > 0 && len(right)+len(untold) == 0:
		known[nameMissing] = say(lang.Text{EN: "{{.Name}} has no address of this family: {{.Said}}.", JA: "{{.Name}} に、この種類(IPv4/IPv6)のアドレスの登録がありません: {{.Said}}。"}, pairs(missing)...)
	case half && len(missing) > 0:
		known[nameHalf] = say(lang.Text{EN: "{{.Name}} lacks one of its two records: {{.Said}}.", JA: "{{.Name}} に、AかAAAAの一方の登録がありません: {{.Said}}。"}, pairs(missing)...)
	}
	if len(right) > 0 {
		f := nameHalfRight
		if whole && !hostsOnly {
			f = nameRight
		}
		known[f] = say(lang.Text{EN: "{{.Name}} leads here: {{.Said}}.", JA: "{{.Name}} はここを指しています: {{.Said}}。"}, pairs(right)...)
	}
	if len(untold) > 0 {
		known[nameUntold] = say(lang.Text{EN: "{{.Name}} leads to {{.Said}}; which address people outside know this machine by is not known.", JA: "{{.Name}} は {{.Said}} を指しています(外から見たこの機器のアドレスが分からないため、正しいかどうかは言えません)。"}, pairs(untold)...)
	}
	if hostsOnly && len(right) > 0 {
		known[nameOnlyHere] = say(lang.Text{EN: "Only this machine's own hosts file says where {{.Name}} leads: others are told something else, or nothing.", JA: "{{.Name}} の行き先はこの機器のhostsファイルにだけ書かれています(ほかの機器には通用しません)。"}, "Name", n.Name)
	}
	if len(right)+len(wrong)+len(missing)+len(untold) == 0 {
		c.learnUnanswered(known, n)
	}
	c.learnZone(known, n)
}

// heard reports whether those whom the port is for are told the same as the source
// says: people outside ask the zone's servers, by whatever resolver of their own.
func (c Case) heard(source exposure.NameSource) bool {
	switch source {
	case exposure.NameHosts:
		return false
	case exposure.NameResolver:
		return c.Zone != exposure.ZoneInternetV4 && c.Zone != exposure.ZoneInternetV6
	}
	return true
}

// learnUnanswered is that nobody says where a name leads.
func (c Case) learnUnanswered(known map[fact]said, n exposure.Resolution) {
	failed := failures(n, exposure.NameResolver)
	if n.Error.Raw() == "" && len(failed) == 0 {
		return
	}
	if len(failed) == 0 {
		failed = []said{say(lang.Text{EN: "{{.Error}}", JA: "{{.Error}}"}, "Error", n.Error.Terminal())}
	}
	known[nameUnasked] = say(lang.Text{EN: "Nobody answers what the addresses of {{.Name}} are: {{.Said}}.", JA: "{{.Name}} のアドレスを尋ねても答えがありません: {{.Said}}。"}, "Name", n.Name, "Said", failed)
}

// failures are the answers of a source that say nothing of the name.
func failures(n exposure.Resolution, source exposure.NameSource) []said {
	var list []said
	for _, a := range n.Answers {
		if a.Source == source && !a.Known() {
			list = append(list, answerWords(a))
		}
	}
	return list
}

// learnZone is what the servers of the zone add to a denial, and which resolvers
// fail while another answers.
func (c Case) learnZone(known map[fact]said, n exposure.Resolution) {
	if failed := failures(n, exposure.NameResolver); len(failed) > 0 {
		if _, all := known[nameUnasked]; !all {
			known[resolverFailed] = say(lang.Text{EN: "Not every resolver of this machine answers for {{.Name}}: {{.Said}}.", JA: "この機器のDNSサーバーのうち、{{.Name}} に答えないものがあります: {{.Said}}。"}, "Name", n.Name, "Said", failed)
		}
	}
	var denied, has []said
	for _, r := range c.recordsOf() {
		if w, ok := wordOf(n, r.name, exposure.NameAuthority); ok && len(w.addresses) == 0 {
			denied = append(denied, w.said...)
		} else if ok {
			has = append(has, w.said...)
		}
	}
	_, missing := known[nameMissing]
	_, half := known[nameHalf]
	switch {
	case !missing && !half:
	case len(denied) > 0 && (half || len(has) == 0):
		known[zoneAgrees] = say(lang.Text{EN: "The servers of the zone itself say so: {{.Said}}.", JA: "ゾーンの権威サーバー自身がそう答えています: {{.Said}}。"}, "Said", denied)
	case missing && len(has) > 0:
		delete(known, nameMissing)
		known[nameDenied] = say(lang.Text{EN: "The resolver of this machine denies {{.Name}}, and the servers of its zone have it: {{.Said}}.", JA: "この機器のDNSサーバーは {{.Name}} がないと答えますが、ゾーンの権威サーバーにはあります: {{.Said}}。"}, "Name", n.Name, "Said", has)
	}
}

// learnOtherName is what a name of another host says, and whether the servers of
// its zone say the same.
func (c Case) learnOtherName(known map[fact]said, n exposure.Resolution) {
	list := slices.DeleteFunc(slices.Clone(n.Addresses), func(a netip.Addr) bool { return !c.of(a) })
	pairs := append(c.pairs(), "Name", n.Name, "Addresses", addressWords(list))
	switch {
	case len(list) > 0:
		known[nameGiven] = say(lang.Text{EN: "{{.Name}} leads to {{.Addresses}} for programs of this machine.", JA: "{{.Name}} は、この機器のプログラムからは {{.Addresses}} を指します。"}, pairs...)
		c.learnAgreement(known, n)
	case n.Error.Raw() != "":
		c.learnUnanswered(known, n)
	default:
		known[nameMissing] = say(lang.Text{EN: "{{.Name}} has no address.", JA: "{{.Name}} にアドレスの登録がありません。"}, pairs...)
		var list []said
		for _, r := range c.recordsOf() {
			w, _ := wordOf(n, r.name, exposure.NameResolver)
			list = append(list, w.said...)
		}
		if len(list) > 0 {
			known[nameMissing] = say(lang.Text{EN: "{{.Name}} has no address: {{.Said}}.", JA: "{{.Name}} にアドレスの登録がありません: {{.Said}}。"}, append(pairs, "Said", list)...)
		}
	}
	c.learnZone(known, n)
}

// learnAgreement compares the address that is looked at with what the zone says.
func (c Case) learnAgreement(known map[fact]said, n exposure.Resolution) {
	if len(c.Addresses) == 0 {
		return
	}
	at := c.Addresses[0]
	name := "AAAA"
	if at.Is4() {
		name = "A"
	}
	w, ok := wordOf(n, name, exposure.NameAuthority)
	if !ok {
		return
	}
	pairs := []any{"Name", n.Name, "Said", w.said, "At", at, "Right", addressWords(w.addresses)}
	if slices.Contains(w.addresses, at) {
		known[nameAgreed] = say(lang.Text{EN: "The servers of the zone say the same: {{.Said}}.", JA: "ゾーンの権威サーバーも同じ答えです: {{.Said}}。"}, pairs...)
		return
	}
	if hosts, ok := wordOf(n, name, exposure.NameHosts); ok && slices.Contains(hosts.addresses, at) {
		known[nameDiffers] = say(lang.Text{EN: "This machine's hosts file sends {{.Name}} to {{.At}}; the servers of the zone say {{.Said}}.", JA: "この機器のhostsファイルでは {{.Name}} は {{.At}} ですが、ゾーンの権威サーバーの答えは {{.Said}} です。"}, pairs...)
	} else {
		known[nameDiffers] = say(lang.Text{EN: "The resolver of this machine sends {{.Name}} to {{.At}}; the servers of the zone say {{.Said}}.", JA: "この機器のDNSサーバーでは {{.Name}} は {{.At}} ですが、ゾーンの権威サーバーの答えは {{.Said}} です。"}, pairs...)
	}
	for _, o := range c.Right {
		if o.State == exposure.Open && slices.Contains(w.addresses, o.Address) {
			known[rightOpen] = say(lang.Text{EN: "The port is open at {{.At}}, which is what the zone says.", JA: "ゾーンの権威サーバーが答える {{.At}} では、このポートは開いています。"}, "At", o.Address)
		}
	}
}

func addressWords(list []netip.Addr) string {
	var words []string
	for _, a := range list[:min(len(list), mostNamed)] {
		words = append(words, a.String())
	}
	if len(list) > mostNamed {
		words = append(words, "…")
	}
	return strings.Join(words, ", ")
}

// hostName is the look of the stage of this machine's name: each record has its
// sentence, and one that is wrong cuts it.
func hostName(_ Case, known map[fact]said) (exposure.StageResult, said) {
	result := exposure.StageUnknown
	var list []said
	for _, o := range []outcome{
		cut(nameElsewhere), cut(nameSuspect), cut(nameMissing), cut(nameDenied), cut(nameHalf), cut(nameUnasked), ok(nameRight), ok(nameHalfRight), unknown(nameUntold), unknown(nameOnlyHere), unknown(resolverFailed), unknown(addressed),
	} {
		s, is := known[o.fact]
		if !is {
			continue
		}
		if result == exposure.StageUnknown {
			result = o.result
		}
		list = append(list, s)
	}
	if len(list) == 0 {
		return result, say(lang.Text{EN: "The address that people outside know this machine by is not known.", JA: "外から見たこの機器のアドレスが分かりません。"})
	}
	return result, sentences(list)
}

// sentences are whole sentences, one after the other.
func sentences(list []said) said {
	return say(lang.Text{EN: "{{.List}}", JA: "{{.List}}"}, "List", paragraphs(list))
}
