package dialogue

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"sekisho/internal/netio"
	"sekisho/internal/untrusted"
)

// upgrade is how a protocol goes over to TLS on the same connection.
type upgrade struct {
	name  string
	ports []uint16
	run   func(*asker) error
}

// upgrades is every protocol known to do so.
var upgrades = []upgrade{
	{"smtp", []uint16{25, 587, 2525}, replies("220", "EHLO sekisho.invalid", "250", "STARTTLS", "220")},
	{"lmtp", []uint16{24}, replies("220", "LHLO sekisho.invalid", "250", "STARTTLS", "220")},
	{"ftp", []uint16{21, 2121}, replies("220", "AUTH TLS", "234")},
	{"nntp", []uint16{119}, replies("20", "STARTTLS", "382")},
	{"pop3", []uint16{110}, lines("+OK", "STLS", "+OK")},
	{"imap", []uint16{143}, lines("* OK", "a1 STARTTLS", "a1 OK")},
	{"sieve", []uint16{4190}, lines("OK", "STARTTLS", "OK")},
	{"irc", []uint16{6667}, lines("", "STARTTLS", " 670 ")},
	{"nut", []uint16{3493}, lines("", "STARTTLS", "OK STARTTLS")},
	{"xmpp", []uint16{5222, 5269}, (*asker).xmpp},
	{"ldap", []uint16{389, 3268}, (*asker).ldap},
	{"postgresql", []uint16{5432, 6432}, (*asker).postgresql},
}

// Upgrades are the names of the protocols that go over to TLS on their port.
func Upgrades() []string {
	var names []string
	for _, u := range upgrades {
		names = append(names, u.name)
	}
	return names
}

// UpgradeOf is the protocol that goes over to TLS on a port by its number,
// empty when none is known to.
func UpgradeOf(port uint16) string {
	for _, u := range upgrades {
		if slices.Contains(u.ports, port) {
			return u.name
		}
	}
	return ""
}

// agreeTime bounds the talk before TLS; mail servers let strangers wait.
const agreeTime = 30 * time.Second

// Agree talks with the peer until it agrees to begin TLS on the connection. An
// error says what it answered instead. Bytes of the peer that follow its answer
// in the clear stay unread, so that the handshake stumbles over them.
func Agree(ctx context.Context, c net.Conn, protocol string, told func(Event)) error {
	i := slices.IndexFunc(upgrades, func(u upgrade) bool { return u.name == protocol })
	if i < 0 {
		return fmt.Errorf("%q is none of %s", protocol, strings.Join(Upgrades(), ", "))
	}
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	if err := c.SetDeadline(time.Now().Add(agreeTime)); err != nil {
		return err
	}
	if err := upgrades[i].run(&asker{c, told}); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var fault *netio.Error
		if errors.As(err, &fault) {
			err = fault.Err
		}
		return err
	}
	return c.SetDeadline(time.Time{})
}

// asker asks for TLS.
type asker struct {
	c    net.Conn
	told func(Event)
}

func (a *asker) say(b []byte) error {
	if _, err := a.c.Write(b); err != nil {
		return err
	}
	a.told(Event{Kind: Said, Data: b})
	return nil
}

// Bounds of what a peer says before TLS.
const (
	maxAgreeLine  = 8 << 10
	maxAgreeLines = 256
)

// until reads byte by byte, so that what is behind the answer is left, up to
// where the function says that it is whole.
func (a *asker) until(most int, whole func(b []byte) bool) ([]byte, error) {
	var said []byte
	for one := make([]byte, 1); ; {
		n, err := a.c.Read(one)
		said = append(said, one[:n]...)
		switch {
		case n > 0 && whole(said):
			a.told(Event{Kind: Heard, Data: said})
			return said, nil
		case err != nil || len(said) >= most:
			a.told(Event{Kind: Heard, Data: said})
			if errors.Is(err, io.EOF) {
				err = errors.New("it closed the connection")
			}
			if err == nil {
				err = errors.New("its answer does not end")
			}
			return said, err
		}
	}
}

func (a *asker) line() (string, error) {
	b, err := a.until(maxAgreeLine, func(b []byte) bool { return b[len(b)-1] == '\n' })
	return strings.TrimRight(string(b), "\r\n"), err
}

// refused is the error of an answer that is no agreement.
func refused(answer string) error {
	return fmt.Errorf("it answered %s", untrusted.Line(answer).Log())
}

