package probe

import (
	"context"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

// Bounds of what a host announces that is asked for and kept.
const (
	maxMDNSAsked     = 16
	maxMDNSInstances = 64
)

// testMDNS asks which kinds of service there are, and for what there is of each
// (RFC 6763 section 4).
func testMDNS(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	step := exposure.Step{ID: "mdns-kinds", Result: exposure.StepOK, Asked: mdnsKinds, Remote: s.peer.at}
	hello := mdnsPack(uint16(s.peer.nonce()>>32), mdnsKinds)
	reply, err := s.question(ctx, hello, func(b []byte) bool { return dnsReplies(hello, b) })
	if err != nil {
		err = s.fail("ask for kinds of service", err)
		step.Result, step.Detail = exposure.StepFailed, err.Error()
		t.Step(step)
		return exposure.Service{}, err
	}
	_, p, _ := testNamed("mdns")
	svc := p.told(hello, reply)
	if svc.Facts == nil {
		svc.Facts = exposure.Facts{}
	}
	kinds := mdnsPointers(reply) // of letters, digits and hyphens (RFC 6763 section 7)
	step.Said = untrusted.New(strings.Join(kinds, ", "), maxFact)
	t.Step(step)
	s.Learn(svc)
	var instances []string
	for i, kind := range kinds[:min(len(kinds), maxMDNSAsked)] {
		instances = append(instances, s.mdnsInstances(ctx, t, &svc, uint16(s.peer.nonce()>>16)+uint16(i), kind)...)
	}
	if len(instances) > 0 {
		svc.Facts["instances"] = texts(instances, maxMDNSInstances)
	}
	return svc, nil
}

// mdnsInstances asks for what there is of one kind, and keeps the name of the
// host, which comes with it.
func (s *Session) mdnsInstances(ctx context.Context, t *Trial, svc *exposure.Service, id uint16, kind string) []string {
	step := exposure.Step{ID: "mdns-instances", Result: exposure.StepFailed, Asked: untrusted.New(kind, maxFact).Terminal(), Remote: s.peer.at}
	defer func() { t.Step(step) }()
	if _, ok := dns.IsDomainName(kind); !ok {
		step.Detail = s.fail("ask for a kind of service", ErrProtocol).Error()
		return nil
	}
	m := dns.Msg{MsgHdr: dns.MsgHdr{Id: id}, Question: []dns.Question{{Name: kind, Qtype: dns.TypePTR, Qclass: dns.ClassINET}}}
	query, err := m.Pack()
	if err != nil {
		step.Detail = s.fail("ask for a kind of service", ErrProtocol).Error()
		return nil
	}
	reply, err := s.question(ctx, query, func(b []byte) bool { return dnsReplies(query, b) })
	if err != nil {
		step.Detail = s.fail("ask for a kind of service", err).Error()
		return nil
	}
	names := mdnsPointers(reply)
	step.Result, step.Said = exposure.StepOK, untrusted.New(strings.Join(names, ", "), maxFact)
	if host := mdnsHost(reply); host != "" && svc.Facts["hostname"] == nil {
		svc.Facts["hostname"] = untrusted.New(host, maxFact)
	}
	return slices.DeleteFunc(names, func(n string) bool { return n == "" })
}

// mdnsHost is the host that a service is on, as its SRV record says (RFC 6763
// section 5).
func mdnsHost(reply []byte) string {
	var m dns.Msg
	_ = m.Unpack(reply)
	for _, rr := range slices.Concat(m.Answer, m.Extra) {
		if srv, ok := rr.(*dns.SRV); ok {
			return strings.TrimSuffix(srv.Target, ".")
		}
	}
	return ""
}
