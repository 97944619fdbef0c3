//go:build linux && lab

package cli_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// TestConnectIsReallyThat tries the servers of a network as its programs would,
// over both families: the real ones, another one in the place of each, and none.
func TestConnectIsReallyThat(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	h.StartSquid(t, lab.Squid{Port: 3128, Allow: []string{"192.168.77.0/24", "2608:26:20:7::/64"}})
	h.StartSquid(t, lab.Squid{Port: 8080})
	h.StartDante(t, lab.Dante{Allow: []string{"192.168.77.0/24"}})
	h.StartPostfix(t, lab.Postfix{})
	h.StartDovecot(t, lab.Dovecot{})
	h.StartNnrpd(t, lab.Nnrpd{})
	h.StartNginx(t, lab.Nginx{})
	at := func(a netip.Addr, port int) string { return netip.AddrPortFrom(a, uint16(port)).String() }
	for name, c := range map[string]struct {
		args []string
		code int
		want []string
	}{
		"squid":          {[]string{"proxy", "--server", at(h.V4, 3128)}, 0, []string{"Internet Explorer Web Proxy (" + h.V4.String() + ")\n    IEProxyPort = 3128\n    IEProxy = " + h.V4.String() + "\n    Server appears to be running on port(s) [3128]\n", "It really is: http-proxy squid"}},
		"squid-v6":       {[]string{"proxy", "--server", "http://" + at(h.V6, 3128)}, 0, []string{"It really is: http-proxy squid"}},
		"squid-refusing": {[]string{"proxy", "--server", at(h.V4, 8080)}, 0, []string{"It really is: http-proxy squid"}},
		"dante":          {[]string{"proxy", "--server", "socks5://" + h.V4.String()}, 0, []string{"IEProxyPort = 1080", "It really is: socks"}},
		"web-server":     {[]string{"proxy", "--server", at(h.V4, 80)}, 0, []string{"port(s) [80]", "Something else answers", "nginx", "not http-proxy"}},
		"squid-as-socks": {[]string{"proxy", "--server", "socks5://" + at(h.V4, 3128)}, 0, []string{"Something else answers", "not socks"}},
		"no-proxy":       {[]string{"proxy", "--server", at(h.V4, 9)}, 1, []string{"port(s) [NONE]"}},
		"mail":           {[]string{"mail", "--pop", h.V4.String(), "--imap", h.V6.String(), "--smtp", h.V4.String()}, 0, []string{"InboundMailPort = 110", "It really is: pop3", "InboundMailPort = 143", "It really is: imap", "OutboundMailPort = 25", "It really is: smtp (STARTTLS) Postfix"}},
		"mail-tls":       {[]string{"mail", "--pop", at(h.V4, 995), "--imap", at(h.V4, 993)}, 0, []string{"port(s) [995]", "It really is: pop3", "port(s) [993]", "It really is: imap"}},
		"mail-crossed":   {[]string{"mail", "--pop", at(h.V4, 143), "--smtp", at(h.V4, 119)}, 0, []string{"not pop3", "nntp (STARTTLS) INN 2.7.1, not\n    smtp."}},
		"news":           {[]string{"news", "--nntp", h.V4.String()}, 0, []string{"News (" + h.V4.String() + ")", "NewsNNTPPort = 119", "It really is: nntp"}},
		"news-ja":        {[]string{"news", "--nntp", at(h.V6, 119), "--lang", "ja"}, 0, []string{"サーバは次のポートで実行中と思われます [119]", "nntp"}},
		"host":           {[]string{"host", h.V6.String(), "80"}, 0, []string{"IPHost (" + h.V6.String() + ")\n    IPHost = " + h.V6.String() + "\n    Port = 80\n    Server appears to be running on port(s) [80]\n", "nginx"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := sekisho(t, l.LAN, root, append(append([]string{"connect"}, c.args...), "--authorized")...)
			for _, want := range c.want {
				if !strings.Contains(r.out, want) {
					t.Errorf("no %q", want)
				}
			}
			if r.code != c.code || t.Failed() {
				t.Errorf("exit code %d, want %d: %s%s", r.code, c.code, r.out, r.errs)
			}
		})
	}
}

