//go:build linux && lab

package cli_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// pageVisitor is a browser in a host, as far as forms need one. Everything that it
// was answered is kept.
type pageVisitor struct {
	*http.Client
	base  string
	heard strings.Builder
}

func newPageVisitor(t *testing.T, h *lab.Host, base string) *pageVisitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &pageVisitor{base: base, Client: &http.Client{Jar: jar, Timeout: 2 * time.Minute, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // of the lab's own making
		DialContext: func(ctx context.Context, network, address string) (conn net.Conn, err error) {
			err = h.Do(func() error {
				var d net.Dialer
				conn, err = d.DialContext(ctx, network, address)
				return err
			})
			return conn, err
		},
	}}}
}

func (v *pageVisitor) read(t *testing.T, answer *http.Response, err error) (int, string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	v.heard.Write(b)
	return answer.StatusCode, string(b)
}

func (v *pageVisitor) page(t *testing.T, path string) (int, string) {
	t.Helper()
	answer, err := v.Get(v.base + path)
	return v.read(t, answer, err)
}

var formToken = regexp.MustCompile(`name="token" value="([A-Z0-9]+)"`)

// send fills the form of a kind in and sends it.
func (v *pageVisitor) send(t *testing.T, kind string, form url.Values) (look string, status int, body string) {
	t.Helper()
	_, asked := v.page(t, "/check/"+kind)
	token := formToken.FindStringSubmatch(asked)
	if token == nil {
		t.Fatalf("no form: %s", asked)
	}
	form.Set("token", token[1])
	form.Set("consent", "yes")
	answer, err := v.PostForm(v.base+"/check/"+kind, form)
	status, body = v.read(t, answer, err)
	return answer.Request.URL.Path, status, body
}

// testedLook is what the tests of a look are in its document.
type testedLook struct {
	State   exposure.LookState
	Ended   exposure.JobEnd
	Verdict exposure.Outcome
	Tests   []struct {
		Test     exposure.JobTest
		State    exposure.State
		Service  *exposure.Service
		Steps    []exposure.Step
		Flow     []exposure.Flow
		Findings []exposure.Finding
	}
}

// watched follows a look to its end and returns its events and its document.
func (v *pageVisitor) watched(t *testing.T, look string) (events string, d testedLook) {
	t.Helper()
	_, events = v.page(t, look+"/events")
	for d.State != exposure.LookDone && d.State != exposure.LookInterrupted && t.Context().Err() == nil {
		_, body := v.page(t, look+"/result.json")
		d = testedLook{}
		if err := json.Unmarshal([]byte(body), &d); err != nil {
			t.Fatal(err)
		}
	}
	return events, d
}

