package probe

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

// smtpNames looks up what the names of a mail server lead to: the reverse name
// of its address, the name that it gives in EHLO, and the MX of the domain that
// the user named. Mail servers hold one another to these (RFC 5321 sections
// 4.1.4 and 5.1).
func (m *smtp) smtpNames(ctx context.Context, t *Trial) {
	from, err := resolvers(t.Text("resolver"))
	if err == nil && len(from) == 0 {
		err = errNoResolver
	}
	if err != nil {
		t.Step(exposure.Step{ID: "smtp-ptr", Result: exposure.StepSkipped, Why: "no-resolver", Detail: untrusted.New(err.Error(), maxErrorText).Terminal()})
		return
	}
	m.reverse(ctx, t, from)
	m.forward(ctx, t, from)
	if domain := hostName(t.Text("domain")); domain != "" {
		m.exchangers(ctx, t, from, domain)
	}
}

// smtpFailed is the step of a lookup that brought no answer.
func smtpFailed(step exposure.Step, err error) exposure.Step {
	step.Result, step.Why = exposure.StepFailed, "dns-unanswered"
	step.Detail = untrusted.New(cause(err).Error(), maxErrorText).Terminal()
	return step
}

// reverse looks up the PTR of the address, and compares it with the names that
// the server gives in its greeting and in EHLO.
func (m *smtp) reverse(ctx context.Context, t *Trial, from []netip.AddrPort) {
	name, err := dns.ReverseAddr(m.s.peer.at.Addr().WithZone("").String())
	if err != nil {
		return // it is an address
	}
	step := exposure.Step{ID: "smtp-ptr", Asked: name + " PTR", Remote: from[0]}
	records, err := m.s.lookup(ctx, from, name, dns.TypePTR)
	if err != nil {
		t.Step(smtpFailed(step, err))
		return
	}
	var names []string
	for _, rr := range records {
		if ptr, ok := rr.(*dns.PTR); ok {
			names = append(names, strings.TrimSuffix(ptr.Ptr, "."))
		}
	}
	m.svc.Facts["ptr"] = texts(names, 8)
	step.Said = untrusted.New(strings.Join(names, ", "), maxFact)
	step.Result = exposure.StepOK
	if len(names) == 0 {
		step.Result, step.Why = exposure.StepFailed, "no-ptr"
	}
	t.Step(step)
	m.svc.Facts["ptr_agrees"] = m.named(t, exposure.Step{ID: "smtp-ehlo-ptr"}, m.svc.Facts.Text("hostname").Raw(), names)
	if banner, ok := smtpBannerName(m.svc.Banner.Raw()); ok {
		m.svc.Facts["banner_hostname"] = untrusted.New(banner, maxFact)
		m.svc.Facts["banner_agrees"] = m.named(t, exposure.Step{ID: "smtp-banner-ptr"}, banner, names)
	}
}

// named records whether a name that the server gives is a reverse name of its
// address.
func (m *smtp) named(t *Trial, step exposure.Step, name string, reverse []string) bool {
	agrees := slices.ContainsFunc(reverse, func(n string) bool { return strings.EqualFold(n, strings.TrimSuffix(name, ".")) })
	step.Result, step.Said = exposure.StepOK, untrusted.New(name, maxFact)
	if !agrees {
		step.Result, step.Why = exposure.StepFailed, "ptr-differs"
	}
	t.Step(step)
	return agrees
}

// smtpBannerName is the name with which a greeting begins (RFC 5321 section
// 4.2); some hide it.
func smtpBannerName(banner string) (string, bool) {
	_, text, _ := strings.Cut(banner, " ")
	name, _, _ := strings.Cut(strings.TrimSpace(text), " ")
	return name, strings.Contains(name, ".") && hostName(name) != ""
}

// forward looks up the name of EHLO, which should lead back to the address.
func (m *smtp) forward(ctx context.Context, t *Trial, from []netip.AddrPort) {
	hello := m.svc.Facts.Text("hostname").Raw()
	name := hostName(hello)
	step := exposure.Step{ID: "smtp-ehlo-name", Remote: from[0]}
	if _, err := netip.ParseAddr(name); name == "" || err == nil {
		step.Result, step.Why, step.Said = exposure.StepFailed, "no-host-name", untrusted.New(hello, maxFact)
		t.Step(step)
		return
	}
	step.Asked = name + " A AAAA"
	all, err := m.s.addresses(ctx, from, name)
	here := slices.Contains(all, m.s.peer.at.Addr().WithZone(""))
	if err != nil && !m.toldFamily(all) {
		t.Step(smtpFailed(step, err))
		return
	}
	m.svc.Facts["hostname_leads_here"] = here
	step.Said = untrusted.New(smtpAddresses(all), maxFact)
	switch {
	case here:
		step.Result = exposure.StepOK
	case len(all) == 0:
		step.Result, step.Why = exposure.StepFailed, "name-not-found"
	default:
		step.Result, step.Why = exposure.StepFailed, "leads-elsewhere"
	}
	t.Step(step)
}

// toldFamily reports whether there are addresses of the family under test, so
// that it does not matter when those of the other one could not be had.
func (m *smtp) toldFamily(all []netip.Addr) bool {
	return slices.ContainsFunc(all, func(a netip.Addr) bool { return a.Is4() == m.s.peer.at.Addr().Unmap().Is4() })
}

