//go:build linux && lab

package cli_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// from is a client whose connections begin at a host of the lab.
func from(h *lab.Host) *http.Client {
	return &http.Client{
		Timeout: 30 * time.Second,
		Transport: &http.Transport{
			DialContext: func(_ context.Context, network, address string) (conn net.Conn, err error) {
				err = h.Do(func() (err error) {
					conn, err = net.DialTimeout(network, address, 10*time.Second)
					return err
				})
				return conn, err
			},
		},
	}
}

// askAPI sends one request and decodes its answer, unless into is nil.
func askAPI(t *testing.T, c *http.Client, method, url, body string, into any) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			t.Fatalf("%s: %s %q: %v", url, answer.Status, text, err)
		}
	}
	return answer
}

// whoIs sends a request for whoami.
func whoIs(t *testing.T, c *http.Client, r *http.Request) (who exposure.Whoami) {
	t.Helper()
	answer, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(&who); err != nil {
		t.Fatalf("%s: %v", answer.Status, err)
	}
	return who
}

// longLook starts a look that would take minutes, lets something happen and
// returns how the look ended.
func longLook(t *testing.T, c *http.Client, base string, running func()) exposure.JobEnd {
	t.Helper()
	var plan exposure.Plan
	if r := askAPI(t, c, "POST", base+"/api/v1/jobs", `{"tcp":"1000-2999","consent":{"text":"I agree.","scope":"2000 ports"}}`, &plan); r.StatusCode != 201 {
		t.Fatalf("plan: %s", r.Status)
	}
	job := base + "/api/v1/jobs/" + plan.Job
	if r := askAPI(t, c, "POST", job+"/go", "", nil); r.StatusCode != 202 {
		t.Fatalf("go: %s", r.Status)
	}
	running()
	for after := 0; ; {
		var list exposure.Batches
		if r := askAPI(t, c, "GET", fmt.Sprintf("%s/batches?after=%d", job, after), "", &list); r.StatusCode != 200 {
			t.Fatalf("batches: %s", r.Status)
		}
		for _, b := range list.Batches {
			after = b.Number
			if b.Done {
				return b.Ended
			}
		}
	}
}

// TestOptOutsStopWhatRuns: a network that its owner takes out is left alone at
// once, and while the list cannot be read everybody is.
func TestOptOutsStopWhatRuns(t *testing.T) {
	l := lab.New(t)
	list := t.TempDir() + "/opt-out"
	write := func(text string) {
		if err := os.WriteFile(list, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("# none\n")
	database := t.TempDir() + "/sekisho.db"
	serving(t, l.Outside, root, "--opt-out", list, "--database", database, "--rate", "20")
	command := func(args ...string) {
		t.Helper()
		if r := sekisho(t, l.Outside, root, append([]string{"serve", "opt-out", "--database", database}, args...)...); r.code != 0 {
			t.Fatalf("%q: exit code %d: %s", args, r.code, r.errs)
		}
	}
	c, base := from(l.Home), "http://"+l.Outside.V4.String()+":8080"
	refused := func(want exposure.JobErrorKind) {
		t.Helper()
		deadline := time.Now().Add(time.Minute)
		for {
			var who exposure.Whoami
			askAPI(t, c, "GET", base+"/api/v1/whoami", "", &who)
			if who.Refused == string(want) {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("refused as %q a minute later, want %q", who.Refused, want)
			}
		}
	}
	refused("")
	if end := longLook(t, c, base, func() { write("26.10.9.0/24\n" + l.Router.V4.String() + "\n") }); end != exposure.EndRefused {
		t.Errorf("a network that opted out: the look ended by %q", end)
	}
	refused(exposure.JobOut)
	write("# none\n26.10.9.0/24\n")
	refused("")
	if end := longLook(t, c, base, func() { command("add", l.Router.V4.String(), "--why", "asked by mail") }); end != exposure.EndRefused {
		t.Errorf("a network that was added beside the service: the look ended by %q", end)
	}
	refused(exposure.JobOut)
	command("remove", l.Router.V4.String())
	refused("")
	if end := longLook(t, c, base, func() { write("26.10.9.0/24\n26.10.0.\n") }); end != exposure.EndRefused {
		t.Errorf("a broken list: the look ended by %q", end)
	}
	refused(exposure.JobUnread)
	write("")
	refused(exposure.JobUnread)
	write("# none\n")
	refused("")
	if err := os.Remove(list); err != nil {
		t.Fatal(err)
	}
	refused(exposure.JobUnread)
	r := sekisho(t, l.Outside, root, "serve", "--opt-out", list, "--listen", ":8081")
	if r.code != 2 || !strings.Contains(r.errs, list) {
		t.Errorf("serve starts without its list: exit code %d, %s", r.code, r.errs)
	}
}

// TestPeersProveWhatGetsOut: what a peer answers from is proven, what is cut on the
// way is not, and a connection of the peer comes back.
func TestPeersProveWhatGetsOut(t *testing.T) {
	l := lab.New(t)
	l.LAN.Filter(t, lab.Input, "tcp dport { 25, 445 }", lab.Drop)
	serving(t, l.Home, root, "--allow-private", "--peer", "http://["+l.LAN.V6.String()+"]:8080") // before the peer is there
	serving(t, l.LAN, root, "--allow-private")
	c := from(l.LAN)
	var who exposure.Whoami
	waitFor(t, func() bool {
		who = exposure.Whoami{}
		askAPI(t, c, "GET", "http://["+l.Home.V6.String()+"]:8080/api/v1/whoami", "", &who)
		return who.Station.Reached
	})
	sends := who.Station.Sends
	if !sends.Has(exposure.TCP, 135) || !sends.Has(exposure.TCP, 139) || sends.Has(exposure.TCP, 25) || sends.Has(exposure.TCP, 445) {
		t.Errorf("%+v", sends)
	}
	// To a visitor these two are unknown from there, and the third is silent.
	l.LAN.Filter(t, lab.Input, "tcp dport 135", lab.Drop)
	// From private address to private address nobody cuts, and nothing is to be proven.
	for _, c := range []struct {
		family, at string
		want       exposure.State
	}{{"-6", "http://[" + l.Home.V6.String() + "]:8080", exposure.Unknown}, {"-4", "http://" + l.Home.V4.String() + ":8080", exposure.Filtered}} {
		r := sekisho(t, l.LAN, root, "scan", c.family, "-p", "25,135,136", "--via", c.at, "--show", "all", "-f", "json")
		seen := decode[exposure.ScanDocument](t, r)
		states := map[uint16]exposure.State{}
		for _, o := range seen.Observations {
			if o.View == exposure.ViewLAN || o.View == exposure.ViewOutside {
				states[o.Port] = o.State
			}
		}
		if states[25] != c.want || states[135] != exposure.Filtered || states[136] != exposure.Closed {
			t.Errorf("%s: %v\n%s", c.family, states, r.errs)
		}
	}
}
