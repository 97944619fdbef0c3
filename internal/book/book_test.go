package book

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"sekisho/internal/portspec"
)

// seeds is the services that the lessons which the project was founded on
// explain or name.
var seeds = []string{
	"ftp", "telnet", "ssh", "smtp", "pop3", "netbios-ns", "netbios-dgm", "netbios-ssn", "imap4", "submission", "submissions",
	"http", "https", "pop3s", "imap4s", "dns", "ntp", "snmp", "snmptrap", "syslog", "dhcp", "finger", "login", "nntp", "ldap", "ms-rpc", "ftp-data",
}

// TestEveryServiceIsWhole holds that each entry of the catalogue has all
// fields of the book in both languages.
func TestEveryServiceIsWhole(t *testing.T) {
	for _, name := range seeds {
		if _, known := portspec.ByName(name); !known {
			t.Errorf("%s is in no catalogue", name)
		}
	}
	written := maps.Clone(all())
	for _, s := range portspec.Services() {
		delete(written, s.Name)
		l := Of(s)
		for field, text := range map[string]Text{"summary": Text(s.Summary), "risk": Text(s.Risk), "session": l.Session, "close": l.Close} {
			whole(t, s.Name+" "+field, text, field != "summary")
		}
		for machine, h := range map[string]Habit{"home PC": l.Usual.HomePC, "home server": l.Usual.HomeServer, "mail server": l.Usual.MailServer, "web server": l.Usual.WebServer} {
			if h < Closed || h > Open {
				t.Errorf("%s: no habit of a %s", s.Name, machine)
			}
		}
		if l.Upgrade != "" && !s.Cleartext {
			t.Errorf("%s is encrypted and becomes so by %s", s.Name, l.Upgrade)
		}
		for _, f := range l.Facts {
			whole(t, s.Name+" fact", f, true)
		}
		if s.LocalOnly && slices.Contains([]Habit{l.Usual.HomePC, l.Usual.HomeServer, l.Usual.MailServer, l.Usual.WebServer}, Open) {
			t.Errorf("%s belongs to the local network and is open to the Internet", s.Name)
		}
		for _, d := range l.Diagrams {
			drawn(t, s.Name, d)
		}
		for _, table := range l.Tables {
			tabled(t, s.Name, table)
		}
	}
	if len(written) > 0 {
		t.Errorf("lessons without a service: %q", slices.Sorted(maps.Keys(written)))
	}
	for _, f := range Ports.Facts {
		whole(t, "ports", f, true)
	}
	for _, table := range Ports.Tables {
		tabled(t, "ports", table)
	}
}

// politeEnd is how a Japanese paragraph ends, or a command line behind it.
var politeEnd = regexp.MustCompile(`((ます|です|ません|ました|でした|ください)([((][^))]*[))])?。|` + "`" + `)$`)

// whole holds that a text is there in both languages and reads like the others.
func whole(t *testing.T, of string, text Text, sentence bool) {
	t.Helper()
	if text.EN == "" || text.JA == "" || strings.TrimSpace(text.EN) != text.EN || strings.TrimSpace(text.JA) != text.JA {
		t.Errorf("%s: %+v", of, text)
		return
	}
	if i := strings.IndexFunc(text.EN, func(r rune) bool { return r > unicode.MaxASCII || r < ' ' }); i >= 0 {
		t.Errorf("%s: %q", of, text.EN[i:])
	}
	if !strings.ContainsFunc(text.JA, func(r rune) bool { return unicode.In(r, unicode.Hiragana) }) && sentence {
		t.Errorf("%s is no Japanese: %q", of, text.JA)
	}
	if sentence && (!strings.HasSuffix(text.EN, ".") && !strings.HasSuffix(text.EN, "`") || !politeEnd.MatchString(text.JA)) {
		t.Errorf("%s ends otherwise than the others: %q, %q", of, text.EN, text.JA)
	}
	if strings.Count(text.EN, "`")%2 != 0 || strings.Count(text.JA, "`")%2 != 0 {
		t.Errorf("%s: a backquote stays open: %q, %q", of, text.EN, text.JA)
	}
}

func drawn(t *testing.T, of string, d Diagram) {
	t.Helper()
	whole(t, of+" diagram", d.Title, false)
	for _, p := range d.Parties {
		whole(t, of+" party", p, false)
	}
	for _, s := range d.Steps {
		whole(t, of+" step", s.Text, false)
		if s.From == s.To || min(s.From, s.To) < 0 || max(s.From, s.To) >= len(d.Parties) {
			t.Errorf("%s: a step from %d to %d", of, s.From, s.To)
		}
	}
}

