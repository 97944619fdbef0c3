//go:build linux && lab

package cli_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// serving starts sekisho serve and returns when it answers. It ends with the
// test.
func serving(t *testing.T, h *lab.Host, as user, args ...string) {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(args, "--echo-ports") { // tests start servers beside it
		args = append(args, "--echo-ports", "none")
	}
	line := append([]string{"env", "HOME=/tmp/home-of-root", "SEKISHO_LANG=en", path, "serve"}, args...)
	if as == nobody {
		line = append([]string{"setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"}, line...)
	}
	start(t, h, line...)
}

// start runs a command line that ends in serve, and returns when that answers.
func start(t *testing.T, h *lab.Host, line ...string) {
	t.Helper()
	cmd := h.Command(context.WithoutCancel(t.Context()), line[0], line[1:]...) // it is told to end
	said, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(said)
	answering := false
	for !answering && lines.Scan() {
		answering = strings.HasPrefix(lines.Text(), "Answering at ")
	}
	if !answering {
		t.Fatal("serve does not answer")
	}
	go func() { _, _ = io.Copy(io.Discard, said) }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			t.Errorf("serve ended with %v", err)
		}
	})
}

// viaURL is the vantage by its name, which has an address of each family.
const viaURL = "http://vantage.example:8080"

// vantageOf starts a vantage in a host and gives it a name at home.
func vantageOf(t *testing.T, l *lab.Lab, h *lab.Host) {
	t.Helper()
	serving(t, h, root)
	hosts := "127.0.0.1 localhost\n" + h.V4.String() + " vantage.example\n" + h.V6.String() + " vantage.example\n" +
		l.Router.V4.String() + " home.example\n" + l.Home.V6.String() + " home.example\n"
	l.Home.WriteFile(t, "/etc/hosts", hosts)
}

// TestCheckViaVantage holds what the vantage saw against what it is to see: the
// forwarded port over IPv4 at the router's address and over IPv6 at the own one,
// beside what the machine sees of itself.
func TestCheckViaVantage(t *testing.T) {
	l := lab.New(t)
	l.Home.StartNginx(t, lab.Nginx{})
	l.Home.StartSshd(t, lab.Sshd{})
	l.Forward(t, "tcp", 80, 80)
	vantageOf(t, l, l.Outside)
	l.Home.WriteFile(t, "/tmp/policy.yaml", "internet-v4:\n  open: [80, 22]\ninternet-v6:\n  open: [80]\n  closed: [22]\n")
	r := sekisho(t, l.Home, root, "check", "--via", viaURL, "--policy", "/tmp/policy.yaml", "-f", "json")
	report := decode[exposure.Report](t, r)
	if len(report.Vantages) != 3 || report.Vantages[1].Sees != l.Router.V4 || report.Vantages[2].Sees != l.Home.V6 {
		t.Fatalf("vantages %+v\n%s", report.Vantages, r.errs)
	}
	if h := report.Hosts[0]; len(h.Public) != 1 || h.Public[0] != l.Router.V4 {
		t.Errorf("the public address is %v", h.Public)
	}
	states := map[string]exposure.State{}
	for _, port := range []uint16{22, 80} {
		for _, o := range portOf(report, exposure.TCP, port).Observations {
			if !o.View.Own() {
				states[strings.Join([]string{string(o.View), o.Address.String(), fmt.Sprint(port), o.Vantage}, " ")] = o.State
			}
		}
	}
	for want, state := range map[string]exposure.State{
		"outside " + l.Router.V4.String() + " 80 vantage.example:8080":                     exposure.Open,
		"outside " + l.Router.V4.String() + " 22 vantage.example:8080":                     exposure.Filtered,
		"outside " + l.Home.V6.String() + " 80 vantage.example:8080/" + l.Home.V6.String(): exposure.Open,
		"outside " + l.Home.V6.String() + " 22 vantage.example:8080/" + l.Home.V6.String(): exposure.Filtered,
		"hairpin " + l.Router.V4.String() + " 80 self":                                     exposure.Closed,
	} {
		if states[want] != state {
			t.Errorf("%s is %s, want %s: %v", want, states[want], state, states)
		}
	}
	verdicts := map[string]exposure.Outcome{}
	for _, port := range []uint16{22, 80} {
		for _, v := range portOf(report, exposure.TCP, port).Verdicts {
			verdicts[fmt.Sprint(port)+" "+string(v.Zone)] = v.Verdict
		}
	}
	for want, outcome := range map[string]exposure.Outcome{
		"80 internet-v4": exposure.Pass, "22 internet-v4": exposure.Fail, "80 internet-v6": exposure.Pass, "22 internet-v6": exposure.Pass,
	} {
		if verdicts[want] != outcome {
			t.Errorf("%s: %s, want %s", want, verdicts[want], outcome)
		}
	}
	if r.code != 1 {
		t.Errorf("exit code %d, want 1: %s", r.code, r.errs)
	}
	page := sekisho(t, l.Home, root, "check", "--via", viaURL, "-p", "22,80", "-4")
	page.out = strings.Join(strings.Fields(page.out), " ")
	for _, word := range []string{"open from the Internet side (IPv4)", "filtered from the Internet side (IPv4)", "sees this machine at " + l.Router.V4.String()} {
		if !strings.Contains(page.out, word) {
			t.Errorf("the page lacks %q:\n%s\n%s", word, page.out, page.errs)
		}
	}
	scan := sekisho(t, l.Home, root, "scan", "--via", viaURL, "-p", "22,80", "--show", "all", "-f", "json")
	seen := decode[exposure.ScanDocument](t, scan)
	outside := 0
	for _, o := range seen.Observations {
		if o.View == exposure.ViewOutside {
			outside++
		}
	}
	if outside != 4 || scan.code != 0 || !seen.Summary.Complete {
		t.Errorf("%d observations from outside, exit code %d: %s\n%s", outside, scan.code, scan.out, scan.errs)
	}
}

