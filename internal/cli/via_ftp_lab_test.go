//go:build linux && lab

package cli_test

import (
	"slices"
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// TestVantagesTestFTP: the table of FTP has the vantage's view beside those from
// inside, and a login goes to a vantage only when the user says so, and never in
// the clear over the Internet.
func TestVantagesTestFTP(t *testing.T) {
	l := lab.New(t)
	l.Home.WriteFile(t, "/srv/kaisha/list.txt", "a list\n")
	l.Home.WriteFile(t, "/srv/users", "kaisha:$6$saltsalt$1Ow1N1lMu5MSWd7U26oAl3WVEb/OlwP92YyLNoYnDEuHBK3F9ihboOwZCK.mdxpOAXaD8PgIGyKhzzhvpcW021:0:0::/srv/kaisha:/bin/sh\n")
	l.Home.Run(t, "chmod", "600", "/srv/users")
	l.Home.StartProFTPD(t, lab.ProFTPD{Config: "PassivePorts 50000 50010\nRootLogin on\nAuthOrder mod_auth_file.c mod_auth_unix.c\nAuthUserFile /srv/users\n"})
	l.Forward(t, "tcp", 21, 21)
	rangeForwarded(t, l)
	vantageOf(t, l, l.Outside)
	serving(t, l.LAN, root, "--allow-private")
	l.Home.WriteFile(t, "/tmp/password", "himitsu\n")
	lan := "http://" + l.LAN.V4.String() + ":8080"
	login := []string{"--user", "kaisha", "--password-file", "/tmp/password", "--write"}
	for _, c := range []struct {
		name, url string
		arguments []string
		view      exposure.View // whose steps are in the table
		steps     []string
		line      string
	}{
		{"anonymous", viaURL, nil, exposure.ViewOutside, []string{"login", "epsv list", "epsv get", "port list", "port get"}, ""},
		{"a login that is kept", lan, login, "", nil, "--via-login hands it over"},
		{"a login in the clear", viaURL, append([]string{"--via-login"}, login...), "", nil, "ask a vantage by https://"},
		{"a login inside the network", lan, append([]string{"--via-login"}, login...), exposure.ViewLAN, []string{"login", "pasv list", "pasv get", "pasv put", "pasv delete", "port list", "port get", "port put", "port delete"}, ""},
	} {
		r := sekisho(t, l.Home, root, append([]string{"diagnose", "21", "-4", "--via", c.url, "-f", "json"}, c.arguments...)...)
		d := decode[exposure.Diagnosis](t, r)
		if len(d.Ports) != 1 {
			t.Fatalf("%s: %d ports: %s", c.name, len(d.Ports), r.errs)
		}
		done := map[string]exposure.StepResult{}
		for _, step := range d.Ports[0].Transfers {
			if step.View == exposure.ViewOutside || step.View == exposure.ViewLAN {
				done[string(step.View)+" "+strings.TrimSpace(step.Mode+" "+step.Step)] = step.Result
			}
		}
		for _, step := range c.steps {
			if done[string(c.view)+" "+step] != exposure.StepOK {
				t.Errorf("%s: %s is %s", c.name, step, done[string(c.view)+" "+step])
			}
		}
		if c.view == "" && len(done) > 0 || !strings.Contains(d.Vantages[0].Note, c.line) {
			t.Errorf("%s: %v, %+v", c.name, done, d.Vantages)
		}
		if told := r.out + r.errs; strings.Contains(told, "himitsu") {
			t.Errorf("%s: the password is told: %s", c.name, told)
		}
	}
	checkedFTP(t, l)
	page := sekisho(t, l.Home, root, "diagnose", "21", "-4", "--via", viaURL)
	if !strings.Contains(page.out, "Internet side") || !strings.Contains(page.out, "PASV") {
		t.Errorf("%s\n%s", page.out, page.errs)
	}
}

// checkedFTP holds that a check has the table of FTP too, of every view, and that the rules judge what those who look from outside get.
func checkedFTP(t *testing.T, l *lab.Lab) {
	t.Helper()
	r := sekisho(t, l.Home, root, "check", "-p", "21", "-4", "--via", viaURL, "-f", "json")
	port := portOf(decode[exposure.Report](t, r), exposure.TCP, 21)
	done := map[string]exposure.StepResult{}
	for _, s := range port.Transfers {
		done[string(s.View)+" "+strings.TrimSpace(s.Mode+" "+s.Step)] = s.Result
	}
	for step, want := range map[string]exposure.StepResult{
		"loopback login": exposure.StepOK, "self pasv list": exposure.StepOK, "self port get": exposure.StepOK, "outside login": exposure.StepOK,
		"outside epsv list": exposure.StepOK, "outside port get": exposure.StepOK, "loopback pasv put": exposure.StepUnknown,
	} {
		if done[step] != want {
			t.Errorf("%s is %s, want %s: %v\n%s", step, done[step], want, done, r.errs)
		}
	}
	for _, view := range []exposure.View{exposure.ViewSelf, exposure.ViewOutside} {
		if !slices.ContainsFunc(port.Services, func(s exposure.Service) bool {
			in, _ := s.Facts.Bool("logged_in")
			return s.View == view && in
		}) {
			t.Errorf("the rules are not told what logging in showed: %s", view)
		}
	}
}
