package policy

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

var known = Known{
	Rules:     []string{"smtp-open-relay", "tls-old-version", "certificate-expired"},
	Protocols: []string{"ftp", "http", "imap", "smtp", "ssh"},
}

// whole is a policy that uses every key.
const whole = `
schema: sekisho/policy/1
extends: [home-server]
rest: any
loopback:
  open: [22, 5432/tcp, 53/udp]
  rest: closed
lan:
  open:
    - ssh
    - port: 443
      protocol: https
      product: nginx
      tls: implicit
      tls-min: "1.2"
      certificate-days: 14
      without: [tls-old-version, certificate-expired]
      worst: low
      note: the household's own page
  stealth: 135-139
  any: [u:5353]
internet:
  closed: ["25,80"]
internet-v4:
  rest: stealth
hosts:
  mail.example:
    extends: [mine]
  192.0.2.0/24: {lan: {closed: telnet}}
  this-machine: {loopback: {open: 631}}
outgoing:
  open: [{port: 25, to: mail.example}]
  closed: [6667]
profiles:
  mine:
    extends: web-server
    internet-v6: {rest: closed}
`

func TestWholePolicyIsRead(t *testing.T) {
	p, err := Parse("sekisho.yaml", []byte(whole), known)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"mail.example"}, p.Hosts()); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]Tried{{"mail.example", exposure.TCP, 25}}, p.Outgoing()); d != "" {
		t.Error(d)
	}
	tcp, udp, rest := p.Asked(exposure.Host{Name: "MAIL.example."})
	for _, port := range []uint16{22, 443, 5432, 80, 25, 23} {
		if !contains(tcp, port) {
			t.Errorf("%d/tcp is named and not asked: %v", port, tcp)
		}
	}
	for _, port := range []uint16{53, 5353, 1900} {
		if !contains(udp, port) {
			t.Errorf("%d/udp is named and not asked: %v", port, udp)
		}
	}
	if !rest {
		t.Error("the rest is judged and not asked for")
	}
}

func contains(list []uint16, n uint16) bool {
	return slices.Contains(list, n)
}

