//go:build lab

package cli_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// asked is one command line of a transcript.
type asked struct {
	name string // of its golden file in testdata/portqry
	as   user   // nobody, unless a source port needs more
	line string // HOST4 and HOST6 are the server's addresses
	in   string // what is typed
}

// volatile is what differs from run to run in a transcript beside the addresses
// of the lab: the time, and the hardware address that Samba makes up.
var volatile = []struct {
	find *regexp.Regexp
	put  string
}{
	{regexp.MustCompile(`[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}`), "TIME"},
	{regexp.MustCompile(`currentdate: \S+ \S+ `), "currentdate: TIME "},
	{regexp.MustCompile(`MAC address [0-9a-f]{12}`), "MAC address ADDRESS"},
}

// In a list of sockets the numbers of processes differ too, and with them and
// the addresses the widths of the columns.
var (
	processColumn = regexp.MustCompile(`(?m)^\d+:`)
	columnGap     = regexp.MustCompile(`  +`)
)

// transcripts holds command lines and what they print, word for word, to their
// golden files, which -update writes anew from the servers.
func transcripts(t *testing.T, from *lab.Host, server *lab.Host, list []asked, hide ...string) {
	t.Helper()
	addresses := strings.NewReplacer("HOST4", server.V4.String(), "HOST6", server.V6.String())
	hidden := strings.NewReplacer(append(hide, server.V4.String(), "HOST4", server.V6.String(), "HOST6", from.V4.String(), "CLIENT4", from.V6.String(), "CLIENT6")...)
	for _, a := range list {
		t.Run(a.name, func(t *testing.T) {
			var out, errs bytes.Buffer
			cmd := command(t, from, a.as, append([]string{"query"}, strings.Fields(addresses.Replace(a.line))...)...)
			cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(a.in), &out, &errs
			var ended *exec.ExitError
			if err := cmd.Run(); err != nil && !errors.As(err, &ended) {
				t.Fatal(err)
			}
			golden(t, a, cmd.ProcessState.ExitCode(), hidden.Replace(out.String()+errs.String()))
		})
	}
}