func tabled(t *testing.T, of string, table Table) {
	t.Helper()
	whole(t, of+" table", table.Title, false)
	for _, row := range append([][]Text{table.Heads}, table.Rows...) {
		if len(row) != len(table.Heads) {
			t.Errorf("%s: a row of %d cells", of, len(row))
		}
		for _, cell := range row {
			whole(t, of+" cell", cell, false)
		}
	}
}

// TestFactsStandWhereTheyBelong holds what the book has to teach, each in its
// entry, in both languages.
func TestFactsStandWhereTheyBelong(t *testing.T) {
	for name, facts := range map[string][][2]string{
		"ftp":         {{"20 as its source port", "送信元ポートが20番"}, {"In passive mode both connections go from the client", "パッシブモードでは両方の接続がクライアントから"}, {"data: from 20 to 4002", "データ接続 20番から4002番へ"}},
		"ftp-data":    {{"connects out, from its source port 20", "送信元ポート20番から"}},
		"telnet":      {{"One packet a key", "1文字ごとに1パケット"}},
		"ssh":         {{"One packet a key", "1文字ごとに1パケット"}},
		"smtp":        {{"MX record", "MXレコード"}, {"25 is for servers among themselves", "25番はサーバー同士"}, {"OP25B", "OP25B"}},
		"submission":  {{"carriers block 25", "25番が止められ"}},
		"submissions": {{"RFC 8314", "RFC 8314"}},
		"pop3":        {{"deletes", "削除"}, {"keeps nothing in step", "同期はしません"}, {"POP3 110/995", "POP3 110/995"}},
		"imap":        {{"IMAP syncs", "IMAPは同期します"}, {"IMAP holds connections", "IMAPは接続を保ち続けます"}},
		"ntp":         {{"stratum", "stratum"}, {"2-15", "1つ上の階層"}},
		"snmptrap":    {{"coldStart", "coldStart"}, {"warmStart", "warmStart"}, {"linkDown", "linkDown"}, {"linkUp", "linkUp"}, {"authenticationFailure", "authenticationFailure"}, {"egpNeighborLoss", "egpNeighborLoss"}},
		"syslog":      {{"local0.* /var/log/firewall.log", "local0.* /var/log/firewall.log"}, {"/var/log/auth.log", "/var/log/secure"}},
		"epmap":       {{"49152 and above", "49152番以上"}},
		"netbios-ns":  {{"lists them", "一覧にする"}},
	} {
		s, known := portspec.ByName(name)
		if !known {
			t.Fatal(name)
		}
		texts := strings.Join(told(s), "\n")
		for _, fact := range facts {
			for _, words := range fact {
				if !strings.Contains(texts, words) {
					t.Errorf("%s does not say %q", name, words)
				}
			}
		}
	}
}

func TestFind(t *testing.T) {
	for word, want := range map[string][]string{
		"22": {"ssh"}, "53": {"domain"}, "514": {"shell", "syslog"}, "514/udp": {"syslog"}, "u:514": {"syslog"}, "tcp/53": {"domain"}, "TCP 23": {"telnet"},
		"IMAP4": {"imap"}, "DNS": {"domain"}, "netbios": {"netbios-ns", "netbios-dgm", "netbios-ssn", "nameserver"},
		"時刻合わせ": {"ntp", "ptp-event"}, "stratum": {"stratum"}, "warmstart": {"snmptrap"}, "受動": nil, "パッシブモード": {"ftp", "ftp-data"},
		"": nil, "no such thing": nil, "40000": nil, "99999": nil,
	} {
		f := Find(word)
		var names []string
		for _, s := range f.Services {
			names = append(names, s.Name)
		}
		if !slices.Equal(names, want) {
			t.Errorf("%q leads to %q, want %q", word, names, want)
		}
	}
	if f := Find("stratum"); !slices.Contains(f.Also, "ntp") {
		t.Errorf("stratum is told of by %q", f.Also)
	}
	for _, word := range []string{"ports", "ranges", "ポート番号"} {
		if f := Find(word); len(f.Topics) != 1 || len(f.Services) > 0 {
			t.Errorf("%q leads to %+v", word, f)
		}
	}
	if f := Find("40000"); !f.Number || f.Port != 40000 {
		t.Errorf("40000 is %+v", f)
	}
}

func TestRangeOf(t *testing.T) {
	for port, want := range map[uint16]string{0: "system", 1023: "system", 1024: "user", 49151: "user", 49152: "dynamic", 65535: "dynamic"} {
		if r := RangeOf(port); r.Word != want {
			t.Errorf("%d is in %s, want %s", port, r.Word, want)
		}
	}
}

func TestHabits(t *testing.T) {
	for h, want := range map[Habit]string{Closed: "closed", Outward: "outward", LAN: "lan", Open: "open", 0: "Habit(0)", 9: "Habit(9)"} {
		if h.String() != want {
			t.Errorf("%s, want %s", h, want)
		}
	}
}
