package probe

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
)

// mailServer answers line by line; an empty answer is silence, "-" hangs up. It
// keeps what it was asked.
type mailServer struct {
	greeting string
	answer   func(line string, n int) string // n counts the lines of a connection

	mu      sync.Mutex
	asked   []string
	dialled int
}

func (s *mailServer) serve(c net.Conn) {
	defer c.Close()
	if _, err := io.WriteString(c, s.greeting); err != nil {
		return
	}
	lines := bufio.NewScanner(c)
	for n := 1; lines.Scan(); n++ {
		s.mu.Lock()
		s.asked = append(s.asked, lines.Text())
		s.mu.Unlock()
		answer := s.answer(lines.Text(), n)
		if answer == "-" {
			return
		}
		if _, err := io.WriteString(c, answer); err != nil {
			return
		}
	}
}

// mailTrial runs a test against the server in a bubble of its own clock.
func mailTrial(t *testing.T, name string, server *mailServer, o TestOptions) (out Outcome) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		test, p, ok := testNamed(name)
		if !ok {
			t.Fatalf("no test %s", name)
		}
		begun := time.Now()
		end := begun.Add(o.timeout())
		ctx, cancel := context.WithDeadline(t.Context(), end)
		at := netip.MustParseAddrPort("192.0.2.7:25")
		var servers sync.WaitGroup
		out = runTest(ctx, &peer{
			target: exposure.Target{Address: at.Addr()}, at: at, wide: 1, nonce: func() uint64 { return testNonce },
			dial: func(ctx context.Context, _ exposure.Transport, to netip.AddrPort) (net.Conn, error) {
				server.mu.Lock()
				server.dialled++
				server.mu.Unlock()
				client, other := net.Pipe()
				servers.Go(func() { server.serve(newInbox(other)) })
				return netio.Limits{Deadline: end, Bytes: maxBytes}.Bound(ctx, &pipeLine{Conn: client}, to), nil
			},
		}, p, test, o)
		cancel()
		servers.Wait()
		if took := time.Since(begun); took > o.timeout()+time.Second {
			t.Errorf("took %v", took)
		}
	})
	return out
}

// postOffice answers as a mail server does; rcpt decides about a recipient.
func postOffice(rcpt func(line string, n int) string) func(string, int) string {
	return func(line string, n int) string {
		switch verb, _, _ := strings.Cut(line, " "); verb {
		case "EHLO":
			return "250-mail.example.org\r\n250 SIZE 1000\r\n"
		case "MAIL", "RSET":
			return "250 ok\r\n"
		case "RCPT":
			return rcpt(line, n)
		case "QUIT":
			return "-"
		}
		return "500 what?\r\n"
	}
}

