package probe

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

// httpQuestion is what only those may ask an API to whom it trusts its data. It
// changes nothing.
type httpQuestion struct {
	id, method, path, content string
	fact                      string                        // that holds the number; empty: none
	count                     func(body []byte) (int, bool) // how many there are
}

// httpQuestions are those of each API that has a test.
var httpQuestions = map[string][]httpQuestion{
	"docker": {{"docker-containers", http.MethodGet, "/containers/json?all=1", "", "containers", httpList("")}},
	"elasticsearch": {
		{"elasticsearch-indices", http.MethodGet, "/_cat/indices?format=json&h=index", "", "indices", httpList("")},
	},
	"etcd": {{"etcd-keys", http.MethodPost, "/v3/kv/range", httpEtcdAll, "keys", httpEtcdCount}},
	"kubernetes": {
		{"kubernetes-namespaces", http.MethodGet, "/api/v1/namespaces?limit=500", "", "namespaces", httpList("items")},
		{"kubernetes-secrets", http.MethodGet, "/api/v1/secrets?limit=1", "", "", httpList("items")},
	},
}

// httpAPITests are one for each of those APIs.
var httpAPITests = []Test{
	{Name: "docker", Port: 2375, Run: httpAPITrial("docker")},
	{Name: "elasticsearch", Port: 9200, Run: httpAPITrial("elasticsearch")},
	{Name: "etcd", Port: 2379, Run: httpAPITrial("etcd")},
	{Name: "kubernetes", Port: 6443, Run: httpAPITrial("kubernetes")},
}

// httpList counts a list, which is the answer or one of its fields.
func httpList(field string) func([]byte) (int, bool) {
	return func(body []byte) (int, bool) {
		raw := json.RawMessage(body)
		if field != "" {
			var fields map[string]json.RawMessage
			if json.Unmarshal(body, &fields) != nil || fields[field] == nil {
				return 0, false
			}
			raw = fields[field]
		}
		var list []json.RawMessage
		err := json.Unmarshal(raw, &list)
		return len(list), err == nil
	}
}

// httpEtcdCount is how many keys there are. None is no number at all.
func httpEtcdCount(body []byte) (int, bool) {
	var told struct {
		Header *struct{} `json:"header"`
		Count  int       `json:"count,string"`
	}
	err := json.Unmarshal(body, &told)
	return told.Count, err == nil && told.Header != nil
}

var errHTTPNoToken = errors.New("the server gave no token")

// errHTTPRefused is the status line with which a server says no.
type errHTTPRefused string

// Error quotes it; Error of the probe escapes it.
func (e errHTTPRefused) Error() string { return "refused: " + string(e) }

func (e errHTTPRefused) storesRefused() string { return string(e) }

// httpAPITrial asks an API who it is, and then, as nobody or as the user that was
// given, what only those should be told who have a password.
func httpAPITrial(api string) func(context.Context, *Session, *Trial) (exposure.Service, error) {
	return func(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
		svc, err := runHTTP(ctx, s)
		if svc.Protocol == "" && s.secure == nil && !unreached(err) && ctx.Err() == nil {
			// Elasticsearch since 8 takes TLS only, on the same port.
			if s.begin(ctx, t) == nil {
				svc, err = runHTTP(ctx, s)
				svc.TLS = s.secure
			}
		}
		if err != nil && svc.Protocol != "" {
			err = nil // of a page that is not whole, the answers that follow tell more
		}
		root := storesStep("api-root", "GET /", untrusted.New(strings.TrimSpace(svc.Product.Raw()+" "+svc.Version.Raw()), maxFact), err)
		if err == nil && svc.Facts.Text("api").Raw() != api {
			root.Result, root.Why = exposure.StepFailed, "other-api"
		}
		t.Step(root)
		if err != nil || root.Why != "" {
			return svc, err
		}
		authorization := ""
		if t.User() != "" {
			if authorization, err = s.httpLogin(ctx, t, api); err != nil {
				return svc, s.fail("login", err)
			}
		}
		for _, q := range httpQuestions[api] {
			if err := s.httpAsk(ctx, t, q, authorization, &svc); err != nil {
				return svc, s.fail(q.path, err)
			}
		}
		return svc, nil
	}
}

// httpAsk asks one question.
func (s *Session) httpAsk(ctx context.Context, t *Trial, q httpQuestion, authorization string, svc *exposure.Service) error {
	answer, body, err := s.httpAs(ctx, authorization, q.method, q.path, q.content)
	said := untrusted.Text{}
	var refused error
	switch {
	case err != nil:
	case slices.Contains([]int{http.StatusUnauthorized, http.StatusForbidden, http.StatusBadRequest}, answer.status):
		refused = errHTTPRefused(answer.line)
	case answer.status != http.StatusOK:
		err = ErrProtocol
	default:
		n, ok := q.count(body)
		if !ok { // longer than what is read, or of another form
			break
		}
		said = untrusted.New(fmt.Sprint(n), 0)
		if q.fact != "" {
			svc.Facts[q.fact] = n
		}
	}
	asked, _, _ := strings.Cut(q.path, "?")
	t.Step(storesStep(q.id, q.method+" "+asked, said, errors.Join(err, refused)))
	return err
}

// httpLogin is what the field Authorization is to hold: Elasticsearch takes name
// and password, Kubernetes a token, which is the password here, and etcd gives one
// for both. Docker knows no login.
func (s *Session) httpLogin(ctx context.Context, t *Trial, api string) (string, error) {
	if api == "docker" {
		t.Step(exposure.Step{ID: "api-login", Result: exposure.StepSkipped, Why: "no-login"})
		return "", nil
	}
	password, err := mailSecret(t)
	if err != nil {
		return "", err
	}
	switch api {
	case "elasticsearch":
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(t.User()+":"+password)), nil
	case "kubernetes":
		return "Bearer " + password, nil
	}
	content, err := json.Marshal(map[string]string{"name": t.User(), "password": password})
	if err != nil {
		return "", err
	}
	answer, body, err := s.httpAs(ctx, "", http.MethodPost, "/v3/auth/authenticate", string(content))
	var told struct {
		Token string `json:"token"`
	}
	if err == nil {
		_ = json.Unmarshal(body, &told) // the field stays empty
		switch {
		case answer.status != http.StatusOK:
			err = errHTTPRefused(answer.line)
		case told.Token == "" || strings.ContainsAny(told.Token, "\r\n"):
			err = errHTTPNoToken
		}
	}
	t.Step(storesStep("api-login", "authenticate "+t.User()+" "+storesMasked, untrusted.Text{}, err))
	return told.Token, err
}
