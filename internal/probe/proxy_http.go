package probe

import (
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

const proxyHTTPName = "http-proxy"

func init() {
	register(Probe{
		Name: proxyHTTPName, Transport: exposure.TCP, ClientFirst: true,
		Ports: []uint16{3128, 3129, 8118, 8123}, Run: runHTTP, Tests: proxyTests,
	})
}

// proxyShared are ports that web servers and proxies share: a web server there
// is asked whether it is a proxy too.
var proxyShared = []uint16{808, 3128, 3129, 8080, 8118, 8123, 8888}

// proxyProducts are proxies by what they say of themselves.
var proxyProducts = []string{"squid", "tinyproxy", "privoxy", "ccproxy", "wingate", "3proxy", "mitmproxy", "polipo", "bluecoat", "zscaler"}

// proxyPrivoxy is how Privoxy, which names itself nowhere, refuses who takes it
// for a web server.
const proxyPrivoxy = " 400 Invalid header received from client"

// proxyName keeps the name of a proxy that its answer alone gives away.
func proxyName(svc *exposure.Service, answer httpAnswer) {
	if strings.HasSuffix(answer.line, proxyPrivoxy) {
		svc.Product = untrusted.New("Privoxy", 0)
	}
}

// proxyHinted reports whether a web server may be a proxy, by its port or by
// its header.
func proxyHinted(port uint16, product string, header map[string][]string) bool {
	for _, name := range []string{"X-Squid-Error", "Proxy-Agent", "Proxy-Connection", "Proxy-Authenticate", "Via", "X-Cache-Lookup"} {
		if len(header[name]) > 0 {
			return true
		}
	}
	return slices.Contains(proxyShared, port) || proxyNamed(product)
}

// proxyNamed reports whether a product is a proxy.
func proxyNamed(product string) bool {
	return slices.ContainsFunc(proxyProducts, func(known string) bool { return strings.Contains(strings.ToLower(product), known) })
}

// proxyPort is the port that a proxy is asked to connect to: that of HTTPS, the
// only one to which most let clients through (Squid's SSL_ports, Apache's
// AllowCONNECT).
const proxyPort = 443

// proxyWait is how long a proxy may try to reach what it was asked for.
const proxyWait = 2 * time.Second

// proxyNowhere is a name that no proxy can reach: the top domain invalid has no
// addresses, and resolvers answer so by themselves (RFC 6761 section 6.4).
const proxyNowhere = "sekisho.invalid"

// proxyAnswer is what a proxy said to a request for a connection.
type proxyAnswer struct {
	asked  string // the target
	line   string
	status int
	header map[string][]string
}

// proxyConnect asks for a tunnel (RFC 9110 section 9.3.6) that cannot leave: to
// the proxy's own address, where the packets stay in the host that the owner
// named, and when no answer comes, since a router in between drops them, to a
// name that does not exist. A proxy that works for us answers with what became
// of the connection; one that does not, with a refusal, and has tried nothing.
// Whichever it is, no third party ever gets a packet.
func (s *Session) proxyConnect(ctx context.Context, login string) (proxyAnswer, error) {
	targets := []string{netip.AddrPortFrom(s.peer.at.Addr().WithZone(""), proxyPort).String(), proxyNowhere + ":" + strconv.Itoa(proxyPort)}
	var answer proxyAnswer
	var err error
	for _, to := range targets {
		answer, err = s.proxyConnectTo(ctx, to, login)
		if err == nil || ctx.Err() != nil {
			break
		}
	}
	return answer, err
}

func (s *Session) proxyConnectTo(ctx context.Context, to, login string) (proxyAnswer, error) {
	answer := proxyAnswer{asked: to}
	c, err := s.connectHTTP(ctx)
	if err != nil {
		return answer, err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(proxyWait)); err != nil {
		return answer, err
	}
	if _, err := io.WriteString(c, "CONNECT "+to+" HTTP/1.1\r\nHost: "+to+"\r\nUser-Agent: sekisho\r\n"+login+"\r\n"); err != nil {
		return answer, err
	}
	got, err := readHTTPHeader(c)
	answer.line, answer.status, answer.header = got.line, got.status, got.header
	if got.status != 0 {
		err = nil // the status says it
	}
	return answer, err
}

// proxyLogin is the header field that shows a user and a password (RFC 9110
// section 11.7.2).
func proxyLogin(user, password string) string {
	return "Proxy-Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password)) + "\r\n"
}

// proxyVerdict is what an answer to CONNECT says: whether this is a proxy, and
// whether it worked for us; known is false when that stays open. Of the server it
// takes the status of an ordinary answer, whether its name is that of a proxy,
// and whether anything else hints at one.
func proxyVerdict(get int, named, hinted bool, a proxyAnswer) (proxy, serves, known bool) {
	squid := strings.Join(a.header["X-Squid-Error"], " ")
	content := len(a.header["Content-Length"])+len(a.header["Transfer-Encoding"])+len(a.header["Content-Type"]) > 0
	switch {
	case a.status/100 == 2:
		// An answer with content is a page: in a tunnel there is none.
		return !content, !content, true
	case a.status == http.StatusProxyAuthRequired:
		return true, false, true
	case strings.HasPrefix(squid, "ERR_ACCESS_DENIED"), strings.HasPrefix(squid, "ERR_CACHE_ACCESS_DENIED"):
		return true, false, true
	case a.status == http.StatusForbidden:
		return hinted, false, hinted
	case a.status >= 500 && a.status != http.StatusNotImplemented:
		// It tried and failed. A web server that is broken says the same to
		// everything.
		tried := squid != "" || named || hinted && get < 500
		return tried, true, tried
	}
	return squid != "", false, false
}

// proxyLook finds out whether a web server is a proxy and works for us.
func (s *Session) proxyLook(ctx context.Context, svc *exposure.Service, get httpAnswer) {
	a, err := s.proxyConnect(ctx, "")
	if err != nil {
		if proxyNamed(svc.Product.Raw()) {
			svc.Protocol = proxyHTTPName
		}
		return
	}
	s.proxyFacts(svc, get, a)
}

// proxyFacts keeps what an answer to CONNECT said, and reports whether it was a
// proxy's.
func (s *Session) proxyFacts(svc *exposure.Service, get httpAnswer, a proxyAnswer) bool {
	// The port alone is no hint here: a web server may have trouble with CONNECT.
	hinted := proxyHinted(0, svc.Product.Raw(), get.header) || proxyHinted(0, "", a.header)
	proxy, serves, known := proxyVerdict(get.status, proxyNamed(svc.Product.Raw()), hinted, a)
	if !proxy {
		return false
	}
	svc.Protocol = proxyHTTPName
	svc.Facts["proxy_asked"] = untrusted.New(a.asked, 0)
	svc.Facts["proxy_reply"] = untrusted.New(a.line, maxFact)
	if known {
		svc.Facts["proxy_serves"] = serves
	}
	if scheme := a.header["Proxy-Authenticate"]; len(scheme) > 0 {
		svc.Facts["proxy_auth"] = untrusted.New(strings.Join(scheme, ", "), maxFact)
	}
	if agent := a.header["Proxy-Agent"]; len(agent) > 0 && svc.Product.IsZero() {
		svc.Product, svc.Version = match(httpProducts, agent[0])
	}
	return true
}
