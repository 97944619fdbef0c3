//go:build lab

package cli_test

import (
	"slices"
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// relayFindings are those of a test that speak of relaying, each with its
// severity.
func relayFindings(t *testing.T, r result) []string {
	t.Helper()
	var list []string
	for _, f := range decode[exposure.TestDocument](t, r).Findings {
		if strings.Contains(f.Rule, "relay") || f.Rule == "submission-without-login" {
			list = append(list, f.Severity.String()+" "+f.Rule)
		}
	}
	return list
}

// TestRelayIsJudgedFromOutside holds that an open relay is called one by whom it
// does not know, and that nobody else judges it; and that a closed one is called
// that by nobody.
func TestRelayIsJudgedFromOutside(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	h.StartBind(t, lab.Bind{})
	l.Forward(t, "tcp", 25, 25)
	l.Forward(t, "tcp", 587, 587)
	to := h.V6.String()
	hold := func(who *lab.Host, want []string, code int, args ...string) {
		t.Helper()
		args = append([]string{"test"}, append(args, "--authorized", "--fail-on", "high", "-f", "json")...)
		r := sekisho(t, who, root, args...)
		if got := relayFindings(t, r); !slices.Equal(got, want) || r.code != code {
			t.Errorf("%s %q: %q, exit code %d, want %q, %d\n%s", who.Name, args, got, r.code, want, code, r.errs)
		}
	}
	closed := h.StartPostfix(t, lab.Postfix{})
	hold(l.Outside, nil, 0, "smtp", to)
	hold(l.LAN, nil, 0, "smtp", to)
	hold(h, []string{"info smtp-relay-not-judged"}, 0, "smtp", "127.0.0.1") // mynetworks
	closed.Stop()
	everybody := "mynetworks = 0.0.0.0/0 [::]/0"
	open := h.StartPostfix(t, lab.Postfix{Config: everybody})
	hold(l.Outside, []string{"high smtp-open-relay"}, 1, "smtp", to)
	hold(l.LAN, []string{"info smtp-relay-not-judged"}, 0, "smtp", h.V4.String())
	hold(h, []string{"info smtp-relay-not-judged"}, 0, "smtp", "::1")
	relayChecked(t, l)
	open.Stop()
	if strings.Contains(open.Log()+closed.Log(), "data=") {
		t.Error("there was mail")
	}
	s := h.StartPostfix(t, lab.Postfix{Port: 587, Config: everybody})
	hold(l.Outside, []string{"high submission-without-login"}, 1, "submission", to)
	hold(l.LAN, []string{"info submission-without-login"}, 0, "submission", h.V4.String())
	s.Stop()
}

// relayChecked holds that a check has a vantage judge what only strangers can, and
// that the policy is told.
func relayChecked(t *testing.T, l *lab.Lab) {
	t.Helper()
	vantageOf(t, l, l.Outside)
	l.Home.WriteFile(t, "/tmp/mail.yaml", "internet-v4: {open: [{port: 25, without: smtp-open-relay}]}\n")
	r := sekisho(t, l.Home, root, "check", "-4", "-p", "25", "--via", viaURL, "--policy", "/tmp/mail.yaml", "-f", "json")
	port := portOf(decode[exposure.Report](t, r), exposure.TCP, 25)
	if !slices.ContainsFunc(port.Findings, func(f exposure.Finding) bool { return f.Rule == "smtp-open-relay" && f.Severity == exposure.High }) {
		t.Errorf("the findings are %+v\n%s", port.Findings, r.errs)
	}
	alone := sekisho(t, l.Home, root, "test", "smtp", "-4", "--via", viaURL, "--fail-on", "high", "-f", "json")
	d := decode[exposure.TestDocument](t, alone)
	if got := relayFindings(t, alone); !slices.Equal(got, []string{"high smtp-open-relay"}) || alone.code != 1 || d.View != exposure.ViewOutside || d.Address != l.Router.V4 || len(d.Steps) < 10 {
		t.Errorf("test --via: %q, exit code %d, %+v\n%s", got, alone.code, d, alone.errs)
	}
	for _, bad := range [][]string{{"smtp", "192.0.2.1"}, {"smtp", "--domain", "example.org"}, {"imap", "--user", "someone"}} {
		if r := sekisho(t, l.Home, root, append(append([]string{"test"}, bad...), "--via", viaURL)...); r.code != 2 || strings.Count(r.errs, "\n") != 1 {
			t.Errorf("%q: exit code %d: %s", bad, r.code, r.errs)
		}
	}
	if len(port.Verdicts) != 1 || port.Verdicts[0].Verdict != exposure.Fail {
		t.Errorf("the verdicts are %+v\n%s", port.Verdicts, r.errs)
	}
}

// TestOpenRelayOfOpenSMTPD is the same of a second product: the one that relays
// for everybody and the one that does not.
func TestOpenRelayOfOpenSMTPD(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	l.Forward(t, "tcp", 25, 25)
	closed := h.StartOpenSMTPD(t, lab.OpenSMTPD{Plain: true})
	r := sekisho(t, l.Outside, root, "test", "smtp", h.V6.String(), "--authorized", "-f", "json")
	if got := relayFindings(t, r); got != nil {
		t.Errorf("closed: %q", got)
	}
	closed.Stop()
	h.StartOpenSMTPD(t, lab.OpenSMTPD{Plain: true, Matches: `match from any for any action "relay"`})
	r = sekisho(t, l.Outside, root, "test", "smtp", h.V6.String(), "--authorized", "-f", "json")
	if got := relayFindings(t, r); !slices.Equal(got, []string{"high smtp-open-relay"}) {
		t.Errorf("open: %q\n%s", got, r.out)
	}
}

// TestMailDomain names a domain, and its MX leads to the server that is tested.
func TestMailDomain(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	h.StartBind(t, lab.Bind{})
	h.StartPostfix(t, lab.Postfix{})
	resolver := h.V4.String()
	r := sekisho(t, l.LAN, root, "test", "smtp", "home.example", "--resolver", resolver, "--relay=false", "-4", "--authorized", "-f", "json")
	d := decode[exposure.TestDocument](t, r)
	if d.Host != "home.home.example" || d.Address != h.V4 || d.Service.Facts["mx_leads_here"] != true || r.code != 0 {
		t.Errorf("host %q at %s, facts %v, exit code %d: %s", d.Host, d.Address, d.Service.Facts, r.code, r.errs)
	}
	// The resolver of the machine serves as well.
	l.LAN.WriteFile(t, "/etc/resolv.conf", "nameserver "+resolver+"\n")
	r = sekisho(t, l.LAN, root, "test", "smtp", "home.example", "--relay=false", "-4", "--authorized", "--lang", "ja")
	if !strings.Contains(r.out, "10 home.home.example") || r.code != 0 {
		t.Errorf("exit code %d\n%s%s", r.code, r.out, r.errs)
	}
	for _, c := range [][2]string{{"x", `--resolver "x": write the address of a DNS server`}, {"192.168.77.99", `the DNS server "192.168.77.99" tells nothing of "home.example"`}} {
		r = sekisho(t, l.LAN, root, "test", "smtp", "home.example", "--resolver", c[0], "--authorized")
		if r.code != 2 || !strings.Contains(r.errs, c[1]) {
			t.Errorf("--resolver %s: exit code %d, %s", c[0], r.code, r.errs)
		}
	}
}

// TestMailboxesAreJudged holds what is said of mailboxes that take passwords in
// the clear and of those that do not, by another PC and by the server itself.
func TestMailboxesAreJudged(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	cleartext := func(who *lab.Host, args ...string) (list []string) {
		t.Helper()
		report := decode[exposure.Report](t, sekisho(t, who, root, append([]string{"check", "-f", "json", "--authorized"}, args...)...))
		for _, p := range report.Hosts[0].Ports {
			for _, f := range p.Findings {
				if f.Rule == "cleartext-login" {
					list = append(list, f.Severity.String()+" "+p.Name)
				}
			}
		}
		return list
	}
	s := h.StartDovecot(t, lab.Dovecot{})
	if got := cleartext(l.LAN, h.V4.String(), "-p", "110,143,993,995"); got != nil {
		t.Errorf("Dovecot that wants TLS: %q", got)
	}
	if got := cleartext(h, "-p", "110,143,993,995"); !slices.Equal(got, []string{"info pop3", "info imap"}) {
		t.Errorf("Dovecot that trusts itself: %q", got)
	}
	s.Stop()
	h.StartDovecot(t, lab.Dovecot{Plain: true})
	if got := cleartext(l.LAN, h.V4.String(), "-p", "110,143"); !slices.Equal(got, []string{"medium pop3", "medium imap"}) {
		t.Errorf("Dovecot without TLS: %q", got)
	}
}
