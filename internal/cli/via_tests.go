package cli

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"sekisho/internal/diagnose"
	"sekisho/internal/diagnose/gather"
	"sekisho/internal/exposure"
	"sekisho/internal/reach"
	"sekisho/internal/vantage"
)

// mostViaTests bounds the FTP servers of this machine that a vantage logs in to.
const mostViaTests = 4

// viaTests are the tests that vantages make beside their look: of every FTP server
// that this machine found on itself. Their logins are the user's.
func (r *checkRun) viaTests(h exposure.Host) (tests []exposure.JobTest) {
	if r.ftp == nil {
		return nil
	}
	for _, p := range h.Ports {
		i := slices.IndexFunc(p.Services, func(s exposure.Service) bool {
			return s.Protocol == "ftp" && s.Confidence == exposure.Confirmed && s.View.Own()
		})
		if p.Transport != exposure.TCP || i < 0 || len(tests) == mostViaTests {
			continue
		}
		t := exposure.JobTest{Protocol: "ftp", Port: p.Port, Write: r.ftp.write}
		if s := p.Services[i]; s.TLS != nil && !s.TLS.StartTLS {
			t.TLS = exposure.JobTLSFirst
		}
		tests = append(tests, t)
	}
	return tests
}

// secret reports whether nobody on the way to a vantage reads what is sent to it.
func secret(at vantage.Address, to netip.Addr) bool {
	return at.URL.Scheme == "https" || reach.Loopback(to) || reach.LAN(to)
}

// viaAsked puts tests into a request, as far as the vantage makes them. A login
// leaves this machine only when the user said so, and never in the clear over the
// Internet; why a test is left out is a line.
func (r *checkRun) viaAsked(request *exposure.JobRequest, tests []exposure.JobTest, station exposure.Station, at vantage.Address, to netip.Addr) string {
	tests = slices.DeleteFunc(slices.Clone(tests), func(t exposure.JobTest) bool { return !slices.Contains(station.Tests, t.Protocol) })
	if len(tests) == 0 {
		return ""
	}
	if r.ftp.named() {
		switch {
		case !r.ftp.handed:
			return r.app.say.Say("cli.via-login-kept", "URL", at.URL.String())
		case !secret(at, to):
			return r.app.say.Say("cli.via-login-bare", "URL", at.URL.String())
		}
		word, err := r.ftp.password(r.app)
		if err != nil {
			return r.app.say.Say("cli.via-login-none", "URL", at.URL.String(), "Error", oneLine(err.Error()))
		}
		for range tests {
			request.Logins = append(request.Logins, exposure.JobLogin{User: r.ftp.user, Password: word})
		}
	}
	request.Tests = tests
	return ""
}

// learned adds what the tests of a vantage found out to what it told of the
// services, for the rules to judge.
func (v *outsideView) learned() {
	for i := range v.seen.Tests {
		t := &v.seen.Tests[i]
		t.Service.View = v.view
		for k := range v.seen.Services {
			s := &v.seen.Services[k]
			if s.Transport == t.Service.Transport && s.Port == t.Service.Port && s.Protocol == t.Service.Protocol {
				s.Facts = maps.Clone(s.Facts)
				if s.Facts == nil {
					s.Facts = exposure.Facts{}
				}
				maps.Copy(s.Facts, t.Service.Facts)
			}
		}
	}
}

// viaFTP are the looks of vantages at an FTP server of this machine.
func (r *checkRun) viaFTP(key portKey) []diagnose.FTPLook {
	var looks []diagnose.FTPLook
	for _, v := range r.outside {
		for _, t := range v.seen.Tests {
			if v.trouble == "" && t.Test.Protocol == "ftp" && t.Test.Port == key.port && key.transport == exposure.TCP && t.Service.Address.IsValid() {
				looks = append(looks, gather.FTPLook(t.Service, t.Steps))
			}
		}
	}
	return looks
}

// testsNamed are tests in words: the protocol and the port, and what they change.
func testsNamed(tests []exposure.JobTest) []string {
	var words []string
	for _, t := range tests {
		word := fmt.Sprintf("%s %d", t.Protocol, t.Port)
		if t.Write {
			word += " --write"
		}
		words = append(words, word)
	}
	return words
}