// TestPagesOfFTPAndMail has a visitor behind the NAT router test their FTP servers
// and their mail server from outside by the pages, and looks for the password in
// all that came back, was written to the log and was kept.
func TestPagesOfFTPAndMail(t *testing.T) {
	l := lab.New(t)
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	const user, secret = "kaisha", "Kirin7-wa-tabi"
	l.Home.Run(t, "useradd", "--create-home", "--shell", "/bin/bash", user)
	l.Home.Run(t, "sh", "-c", "echo "+user+":"+secret+" | chpasswd && echo small > ~"+user+"/small.txt && chown -R "+user+" ~"+user)
	l.Home.StartVsftpd(t, lab.Vsftpd{Addr: l.Home.V4, TLS: true, Config: "write_enable=YES\nanonymous_enable=NO\nforce_local_logins_ssl=YES\nforce_local_data_ssl=YES\npasv_min_port=50000\npasv_max_port=50003\npasv_address=" + l.Router.V4.String()})
	l.Home.StartProFTPD(t, lab.ProFTPD{Port: 2121, Config: "PassivePorts 51000 51003\nMasqueradeAddress 192.168.77.250\n"})
	l.Home.StartPostfix(t, lab.Postfix{Config: "mynetworks = 0.0.0.0/0 [::]/0"}) // relays for everybody
	l.Home.StartDovecot(t, lab.Dovecot{})
	for _, p := range []uint16{21, 25, 2121, 143, 993, 50000, 50001, 50002, 50003} {
		l.Forward(t, "tcp", p, p)
	}
	pair(t, at("cert.pem"), at("key.pem"), "vantage.example")
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	start(t, l.Outside, "bash", "-c", `exec env SEKISHO_LANG=en "$@" 2> >(tee `+at("log")+` >&2)`, "bash", path, "serve", "--listen", ":8443", "--echo-ports", "none",
		"--tls-cert", at("cert.pem"), "--tls-key", at("key.pem"), "--database", at("store.db"))
	serving(t, l.Outside, root, "--listen", ":8080", "--database", at("plain.db"))
	v := newPageVisitor(t, l.Home, "https://"+l.Outside.V4.String()+":8443")
	modes := []string{"pasv", "epsv", "port", "eprt"}

	// With a login, inside TLS, with an upload.
	look, status, body := v.send(t, "ftp", url.Values{"host": {l.Router.V4.String()}, "port": {"21"}, "tls": {"require"}, "user": {user}, "password": {secret}, "modes": modes, "upload": {"yes"}})
	if status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	events, d := v.watched(t, look)
	if d.Verdict != exposure.Pass || len(d.Tests) != 1 || d.Tests[0].Service == nil || d.Tests[0].Service.Facts["logged_in"] != true {
		t.Fatalf("%+v\n%s", d, events)
	}
	results := map[string]exposure.StepResult{}
	for _, s := range d.Tests[0].Steps {
		results[s.ID] = s.Result
	}
	for _, m := range modes {
		for _, did := range []string{"list", "get", "put", "delete"} {
			if results["ftp-"+m+"-"+did] != exposure.StepOK {
				t.Errorf("%s %s: %v", m, did, results)
			}
		}
	}
	for _, f := range d.Tests[0].Flow {
		for _, end := range []exposure.Flow{f, {From: f.To, To: f.From}} {
			if a := end.From.Addr(); a != l.Router.V4 && a != l.Outside.V4 {
				t.Errorf("data goes to %s", a)
			}
		}
	}
	if !strings.Contains(events, `"name":"PASV: list of files"`) || !strings.Contains(events, `"at":"s0-0"`) {
		t.Errorf("the dialogue is not live: %s", events)
	}
	_, page := v.page(t, look)
	for _, word := range []string{"Data gets through by: PASV, EPSV, PORT, EPRT.", "your test file is still public", "The way of the data", "Passed:", "remove it now"} {
		if !strings.Contains(page, word) {
			t.Errorf("the page lacks %q: %s", word, page)
		}
	}

	// Another server, anonymous, of which PASV tells an address inside.
	look, _, _ = v.send(t, "ftp", url.Values{"port": {"2121"}, "tls": {"auto"}, "modes": {"pasv", "port"}})
	_, d = v.watched(t, look)
	found := map[string]bool{}
	for _, f := range d.Tests[0].Findings {
		found[f.Rule] = len(f.Remedy) > 0
	}
	if d.Verdict != exposure.Fail || !found["ftp-passive-address"] || d.Tests[0].Service.Product.Raw() != "ProFTPD" {
		t.Errorf("%+v", d)
	}
	if _, page := v.page(t, look); !strings.Contains(page, "Data gets through by: PORT") || !strings.Contains(page, "Anybody could download") || !strings.Contains(page, "MasqueradeAddress") {
		t.Errorf("%s", page)
	}

	// Nothing there.
	look, _, _ = v.send(t, "ftp", url.Values{"port": {"2122"}, "modes": modes})
	if _, d = v.watched(t, look); d.Verdict != exposure.Fail || len(d.Tests[0].Steps) != 0 {
		t.Errorf("%+v", d)
	}

	// Mail, with an open relay.
	form := url.Values{"relay": {"yes"}}
	for _, p := range []int{25, 465, 587, 110, 143, 993, 995} {
		form.Add("ports", strconv.Itoa(p))
	}
	look, _, _ = v.send(t, "mail", form)
	_, d = v.watched(t, look)
	open, relay := 0, false
	for _, test := range d.Tests {
		if test.State == exposure.Open {
			open++
			if test.Service == nil || test.Service.Protocol == "" {
				t.Errorf("%d: %+v", test.Test.Port, test)
			}
		} else if len(test.Steps) > 0 {
			t.Errorf("%d is %s and was talked to", test.Test.Port, test.State)
		}
		for _, f := range test.Findings {
			relay = relay || f.Rule == "smtp-open-relay" && len(f.Remedy) > 0
		}
	}
	if len(d.Tests) != 7 || open != 3 || !relay || d.Verdict != exposure.Fail {
		t.Errorf("%d open, relay found %v, %+v", open, relay, d)
	}

	// In the clear there is no field for a password, and none is taken.
	bare := newPageVisitor(t, l.Home, "http://"+l.Outside.V4.String()+":8080")
	if _, page := bare.page(t, "/check/ftp"); strings.Contains(page, `type="password"`) || !strings.Contains(page, "over HTTPS") {
		t.Errorf("%s", page)
	}
	if look, status, page := bare.send(t, "ftp", url.Values{"user": {user}, "password": {secret}, "modes": modes}); status != 403 || look != "/check/ftp" || !strings.Contains(page, "anybody could have read them") {
		t.Errorf("%d %s %s", status, look, page)
	}

	for _, name := range []string{"report.txt", "forum.txt"} {
		v.page(t, look+"/"+name)
	}
	for _, name := range []string{"log", "store.db", "store.db-wal", "plain.db", "plain.db-wal"} {
		b, err := os.ReadFile(at(name))
		if err != nil && !strings.HasSuffix(name, "-wal") {
			t.Fatal(err)
		}
		v.heard.Write(b)
	}
	if heard := v.heard.String() + bare.heard.String(); strings.Contains(heard, secret) {
		i := strings.Index(heard, secret)
		t.Errorf("the password is told: %q", heard[max(0, i-200):i+40])
	}
}