// TestNobodyElseIsSentTo counts on the wire, where the router receives it, what a
// vantage sends to anybody but its callers, whatever these ask for.
func TestNobodyElseIsSentTo(t *testing.T) {
	l := lab.New(t)
	l.Router.NFT(t, fmt.Sprintf(`
		table inet strangers {
			counter strays {
			}
			chain arriving {
				type filter hook prerouting priority raw
				iifname "wan" ip daddr != %s counter name strays
				iifname "wan" ip6 daddr != { %s, %s } meta l4proto { tcp, udp } counter name strays
				iifname "wan" ip6 daddr %s icmpv6 type echo-request counter name strays
			}
		}
	`, l.Router.V4, l.Home.V6, l.Router.V6, l.LAN.V6))
	vantageOf(t, l, l.Outside)
	if r := sekisho(t, l.Home, root, "scan", "--via", viaURL, "-p", "22,80,u:53", "--show", "all", "-f", "json"); r.code == 2 {
		t.Fatalf("%s", r.errs)
	}
	victim := l.LAN.V6.String()
	consent := `"consent":{"text":"a","scope":"b"}`
	for _, to := range []string{l.Outside.V4.String() + ":8080", "[" + l.Outside.V6.String() + "]:8080"} {
		for _, request := range []string{
			"POST /api/v1/jobs HTTP/1.1\r\nX-Forwarded-For: " + victim + "\r\n|{\"tcp\":\"22\"," + consent + "}",
			"POST /api/v1/jobs HTTP/1.1\r\nForwarded: for=\"[" + victim + "]\"\r\n|{\"tcp\":\"22\"," + consent + "}",
			"POST /api/v1/jobs HTTP/1.1\r\nX-Real-IP: " + victim + "\r\n|{\"tcp\":\"22\"," + consent + "}",
			"POST /api/v1/jobs HTTP/1.1\r\n|{\"address\":\"" + victim + "\",\"tcp\":\"22\"," + consent + "}",
			"POST /api/v1/jobs HTTP/1.1\r\n|{\"tcp\":\"22\",\"name\":\"" + victim + "\"," + consent + "}",
			"POST http://[" + victim + "]/api/v1/jobs HTTP/1.1\r\n|{\"tcp\":\"22\"," + consent + "}",
			"CONNECT [" + victim + "]:22 HTTP/1.1\r\n|",
			"GET http://[" + victim + "]/ HTTP/1.1\r\n|",
			"POST /api/v1/jobs HTTP/1.1\r\n|{\"tcp\":\"22\",\"grant\":{\"address\":\"" + victim + "\"}," + consent + "}",
		} {
			say(t, l.Home, to, request)
		}
	}
	// What a request starts for its own caller has ended when the vantage has.
	out := l.Router.Run(t, "nft", "list", "counter", "inet", "strangers", "strays")
	if !strings.Contains(out, "packets 0 bytes 0") {
		t.Errorf("the vantage sent to strangers:\n%s", out)
	}
}

