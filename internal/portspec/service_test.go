package portspec

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

func TestLookup(t *testing.T) {
	tests := []struct {
		transport string
		port      uint16
		name      string
	}{
		// What the lessons on ports name, and what PortQry calls them.
		{"tcp", 20, "ftp-data"},
		{"tcp", 21, "ftp"},
		{"tcp", 22, "ssh"},
		{"tcp", 23, "telnet"},
		{"tcp", 25, "smtp"},
		{"udp", 53, "domain"},
		{"tcp", 53, "domain"},
		{"udp", 67, "bootps"},
		{"udp", 68, "bootpc"},
		{"udp", 69, "tftp"},
		{"tcp", 79, "finger"},
		{"tcp", 80, "http"},
		{"tcp", 88, "kerberos"},
		{"tcp", 110, "pop3"},
		{"tcp", 113, "auth"},
		{"tcp", 119, "nntp"},
		{"udp", 123, "ntp"},
		{"tcp", 135, "epmap"},
		{"udp", 135, "epmap"},
		{"udp", 137, "netbios-ns"},
		{"udp", 138, "netbios-dgm"},
		{"tcp", 139, "netbios-ssn"},
		{"tcp", 143, "imap"},
		{"udp", 161, "snmp"},
		{"udp", 162, "snmptrap"},
		{"tcp", 389, "ldap"},
		{"udp", 389, "ldap"},
		{"tcp", 443, "https"},
		{"udp", 443, "https"},
		{"tcp", 445, "microsoft-ds"},
		{"tcp", 465, "submissions"},
		{"udp", 500, "isakmp"},
		{"tcp", 513, "login"},
		{"udp", 513, "who"},
		{"udp", 514, "syslog"},
		{"tcp", 587, "submission"},
		{"tcp", 636, "ldaps"},
		{"tcp", 993, "imaps"},
		{"tcp", 995, "pop3s"},
		{"udp", 1434, "ms-sql-m"},
		{"udp", 1701, "l2tp"},
		{"tcp", 3268, "msft-gc"},
		// A number that a service has, before one that a trojan took.
		{"tcp", 4444, "selenium"},
		{"tcp", 12345, "netbus"},
		{"udp", 31337, "back-orifice"},
	}
	for _, tt := range tests {
		s, known := Lookup(tt.transport, tt.port)
		if !known || s.Name != tt.name {
			t.Errorf("%s %d is %q, want %q", tt.transport, tt.port, s.Name, tt.name)
		}
	}
	for _, at := range []struct {
		transport string
		port      uint16
	}{{"tcp", 0}, {"udp", 80}, {"udp", 22}, {"icmp", 7}, {"TCP", 22}, {"", 22}} {
		if s, known := Lookup(at.transport, at.port); known {
			t.Errorf("%s %d is %q, want nothing", at.transport, at.port, s.Name)
		}
	}
}

func TestByName(t *testing.T) {
	for name, want := range map[string]string{
		"ssh": "ssh", "SSH": "ssh", "DNS": "domain", "domain": "domain", "rdp": "ms-wbt-server", "smb": "microsoft-ds",
		"smtps": "submissions", "submission": "submission", "imap4": "imap", "imap4s": "imaps", "pop3s": "pop3s", "rlogin": "login",
		"dhcp": "bootps", "ms-rpc": "epmap", "www": "http", "winrm": "wsman", "postgres": "postgresql", "vnc": "rfb",
		"rpcbind": "sunrpc", "memcached": "memcache", "ident": "auth", "netbus": "netbus",
	} {
		s, known := ByName(name)
		if !known || s.Name != want {
			t.Errorf("%s is %q, want %q", name, s.Name, want)
		}
	}
	for _, name := range []string{"", "@common", "22", "no such", "サーバー"} {
		if s, known := ByName(name); known {
			t.Errorf("%q is %q, want nothing", name, s.Name)
		}
	}
}

// nameForm is how RFC 6335 section 5.1 writes names, and no name could be taken for
// a number or a range.
var nameForm = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

func TestCatalogueIsWhole(t *testing.T) {
	if n := len(Services()); n < 300 {
		t.Errorf("%d services", n)
	}
	names := map[string]string{}
	for _, s := range Services() {
		for _, name := range append([]string{s.Name}, s.Aliases...) {
			if other, taken := names[name]; taken {
				t.Errorf("%s: %q is a name of %s", s.Name, name, other)
			}
			names[name] = s.Name
			if !nameForm.MatchString(name) {
				t.Errorf("%s: %q is no name", s.Name, name)
			}
		}
		if len(s.TCP)+len(s.UDP) == 0 {
			t.Errorf("%s has no port", s.Name)
		}
		for _, numbers := range [][]uint16{s.TCP, s.UDP} {
			if sorted := slices.Sorted(slices.Values(numbers)); len(slices.Compact(sorted)) != len(numbers) || slices.Contains(numbers, 0) {
				t.Errorf("%s: ports %v", s.Name, numbers)
			}
		}
		if s.LoginCleartext && !s.Cleartext {
			t.Errorf("%s sends passwords in clear and nothing else", s.Name)
		}
		if s.Successor != "" {
			next, known := ByName(s.Successor)
			if !known || next.Name != s.Successor || next.Name == s.Name {
				t.Errorf("%s: successor %q is %q", s.Name, s.Successor, next.Name)
			}
			if next.LoginCleartext && !s.LoginCleartext {
				t.Errorf("%s: successor %s is worse", s.Name, next.Name)
			}
		}
	}
}

