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

// TestQueryOfADomainController asks Samba in the protocols of Windows: the
// lines that scripts look for, in their order.
func TestQueryOfADomainController(t *testing.T) {
	l := lab.New(t)
	l.Home.StartSambaController(t, lab.SambaController{})
	l.Home.AwaitNetBIOS(t)
	for _, c := range []struct {
		args string
		code int
		want []string
	}{
		{"-e 389", 0, []string{
			"TCP port 389 (ldap service): LISTENING", "Sending LDAP query to TCP port 389...", "LDAP query response:",
			"currentdate: ", "(unadjusted GMT)", "namingContexts: DC=home,DC=example", "defaultNamingContext: DC=home,DC=example",
			"dnsHostName: home.home.example", "isGlobalCatalogReady: TRUE", "======== End of LDAP query response ========", "TCP port 389 is LISTENING",
		}},
		{"-e 389 -p udp", 0, []string{
			"UDP port 389 (ldap service): LISTENING or FILTERED", "Sending LDAP query to UDP port 389...", "LDAP query response:",
			"defaultNamingContext: DC=home,DC=example", "======== End of LDAP query response ========", "UDP port 389 is LISTENING",
		}},
		{"-e 135", 0, []string{
			"TCP port 135 (epmap service): LISTENING", "Querying Endpoint Mapper Database...", "Server's response:", "UUID: ", "ncacn_ip_tcp:",
			"Total endpoints found: ", "==== End of RPC Endpoint Mapper query response ====", "TCP port 135 is LISTENING",
		}},
		{"-e 137 -p udp", 0, []string{
			"UDP port 137 (netbios-ns service): LISTENING or FILTERED", "Attempting NETBIOS adapter status query to UDP port 137...",
			"Server's response: MAC address ", "UDP port: LISTENING",
		}},
		{"-r 134:136", 1, []string{"TCP port 134", "TCP port 135 (epmap service): LISTENING\n\nTCP port 136", "NOT LISTENING"}},
	} {
		t.Run(strings.ReplaceAll(c.args, " ", "_"), func(t *testing.T) {
			r := sekisho(t, l.LAN, nobody, append([]string{"query", "-n", l.Home.V4.String(), "-nr"}, strings.Fields(c.args)...)...)
			if r.code != c.code {
				t.Errorf("exit code %d, want %d; it said %s", r.code, c.code, r.errs)
			}
			rest := r.out
			for _, want := range c.want {
				_, after, found := strings.Cut(rest, want)
				if !found {
					t.Errorf("%q is not said, or not in its turn; it said:\n%s", want, r.out)
					return
				}
				rest = after
			}
		})
	}
}
