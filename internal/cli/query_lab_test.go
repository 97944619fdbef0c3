//go:build lab

package cli_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sekisho/internal/lab"
)

// serversWords are what the servers say of themselves: versions change with
// the machine.
var serversWords = regexp.MustCompile(`\(vsFTPd [\d.]+\)|ESMTP Postfix.*|\[CAPABILITY .*|\+OK .*`)

// TestQueryOfRealServers holds the whole transcript, word for word, of ports
// that real servers answer, over TCP and UDP, and that nobody does.
func TestQueryOfRealServers(t *testing.T) {
	l := lab.New(t)
	l.Home.StartVsftpd(t, lab.Vsftpd{})
	l.Home.StartPostfix(t, lab.Postfix{})
	l.Home.StartBind(t, lab.Bind{})
	at := l.Home.V4.String()
	for _, c := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"banners", []string{"-n", at, "-o", "21,25,23", "-nr"}, 1, `
Querying target system called:

 HOST

TCP port 21 (ftp service): LISTENING

Data returned from port:
220 VERSION
331 Please specify the password.

TCP port 25 (smtp service): LISTENING

Data returned from port:
220 home.example VERSION

TCP port 23 (telnet service): NOT LISTENING

`},
		{"dns", []string{"-n", at, "-e", "53", "-p", "both", "-nr"}, 0, `
Querying target system called:

 HOST

TCP port 53 (domain service): LISTENING

Sending DNS query to TCP port 53...

TCP port 53 is LISTENING

UDP port 53 (domain service): LISTENING or FILTERED

Sending DNS query to UDP port 53...

UDP port 53 is LISTENING

`},
		{"silent", []string{"-n", at, "-o", "161,389", "-p", "udp", "-nr", "-cn", "!secret!"}, 1, `
Querying target system called:

 HOST

UDP port 161 (snmp service): NOT LISTENING

UDP port 389 (ldap service): NOT LISTENING

`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := sekisho(t, l.LAN, nobody, append([]string{"query"}, c.args...)...)
			if r.code != c.code {
				t.Errorf("exit code %d, want %d; it said %s", r.code, c.code, r.errs)
			}
			got := serversWords.ReplaceAllString(strings.ReplaceAll(r.out, at, "HOST"), "VERSION")
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
		})
	}
}
