package probe

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
)

// TestIdentify looks at a port whose server behaves the same on every
// connection, whatever the number of the port promises.
func TestIdentify(t *testing.T) {
	cases := []struct {
		name       string
		port       uint16
		server     string // one directive a line
		protocol   string
		product    string
		confidence exposure.Confidence
		fails      string
		silence    exposure.Silence
	}{
		{name: "ssh-on-80", port: 80, server: `S: SSH-2.0-OpenSSH_9.2p1\r\n` + "\n...", protocol: "ssh", product: "OpenSSH", confidence: exposure.Likely, fails: "ssh: read KEXINIT: i/o timeout"},
		{name: "smtp-on-21", port: 21, server: `S: 220 mail.example.org ESMTP Postfix\r\n` + "\nC?\n" + `S: 250 mail.example.org\r\n`, protocol: "smtp", product: "Postfix", confidence: exposure.Confirmed},
		{name: "ftp-on-25", port: 25, server: `S: 220 (vsFTPd 3.0.3)\r\n` + "\nC?\n" + `S: 500 what?\r\n`, protocol: "ftp", product: "vsftpd", confidence: exposure.Confirmed, fails: "ftp: SYST: peer closed the connection"},
		{name: "ftp-without-a-name-on-25", port: 25, server: `S: 220 Ready.\r\n` + "\nC?\n" + `S: 211-Features:\r\n AUTH TLS\r\n211 End\r\n`, protocol: "ftp", confidence: exposure.Confirmed, fails: "ftp: SYST: peer closed the connection"},
		{name: "http-on-22", port: 22, server: "C?\n" + `S: HTTP/1.1 400 Bad Request\r\nServer: nginx/1.22.1\r\nContent-Length: 0\r\n\r\n`, protocol: "http", product: "nginx", confidence: exposure.Confirmed},
		{name: "http-on-443", port: 443, server: "C?\n" + `S: HTTP/1.1 400 Bad Request\r\nServer: nginx/1.22.1\r\nContent-Length: 0\r\n\r\n`, protocol: "http", product: "nginx", confidence: exposure.Confirmed},
		{name: "tls-on-21", port: 21, server: "T: http/1.1\nC?\n" + `S: HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nContent-Length: 0\r\n\r\n`, protocol: "http", product: "nginx", confidence: exposure.Confirmed},
		{name: "tls-on-unknown-port", port: 12345, server: "T:\n" + `S: * OK Dovecot (Debian) ready.\r\n` + "\nC?\n" + `S: * CAPABILITY IMAP4rev1\r\ns1 OK\r\n` + "\n...", protocol: "imap", product: "Dovecot", confidence: exposure.Confirmed},
		{name: "pop3-on-unknown-port", port: 12345, server: `S: +OK Dovecot (Debian) ready.\r\n` + "\nC?\n" + `S: +OK\r\nUSER\r\n.\r\n` + "\n...", protocol: "pop3", product: "Dovecot", confidence: exposure.Confirmed},
		{name: "nntp-without-a-name-on-unknown-port", port: 12345, server: `S: 200 ready\r\n` + "\nC?\n" + `S: 101 list\r\nREADER\r\n.\r\n` + "\nC?\n" + `S: 480 log in\r\n` + "\n...", protocol: "nntp", confidence: exposure.Confirmed},
		{name: "smtps-on-unknown-port", port: 12345, server: "T:\n" + `S: 220 mail.example.org ESMTP Exim 4.96\r\n` + "\nC?\n" + `S: 250 mail.example.org\r\n`, protocol: "smtp", product: "Exim", confidence: exposure.Confirmed},
		{name: "telnet-on-2525", port: 2525, server: `S: \xff\xfd\x18\r\nlogin: ` + "\n...", protocol: "telnet", confidence: exposure.Confirmed},
		{name: "slow-greeting", port: 12345, server: "+ 3s\n" + `S: 220 mail.example.org ESMTP Postfix\r\n` + "\nC?\n" + `S: 250 mail.example.org\r\n`, protocol: "smtp", product: "Postfix", confidence: exposure.Confirmed},
		{name: "silent", port: 22, server: "...", confidence: exposure.Assigned, fails: "accepted the connection and said nothing in 5s", silence: exposure.Mute},
		{name: "silent-on-80", port: 80, server: "...", confidence: exposure.Assigned, fails: "accepted the connection and said nothing in 5s", silence: exposure.Mute},
		{name: "closes", port: 22, server: "+ 1ms", confidence: exposure.Assigned, fails: "accepted the connection and closed it without a word", silence: exposure.HangsUp},
		{name: "resets", port: 22, server: "RST", confidence: exposure.Assigned, fails: "accepted the connection and reset it without a word", silence: exposure.Resets},
		{name: "unknown-greeting", port: 22, server: `S: hello\r\n` + "\n...", confidence: exposure.Likely},
		{name: "trickle", port: 22, server: `S1 hello there, this is slow\r\n`, confidence: exposure.Likely, fails: "banner: read greeting: i/o timeout"},
		{name: "endless", port: 22, server: `S* AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA`, confidence: exposure.Likely, fails: "banner: read greeting: peer sent a line of more than 1024 bytes"},
		{name: "complains", port: 12345, server: "C?\n" + `S: -ERR unknown command\r\n`, confidence: exposure.Likely},
		{name: "closes-when-asked", port: 12345, server: "C?", confidence: exposure.Assigned, fails: "accepted the connection and said nothing in 5s", silence: exposure.Mute},
		{name: "refuses", port: 22, server: "", confidence: exposure.Assigned, fails: "connect: connection refused"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				svc := identifyPlayed(t, c.port, c.server)
				if svc.Protocol != c.protocol || svc.Product.String() != c.product || svc.Confidence != c.confidence || svc.Error != c.fails || svc.Silence != c.silence {
					t.Errorf("found %q %q %v, silence %q, error %q; want %q %q %v, silence %q, error %q", svc.Protocol, svc.Product, svc.Confidence, svc.Silence, svc.Error, c.protocol, c.product, c.confidence, c.silence, c.fails)
				}
			})
		})
	}
}

