package probe

import (
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
)

// uninvited are the words with which a client logs in or changes something.
// Those of texts are looked for at the beginning of a line in whatever is said
// to anybody; those of one protocol are held to its own port.
var uninvited = []struct {
	of    string // a word of the subject's name; empty: any
	words *regexp.Regexp
}{
	{"", regexp.MustCompile(`(?m)^(?:PASS|XAUTH|AUTHINFO|LOGIN|AUTH (?:PLAIN|LOGIN|CRAM-MD5|NTLM|EXTERNAL|XOAUTH2))\b`)},
	{"", regexp.MustCompile(`(?m)^\S+ (?:LOGIN|AUTHENTICATE|APPEND|STORE|DELETE|CREATE|EXPUNGE|RENAME|COPY|MOVE|SETACL)\b`)},               // with the tag of IMAP
	{"", regexp.MustCompile(`(?m)^(?:DELE|STOR|STOU|APPE|MKD|RMD|XMKD|XRMD|RNFR|RNTO|SITE|SMNT|ACCT|REIN|ALLO)\b`)},                        // FTP and POP3
	{"", regexp.MustCompile(`(?m)^(?:DATA|BDAT|TURN|ATRN|ETRN|BURL)\b`)},                                                                   // SMTP
	{"", regexp.MustCompile(`(?m)^(?:POST|IHAVE|TAKETHIS)\r$`)},                                                                            // NNTP
	{"", regexp.MustCompile(`(?m)^(?:PUT|DELETE|PATCH|MKCOL|MOVE|COPY|PROPPATCH|LOCK|TRACE) \S+ HTTP/`)},                                   // RFC 9110, RFC 4918
	{"", regexp.MustCompile(`(?mi)^Authorization: (?:Basic|Digest|Bearer)\b`)},                                                             // RFC 7617
	{"", regexp.MustCompile(`(?mi)^(?:set|add|replace|append|cas|incr|decr|touch|delete|flush_all|shutdown|verbosity) `)},                  // memcached
	{"redis", regexp.MustCompile(`(?i)\b(?:AUTH|SET|MSET|DEL|FLUSHALL|FLUSHDB|CONFIG SET|SAVE|SHUTDOWN|SLAVEOF|REPLICAOF|EVAL|MODULE)\b`)}, //
	{"irc", regexp.MustCompile(`(?m)^(?:OPER|JOIN|PRIVMSG|KILL|PASS)\b`)},
	{"snmp", regexp.MustCompile(`\xa3.{0,4}\x02`)},                           // SetRequest (RFC 3416 section 4.2.5)
	{"ldap", regexp.MustCompile(`(?s)^0.{1,6}\x02.{2,5}[\x66\x68\x6c\x4a]`)}, // modify, add, modify DN, delete (RFC 4511)
	{"tftp", regexp.MustCompile(`^\x00\x02`)},                                // a write request (RFC 1350)
	{"mqtt", regexp.MustCompile(`^[\x30-\x3f]`)},                             // PUBLISH
	{"postgresql", regexp.MustCompile(`^[pQP]\x00`)},                         // a password or a query
	{"mongodb", regexp.MustCompile(`(?:insert|update|delete|drop|saslStart|authenticate|createUser)\x00`)},
	{"sip", regexp.MustCompile(`(?m)^(?:INVITE|MESSAGE|SUBSCRIBE|NOTIFY|PUBLISH|REFER) `)},
	{"sip", regexp.MustCompile(`(?m)^Contact: `)}, // with which a REGISTER changes something (RFC 3261 section 10.2)
	{"nats", regexp.MustCompile(`(?m)^(?:PUB|HPUB|SUB) `)},
	{"rsync", regexp.MustCompile(`(?m)^\S+ [A-Za-z0-9+/]{22,}$`)}, // a name and the proof of a password
}

// anonymous is what counts as no password: RFC 1635.
const anonymous = "PASS sekisho@example.invalid"

// TestNothingUninvited listens to what every probe, and every test of a user who
// names nobody and asks for nothing to be written, says to a host that plays
// along: no password but that of nobody, and nothing that changes anything.
func TestNothingUninvited(t *testing.T) {
	for name, scenes := range playable(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, sc := range scenes {
				if sc.invited {
					continue
				}
				synctest.Test(t, func(t *testing.T) {
					host := sc.stage(fault{}, -1)
					meets(t, sc.subject, host)
					for _, asked := range host.asked {
						_, said, _ := strings.Cut(asked, " ")
						holdUninvited(t, sc, said)
					}
				})
			}
		})
	}
}

func holdUninvited(t *testing.T, sc scene, said string) {
	t.Helper()
	said = strings.ReplaceAll(said, anonymous, "")
	for _, u := range uninvited {
		if strings.Contains(sc.subject.name, u.of) && u.words.MatchString(letters(said)) {
			t.Errorf("%s, %s: said %q, which %s forbids", sc.subject.name, sc.dialogue, said, u.words)
		}
	}
}

// TestUninvitedWordsAreHeard holds the words to what does what must not be.
func TestUninvitedWordsAreHeard(t *testing.T) {
	for _, c := range []struct{ subject, said string }{
		{"test ftp", "PASS secret\r\n"},
		{"test ftp", "STOR x\r\n"},
		{"test smtp", "DATA\r\n"},
		{"test imap", "s4 LOGIN a b\r\n"},
		{"probe http tcp", "PUT /x HTTP/1.1\r\n"},
		{"probe http tcp", "GET / HTTP/1.1\r\nAuthorization: Basic YTpi\r\n"},
		{"test redis", "*2\r\n$4\r\nAUTH\r\n$1\r\nx\r\n"},
		{"probe memcached tcp", "set a 0 0 1\r\nx\r\n"},
		{"test tftp", "\x00\x02x\x00octet\x00"},
		{"test snmp", "0\x26\x02\x01\x01\x04\x06public\xa3\x19\x02\x04\x00\x00"},
		{"test ldap", "0\x0c\x02\x01\x02\x4a\x07cn=x"},
		{"test postgresql", "p\x00\x00\x00\x0b"},
		{"test mqtt", "\x30\x05\x00\x01ax"},
		{"test nntp", "POST\r\n"},
		{"test rsync", "app yo4tGzYmZVxOWvPmOCvLMQ\n"},
		{"test sip", "REGISTER sip:x SIP/2.0\r\nContact: <sip:a@b>\r\n"},
	} {
		heard := false
		for _, u := range uninvited {
			heard = heard || strings.Contains(c.subject, u.of) && u.words.MatchString(letters(c.said))
		}
		if !heard {
			t.Errorf("%s may say %q", c.subject, c.said)
		}
	}
}