func smtpAddresses(all []netip.Addr) string {
	words := make([]string, len(all))
	for i, a := range all {
		words[i] = a.String()
	}
	return strings.Join(words, ", ")
}

// smtpMX is one host that takes mail for a domain.
type smtpMX struct {
	preference uint16
	host       string
}

func (x smtpMX) String() string { return fmt.Sprintf("%d %s", x.preference, x.host) }

// exchangers walks from the domain over its MX to their addresses, and tells
// whether one of them is the address under test.
func (m *smtp) exchangers(ctx context.Context, t *Trial, from []netip.AddrPort, domain string) {
	step := exposure.Step{ID: "smtp-mx", Asked: domain + " MX", Remote: from[0]}
	list, implicit, err := m.s.smtpExchangers(ctx, from, domain)
	if err != nil {
		t.Step(smtpFailed(step, err))
		return
	}
	m.svc.Facts["domain"] = untrusted.New(domain, maxFact)
	words := make([]string, len(list))
	for i, x := range list {
		words[i] = x.String()
	}
	m.svc.Facts["mx"] = texts(words, maxSMTPExchangers)
	step.Said = untrusted.New(strings.Join(words, ", "), maxFact)
	switch {
	case len(list) == 0: // the MX "." of RFC 7505
		step.Result, step.Why = exposure.StepFailed, "null-mx"
		t.Step(step)
		m.svc.Facts["mx_leads_here"] = false
		return
	case implicit:
		step.Result, step.Why = exposure.StepOK, "no-mx"
	default:
		step.Result = exposure.StepOK
	}
	t.Step(step)
	here, whole := false, true
	for _, x := range list {
		step := exposure.Step{ID: "smtp-mx-address", Asked: x.host + " A AAAA", Remote: from[0]}
		name := hostName(x.host)
		if name == "" {
			step.Result, step.Why = exposure.StepFailed, "no-host-name"
			t.Step(step)
			continue
		}
		all, err := m.s.addresses(ctx, from, name)
		if err != nil && !m.toldFamily(all) {
			whole = false
			t.Step(smtpFailed(step, err))
			continue
		}
		step.Said = untrusted.New(smtpAddresses(all), maxFact)
		switch {
		case slices.Contains(all, m.s.peer.at.Addr().WithZone("")):
			step.Result, here = exposure.StepOK, true
		case len(all) == 0:
			step.Result, step.Why = exposure.StepFailed, "name-not-found"
		default:
			// Others may serve the domain too.
			step.Result, step.Why = exposure.StepOK, "leads-elsewhere"
		}
		t.Step(step)
	}
	if here || whole {
		m.svc.Facts["mx_leads_here"] = here
	}
}

// maxSMTPExchangers is how many hosts of a domain are looked at, the preferred
// ones.
const maxSMTPExchangers = 8

// smtpExchangers are the hosts that take mail for a domain, the preferred ones
// first. A domain without MX is its own (RFC 5321 section 5.1): implicit.
func (s *Session) smtpExchangers(ctx context.Context, from []netip.AddrPort, domain string) (list []smtpMX, implicit bool, err error) {
	records, err := s.lookup(ctx, from, domain, dns.TypeMX)
	if err != nil {
		return nil, false, err
	}
	for _, rr := range records {
		if mx, ok := rr.(*dns.MX); ok && mx.Mx != "." {
			list = append(list, smtpMX{mx.Preference, strings.TrimSuffix(mx.Mx, ".")})
		}
	}
	if len(records) == 0 {
		return []smtpMX{{0, domain}}, true, nil
	}
	slices.SortFunc(list, func(a, b smtpMX) int {
		return cmp.Or(cmp.Compare(a.preference, b.preference), strings.Compare(a.host, b.host))
	})
	return list[:min(len(list), maxSMTPExchangers)], false, nil
}

// SMTPTargets turns a domain into the addresses of the hosts that take its mail,
// the preferred ones first, each with the name of its host. The resolver is an
// address, with its port or without; empty: this machine's own.
func SMTPTargets(ctx context.Context, domain, resolver string) ([]exposure.Target, error) {
	deadline, bounded := ctx.Deadline()
	if !bounded {
		deadline = time.Now().Add(DefaultTestTimeout)
	}
	return smtpTargets(ctx, netPeer(exposure.Target{}, 0, Options{}, deadline), domain, resolver)
}

func smtpTargets(ctx context.Context, at *peer, domain, resolver string) ([]exposure.Target, error) {
	from, err := resolvers(resolver)
	if err != nil {
		return nil, err
	}
	name := hostName(domain)
	if name == "" {
		return nil, fmt.Errorf("%q is no name of a domain", domain)
	}
	s := &Session{probe: "smtp", peer: at}
	hosts, _, err := s.smtpExchangers(ctx, from, name)
	if err != nil {
		return nil, err
	}
	var list []exposure.Target
	var failed error
	for _, x := range hosts {
		if host := hostName(x.host); host != "" {
			all, err := s.addresses(ctx, from, host)
			failed = cmp.Or(failed, err)
			for _, a := range all {
				list = append(list, exposure.Target{Name: host, Address: a})
			}
		}
	}
	if len(list) > 0 {
		return list, nil // what is missing is a step of the test
	}
	return nil, failed
}