func TestProblemsTellWhereAndWhat(t *testing.T) {
	for name, c := range map[string]struct{ file, want string }{
		"key":         {"lan:\n  opne: [22]\n", `f:2:3: unknown key "opne"; there are: any, closed, open, rest, stealth; did you mean "open"?`},
		"zone":        {"LAN:\n  open: 22\n", `f:1:1: unknown key "LAN"; there are: extends, hosts, internet, internet-v4, internet-v6, lan, loopback, outgoing, profiles, rest, schema; did you mean "lan"?`},
		"word":        {"lan: {rest: close}\n", `f:1:13: "close" is none of: closed, stealth, any; did you mean "closed"?`},
		"port":        {"lan:\n  open: [22, 80-9O]\n", `f:2:18: "O" has no place here. Did you mean 80-90?`},
		"quoted_port": {"lan:\n  open: '22,sssh'\n", `f:2:13: no service is called "sssh". Did you mean ssh?`},
		"udp_port":    {"lan:\n  open: 70000/udp\n", `f:2:9: 70000 is too large: the last port is 65535`},
		"double":      {"lan: {open: 22}\nlan: {open: 23}\n", `f:2:1: "lan" stands here twice: first on line 1`},
		"both":        {"lan:\n  open: [22, 25]\n  closed:\n    - 20-23\n", `f:4:7: 22/tcp is to be closed here and open on line 2: leave one of them out`},
		"both_ranges": {"lan:\n  open: 1-500\n  closed: 400-600\n", `f:3:11: 400/tcp is to be closed here and open on line 2: leave one of them out`},
		"profile":     {"extends: home-cp\n", `f:1:10: there is no profile "home-cp"; there are: domain-controller, home-pc, home-server, mail-server, web-server; did you mean "home-pc"?`},
		"builtin":     {"profiles:\n  home-pc: {}\nlan: {open: 22}\n", `f:2:3: sekisho brings a profile "home-pc" of its own: choose another name and let it extend that one`},
		"cycle":       {"extends: a\nprofiles:\n  a: {extends: b}\n  b: {extends: a}\n", `f:1:10: the profile "a" extends itself`},
		"rule":        {"lan: {open: [{port: 25, without: smtp-open-rely}]}\n", `f:1:34: there is no finding "smtp-open-rely"; did you mean "smtp-open-relay"?`},
		"protocol":    {"lan: {open: [{port: 25, protocol: stmp}]}\n", `f:1:35: sekisho does not know the protocol "stmp"; did you mean "smtp"?`},
		"needs":       {"lan: {closed: [{port: 25, protocol: smtp}]}\n", `f:1:37: "protocol" is about the service behind an open port: it belongs under open or any`},
		"no_port":     {"lan: {open: [{protocol: smtp}]}\n", `f:1:14: the key "port" is missing: say which ports this is about`},
		"days":        {"lan: {open: [{port: 443, certificate-days: two}]}\n", `f:1:44: two is no number of days from 1 to 3650`},
		"host":        {"hosts:\n  192.0.2.300: {lan: {open: 22}}\n", `f:2:3: "192.0.2.300" is no host: write a name, an address, a block such as 192.168.1.0/24, or this-machine`},
		"to":          {"lan: {open: [{port: 25, to: a.example}]}\n", `f:1:29: "to" is for outgoing only`},
		"inward":      {"outgoing: {open: [{port: 25, tls: none}]}\n", `f:1:35: "tls" has no place under outgoing: the service there is somebody else's`},
		"list":        {"- lan\n", `f:1:1: a list of keys with their values belongs here, such as lan:`},
		"nested_list": {"lan: {open: [[22]]}\n", `f:1:14: a port belongs here, such as 22, 53/udp or ssh, or keys with their values, such as port: 22`},
		"yaml":        {"lan: {open: [22\n", `f:2:1: this is no YAML: did not find expected ',' or ']'`},
		"tab":         {"lan:\n\topen: 22\n", `f:2:1: this is no YAML: found character that cannot start any token`},
		"empty":       {"", `f: the policy says nothing: write what must be open or closed, or extend a profile`},
		"comment":     {"# nothing\n", `f: the policy says nothing: write what must be open or closed, or extend a profile`},
		"hollow":      {"schema: sekisho/policy/1\n", `f:1:1: the policy says nothing: write what must be open or closed, or extend a profile`},
		"schema":      {"schema: sekisho/policy/2\nlan: {open: 22}\n", `f:1:9: this sekisho reads policies of the schema "sekisho/policy/1"; did you mean "sekisho/policy/1"?`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("f", []byte(c.file), known)
			if err == nil {
				t.Fatal("it was taken")
			}
			first, _, _ := strings.Cut(err.Error(), "\n")
			if d := cmp.Diff(c.want, first); d != "" {
				t.Error(d)
			}
			var all Problems
			if !errors.As(err, &all) {
				t.Fatalf("%T is no list of problems", err)
			}
			if ja := all[0].In(lang.Japanese); ja == all[0].In(lang.English) || strings.Contains(ja, "⟦") {
				t.Errorf("in Japanese: %s", ja)
			}
		})
	}
}

func TestAllProblemsAreTold(t *testing.T) {
	_, err := Parse("f", []byte("opne: 1\nlan: {open: [x1, 70000]}\nrest: no\n"), known)
	if got := strings.Count(err.Error(), "\n") + 1; got != 4 {
		t.Errorf("%d problems, want 4:\n%v", got, err)
	}
}

