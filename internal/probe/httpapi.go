package probe

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

// httpAPI is a database, a queue or a manager of machines that speaks HTTP. It
// is known by its answer to the request for the root page, so that it costs an
// unknown port no connection of its own; only then it is asked more. Nothing
// that it is asked changes anything.
type httpAPI struct {
	name string // in the fact api
	is   func(h httpSeen) bool
	ask  func(ctx context.Context, h httpSeen, svc *exposure.Service)
}

// httpSeen is an answer to the request for the root page.
type httpSeen struct {
	s      *Session
	answer httpAnswer
	body   []byte
}

func (h httpSeen) port() uint16 { return h.s.peer.at.Port() }

func (h httpSeen) has(parts ...string) bool {
	return !slices.ContainsFunc(parts, func(part string) bool { return !bytes.Contains(h.body, []byte(part)) })
}

// nothing reports whether the answer is that of Go's library to a path that
// nobody serves: etcd and a kubelet give no other.
func (h httpSeen) nothing() bool {
	return h.answer.status == http.StatusNotFound && string(bytes.TrimSpace(h.body)) == "404 page not found"
}

var httpAPIs = []httpAPI{
	{"elasticsearch", func(h httpSeen) bool {
		return h.has(`"cluster_name"`, `"lucene_version"`) || h.answer.header.Get("X-Elastic-Product") != "" ||
			strings.Contains(h.answer.header.Get("Www-Authenticate"), `realm="security"`)
	}, httpElasticsearch},
	{"docker", func(h httpSeen) bool {
		return httpDockerServer.MatchString(h.answer.header.Get("Server")) || h.answer.status == http.StatusNotFound && (h.has(`"message":"page not found"`) || string(bytes.TrimSpace(h.body)) == httpPodmanNothing)
	}, httpDocker},
	{"kubernetes", func(h httpSeen) bool {
		return httpKubernetesStatus.Match(h.body) || h.has(`"paths"`, `"/apis"`)
	}, httpKubernetes},
	{"couchdb", func(h httpSeen) bool { return h.has(`"couchdb":"Welcome"`) }, httpCouchDB},
	{"influxdb", func(h httpSeen) bool { return h.answer.header.Get("X-Influxdb-Version") != "" }, httpInfluxDB},
	{"prometheus", func(h httpSeen) bool {
		to := h.answer.header.Get("Location")
		return to == "/graph" || to == "/query" || to == "/classic/graph" // Debian's
	}, httpPrometheus},
	{"grafana", func(h httpSeen) bool { return h.answer.header.Get("Location") == "/login" }, httpGrafana},
	{"ollama", func(h httpSeen) bool { return string(bytes.TrimSpace(h.body)) == "Ollama is running" }, httpOllama},
	{"kubelet", func(h httpSeen) bool { return h.nothing() && (h.port() == 10250 || h.port() == 10255) }, httpKubelet},
	{"etcd", httpSeen.nothing, httpEtcd},
}

// httpAPI tells in svc which API answered, if one did. A printer and MongoDB
// have protocols of their own.
func (s *Session) httpAPI(ctx context.Context, svc *exposure.Service, answer httpAnswer, body []byte) {
	h := httpSeen{s, answer, body}
	if h.port() == 631 || ippNamed(answer.header.Get("Server")) {
		_ = s.ippAsk(ctx, svc) // without an answer it is a web server like any other
		return
	}
	for _, api := range httpAPIs {
		if !api.is(h) {
			continue
		}
		told := *svc
		told.Facts = exposure.Facts{}
		api.ask(ctx, h, &told)
		if told.Product.IsZero() && len(told.Facts) == 0 {
			continue
		}
		maps.Copy(svc.Facts, told.Facts)
		svc.Product, svc.Version = told.Product, told.Version
		svc.Facts["api"] = untrusted.New(api.name, 0)
		return
	}
}

// httpMore is one more request on a connection of its own. Its status is 0 when
// there was no answer.
func (s *Session) httpMore(ctx context.Context, method, path, content string) (httpAnswer, []byte) {
	answer, body, err := s.httpAs(ctx, "", method, path, content)
	if err != nil {
		return httpAnswer{}, nil
	}
	return answer, body
}

