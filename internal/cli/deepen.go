package cli

import (
	"context"
	"maps"

	"sekisho/internal/exposure"
	"sekisho/internal/probe"
	"sekisho/internal/rules"
)

// deeper are the tests that find out what a check alone does not ask, by the
// finding that a policy wants absent. They ask nothing of a server that it would
// mind: the one of mail names recipients and sends no mail.
var deeper = map[string]string{
	"smtp-open-relay": "smtp",
	"tls-weak-cipher": "tls",
	"tls-weak-dh":     "tls",
}

// deepen asks further where the policy wants a finding absent that a check alone
// cannot tell: the owner wrote so, and otherwise the verdict would be
// inconclusive for ever.
func (r *checkRun) deepen(ctx context.Context) {
	if r.policy == nil {
		return
	}
	for _, h := range r.report.Hosts {
		for _, p := range h.Ports {
			for i := range p.Services {
				s := &p.Services[i]
				for _, rule := range r.policy.Unwanted(h, p.Transport, p.Port) {
					test := deeper[rule]
					alone := exposure.Port{Services: []exposure.Service{*s}}
					if test == "" || ctx.Err() != nil || s.Confidence < exposure.Likely || rules.Decided(rule, alone) || !fits(test, *s) {
						continue
					}
					r.tellMore(ctx, test, h.Name, p, s)
				}
			}
		}
	}
}

// fits reports whether a test can tell anything of a service. Whether a server
// relays for strangers is judged from outside only.
func fits(test string, s exposure.Service) bool {
	if test == "smtp" {
		return s.Protocol == "smtp" && s.View == exposure.ViewOutside
	}
	return s.TLS != nil && !s.TLS.StartTLS
}

// tellMore runs a test and adds what it found out to what is known of a service.
func (r *checkRun) tellMore(ctx context.Context, test, name string, p exposure.Port, s *exposure.Service) {
	outcome, err := probe.RunTest(ctx, test, exposure.Target{Name: name, Address: s.Address}, probe.TestOptions{
		Options: probe.Options{View: r.machine.view, Owned: true}, Port: p.Port,
	})
	if err != nil {
		r.app.detail("verbose.deeper", "Test", test, "Error", oneLine(err.Error()))
		return
	}
	if s.Facts == nil {
		s.Facts = exposure.Facts{}
	}
	maps.Copy(s.Facts, outcome.Service.Facts)
	if told := outcome.Service.TLS; told != nil && s.TLS != nil {
		s.TLS.Ciphers, s.TLS.WeakCiphers, s.TLS.DHBits = told.Ciphers, told.WeakCiphers, told.DHBits
	}
}