// say sends one request, its head and body apart by a bar, and starts the job
// that comes of it.
func say(t *testing.T, h *lab.Host, to, request string) {
	t.Helper()
	head, body, _ := strings.Cut(request, "|")
	speak := func(head, body string) string {
		var conn net.Conn
		if err := h.Do(func() (err error) {
			conn, err = net.Dial("tcp", to)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		fmt.Fprintf(conn, "%sHost: vantage.example\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", head, len(body), body)
		answer, err := io.ReadAll(conn)
		if err != nil {
			t.Fatal(err)
		}
		return string(answer)
	}
	_, location, ok := strings.Cut(speak(head, body), "Location: ")
	if !ok {
		return
	}
	at, _, _ := strings.Cut(location, "\r\n")
	speak("POST "+at+"/go HTTP/1.1\r\n", "")
	speak("GET "+at+"/batches HTTP/1.1\r\n", "")
	speak("DELETE "+at+" HTTP/1.1\r\n", "")
}

// TestBadVantages: a vantage that is away, is none or refuses costs one line and
// no state.
func TestBadVantages(t *testing.T) {
	l := lab.New(t)
	l.Home.StartNginx(t, lab.Nginx{})
	serving(t, l.LAN, root, "--listen", ":8081", "--allow-private")
	serving(t, l.Home, root, "--listen", ":8082")
	for name, c := range map[string]struct{ url, line string }{
		"away":    {"http://26.10.0.1:9", "http://26.10.0.1:9 cannot be reached"},
		"none":    {"http://" + l.Home.V4.String(), "is no vantage"},
		"unnamed": {"http://nowhere.example", "nowhere.example"},
		"itself":  {"http://" + l.Home.V4.String() + ":8082", "is this machine itself"},
	} {
		r := sekisho(t, l.Home, root, "check", "--via", c.url, "-p", "80", "-f", "json")
		report := decode[exposure.Report](t, r)
		if r.code != 3 || len(report.Vantages) != 2 || !strings.Contains(report.Vantages[1].Error, c.line) {
			t.Errorf("%s: exit code %d, %+v", name, r.code, report.Vantages)
		}
		for _, o := range portOf(report, exposure.TCP, 80).Observations {
			if !o.View.Own() {
				t.Errorf("%s: %+v", name, o)
			}
		}
	}
	// Another machine of the LAN is a vantage for its neighbours, though its own
	// address is private.
	url := "http://" + l.LAN.V4.String() + ":8081"
	r := sekisho(t, l.Home, root, "check", "--via", url, "-p", "80", "-f", "json")
	seen := false
	for _, o := range portOf(decode[exposure.Report](t, r), exposure.TCP, 80).Observations {
		seen = seen || o.View == exposure.ViewLAN && o.State == exposure.Open && o.Address == l.Home.V4
	}
	if !seen {
		t.Errorf("exit code %d: %s", r.code, r.out)
	}
}

// TestDiagnoseShowsNamesAsTheVantageSeesThem: an old address that the vantage's
// resolver still keeps stands beside what is told here.
func TestDiagnoseShowsNamesAsTheVantageSeesThem(t *testing.T) {
	l := lab.New(t)
	zone(right4+right6, nil)(t, l)
	vantageOf(t, l, l.Outside)
	l.Outside.StartBind(t, lab.Bind{
		Zones: `zone "town.example" { type primary; file "/etc/bind/town"; };`,
		Files: map[string]string{"/etc/bind/town": "$TTL 300\n@ SOA ns me 1 3600 600 86400 120\n NS ns\nns A 26.10.0.1\n" + old4},
	})
	l.Outside.WriteFile(t, "/etc/resolv.conf", "nameserver "+l.Outside.V4.String()+"\n")
	r := sekisho(t, l.Home, root, "diagnose", "80", "--via", viaURL, "--name", "www.town.example", "-f", "json")
	d := decode[exposure.Diagnosis](t, r)
	if len(d.Names) != 1 {
		t.Fatalf("%+v\n%s", d.Names, r.errs)
	}
	seen := map[string]exposure.NameAnswer{}
	for _, a := range d.Names[0].Answers {
		if a.Source == exposure.NameVantage {
			seen[a.Record] = a
		}
	}
	if a := seen["A"]; a.Server != "vantage.example:8080" || len(a.Addresses) != 1 || a.Addresses[0].String() != "26.10.0.99" || a.TTL == nil || *a.TTL != 300 {
		t.Errorf("A: %+v", a)
	}
	if a := seen["AAAA"]; a.Outcome != exposure.NameNoData {
		t.Errorf("AAAA: %+v", a)
	}
	page := sekisho(t, l.Home, root, "diagnose", "80", "-4", "--via", viaURL, "--name", "www.town.example")
	if !strings.Contains(page.out, "26.10.0.99") || !strings.Contains(page.out, "vantage.example:8080") {
		t.Errorf("the page does not show it:\n%s", page.out)
	}
}