// replies is a talk in numbered replies, several lines of which are one where a
// hyphen follows the number (RFC 959 section 4.2): greeting, then command and
// reply in turn.
func replies(steps ...string) func(*asker) error {
	return func(a *asker) error {
		for i, step := range steps {
			if i%2 == 1 {
				if err := a.say([]byte(step + "\r\n")); err != nil {
					return err
				}
				continue
			}
			code := ""
			for n := 0; ; n++ {
				l, err := a.line()
				if err != nil {
					return err
				}
				if n == 0 {
					if code = l[:min(3, len(l))]; len(code) < 3 || strings.Trim(code, "0123456789") != "" {
						return refused(l)
					}
				}
				if n >= maxAgreeLines {
					return errors.New("its answer does not end")
				}
				if strings.HasPrefix(l, code) && (len(l) == 3 || len(l) > 3 && l[3] == ' ') {
					if !strings.HasPrefix(l, step) {
						return refused(l)
					}
					break
				}
				if n == 0 && (len(l) < 4 || l[3] != '-') {
					return refused(l)
				}
			}
		}
		return nil
	}
}

// lines is a talk in lines: the greeting ends with the first line that begins
// with its first word, empty for no greeting; the answer with the first one that
// begins with the last word, or has it inside where that begins with a blank.
func lines(greeting, command, answer string) func(*asker) error {
	return func(a *asker) error {
		if greeting != "" {
			if err := a.await(greeting); err != nil {
				return err
			}
		}
		if err := a.say([]byte(command + "\r\n")); err != nil {
			return err
		}
		return a.await(answer)
	}
}

// refusals begin the lines by which servers refuse.
var refusals = []string{"-ERR", "NO", "BAD", "BYE", "ERR", "* BYE", "a1 NO", "a1 BAD", "ERROR"}

func (a *asker) await(word string) error {
	for range maxAgreeLines {
		l, err := a.line()
		if err != nil {
			return err
		}
		if strings.HasPrefix(l, word) || word[0] == ' ' && strings.Contains(l, word) {
			return nil
		}
		no := func(start string) bool { return strings.HasPrefix(l, start) }
		// Of the greeting the first line counts, except where it is of many
		// (RFC 5804 section 2.2, IRC's notices).
		if slices.ContainsFunc(refusals, no) || word == "+OK" || word == "* OK" {
			return refused(l)
		}
	}
	return errors.New("its answer does not end")
}

// xmpp is RFC 6120 section 5.4.
func (a *asker) xmpp() error {
	if err := a.say([]byte("<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>")); err != nil {
		return err
	}
	said, err := a.until(maxAgreeLine*4, func(b []byte) bool {
		return bytes.HasSuffix(b, []byte("</stream:features>")) || bytes.HasSuffix(b, []byte("<stream:features/>")) || bytes.HasSuffix(b, []byte("</stream:stream>"))
	})
	if err != nil {
		return err
	}
	if !bytes.Contains(said, []byte("urn:ietf:params:xml:ns:xmpp-tls")) {
		return errors.New("it offers no STARTTLS")
	}
	if err := a.say([]byte("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")); err != nil {
		return err
	}
	said, err = a.until(maxAgreeLine, func(b []byte) bool { return b[len(b)-1] == '>' })
	if err != nil {
		return err
	}
	if !bytes.Contains(said, []byte("<proceed")) {
		return refused(string(said))
	}
	return nil
}

// ldap is the extended operation 1.3.6.1.4.1.1466.20037 (RFC 4511 section
// 4.14).
func (a *asker) ldap() error {
	if err := a.say([]byte("\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037")); err != nil {
		return err
	}
	said, err := a.until(maxAgreeLine, func(b []byte) bool {
		length, head, ok := berLength(b)
		return ok && len(b) >= head+length
	})
	if err != nil {
		return err
	}
	// messageID 1, ExtendedResponse, and in it the result code, an enumerated
	// value of one byte.
	at := bytes.Index(said, []byte("\x0a\x01"))
	if !bytes.Contains(said, []byte("\x02\x01\x01\x78")) || at < 0 || at+2 >= len(said) {
		return errors.New("it speaks no LDAP")
	}
	if code := said[at+2]; code != 0 {
		return fmt.Errorf("it answered with the result code %d", code)
	}
	return nil
}

// berLength reads the tag and the length of a value of ASN.1; head is how long
// they are.
func berLength(b []byte) (length, head int, ok bool) {
	if len(b) < 2 {
		return 0, 0, false
	}
	if b[1] < 0x80 {
		return int(b[1]), 2, true
	}
	n := int(b[1] & 0x7f)
	if n > 3 || len(b) < 2+n {
		return 0, 0, n > 3 // a length that no answer has: what is there is whole
	}
	for _, c := range b[2 : 2+n] {
		length = length<<8 | int(c)
	}
	return length, 2 + n, true
}

// postgresql is the SSLRequest of its protocol (PostgreSQL documentation,
// section 54.2.10): one byte answers, S for yes.
func (a *asker) postgresql() error {
	if err := a.say([]byte("\x00\x00\x00\x08\x04\xd2\x16\x2f")); err != nil {
		return err
	}
	said, err := a.until(1, func([]byte) bool { return true })
	if err != nil {
		return err
	}
	if said[0] != 'S' {
		return refused(string(said))
	}
	return nil
}