// golden compares a transcript with its file.
func golden(t *testing.T, a asked, code int, text string) {
	t.Helper()
	for _, v := range volatile {
		text = v.find.ReplaceAllString(text, v.put)
	}
	if strings.Contains(a.line, "-local") || strings.Contains(a.line, "-wport") {
		text = processColumn.ReplaceAllString(columnGap.ReplaceAllString(text, "  "), "PID:")
	}
	got := fmt.Sprintf("$ portqry %s\n%sexit code %d\n", a.line, text, code)
	path := filepath.Join("testdata", "portqry", a.name+".golden")
	if flag.Lookup("update").Value.String() == "true" { // it is the flag of TestProtocolsPage
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

// The answers of the two servers that no free program is: ISA Server's file for
// firewall clients and SQL Server's list of instances, as the samples of
// PortQry's documents have them.
const (
	isaFile     = "10.0.0.0 10.255.255.255\r\n[Common]\r\nmyproxy-server.example.com\r\nPort=1745\r\n"
	sqlInstance = `ServerName;SQL-Server1;InstanceName;MSSQLSERVER;IsClustered;No;Version;8.00.194;tcp;1433;np;\\SQL-Server1\pipe\sql\query;;`
)

// TestQueryTranscripts asks real servers what the samples of PortQry's
// documents ask: FTP of vsftpd, SMTP of Postfix, POP3 and IMAP of Dovecot, DNS
// of BIND, SNMP of Net-SNMP, TFTP of tftpd-hpa, L2TP of xl2tpd, ISAKMP of
// strongSwan, HTTP of nginx; and ports that are closed, silent or filtered.
func TestQueryTranscripts(t *testing.T) {
	l := lab.New(t)
	h, shared := l.Home, t.TempDir()
	h.StartVsftpd(t, lab.Vsftpd{})
	h.StartVsftpd(t, lab.Vsftpd{Port: 2121, Config: "anonymous_enable=NO\nlocal_enable=YES\n"})
	h.StartPostfix(t, lab.Postfix{})
	h.StartDovecot(t, lab.Dovecot{})
	h.StartBind(t, lab.Bind{})
	h.StartSnmpd(t, lab.Snmpd{Config: "rocommunity public\nrocommunity secure123\nrocommunity6 public\n"})
	h.StartTftpd(t, lab.Tftpd{})
	h.StartXl2tpd(t, lab.Xl2tpd{})
	h.StartCharon(t, lab.Charon{})
	h.StartNginx(t, lab.Nginx{})
	lab.Serve(t, h.Listen(t, "tcp", ":1745"), func(_ context.Context, c net.Conn) {
		if _, err := bufio.NewReader(c).ReadString('\n'); err == nil {
			_, _ = io.WriteString(c, isaFile) // the first connection asks nothing
		}
	})
	lab.ServeDatagrams(t, h.ListenPacket(t, "udp4", "0.0.0.0:1745"), func(b []byte) [][]byte { return [][]byte{b} })
	lab.ServeDatagrams(t, h.ListenPacket(t, "udp4", "0.0.0.0:1434"), func(b []byte) [][]byte {
		if len(b) != 1 || b[0] != 3 {
			return nil // what is in no protocol gets no answer
		}
		return [][]byte{append([]byte{5, byte(len(sqlInstance)), 0}, sqlInstance...)}
	})
	h.Filter(t, lab.Input, "tcp dport 8080", lab.Drop)
	h.Filter(t, lab.Input, "udp dport { 21, 138, 162, 389 }", lab.Drop)
	l.LAN.WriteFile(t, "/etc/hosts", fmt.Sprintf("127.0.0.1 localhost\n%s myserver.example\n", h.V4))
	transcripts(t, l.LAN, h, []asked{
		{name: "address", line: "-n HOST4"},
		{name: "name", line: "-n myserver.example -e 80 -p both"},
		{name: "no-name", line: "-n HOST6 -e 80"},
		{name: "no-reverse", line: "-n HOST4 -e 80 -nr"},
		{name: "unresolved", line: "-n nosuch.example -e 25"},
		{name: "silent-datagrams", line: "-n HOST4 -e 21 -p udp -nr"},
		{name: "filtered", line: "-n HOST4 -e 8080 -nr"},
		{name: "filtered-question", line: "-n HOST4 -e 389 -p udp -nr"},
		{name: "slow-link", line: "-n HOST4 -e 161 -p udp -sl -nr"},
		{name: "ftp", line: "-n myserver.example -p tcp -e 21"},
		{name: "smtp", line: "-n myserver.example -p tcp -e 25"},
		{name: "pop3", line: "-n HOST4 -e 110 -nr"},
		{name: "imap", line: "-n HOST4 -e 143 -nr"},
		{name: "mail-order", line: "-n HOST4 -p tcp -o 143,110,25 -nr"},
		{name: "dns", line: "-n HOST4 -e 53 -p both -nr"},
		{name: "dns-ipv6", line: "-n HOST6 -e 53 -p both -nr"},
		{name: "dns-from-port", line: "-p udp -e 53 -sp 3001 -n HOST4 -nr"},
		{name: "snmp", line: "-n HOST4 -e 161 -p udp -cn !secure123! -nr"},
		{name: "snmp-wrong-community", line: "-n HOST4 -e 161 -p udp -cn !my snmp string! -nr"},
		{name: "snmp-ipv6", line: "-n HOST6 -e 161 -p udp -nr"},
		{name: "tftp", line: "-n myserver.example -p udp -e 69"},
		{name: "l2tp", line: "-n myserver.example -e 1701 -p udp"},
		{name: "isakmp", line: "-n HOST4 -e 500 -p udp -nr"},
		{name: "isakmp-from-port", line: "-n HOST4 -e 500 -p udp -sp 3001 -nr"},
		{name: "isakmp-from-500", as: root, line: "-n HOST4 -e 500 -p udp -sp 500 -nr"},
		{name: "source-port-reserved", line: "-n HOST4 -e 500 -p udp -sp 500 -nr"},
		{name: "isa", line: "-n HOST4 -e 1745 -p both -nr"},
		{name: "sql", line: "-n HOST4 -e 1434 -p udp -nr"},
		{name: "range", line: "-n HOST4 -r 20:26 -p both -nr"},
		{name: "range-semicolon", line: "/n HOST4 /r 79;81 /i"},
		{name: "set-web", line: "-n HOST4 -set web -nr"},
		{name: "interactive", line: "-i -n HOST4 -nr", in: "q dns\nset p=udp\nset e=161\nset cn=!secure123!\nq\nquery mail\nexit\n"},
	})
	t.Run("interrupted", func(t *testing.T) { interrupted(t, l, shared) })
	t.Run("consent", func(t *testing.T) { consentOfStrangers(t, l) })
	t.Run("nobody-there", func(t *testing.T) { nobodyThere(t, l) })
	t.Run("source-port-500-in-use", func(t *testing.T) {
		taken := l.LAN.ListenPacket(t, "udp4", "0.0.0.0:500")
		defer taken.Close()
		transcripts(t, l.LAN, h, []asked{{name: "isakmp-source-in-use", as: root, line: "-n HOST4 -e 500 -p udp -sp 500 -nr"}})
	})
	t.Run("dns-timed-out", func(t *testing.T) {
		h.Filter(t, lab.Input, "udp dport 53 ip saddr "+l.LAN.V4.String(), lab.Drop)
		transcripts(t, l.LAN, h, []asked{{name: "dns-timed-out", line: "-n HOST4 -e 53 -p udp -nr"}})
	})
	t.Run("services-file", func(t *testing.T) {
		// The services file decides what is asked where.
		l.LAN.WriteFile(t, "/etc/services", "web 80/tcp\nftp 2121/tcp\n")
		transcripts(t, l.LAN, h, []asked{{name: "services-file", line: "-n HOST4 -o 80,2121,25 -nr"}})
	})
}

// interrupted ends a query in the middle: the log has what was found and its
// last line.
func interrupted(t *testing.T, l *lab.Lab, shared string) {
	log := filepath.Join(shared, "log.txt")
	cmd := command(t, l.LAN, root, "query", "-n", l.Home.V4.String(), "-o", "80,162,81", "-p", "both", "-nr", "-l", log)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	read := func() string {
		b, err := os.ReadFile(log)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		return string(b)
	}
	for end := time.Now().Add(time.Minute); !strings.Contains(read(), "TCP port 162 "); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("nothing was asked; the log holds %q", read())
		}
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 130 {
		t.Errorf("it ended with %v", err)
	}
	if text := read(); !strings.HasSuffix(text, "\n========= end of log file =========\n") || !strings.Contains(text, "TCP port 80 (http service): LISTENING\n") || strings.Contains(text, "port 81") {
		t.Errorf("the log holds:\n%s", text)
	}
}

// consentOfStrangers asks a host of the Internet: sixteen ports as they are, more
// only with consent.
func consentOfStrangers(t *testing.T, l *lab.Lab) {
	at := l.Outside.V4.String()
	for _, c := range []struct {
		args string
		code int
	}{
		{"-e 80", 1},
		{"-o 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16", 1},
		{"-r 1:16", 1},
		{"-r 1:17", 2},
		{"-o 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17", 2},
		{"-r 1:17 --authorized", 1},
	} {
		r := sekisho(t, l.Home, root, append([]string{"query", "-n", at, "-nr"}, strings.Fields(c.args)...)...)
		if asked := strings.Contains(r.out, "TCP port"); r.code != c.code || asked != (c.code == 1) || c.code == 2 && !strings.Contains(r.errs, "--authorized") {
			t.Errorf("%s: exit code %d\n%s%s", c.args, r.code, r.out, r.errs)
		}
	}
}

// nobodyThere asks a neighbour that is switched off, which is FILTERED whoever
// asks, and a network that this machine knows no way to, which is no state.
func nobodyThere(t *testing.T, l *lab.Lab) {
	bytes := l.LAN.V4.As4()
	bytes[3] = 222 // which the lab gives to nobody
	off := netip.AddrFrom4(bytes)
	for _, args := range []string{"-e 80 -nr", "-o 80,81 -nr", "-e 80 -sp 3333 -nr"} {
		r := sekisho(t, l.LAN, root, append([]string{"query", "-n", off.String()}, strings.Fields(args)...)...)
		if r.code != 2 || !strings.Contains(r.out, "TCP port 80 (http service): FILTERED\n") {
			t.Errorf("%s: exit code %d\n%s%s", args, r.code, r.out, r.errs)
		}
	}
	r := sekisho(t, l.LAN, root, "connect", "host", off.String(), "80")
	if r.code != 1 || !strings.Contains(r.out, off.String()+" does not answer on this network") {
		t.Errorf("exit code %d\n%s%s", r.code, r.out, r.errs)
	}
	l.LAN.Run(t, "ip", "route", "add", "throw", "198.51.100.0/24")
	for _, args := range []string{"-e 80 -nr", "-e 80 -sp 3334 -nr", "-e 80 -p udp -nr"} {
		r := sekisho(t, l.LAN, root, append([]string{"query", "-n", "198.51.100.80"}, strings.Fields(args)...)...)
		if r.code != 2 || !strings.Contains(r.out, " port 80 could not be asked: ") {
			t.Errorf("%s: exit code %d\n%s%s", args, r.code, r.out, r.errs)
		}
	}
}

// TestQueryOfADomainController asks Samba in the protocols of Windows, and
// follows its endpoint mapper with and without a filter in between.
func TestQueryOfADomainController(t *testing.T) {
	l := lab.New(t)
	l.Home.StartSambaController(t, lab.SambaController{})
	l.Home.AwaitNetBIOS(t)
	transcripts(t, l.LAN, l.Home, []asked{
		{name: "ldap", line: "-n HOST4 -e 389 -p both -nr"},
		{name: "ldap-ipv6", line: "-n HOST6 -e 389 -p both -nr"},
		{name: "ldap-from-port", line: "-n HOST4 -e 389 -p udp -sp 3001 -nr"},
		{name: "epm", line: "-n HOST4 -e 135 -p both -nr"},
		{name: "epm-range", line: "-n HOST4 -r 134:136 -nr"},
		{name: "netbios", line: "-n HOST4 -e 137 -p udp -nr"},
		{name: "netbios-from-port", line: "-n HOST4 -e 137 -p udp -sp 3001 -nr"},
		{name: "set-ad", line: "-n HOST4 -set ad -nr"},
		{name: "follow-epm", line: "-n HOST4 -e 135 --follow-epm -nr"},
	})
	t.Run("blocked", func(t *testing.T) {
		l.Home.Filter(t, lab.Input, "tcp dport { 464, 49152-65535 }", lab.Drop)
		transcripts(t, l.LAN, l.Home, []asked{{name: "follow-epm-blocked", line: "-n HOST4 -e 135 --follow-epm -nr"}})
		r := sekisho(t, l.LAN, nobody, "query", "-n", l.Home.V4.String(), "-e", "135", "--follow-epm", "-nr", "--format", "json")
		d := decode[exposure.QueryDocument](t, r)
		if r.code != 2 || d.Join == nil || d.Join.Ready || !slices.ContainsFunc(d.Join.Blocked, func(b exposure.QueryBlocked) bool { return b.Port == 464 && b.State == exposure.Filtered }) {
			t.Errorf("exit code %d, join %+v", r.code, d.Join)
		}
	})
}

// TestQueryLocalTranscripts reads a host with two servers, one of which has a
// guest, and watches it.
func TestQueryLocalTranscripts(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	h.StartTftpd(t, lab.Tftpd{})
	h.StartVsftpd(t, lab.Vsftpd{})
	var guest net.Conn
	err := l.LAN.Do(func() (err error) {
		guest, err = net.DialTCP("tcp4", nil, net.TCPAddrFromAddrPort(netip.AddrPortFrom(h.V4, 21)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer guest.Close()
	if _, err := bufio.NewReader(guest).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	port := guest.LocalAddr().(*net.TCPAddr).Port
	transcripts(t, h, l.LAN, []asked{
		{name: "local", as: root, line: "-local"},
		{name: "local-unprivileged", as: nobody, line: "-local"},
		{name: "watch", as: root, line: "-wport 21 -wt 1 -l /tmp/watch.txt -y", in: "\x1b"},
	}, fmt.Sprint(port), "GUEST")
}
