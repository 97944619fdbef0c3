package agent

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"sekisho/internal/wire/echoport"
)

var loopback = netip.MustParseAddr("127.0.0.1")

// echo opens one port that is free over both.
func echo(t *testing.T) (*Echo, uint16) { return echoWith(t, nil) }

func echoWith(t *testing.T, secure *tls.Config) (*Echo, uint16) {
	t.Helper()
	for range 20 {
		c, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := uint16(c.LocalAddr().(*net.UDPAddr).Port)
		c.Close()
		e := OpenEcho([]netip.Addr{loopback}, []uint16{port, port, 0}, secure)
		t.Cleanup(func() {
			if err := e.Close(); err != nil {
				t.Error(err)
			}
		})
		if len(e.Ports().TCP) == 1 && len(e.Ports().UDP) == 1 {
			return e, port
		}
	}
	t.Fatal("no port is free")
	return nil, 0
}

func dialled(t *testing.T, network string, port uint16) net.Conn {
	t.Helper()
	c, err := net.Dial(network, netip.AddrPortFrom(loopback, port).String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	return c
}

func TestEchoAnswersOverBoth(t *testing.T) {
	e, port := echo(t)
	q := echoport.Question{Token: e.Token(), Nonce: [12]byte{7}}
	for network, datagram := range map[string]bool{"tcp": false, "udp": true} {
		c := dialled(t, network, port)
		_, _ = c.Write(q.Append(nil))
		b := make([]byte, echoport.AnswerSize)
		if _, err := io.ReadFull(c, b); err != nil || !bytes.Equal(b, q.Answer(datagram, port)) {
			t.Errorf("%s: %q, %v", network, b, err)
		}
	}
	c := dialled(t, "tcp", port)
	_, _ = io.WriteString(c, "hello\n")
	if b, _ := io.ReadAll(c); string(b) != greeting {
		t.Errorf("a person is told %q", b)
	}
}

// TestEchoMakesNoTrafficForOthers: what has no token, is none of a question, or
// comes too often has no answer.
func TestEchoMakesNoTrafficForOthers(t *testing.T) {
	e, port := echo(t)
	c := dialled(t, "udp", port)
	forged := echoport.Question{Token: echoport.Token{1}}
	right := echoport.Question{Token: e.Token()}
	for _, b := range [][]byte{forged.Append(nil), right.Append(nil)[:60], append(right.Append(nil), 'x'), right.Answer(true, port), {}} {
		_, _ = c.Write(b)
	}
	_, _ = c.Write(right.Append(nil))
	b := make([]byte, 100)
	if n, err := c.Read(b); err != nil || !bytes.Equal(b[:n], right.Answer(true, port)) {
		t.Errorf("the first answer is %q, %v", b[:n], err)
	}
	now, allowed := time.Now().Add(time.Hour), 0
	for range 3 * mostTo {
		if e.allows(around(netip.MustParseAddr("26.10.0.7")), now) {
			allowed++
		}
	}
	if allowed != mostTo || !e.allows(around(netip.MustParseAddr("26.10.1.7")), now) || !e.allows(around(netip.MustParseAddr("26.10.0.7")), now.Add(echoWindow)) {
		t.Errorf("%d answers to one network", allowed)
	}
	for i := range mostEchoes + mostNearby {
		from := around(netip.AddrFrom4([4]byte{26, 10, byte(i / mostNearby), 1}))
		if e.enter(from) != (i < mostEchoes) {
			t.Fatalf("connection %d", i)
		}
	}
	for i := range mostEchoes {
		e.leave(around(netip.AddrFrom4([4]byte{26, 10, byte(i / mostNearby), 1})))
	}
	for range mostNearby {
		e.enter(around(loopback))
	}
	if e.enter(around(loopback)) || len(e.nearby) != 1 {
		t.Error("one network has all connections")
	}
	for range mostNearby {
		e.leave(around(loopback))
	}
}

func TestEchoLeavesPortsThatSomebodyHas(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := uint16(l.Addr().(*net.TCPAddr).Port)
	e := OpenEcho([]netip.Addr{loopback}, []uint16{port}, nil)
	defer e.Close()
	if len(e.Ports().TCP) != 0 {
		t.Errorf("%+v", e.Ports())
	}
}

// TestEchoAnswersBrowsers: a browser that names a nonce is told its word and where
// it came from, and any page may read that; whoever names none is told a sentence.
func TestEchoAnswersBrowsers(t *testing.T) {
	e, port := echo(t)
	at := "http://" + netip.AddrPortFrom(loopback, port).String()
	for path, want := range map[string]string{
		"/out/NONCE": e.Word("NONCE", port) + " 127.0.0.1\n", "/": greeting, "/out/": greeting, "/out/" + strings.Repeat("x", 65): greeting,
	} {
		answer, err := http.Get(at + path)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if open := answer.Header.Get("Access-Control-Allow-Origin"); err != nil || string(b) != want || (open == "*") != (want != greeting) {
			t.Errorf("%s: %q %q, %v", path, b, open, err)
		}
	}
	if e.Word("NONCE", port) == e.Word("NONCE", port+1) || e.Word("NONCE", port) == e.Word("OTHER", port) {
		t.Error("one word is good for another port or page")
	}
	// A request with a head as long as they come, or without an end, takes nothing
	// but its time.
	c := dialled(t, "tcp", port)
	_, _ = io.WriteString(c, "GET /out/a HTTP/1.1\r\n"+strings.Repeat("X: "+strings.Repeat("y", 100)+"\r\n", 200)+"\r\n")
	if b, _ := io.ReadAll(c); len(b) > 0 && !bytes.HasPrefix(b, []byte("HTTP/1.1 200 ")) {
		t.Errorf("%q", b)
	}
}

// TestEchoInsideTLS: a port that has a certificate answers inside TLS as well as
// outside.
func TestEchoInsideTLS(t *testing.T) {
	server := httptest.NewUnstartedServer(nil)
	server.StartTLS()
	defer server.Close()
	e, port := echoWith(t, server.TLS)
	for scheme, client := range map[string]*http.Client{"http": http.DefaultClient, "https": server.Client()} {
		answer, err := client.Get(scheme + "://" + netip.AddrPortFrom(loopback, port).String() + "/out/A")
		if err != nil {
			t.Errorf("%s: %v", scheme, err)
			continue
		}
		b, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if err != nil || string(b) != e.Word("A", port)+" 127.0.0.1\n" {
			t.Errorf("%s: %q, %v", scheme, b, err)
		}
	}
}