// TestInteractiveWithServers talks with real servers, before TLS and inside it.
func TestInteractiveWithServers(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	h.StartPostfix(t, lab.Postfix{})
	h.StartDovecot(t, lab.Dovecot{})
	h.StartVsftpd(t, lab.Vsftpd{TLS: true})
	h.StartSlapd(t, lab.Slapd{})
	h.StartNnrpd(t, lab.Nnrpd{})
	h.StartPostgreSQL(t, lab.PostgreSQL{TLS: true})
	h.StartTelnetd(t, lab.Telnetd{})
	h.StartNginx(t, lab.Nginx{})
	v4, v6 := h.V4.String(), h.V6.String()
	for name, c := range map[string]struct {
		args  []string
		types string
		want  []string
	}{
		"http":        {[]string{v6, "80"}, "HEAD / HTTP/1.0\n\n", []string{"> HEAD / HTTP/1.0\\r\\n", "< HTTP/1.1 200 OK\\r\\n", "< \\r\\n", "The peer closed the connection"}},
		"smtp":        {[]string{v4, "25"}, "EHLO me.example\nQUIT\n", []string{"< 220 ", "> EHLO me.example\\r\\n", "STARTTLS\\r\\n", "< 221 "}},
		"smtp-tls":    {[]string{"--starttls", v4, "25"}, "EHLO me.example\nQUIT\n", []string{"> STARTTLS\\r\\n", "* TLS 1.3, ", "* Certificate: ", "> EHLO me.example\\r\\n", "< 221 "}},
		"pop3":        {[]string{"--starttls", v4, "110"}, "CAPA\nQUIT\n", []string{"> STLS\\r\\n", "* TLS 1.3, ", "< +OK", "< SASL PLAIN"}},
		"pop3s":       {[]string{"--tls", v4, "995"}, "QUIT\n", []string{"* TLS 1.3, ", "< +OK"}},
		"imap":        {[]string{"--starttls", v4, "143"}, "a CAPABILITY\nb LOGOUT\n", []string{"> a1 STARTTLS\\r\\n", "* TLS 1.3, ", "< * CAPABILITY", "< b OK"}},
		"imaps-clear": {[]string{v4, "993", "--wait", "1s"}, "", []string{"Port 993 usually begins with TLS at once: --tls"}},
		"imaps":       {[]string{"--tls", v6, "993"}, "b LOGOUT\n", []string{"* TLS 1.3, ", "< * BYE", "< b OK"}},
		"ftp":         {[]string{"--starttls", v4, "21"}, "SYST\nQUIT\n", []string{"> AUTH TLS\\r\\n", "< 234 ", "* TLS 1.", "< 530 ", "< 221 "}},
		"nntp":        {[]string{v4, "119"}, "HELP\nQUIT\n", []string{"< 20", "< 100 ", "< 205 "}},
		"ldap":        {[]string{"--starttls", v4, "389", "--wait", "1s"}, "", []string{"1.3.6.1.4.1.1466.20037", "* TLS 1."}},
		"postgresql":  {[]string{"--starttls", v4, "5432", "--wait", "1s"}, "", []string{"< S", "* TLS 1.3, "}},
		"telnet":      {[]string{v4, "23", "--wait", "2s"}, "", []string{"< IAC DO ", "> IAC WONT ", "login: "}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			cmd := command(t, l.LAN, root, append([]string{"connect", "--interactive", "--authorized"}, c.args...)...)
			cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(c.types), &out, os.Stderr
			err := cmd.Run()
			said := out.String()
			if err != nil {
				t.Errorf("%v", err)
			}
			for _, want := range c.want {
				if !strings.Contains(said, want) {
					t.Errorf("no %q", want)
				}
			}
			if !strings.Contains(said, "ESTABLISHED  sekisho(") {
				t.Error("its own connection is not among the live ones")
			}
			if t.Failed() {
				t.Log(said)
			}
		})
	}
}

