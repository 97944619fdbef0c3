//go:build lab

package cli_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// running is a run of the program that a test follows line by line.
type running struct {
	cmd    *exec.Cmd
	lines  chan string // of standard error
	stdout chan string // lines of standard output, as they come

	mu  sync.Mutex
	out bytes.Buffer
	err bytes.Buffer
}

// follow starts the program in a host.
func follow(t *testing.T, h *lab.Host, as user, args ...string) *running {
	t.Helper()
	r := &running{cmd: command(t, h, as, args...), lines: make(chan string, 1000), stdout: make(chan string, 10000)}
	errs, err := r.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	read := func(from io.Reader, to chan string, all *bytes.Buffer) {
		defer close(to)
		for s := bufio.NewScanner(from); s.Scan(); {
			r.mu.Lock()
			all.WriteString(s.Text() + "\n")
			r.mu.Unlock()
			select {
			case to <- s.Text():
			default: // nobody waits for that many
			}
		}
	}
	go read(errs, r.lines, &r.err)
	go read(out, r.stdout, &r.out)
	return r
}

// await waits for a line with the words.
func (r *running) await(t *testing.T, from chan string, words ...string) string {
	t.Helper()
	for line := range from {
		all := true
		for _, w := range words {
			all = all && strings.Contains(line, w)
		}
		if all {
			return line
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	t.Fatalf("it ended without a line of %q:\n%s\n%s", words, r.out.String(), r.err.String())
	return ""
}

// end interrupts the program and returns what it left.
func (r *running) end(t *testing.T) result {
	t.Helper()
	if err := r.cmd.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatal(err)
	}
	return r.left(t)
}

// left waits for the end.
func (r *running) left(t *testing.T) result {
	t.Helper()
	for range r.lines { //nolint:revive // to its end
	}
	for range r.stdout { //nolint:revive // to its end
	}
	var ended *exec.ExitError
	if err := r.cmd.Wait(); err != nil && !errors.As(err, &ended) {
		t.Fatal(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return result{r.cmd.ProcessState.ExitCode(), r.out.String(), r.err.String()}
}

// TestListenIsReached: before any server is there, another PC and somebody
// outside see the port open, and the end says who came.
func TestListenIsReached(t *testing.T) {
	for _, c := range []struct{ listen, proto, spec string }{{"8080", "tcp", "8080"}, {"5060/udp", "udp", "u:5060"}} {
		t.Run(c.proto, func(t *testing.T) {
			l := lab.New(t)
			port := uint16(8080)
			if c.proto == "udp" {
				port = 5060
			}
			l.Forward(t, c.proto, port, port)
			r := follow(t, l.Home, root, "diagnose", "--listen", c.listen, "-f", "json")
			r.await(t, r.lines, "sekisho scan "+l.Home.V4.String()+" -p "+c.spec)
			r.await(t, r.lines, "listening on port")
			for _, from := range []struct {
				h  *lab.Host
				at netip.Addr
			}{{l.LAN, l.Home.V4}, {l.LAN, l.Home.V6}, {l.Outside, l.Router.V4}, {l.Outside, l.Home.V6}} {
				seen := sekisho(t, from.h, root, "scan", from.at.String(), "-p", c.spec, "--method", "connect", "--authorized", "-f", "json")
				if !strings.Contains(seen.out, `"open"`) {
					t.Errorf("from %s: %s%s", from.h.Name, seen.out, seen.errs)
				}
			}
			d := decode[exposure.Diagnosis](t, r.end(t))
			if !d.Partial || len(d.Ports) != 3 {
				t.Fatalf("partial %v, %+v", d.Partial, d.Ports)
			}
			for i, zone := range []exposure.Zone{exposure.ZoneInternetV4, exposure.ZoneInternetV6, exposure.ZoneLAN} {
				p := d.Ports[i]
				certainty := exposure.CauseProven
				if c.proto == "udp" {
					certainty = exposure.CauseLikely
				}
				if p.Zone != zone || p.Cause.ID != "ok" || p.Cause.Certainty != certainty || len(p.Arrivals) == 0 || p.Arrivals[0].Accepted != (c.proto == "tcp") {
					t.Errorf("%s: %s\n%+v", p.Zone, told(p), p.Arrivals)
				}
				looker := "outside"
				if zone == exposure.ZoneLAN {
					looker = "lan"
				}
				if c.proto == "tcp" && !slices.ContainsFunc(p.Stages, func(s exposure.Stage) bool { return s.ID == looker && s.Result == exposure.StageOK }) {
					t.Errorf("%s: nobody looked, says the stage %s: %s", p.Zone, looker, told(p))
				}
			}
		})
	}
}

// TestListenBehindAFilter: what the own packet filter drops is heard on the wire
// all the same, and the filter is named.
func TestListenBehindAFilter(t *testing.T) {
	l := lab.New(t)
	l.Home.Filter(t, lab.Input, "tcp dport 8080", lab.Drop)
	r := follow(t, l.Home, root, "diagnose", "--listen", "8080")
	r.await(t, r.lines, "listening on port")
	sekisho(t, l.LAN, root, "scan", l.Home.V4.String(), "-p", "8080")
	r.await(t, r.lines, l.LAN.V4.String(), "nothing left this machine")
	end := r.end(t)
	page := strings.Join(strings.Fields(end.out), " ") // which is wrapped
	if end.code != 130 || !strings.Contains(page, "host-firewall, proven") || !strings.Contains(page, l.LAN.V4.String()+" came to "+l.Home.V4.String()+":8080") {
		t.Errorf("%d: %s%s", end.code, end.out, end.errs)
	}
}

// TestListenWithoutPrivilege: the listener alone sees who gets through.
func TestListenWithoutPrivilege(t *testing.T) {
	l := lab.New(t)
	r := follow(t, l.Home, nobody, "diagnose", "--listen", "8080", "-f", "json")
	r.await(t, r.lines, "packets cannot be captured")
	r.await(t, r.lines, "listening on port")
	sekisho(t, l.LAN, nobody, "scan", l.Home.V4.String(), "-p", "8080")
	r.await(t, r.lines, l.LAN.V4.String(), "connected to")
	if d := decode[exposure.Diagnosis](t, r.end(t)); len(d.Ports) != 1 || d.Ports[0].Cause.ID != "ok" || len(d.Ports[0].Arrivals) != 1 {
		t.Errorf("%+v", d)
	}

	// Nobody comes, and it ends by itself.
	quiet := sekisho(t, l.Home, nobody, "diagnose", "--listen", "8080", "--timeout", "2s")
	if quiet.code != 3 || !strings.Contains(quiet.errs, "nobody came to port 8080/tcp") {
		t.Errorf("%d: %s%s", quiet.code, quiet.out, quiet.errs)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--listen", "80"}, "needs root"},
		{[]string{"--listen", "80-90"}, "not one port"},
		{[]string{"--listen", "8080", "--watch"}, "--listen is for this machine"},
		{[]string{"--listen", "8080", "80"}, "--listen is for this machine"},
	} {
		if r := sekisho(t, l.Home, nobody, append([]string{"diagnose"}, c.args...)...); r.code != 2 || !strings.Contains(r.errs, c.want) || strings.Count(r.errs, "\n") != 1 {
			t.Errorf("%q: %d %s", c.args, r.code, r.errs)
		}
	}
	l.Home.StartNginx(t, lab.Nginx{})
	if r := sekisho(t, l.Home, root, "diagnose", "--listen", "80"); r.code != 2 || !strings.Contains(r.errs, "taken by nginx") {
		t.Errorf("%d %s", r.code, r.errs)
	}
}

// TestWatchTellsTheFlip: while it watches, a rule is added and taken away.
func TestWatchTellsTheFlip(t *testing.T) {
	l := lab.New(t)
	l.Home.StartNginx(t, lab.Nginx{})
	r := follow(t, l.Home, root, "diagnose", "80", "--watch")
	r.await(t, r.lines, "looking every 5 s for at most 10 minutes")
	r.await(t, r.stdout, "80/tcp", "(ok,")
	l.Home.Filter(t, lab.Input, "tcp dport 80", lab.Drop)
	r.await(t, r.stdout, "80/tcp", "was:", "(ok,", "now:", "(host-firewall, proven)")
	l.Home.NFT(t, "delete table inet lab")
	r.await(t, r.stdout, "80/tcp", "was:", "(host-firewall, proven)", "now:", "(ok,")
	if end := r.end(t); end.code != 130 || !strings.Contains(end.out, "Diagnosis of") {
		t.Errorf("%d: %s%s", end.code, end.out, end.errs)
	}

	// As lines of JSON: one a look, of another host too.
	other := follow(t, l.LAN, root, "diagnose", l.Home.V4.String(), "80", "--watch", "-f", "jsonl")
	other.await(t, other.stdout, `"type":"look"`, `"id":"ok"`)
	l.Home.Filter(t, lab.Input, "tcp dport 80", lab.RejectAdmin)
	other.await(t, other.stdout, `"type":"look"`, `"flips":[{`, `"was":{"cause":"ok"`, `"is":{"cause":"host-firewall"`)
	end := other.end(t)
	for _, line := range strings.Split(strings.TrimSpace(end.out), "\n") {
		if !strings.HasPrefix(line, `{"type":"look"`) {
			t.Errorf("no look: %s", line)
		}
	}
	// One document: the last look, and all flips.
	whole := follow(t, l.Home, root, "diagnose", "80", "--watch", "-f", "json")
	whole.await(t, whole.lines, "looking every")
	l.Home.NFT(t, "delete table inet lab")
	if d := decode[exposure.Diagnosis](t, whole.end(t)); len(d.Ports) > 0 && !d.Partial {
		t.Errorf("%+v", d)
	}
}

// TestListenAndWatchViaVantage: the vantage sees the temporary listener through
// the router, and while somebody changes the router the flip is told.
func TestListenAndWatchViaVantage(t *testing.T) {
	l := lab.New(t)
	vantageOf(t, l, l.Outside)
	l.Forward(t, "tcp", 9000, 9000)
	r := sekisho(t, l.Home, root, "diagnose", "--listen", "9000", "-4", "--via", viaURL, "-f", "json")
	d := decode[exposure.Diagnosis](t, r)
	if r.code != 0 || len(d.Ports) != 1 || d.Ports[0].Cause.ID != "ok" || d.Ports[0].Cause.Certainty != exposure.CauseProven || len(d.Ports[0].Arrivals) == 0 || d.Ports[0].Arrivals[0].By != exposure.ByCookie {
		t.Errorf("%d: %s%s", r.code, r.out, r.errs)
	}

	l.Home.StartNginx(t, lab.Nginx{})
	w := follow(t, l.Home, root, "diagnose", "80", "-4", "--via", viaURL, "--watch")
	w.await(t, w.stdout, "80/tcp", "(router-no-forward, likely)")
	l.Forward(t, "tcp", 80, 80)
	w.await(t, w.stdout, "80/tcp", "was:", "(router-no-forward, likely)", "now:")
	if end := w.end(t); end.code != 130 {
		t.Errorf("%d: %s%s", end.code, end.out, end.errs)
	}
}
