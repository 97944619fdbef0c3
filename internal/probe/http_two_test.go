package probe_test

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/miekg/dns"

	"sekisho/internal/exposure"
	"sekisho/internal/probe"
)

// onlyHTTP2 is a server on a port of loopback that speaks HTTP/2 and nothing
// else. Inside TLS it names no protocol to those who offer HTTP/1.1 only, and
// goes on all the same, as BIND and Unbound do.
func onlyHTTP2(t *testing.T, handler http.Handler, secure bool) netip.AddrPort {
	t.Helper()
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := netip.MustParseAddrPort(ln.Addr().String())
	server := &http.Server{Handler: handler, Protocols: new(http.Protocols)}
	server.Protocols.SetUnencryptedHTTP2(true)
	if secure {
		ours := httptest.NewUnstartedServer(nil)
		ours.StartTLS()
		certificates := ours.TLS.Certificates
		ours.Close()
		ln = tls.NewListener(ln, &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			config := &tls.Config{Certificates: certificates}
			for _, protocol := range hello.SupportedProtos {
				if protocol == "h2" {
					config.NextProtos = []string{"h2"}
				}
			}
			return config, nil
		}})
	}
	server.ErrorLog = log.New(io.Discard, "", 0)
	go server.Serve(plain{ln})
	t.Cleanup(func() { server.Close() })
	return at
}

// plain hides from the library that its connections are TLS, in which it would
// speak what ALPN says.
type plain struct{ net.Listener }

func (l plain) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return &settling{Conn: c}, err
}

// settling tells who says anything else but HTTP/2 its settings and closes, as
// most servers do but the library, which stays silent.
type settling struct {
	net.Conn
	asked bool
}

func (c *settling) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if !c.asked && n > 0 && p[0] != 'P' {
		c.Write([]byte{0, 0, 0, 4, 0, 0, 0, 0, 0})
		return 0, io.EOF
	}
	c.asked = true
	return n, err
}

// answerDNS answers questions for the version as a name server over HTTPS does,
// and has no page.
func answerDNS(w http.ResponseWriter, r *http.Request) {
	asked, _ := io.ReadAll(r.Body)
	var m dns.Msg
	if r.URL.Path != "/dns-query" || m.Unpack(asked) != nil {
		http.NotFound(w, r)
		return
	}
	reply := new(dns.Msg).SetReply(&m)
	if m.Question[0].Qclass == dns.ClassCHAOS {
		reply.Answer = []dns.RR{&dns.TXT{Hdr: dns.RR_Header{Name: m.Question[0].Name, Rrtype: dns.TypeTXT, Class: dns.ClassCHAOS}, Txt: []string{"NSD 4.6.1"}}}
	}
	packed, _ := reply.Pack()
	w.Header().Set("Content-Type", "application/dns-message")
	w.Write(packed)
}

// TestHTTP2Alone recognises servers that have no HTTP/1.1, in the clear and
// inside TLS, and those of DNS among them.
func TestHTTP2Alone(t *testing.T) {
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Server", "Example/1.2")
		io.WriteString(w, "<title>Hello</title>")
	})
	for _, secure := range []bool{false, true} {
		at := onlyHTTP2(t, page, secure)
		svc := probe.Identify(t.Context(), exposure.Target{Address: at.Addr()}, exposure.TCP, at.Port(), probe.Options{})
		if svc.Protocol != "http" || svc.Product.Raw() != "Example" || svc.Facts.Text("title").Raw() != "Hello" || (svc.TLS != nil) != secure {
			t.Errorf("TLS %v: %+v", secure, svc)
		}
		at = onlyHTTP2(t, http.HandlerFunc(answerDNS), secure)
		svc = probe.Identify(t.Context(), exposure.Target{Address: at.Addr()}, exposure.TCP, at.Port(), probe.Options{})
		if svc.Protocol != "dns" || svc.Product.Raw() != "NSD" || svc.Facts["doh"] != true || (svc.TLS != nil) != secure {
			t.Errorf("TLS %v: %+v", secure, svc)
		}
	}
}

// TestHTTP2AloneInDepth holds what was expected against the answer in HTTP/2.
func TestHTTP2AloneInDepth(t *testing.T) {
	at := onlyHTTP2(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusTeapot)
		io.WriteString(w, "short and stout")
	}), true)
	for text, want := range map[string]exposure.StepResult{"stout": exposure.StepOK, "coffee": exposure.StepRefused} {
		o := probe.TestOptions{Port: at.Port(), Values: map[string][]string{"expect-status": {"418"}, "expect-text": {text}}}
		out, err := probe.RunTest(t.Context(), "https", exposure.Target{Address: at.Addr()}, o)
		if err != nil {
			t.Fatal(err)
		}
		results := map[string]exposure.StepResult{}
		for _, step := range out.Steps {
			results[step.ID] = step.Result
		}
		if results["http-2"] != exposure.StepOK || results["http-expect-status"] != exposure.StepOK || results["http-expect-text"] != want {
			t.Errorf("%s: %v", text, results)
		}
	}
}