// httpAs is httpMore with the field Authorization, if there is one.
func (s *Session) httpAs(ctx context.Context, authorization, method, path, content string) (httpAnswer, []byte, error) {
	c, err := s.connectHTTP(ctx)
	if err != nil {
		return httpAnswer{}, nil, err
	}
	defer c.Close()
	request := method + " " + path + " HTTP/1.1\r\nHost: " + s.Authority(s.httpPort()) +
		"\r\nUser-Agent: sekisho\r\nAccept: application/json\r\nAccept-Encoding: identity\r\nConnection: close\r\n"
	if authorization != "" {
		request += "Authorization: " + authorization + "\r\n"
	}
	if content != "" {
		request += "Content-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(content)) + "\r\n"
	}
	if _, err := c.Write([]byte(request + "\r\n" + content)); err != nil {
		return httpAnswer{}, nil, err
	}
	answer, err := readHTTP(c)
	if err != nil {
		return httpAnswer{}, nil, err
	}
	body, _ := answer.body(c) // what came of it is read
	return answer, body, nil
}

// httpOpen tells by a status whether a password is wanted.
func httpOpen(svc *exposure.Service, status int) {
	switch status {
	case http.StatusOK:
		svc.Facts["password_required"] = false
	case http.StatusUnauthorized, http.StatusForbidden:
		svc.Facts["password_required"] = true
	}
}

// httpIs names the product.
func httpIs(svc *exposure.Service, product, version string) {
	if version != "" || svc.Product.Raw() != product { // a page that broke off tells less than the header
		svc.Version = untrusted.New(version, maxProduct)
	}
	svc.Product = untrusted.New(product, 0)
}

// httpElasticsearch: the root page is for those who may log in, and for all when
// there is no login.
func httpElasticsearch(_ context.Context, h httpSeen, svc *exposure.Service) {
	var root struct {
		Name    string `json:"name"`
		Cluster string `json:"cluster_name"`
		Version struct {
			Number       string `json:"number"`
			Distribution string `json:"distribution"`
		} `json:"version"`
	}
	_ = json.Unmarshal(h.body, &root) // the fields stay empty
	product := "Elasticsearch"
	if root.Version.Distribution == "opensearch" {
		product = "OpenSearch"
	}
	httpIs(svc, product, root.Version.Number)
	httpOpen(svc, h.answer.status)
	if root.Cluster != "" {
		svc.Facts["cluster"] = untrusted.New(root.Cluster, maxFact)
	}
}

var httpDockerServer = regexp.MustCompile(`^(?:Docker|Libpod)/`)

// httpPodmanNothing is all that Podman's service, which speaks as Docker's, says
// of a path that is not there. Others may say it too.
const httpPodmanNothing = "Not Found"

// httpDocker: the engine has no login; who is answered may do everything
// (Docker Engine API, "SystemVersion").
func httpDocker(ctx context.Context, h httpSeen, svc *exposure.Service) {
	product := "Docker"
	if strings.HasPrefix(h.answer.header.Get("Server"), "Libpod/") {
		product = "Podman"
	}
	answer, body := h.s.httpMore(ctx, "GET", "/version", "")
	var told struct {
		Version, APIVersion, Os, Arch, KernelVersion string
	}
	_ = json.Unmarshal(body, &told) // the fields stay empty
	if bytes.Contains(body, []byte(`"Podman Engine"`)) {
		product = "Podman"
	}
	if told.APIVersion == "" && !httpDockerServer.MatchString(h.answer.header.Get("Server")) {
		return // of a page that is not there, others say the same
	}
	httpIs(svc, product, told.Version)
	httpOpen(svc, answer.status)
	if told.Os != "" {
		svc.Facts["system"] = untrusted.New(strings.TrimSpace(told.Os+" "+told.KernelVersion+" "+told.Arch), maxFact)
	}
}

var httpKubernetesStatus = regexp.MustCompile(`"kind"\s*:\s*"Status"\s*,\s*"apiVersion"\s*:\s*"v1"`)

// httpKubernetes: the version is for everybody as a rule; the names of
// namespaces are for those only to whom the cluster gave rights.
func httpKubernetes(ctx context.Context, h httpSeen, svc *exposure.Service) {
	_, body := h.s.httpMore(ctx, "GET", "/version", "")
	var told struct {
		GitVersion string `json:"gitVersion"`
	}
	_ = json.Unmarshal(body, &told) // the field stays empty
	httpIs(svc, "Kubernetes", strings.TrimPrefix(told.GitVersion, "v"))
	answer, _ := h.s.httpMore(ctx, "GET", "/api/v1/namespaces?limit=1", "")
	httpOpen(svc, answer.status)
}

