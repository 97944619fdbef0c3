//go:build linux && lab

package lab_test

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"sekisho/internal/lab"
)

// login is what a TELNET server asks for after it has been refused everything else.
const login = "login: "

// talk dials from a host, says something and returns what comes back up to a
// text that it waits for.
func talk(h *lab.Host, network string, to netip.AddrPort, secure *tls.Config, say, until string) (string, error) {
	var got []byte
	err := h.Do(func() error {
		c, err := net.DialTimeout(network, to.String(), patience)
		if err != nil {
			return err
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(2 * patience))
		if secure != nil {
			c = tls.Client(c, secure)
		}
		if _, err := io.WriteString(c, say); err != nil {
			return err
		}
		for buf := make([]byte, 4096); !bytes.Contains(got, []byte(until)); {
			n, err := c.Read(buf)
			got = append(got, buf[:n]...)
			if until == login {
				c.Write(refuse(buf[:n]))
			}
			if err != nil && !bytes.Contains(got, []byte(until)) {
				return err
			}
		}
		return nil
	})
	return string(got), err
}

// refuse answers what TELNET asks to negotiate: no, whatever it is (RFC 854).
func refuse(said []byte) (answers []byte) {
	const iac, will, wont, do, dont = 255, 251, 252, 253, 254
	for i := 0; i+2 < len(said); i++ {
		if said[i] == iac && said[i+1] == do {
			answers = append(answers, iac, wont, said[i+2])
		}
		if said[i] == iac && said[i+1] == will {
			answers = append(answers, iac, dont, said[i+2])
		}
	}
	return answers
}

// askHome is a DNS question for the address of home.example (RFC 1035 section
// 4.1), with its length before it when it goes over TCP.
func askHome(overTCP bool) string {
	m := []byte("\x5e\x19\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04home\x07example\x00\x00\x01\x00\x01")
	if overTCP {
		m = append(binary.BigEndian.AppendUint16(nil, uint16(len(m))), m...)
	}
	return string(m)
}

