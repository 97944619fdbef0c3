package agent

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"sekisho/internal/exposure"
	"sekisho/internal/probe"
	"sekisho/internal/untrusted"
)

// testsOf are the tests in depth that a vantage makes: of services whose owner
// cannot see from inside how they answer others, and that change nothing but what
// their JobTest says.
var testsOf = []string{"ftp", "imap", "pop3", "smtp", "submission"}

// Tests reports whether a vantage makes the test of that name.
func Tests(name string) bool { return slices.Contains(testsOf, name) }

// Bounds of the tests of one job. Each gets the time that a person would give it.
const (
	mostTests = 8
	mostModes = 4
	testTime  = 30 * time.Second
	mostLogin = 256
	mostFile  = 512
)

// saneTests checks what a job wants tested, and as whom.
func saneTests(job exposure.Job) error {
	if len(job.Tests) > mostTests || len(job.Logins) > len(job.Tests) {
		return fmt.Errorf("a job has at most %d tests, and not more logins than tests", mostTests)
	}
	for _, l := range job.Logins {
		if len(l.User) > mostLogin || len(l.Password) > mostLogin || !utf8.ValidString(l.User) || strings.ContainsAny(l.User+l.Password, "\r\n\x00") || l.User == "" && l.Password != "" {
			return errors.New("a login is a name and a password, each of one line")
		}
	}
	for _, t := range job.Tests {
		ftp := t.Protocol == "ftp"
		switch {
		case !slices.Contains(testsOf, t.Protocol):
			return fmt.Errorf("there is no test %.20q", t.Protocol)
		case t.Port == 0:
			return errors.New("a test is of one port")
		case !ftp && (t.Write || t.File != "" || len(t.Modes) > 0):
			return errors.New("files and modes are for ftp only")
		case t.OnlyOpen && !job.TCP.Has(t.Port):
			return errors.New("a test of what is open is of a port that is looked at")
		case len(t.File) > mostFile || strings.ContainsAny(t.File, "\r\n\x00"):
			return errors.New("a file has a name of one line")
		case len(t.Modes) > mostModes || slices.ContainsFunc(t.Modes, func(m string) bool { return !slices.Contains([]string{"pasv", "epsv", "port", "eprt"}, m) }):
			return errors.New("the modes are pasv, epsv, port and eprt")
		case !slices.Contains([]string{"", exposure.JobTLSFirst, exposure.JobTLSNever, exposure.JobTLSRequire}, t.TLS):
			return errors.New("there is no such wish of TLS")
		}
	}
	return nil
}

// test makes the tests of the job, one after the other: each has all of the time
// that a person would give it, and their data connections do not mix.
func (t *task) test(ctx context.Context, target exposure.Target, view func(netip.Addr) exposure.View, log *log) {
	for i, test := range t.job.Tests {
		if ctx.Err() != nil {
			return
		}
		if test.OnlyOpen && !log.isOpen(exposure.TCP, test.Port) {
			continue
		}
		var login exposure.JobLogin
		if i < len(t.job.Logins) {
			login = t.job.Logins[i]
		}
		o := optionsOf(test, login)
		o.View = view
		hide := hider(login)
		o.Told = func(s exposure.Step) { log.step(exposure.JobStep{Test: i, Step: hide.step(s)}) }
		outcome, err := probe.RunTest(ctx, test.Protocol, target, o)
		if err != nil { // an option that the test refuses
			outcome.Service = exposure.Service{Address: target.Address, Transport: exposure.TCP, Port: test.Port, Error: err.Error()}
		}
		if ctx.Err() == nil {
			log.tested(exposure.JobTested{Test: i, State: outcome.State, Service: hide.service(outcome.Service), Flow: outcome.Flow})
		}
	}
}

// optionsOf are a test's options as its own flags would be.
func optionsOf(t exposure.JobTest, login exposure.JobLogin) probe.TestOptions {
	values := map[string][]string{}
	flag := func(name string, set bool) {
		if set {
			values[name] = []string{"true"}
		}
	}
	o := probe.TestOptions{
		Options: probe.Options{Timeout: testTime, Owned: true}, Port: t.Port, Values: values, User: login.User,
		Password: func() (string, error) { return login.Password, nil },
	}
	if first := t.TLS == exposure.JobTLSFirst; first {
		o.Secure = &first
	}
	switch t.Protocol {
	case "ftp":
		flag("write", t.Write)
		if t.File != "" {
			values["file"] = []string{t.File}
		}
		if len(t.Modes) > 0 {
			values["modes"] = t.Modes
		}
		if t.TLS == exposure.JobTLSNever || t.TLS == exposure.JobTLSRequire {
			values["auth-tls"] = []string{t.TLS}
		}
	case "smtp":
		if t.NoRelay {
			values["relay"] = []string{"false"}
		}
	}
	return o
}

// hidden takes a login out of what is told of a test: servers repeat names, and
// some of them passwords.
type hidden struct {
	password string
	user     *regexp.Regexp // nil when it is nobody's name
}

func hider(l exposure.JobLogin) hidden {
	h := hidden{password: l.Password}
	if l.User != "" && l.User != "anonymous" && l.User != "ftp" {
		// A short name may be part of other words.
		h.user = regexp.MustCompile(`(^|[^\pL\pN])` + regexp.QuoteMeta(l.User) + `($|[^\pL\pN])`)
	}
	return h
}

func (h hidden) word(s string) string {
	const instead = "****"
	if h.password != "" {
		s = strings.ReplaceAll(s, h.password, instead)
	}
	if h.user != nil {
		s = h.user.ReplaceAllString(s, "${1}"+instead+"${2}")
	}
	return s
}

func (h hidden) text(t untrusted.Text) untrusted.Text {
	if clean := h.word(t.Raw()); clean != t.Raw() {
		return untrusted.New(clean, 0)
	}
	return t
}

func (h hidden) facts(f exposure.Facts) {
	for name, value := range f {
		switch v := value.(type) {
		case untrusted.Text:
			f[name] = h.text(v)
		case []untrusted.Text:
			list := slices.Clone(v)
			for i := range list {
				list[i] = h.text(list[i])
			}
			f[name] = list
		}
	}
}

func (h hidden) step(s exposure.Step) exposure.Step {
	s.Asked, s.Detail, s.Said = h.word(s.Asked), h.word(s.Detail), h.text(s.Said)
	s.Facts = maps.Clone(s.Facts)
	h.facts(s.Facts)
	return s
}

func (h hidden) service(s exposure.Service) exposure.Service {
	s.Error, s.Banner = h.word(s.Error), h.text(s.Banner)
	s.Facts = maps.Clone(s.Facts)
	h.facts(s.Facts)
	return s
}
