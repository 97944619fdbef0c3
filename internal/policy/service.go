package policy

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"sekisho/internal/exposure"
)

// overTLS are the protocols that people name with their encryption, and the
// protocol inside.
var overTLS = map[string]string{
	"https": "http", "smtps": "smtp", "imaps": "imap", "pop3s": "pop3", "ftps": "ftp", "ldaps": "ldap", "nntps": "nntp", "telnets": "telnet",
}

// worse are the outcomes from good to bad.
var worse = []exposure.Outcome{exposure.Pass, exposure.Inconclusive, exposure.Fail}

// with takes up what another ruling says: the worse outcome holds.
func (r *ruling) with(outcome exposure.Outcome, why ...said) {
	if slices.Index(worse, outcome) > slices.Index(worse, r.outcome) {
		r.outcome = outcome
	}
	r.why = append(r.why, why...)
}

// services are those that answer for the zone: as seen from it, or, on the
// machine that looks, as seen by itself, since the same program answers.
func (s sight) services() []exposure.Service {
	var from, self []exposure.Service
	for _, service := range s.port.Services {
		if z, ok := zoneOf(service.View, service.Address); ok && z == s.zone {
			from = append(from, service)
		} else if s.own && service.View.Own() && s.zone != exposure.ZoneLoopback {
			self = append(self, service)
		}
	}
	if len(from) > 0 {
		return from
	}
	return self
}

// fulfil adds to a ruling what the service is and must be. A port that is not
// open has none.
func (s sight) fulfil(n needs, r *ruling, c Context) {
	services := s.services()
	if len(services) == 0 {
		r.with(exposure.Inconclusive, say(whyNoService))
		return
	}
	for _, service := range services {
		n.spoken(service, r)
		n.encrypted(service, r)
		n.certified(service, r, c.Now)
	}
	n.clean(s.port, r, c)
}

// spoken holds the service to its protocol and product.
func (n needs) spoken(service exposure.Service, r *ruling) {
	if n.protocol != "" {
		switch inside := cmp.Or(overTLS[n.protocol], n.protocol); {
		case service.Protocol == "" && service.Error != "":
			r.with(exposure.Inconclusive, say(whyServiceError, "Error", service.Error))
		case service.Protocol == "" && (service.Silence != "" || !service.Banner.IsZero()):
			r.with(exposure.Fail, say(whyNotSpoken, "Expected", n.protocol))
		case service.Protocol == "":
			r.with(exposure.Inconclusive, say(whyNoService))
		case service.Confidence <= exposure.Assigned:
			r.with(exposure.Inconclusive, say(whyLikely, "Protocol", service.Protocol))
		case service.Protocol != inside && service.Protocol != n.protocol:
			r.with(exposure.Fail, say(whyOther, "Protocol", service.Protocol, "Expected", n.protocol))
		default:
			r.with(exposure.Pass, say(whyProtocol, "Protocol", service.Protocol))
			if inside != n.protocol && service.Protocol == inside {
				needs{tls: tlsImplicit}.encrypted(service, r)
			}
		}
	}
	if n.product != "" {
		switch product := service.Product.Raw(); {
		case product == "" && service.Error == "":
			r.with(exposure.Inconclusive, say(whyNoProduct, "Expected", n.product))
		case product == "":
			r.with(exposure.Inconclusive, say(whyServiceError, "Error", service.Error))
		case strings.Contains(strings.ToLower(product), strings.ToLower(n.product)):
			r.with(exposure.Pass, say(whyProduct, "Product", product, "Expected", n.product))
		default:
			r.with(exposure.Fail, say(whyProduct, "Product", product, "Expected", n.product))
		}
	}
}

// offersTLS reports whether a service encrypts; known is false where nobody
// found out.
func offersTLS(service exposure.Service) (offers, known bool) {
	if service.TLS != nil {
		return true, true
	}
	for _, fact := range []string{"starttls", "auth_tls", "tls_offered"} {
		if offered, told := service.Facts.Bool(fact); told {
			return offered, true
		}
	}
	return false, service.Confidence == exposure.Confirmed && service.Error == ""
}

