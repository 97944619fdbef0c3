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

// How many servers of this machine a vantage tests, and how many of them are of
// mail: the test of relaying asks in every form, which takes its time.
const (
	mostViaTests = 4
	mostViaMail  = 2
)

// viaTests are the tests that vantages make beside their look: of the FTP servers
// that this machine found on itself, with the login of the user, and, for a
// report, of its mail servers: whether one relays for strangers nobody but
// strangers can tell.
func (r *checkRun) viaTests(h exposure.Host) []exposure.JobTest {
	if r.ftp == nil {
		return nil
	}
	var files, mail []exposure.JobTest
	for _, p := range h.Ports {
		i := slices.IndexFunc(p.Services, func(s exposure.Service) bool {
			return (s.Protocol == "ftp" || s.Protocol == "smtp") && s.Confidence == exposure.Confirmed && s.View.Own()
		})
		if p.Transport != exposure.TCP || i < 0 || !p.Exposed() {
			continue
		}
		t := exposure.JobTest{Protocol: p.Services[i].Protocol, Port: p.Port}
		if s := p.Services[i]; s.TLS != nil && !s.TLS.StartTLS {
			t.TLS = exposure.JobTLSFirst
		}
		switch {
		case t.Protocol == "ftp" && len(files) < mostViaTests:
			t.Write = r.ftp.write
			files = append(files, t)
		case t.Protocol == "smtp" && r.tables && len(mail) < mostViaMail:
			if p.Port == 465 || p.Port == 587 { // of submission (RFC 8314 section 3.3, RFC 6409)
				t.Protocol = "submission"
			}
			mail = append(mail, t)
		}
	}
	all := slices.Concat(files, mail)
	return all[:min(len(all), mostViaTests)]
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
	line := ""
	if slices.ContainsFunc(tests, filesOf) && r.ftp.named() { // without tests nobody is named
		var logins []exposure.JobLogin
		files := slices.DeleteFunc(slices.Clone(tests), func(t exposure.JobTest) bool { return !filesOf(t) })
		if logins, line = r.viaLogins(files, at, to); line != "" {
			tests = slices.DeleteFunc(tests, filesOf)
		}
		request.Logins = logins
	}
	request.Tests = tests
	return line
}

// filesOf reports whether a test is of FTP.
func filesOf(t exposure.JobTest) bool { return t.Protocol == "ftp" }

// viaLogins are as whom a vantage logs in for tests that stand before all others, or
// the line why no login is handed to it.
func (r *checkRun) viaLogins(tests []exposure.JobTest, at vantage.Address, to netip.Addr) (logins []exposure.JobLogin, line string) {
	switch {
	case !r.ftp.handed:
		return nil, r.app.say.Say("cli.via-login-kept", "URL", at.URL.String())
	case !secret(at, to):
		return nil, r.app.say.Say("cli.via-login-bare", "URL", at.URL.String())
	}
	word, err := r.ftp.password(r.app)
	if err != nil {
		return nil, r.app.say.Say("cli.via-login-none", "URL", at.URL.String(), "Error", oneLine(err.Error()))
	}
	for range tests {
		logins = append(logins, exposure.JobLogin{User: r.ftp.user, Password: word})
	}
	return logins, ""
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
		looks = append(looks, v.ftpOf(key)...)
	}
	return looks
}

// ftpOf are the looks of one vantage at an FTP server.
func (v outsideView) ftpOf(key portKey) []diagnose.FTPLook {
	var looks []diagnose.FTPLook
	for _, t := range v.seen.Tests {
		if v.trouble == "" && t.Test.Protocol == "ftp" && t.Test.Port == key.port && key.transport == exposure.TCP && t.Service.Address.IsValid() {
			looks = append(looks, gather.FTPLook(t.Service, t.Steps))
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
