package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/reach"
)

// The kinds of look that are tests in depth.
const (
	ftpKind  = "ftp"
	mailKind = "mail"
	portKind = "port"
)

// testForm is what the form of a test in depth holds. A password is never in it:
// what was wrong is asked for again.
type testForm struct {
	Secret  bool // a user and a password may be written: nobody on the way reads them
	Host    string
	Port    string
	User    string
	TLS     string
	File    string
	Upload  bool
	Relay   bool
	Modes   []string
	Mail    []mailPort
	Ticked  map[string]bool // of Modes and Mail
	Wishes  []string        // what TLS may be
	Longest int             // seconds that a test may take
}

// mailPort is a port of mail and the test that is made of what is behind it.
type mailPort struct {
	Port uint16
	Test string
}

// mailPorts are those of the mail test.
var mailPorts = []mailPort{{25, "smtp"}, {465, "submission"}, {587, "submission"}, {110, "pop3"}, {995, "pop3"}, {143, "imap"}, {993, "imap"}}

var (
	ftpModeWords = []string{"pasv", "epsv", "port", "eprt"}
	ftpWishes    = []string{"auto", exposure.JobTLSRequire, exposure.JobTLSFirst, exposure.JobTLSNever}
)

// The ports of FTP: with TLS by AUTH TLS or none, and inside TLS from the start.
const (
	ftpPort  = 21
	ftpsPort = 990
)

// longestTest is how many seconds the vantage gives one test.
const longestTest = 30

// The bounds of what is written into the form of a test.
const (
	mostFileName = 512
	mostLogin    = 256
)

// newTestForm is the form as it is shown first: everything ticked but the upload.
func (s *Service) newTestForm(r *http.Request, k kind) testForm {
	f := testForm{
		Secret: s.secret(r), Host: caller(r).String(), Port: strconv.Itoa(ftpPort), Relay: true,
		Modes: ftpModeWords, Mail: mailPorts, Ticked: map[string]bool{}, Wishes: ftpWishes, TLS: ftpWishes[0], Longest: longestTest,
	}
	if asked := number(r.URL.Query().Get("port")); asked > 0 && k.ID == ftpKind {
		f.Port = strconv.Itoa(int(asked))
	}
	for _, m := range f.Modes {
		f.Ticked[m] = true
	}
	for _, m := range f.Mail {
		f.Ticked[strconv.Itoa(int(m.Port))] = true
	}
	return f
}

// secret reports whether a page may ask for a password: inside TLS, or on this very
// machine. A home network is not enough for a form that a browser fills in by itself.
func (s *Service) secret(r *http.Request) bool {
	peer := clientOf(r).peer
	if s.config.Forwarding.trusts(peer) {
		return s.config.Forwarding.encrypted(r)
	}
	return r.TLS != nil || reach.Loopback(peer)
}

// number is a port as it was written, 0 where it is none.
func number(text string) uint16 {
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 16)
	if err != nil {
		return 0
	}
	return uint16(n)
}

// testsAsked is what a form asks the vantage for, and the words of what then is
// meant to be open; or a status other than OK and a sentence on what is wrong.
func (s *Service) testsAsked(r *http.Request, k kind, f *testForm, say *lang.Printer) (asked exposure.JobRequest, runs []string, status int, wrong string) {
	if k.ID == mailKind {
		return mailAsked(r, f, say)
	}
	return s.ftpAsked(r, f, say)
}

func mailAsked(r *http.Request, f *testForm, say *lang.Printer) (asked exposure.JobRequest, runs []string, status int, wrong string) {
	f.Relay, f.Ticked = r.PostFormValue("relay") != "", map[string]bool{}
	for _, m := range mailPorts {
		word := strconv.Itoa(int(m.Port))
		if !slices.Contains(r.PostForm["ports"], word) {
			continue
		}
		f.Ticked[word] = true
		asked.TCP = append(asked.TCP, m.Port)
		asked.Tests = append(asked.Tests, exposure.JobTest{Protocol: m.Test, Port: m.Port, NoRelay: m.Test == "smtp" && !f.Relay, OnlyOpen: true})
	}
	slices.Sort(asked.TCP)
	if len(asked.TCP) == 0 {
		return asked, nil, http.StatusBadRequest, say.Say("web.no-port")
	}
	return asked, []string{mailKind}, http.StatusOK, ""
}

