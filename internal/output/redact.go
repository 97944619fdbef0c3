package output

import (
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

// masked stands for text that is left out altogether.
const masked = "masked"

// mask hides who and where in a document and keeps what: ports, states,
// products, findings. The same address, name or user always gets the same mask
// within a document, so that a reader can still follow it.
type mask struct {
	addresses map[netip.Addr]netip.Addr
	v4, v6    uint32
	names     map[string]string // what was hidden, to find it again in sentences
	counts    map[string]int
}

func newMask() *mask {
	return &mask{addresses: map[netip.Addr]netip.Addr{}, names: map[string]string{}, counts: map[string]int{}}
}

// address masks with addresses that are for documentation (RFC 5737, RFC 3849),
// so that nobody takes a mask for a real one. Loopback and "all addresses" say
// nothing about anybody and stay.
func (m *mask) address(a netip.Addr) netip.Addr {
	if !a.IsValid() || a.IsUnspecified() || a.Unmap().IsLoopback() || a.Unmap().IsUnspecified() {
		return a
	}
	key := a.Unmap().WithZone("")
	known, ok := m.addresses[key]
	if !ok {
		if key.Is4() {
			m.v4++
			known = documentation4(m.v4)
		} else {
			m.v6++
			known = documentation6(m.v6)
		}
		m.addresses[key] = known
	}
	return known
}

// documentation4 is the n-th address of the blocks for documentation, then of
// the one for benchmarks and at last of the reserved one: a scan of a large
// network needs more than documentation has.
func documentation4(n uint32) netip.Addr {
	const perBlock, benchmark = 254, 1 << 17
	if n -= 1; n < 3*perBlock {
		block := [3][3]byte{{192, 0, 2}, {198, 51, 100}, {203, 0, 113}}[n/perBlock]
		return netip.AddrFrom4([4]byte{block[0], block[1], block[2], byte(n%perBlock + 1)})
	}
	base := uint32(198<<24 | 18<<16)
	if n -= 3 * perBlock; n >= benchmark {
		n -= benchmark
		base = 240 << 24
	}
	n += base
	return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
}

func documentation6(n uint32) netip.Addr {
	return netip.AddrFrom16([16]byte{0: 0x20, 1: 0x01, 2: 0x0d, 3: 0xb8, 12: byte(n >> 24), 13: byte(n >> 16), 14: byte(n >> 8), 15: byte(n)})
}

// name masks a word that identifies, as host-1 or user-2.
func (m *mask) name(kind, s string) string {
	if s == "" {
		return ""
	}
	if a, err := netip.ParseAddr(s); err == nil {
		return m.address(a).String()
	}
	known, ok := m.names[s]
	if !ok {
		m.counts[kind]++
		known = fmt.Sprintf("%s-%d", kind, m.counts[kind])
		m.names[s] = known
	}
	return known
}

// text hides text from the network as a whole: a banner names the host as often
// as not. It is remembered, so that a sentence that quotes it is masked too.
func (m *mask) text(t untrusted.Text) untrusted.Text {
	if t.IsZero() {
		return t
	}
	if shown := t.Terminal(); len(shown) >= tellingLength {
		m.names[shown] = masked
	}
	return untrusted.Line(masked)
}

// tellingLength is the length from which a text can tell who said it. A "+"
// cannot, and masking it in sentences would only make them unreadable.
const tellingLength = 3

func (m *mask) texts(ts []untrusted.Text) []untrusted.Text { return each(ts, m.text) }

// each is slices.Map that keeps nil, which stays absent in a document.
func each[T any](items []T, f func(T) T) []T {
	if items == nil {
		return nil
	}
	out := make([]T, len(items))
	for i, item := range items {
		out[i] = f(item)
	}
	return out
}

var (
	quotations   = regexp.MustCompile(`"[^"]*"|「[^」]*」`)
	colonAddress = regexp.MustCompile(`[0-9A-Fa-f]*:[0-9A-Fa-f.:]+(?:%[0-9A-Za-z_.-]+)?`)
	dotAddress   = regexp.MustCompile(`\d{1,3}(?:\.\d{1,3}){3}`)
)

// sentence masks what identifies inside our own words: addresses and every name
// that was masked elsewhere in the document.
func (m *mask) sentence(s string) string {
	if s == "" {
		return ""
	}
	for _, form := range []*regexp.Regexp{colonAddress, dotAddress} {
		s = form.ReplaceAllStringFunc(s, func(like string) string {
			// A sentence may go on or end behind the address.
			for end := len(like); end > 1; end = strings.LastIndexAny(like[:end], ".:") {
				if a, err := netip.ParseAddr(like[:end]); err == nil {
					return m.address(a).String() + like[end:]
				}
			}
			return like
		})
	}
	// The longest first: one name may be a part of another.
	known := slices.SortedFunc(maps.Keys(m.names), func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	for _, name := range known {
		s = replaceWord(s, name, m.names[name])
	}
	return s
}

// replaceWord replaces name where it stands as a word of its own, so that a
// user named "a" does not eat every a.
func replaceWord(s, name, with string) string {
	var b strings.Builder
	for {
		i := strings.Index(s, name)
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		end := i + len(name)
		b.WriteString(s[:i])
		if (i > 0 && wordByte(s[i-1]) && wordByte(name[0])) || (end < len(s) && wordByte(s[end]) && wordByte(name[len(name)-1])) {
			b.WriteString(name)
		} else {
			b.WriteString(with)
		}
		s = s[end:]
	}
}

func wordByte(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// evidence is a sentence whose quotations are text from the network, perhaps
// shortened, so that what stands in quotation marks goes as a whole.
func (m *mask) evidence(s string) string {
	return m.sentence(quotations.ReplaceAllStringFunc(s, func(q string) string {
		if strings.HasPrefix(q, `"`) {
			return `"` + masked + `"`
		}
		return "「" + masked + "」"
	}))
}

func (m *mask) report(r exposure.Report) exposure.Report {
	// Names first: sentences are searched for all of them.
	r.Hosts = each(r.Hosts, m.hostFacts)
	r.Outgoing = each(r.Outgoing, m.portFacts)
	r.Hosts = each(r.Hosts, m.hostWords)
	r.Outgoing = each(r.Outgoing, m.portWords)
	r.Policy = m.file(r.Policy)
	if r.Baseline != nil {
		b := *r.Baseline
		b.File, b.Added = m.file(b.File), each(b.Added, m.difference)
		r.Baseline = &b
	}
	r.Vantages = each(r.Vantages, m.lookout)
	r.Unseen = each(r.Unseen, m.evidence)
	if r.Scan != nil {
		scan := m.summary(*r.Scan)
		r.Scan = &scan
	}
	return r
}

func (m *mask) lookout(v exposure.Vantage) exposure.Vantage {
	v.ID = m.vantage(v.ID)
	v.Address, v.Sees = m.address(v.Address), m.address(v.Sees)
	v.URL = m.name("vantage", v.URL)
	v.Error, v.Note = m.evidence(v.Error), m.evidence(v.Note)
	return v
}

// vantage keeps the ids that are words of ours.
func (m *mask) vantage(id string) string {
	switch id {
	case "self", "lan", "outside", "agent", "local":
		return id
	}
	return m.name("vantage", id)
}

func (m *mask) hostFacts(h exposure.Host) exposure.Host {
	h.Name = m.name("host", h.Name)
	h.Addresses = each(h.Addresses, m.address)
	h.Public = each(h.Public, m.address)
	h.Ports = each(h.Ports, m.portFacts)
	h.Router = m.router(h.Router)
	h.Swept = each(h.Swept, func(s exposure.Sweep) exposure.Sweep {
		s.Address = m.address(s.Address)
		s.States = each(s.States, func(st exposure.SweepState) exposure.SweepState {
			st.By = m.by(st.By)
			return st
		})
		return s
	})
	return h
}

func (m *mask) portFacts(p exposure.Port) exposure.Port {
	p.Listeners = each(p.Listeners, m.listener)
	p.Firewall = each(p.Firewall, m.firewall)
	p.Forwards = each(p.Forwards, m.forward)
	p.Services = each(p.Services, m.service)
	p.Observations = each(p.Observations, m.observation)
	return p
}

func (m *mask) hostWords(h exposure.Host) exposure.Host {
	h.Ports = each(h.Ports, m.portWords)
	h.Verdicts = each(h.Verdicts, func(g exposure.GroupVerdict) exposure.GroupVerdict {
		g.Verdict = m.verdict(g.Verdict)
		return g
	})
	return h
}

func (m *mask) portWords(p exposure.Port) exposure.Port {
	p.Transfers = each(p.Transfers, m.transfer)
	p.Services = each(p.Services, func(s exposure.Service) exposure.Service {
		s.Product = m.product(s.Product)
		s.Error = m.evidence(s.Error)
		return s
	})
	p.Findings = each(p.Findings, func(f exposure.Finding) exposure.Finding {
		f.Evidence = m.evidence(f.Evidence)
		f.Meaning = m.sentence(f.Meaning)
		f.Remedy = each(f.Remedy, m.sentence)
		return f
	})
	p.Verdicts = each(p.Verdicts, m.verdict)
	return p
}

func (m *mask) verdict(v exposure.Verdict) exposure.Verdict {
	v.Why, v.From = each(v.Why, m.evidence), m.file(v.From)
	if v.Cause != nil {
		cause := m.cause(*v.Cause)
		v.Cause = &cause
	}
	return v
}

// file leaves the name of a file without the folders, which tell the user's.
func (m *mask) file(s string) string {
	if i := strings.LastIndexAny(s, `/\`); i >= 0 {
		s = s[i+1:]
	}
	return m.sentence(s)
}

func (m *mask) diff(d exposure.DiffDocument) exposure.DiffDocument {
	d.Differences = each(d.Differences, m.difference)
	d.Old.File, d.New.File = m.file(d.Old.File), m.file(d.New.File)
	return d
}

// difference hides whose a port is as a whole: the words of a listener are its
// address, process and user.
func (m *mask) difference(d exposure.Difference) exposure.Difference {
	d.Host = m.name("host", d.Host)
	switch d.Kind {
	case exposure.DiffState, exposure.DiffFinding, exposure.DiffVerdict:
	case exposure.DiffHost:
		d.Old, d.New = m.name("host", d.Old), m.name("host", d.New)
	case exposure.DiffListener, exposure.DiffCertificate:
		d.Old, d.New = hidden(d.Old), hidden(d.New)
	default:
		d.Old, d.New = m.sentence(d.Old), m.sentence(d.New)
	}
	return d
}

func hidden(s string) string {
	if s == "" {
		return ""
	}
	return masked
}

func (m *mask) cause(c exposure.Cause) exposure.Cause {
	c.Evidence, c.Remedy = each(c.Evidence, m.evidence), each(c.Remedy, m.sentence)
	return c
}

func (m *mask) diagnosis(d exposure.Diagnosis) exposure.Diagnosis {
	h := m.hostFacts(exposure.Host{Name: d.Host, Addresses: d.Addresses})
	d.Host, d.Addresses = h.Name, h.Addresses
	d.Names = each(d.Names, m.resolution)
	d.Flips = each(d.Flips, func(f exposure.Flip) exposure.Flip {
		if f.Address.IsValid() {
			f.Address = m.address(f.Address)
		}
		return f
	})
	d.Vantages = each(d.Vantages, m.lookout)
	d.Unseen = each(d.Unseen, m.evidence)
	d.Ports = each(d.Ports, func(p exposure.DiagnosedPort) exposure.DiagnosedPort {
		p.Address = m.address(p.Address)
		p.Cause = m.cause(p.Cause)
		p.Stages = each(p.Stages, func(s exposure.Stage) exposure.Stage {
			s.Detail = m.evidence(s.Detail)
			return s
		})
		p.Rivals = each(p.Rivals, func(r exposure.Rival) exposure.Rival {
			r.Test = m.sentence(r.Test)
			return r
		})
		p.Arrivals = each(p.Arrivals, m.arrival)
		p.Transfers = each(p.Transfers, m.transfer)
		return p
	})
	return d
}

func (m *mask) resolution(r exposure.Resolution) exposure.Resolution {
	r.Name = m.name("host", r.Name)
	r.Addresses = each(r.Addresses, m.address)
	r.Error = m.text(r.Error)
	r.Answers = each(r.Answers, func(a exposure.NameAnswer) exposure.NameAnswer {
		if at, err := netip.ParseAddrPort(a.Server); err == nil {
			a.Server = netip.AddrPortFrom(m.address(at.Addr()), at.Port()).String()
		} else {
			a.Server = m.vantage(a.Server)
		}
		a.Addresses, a.Chain = each(a.Addresses, m.address), m.texts(a.Chain)
		return a
	})
	return r
}

func (m *mask) arrival(a exposure.Arrival) exposure.Arrival {
	if a.Address.IsValid() {
		a.Address = m.address(a.Address)
	}
	for _, end := range []*netip.AddrPort{&a.From, &a.To} {
		if end.IsValid() {
			*end = netip.AddrPortFrom(m.address(end.Addr()), end.Port())
		}
	}
	return a
}

func (m *mask) transfer(t exposure.Transfer) exposure.Transfer {
	t.Address, t.Said, t.Told = m.address(t.Address), m.text(t.Said), m.evidence(t.Told)
	t.Local, t.Remote = m.end(t.Local), m.end(t.Remote)
	return t
}

// end masks one end of a connection.
func (m *mask) end(a netip.AddrPort) netip.AddrPort {
	if !a.IsValid() {
		return a
	}
	return netip.AddrPortFrom(m.address(a.Addr()), a.Port())
}

func (m *mask) test(d exposure.TestDocument) exposure.TestDocument {
	h := exposure.Host{Name: d.Host, Addresses: []netip.Addr{d.Address}, Ports: []exposure.Port{{
		Services: []exposure.Service{d.Service}, Findings: d.Findings,
	}}}
	h = m.hostWords(m.hostFacts(h))
	d.Host, d.Address = h.Name, h.Addresses[0]
	d.Service, d.Findings = h.Ports[0].Services[0], h.Ports[0].Findings
	d.Steps = each(d.Steps, func(s exposure.Step) exposure.Step {
		s.Said, s.Facts = m.text(s.Said), m.facts(s.Facts)
		s.Asked, s.Detail = m.evidence(s.Asked), m.evidence(s.Detail)
		s.Local, s.Remote = m.end(s.Local), m.end(s.Remote)
		return s
	})
	d.Flow = each(d.Flow, func(f exposure.Flow) exposure.Flow {
		f.From, f.To = m.end(f.From), m.end(f.To)
		f.What = m.evidence(f.What)
		return f
	})
	return d
}

func (m *mask) connect(d exposure.ConnectDocument) exposure.ConnectDocument {
	d.Servers = each(d.Servers, func(s exposure.ConnectedServer) exposure.ConnectedServer {
		s.Host, s.Address = m.name("host", s.Host), m.address(s.Address)
		if s.Service != nil {
			h := m.hostWords(m.hostFacts(exposure.Host{Ports: []exposure.Port{{Services: []exposure.Service{*s.Service}}}}))
			s.Service = &h.Ports[0].Services[0]
		}
		s.Error = m.evidence(s.Error)
		return s
	})
	d.Past = m.name("host", d.Past)
	d.Proxies = each(d.Proxies, func(p exposure.ProxySetting) exposure.ProxySetting {
		if p.URL != "" {
			p.URL = masked
		}
		p.Hosts = each(p.Hosts, func(h string) string { return m.name("host", h) })
		return p
	})
	if d.Dialogue != nil {
		talk := m.dialogue(*d.Dialogue)
		d.Dialogue = &talk
	}
	return d
}

// dialogue keeps who spoke and when: any line may name somebody.
func (m *mask) dialogue(d exposure.Dialogue) exposure.Dialogue {
	end := func(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(m.address(a.Addr()), a.Port()) }
	d.Local, d.Remote = end(d.Local), end(d.Remote)
	if d.TLS != nil {
		h := m.hostFacts(exposure.Host{Ports: []exposure.Port{{Services: []exposure.Service{{TLS: d.TLS}}}}})
		d.TLS = h.Ports[0].Services[0].TLS
	}
	d.Lines = each(d.Lines, func(l exposure.DialogueLine) exposure.DialogueLine {
		if !l.Command {
			l.Text = m.text(l.Text)
		}
		return l
	})
	d.Connections = each(d.Connections, func(c exposure.Connection) exposure.Connection {
		c.Local, c.Remote = end(c.Local), end(c.Remote)
		c.User, c.Command = m.name("user", c.User), ""
		return c
	})
	d.Error = m.evidence(d.Error)
	return d
}

// product stays, unless a name of the document is in it: the product is what a
// reader of a masked report needs most.
func (m *mask) product(t untrusted.Text) untrusted.Text {
	if shown := t.Terminal(); m.sentence(shown) != shown {
		return m.text(t)
	}
	return t
}

func (m *mask) observation(o exposure.Observation) exposure.Observation {
	o.Host = m.name("host", o.Host)
	o.Address = m.address(o.Address)
	o.By = m.by(o.By)
	o.Vantage = m.vantage(o.Vantage)
	o.Detail = m.evidence(o.Detail)
	return o
}

// by masks who answered in place of a target.
func (m *mask) by(s string) string {
	if s == exposure.Local {
		return s
	}
	return m.name("host", s)
}

func (m *mask) summary(s exposure.ScanSummary) exposure.ScanSummary {
	s.Method = m.evidence(s.Method)
	s.Notes = each(s.Notes, m.evidence)
	s.Sources = each(s.Sources, m.address)
	return s
}

func (m *mask) listener(l exposure.Listener) exposure.Listener {
	l.Address = m.address(l.Address)
	if l.User != "root" {
		l.User = m.name("user", l.User)
	}
	if runtime, id, ok := strings.Cut(l.Container, " "); ok {
		l.Container = runtime + " " + m.name("container", id)
	} else {
		l.Container = m.name("container", l.Container)
	}
	// What stands behind @ is chosen by the administrator: a person, a customer.
	if service, instance, ok := strings.Cut(l.Unit, "@"); ok && strings.Contains(instance, ".") {
		unit := service + "@" + masked + instance[strings.LastIndex(instance, "."):]
		m.names[l.Unit] = unit
		l.Unit = unit
	}
	if l.Command != "" {
		l.Command = masked
	}
	l.Firewall = each(l.Firewall, m.firewall)
	return l
}

// plainFacts are the facts whose texts are words of a protocol; every other
// text may name somebody.
var plainFacts = []string{
	"kex_algorithms", "host_key_algorithms", "ciphers", "macs", "weak_algorithms", "terrapin_ciphers", "auth_methods", "auth",
	"service_vendor", "service_product", "service_family", "service_version", "service_cpe23",
	"os_vendor", "os_product", "os_family", "os_version", "os_cpe23", "hw_vendor", "hw_product", "hw_device", "hw_cpe23",
	"protocol_version", "extensions", "features", "options", "security_headers",
}

func (m *mask) service(s exposure.Service) exposure.Service {
	s.Address = m.address(s.Address)
	s.Banner = m.text(s.Banner)
	if s.TLS != nil {
		tls := *s.TLS
		tls.Chain = m.texts(tls.Chain)
		if tls.Certificate != nil {
			certificate := *tls.Certificate
			certificate.Subject = m.text(certificate.Subject)
			certificate.Issuer = m.text(certificate.Issuer)
			certificate.Names = m.texts(certificate.Names)
			certificate.SHA256 = "" // certificate logs find the name by it
			tls.Certificate = &certificate
		}
		s.TLS = &tls
	}
	s.Facts = m.facts(s.Facts)
	return s
}

func (m *mask) facts(known exposure.Facts) exposure.Facts {
	if known == nil {
		return nil
	}
	facts := make(exposure.Facts, len(known))
	for name, value := range known {
		facts[name] = m.fact(name, value)
	}
	return facts
}

func (m *mask) fact(name string, value any) any {
	if slices.Contains(plainFacts, name) {
		return value
	}
	switch value := value.(type) {
	case untrusted.Text:
		return m.text(value)
	case []untrusted.Text:
		return m.texts(value)
	case bool, int, int64, float64, nil:
		return value
	}
	return masked
}

// firewall masks where newcomers are sent on, and of the rules all that people
// write: addresses and comments as well as the names of chains, tables and sets.
func (m *mask) firewall(a exposure.FirewallAnswer) exposure.FirewallAnswer {
	if a.To.IsValid() {
		a.To = netip.AddrPortFrom(m.address(a.To.Addr()), a.To.Port())
	}
	rule := func(r exposure.FirewallRule) exposure.FirewallRule {
		r.Table, r.Chain, r.Text, r.Why = m.text(r.Table), m.text(r.Chain), m.text(r.Text), m.text(r.Why)
		return r
	}
	a.Rules, a.Doubts = each(a.Rules, rule), each(a.Doubts, rule)
	return a
}

func (m *mask) local(d exposure.LocalDocument) exposure.LocalDocument {
	d.Host = m.name("host", d.Host)
	d.Interfaces = each(d.Interfaces, func(i exposure.Interface) exposure.Interface {
		i.Prefixes = each(i.Prefixes, func(p netip.Prefix) netip.Prefix {
			return netip.PrefixFrom(m.address(p.Addr()), p.Bits())
		})
		return i
	})
	d.Listeners = each(d.Listeners, func(l exposure.LocalListener) exposure.LocalListener {
		l.Listener = m.listener(l.Listener)
		return l
	})
	d.Addresses = each(d.Addresses, func(a exposure.OwnAddress) exposure.OwnAddress {
		a.Address = m.address(a.Address)
		return a
	})
	d.Gateways = each(d.Gateways, func(g exposure.Gateway) exposure.Gateway {
		g.Via = m.address(g.Via)
		return g
	})
	d.DNSServers = each(d.DNSServers, m.address)
	d.Router = m.router(d.Router)
	d.NAT = m.nat(d.NAT)
	d.Findings = each(d.Findings, func(f exposure.LocalFinding) exposure.LocalFinding {
		f.Finding = m.portWords(exposure.Port{Findings: []exposure.Finding{f.Finding}}).Findings[0]
		return f
	})
	d.Unseen = each(d.Unseen, m.evidence)
	return d
}

// maskedScanner masks a scan on its way to a format.
type maskedScanner struct {
	mask *mask
	to   Scanner
}

// Observe passes the masked observation on.
func (s *maskedScanner) Observe(o exposure.Observation) error {
	return s.to.Observe(s.mask.observation(o))
}

// Close passes the masked summary on.
func (s *maskedScanner) Close(summary exposure.ScanSummary) error {
	return s.to.Close(s.mask.summary(summary))
}

// router hides whose the router and the hosts behind it are, and what they call
// themselves.
func (m *mask) router(r *exposure.Router) *exposure.Router {
	if r == nil {
		return nil
	}
	c := *r
	c.Gateway, c.WAN, c.DMZ = m.address(r.Gateway), m.address(r.WAN), m.address(r.DMZ)
	c.Own = each(r.Own, m.address)
	c.Product, c.Page = m.text(r.Product), m.sentence(r.Page)
	c.Forwards = each(r.Forwards, m.forward)
	c.Asked = each(r.Asked, func(q exposure.RouterQuestion) exposure.RouterQuestion {
		q.Why = m.text(q.Why)
		return q
	})
	return &c
}

// nat hides the addresses and names of a household's way to the Internet.
func (m *mask) nat(a *exposure.Access) *exposure.Access {
	if a == nil {
		return nil
	}
	c := *a
	c.AFTR = m.name("host", a.AFTR)
	c.Public = each(a.Public, func(p exposure.PublicSight) exposure.PublicSight {
		p.Address, p.By = m.address(p.Address), m.sentence(p.By)
		return p
	})
	if a.MAPE != nil {
		set := *a.MAPE
		set.IPv4, set.Relay = netip.PrefixFrom(m.address(set.IPv4.Addr()), set.IPv4.Bits()), m.address(set.Relay)
		set.From = m.name("file", set.From)
		c.MAPE = &set
	}
	c.Evidence = each(a.Evidence, m.evidence)
	return &c
}

func (m *mask) forward(f exposure.RouterForward) exposure.RouterForward {
	f.To, f.Remote = netip.AddrPortFrom(m.address(f.To.Addr()), f.To.Port()), m.address(f.Remote)
	f.Description = m.text(f.Description)
	return f
}
