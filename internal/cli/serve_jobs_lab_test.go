//go:build linux && lab

package cli_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// TestJobsOutliveKill: what came of a job of the API is on the disk before anybody
// is told of it. After kill -9 a job that was under way says that it was
// interrupted, one that was done is there as it was, and diff compares the two.
func TestJobsOutliveKill(t *testing.T) {
	l := lab.New(t)
	l.Home.StartNginx(t, lab.Nginx{})
	l.Forward(t, "tcp", 80, 80)
	state := t.TempDir()
	kill := raiseServe(t, l.Outside, state)
	c, base := from(l.Home), "http://"+l.Outside.V4.String()+":8080"
	begin := func(body string) (at string, p exposure.Plan) {
		t.Helper()
		askAPI(t, c, "POST", base+"/api/v1/jobs", body, &p)
		at = base + "/api/v1/jobs/" + p.Job
		if r := askAPI(t, c, "POST", at+"/go", "", nil); r.StatusCode != 202 {
			t.Fatalf("go: %s", r.Status)
		}
		return at, p
	}
	first := func(at string) { // until something is told
		t.Helper()
		for {
			var list exposure.Batches
			if r := askAPI(t, c, "GET", at+"/batches", "", &list); r.StatusCode != 200 {
				t.Fatalf("batches: %s", r.Status)
			}
			if len(list.Batches) > 0 {
				return
			}
		}
	}
	whole, plan := begin(`{"tcp":"79-81","consent":{"text":"I agree.","scope":"3 ports"}}`)
	for status := (exposure.JobStatus{}); status.State != exposure.LookDone; {
		askAPI(t, c, "GET", whole, "", &status)
	}
	cut, _ := begin(`{"tcp":"80,1000-2999","consent":{"text":"I agree.","scope":"2000 ports"}}`)
	first(cut)
	kill()
	c.CloseIdleConnections()
	raiseServe(t, l.Outside, state)

	var status exposure.JobStatus
	for status.State != exposure.LookInterrupted {
		if r := askAPI(t, c, "GET", cut, "", &status); r.StatusCode != 200 || status.State == exposure.LookDone {
			t.Fatalf("%s %+v", r.Status, status)
		}
	}
	if status.Seen == 0 || status.Last == 0 {
		t.Errorf("nothing is left: %+v", status)
	}
	files := t.TempDir()
	for name, at := range map[string]string{"whole.json": whole, "cut.json": cut} {
		var r exposure.Report
		askAPI(t, c, "GET", at+"/result", "", &r)
		if r.Partial != (name == "cut.json") || len(r.Hosts) != 1 {
			t.Errorf("%s: %+v", name, r)
		}
		b, err := json.Marshal(r)
		if err == nil {
			err = os.WriteFile(filepath.Join(files, name), b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if r := sekisho(t, l.Home, root, "diff", files+"/whole.json", files+"/whole.json"); r.code != 0 {
		t.Errorf("the same result differs: %d %s%s", r.code, r.out, r.errs)
	}
	if r := sekisho(t, l.Home, root, "diff", files+"/whole.json", files+"/cut.json"); r.code > 1 {
		t.Errorf("diff: %d %s%s", r.code, r.out, r.errs)
	}
	request, err := http.NewRequest(http.MethodDelete, whole, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+plan.Secret)
	answer, err := c.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusNoContent {
		t.Errorf("deleting: %s", answer.Status)
	}
}
