package web_test

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"sekisho/internal/exposure"
	"sekisho/internal/reach"
	"sekisho/internal/web"
)

// read takes the document of an answer apart.
func read[T any](t *testing.T, s *web.Service, from, path string, headers ...string) (document T) {
	t.Helper()
	w := ask(s, from, "GET", path, "", headers...)
	if w.Code != 200 {
		t.Fatalf("%s: %d %s", path, w.Code, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &document); err != nil {
		t.Fatalf("%s: %v: %s", path, err, w.Body)
	}
	return document
}

// began plans a job, has it sent, and returns where it is and its owner's secret.
func began(t *testing.T, s *web.Service, headers ...string) (at string, plan exposure.Plan) {
	t.Helper()
	w := ask(s, visitor, "POST", "/api/v1/jobs", consented, headers...)
	if w.Code != 201 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &plan); err != nil {
		t.Fatal(err)
	}
	at = w.Header().Get("Location")
	if w := ask(s, visitor, "POST", at+"/go", ""); w.Code != 202 {
		t.Fatalf("go: %d %s", w.Code, w.Body)
	}
	return at, plan
}

// TestJobsOfTheAPIAreKept: what a program asked for is a look as any other: it is
// kept, read by who knows its id, watched and deleted by its owner.
func TestJobsOfTheAPIAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, s := pagesService()
		at, plan := began(t, s)
		if len(plan.Secret) < 20 {
			t.Fatalf("secret %q", plan.Secret)
		}
		owner := []string{"Authorization", "Bearer " + plan.Secret}
		synctest.Wait()
		if got := read[exposure.JobStatus](t, s, "26.10.0.9", at); got.State != exposure.LookRunning || got.Asked != 4 || got.Kind != "api" || got.Schema != exposure.JobStatusSchema {
			t.Errorf("%+v", got)
		}
		a.batches <- exposure.Batch{Observations: []exposure.Observation{isOpen(80)}}
		a.batches <- seenAs(exposure.TCP, exposure.Filtered, exposure.NoResponse, 22, 82)
		synctest.Wait()
		if r := read[exposure.Report](t, s, "26.10.0.9", at+"/result"); !r.Partial || len(r.Hosts) != 1 || len(r.Hosts[0].Ports) != 3 {
			t.Errorf("while it runs: %+v", r)
		}
		for _, c := range []struct {
			from    string
			headers []string
			want    int
		}{{visitor, nil, 200}, {"26.10.0.9", owner, 200}, {"26.10.0.9", nil, 404}, {"26.10.0.9", []string{"Authorization", "Bearer " + strings.Repeat("x", 26)}, 404}} {
			if w := ask(s, c.from, "GET", at+"/batches", "", c.headers...); w.Code != c.want {
				t.Errorf("batches from %s with %q: %d, want %d", c.from, c.headers, w.Code, c.want)
			}
		}
		a.batches <- seenAs(exposure.TCP, exposure.Closed, exposure.Reset, 81)
		a.batches <- exposure.Batch{Done: true}
		stream := ask(s, "26.10.0.9", "GET", at+"/events?after=1", "", owner...).Body.String()
		for want, times := range map[string]int{"event: batch\n": 3, "id: 1\n": 0, "id: 2\n": 1, "event: end\n": 1, `"state":"done"`: 1} {
			if strings.Count(stream, want) != times {
				t.Errorf("%q is not there %d times in %s", want, times, stream)
			}
		}
		synctest.Wait()
		r := read[exposure.Report](t, s, "26.10.0.9", at+"/result")
		if r.Schema != exposure.ReportSchema || r.Partial || r.Asked != "22,80-82" || len(r.Hosts[0].Ports) != 4 || r.Hosts[0].Ports[1].Observations[0].State != exposure.Open {
			t.Errorf("%+v", r)
		}
		if w := ask(s, "26.10.0.9", "GET", strings.Replace(at, "/api/v1/jobs/", "/look/", 1), ""); w.Code != 200 || strings.Contains(w.Body.String(), "/check/api") {
			t.Errorf("its page: %d %s", w.Code, w.Body)
		}
		for _, c := range []struct {
			from    string
			headers []string
			want    int
			problem string
		}{
			{visitor, nil, 403, "not-the-owner"},
			{visitor, []string{"Authorization", "Bearer " + strings.Repeat("x", 26)}, 403, "not-the-owner"},
			{"26.10.0.9", nil, 404, "no-such-job"},
			{"26.10.0.9", owner, 204, ""},
			{"26.10.0.9", owner, 404, "no-such-job"},
		} {
			w := ask(s, c.from, "DELETE", at, "", c.headers...)
			if w.Code != c.want || c.problem != "" && problem(t, w) != c.problem {
				t.Errorf("delete from %s with %q: %d %s", c.from, c.headers, w.Code, w.Body)
			}
		}
		for _, path := range []string{at, at + "/batches", at + "/events", at + "/result"} {
			if w := ask(s, visitor, "GET", path, "", owner...); w.Code != 404 || problem(t, w) != "no-such-job" {
				t.Errorf("%s when it is deleted: %d %s", path, w.Code, w.Body)
			}
		}
	})
}