// TestServersGreet starts every server at home and hears it from the second
// PC, over both families: first as it comes, then on another port and on one
// address only.
func TestServersGreet(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	insecure := &tls.Config{InsecureSkipVerify: true}
	answer := string(l.Home.V4.AsSlice())
	type contact struct {
		network    string
		port       uint16
		secure     *tls.Config
		say, until string
	}
	for _, tc := range []struct {
		name  string
		start func(port uint16, addr netip.Addr) *lab.Server
		at    func(port uint16) []contact
	}{
		{"vsftpd", func(p uint16, a netip.Addr) *lab.Server { return h.StartVsftpd(t, lab.Vsftpd{Port: p, Addr: a}) }, func(p uint16) []contact {
			return []contact{
				{"tcp", p, nil, "", "220 (vsFTPd "},
				{"tcp", p, nil, "USER anonymous\r\nPASS lab@\r\nSIZE welcome.txt\r\n", "213 20\r\n"},
			}
		}},
		{"sshd", func(p uint16, a netip.Addr) *lab.Server { return h.StartSshd(t, lab.Sshd{Port: p, Addr: a}) }, func(p uint16) []contact {
			// The list of host key algorithms stands in the second message.
			return []contact{{"tcp", p, nil, "SSH-2.0-lab\r\n", "ssh-ed25519,ecdsa-sha2-nistp256,rsa-sha2-512,rsa-sha2-256\x00"}}
		}},
		{"nginx", func(p uint16, a netip.Addr) *lab.Server {
			o := lab.Nginx{Port: p, Addr: a}
			if p != 0 {
				o.TLSPort = p + 363
			}
			return h.StartNginx(t, o)
		}, func(p uint16) []contact {
			const get = "GET / HTTP/1.1\r\nHost: home.example\r\n\r\n"
			return []contact{{"tcp", p, nil, get, "<h1>Lab</h1>"}, {"tcp", p + 363, insecure, get, "<h1>Lab</h1>"}}
		}},
		{"apache", func(p uint16, a netip.Addr) *lab.Server {
			o := lab.Apache{Port: p, Addr: a}
			if p != 0 {
				o.TLSPort = p + 363
			}
			return h.StartApache(t, o)
		}, func(p uint16) []contact {
			const get = "GET / HTTP/1.1\r\nHost: home.example\r\n\r\n"
			return []contact{{"tcp", p, nil, get, "<h1>Lab</h1>"}, {"tcp", p + 363, insecure, get, "<h1>Lab</h1>"}}
		}},
		{"dropbear", func(p uint16, a netip.Addr) *lab.Server { return h.StartDropbear(t, lab.Dropbear{Port: p, Addr: a}) }, func(p uint16) []contact {
			return []contact{{"tcp", p, nil, "SSH-2.0-lab\r\n", "ssh-ed25519,"}}
		}},
		{"squid", func(p uint16, a netip.Addr) *lab.Server { return h.StartSquid(t, lab.Squid{Port: p, Addr: a}) }, func(p uint16) []contact {
			return []contact{{"tcp", p, nil, "GET http://home.example/ HTTP/1.1\r\nHost: home.example\r\n\r\n", "ERR_ACCESS_DENIED"}}
		}},
		{"danted", func(p uint16, a netip.Addr) *lab.Server { return h.StartDante(t, lab.Dante{Port: p, Addr: a}) }, func(p uint16) []contact {
			return []contact{{"tcp", p, nil, "\x05\x01\x00", "\x05\x00"}}
		}},
		{"microsocks", func(p uint16, a netip.Addr) *lab.Server {
			return h.StartMicrosocks(t, lab.Microsocks{Port: p, Addr: a, User: "me", Password: "secret"})
		}, func(p uint16) []contact {
			return []contact{{"tcp", p, nil, "\x05\x01\x02", "\x05\x02"}}
		}},
		{"postfix", func(p uint16, a netip.Addr) *lab.Server { return h.StartPostfix(t, lab.Postfix{Port: p, Addr: a}) }, func(p uint16) []contact {
			return []contact{{"tcp", p, nil, "EHLO lan.example\r\n", "250-STARTTLS\r\n"}}
		}},
		{"opensmtpd", func(p uint16, a netip.Addr) *lab.Server {
			return h.StartOpenSMTPD(t, lab.OpenSMTPD{Port: p, Addr: a})
		}, func(p uint16) []contact {
			return []contact{{"tcp", p, nil, "EHLO lan.example\r\n", "250-STARTTLS\r\n"}}
		}},
		{"dovecot", func(p uint16, a netip.Addr) *lab.Server {
			o := lab.Dovecot{IMAP: p, Addr: a}
			if p != 0 {
				o.IMAPS, o.POP3, o.POP3S = p+850, p+100, p+852
			}
			return h.StartDovecot(t, o)
		}, func(p uint16) []contact {
			if p == 143 {
				return []contact{
					{"tcp", 143, nil, "", "LOGINDISABLED] Dovecot (Debian) ready.\r\n"},
					{"tcp", 110, nil, "", "+OK Dovecot"},
					{"tcp", 993, insecure, "", "AUTH=PLAIN]"},
					{"tcp", 995, insecure, "CAPA\r\n", "SASL PLAIN\r\n"},
				}
			}
			return []contact{{"tcp", p, nil, "", "* OK"}, {"tcp", p + 850, insecure, "", "* OK"}, {"tcp", p + 100, nil, "", "+OK"}, {"tcp", p + 852, insecure, "", "+OK"}}
		}},
		{"inn", func(p uint16, a netip.Addr) *lab.Server { return h.StartNnrpd(t, lab.Nnrpd{Port: p, Addr: a}) }, func(p uint16) []contact {
			return []contact{{"tcp", p, nil, "LIST ACTIVE\r\n", "lab.test 0000000000 0000000001 y\r\n"}}
		}},
		{"proftpd", func(p uint16, a netip.Addr) *lab.Server { return h.StartProFTPD(t, lab.ProFTPD{Port: p, Addr: a}) }, func(p uint16) []contact {
			return []contact{{"tcp", p, nil, "", "220 ProFTPD Server"}}
		}},
		{"bind", func(p uint16, a netip.Addr) *lab.Server { return h.StartBind(t, lab.Bind{Port: p, Addr: a}) }, func(p uint16) []contact {
			return []contact{{"udp", p, nil, askHome(false), answer}, {"tcp", p, nil, askHome(true), answer}}
		}},
		{"slapd", func(p uint16, a netip.Addr) *lab.Server { return h.StartSlapd(t, lab.Slapd{Port: p, Addr: a}) }, func(p uint16) []contact {
			// An anonymous bind, and that it is well.
			return []contact{{"tcp", p, nil, "0\x0c\x02\x01\x01`\x07\x02\x01\x03\x04\x00\x80\x00", "a\x07\x0a\x01\x00"}}
		}},
		{"telnetd", func(p uint16, a netip.Addr) *lab.Server { return h.StartTelnetd(t, lab.Telnetd{Port: p, Addr: a}) }, func(p uint16) []contact {
			return []contact{{"tcp", p, nil, "", login}}
		}},
	} {
		usual := map[string]uint16{
			"apache":     80,
			"bind":       53,
			"danted":     1080,
			"dovecot":    143,
			"dropbear":   22,
			"inn":        119,
			"microsocks": 1080,
			"nginx":      80,
			"opensmtpd":  25,
			"postfix":    25,
			"proftpd":    21,
			"slapd":      389,
			"squid":      3128,
			"sshd":       22,
			"telnetd":    23,
			"vsftpd":     21,
		}[tc.name]
		hears := func(s *lab.Server, to netip.Addr, port uint16) {
			t.Helper()
			for _, c := range tc.at(port) {
				if got, err := talk(l.LAN, c.network, netip.AddrPortFrom(to, c.port), c.secure, c.say, c.until); err != nil {
					t.Errorf("%s at %s %s: after %q: %v\n%s", tc.name, c.network, netip.AddrPortFrom(to, c.port), got, err, s.Log())
				}
			}
		}
		refused := func(to netip.Addr, port uint16) {
			t.Helper()
			if got, err := hear(l.LAN, netip.AddrPortFrom(to, port), patience); !errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("%s at %s: %q, %v; want refused", tc.name, netip.AddrPortFrom(to, port), got, err)
			}
		}
		t.Run(tc.name, func(t *testing.T) {
			s := tc.start(0, netip.Addr{})
			hears(s, l.Home.V4, usual)
			hears(s, l.Home.V6, usual)
			s.Stop()
			refused(l.Home.V4, usual)
			refused(l.Home.V6, usual)
		})
		t.Run(tc.name+"-on-one-address", func(t *testing.T) {
			s := tc.start(8000+usual, l.Home.V4)
			hears(s, l.Home.V4, 8000+usual)
			refused(l.Home.V6, 8000+usual)
			s.Stop()
			s = tc.start(9000+usual, l.Home.V6)
			hears(s, l.Home.V6, 9000+usual)
			refused(l.Home.V4, 9000+usual)
			s.Stop()
		})
	}
}

