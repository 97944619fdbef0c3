//go:build linux && lab

package cli_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// turnedLook is what a watched port did, in the document of its look.
type turnedLook struct {
	State   exposure.LookState
	Verdict exposure.Outcome
	Turns   []struct{ Form string }
}

// turned waits until a watched port has done so many turns, or its look is over.
func (v *pageVisitor) turned(t *testing.T, look string, turns int) (d turnedLook) {
	t.Helper()
	for len(d.Turns) < turns && (d.State == "" || d.State == exposure.LookOpen || d.State == exposure.LookRunning) && t.Context().Err() == nil {
		_, body := v.page(t, look+"/result.json")
		d = turnedLook{}
		if err := json.Unmarshal([]byte(body), &d); err != nil {
			t.Fatal(err)
		}
		v.page(t, look) // which is a heartbeat
	}
	return d
}

// TestPageWatchesAPort: a visitor behind the NAT router watches a port while the
// forward is set and taken away again, and is told each turn.
func TestPageWatchesAPort(t *testing.T) {
	l := lab.New(t)
	l.Home.StartNginx(t, lab.Nginx{})
	serving(t, l.Outside, root, "--listen", ":8080")
	v := newPageVisitor(t, l.LAN, "http://"+l.Outside.V4.String()+":8080")
	for name, form := range map[string]url.Values{"two": {"ports": {"80,81"}}, "none": {"ports": {""}}} {
		if look, status, _ := v.send(t, "watch", form); status != 400 {
			t.Errorf("%s ports: %d %s", name, status, look)
		}
	}
	look, status, body := v.send(t, "watch", url.Values{"ports": {"80"}})
	if status != 200 || !strings.Contains(body, "a change shows") {
		t.Fatalf("%d %s", status, body)
	}
	if d := v.turned(t, look, 1); len(d.Turns) != 1 || d.Turns[0].Form == "open" {
		t.Fatalf("before the forward: %+v", d)
	}
	l.Forward(t, "tcp", 80, 80)
	if d := v.turned(t, look, 2); len(d.Turns) != 2 || d.Turns[1].Form != "open" {
		t.Fatalf("with the forward: %+v", d)
	}
	if answer, err := v.PostForm(v.base+look+"/stop", nil); err != nil || answer.StatusCode != 200 {
		t.Fatalf("%v %v", answer, err)
	}
	var d turnedLook
	for d.State != exposure.LookInterrupted && t.Context().Err() == nil {
		d = v.turned(t, look, 3)
	}
	if d.Verdict != exposure.Pass {
		t.Errorf("in the end: %+v", d)
	}
	_, page := v.page(t, look)
	for _, word := range []string{"What changed, and when", "UTC", "You stopped it.", "/check/port?ports=80"} {
		if !strings.Contains(page, word) {
			t.Errorf("the page lacks %q: %s", word, page)
		}
	}
}
