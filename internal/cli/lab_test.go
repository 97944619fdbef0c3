//go:build lab

package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// leak counts what goes out by the interfaces of a host. Neighbour discovery is
// not counted: the kernel does that for its own addresses.
const leak = `
	table inet leak {
		counter left {
		}
		chain out {
			type filter hook output priority 300
			oifname != "lo" meta l4proto { tcp, udp, icmp } counter name left
		}
	}
`

// patience bounds one run of the program in a lab.
const patience = 3 * time.Minute

// program builds sekisho once, as people build it, where every user of every
// host may run it.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("/var/tmp", "sekisho-lab-")
	if err != nil {
		return "", err
	}
	built = dir
	path := filepath.Join(dir, "sekisho")
	build := exec.Command("go", "build", "-o", path, "sekisho/cmd/sekisho")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", errors.New(string(out))
	}
	return path, os.Chmod(dir, 0o755)
})

// result is what a run of the program left.
type result struct {
	code      int
	out, errs string
}

// user is who runs the program.
type user bool

const (
	root   user = true
	nobody user = false
)

// sekisho runs the program in a host, in English unless the arguments say
// otherwise.
func sekisho(t *testing.T, h *lab.Host, as user, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := command(t, h, as, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Fatalf("%s: sekisho %q: %v", h.Name, args, err)
	}
	return result{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

func command(t *testing.T, h *lab.Host, as user, args ...string) *exec.Cmd {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	line := append([]string{"env", "HOME=/tmp/home-of-root", "SEKISHO_LANG=en", path}, args...)
	if as == nobody {
		line = append([]string{"setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "env", "HOME=/nonexistent", "SEKISHO_LANG=en", path}, args...)
	}
	return h.Command(ctx, line[0], line[1:]...)
}

func decode[T any](t *testing.T, r result) T {
	t.Helper()
	var document T
	if err := json.Unmarshal([]byte(r.out), &document); err != nil {
		t.Fatalf("exit code %d: %v\n%s\n%s", r.code, err, r.out, r.errs)
	}
	return document
}

// TestCheckNamesEveryService starts six real servers and holds that each is
// listed with protocol, product, version, process and what is worrying.
func TestCheckNamesEveryService(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	h.StartVsftpd(t, lab.Vsftpd{})
	h.StartSshd(t, lab.Sshd{})
	h.StartNginx(t, lab.Nginx{})
	h.StartNginx(t, lab.Nginx{Port: 8080, TLSPort: 8443, Expires: time.Now().Add(-24 * time.Hour)})
	h.StartPostfix(t, lab.Postfix{})
	h.StartBind(t, lab.Bind{})
	h.StartTelnetd(t, lab.Telnetd{})

	seen := sekisho(t, h, root, "check", "-f", "json")
	report := decode[exposure.Report](t, seen)
	if seen.code != 0 || len(report.Hosts) != 1 || report.Partial {
		t.Fatalf("exit code %d, %d hosts, partial %v: %s", seen.code, len(report.Hosts), report.Partial, seen.errs)
	}
	for _, want := range []struct {
		transport exposure.Transport
		port      uint16
		protocol  string
		product   string
		version   bool
		process   string
		findings  []string
	}{
		{exposure.TCP, 21, "ftp", "vsftpd", true, "vsftpd", []string{"ftp-cleartext-login", "version-disclosed"}},
		{exposure.TCP, 22, "ssh", "OpenSSH", true, "sshd", []string{"version-disclosed"}},
		{exposure.TCP, 80, "http", "nginx", true, "nginx", []string{"version-disclosed"}},
		{exposure.TCP, 443, "http", "nginx", true, "nginx", nil},
		{exposure.TCP, 8443, "http", "nginx", true, "nginx", []string{"certificate-expired"}},
		{exposure.TCP, 25, "smtp", "Postfix", false, "master", nil},
		{exposure.TCP, 53, "dns", "BIND", true, "named", []string{"version-disclosed"}},
		{exposure.UDP, 53, "dns", "BIND", true, "named", nil},
		{exposure.TCP, 23, "telnet", "GNU inetutils telnetd", false, "inetutils-inetd", []string{"telnet-cleartext-login"}},
	} {
		name := want.transport.String() + "/" + want.protocol
		p := portOf(report, want.transport, want.port)
		if p == nil || len(p.Services) == 0 || len(p.Listeners) == 0 {
			t.Errorf("%s: port %d is not listed with service and listener: %+v", name, want.port, p)
			continue
		}
		s := p.Services[0]
		if s.Protocol != want.protocol || s.Product.Raw() != want.product || (s.Version.Raw() != "") != want.version || s.Confidence != exposure.Confirmed {
			t.Errorf("%s: port %d is %s %q %q, %s", name, want.port, s.Protocol, s.Product, s.Version, s.Confidence)
		}
		if want.process != "" && p.Listeners[0].Process != want.process {
			t.Errorf("%s: port %d belongs to %q, want %q", name, want.port, p.Listeners[0].Process, want.process)
		}
		for _, rule := range want.findings {
			if !slices.ContainsFunc(p.Findings, func(f exposure.Finding) bool { return f.Rule == rule }) {
				t.Errorf("%s: port %d has no finding %s but %+v", name, want.port, rule, p.Findings)
			}
		}
	}
	if p := portOf(report, exposure.TCP, 443); p != nil && slices.ContainsFunc(p.Findings, func(f exposure.Finding) bool { return f.Rule == "certificate-expired" }) {
		t.Error("a valid certificate is called expired")
	}

	english := sekisho(t, h, root, "check")
	for _, word := range []string{"vsftpd 3.0", "OpenSSH 9", "nginx 1", "Postfix", "BIND", "telnet", "all addresses"} {
		if !strings.Contains(english.out, word) {
			t.Errorf("the English page lacks %q:\n%s", word, english.out)
		}
	}
	if !strings.HasSuffix(english.out, " things to mend. Is this what you meant? `sekisho policy init`\n") {
		t.Errorf("the last line is %q", english.out[max(0, len(english.out)-200):])
	}
	japanese := sekisho(t, h, root, "check", "--lang", "ja")
	for _, word := range []string{"vsftpd 3.0", "全アドレス", "対処", "要注意"} {
		if !strings.Contains(japanese.out, word) {
			t.Errorf("the Japanese page lacks %q:\n%s", word, japanese.out)
		}
	}

	// Without root the owners are missing and nothing else is.
	poor := sekisho(t, h, nobody, "check", "-f", "json")
	less := decode[exposure.Report](t, poor)
	if poor.code != 0 || len(less.Unseen) == 0 {
		t.Errorf("without root: exit code %d and unseen %q, want 0 and a word about owners", poor.code, less.Unseen)
	}
	if a, b := states(report), states(less); !slices.Equal(a, b) {
		t.Errorf("root and nobody see different states:\n%q\n%q", a, b)
	}
}

func portOf(r exposure.Report, transport exposure.Transport, port uint16) *exposure.Port {
	for _, h := range r.Hosts {
		for i, p := range h.Ports {
			if p.Transport == transport && p.Port == port {
				return &h.Ports[i]
			}
		}
	}
	return nil
}

// states are the states of a report, one word for each address and port.
func states(r exposure.Report) []string {
	var list []string
	for _, h := range r.Hosts {
		for _, p := range h.Ports {
			for _, o := range p.Observations {
				list = append(list, o.Endpoint().String()+"/"+o.Transport.String()+" "+o.State.String())
			}
		}
	}
	return list
}

// TestCheckSendsNothingOffTheMachine counts what leaves by the interfaces: no
// probe, no question for a name. The servers are ones that do not look up the
// name of whoever connects: what Postfix asks its resolver is its own doing.
func TestCheckSendsNothingOffTheMachine(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	h.WriteFile(t, "/etc/resolv.conf", "nameserver "+l.Gateway4.String()+"\n")
	h.StartSshd(t, lab.Sshd{})
	h.StartBind(t, lab.Bind{})
	h.StartNginx(t, lab.Nginx{})
	h.NFT(t, leak)
	if r := sekisho(t, h, root, "check"); r.code != 0 {
		t.Fatalf("exit code %d: %s", r.code, r.errs)
	}
	if r := sekisho(t, h, root, "local", "--router", "none"); r.code != 0 {
		t.Fatalf("exit code %d: %s", r.code, r.errs)
	}
	if counted := h.Run(t, "nft", "list", "counter", "inet", "leak", "left"); !strings.Contains(counted, "packets 0 ") {
		t.Errorf("something left the machine: %s", counted)
	}
}

// TestStatesOfAnotherHost holds what every rule of a firewall makes of a port,
// for root, who sends raw SYNs, and for nobody, who connects.
func TestStatesOfAnotherHost(t *testing.T) {
	l := lab.New(t)
	l.Home.Listen(t, "tcp", ":1000")
	l.Home.Listen(t, "tcp", ":1001")
	l.Home.ListenPacket(t, "udp", ":2000")
	for rule, verdict := range map[string]lab.Verdict{
		"tcp dport 1001": lab.Drop,
		"tcp dport 1002": lab.RejectReset,
		"tcp dport 1003": lab.RejectAdmin,
		"udp dport 2003": lab.RejectAdmin,
	} {
		l.Home.Filter(t, lab.Input, rule, verdict)
	}
	want := []string{
		"1000/tcp open", "1001/tcp filtered no-response", "1002/tcp closed", "1003/tcp filtered admin-prohibited", "1004/tcp closed",
		"2000/udp open|filtered no-response", "2001/udp closed port-unreach", "2003/udp filtered admin-prohibited",
	}
	for _, address := range []string{l.Home.V4.String(), l.Home.V6.String()} {
		for _, as := range []user{root, nobody} {
			r := sekisho(t, l.LAN, as, "scan", address, "-p", "1000-1004,u:2000,u:2001,u:2003", "--show", "all", "-f", "json", "--authorized")
			document := decode[exposure.ScanDocument](t, r)
			var got []string
			for _, o := range document.Observations {
				word := o.Endpoint().Port()
				line := portWord(word) + "/" + o.Transport.String() + " " + o.State.String()
				if o.State != exposure.Open && (o.State != exposure.Closed || o.Transport == exposure.UDP) {
					line += " " + string(o.Reason)
				}
				if o.View != exposure.ViewLAN {
					t.Errorf("%s is seen by the view %s", o.Endpoint(), o.View)
				}
				got = append(got, line)
			}
			slices.Sort(got)
			if !slices.Equal(got, want) || r.code != 0 || !document.Summary.Complete {
				t.Errorf("%s, root %v, exit code %d:\n got %q\nwant %q\n%s", address, as, r.code, got, want, r.errs)
			}
		}
	}
}

func portWord(n uint16) string {
	b, _ := json.Marshal(n) // a number always marshals
	return string(b)
}

// TestConsentBeforeStrangers holds that a public address that is not this
// machine's gets no packet before somebody said that it may.
func TestConsentBeforeStrangers(t *testing.T) {
	l := lab.New(t)
	target := l.Home.V6.String()
	l.Outside.NFT(t, leak)
	counted := func() string { return l.Outside.Run(t, "nft", "list", "counter", "inet", "leak", "left") }

	refused := sekisho(t, l.Outside, root, "scan", target, "-p", "22")
	if refused.code != 2 || !strings.Contains(refused.errs, "--authorized") || strings.Count(refused.errs, "\n") != 1 {
		t.Errorf("exit code %d: %s", refused.code, refused.errs)
	}
	if !strings.Contains(counted(), "packets 0 ") {
		t.Errorf("packets went out without consent: %s", counted())
	}
	if no := onTerminal(t, l.Outside, "n\n", "scan", target, "-p", "22"); no.code != 2 || !strings.Contains(no.out, "[y/N]") {
		t.Errorf("exit code %d: %s", no.code, no.out)
	}
	if !strings.Contains(counted(), "packets 0 ") {
		t.Errorf("packets went out after a no: %s", counted())
	}
	if yes := onTerminal(t, l.Outside, "y\n", "scan", target, "-p", "22"); yes.code != 0 || !strings.Contains(yes.out, "[y/N]") {
		t.Errorf("exit code %d: %s", yes.code, yes.out)
	}
	if again := sekisho(t, l.Outside, root, "scan", target, "-p", "23"); again.code != 0 {
		t.Errorf("the consent was not kept: exit code %d: %s", again.code, again.errs)
	}
	if other := sekisho(t, l.Outside, root, "scan", l.Router.V4.String(), "-p", "23", "--authorized"); other.code != 0 {
		t.Errorf("--authorized: exit code %d: %s", other.code, other.errs)
	}
	record := l.Outside.Run(t, "cat", "/tmp/home-of-root/.config/sekisho/consent.jsonl")
	for _, part := range []string{target, `"terminal"`, l.Router.V4.String(), `"--authorized"`} {
		if !strings.Contains(record, part) {
			t.Errorf("the record lacks %s:\n%s", part, record)
		}
	}
}

// onTerminal runs the program on a pseudo terminal on which somebody types.
func onTerminal(t *testing.T, h *lab.Host, typed string, args ...string) result {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var out bytes.Buffer
	line := "HOME=/tmp/home-of-root SEKISHO_LANG=en " + path + " " + strings.Join(args, " ")
	cmd := h.Command(ctx, "script", "-qec", line, "/dev/null")
	cmd.Stdin, cmd.Stdout = strings.NewReader(typed), &out
	var ended *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &ended) {
		t.Fatal(err)
	}
	return result{code: cmd.ProcessState.ExitCode(), out: out.String()}
}

// TestNamesThatDoNotResolve holds the line and the code, without a resolver
// and with one that knows better.
func TestNamesThatDoNotResolve(t *testing.T) {
	l := lab.New(t)
	l.LAN.WriteFile(t, "/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
	r := sekisho(t, l.LAN, root, "scan", "home.example")
	if r.code != 2 || !strings.HasPrefix(r.errs, `sekisho: "home.example" does not resolve: `) || strings.Count(r.errs, "\n") != 1 {
		t.Errorf("without a resolver: exit code %d: %s", r.code, r.errs)
	}
	l.Home.StartBind(t, lab.Bind{})
	l.LAN.WriteFile(t, "/etc/resolv.conf", "nameserver "+l.Home.V4.String()+"\n")
	r = sekisho(t, l.LAN, root, "scan", "absent.home.example")
	if r.code != 2 || !strings.Contains(r.errs, "no such name") {
		t.Errorf("an unknown name: exit code %d: %s", r.code, r.errs)
	}
	r = sekisho(t, l.LAN, root, "scan", "home.example", "-p", "53", "-f", "jsonl", "-4")
	if r.code != 0 || !strings.Contains(r.out, `"host":"home.example","address":"`+l.Home.V4.String()+`"`) {
		t.Errorf("a known name: exit code %d: %s%s", r.code, r.out, r.errs)
	}
}

// TestInterruptPrintsWhatWasSeen ends a scan of a host that stays silent.
func TestInterruptPrintsWhatWasSeen(t *testing.T) {
	l := lab.New(t)
	l.Home.NFT(t, `
		table inet silence {
			counter asked {
			}
			chain in {
				type filter hook input priority 0
				meta l4proto tcp counter name asked drop
			}
		}
	`)
	for _, as := range []user{root, nobody} {
		file := filepath.Join(t.TempDir(), "partial.json")
		l.Home.Run(t, "nft", "reset", "counters")
		var errs bytes.Buffer
		args := []string{"scan", l.Home.V4.String(), "-p-", "--rate", "200", "-f", "json", "--show", "all"}
		if as == root {
			args = append(args, "-o", file)
		}
		cmd := command(t, l.LAN, as, args...)
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		waitFor(t, func() bool {
			return !strings.Contains(l.Home.Run(t, "nft", "list", "counter", "inet", "silence", "asked"), "packets 0 ")
		})
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // the exit code tells
		if as == root {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatalf("the file is not there: %v\n%s", err, errs.String())
			}
			out.Write(b)
		}
		document := decode[exposure.ScanDocument](t, result{out: out.String()})
		if cmd.ProcessState.ExitCode() != 130 || document.Summary.Complete || strings.Count(errs.String(), "\n") != 1 {
			t.Errorf("root %v: exit code %d, complete %v\n%s", as, cmd.ProcessState.ExitCode(), document.Summary.Complete, errs.String())
		}
	}
}

// waitFor polls until something holds, within bounds.
func waitFor(t *testing.T, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(time.Minute)
	for !holds() {
		select {
		case <-deadline:
			t.Fatal("waited in vain")
		case <-tick.C:
		}
	}
}