// TestExpiredCertificate shows that a certificate ends when it is told to.
func TestExpiredCertificate(t *testing.T) {
	l := lab.New(t)
	want := time.Now().AddDate(0, 0, -3).UTC().Truncate(time.Second)
	l.Home.StartNginx(t, lab.Nginx{Expires: want})
	secure := &tls.Config{InsecureSkipVerify: true, VerifyConnection: func(s tls.ConnectionState) error {
		cert := s.PeerCertificates[0]
		if !cert.NotAfter.Equal(want) || cert.VerifyHostname("home.example") != nil {
			return fmt.Errorf("certificate of %v until %v, want until %v", cert.DNSNames, cert.NotAfter, want)
		}
		return nil
	}}
	to := netip.AddrPortFrom(l.Home.V6, 443)
	if _, err := talk(l.LAN, "tcp", to, secure, "GET / HTTP/1.0\r\n\r\n", "<h1>"); err != nil {
		t.Error(err)
	}
}

// TestServerThatDoesNotStart shows that the test hears why.
func TestServerThatDoesNotStart(t *testing.T) {
	l := lab.New(t)
	for name, start := range map[string]func(t lab.T){
		"unrecognised variable in config file: nonsense": func(t lab.T) { l.Home.StartVsftpd(t, lab.Vsftpd{Config: "nonsense=YES"}) },
		"Bad configuration option: Nonsense":             func(t lab.T) { l.Home.StartSshd(t, lab.Sshd{Config: "Nonsense yes"}) },
		"unknown directive \"nonsense\"":                 func(t lab.T) { l.Home.StartNginx(t, lab.Nginx{Config: "nonsense;"}) },
		"unknown option 'nonsense'":                      func(t lab.T) { l.Home.StartBind(t, lab.Bind{Config: "nonsense;"}) },
	} {
		if said := lab.Refusal(t, start); !strings.Contains(said, name) || !strings.Contains(said, "ended before it listened on [") {
			t.Errorf("%q, want why: %s", said, name)
		}
	}
}