func TestCatalogueTexts(t *testing.T) {
	seen := map[string]string{}
	for _, s := range Services() {
		for _, text := range []Text{s.Summary, s.Risk} {
			if text.EN == "" || text.JA == "" {
				t.Errorf("%s lacks a text: %+v", s.Name, text)
			}
			if strings.TrimSpace(text.EN) != text.EN || strings.TrimSpace(text.JA) != text.JA {
				t.Errorf("%s: blanks around %+v", s.Name, text)
			}
			for _, r := range text.EN {
				if r > unicode.MaxASCII {
					t.Errorf("%s: %q in %q", s.Name, r, text.EN)
				}
			}
		}
		if other := seen[s.Summary.EN]; other != "" {
			t.Errorf("%s says what %s says: %s", s.Name, other, s.Summary.EN)
		}
		seen[s.Summary.EN] = s.Name
		// A summary is a heading, a risk is a sentence.
		if strings.HasSuffix(s.Summary.EN, ".") || !strings.HasSuffix(s.Risk.EN, ".") {
			t.Errorf("%s: %q, %q", s.Name, s.Summary.EN, s.Risk.EN)
		}
		if !strings.ContainsFunc(s.Risk.JA, func(r rune) bool { return unicode.In(r, unicode.Hiragana) }) {
			t.Errorf("%s: %q is no Japanese", s.Name, s.Risk.JA)
		}
		if !politeEnd.MatchString(s.Risk.JA) {
			t.Errorf("%s: %q does not end as the others do", s.Name, s.Risk.JA)
		}
		if verbEnd.MatchString(s.Summary.JA) {
			t.Errorf("%s: %q does not end in a noun", s.Name, s.Summary.JA)
		}
	}
}

var (
	politeEnd = regexp.MustCompile(`(ます|です|ません|ました)。$`)
	verbEnd   = regexp.MustCompile(`([うくすつぬぶむるい]|[。、])([((].*)?$`)
)

func TestSharedPorts(t *testing.T) {
	users := map[string]map[uint16][]string{"tcp": {}, "udp": {}}
	for _, s := range Services() {
		for transport, numbers := range map[string][]uint16{"tcp": s.TCP, "udp": s.UDP} {
			for _, port := range numbers {
				users[transport][port] = append(users[transport][port], s.Name)
			}
		}
	}
	got := map[string]string{}
	for transport, ports := range users {
		for port, names := range ports {
			if len(names) > 1 {
				got[transport+" "+span{port, port}.text()] = strings.Join(names, " ")
			}
			if s, _ := Lookup(transport, port); s.Name != names[0] {
				t.Errorf("%s %d is %s, want %s", transport, port, s.Name, names[0])
			}
		}
	}
	if diff := cmp.Diff(sharedPorts, got); diff != "" {
		t.Errorf("shared ports (-want +got):\n%s", diff)
	}
}

// sharedPorts is the numbers that several services use, with the one that gives
// its name to the number first. A change here changes what people read in
// reports.
var sharedPorts = map[string]string{
	"tcp 514":   "shell syslog",
	"tcp 2083":  "cpanel radsec",
	"tcp 3000":  "http-dev aerospike grafana",
	"tcp 4000":  "nomachine tidb",
	"tcp 4040":  "subsonic spark",
	"tcp 4444":  "selenium i2p blaster",
	"tcp 5000":  "http-dev synology-dsm sybase docker-registry openstack-id",
	"tcp 5001":  "synology-dsm dockge ipfs-api sockets-de-troie",
	"tcp 6668":  "ircu tuya",
	"tcp 6789":  "ceph unifi-inform",
	"tcp 7000":  "airplay cassandra-storage",
	"tcp 8000":  "http-dev icecast",
	"tcp 8008":  "http-alt chromecast",
	"tcp 8009":  "ajp13 chromecast",
	"tcp 8080":  "http-alt openhab",
	"tcp 8081":  "http-alt seven-days-to-die",
	"tcp 8123":  "home-assistant clickhouse",
	"tcp 8200":  "minidlna vault",
	"tcp 8443":  "https-alt openhab lxd",
	"tcp 8501":  "streamlit consul",
	"tcp 8880":  "plesk unifi-inform",
	"tcp 9000":  "http-dev php-fpm sonarqube clickhouse portainer minio",
	"tcp 9001":  "minio tor-orport",
	"tcp 9090":  "cockpit prometheus",
	"tcp 9091":  "transmission-rpc pushgateway",
	"tcp 9094":  "kafka alertmanager",
	"tcp 9100":  "pdl-datastream node-exporter",
	"tcp 9600":  "fins beats",
	"tcp 10000": "webmin ndmp hiveserver2",
	"tcp 20000": "usermin dnp",
	"tcp 22222": "ssh-alt prosiak",
	"tcp 30303": "ethereum sockets-de-troie",
	"tcp 50000": "db2 jenkins-agent",
	"tcp 50001": "db2 electrum",
}