// identifyPlayed identifies a port at which every connection plays the lines.
func identifyPlayed(t *testing.T, port uint16, server string) exposure.Service {
	t.Helper()
	var script []directive
	for line := range strings.Lines(server) {
		d, err := readDirective(strings.TrimSuffix(line, "\n"))
		if err != nil {
			t.Fatal(err)
		}
		script = append(script, d)
	}
	end := time.Now().Add(DefaultTimeout)
	ctx, cancel := context.WithDeadline(t.Context(), end)
	defer cancel()
	p := &player{t: t, end: end, always: script}
	svc := identify(ctx, p.peer(exposure.TCP, netip.AddrPortFrom(netip.MustParseAddr("192.0.2.7"), port), ""), exposure.TCP, DefaultTimeout)
	cancel()
	p.servers.Wait()
	return svc
}

func TestHostName(t *testing.T) {
	for name, want := range map[string]string{
		"":                        "",
		"home.example":            "home.example",
		"HOME.example.":           "home.example",
		"my_nas.local":            "my_nas.local",
		"日本.example":              "xn--wgv71a.example",
		"192.0.2.7":               "192.0.2.7",
		"fe80::1%eth0":            "fe80::1",
		"a b":                     "",
		"x\r\nCookie: y":          "",
		"x/../y":                  "",
		"a@b":                     "",
		strings.Repeat("a.", 200): "",
	} {
		if got := hostName(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestAuthority(t *testing.T) {
	for _, c := range []struct{ at, name, want string }{
		{"192.0.2.7:80", "", "192.0.2.7"},
		{"192.0.2.7:8080", "", "192.0.2.7:8080"},
		{"[2001:db8::7]:80", "", "[2001:db8::7]"},
		{"[fe80::7%eth0]:8080", "", "[fe80::7]:8080"},
		{"192.0.2.7:8080", "home.example", "home.example:8080"},
		{"192.0.2.7:80", "2001:db8::7", "[2001:db8::7]"},
	} {
		s := &Session{peer: &peer{at: netip.MustParseAddrPort(c.at), name: c.name}}
		if got := s.Authority(80); got != c.want {
			t.Errorf("%s %s: %q, want %q", c.at, c.name, got, c.want)
		}
	}
}

// TestScarcity has a machine that is out of descriptors for a while: the probe
// waits, and when they do not come back it says whose fault it is.
func TestScarcity(t *testing.T) {
	for name, c := range map[string]struct {
		free  time.Duration
		fails string
	}{
		"comes-back": {free: time.Second, fails: ""},
		"stays":      {free: time.Hour, fails: "connect: too many open files"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				end := time.Now().Add(DefaultTimeout)
				ctx, cancel := context.WithDeadline(t.Context(), end)
				defer cancel()
				p := &player{t: t, end: end, always: []directive{{"S:", "RFB 003.008\n"}, {"C?", ""}, {"S:", "\x01\x02"}}}
				host := p.peer(exposure.TCP, netip.MustParseAddrPort("192.0.2.7:22"), "")
				free := time.Now().Add(c.free)
				host.dial = func(ctx context.Context, transport exposure.Transport, to netip.AddrPort) (net.Conn, error) {
					if time.Now().Before(free) {
						return nil, &netio.Error{Op: "dial", Target: to, Reason: exposure.LocalError, Err: syscall.EMFILE}
					}
					return p.dial(ctx, transport, to)
				}
				svc := identify(ctx, host, exposure.TCP, DefaultTimeout)
				p.servers.Wait()
				if svc.Error != c.fails || (c.fails == "") != (svc.Protocol == "vnc") {
					t.Errorf("found %+v", svc)
				}
			})
		})
	}
}

// TestCancelledHunt holds that who asks can stop asking, and that no word about
// the peer comes of it.
func TestCancelledHunt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		end := time.Now().Add(DefaultTimeout)
		ctx, cancel := context.WithDeadline(t.Context(), end)
		p := &player{t: t, end: end, always: []directive{{"...", ""}}}
		begun := time.Now()
		time.AfterFunc(time.Second, cancel)
		svc := identify(ctx, p.peer(exposure.TCP, netip.MustParseAddrPort("192.0.2.7:22"), ""), exposure.TCP, DefaultTimeout)
		p.servers.Wait()
		if svc.Confidence != exposure.Assigned || !strings.Contains(svc.Error, "context canceled") || time.Since(begun) > time.Second+grace {
			t.Errorf("after %v: %+v", time.Since(begun), svc)
		}
	})
}

// TestResetBeforeTheDialIsOver: a reset may come before the connection that it
// ends was noticed, and is a reset all the same.
func TestResetBeforeTheDialIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		end := time.Now().Add(DefaultTimeout)
		ctx, cancel := context.WithDeadline(t.Context(), end)
		defer cancel()
		p := &player{t: t, end: end}
		host := p.peer(exposure.TCP, netip.MustParseAddrPort("192.0.2.7:22"), "")
		host.dial = func(_ context.Context, _ exposure.Transport, to netip.AddrPort) (net.Conn, error) {
			return nil, &netio.Error{Op: "dial", Target: to, Reason: exposure.Reset, Err: syscall.ECONNRESET}
		}
		if svc := identify(ctx, host, exposure.TCP, DefaultTimeout); svc.Silence != exposure.Resets {
			t.Errorf("found %+v", svc)
		}
	})
}