// TestRelayForms holds what is asked of a mail server, word by word, and that
// it is never given a mail.
func TestRelayForms(t *testing.T) {
	server := &mailServer{greeting: "220 mail.example.org ESMTP\r\n", answer: postOffice(func(line string, _ int) string {
		if strings.Contains(line, "%") {
			return "250 ok\r\n"
		}
		return "554 relay access denied\r\n"
	})}
	out := mailTrial(t, "smtp", server, TestOptions{Values: map[string][]string{"resolver": {"x"}}})
	var got []string
	for _, line := range server.asked {
		if strings.HasPrefix(line, "MAIL") || strings.HasPrefix(line, "RCPT") {
			got = append(got, line)
		}
		if strings.HasPrefix(line, "DATA") || strings.HasPrefix(line, "BDAT") {
			t.Errorf("the server was given mail: %q", server.asked)
		}
	}
	plain := "MAIL FROM:<sekisho@example.org>"
	want := []string{
		plain, "RCPT TO:<sekisho-89ab1234@mail.example.org>",
		plain, "RCPT TO:<relaytest@example.net>",
		"MAIL FROM:<sekisho>", "RCPT TO:<relaytest@example.net>",
		"MAIL FROM:<>", "RCPT TO:<relaytest@example.net>",
		"MAIL FROM:<postmaster@mail.example.org>", "RCPT TO:<relaytest@example.net>",
		"MAIL FROM:<sekisho@[192.0.2.7]>", "RCPT TO:<relaytest@example.net>",
		plain, "RCPT TO:<relaytest%example.net@mail.example.org>",
		plain, "RCPT TO:<relaytest%example.net@[192.0.2.7]>",
		plain, `RCPT TO:<"relaytest@example.net">`,
		plain, `RCPT TO:<"relaytest%example.net">`,
		plain, "RCPT TO:<relaytest@example.net@mail.example.org>",
		plain, `RCPT TO:<"relaytest@example.net"@mail.example.org>`,
		plain, `RCPT TO:<"relaytest@example.net"@[192.0.2.7]>`,
		plain, "RCPT TO:<@mail.example.org:relaytest@example.net>",
		plain, "RCPT TO:<@[192.0.2.7]:relaytest@example.net>",
		plain, "RCPT TO:<example.net!relaytest>",
		plain, "RCPT TO:<example.net!relaytest@mail.example.org>",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("asked (-want +got):\n%s", d)
	}
	f := out.Service.Facts
	var accepted []string
	for _, form := range f.Texts("relay_accepted") {
		accepted = append(accepted, form.Raw())
	}
	if !slices.Equal(accepted, []string{"percent-at-server", "percent-at-address", "quoted-percent"}) || f["relay_tested"] != 16 || f["relay_refused"] != 13 || f["relay_any_user"] != false {
		t.Errorf("facts %v", f)
	}
	if smtpLiteral(netip.MustParseAddr("2001:db8::1")) != "[IPv6:2001:db8::1]" {
		t.Error("the literal of an IPv6 address is wrong")
	}
}

// TestRelayServers asks servers that behave badly: what they did not answer
// counts neither way, and the test ends.
func TestRelayServers(t *testing.T) {
	for _, c := range []struct {
		name                 string
		rcpt                 func(line string, n int) string
		refused, ok, unclear int
		why                  string
	}{
		{"greylisting", func(string, int) string { return "451 4.7.1 greylisted, try again later\r\n" }, 0, 0, 16, "smtp-later"},
		{"postfix-defers", func(string, int) string { return "454 4.7.1 <x>: Relay access denied\r\n" }, 16, 0, 0, ""},
		{"hangs-up", func(string, int) string { return "-" }, 0, 0, 16, "smtp-no-answer"},
		{"says-421", func(string, int) string { return "421 too many errors\r\n" }, 0, 0, 16, "smtp-no-answer"},
		{"hangs-up-at-the-third", func(_ string, n int) string {
			if n > 6 { // EHLO, then MAIL, RCPT and RSET twice
				return "-"
			}
			return "550 no\r\n"
		}, 16, 0, 0, ""},
		{"silent", func(string, int) string { return "" }, 0, 0, 16, "mail-time-over"},
		{"endless", func(string, int) string { return strings.Repeat("250-x\r\n", 20000) }, 0, 0, 16, "smtp-no-answer"},
		{"garbled", func(string, int) string { return "\xff\xfb\x01\x00\r\n" }, 0, 0, 16, "smtp-no-answer"},
		{"wants-tls-and-has-none", func(string, int) string { return "530 Must issue a STARTTLS command first\r\n" }, 16, 0, 0, ""},
		{"open", func(string, int) string { return "250 ok\r\n" }, 0, 16, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := &mailServer{greeting: "220 mail.example.org ESMTP\r\n", answer: postOffice(c.rcpt)}
			out := mailTrial(t, "smtp", server, TestOptions{Values: map[string][]string{"resolver": {"x"}}})
			refused, ok, unclear := 0, 0, 0
			for _, s := range out.Steps {
				if s.ID != "smtp-relay" {
					continue
				}
				switch {
				case s.Result == exposure.StepFailed && s.Why == "mail-accepted":
					ok++
				case s.Result == exposure.StepOK:
					refused++
				default:
					unclear++
					if s.Why != c.why {
						t.Errorf("why %q, want %q", s.Why, c.why)
					}
				}
			}
			if refused != c.refused || ok != c.ok || unclear != c.unclear || out.Service.Facts["relay_tested"] != refused+ok {
				t.Errorf("refused %d, accepted %d, unclear %d, want %d, %d, %d; facts %v", refused, ok, unclear, c.refused, c.ok, c.unclear, out.Service.Facts)
			}
			if server.dialled > 60 {
				t.Errorf("%d connections", server.dialled)
			}
		})
	}
}

