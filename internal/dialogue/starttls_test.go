package dialogue

import (
	"bufio"
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestAgree holds the talk before TLS of each protocol, with a peer that agrees
// and with what peers do instead. A step of the peer that is said after a line
// of ours came begins with @, and at ! it hangs up.
func TestAgree(t *testing.T) {
	for name, c := range map[string]struct {
		protocol string
		says     []string
		err      string
	}{
		"smtp":            {"smtp", []string{"220-hello\r\n220 there\r\n", "@250-x\r\n250 STARTTLS\r\n", "@220 go\r\n"}, ""},
		"smtp-refuses":    {"smtp", []string{"220 x\r\n", "@250 x\r\n", "@454 not now\r\n"}, `it answered "454 not now"`},
		"smtp-is-ssh":     {"smtp", []string{"SSH-2.0-x\r\n"}, `it answered "SSH-2.0-x"`},
		"smtp-endless":    {"smtp", []string{strings.Repeat("220-x\r\n", 300)}, "does not end"},
		"smtp-long":       {"smtp", []string{strings.Repeat("x", 20_000)}, "does not end"},
		"smtp-silent":     {"smtp", []string{"@"}, "i/o timeout"},
		"smtp-hangs-up":   {"smtp", []string{"220 x\r\n", "@!"}, "it closed the connection"},
		"lmtp":            {"lmtp", []string{"220 x\r\n", "@250 x\r\n", "@220 go\r\n"}, ""},
		"ftp":             {"ftp", []string{"220 x\r\n", "@234 go\r\n"}, ""},
		"ftp-refuses":     {"ftp", []string{"220 x\r\n", "@530 Please login\r\n"}, "530 Please login"},
		"nntp":            {"nntp", []string{"201 x\r\n", "@382 go\r\n"}, ""},
		"pop3":            {"pop3", []string{"+OK x\r\n", "@+OK go\r\n"}, ""},
		"pop3-refuses":    {"pop3", []string{"+OK x\r\n", "@-ERR no\r\n"}, "-ERR no"},
		"pop3-is-imap":    {"pop3", []string{"* OK x\r\n"}, "* OK x"},
		"imap":            {"imap", []string{"* OK x\r\n", "@* CAPABILITY IMAP4rev1\r\na1 OK go\r\n"}, ""},
		"imap-refuses":    {"imap", []string{"* OK x\r\n", "@a1 BAD no\r\n"}, "a1 BAD no"},
		"sieve":           {"sieve", []string{"\"STARTTLS\"\r\nOK x\r\n", "@OK go\r\n"}, ""},
		"irc":             {"irc", []string{"@:x NOTICE * :hi\r\n:x 670 * :go\r\n"}, ""},
		"nut":             {"nut", []string{"@OK STARTTLS\r\n"}, ""},
		"nut-refuses":     {"nut", []string{"@ERR FEATURE-NOT-CONFIGURED\r\n"}, "FEATURE-NOT-CONFIGURED"},
		"xmpp":            {"xmpp", []string{"@<stream:stream><stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>", "@<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"}, ""},
		"xmpp-without":    {"xmpp", []string{"@<stream:stream><stream:features/>"}, "offers no STARTTLS"},
		"ldap":            {"ldap", []string{"@\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"}, ""},
		"ldap-refuses":    {"ldap", []string{"@\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x02\x04\x00\x04\x00"}, "result code 2"},
		"ldap-garbled":    {"ldap", []string{"@\x30\x02\x02\x01"}, "speaks no LDAP"},
		"postgresql":      {"postgresql", []string{"@S"}, ""},
		"postgresql-none": {"postgresql", []string{"@N"}, `it answered "N"`},
		"unknown":         {"gopher", nil, "is none of smtp"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ours, theirs := net.Pipe()
				go agreeing(theirs, c.says)
				err := Agree(t.Context(), ours, c.protocol, func(Event) {})
				_ = ours.Close()
				_ = theirs.Close()
				if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
					t.Errorf("%v, want %q", err, c.err)
				}
			})
		})
	}
}

// agreeing is a peer that says its steps.
func agreeing(c net.Conn, says []string) {
	defer c.Close()
	r := bufio.NewReader(c)
	for _, step := range says {
		step, after := strings.CutPrefix(step, "@")
		if after {
			one := make([]byte, 4096)
			if _, err := r.Read(one); err != nil {
				return
			}
		}
		if step == "!" {
			return
		}
		if _, err := io.WriteString(c, step); err != nil {
			return
		}
	}
	_, _ = io.Copy(io.Discard, r)
}

func TestAgreeEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		defer theirs.Close()
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if err := Agree(ctx, ours, "smtp", func(Event) {}); err == nil || ctx.Err() == nil {
			t.Errorf("%v", err)
		}
	})
}

func TestUpgradeOf(t *testing.T) {
	for port, want := range map[uint16]string{25: "smtp", 587: "smtp", 143: "imap", 110: "pop3", 21: "ftp", 119: "nntp", 443: ""} {
		if got := UpgradeOf(port); got != want {
			t.Errorf("%d is %q, want %q", port, got, want)
		}
	}
}

func FuzzAgree(f *testing.F) {
	for _, seed := range []string{"220 x\r\n250 y\r\n220 z\r\n", "* OK\r\na1 OK\r\n", "S", "\x30\x84\xff\xff\xff\xff", "\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"} {
		for i := range upgrades {
			f.Add(i, []byte(seed))
		}
	}
	f.Fuzz(func(t *testing.T, which int, said []byte) {
		if which < 0 || which >= len(upgrades) {
			return
		}
		ours, theirs := net.Pipe()
		go func() { _, _ = io.Copy(io.Discard, theirs) }()
		go func() {
			_, _ = theirs.Write(said)
			_ = theirs.Close()
		}()
		_ = Agree(t.Context(), ours, upgrades[which].name, func(Event) {})
		_ = ours.Close()
	})
}