// httpKubelet: the list of pods is for those who may log in.
func httpKubelet(ctx context.Context, h httpSeen, svc *exposure.Service) {
	answer, body := h.s.httpMore(ctx, "GET", "/pods", "")
	if answer.status == http.StatusOK && bytes.Contains(body, []byte(`"PodList"`)) || answer.status == http.StatusUnauthorized || answer.status == http.StatusForbidden {
		httpIs(svc, "kubelet", "")
		httpOpen(svc, answer.status)
	}
}

func httpCouchDB(ctx context.Context, h httpSeen, svc *exposure.Service) {
	var root struct {
		Version string `json:"version"`
	}
	_ = json.Unmarshal(h.body, &root) // the field stays empty
	httpIs(svc, "CouchDB", root.Version)
	answer, _ := h.s.httpMore(ctx, "GET", "/_all_dbs", "")
	httpOpen(svc, answer.status)
}

func httpInfluxDB(ctx context.Context, h httpSeen, svc *exposure.Service) {
	httpIs(svc, "InfluxDB", strings.TrimPrefix(h.answer.header.Get("X-Influxdb-Version"), "v"))
	answer, _ := h.s.httpMore(ctx, "GET", "/query?q=SHOW%20DATABASES", "")
	httpOpen(svc, answer.status)
}

func httpPrometheus(ctx context.Context, h httpSeen, svc *exposure.Service) {
	answer, body := h.s.httpMore(ctx, "GET", "/api/v1/status/buildinfo", "")
	var told struct {
		Data struct {
			Version string `json:"version"`
		} `json:"data"`
	}
	if answer.status == http.StatusOK && json.Unmarshal(body, &told) == nil && told.Data.Version != "" {
		httpIs(svc, "Prometheus", told.Data.Version)
		httpOpen(svc, answer.status)
	}
}

// httpGrafana: the page of its health is for everybody; the rest wants a login.
func httpGrafana(ctx context.Context, h httpSeen, svc *exposure.Service) {
	_, body := h.s.httpMore(ctx, "GET", "/api/health", "")
	var told struct {
		Database string `json:"database"`
		Version  string `json:"version"`
	}
	if json.Unmarshal(body, &told) == nil && told.Database != "" {
		httpIs(svc, "Grafana", told.Version)
		svc.Facts["password_required"] = true
	}
}

func httpOllama(ctx context.Context, h httpSeen, svc *exposure.Service) {
	answer, body := h.s.httpMore(ctx, "GET", "/api/version", "")
	var told struct {
		Version string `json:"version"`
	}
	_ = json.Unmarshal(body, &told) // the field stays empty
	httpIs(svc, "Ollama", told.Version)
	httpOpen(svc, answer.status)
}

// httpEtcdAll asks for the number of all keys, and for none of them.
const httpEtcdAll = `{"key":"AA==","range_end":"AA==","count_only":true}`

// httpEtcd: the version is for everybody. Whether the keys are, too, their
// number tells, which is asked for and not they themselves (etcd API, "Range").
func httpEtcd(ctx context.Context, h httpSeen, svc *exposure.Service) {
	_, body := h.s.httpMore(ctx, "GET", "/version", "")
	var told struct {
		Server string `json:"etcdserver"`
	}
	if json.Unmarshal(body, &told) != nil || told.Server == "" {
		return
	}
	httpIs(svc, "etcd", told.Server)
	answer, body := h.s.httpMore(ctx, "POST", "/v3/kv/range", httpEtcdAll)
	var counted struct {
		Header *struct{} `json:"header"`
		Error  string    `json:"error"`
	}
	_ = json.Unmarshal(body, &counted) // the fields stay empty
	switch {
	case answer.status == http.StatusOK && counted.Header != nil:
		svc.Facts["password_required"] = false
	case strings.Contains(counted.Error, "user name is empty"),
		strings.Contains(counted.Error, "permission denied"), strings.Contains(counted.Error, "invalid auth token"):
		svc.Facts["password_required"] = true
	}
}