// TestSecretsStayInsideTLS holds that no test of mail asks for a password, or
// sends a name, where there is no TLS, and that what would end a line is not sent.
func TestSecretsStayInsideTLS(t *testing.T) {
	servers := map[string]*mailServer{
		"pop3": {greeting: "+OK ready\r\n", answer: func(string, int) string { return "-ERR no\r\n" }},
		"imap": {greeting: "* OK ready\r\n", answer: func(line string, _ int) string {
			tag, _, _ := strings.Cut(line, " ")
			return "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n" + tag + " OK done\r\n"
		}},
		"submission": {greeting: "220 mail.example.org ESMTP\r\n", answer: func(line string, _ int) string {
			if strings.HasPrefix(line, "EHLO") {
				return "250-mail.example.org\r\n250 AUTH PLAIN LOGIN\r\n"
			}
			return "550 no\r\n"
		}},
	}
	for name, server := range servers {
		out := mailTrial(t, name, server, TestOptions{User: "somebody", Password: func() (string, error) {
			t.Errorf("%s asked for the password", name)
			return "secret", nil
		}})
		if last := out.Steps[len(out.Steps)-1]; last.Result != exposure.StepSkipped || last.Why != "no-tls-for-password" {
			t.Errorf("%s: last step %+v", name, last)
		}
		for _, line := range server.asked {
			if strings.Contains(line, "somebody") || strings.Contains(line, "AUTH PLAIN") {
				t.Errorf("%s sent %q", name, line)
			}
		}
	}
	trial := &Trial{options: TestOptions{User: "somebody", Password: func() (string, error) { return "a\r\nDELE 1", nil }}}
	if _, err := mailSecret(trial); err == nil {
		t.Error("a password with a line end is sent")
	}
}

func TestIMAPLines(t *testing.T) {
	for line, want := range map[string][3]string{
		`* LIST (\HasNoChildren) "." Archive`:       {`\HasNoChildren`, "Archive", "true"},
		`* LIST () "/" "a \"b\" c"`:                 {"", `a "b" c`, "true"},
		`* list (\Noselect \HasChildren) NIL INBOX`: {`\Noselect \HasChildren`, "INBOX", "true"},
		`* LIST () "/" {5}`:                         {"", "", "true"},
		`* LIST () "\\" x`:                          {"", "x", "true"},
		`* LIST (`:                                  {"", "", "false"},
		`* LSUB () "/" x`:                           {"", "", "false"},
		`* STATUS x (MESSAGES 1)`:                   {"", "", "false"},
	} {
		flags, name, ok := imapFolder(line)
		if got := [3]string{flags, name, fmt.Sprint(ok)}; got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
	for line, want := range map[string]int{
		`* STATUS "a (MESSAGES 9)" (MESSAGES 231)`:   231,
		`* status x (UIDNEXT 44292 messages 3)`:      3,
		`* STATUS x (MESSAGES 99999999999999999999)`: 0,
		`* STATUS x (UNSEEN 3)`:                      0,
		`* STATUS x (MESSAGES -1)`:                   0,
	} {
		if got := imapMails(line); got != want {
			t.Errorf("%s: %d, want %d", line, got, want)
		}
	}
	for line, want := range map[string][]string{
		`* ID ("name" "Dovecot")`:   {"name", "Dovecot"},
		`* ID ("a" NIL "b" "\\\"")`: {"a", "", "b", `\"`},
		`* ID NIL`:                  nil,
		`* ID (`:                    nil,
		`* ID ("a`:                  {"a"},
	} {
		if got := imapID(line); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
	if got := imapString(`a"b\c`); got != `"a\"b\\c"` {
		t.Errorf("quoted %s", got)
	}
}