func (s *Service) ftpAsked(r *http.Request, f *testForm, say *lang.Printer) (asked exposure.JobRequest, runs []string, status int, wrong string) {
	value := func(name string, most int) string {
		text := strings.TrimSpace(r.PostFormValue(name))
		return text[:min(len(text), most+1)] // one more: what is too long is refused and not cut
	}
	host, port, file, user := value("host", mostName), number(r.PostFormValue("port")), value("file", mostFileName), value("user", mostLogin)
	login := exposure.JobLogin{User: user, Password: r.PostFormValue("password")}
	f.Host, f.Port, f.File, f.User = written(host), written(value("port", len("65535"))), written(file), ""
	f.TLS, f.Upload, f.Ticked = f.Wishes[0], r.PostFormValue("upload") != "", map[string]bool{}
	if wish := r.PostFormValue("tls"); slices.Contains(ftpWishes, wish) {
		f.TLS = wish
	}
	test := exposure.JobTest{Protocol: "ftp", File: file, Write: f.Upload, OnlyOpen: true}
	for _, m := range ftpModeWords {
		if slices.Contains(r.PostForm["modes"], m) {
			f.Ticked[m] = true
			test.Modes = append(test.Modes, m)
		}
	}
	if f.TLS != f.Wishes[0] {
		test.TLS = f.TLS
	}
	if strings.TrimSpace(r.PostFormValue("port")) == "" {
		if port = ftpPort; f.TLS == exposure.JobTLSFirst {
			port = ftpsPort
		}
		f.Port = strconv.Itoa(int(port))
	}
	refuse := func(status int, text string) (exposure.JobRequest, []string, int, string) {
		return exposure.JobRequest{}, nil, status, text
	}
	if !login.Empty() && !f.Secret {
		return refuse(http.StatusForbidden, say.Say("web.login-bare"))
	}
	f.User = written(user)
	switch {
	case port == 0:
		return refuse(http.StatusBadRequest, say.Say("web.wrong-port"))
	case len(test.Modes) == 0:
		return refuse(http.StatusBadRequest, say.Say("web.no-mode"))
	case len(file) > mostFileName || strings.ContainsAny(file, "\r\n\x00"):
		return refuse(http.StatusBadRequest, say.Say("web.wrong-file"))
	case len(user) > mostLogin || len(login.Password) > mostLogin || strings.ContainsAny(user+login.Password, "\r\n\x00") || user == "" && login.Password != "":
		return refuse(http.StatusBadRequest, say.Say("web.wrong-login"))
	}
	name, status, wrong := s.leadsHere(r, host, say)
	if status != http.StatusOK {
		return refuse(status, wrong)
	}
	test.Port = port
	asked = exposure.JobRequest{TCP: exposure.PortList{port}, Tests: []exposure.JobTest{test}, Name: name}
	if !login.Empty() {
		asked.Logins = []exposure.JobLogin{login}
	}
	if runs = []string{ftpKind}; port != ftpPort {
		runs = []string{ownRun + strconv.Itoa(int(port))}
	}
	return asked, runs, http.StatusOK, ""
}

// leadsHere is the name that a visitor wrote for their own address, as the vantage's
// resolver has it; empty for the address itself. A name that leads elsewhere is
// refused: who asks from one address has that alone looked at.
func (s *Service) leadsHere(r *http.Request, host string, say *lang.Printer) (name string, status int, wrong string) {
	address := caller(r)
	if host == "" {
		return "", http.StatusOK, ""
	}
	if a, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		if a.Unmap() == address {
			return "", http.StatusOK, ""
		}
		return "", http.StatusForbidden, say.Say("web.host-other", "Address", address)
	}
	host, err := hostName(host)
	if err != nil && !errors.Is(err, errNameEnd) { // the vantage's resolver may be that of a home, too
		return "", http.StatusBadRequest, say.Say("web.host-wrong")
	}
	if s.config.Names == nil {
		return "", http.StatusServiceUnavailable, say.Say("web.host-unasked")
	}
	if wait := s.naming.take(address, time.Now()); wait > 0 {
		return "", http.StatusTooManyRequests, say.Say("web.wait", "Seconds", int(wait.Seconds())+1)
	}
	var others []string
	known := false
	for _, a := range s.config.Names(r.Context(), host) {
		known = known || a.Known()
		for _, found := range a.Addresses {
			if found.Unmap() == address {
				return host, http.StatusOK, ""
			}
			if word := found.String(); !slices.Contains(others, word) && len(others) < 8 {
				others = append(others, word)
			}
		}
	}
	switch {
	case len(others) > 0:
		return "", http.StatusForbidden, say.Say("web.host-elsewhere", "Name", host, "Others", strings.Join(others, ", "), "Address", address)
	case known:
		return "", http.StatusBadRequest, say.Say("web.host-none", "Name", host)
	}
	return "", http.StatusServiceUnavailable, say.Say("web.host-unasked")
}

// scopeOf is what a visitor consents to, in words that are kept.
func scopeOf(say *lang.Printer, k kind, asked exposure.JobRequest) string {
	var scope strings.Builder
	scope.WriteString(say.Say("web.scope", "Kind", say.Say("web.kind-"+k.ID), "TCP", len(asked.TCP), "UDP", len(asked.UDP)))
	for _, t := range asked.Tests {
		word := fmt.Sprintf("%s %d", t.Protocol, t.Port)
		switch {
		case t.Write:
			word = say.Say("web.scope-upload", "Test", word)
		case t.Protocol == "smtp" && !t.NoRelay:
			word = say.Say("web.scope-relay", "Test", word)
		}
		scope.WriteString("; " + word)
	}
	return scope.String()
}
