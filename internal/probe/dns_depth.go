package probe

import (
	"context"
	"errors"
	"io"
	"net/netip"
	"strings"
	"time"

	"github.com/miekg/dns"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

// dnsStepTime is what one question of the test may take: two repetitions over
// UDP and a connection over TCP fit.
const dnsStepTime = 4 * time.Second

// dnsTrial is one run of the test.
type dnsTrial struct {
	*Session
	*Trial
	svc  exposure.Service
	ways []dnsWay
	name string // what to ask for
	zone string // that the name lies in, when the server told
}

// dnsWay is one transport.
type dnsWay struct {
	id       string
	exchange func(ctx context.Context, query []byte) ([]byte, error)
	works    bool
}

// errDNSName is an option that is no name.
var errDNSName = errors.New("is not a domain name")

// testDNS asks over each transport for a name: the user's, or one that the
// server is the authority for, or the root. Then it looks at what the answers
// tell, whether the server recurses, whether it hands out the zone, and how much
// it answers to little.
func testDNS(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	d := &dnsTrial{Session: s, Trial: t, svc: exposure.Service{Facts: exposure.Facts{}}}
	d.ways = []dnsWay{{id: "dns-udp", exchange: d.overUDP}, {id: "dns-tcp", exchange: d.overTCP}}
	if s.secure != nil {
		d.ways = []dnsWay{{id: "dns-tls", exchange: d.overTCP}}
	}
	zone, err := dnsName(t.Text("zone"))
	if err != nil {
		return d.svc, s.fail("zone "+t.Text("zone"), err)
	}
	return d.run(ctx, zone)
}

// run goes through the steps.
func (d *dnsTrial) run(ctx context.Context, zone string) (exposure.Service, error) {
	asked, err := dnsName(d.Text("name"))
	if err != nil {
		return d.svc, d.fail("name "+d.Text("name"), err)
	}
	if err := d.version(ctx); err != nil {
		return d.svc, err
	}
	d.name = asked
	if asked == "" {
		d.name = d.own(ctx)
	}
	for i := range d.ways {
		d.lookup(ctx, &d.ways[i])
	}
	d.recursion(ctx)
	if d.ways[0].id != "dns-https" {
		d.transfer(ctx, zone, asked)
		d.amplification(ctx)
	}
	return d.svc, nil
}

// dnsName makes a name that can be asked for out of what a user typed; empty
// stays empty.
func dnsName(typed string) (string, error) {
	if typed == "" || typed == "." {
		return typed, nil
	}
	name := hostName(typed)
	if _, ok := dns.IsDomainName(name); !ok || name == "" {
		return "", errDNSName
	}
	return dns.Fqdn(name), nil
}

func (d *dnsTrial) overUDP(ctx context.Context, query []byte) ([]byte, error) {
	return d.Exchange(ctx, query, func(reply []byte) bool { return dnsReplies(query, reply) })
}

func (d *dnsTrial) overTCP(ctx context.Context, query []byte) ([]byte, error) {
	c, err := d.Connect(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return dnsStream(c, query)
}

// ask puts one question over one transport.
func (d *dnsTrial) ask(ctx context.Context, w *dnsWay, q dnsQuestion, recurse bool) (dnsAnswer, int, error) {
	ctx, cancel := context.WithTimeout(ctx, dnsStepTime)
	defer cancel()
	reply, err := w.exchange(ctx, q.query(uint16(d.peer.nonce()), recurse))
	if err != nil {
		return dnsAnswer{}, 0, err
	}
	a, err := parseDNS(reply)
	return a, len(reply), err
}

// any puts a question over the first transport that works, or that answers now.
func (d *dnsTrial) any(ctx context.Context, q dnsQuestion, recurse bool) (dnsAnswer, error) {
	err := error(ErrProtocol)
	for i := range d.ways {
		w := &d.ways[i]
		if !w.works {
			continue
		}
		var a dnsAnswer
		if a, _, err = d.ask(ctx, w, q, recurse); err == nil {
			return a, nil
		}
	}
	return dnsAnswer{}, err
}

// version recognises the server, over each transport until one answers.
func (d *dnsTrial) version(ctx context.Context) error {
	var first error
	for i := range d.ways {
		w := &d.ways[i]
		within, cancel := context.WithTimeout(ctx, dnsStepTime)
		svc, err := d.dnsAsk(func(query []byte) ([]byte, error) { return w.exchange(within, query) })
		cancel()
		if svc.Confidence == exposure.NoConfidence {
			if first == nil {
				first = err
			}
			d.failed(w.id, dnsVersion, err)
			continue
		}
		w.works = true
		if d.svc.Protocol == "" {
			d.svc = svc
			if w.id == "dns-udp" {
				d.svc.Transport = exposure.UDP
			}
			d.Learn(d.svc)
		}
	}
	if d.svc.Protocol == "" {
		return first
	}
	said := d.svc.Facts.Text("version_bind")
	if id := d.svc.Facts.Text("nsid"); !id.IsZero() {
		said = untrusted.New(strings.TrimSpace(said.Raw()+" "+id.Raw()), maxFact)
	}
	result := exposure.StepOK
	if said.IsZero() {
		result = exposure.StepRefused
	}
	d.step(exposure.Step{ID: "dns-version", Result: result, Asked: dnsVersion.String(), Said: said})
	return nil
}

// own is a name that the server is the authority for, sought where one is
// likely: in the name of the server, in the id that it tells, and above them.
func (d *dnsTrial) own(ctx context.Context) string {
	for _, from := range []string{d.Name(), hostName(d.svc.Facts.Text("nsid").Raw())} {
		if _, err := netip.ParseAddr(from); err == nil || from == "" {
			continue
		}
		for name, more := dns.Fqdn(from), true; more && name != "."; {
			a, err := d.any(ctx, dnsQuestion{name, dns.TypeSOA, dns.ClassINET}, false)
			if err == nil && a.authoritative && a.zone != "" {
				return a.zone
			}
			at, end := dns.NextLabel(name, 0)
			name, more = name[min(at, len(name)):], !end
		}
	}
	return "."
}

// lookup asks for the name over one transport.
func (d *dnsTrial) lookup(ctx context.Context, w *dnsWay) {
	if !w.works {
		return // version has told of it
	}
	q := dnsQuestion{d.name, dns.TypeSOA, dns.ClassINET}
	a, size, err := d.ask(ctx, w, q, false)
	if err != nil {
		d.failed(w.id, q, err)
		return
	}
	if a.authoritative {
		d.zone = a.zone
	}
	dnsKeep(d.svc.Facts, a)
	facts := exposure.Facts{"bytes": size, "rcode": dns.RcodeToString[a.rcode], "authoritative": a.authoritative, "truncated": a.truncated, "signed": a.signed}
	switch w.id {
	case "dns-https":
		d.svc.Facts["doh"] = true
	case "dns-tcp", "dns-tls":
		d.svc.Facts["tcp"] = true
	default:
		d.svc.Facts["udp"] = true
	}
	d.svc.Facts["authoritative"] = a.authoritative
	d.svc.Facts["signed"] = a.signed
	d.step(exposure.Step{ID: w.id, Result: dnsResult(a), Asked: q.String(), Said: dnsShown(a), Facts: facts})
}

// recursion has the server resolve the name, which a server that recurses for
// us does or at least tries.
func (d *dnsTrial) recursion(ctx context.Context) {
	q := dnsQuestion{d.name, dns.TypeA, dns.ClassINET}
	if d.name == "." {
		q.kind = dns.TypeNS
	}
	a, err := d.any(ctx, q, true)
	if err != nil {
		d.failed("dns-recursion", q, err)
		return
	}
	d.svc.Facts["recursion"] = a.recurses()
	result := exposure.StepRefused
	if a.recurses() {
		result = exposure.StepOK
		d.svc.Facts["validates"] = a.authentic
	}
	d.step(exposure.Step{ID: "dns-recursion", Result: result, Asked: q.String() + " +rd", Said: dnsShown(a), Facts: exposure.Facts{
		"rcode": dns.RcodeToString[a.rcode], "recursion": a.recurses(), "validated": a.authentic,
	}})
}

// amplification measures what one datagram brings, for the root and for the
// kinds of record of the name that are long.
func (d *dnsTrial) amplification(ctx context.Context) {
	if !d.ways[0].works || d.ways[0].id != "dns-udp" {
		d.step(exposure.Step{ID: "dns-amplification", Result: exposure.StepSkipped, Why: "no-udp"})
		return
	}
	step := exposure.Step{ID: "dns-amplification", Result: exposure.StepFailed, Facts: exposure.Facts{}}
	for _, q := range []dnsQuestion{
		dnsRoot, {d.name, dns.TypeANY, dns.ClassINET}, {d.name, dns.TypeDNSKEY, dns.ClassINET}, {d.name, dns.TypeTXT, dns.ClassINET},
	} {
		recurse, _ := d.svc.Facts.Bool("recursion")
		v, err := d.volley(ctx, q.query(uint16(d.peer.nonce()), recurse))
		if err != nil || v.packets == 0 {
			continue
		}
		before, _ := step.Facts["amplification"].(float64)
		v.keep(step.Facts, "dns-"+strings.ToLower(dns.TypeToString[q.kind]))
		v.keep(d.svc.Facts, "dns-"+strings.ToLower(dns.TypeToString[q.kind]))
		if after, _ := step.Facts["amplification"].(float64); after > before {
			step.Asked = q.String()
		}
		step.Result = exposure.StepOK
	}
	d.step(step)
}

// failed records a step that no answer came to.
func (d *dnsTrial) failed(id string, q dnsQuestion, err error) {
	d.step(exposure.Step{ID: id, Result: exposure.StepFailed, Asked: q.String(), Detail: d.fail("ask", err).Error()})
	if id == "dns-tcp" {
		d.svc.Facts["tcp"] = false
	}
}

// step records a step of the port that is tested.
func (d *dnsTrial) step(s exposure.Step) {
	s.Remote = d.peer.at
	d.Step(s)
	d.Learn(d.svc)
}

// String is the question as dig's users write it.
func (q dnsQuestion) String() string {
	text := q.name + " " + dns.TypeToString[q.kind]
	if q.class != dns.ClassINET {
		text += " " + dns.ClassToString[q.class]
	}
	return text
}

// dnsResult is what an answer means for the step that asked.
func dnsResult(a dnsAnswer) exposure.StepResult {
	switch a.rcode {
	case dns.RcodeSuccess, dns.RcodeNameError:
		return exposure.StepOK
	case dns.RcodeServerFailure:
		return exposure.StepFailed
	}
	return exposure.StepRefused
}

// dnsShown is an answer in a line or a few.
func dnsShown(a dnsAnswer) untrusted.Text {
	var lines []string
	for _, rr := range a.records[:min(len(a.records), 8)] {
		if rr.Header().Rrtype != dns.TypeRRSIG {
			lines = append(lines, strings.ReplaceAll(rr.String(), "\t", " "))
		}
	}
	if len(lines) == 0 {
		lines = []string{dns.RcodeToString[a.rcode]}
	}
	return untrusted.New(strings.Join(lines, "\n"), maxBanner)
}

// maxDNSTransfer bounds what is read of a zone: enough to be sure that it is
// handed out.
const (
	maxDNSTransfer = 64 << 10
	maxDNSRecords  = 1000
)

// transfer asks for a whole zone (RFC 5936), which most servers owe nobody but
// their secondaries. Only a zone that the user named is asked for: by --zone,
// or as the one that --name lies in.
func (d *dnsTrial) transfer(ctx context.Context, zone, asked string) {
	if zone == "" && asked != "" {
		zone = d.zone
	}
	if zone == "" {
		d.step(exposure.Step{ID: "dns-transfer", Result: exposure.StepSkipped, Why: "no-zone"})
		return
	}
	q := dnsQuestion{zone, dns.TypeAXFR, dns.ClassINET}
	ctx, cancel := context.WithTimeout(ctx, dnsStepTime)
	defer cancel()
	c, err := d.Connect(ctx)
	if err != nil {
		d.failed("dns-transfer", q, err)
		return
	}
	defer c.Close()
	m := new(dns.Msg)
	m.SetAxfr(zone)
	m.Id = uint16(d.peer.nonce())
	query, err := m.Pack()
	if err != nil {
		d.failed("dns-transfer", q, err)
		return
	}
	got, err := dnsTransfer(c, query)
	step := exposure.Step{ID: "dns-transfer", Result: exposure.StepRefused, Asked: q.String(), Facts: exposure.Facts{
		"records": got.records, "whole": got.whole, "rcode": dns.RcodeToString[got.rcode],
	}}
	switch {
	case got.records > 1:
		step.Result = exposure.StepOK
	case err != nil && got.messages == 0:
		d.failed("dns-transfer", q, err)
		return
	}
	if got.records == 0 {
		step.Said = untrusted.New(dns.RcodeToString[got.rcode], maxFact)
	}
	d.svc.Facts["zone_transfer"] = got.records > 1
	if got.records > 1 {
		d.svc.Facts["zone"], d.svc.Facts["zone_records"] = untrusted.New(zone, maxFact), got.records
	}
	step.Local, _ = netip.ParseAddrPort(c.LocalAddr().String())
	d.step(step)
}

// dnsTransferred is what came of a zone.
type dnsTransferred struct {
	messages, records int
	rcode             int
	whole             bool // the SOA record came a second time, which ends a transfer
}

// dnsTransfer reads a zone until its end or the bounds.
func dnsTransfer(c io.ReadWriter, query []byte) (got dnsTransferred, err error) {
	marks := 0
	send := true
	for bytes := 0; bytes < maxDNSTransfer && got.records < maxDNSRecords; {
		var reply []byte
		if send {
			reply, err = dnsStream(c, query)
		} else {
			reply, err = dnsFrame(c, query)
		}
		send = false
		if err != nil {
			return got, err
		}
		bytes += len(reply)
		a, err := parseDNS(reply)
		if err != nil {
			return got, err
		}
		got.messages++
		got.rcode = a.rcode
		if a.rcode != dns.RcodeSuccess || len(a.records) == 0 {
			return got, nil
		}
		for _, rr := range a.records {
			got.records++
			if rr.Header().Rrtype == dns.TypeSOA {
				marks++
			}
		}
		if marks > 1 {
			got.whole = true
			return got, nil
		}
	}
	return got, nil
}