// TestOwnersOfJobsKeepTheirSecret: who comes with a secret is given none, and one
// that is none is refused.
func TestOwnersOfJobsKeepTheirSecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, s := pagesService()
		const mine = "Bearer 0123456789abcdefghijklmnop"
		at, plan := began(t, s, "Authorization", mine)
		if plan.Secret != "" {
			t.Errorf("another secret: %q", plan.Secret)
		}
		if w := ask(s, visitor, "POST", "/api/v1/jobs", consented, "Authorization", "Bearer short"); w.Code != 400 {
			t.Errorf("a short one: %d", w.Code)
		}
		// The address that is looked at may stop what runs.
		other, _ := began(t, s, "Authorization", mine)
		if w := ask(s, visitor, "DELETE", other, ""); w.Code != 204 {
			t.Errorf("stopped: %d %s", w.Code, w.Body)
		}
		a.batches <- exposure.Batch{Done: true}
		a.batches <- exposure.Batch{Done: true}
		synctest.Wait()
		if w := ask(s, "26.10.0.9", "DELETE", at, "", "Authorization", mine); w.Code != 204 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
}

// TestPlansThatNobodySendsAreForgotten: they hold no place, and nothing is kept of
// them.
func TestPlansThatNobodySendsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s := pagesService()
		var at string
		for range 2 {
			at = ask(s, visitor, "POST", "/api/v1/jobs", consented).Header().Get("Location")
		}
		if w := ask(s, visitor, "POST", "/api/v1/jobs", consented); w.Code != 429 {
			t.Errorf("a third at once: %d", w.Code)
		}
		if got := read[exposure.JobStatus](t, s, visitor, at); got.State != exposure.LookOpen {
			t.Errorf("%+v", got)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if w := ask(s, visitor, "GET", at, ""); w.Code != 404 {
			t.Errorf("later: %d %s", w.Code, w.Body)
		}
		if w := ask(s, visitor, "POST", "/api/v1/jobs", consented); w.Code != 201 {
			t.Errorf("the next: %d %s", w.Code, w.Body)
		}
		time.Sleep(2 * time.Minute)
	})
}

// TestReportsOfLooks: many ports are counted by what they have in common, and what
// the visitor says to run is judged.
func TestReportsOfLooks(t *testing.T) {
	a, s := pagesService()
	path, _ := begun(t, s, "custom", url.Values{"ports": {"1-1000,u:53"}, "runs": {"web"}})
	a.batches <- exposure.Batch{Observations: []exposure.Observation{isOpen(22), isOpen(80)}}
	a.batches <- seenAs(exposure.TCP, exposure.Closed, exposure.Reset, 1, 2, 3)
	a.batches <- exposure.Batch{Ended: exposure.EndHeartbeat, Done: true}
	ended(t, s, path)
	r := read[exposure.Report](t, s, "26.10.0.9", "/api/v1/jobs/"+strings.TrimPrefix(path, "/look/")+"/result")
	h := r.Hosts[0]
	if !r.Partial || r.Asked != "1-1000,u:53" || len(h.Ports) != 2 || len(h.Swept) != 1 || h.Swept[0].States[0].Count != 3 || h.Swept[0].Ports != "1-1000" {
		t.Errorf("%+v", r)
	}
	if r.Summary.Fail != 1 || r.Summary.Pass != 1 || h.Ports[1].Verdicts[0].Expectation != exposure.ExpectOpen {
		t.Errorf("%+v %+v", r.Summary, h.Ports)
	}
}

// TestDescriptionIsOpenAPI holds the description against the schema of OpenAPI
// 3.1, and against the requests that are answered.
func TestDescriptionIsOpenAPI(t *testing.T) {
	d := &door{}
	s := web.New(web.Config{Door: d, Scope: func() reach.Scope { return reach.Scope{Own: []netip.Addr{own}} }})
	text := ask(s, visitor, "GET", "/api/v1/openapi.json", "").Body.Bytes()
	description, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open("testdata/openapi-3.1.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	schema, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("openapi.json", schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := compiled.Validate(description); err != nil {
		t.Error(err)
	}
	// Each schema is one of JSON Schema 2020-12, which OpenAPI 3.1 has for them.
	schemas := description.(map[string]any)["components"].(map[string]any)["schemas"].(map[string]any)
	for name := range schemas {
		c := jsonschema.NewCompiler()
		if err := c.AddResource("description.json", description); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Compile("description.json#/components/schemas/" + name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	var told struct {
		Paths map[string]map[string]struct {
			OperationID string `json:"operationId"`
		}
	}
	if err := json.Unmarshal(text, &told); err != nil {
		t.Fatal(err)
	}
	once := map[string]bool{}
	for path, methods := range told.Paths {
		for _, method := range []string{"get", "post", "delete", "put", "patch"} {
			operation, described := methods[method]
			w := ask(s, visitor, strings.ToUpper(method), strings.ReplaceAll(path, "{id}", "none"), "")
			missed := w.Code == 405 || w.Code == 404 && !strings.Contains(w.Body.String(), "no-such-job")
			if missed == described {
				t.Errorf("%s %s: %d, and described: %v", method, path, w.Code, described)
			}
			if described && (operation.OperationID == "" || once[operation.OperationID]) {
				t.Errorf("%s %s: the name %q", method, path, operation.OperationID)
			}
			once[operation.OperationID] = true
		}
	}
	// Whatever request of the API stands in the code is described.
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range regexp.MustCompile(`"(?:[A-Z]+ )?(/api/v1/[a-z/{}.]*[a-z}])"`).FindAllSubmatch(b, -1) {
			if at := string(path[1]); told.Paths[at] == nil && at != "/api/v1/names" {
				t.Errorf("%s: %s is not described", name, at)
			}
		}
	}
	for _, at := range []string{"/api/v1/jobs/{id}", "/api/v1/jobs/{id}/events", "/api/v1/jobs/{id}/result", "/api/v1/openapi.json"} {
		if told.Paths[at] == nil {
			t.Errorf("%s is not described", at)
		}
	}
}
