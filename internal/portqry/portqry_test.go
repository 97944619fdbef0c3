package portqry

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sekisho/internal/exposure"
)

func ports(from, to uint16) []uint16 {
	var list []uint16
	for p := from; p <= to; p++ {
		list = append(list, p)
	}
	return list
}

const quietly = "-q answers for one port of one protocol: not with -o, -r, -i, -set or -p both"

func TestParse(t *testing.T) {
	for _, c := range []struct {
		line string
		want Command
		err  string
	}{
		{line: "-n host", want: Command{Node: "host", TCP: true, Ports: []uint16{80}}},
		{line: "-N 10.0.0.1 -E 53 -P UDP -NR", want: Command{Node: "10.0.0.1", UDP: true, Ports: []uint16{53}, NoReverse: true}},
		{line: "-n host -r 21:25", want: Command{Node: "host", TCP: true, Ports: ports(21, 25), Range: true}},
		{line: "-n host -r 21;25", want: Command{Node: "host", TCP: true, Ports: ports(21, 25), Range: true}},
		{line: "-n host -o 445,25,1024 -p both -sp 53", want: Command{Node: "host", TCP: true, UDP: true, Ports: []uint16{445, 25, 1024}, Source: 53}},
		{line: "/n host /e 25 /i /s", want: Command{Node: "host", TCP: true, Ports: []uint16{25}, NoReverse: true, SlowLink: true}},
		{line: "-n host -e 25 -s -sl", want: Command{Node: "host", TCP: true, Ports: []uint16{25}, SlowLink: true}},
		{line: "-i", want: Command{TCP: true, Interactive: true}},
		{line: "-i -e 53 -n 192.168.1.20 -p both -sp 2030", want: Command{Node: "192.168.1.20", TCP: true, UDP: true, Ports: []uint16{53}, Source: 2030, Interactive: true}},
		{line: "-n host -e 161 -p udp -cn !my-name! -l log.txt -y", want: Command{Node: "host", UDP: true, Ports: []uint16{161}, Community: "my-name", Log: "log.txt", Overwrite: true}},
		{line: "-n host -e 80 -q", want: Command{Node: "host", TCP: true, Ports: []uint16{80}, Quiet: true}},
		{line: "-?", want: Command{TCP: true, Help: true}},
		{line: "-n ::1 -e 65535", want: Command{Node: "::1", TCP: true, Ports: []uint16{65535}}},
		{line: "-e 80", err: "say which system to query: -n name_to_query"},
		{line: "-n", err: "option -n needs a value"},
		{line: "-n host -e 0", err: `-e "0": a port is a number from 1 to 65535`},
		{line: "-n host -e 65536", err: `-e "65536": a port is a number from 1 to 65535`},
		{line: "-n host -r 25:21", err: `-r "25:21": the first port of a range is lower than the last`},
		{line: "-n host -r 25", err: `-r "25": a range is two ports with a colon between them, as 80:90`},
		{line: "-n host -o 1,,2", err: `-o "": a port is a number from 1 to 65535`},
		{line: "-n host -e 1 -r 2:3", err: "-e and -r cannot be used together"},
		{line: "-n host -e 1 -o 2 -r 3:4", err: "-e and -o and -r cannot be used together"},
		{line: "-n host -r 2:3 -q", err: quietly},
		{line: "-n host -p both -q", err: quietly},
		{line: "-n host -p sctp", err: `-p "sctp": the protocol is TCP, UDP or BOTH`},
		{line: "-n host -cn public!", err: `-cn "public!": a community name stands between exclamation marks, as !public!`},
		{line: "-n host -x", err: `"-x" is no option of PortQry; -? shows them`},
		{line: "-local", want: Command{TCP: true, Local: true}},
		{line: "-local -v -q -l a.txt", want: Command{TCP: true, Local: true, Verbose: true, Log: "a.txt"}},
		{line: "-wport 135 -v -wt 2", want: Command{TCP: true, WatchPort: 135, Verbose: true, Every: 2 * time.Second}},
		{line: "-wpid 1276 -nr", want: Command{TCP: true, WatchPID: 1276, NoReverse: true, Every: time.Minute}},
		{line: "-local -wport 1", err: "-local and -wport cannot be used together"},
		{line: "-wpid 1 -wport 1 -local", err: "-wpid and -wport and -local cannot be used together"},
		{line: "-wport 1 -n host", err: "-wport and -n cannot be used together: the one queries a system, the other reads this one"},
		{line: "-local -wt 5", err: "-wt goes only with -wport or -wpid"},
		{line: "-n host -wt 5", err: "-wt goes only with -wport or -wpid"},
		{line: "-wport 1 -wt 0", err: `-wt "0": the watch time is 1 to 1200 seconds`},
		{line: "-wport 1 -wt 1201", err: `-wt "1201": the watch time is 1 to 1200 seconds`},
		{line: "-wport 70000", err: `-wport "70000": a port is a number from 1 to 65535`},
		{line: "-wpid x", err: `-wpid "x": a process ID is a number from 1`},
		{line: "-n host -cn !my community name! -e 161 -p udp", want: Command{Node: "host", UDP: true, Ports: []uint16{161}, Community: "my community name"}},
		{line: "-n host -cn ! -e 161", err: `-cn "! -e 161": a community name stands between exclamation marks, as !public!`},
		{line: "-n host -set AD", want: Command{Node: "host", TCP: true, Set: "ad"}},
		{line: "-n host --set=sql", want: Command{Node: "host", TCP: true, Set: "sql"}},
		{line: "-n host -set mail", err: `-set "mail": the sets are ad, exchange, sql, web`},
		{line: "-n host -set ad -e 25", err: "-set and -e cannot be used together"},
		{line: "-n host -set ad -p udp", err: "-set and -p cannot be used together"},
		{line: "-n host -set ad -q", err: quietly},
		{line: "-n host --format JSON --lang ja -6", want: Command{Node: "host", TCP: true, Ports: []uint16{80}, JSON: true, Family: "6"}},
		{line: "-n host -f json", want: Command{Node: "host", TCP: true, Ports: []uint16{80}, JSON: true}},
		{line: "-n host -format xml", err: `-format "xml": the format is text or json`},
		{line: "-n host -4 -6", err: "-4 and -6 cannot be used together"},
		{line: "-i --format json", err: "--format json answers one command line: not with -i"},
		{line: "-n host -q --format json", err: "-q prints nothing: not with --format json"},
		{line: "-n host -e 135 --follow-epm --authorized", want: Command{Node: "host", TCP: true, Ports: []uint16{135}, FollowEPM: true, Authorized: true}},
		{line: "-n host --follow-epm", err: "--follow-epm asks the ports that the endpoint mapper names: it goes with -e 135, an -o with 135 in it, or -set ad"},
		{line: "-n host -r 130:140 --follow-epm", err: "--follow-epm asks the ports that the endpoint mapper names: it goes with -e 135, an -o with 135 in it, or -set ad"},
		{line: "-n host -l logs/", err: `-l "logs/": the log needs a file name, and one without spaces`},
		{line: "-n host -Q /O 1,2", err: quietly},
		{line: "-n host -nr=1", err: `"-nr=1" is no option of PortQry; -? shows them`},
		{line: "host", err: `"host" is no option of PortQry; options begin with - or /`},
	} {
		t.Run(c.line, func(t *testing.T) {
			got, err := Parse(strings.Fields(c.line))
			if c.err != "" {
				var wrong *Error
				if !errors.As(err, &wrong) || wrong.Text != c.err {
					t.Fatalf("error %v, want %q", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if c.want.Community == "" {
				c.want.Community = "public"
			}
			c.want.Line = c.line
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
		})
	}
}

// host is a system of a table: what its ports are and say.
type host struct {
	states map[Asked]exposure.State
	says   map[Asked]*Speech
	fails  error
}

func (h host) eyes() Eyes {
	return Eyes{
		Lookup: func(_ context.Context, name string) ([]netip.Addr, error) {
			if name == "server" {
				return []netip.Addr{netip.MustParseAddr("192.0.2.7")}, nil
			}
			return nil, errors.New("no such host")
		},
		Name: func(_ context.Context, a netip.Addr) (string, error) {
			if a == netip.MustParseAddr("192.0.2.7") {
				return "server.example\x1b[2J", nil
			}
			return "", errors.New("no name")
		},
		State: func(_ context.Context, a Asking) (exposure.State, error) {
			return h.states[a.Asked], h.fails
		},
		Service: func(transport exposure.Transport, port uint16) string {
			return map[Asked]string{{exposure.TCP, 80}: "http", {exposure.TCP, 21}: "ftp", {exposure.UDP, 161}: "snmp", {exposure.TCP, 135}: "epmap"}[Asked{transport, port}]
		},
		Allowed: func(netip.Addr, int) error { return nil },
		Ahead:   func(context.Context, netip.Addr, []Asked) error { return nil },
		Speak:   func(_ context.Context, a Asking) *Speech { return h.says[a.Asked] },
	}
}

func TestQuery(t *testing.T) {
	tcp := func(port uint16) Asked { return Asked{exposure.TCP, port} }
	udp := func(port uint16) Asked { return Asked{exposure.UDP, port} }
	for _, c := range []struct {
		name, line string
		host       host
		code       int
		want       string
	}{
		{"listening", "-n 192.0.2.7", host{states: map[Asked]exposure.State{tcp(80): exposure.Open}}, Listening, `
Querying target system called:

 192.0.2.7

Attempting to resolve IP address to a name...

IP address resolved to server.example\x1b[2J

querying...

TCP port 80 (http service): LISTENING

`},
		{"no-reverse-lookup", "-n 192.0.2.7 -e 22 -nr", host{states: map[Asked]exposure.State{tcp(22): exposure.Closed}}, NotListening, `
Querying target system called:

 192.0.2.7

TCP port 22 (unknown service): NOT LISTENING

`},
		{"no-name", "-n 192.0.2.8 -e 22", host{states: map[Asked]exposure.State{tcp(22): exposure.Filtered}}, Filtered, `
Querying target system called:

 192.0.2.8

Attempting to resolve IP address to a name...

Failed to resolve IP address to name

querying...

TCP port 22 (unknown service): FILTERED

`},
		{"unresolved", "-n nosuch -e 22", host{}, Unresolved, `
Querying target system called:

 nosuch

Attempting to resolve name to IP address...

Failed to resolve name to IP address

`},
		{"several", "-n server -o 80,22 -p both -nr", host{states: map[Asked]exposure.State{
			tcp(80): exposure.Open, udp(80): exposure.OpenFiltered, tcp(22): exposure.Closed, udp(22): exposure.Closed,
		}}, Filtered, `
Querying target system called:

 server

Attempting to resolve name to IP address...

Name resolved to 192.0.2.7

querying...

TCP port 80 (http service): LISTENING

UDP port 80 (unknown service): LISTENING or FILTERED

TCP port 22 (unknown service): NOT LISTENING

UDP port 22 (unknown service): NOT LISTENING

`},
		{"banner", "-n server -e 21", host{
			states: map[Asked]exposure.State{tcp(21): exposure.Open},
			says:   map[Asked]*Speech{tcp(21): {Banner: true, Heard: true, Lead: []string{"Data returned from port:"}, Answer: []string{"220 Microsoft FTP Service", "331 Anonymous access allowed, send identity (e-mail name) as password."}}},
		}, Listening, `
Querying target system called:

 server

Attempting to resolve name to IP address...

Name resolved to 192.0.2.7

querying...

TCP port 21 (ftp service): LISTENING

Data returned from port:
220 Microsoft FTP Service
331 Anonymous access allowed, send identity (e-mail name) as password.

`},
		{"datagram-answered", "-n server -e 161 -p udp -nr", host{
			states: map[Asked]exposure.State{udp(161): exposure.OpenFiltered},
			says:   map[Asked]*Speech{udp(161): {Heard: true, Lead: []string{"Sending SNMP query to UDP port 161..."}}},
		}, Listening, `
Querying target system called:

 server

Attempting to resolve name to IP address...

Name resolved to 192.0.2.7

querying...

UDP port 161 (snmp service): LISTENING or FILTERED

Sending SNMP query to UDP port 161...

UDP port 161 is LISTENING

`},
		{"datagram-silent", "-n server -e 161 -p udp -nr", host{
			states: map[Asked]exposure.State{udp(161): exposure.OpenFiltered},
			says:   map[Asked]*Speech{udp(161): {Lead: []string{"Sending SNMP query to UDP port 161..."}}},
		}, Filtered, `
Querying target system called:

 server

Attempting to resolve name to IP address...

Name resolved to 192.0.2.7

querying...

UDP port 161 (snmp service): LISTENING or FILTERED

Sending SNMP query to UDP port 161...

UDP port 161 is FILTERED

`},
		{"datagram-of-no-protocol-answered", "-n server -e 161 -p udp -nr", host{
			states: map[Asked]exposure.State{udp(161): exposure.Open},
			says:   map[Asked]*Speech{udp(161): {Lead: []string{"Sending SNMP query to UDP port 161..."}}},
		}, Listening, `
Querying target system called:

 server

Attempting to resolve name to IP address...

Name resolved to 192.0.2.7

querying...

UDP port 161 (snmp service): LISTENING

`},
		{"source-port-in-use", "-n server -e 80 -nr -sp 500", host{fails: ErrSourceBusy}, Filtered, `
Querying target system called:

 server

Attempting to resolve name to IP address...

Name resolved to 192.0.2.7

querying...

Cannot use source port 500, this port is already in use. Remote ISAKMP/IPSec services may only communicate with source port 500.
Temporarily turn off the 'IPSEC Policy Agent' or the 'IPSEC Services' on the system you are running PortQry from and run the command again

example: net stop PolicyAgent

run Portqry to query ISAKMP

net start PolicyAgent

`},
	} {
		t.Run(c.name, func(t *testing.T) {
			command, err := Parse(strings.Fields(c.line))
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			found, err := Query(t.Context(), command, c.host.eyes(), &out)
			if err != nil || found.ExitCode != c.code {
				t.Errorf("exit code %d, error %v; want %d", found.ExitCode, err, c.code)
			}
			if d := cmp.Diff(c.want, out.String()); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
		})
	}
}

func TestInteractive(t *testing.T) {
	h := host{states: map[Asked]exposure.State{{exposure.TCP, 80}: exposure.Open, {exposure.TCP, 53}: exposure.Open, {exposure.UDP, 53}: exposure.Closed}}
	in := "set all\nset port=80\nset p=BOTH\nset sport = 53\nset cn=!x y!\nset nr\nset sl\nset all\nnode server\nset p=tcp\nq\nquery dns\nquery what\nset colour=red\nset e=x\nwhat\nn\n\nexit\nset all\n"
	var out bytes.Buffer
	code, err := Interactive(t.Context(), Command{TCP: true, Community: "public", Interactive: true}, h.eyes(), strings.NewReader(in), &out, io.Discard)
	if err != nil || code != NotListening {
		t.Errorf("exit code %d, error %v", code, err)
	}
	said := out.String()
	for _, want := range []string{
		"\nPortqry Interactive Mode\n\nType 'help' for a list of commands\n\nDefault Node: 127.0.0.1\n\nCurrent option values:\n   end port= 80\n   protocol= TCP\n   source port= 0 (ephemeral)\n\n> ",
		"   protocol= BOTH\n   source port= 53\n   community name= x y\n   no reverse lookup\n   slow link delay\n",
		"resolving service name using local services file...\nTCP port resolved to the 'http' service\n",
		"TCP port 80 (http service): LISTENING\n", "TCP port 53 (unknown service): LISTENING\n\nUDP port 53 (unknown service): NOT LISTENING\n",
		`"what" is no service that query knows`, `"colour" cannot be set`, `e "x": a port is a number`, `"what" is no command`, "node needs one name",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("it did not say %q", want)
		}
	}
	if strings.Count(said, "Current option values:") != 3 {
		t.Error("it went on behind exit")
	}
	if t.Failed() {
		t.Log(said)
	}
}

// TestLog holds the log's form, and that each line is written when it is whole.
func TestLog(t *testing.T) {
	var b bytes.Buffer
	c, err := Parse(strings.Fields("-n server -e 80 -l log.txt"))
	if err != nil {
		t.Fatal(err)
	}
	l := NewLog(&b, c, "SOURCESERVER", time.Date(2021, 9, 16, 10, 35, 3, 0, time.UTC))
	if _, err := l.Write([]byte("half")); err != nil || strings.Contains(b.String(), "half") {
		t.Errorf("half a line is written: %v", err)
	}
	if _, err := l.Write([]byte(" a line\nnext")); err != nil || !strings.HasSuffix(b.String(), "half a line\n") {
		t.Errorf("a whole line is not written: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	want := `PortQry Version 2.0 Log File

System Date: Thu Sep 16 10:35:03 2021

Command run:
 portqry -n server -e 80 -l log.txt

Local computer name:

 SOURCESERVER

half a line
next========= end of log file =========
`
	if d := cmp.Diff(want, b.String()); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

// TestLogFails holds that a full disk is told.
func TestLogFails(t *testing.T) {
	l := NewLog(failing{}, Command{}, "x", time.Time{})
	if err := l.Close(); !errors.Is(err, errFull) {
		t.Errorf("error %v", err)
	}
}

var errFull = errors.New("no space left")

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errFull }

func TestServices(t *testing.T) {
	s, err := ReadServices(strings.NewReader("# names\nhttp\t80/tcp www # web\ndomain 53/tcp\ndomain 53/udp\nwrong x/tcp\nlone\nhttp2 80/tcp\nbad\x1b 81/tcp\n"))
	if err != nil {
		t.Fatal(err)
	}
	for on, want := range map[Asked]string{
		{exposure.TCP, 80}: "http", {exposure.UDP, 80}: "", {exposure.UDP, 53}: "domain", {exposure.TCP, 81}: `bad\x1b`,
	} {
		if got := s.Of(on.Transport, on.Port); got != want {
			t.Errorf("%v: %q, want %q", on, got, want)
		}
	}
}

func TestRootLines(t *testing.T) {
	got := rootLines([]string{
		"vendorName: X", "currentTime: 20030710041431.0Z", "supportedLDAPVersion: 3", "supportedLDAPVersion: 2",
		"subschemaSubentry: CN=Aggregate", "dnsHostName: dc.example", "namingContexts: DC=example",
	})
	want := []string{
		"currentdate: 07/10/2003 04:14:31 (unadjusted GMT)", "subschemaSubentry: CN=Aggregate", "namingContexts: DC=example",
		"supportedLDAPVersion: 3", "supportedLDAPVersion: 2", "dnsHostName: dc.example", "vendorName: X",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	if got := currentDate("soon"); got != "soon" {
		t.Errorf("no date becomes %q", got)
	}
}

// FuzzMessage has a connection send anything in place of packets.
func FuzzMessage(f *testing.F) {
	f.Add([]byte{5, 0, 12, 3, 16, 0, 0, 0, 16, 0, 0, 0, 1, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		_, body, err := message(bytes.NewReader(b))
		if err == nil && len(body) > mostReply {
			t.Errorf("%d bytes", len(body))
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add("-n host -r 1:65535 -p both -cn !x!")
	f.Add("/n /e 1 -? -o 1,2;3")
	f.Fuzz(func(t *testing.T, line string) {
		c, err := Parse(strings.Fields(line))
		if err == nil && !c.Help && c.Node == "" && !c.Interactive && !c.OnLocal() {
			t.Error("a query of nobody")
		}
		for _, p := range c.Ports {
			if err == nil && p == 0 {
				t.Error("port 0 is asked")
			}
		}
	})
}

func FuzzInstances(f *testing.F) {
	f.Add("ServerName;X;InstanceName;Y;IsClustered;No;Version;8.00.194;tcp;1433;;ServerName;Z;;")
	f.Fuzz(func(t *testing.T, text string) {
		for _, line := range instances(text) {
			if strings.ContainsAny(line, "\x1b\n\r") {
				t.Errorf("line %q", line)
			}
		}
	})
}

func FuzzAdapter(f *testing.F) {
	f.Add(append(make([]byte, 56), 1, 'N', 2, 3))
	f.Fuzz(func(t *testing.T, b []byte) {
		if a, ok := adapter(b); ok && len(a) != 6 {
			t.Errorf("%d bytes", len(a))
		}
	})
}