// encrypted holds the service to its encryption.
func (n needs) encrypted(service exposure.Service, r *ruling) {
	if n.tls == "" && n.oldest == "" {
		return
	}
	offers, known := offersTLS(service)
	switch {
	case !known:
		r.with(exposure.Inconclusive, say(whyTLSUnknown))
	case n.tls == tlsNone && offers:
		r.with(exposure.Fail, say(whyTLSUnwanted))
	case n.tls == tlsNone:
		r.with(exposure.Pass, say(whyNoTLS))
	case !offers:
		r.with(exposure.Fail, say(whyNoTLS))
	case service.TLS == nil:
		// It says that it would, and nobody shook hands.
		r.with(exposure.Inconclusive, say(whyTLSUnknown))
	case n.tls == tlsImplicit && service.TLS.StartTLS:
		r.with(exposure.Fail, say(whyTLSLate))
	case n.tls == tlsStart && !service.TLS.StartTLS:
		r.with(exposure.Fail, say(whyTLSEarly))
	default:
		n.recent(*service.TLS, r)
	}
}

// tlsVersions are the versions from old to new.
var tlsVersions = []string{"SSL 2.0", "SSL 3.0", "TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3"}

// recent holds the versions to the oldest that is allowed. The older ones were
// all tried, so that those which are not there do not work.
func (n needs) recent(t exposure.TLS, r *ruling) {
	if n.oldest == "" {
		r.with(exposure.Pass, say(whyTLS, "Versions", t.Versions))
		return
	}
	var old []string
	for _, version := range t.Versions {
		if at := slices.Index(tlsVersions, version); at >= 0 && at < slices.Index(tlsVersions, "TLS "+n.oldest) {
			old = append(old, version)
		}
	}
	switch {
	case len(old) > 0:
		r.with(exposure.Fail, say(whyTLSOld, "Versions", old, "Oldest", n.oldest))
	case len(t.Versions) == 0:
		r.with(exposure.Inconclusive, say(whyTLSUnknown))
	default:
		r.with(exposure.Pass, say(whyTLS, "Versions", t.Versions))
	}
}

const day = 24 * time.Hour

// certified holds the certificate to the days that it must still be valid for.
func (n needs) certified(service exposure.Service, r *ruling, now time.Time) {
	if n.days == 0 {
		return
	}
	if offers, known := offersTLS(service); known && !offers {
		r.with(exposure.Fail, say(whyNoTLS))
		return
	}
	if service.TLS == nil || service.TLS.Certificate == nil || service.TLS.Certificate.NotAfter.IsZero() {
		r.with(exposure.Inconclusive, say(whyNoCertificate))
		return
	}
	end := service.TLS.Certificate.NotAfter
	left := end.Sub(now)
	outcome := exposure.Pass
	if left < time.Duration(n.days)*day {
		outcome = exposure.Fail
	}
	r.with(outcome, say(whyDays, "Day", end.UTC().Format(time.DateOnly), "Count", max(0, int(left/day)), "Least", n.days))
}

// clean holds the port to findings that must not be there.
func (n needs) clean(p exposure.Port, r *ruling, c Context) {
	for _, rule := range n.without {
		at := slices.IndexFunc(p.Findings, func(f exposure.Finding) bool { return f.Rule == rule })
		switch {
		case at >= 0:
			r.with(exposure.Fail, say(whyFinding, "Rule", rule, "Evidence", p.Findings[at].Evidence))
		case c.Decided != nil && c.Decided(rule, p):
			r.with(exposure.Pass, say(whyNoFinding, "Rule", rule))
		default:
			r.with(exposure.Inconclusive, say(whyUndecided, "Rule", rule))
		}
	}
	if n.worst == nil {
		return
	}
	for _, f := range p.Findings {
		if f.Severity > *n.worst {
			r.with(exposure.Fail, say(whyFinding, "Rule", f.Rule, "Evidence", f.Evidence))
		}
	}
}
