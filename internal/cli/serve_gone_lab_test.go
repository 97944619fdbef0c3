//go:build linux && lab

package cli_test

import (
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// hanging is a server that never comes to the point: it counts who is connected, and
// for how long the longest that has gone was.
type hanging struct {
	now, all, longest atomic.Int64
}

// peer greets, if there is a greeting, and then says nothing until the client is gone.
func (h *hanging) peer(greeting string) lab.Peer {
	return func(_ context.Context, c net.Conn) {
		began := time.Now()
		h.all.Add(1)
		h.now.Add(1)
		_, _ = io.WriteString(c, greeting)
		_, _ = io.Copy(io.Discard, c)
		for lasted := int64(time.Since(began)); ; {
			if old := h.longest.Load(); lasted <= old || h.longest.CompareAndSwap(old, lasted) {
				break
			}
		}
		h.now.Add(-1)
	}
}

// TestTestsStopWithTheVisitor: a test of mail servers that hang takes minutes. It ends
// with the heartbeat of its visitor, and at once by the button and by an opt-out;
// nobody is connected to any more then.
func TestTestsStopWithTheVisitor(t *testing.T) {
	l := lab.New(t)
	var mail, ftp hanging
	for _, p := range []uint16{25, 110, 143, 465, 587, 993, 995} {
		l.Forward(t, "tcp", p, p)
		lab.Serve(t, l.Home.Listen(t, "tcp", ":"+strconv.Itoa(int(p))), mail.peer(""))
	}
	l.Forward(t, "tcp", 21, 21)
	lab.Serve(t, l.Home.Listen(t, "tcp", ":21"), ftp.peer("220-wait\r\n"))
	list := filepath.Join(t.TempDir(), "opt-out")
	write := func(text string) {
		if err := os.WriteFile(list, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("# none\n")
	serving(t, l.Outside, root, "--opt-out", list)
	v := newPageVisitor(t, l.Home, "http://"+l.Outside.V4.String()+":8080")
	over := func(look string, want exposure.JobEnd) {
		t.Helper()
		_, d := v.watched(t, look) // which is no heartbeat
		if d.State != exposure.LookInterrupted || d.Ended != want {
			t.Errorf("the look is %s by %q, want %q", d.State, d.Ended, want)
		}
		for _, test := range d.Tests {
			if test.Service != nil {
				t.Errorf("a test that was stopped has a result: %+v", test)
			}
		}
		waitFor(t, func() bool { return mail.now.Load()+ftp.now.Load() == 0 })
	}
	ftpTest := func() string {
		t.Helper()
		before := ftp.all.Load()
		look, status, body := v.send(t, "ftp", url.Values{"port": {"21"}, "modes": {"pasv", "port"}})
		if status != 200 {
			t.Fatalf("%d %s", status, body)
		}
		waitFor(t, func() bool { return ftp.now.Load() > 0 && ftp.all.Load() > before })
		return look
	}

	look := ftpTest()
	answer, err := v.PostForm(v.base+look+"/stop", url.Values{})
	if status, body := v.read(t, answer, err); status != 200 {
		t.Errorf("stop: %d %s", status, body)
	}
	over(look, exposure.EndStopped)

	look = ftpTest()
	write(l.Router.V4.String() + "\n")
	over(look, exposure.EndRefused)
	write("# none\n")
	waitFor(t, func() bool {
		var who exposure.Whoami
		askAPI(t, v.Client, "GET", v.base+"/api/v1/whoami", "", &who)
		return who.Refused == ""
	})
	// A test that nobody stops has all of its thirty seconds.
	if longest := time.Duration(ftp.longest.Load()); longest > 25*time.Second {
		t.Errorf("the server was held for %s after it was to be left alone", longest)
	}

	form := url.Values{}
	for _, p := range []string{"25", "110", "143", "465", "587", "993", "995"} {
		form.Add("ports", p)
	}
	look, status, body := v.send(t, "mail", form)
	if status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	v.CloseIdleConnections()
	waitFor(t, func() bool {
		_, text := v.page(t, look+"/result.json")
		return strings.Contains(text, `"state": "interrupted"`)
	})
	begun := 0
	_, d := v.watched(t, look)
	for _, test := range d.Tests {
		if len(test.Steps) > 0 || test.Service != nil {
			begun++
		}
	}
	if d.Ended != exposure.EndHeartbeat || begun > 2 {
		t.Errorf("the visitor is gone: ended by %q, after %d tests", d.Ended, begun)
	}
	connected := mail.all.Load()
	waitFor(t, func() bool { return mail.now.Load() == 0 })
	if mail.all.Load() != connected {
		t.Error("somebody was connected to after the end")
	}
}

// TestPasswordsAreNotInTheQueue has a vantage behind a NATS server of others test an
// FTP server with a login, and looks for the password in everything that passed that
// server: it goes once, to the vantage that asks for it, and is in no queue, on no
// disk and in no log.
func TestPasswordsAreNotInTheQueue(t *testing.T) {
	l := lab.New(t)
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	const user, secret = "kaisha", "Kirin7-wa-tabi"
	l.Home.Run(t, "useradd", "--create-home", "--shell", "/bin/bash", user)
	l.Home.Run(t, "sh", "-c", "echo "+user+":"+secret+" | chpasswd && echo small > ~"+user+"/small.txt && chown -R "+user+" ~"+user)
	l.Home.StartVsftpd(t, lab.Vsftpd{Addr: l.Home.V4, Config: "anonymous_enable=NO\npasv_min_port=50000\npasv_max_port=50003\npasv_address=" + l.Router.V4.String()})
	for _, p := range []uint16{21, 50000, 50001, 50002, 50003} {
		l.Forward(t, "tcp", p, p)
	}
	pair(t, at("cert.pem"), at("key.pem"), "vantage.example")
	stop := raised(t, l.Outside, "Server is ready", "sh", "-c", `exec nats-server -a 127.0.0.1 -js -sd "$1" -DV 2>&1 | tee "$2" >&2`, "sh", at("nats"), at("trace"))
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	start(t, l.Outside, "bash", "-c", `exec env SEKISHO_LANG=en "$@" 2> >(tee `+at("log")+` >&2)`, "bash", path, "serve", "--listen", ":8443", "--echo-ports", "none",
		"--tls-cert", at("cert.pem"), "--tls-key", at("key.pem"), "--database", at("store.db"), "--nats-url", "nats://127.0.0.1:4222")
	v := newPageVisitor(t, l.Home, "https://"+l.Outside.V4.String()+":8443")
	look, status, body := v.send(t, "ftp", url.Values{"port": {"21"}, "user": {user}, "password": {secret}, "modes": {"pasv"}})
	if status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	if _, d := v.watched(t, look); len(d.Tests) != 1 || d.Tests[0].Service == nil || d.Tests[0].Service.Facts["logged_in"] != true {
		t.Fatalf("%+v", d)
	}
	stop()
	trace, err := os.ReadFile(at("trace"))
	if err != nil {
		t.Fatal(err)
	}
	// The trace has each message as it came and as it went, its subject a line before.
	asked, subject, passed := false, "", 0
	for line := range strings.Lines(string(trace)) {
		asked = asked || strings.Contains(line, "sekisho.work.")
		for _, verb := range []string{"[PUB ", "[HPUB ", "[MSG ", "[HMSG "} {
			if _, rest, found := strings.Cut(line, verb); found {
				subject, _, _ = strings.Cut(rest, " ")
			}
		}
		if strings.Contains(line, secret) {
			passed++
			if !strings.HasPrefix(subject, "_INBOX.") {
				t.Errorf("the password passes by %s", subject)
			}
		}
	}
	if !asked || passed == 0 {
		t.Errorf("the trace tells of no job, or of no login: %d lines with it", passed)
	}
	err = filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() || name == at("trace") {
			return err
		}
		b, err := os.ReadFile(name)
		if strings.Contains(string(b), secret) {
			t.Errorf("%s holds the password", name)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if strings.Contains(v.heard.String(), secret) {
		t.Error("a page holds the password")
	}
	consentIsOnRecord(t, at("log"), strings.TrimPrefix(look, "/look/"), l.Router.V4.String())
}

// consentIsOnRecord reads the log of serve, which is JSON after its first line: when
// who agreed to what, in which words.
func consentIsOnRecord(t *testing.T, path, id, address string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "Answering at ") {
			continue
		}
		var entry struct {
			Time                                    time.Time
			Level, Msg, ID, Address, Consent, Scope string
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil || entry.Time.IsZero() || entry.Level == "" {
			t.Errorf("%v: no line of a log: %s", err, line)
		}
		found = found || entry.Msg == "job" && entry.ID == id && entry.Address == address && strings.Contains(entry.Consent, address) && strings.Contains(entry.Scope, "ftp 21")
	}
	if !found {
		t.Errorf("the consent is not on record: %s", text)
	}
}