// TestHostileFilesAreBounded: what is small in the file may be large when it is
// read.
func TestHostileFilesAreBounded(t *testing.T) {
	bomb := "x0: &x0 [22]\n"
	bomb = "lan:\n  open:\n    - &a0 {port: &p0 [\"1-65535\",\"1-65535\",\"1-65535\",\"1-65535\",\"1-65535\",\"1-65535\",\"1-65535\",\"1-65535\"]}\n" +
		strings.Repeat("    - {port: *p0}\n", 2000)
	var laughs strings.Builder
	laughs.WriteString("profiles:\n  a: {lan: {open: &z0 [22]}}\n")
	for i := 1; i < 30; i++ {
		laughs.WriteString("  p" + strings.Repeat("x", i) + ": &z" + string(rune('a'+i%26)) + " {extends: *z0}\n")
	}
	for name, file := range map[string]string{
		"ports":  bomb,
		"self":   "lan: &l\n  open: [{port: 22, without: &w [*w]}]\n",
		"mapped": "lan: &l {open: *l}\n",
		"deep":   "lan: " + strings.Repeat("{open: ", 5000) + strings.Repeat("}", 5000),
		"lists":  "lan: {open: " + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + "}",
		"huge":   "lan: {open: [" + strings.Repeat("22,", MaxFile) + "]}",
		"laughs": laughs.String(),
		"items":  "lan: {open: [" + strings.Repeat("22,", 80_000) + "]}",
		"null":   "lan: \x00",
		"bytes":  "lan: \xff\xfe\x80",
		"keys":   "? {a: b}\n: c\n? [x]\n: y\n",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("f", []byte(file), known)
			var all Problems
			if !errors.As(err, &all) || len(all) == 0 || len(all) > maxProblems {
				t.Fatalf("%d problems, %T", len(all), err)
			}
		})
	}
}

// TestChainOfProfilesIsBounded: thirty profiles that extend the next twice are a
// billion ways.
func TestChainOfProfilesIsBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString("extends: p0\nprofiles:\n")
	for i := range 30 {
		next := "p" + number(uint16(i+1))
		b.WriteString("  p" + number(uint16(i)) + ": {extends: [" + next + "," + next + "]}\n")
	}
	b.WriteString("  p30: {lan: {open: 22}}\n")
	if _, err := Parse("f", []byte(b.String()), known); err == nil {
		t.Error("it was taken")
	}
}

func TestBuiltinProfilesUseWordsThatAreThere(t *testing.T) {
	if len(builtin()) != 5 {
		t.Errorf("%d profiles", len(builtin()))
	}
	pc := builtin()["home-pc"]
	if !contains(pc.zones[exposure.ZoneInternetV6].entries[0].udp, 67) || len(pc.outgoing) != 4 {
		t.Errorf("home-pc is not what it is to be: %+v", pc)
	}
}

// TestManualIsRight holds the example of the manual to the reader.
func TestManualIsRight(t *testing.T) {
	b, err := os.ReadFile("../../docs/policy.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(b), "```yaml\n")
	example, _, closed := strings.Cut(rest, "```")
	if !found || !closed {
		t.Fatal("the manual has no example")
	}
	if _, err := Parse("docs/policy.md", []byte(example), known); err != nil {
		t.Error(err)
	}
	for name := range builtin() {
		if !strings.Contains(string(b), "`"+name+"`") {
			t.Errorf("the manual does not tell of the profile %s", name)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(whole))
	for _, s := range []string{"lan: {open: 22}", "extends: home-pc", "a: &x [*x]", "hosts: {a: {lan: {rest: closed}}}", "lan: {open: ['u:1-9', @all]}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := Parse("f", b, known)
		if (p == nil) == (err == nil) {
			t.Fatalf("%v and %v", p, err)
		}
		if err != nil {
			for line := range strings.SplitSeq(err.Error(), "\n") {
				if !strings.HasPrefix(line, "f:") {
					t.Errorf("a problem without a place: %q", line)
				}
			}
			return
		}
		p.Judge(exposure.Report{Hosts: []exposure.Host{{Name: "a"}}}, Context{}, lang.English)
	})
}

// TestAnyTextIsProblemsOrAPolicy: nothing but those comes back, whatever is in
// the file.
func TestAnyTextIsProblemsOrAPolicy(t *testing.T) {
	words := []string{"lan:", "open:", "closed:", "rest:", "hosts:", "extends:", "profiles:", "outgoing:", "port:", "without:", " 22", " ssh", " home-pc", " &a", " *a", "\n", "\n  ", "\n    ", "- ", "[", "]", "{", "}", ",", "#", "'", "|"}
	rapid.Check(t, func(t *rapid.T) {
		file := strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 0, 40).Draw(t, "file"), "")
		p, err := Parse("f", []byte(file), known)
		if (p == nil) == (err == nil) {
			t.Fatalf("%v and %v", p, err)
		}
	})
}
