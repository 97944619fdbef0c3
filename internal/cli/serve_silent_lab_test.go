//go:build linux && lab

package cli_test

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// visiting is the browser of somebody in a host.
func visiting(t *testing.T, h *lab.Host) *http.Client {
	t.Helper()
	c := from(h)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c.Jar = jar
	return c
}

// looksAt has a page look at the visitor, does something while it looks, and
// returns the result as machines read it and as a page.
func looksAt(t *testing.T, c *http.Client, base, kind, ports string, during func()) (result struct {
	State   exposure.LookState
	Silent  exposure.Outcome `json:"fully_silent"`
	Unasked *exposure.Unasked
}, page string,
) {
	t.Helper()
	read := func(a *http.Response, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		defer a.Body.Close()
		b, err := io.ReadAll(a.Body)
		if err != nil || a.StatusCode != 200 {
			t.Fatalf("%s: %s %v %s", a.Request.URL, a.Status, err, b)
		}
		return string(b)
	}
	answer, err := c.PostForm(base+"/check/"+kind, url.Values{"consent": {"yes"}, "token": {kind}, "ports": {ports}})
	read(answer, err)
	at := answer.Request.URL.String()
	for deadline := time.Now().Add(time.Minute); result.State != exposure.LookDone; {
		if during != nil {
			during()
		}
		answer, err := c.Get(at + "/result.json")
		if err := json.Unmarshal([]byte(read(answer, err)), &result); err != nil {
			t.Fatal(err)
		}
		if time.Now().After(deadline) {
			t.Fatal("the look does not end")
		}
	}
	answer, err = c.Get(at)
	return result, read(answer, err)
}

// TestFullySilentHasThreeLegs: a router that drops everything is fully silent; not
// when somebody behind it asks back, and not where nobody could watch for that.
func TestFullySilentHasThreeLegs(t *testing.T) {
	l := lab.New(t)
	base := "http://" + l.Outside.V4.String() + ":8080"
	serving(t, l.Outside, root, "--listen", ":8080")
	serving(t, l.Outside, nobody, "--listen", ":8081", "--database", "/tmp/of-nobody.db")
	l.Router.NFT(t, `insert rule inet router input iifname "wan" meta l4proto tcp reject with tcp reset`)
	if r, page := looksAt(t, visiting(t, l.LAN), base, "syn", "", nil); r.Silent != exposure.Fail || !strings.Contains(page, "Not every port kept silent.") {
		t.Errorf("closed ports, which prove that the vantage sends to them: %+v", r)
	}
	l.Router.NFT(t, `insert rule inet router input iifname "wan" ct state new drop`)
	var both sync.WaitGroup
	both.Go(func() {
		if r, page := looksAt(t, visiting(t, l.LAN), base, "syn", "", nil); r.Silent != exposure.Pass || r.Unasked == nil || !r.Unasked.Watched || !strings.Contains(page, "Fully silent: yes.") {
			t.Errorf("nobody asks back: %+v %+v", r, r.Unasked)
		}
	})
	both.Go(func() {
		r, page := looksAt(t, visiting(t, l.LAN), strings.Replace(base, "8080", "8081", 1), "custom", "81", nil)
		if r.Silent != exposure.Inconclusive || r.Unasked == nil || r.Unasked.Watched || r.Unasked.Unseen == "" || !strings.Contains(page, "The service could not watch for it:") {
			t.Errorf("without the privilege: %+v %+v", r, r.Unasked)
		}
	})
	both.Wait()
	l.Router.NFT(t, `insert rule inet router input iifname "wan" icmp type echo-request accept`)
	r, page := looksAt(t, visiting(t, l.LAN), base, "syn", "", func() {
		err := l.LAN.Do(func() error {
			c, err := net.DialTimeout("tcp", net.JoinHostPort(l.Outside.V4.String(), "113"), time.Second)
			if err == nil {
				_ = c.Close()
			}
			return nil // it is refused
		})
		if err != nil {
			t.Error(err)
		}
	})
	if r.Silent != exposure.Fail || r.Unasked == nil || len(r.Unasked.Came) != 1 || r.Unasked.Came[0].Port != 113 || r.Unasked.Came[0].Kind != exposure.UnaskedConnection {
		t.Errorf("ident is asked back: %+v %+v", r, r.Unasked)
	}
	if !strings.Contains(page, "an attempt to connect to 113/tcp") || !strings.Contains(page, "A ping was answered.") {
		t.Errorf("what came is not named: %s", page)
	}
}

// TestQuickAndSYNAreAskedAgain: a port that was open for the first look and is
// silent for the second, as behind a firewall that shuts out who scans, is asked
// again in both ways and explained.
func TestQuickAndSYNAreAskedAgain(t *testing.T) {
	l := lab.New(t)
	l.Home.StartNginx(t, lab.Nginx{})
	l.Forward(t, "tcp", 80, 80)
	l.Router.NFT(t, `insert rule inet router input iifname "wan" meta l4proto tcp reject with tcp reset`)
	serving(t, l.Outside, root, "--listen", ":8080")
	base, c := "http://"+l.Outside.V4.String()+":8080", visiting(t, l.LAN)
	if _, page := looksAt(t, c, base, "quick", "", nil); !strings.Contains(page, "Start it, too") || !strings.Contains(page, "TCP 80: answered from 1 hop further away") {
		t.Errorf("nobody says that there is a SYN scan: %s", page)
	}
	l.Router.NFT(t, `insert rule inet router forward iifname "wan" tcp dport 80 ct state new drop`)
	_, page := looksAt(t, c, base, "syn", "", nil)
	for _, want := range []string{"80/tcp http", "by half a connection: silent (stealth)", "by a whole connection: silent (stealth)", "Whoever had scanned is shut out"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in %s", want, page)
		}
	}
}