// TestInteractiveDocument holds the document of a conversation with Postfix
// inside TLS, with the certificate that it showed.
func TestInteractiveDocument(t *testing.T) {
	l := lab.New(t)
	l.Home.StartPostfix(t, lab.Postfix{})
	var out, errs bytes.Buffer
	cmd := command(t, l.LAN, root, "connect", "--interactive", "--starttls", l.Home.V4.String(), "25", "-f", "json")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader("EHLO me.example\nQUIT\n"), &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, errs.String())
	}
	d := decode[exposure.ConnectDocument](t, result{0, out.String(), errs.String()})
	talk := d.Dialogue
	if talk == nil || talk.Ended != "peer" || talk.TLS == nil || !talk.TLS.StartTLS || talk.TLS.Certificate == nil || talk.Remote != netip.AddrPortFrom(l.Home.V4, 25) {
		t.Fatalf("%+v", talk)
	}
	for _, want := range []string{"here EHLO sekisho.invalid\r\n", "here STARTTLS\r\n", "here EHLO me.example\r\n", "here QUIT\r\n", "peer 221 2.0.0 Bye\r\n"} {
		if !slices.ContainsFunc(talk.Lines, func(line exposure.DialogueLine) bool { return fmt.Sprintf("%s %s", line.From, line.Text.Raw()) == want }) {
			t.Errorf("no %q in %v", want, talk.Lines)
		}
	}
	if !slices.ContainsFunc(talk.Connections, func(k exposure.Connection) bool {
		return k.Local == talk.Local && k.Remote == talk.Remote && k.State == exposure.SocketEstablished
	}) {
		t.Errorf("its own connection is not in %+v", talk.Connections)
	}
}

// TestConnectProxyOfGNOME sets a proxy as GNOME's settings do, with GLib's own
// program, and has it found.
func TestConnectProxyOfGNOME(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	environment := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "XDG_CONFIG_HOME=" + home, "XDG_RUNTIME_DIR=" + home, "GSETTINGS_BACKEND=keyfile"}
	run := func(program string, args ...string) (string, int) {
		t.Helper()
		cmd := exec.Command(program, args[1:]...)
		cmd.Args, cmd.Env = args, environment
		out, err := cmd.CombinedOutput()
		var ended *exec.ExitError
		if err != nil && !errors.As(err, &ended) {
			t.Fatal(err)
		}
		return string(out), cmd.ProcessState.ExitCode()
	}
	set := func(group, key, value string) {
		t.Helper()
		if out, code := run("/usr/bin/gsettings", "gsettings", "set", "org.gnome.system.proxy"+group, key, value); code != 0 {
			t.Fatal(out)
		}
	}
	for _, c := range []struct {
		mode string
		code int
		want []string
	}{
		{"manual", 1, []string{"    IEProxyPort = 5\n    IEProxy = 127.0.0.1\n", "    IEProxyPort = 6\n    IEProxy = ::1\n", "Set by gnome.", "Past the proxy go, says gnome: localhost, 127.0.0.0/8, ::1"}},
		{"auto", 2, []string{"gnome names no proxy but a PAC file", "http://wpad.example/p.pac"}},
		{"none", 2, []string{"no proxy is set"}},
	} {
		set("", "mode", c.mode)
		set("", "autoconfig-url", "http://wpad.example/p.pac")
		set(".http", "host", "127.0.0.1")
		set(".http", "port", "5")
		set(".socks", "host", "::1")
		set(".socks", "port", "6")
		// The program is this one, by another name (see TestMain).
		out, code := run(exe, "sekisho", "connect", "proxy")
		for _, want := range c.want {
			if !strings.Contains(out, want) {
				t.Errorf("%s: no %q", c.mode, want)
			}
		}
		if code != c.code || t.Failed() {
			t.Errorf("%s: exit code %d: %s", c.mode, code, out)
		}
	}
}
