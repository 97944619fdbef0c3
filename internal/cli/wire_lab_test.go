//go:build linux && lab

package cli_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// hostileRequests is how many are made up.
const hostileRequests = 20_000

// TestWireCount sends what a stranger might try so that the service looks at
// somebody else, and counts where the router receives it what the service sends to
// any address but those of its callers: nothing, not even a question for the
// neighbour that has the address. Frames that pass no hook of the sender are
// counted there, too.
func TestWireCount(t *testing.T) {
	l := lab.New(t)
	// Everything that the service might send to somebody else goes to the router.
	l.Outside.Run(t, "ip", "route", "replace", "default", "via", l.Router.V4.String())
	l.Outside.Run(t, "ip", "-6", "route", "replace", "default", "via", l.Router.V6.String())
	l.Router.NFT(t, fmt.Sprintf(`
		table inet wire {
			counter strays {
			}
			counter own {
			}
			chain arriving {
				type filter hook prerouting priority raw
				iifname "wan" ip daddr != %[1]s counter name strays
				iifname "wan" ip6 daddr != { %[2]s, %[3]s } meta l4proto { tcp, udp, sctp, icmp } counter name strays
				iifname "wan" ip6 daddr != { %[2]s, %[3]s } icmpv6 type echo-request counter name strays
				iifname "wan" ip daddr %[1]s counter name own
			}
		}
		table arp wire {
			counter strays {
			}
			chain arriving {
				type filter hook input priority 0
				iifname "wan" arp operation request arp daddr ip != { %[1]s, %[4]s } counter name strays
			}
		}
	`, l.Router.V4, l.Home.V6, l.Router.V6, l.Outside.V4))
	serving(t, l.Outside, root, "--per-hour", "1000000", "--listen", ":9090", "--database", "/tmp/second.db") // it sees proofs, too
	serving(t, l.Outside, root, "--peer", "http://"+l.Outside.V4.String()+":9090", "--per-hour", "1000000", "--trusted-proxies", l.LAN.V6.String(), "--hostname", "vantage.example", "--rate", "1000")
	victims := []string{
		l.LAN.V6.String(), "26.10.0.77", "26.77.0.1", "8.8.8.8", "2608:26:10::77", "2a00::1", "127.0.0.1", "0x7f.1", "2130706433", "0177.0.0.1", "::ffff:26.10.0.77",
		"64:ff9b::1a0a:4d", "2002:1a0a:4d::1", "2001:0:1a0a:4d::1", "::26.10.0.77", "fe80::1%wan", "fec0::1", "ff02::1", "224.0.0.1", "255.255.255.255", "169.254.169.254",
		"192.168.77.20", l.Outside.V4.String(), "unknown", "_hidden", "[2a00::1]:80", "26.77.0.1:80", `"[2a00::1]"`, "26.10.0.77.", "26.10.0.77,26.77.0.1", strings.Repeat("8.8.8.8, ", 300),
	}
	misleading(t, l)
	for _, base := range []string{"http://" + l.Outside.V4.String() + ":8080", "http://[" + l.Outside.V6.String() + "]:8080"} {
		misled(t, l, base)
	}
	const streams = 8
	var wait sync.WaitGroup
	var answered, taken, begun, proofs atomic.Int64
	known := servedBy(t, from(l.Home), "http://"+l.Outside.V4.String()+":8080")
	jobs := make(chan string, hostileRequests)
	for n := range streams {
		to, source := l.Outside.V4.String()+":8080", l.Home
		if n%2 == 1 {
			to = "[" + l.Outside.V6.String() + "]:8080"
		}
		wait.Go(func() {
			w := &wire{t: t, host: source, to: to, random: rand.New(rand.NewPCG(uint64(n), 7)), victims: victims, jobs: jobs, surface: known}
			defer w.close()
			for range hostileRequests / streams {
				w.one(w.made())
			}
			answered.Add(w.answered)
			taken.Add(w.taken)
			begun.Add(w.begun)
			proofs.Add(w.proofs)
		})
	}
	wait.Wait()
	if answered.Load() < hostileRequests*9/10 {
		t.Errorf("%d of %d requests were answered at all", answered.Load(), hostileRequests)
	}
	// Some of them are no more than an own look with something odd beside it, and
	// those are done: the counter sees what there is.
	if taken.Load() == 0 || begun.Load() == 0 || proofs.Load() == 0 {
		t.Errorf("%d jobs, %d looks of pages and %d proofs were begun: nothing was tried", taken.Load(), begun.Load(), proofs.Load())
	}
	t.Logf("%d routes, %d fields, kinds %v; %d jobs and %d looks of pages were begun", len(known.routes), len(known.fields), known.kinds, taken.Load(), begun.Load())
	for _, family := range []string{"inet", "arp"} {
		if out := l.Router.Run(t, "nft", "list", "counter", family, "wire", "strays"); !strings.Contains(out, "packets 0 bytes 0") {
			t.Errorf("the service sent to strangers:\n%s", out)
		}
	}
	if out := l.Router.Run(t, "nft", "list", "counter", "inet", "wire", "own"); strings.Contains(out, "packets 0 ") {
		t.Errorf("the counter sees nothing at all:\n%s", out)
	}
	// The counter does count: a raw frame and a question for a neighbour.
	_ = l.Outside.Do(func() error {
		for _, to := range []string{"26.10.0.77:9", "26.77.0.1:9"} {
			if conn, err := net.Dial("udp", to); err == nil {
				_, _ = conn.Write([]byte("counted"))
				_ = conn.Close()
			}
		}
		return nil
	})
	waitFor(t, func() bool {
		return !strings.Contains(l.Router.Run(t, "nft", "list", "counter", "inet", "wire", "strays"), "packets 0 ") &&
			!strings.Contains(l.Router.Run(t, "nft", "list", "counter", "arp", "wire", "strays"), "packets 0 ")
	})
}

// misleading starts servers at home that point their clients to somebody else: an FTP
// server by its data addresses, a web server by redirects and what it offers.
func misleading(t *testing.T, l *lab.Lab) {
	t.Helper()
	l.Forward(t, "tcp", 21, 21)
	l.Forward(t, "tcp", 80, 80)
	var n atomic.Int64
	data := []string{"227 Entering Passive Mode (26,77,0,1,31,144)", "227 =8,8,8,8,0,22", "227 Entering Passive Mode (26,10,0,77,0,25)", "227 Entering Passive Mode (192,168,77,20,31,144)"}
	ftp := func(_ context.Context, c net.Conn) {
		fmt.Fprint(c, "220 ready\r\n")
		for lines := bufio.NewScanner(c); lines.Scan(); {
			word, _, _ := strings.Cut(strings.ToUpper(lines.Text()), " ")
			answer, known := map[string]string{
				"USER": "331 password", "PASS": "230 in", "PASV": data[int(n.Add(1))%len(data)], "EPSV": "229 Entering Extended Passive Mode (|1|26.77.0.1|8080|)",
				"PORT": "500 no", "EPRT": "500 no", "TYPE": "200 ok", "LIST": "425 no data", "NLST": "425 no data", "RETR": "425 no data", "PWD": `257 "/"`, "SYST": "215 UNIX", "FEAT": "211 end", "QUIT": "221 bye",
			}[word]
			if !known {
				answer = "502 no"
			}
			fmt.Fprint(c, answer+"\r\n")
		}
	}
	http := func(_ context.Context, c net.Conn) {
		_, _ = c.Read(make([]byte, 4096))
		fmt.Fprint(c, "HTTP/1.1 302 Found\r\nLocation: http://26.77.0.1/\r\nAlt-Svc: h3=\"26.77.0.1:443\"\r\nRefresh: 0; url=http://8.8.8.8/\r\nContent-Length: 0\r\n\r\n")
	}
	lab.Serve(t, l.Home.Listen(t, "tcp", ":21"), ftp)
	lab.Serve(t, l.Home.Listen(t, "tcp", ":80"), http)
}

// misled has the service look at them, to the end.
func misled(t *testing.T, l *lab.Lab, base string) {
	t.Helper()
	c := from(l.Home)
	c.Transport.(*http.Transport).Proxy = nil
	ask := func(method, path, body string, into any) *http.Response {
		return askAPI(t, c, method, base+path, body, into)
	}
	var plan exposure.Plan
	ask("POST", "/api/v1/jobs", `{"tcp":"21,80","identify":true,"tests":[{"protocol":"ftp","port":21}],"consent":{"text":"a","scope":"b"}}`, &plan)
	if r := ask("POST", "/api/v1/jobs/"+plan.Job+"/go", "", nil); r.StatusCode != 202 {
		t.Fatalf("go: %s", r.Status)
	}
	services, done := 0, false
	for after := 0; !done; {
		var list exposure.Batches
		ask("GET", fmt.Sprintf("/api/v1/jobs/%s/batches?after=%d", plan.Job, after), "", &list)
		for _, b := range list.Batches {
			after, done = b.Number, b.Done
			services += len(b.Services)
		}
	}
	if services < 2 {
		t.Errorf("%s: %d services were spoken to", base, services)
	}
	v := newPageVisitor(t, l.Home, base)
	look, status, body := v.send(t, "ftp", url.Values{"port": {"21"}, "modes": {"pasv", "epsv", "port", "eprt"}, "upload": {"yes"}, "address": {"26.77.0.1"}})
	if status != http.StatusOK || !strings.HasPrefix(look, "/look/") {
		t.Fatalf("the page of the FTP test: %d %s", status, body)
	}
	if _, d := v.watched(t, look); len(d.Tests) != 1 || len(d.Tests[0].Steps) < 3 {
		t.Errorf("%s: the FTP test: %+v", base, d)
	}
}

// wire is one connection over which hostile requests go, made anew whenever the
// service ends it.
type wire struct {
	t       *testing.T
	host    *lab.Host
	to      string
	random  *rand.Rand
	victims []string
	jobs    chan string // that somebody was given

	conn            net.Conn
	reader          *bufio.Reader
	own, token      string // the last job of this stream, and its last proof
	look, cookie    string // the last look that a page began, and whose it is
	surface         surface
	answered, taken int64
	begun, proofs   int64 // looks of pages, tokens of proofs
}

func (w *wire) close() {
	if w.conn != nil {
		_ = w.conn.Close()
		w.conn = nil
	}
}

func (w *wire) pick(list ...string) string { return list[w.random.IntN(len(list))] }

// made is a request that tries to have somebody else looked at.
func (w *wire) made() string {
	victim := w.pick(w.victims...)
	path, body := "/api/v1/jobs", `{"tcp":"`+w.pick("22", "80", "1-100", "65535", "0", "22,21")+`","consent":{"text":"a","scope":"b"}}`
	host, method := "vantage.example", "POST"
	var headers []string
	header := func(name, value string) { headers = append(headers, name+": "+value) }
	for range 1 + w.random.IntN(2) {
		switch w.random.IntN(20) {
		case 0, 1:
			name := w.pick("X-Forwarded-For", "x-forwarded-for", "X_Forwarded_For", "Forwarded", "X-Real-IP", "Via", "Client-IP", "True-Client-IP", "CF-Connecting-IP", "X-Client-IP", "X-Originating-IP", "X-Remote-Addr")
			value := victim
			if name == "Forwarded" {
				value = w.pick("for=", `for="`, "by=", "proto=http;for=", "for=1.1.1.1;for=") + victim + w.pick("", `"`, ", for=unknown")
			}
			for range 1 + w.random.IntN(3) {
				header(name, value)
			}
		case 2:
			key := w.pick("address", "target", "host", "ip", "Address", "grant", "source", "url")
			body = `{"` + key + `":"` + victim + `",` + body[1:]
		case 3:
			body = `{"name":"` + victim + `",` + body[1:]
		case 4: // rebinding, and proxying
			host = w.pick("evil.example", victim, "localhost", "vantage.example.evil.example", "127.0.0.1.nip.example")
		case 5:
			path = w.pick("http://"+victim+path, path+"?address="+victim, "//"+victim+path, path+"/../jobs?target="+victim, "/redirect?url=http://"+victim, "/"+victim)
			method = w.pick("POST", "GET", "OPTIONS", "PUT", "CONNECT")
			if method == "CONNECT" {
				path = victim
			}
		case 6: // another's job, or an old one
			id := w.pick("none", "../jobs", w.own)
			select {
			case id = <-w.jobs:
				w.jobs <- id
			default:
			}
			path = "/api/v1/jobs/" + id + w.pick("/go", "/heartbeat", "/batches?after=0", "")
			method = w.pick("POST", "POST", "GET", "DELETE")
		case 7:
			header("Sec-Fetch-Site", w.pick("cross-site", "same-site"))
			header("Origin", w.pick("https://evil.example", "null", "http://"+victim))
		case 8: // the shapes of other tests: FTP data, tokens, names
			path = w.pick("/api/v1/names", "/api/v1/ftp", "/api/v1/tokens", "/api/v1/echo", "/api/v1/proof", "/ftp", "/name", "/mail", "/look", "/start")
			body = w.pick(`{"name":"`+victim+`"}`, `{"pasv":"227 Entering Passive Mode (8,8,8,8,0,22)"}`, `{"token":"../../`+victim+`"}`, "host="+victim+"&port=21", `{"host":"`+victim+`","port":22}`)
		case 9:
			header("Content-Type", w.pick("text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-7"))
			header("X-HTTP-Method-Override", "POST")
		case 11, 12: // the forms of the pages
			path = w.pick("/check/quick", "/check/syn", "/check/grid", "/check/udp", "/check/port", "/check/custom", "/look/"+w.own+"/beat", "/look/"+victim+"/stop") + w.pick("", "", "?address="+victim)
			body = "consent=" + w.pick("", "on") + "&mine=on&ports=" + w.pick("22", "1-100", victim) + "&own=" + w.pick("80", victim) + "&token=" + w.pick("a", "b") + "&address=" + victim + "&host=" + victim
			header("Content-Type", "application/x-www-form-urlencoded")
			if w.random.IntN(2) == 0 {
				header("Cookie", "sekisho="+w.pick(victim, "AAAA", w.own)+"; address="+victim)
			}
		case 13, 14, 15, 16: // whatever there is
			var form string
			method, path, form = w.anything(victim)
			if !strings.HasPrefix(path, "/api/") || w.random.IntN(8) == 0 {
				body = form
				header("Content-Type", "application/x-www-form-urlencoded")
			}
			if w.cookie != "" && w.random.IntN(2) == 0 {
				header("Cookie", w.cookie)
			}
		case 17: // the name test
			path = "/name"
			body = "name=" + w.pick("", "http://", "a.", "*.") + victim + w.pick("", ".", ".example", ":80", "/", "%0d%0a")
			header("Content-Type", "application/x-www-form-urlencoded")
		case 18: // proofs of others
			path = "/api/v1/proofs" + w.pick("", "", "/"+w.token, "/"+w.token, "/"+victim, "?address="+victim)
			method = w.pick("POST", "POST", "POST", "GET")
			body = w.pick(" ", `{"address":"`+victim+`"}`, `{"consent":{"text":"a","scope":"b"}}`, `{"consent":{"text":"a","scope":"b"},"address":"`+victim+`"}`, `{"name":"`+victim+`","method":"http"}`)
		case 19:
			body = `{"proof":"` + w.pick(w.token, w.token, w.token, victim, "AAAAAAAAAAAAAAAAAAAAAAAAAA") + `",` + w.pick("", "", `"address":"`+victim+`",`) + body[1:]
		case 10:
			body = `{"grant":{"kind":"own-address","address":"` + victim + `"},` + body[1:]
		}
	}
	for _, h := range headers {
		if strings.HasPrefix(h, "Content-Type") {
			return fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n%s\r\n\r\n%s", method, path, host, len(body), strings.Join(headers, "\r\n"), body)
		}
	}
	return fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n%s", method, path, host, len(body), strings.Join(append(headers, ""), "\r\n"), body)
}

// one sends a request and takes its answer. What it starts for its caller itself
// begins to send at once, and is stopped to make room.
func (w *wire) one(request string) {
	location := w.say(request)
	const empty = "Host: vantage.example\r\nContent-Length: 0\r\n"
	if id, began := strings.CutPrefix(location, "/look/"); began && strings.HasPrefix(request, "POST /check/") {
		w.begun++
		w.look = id
		if w.random.IntN(8) > 0 { // some go on to their end
			w.say("POST /look/" + id + "/stop HTTP/1.1\r\n" + empty + "Cookie: " + w.cookie + "\r\n\r\n")
		}
		return
	}
	if !strings.HasPrefix(location, "/api/") {
		return
	}
	if token, ok := strings.CutPrefix(location, "/api/v1/proofs/"); ok {
		w.token = token
		w.proofs++
		return
	}
	w.taken++
	w.own = strings.TrimPrefix(location, "/api/v1/jobs/")
	select {
	case w.jobs <- w.own:
	default:
	}
	w.say("POST " + location + "/go HTTP/1.1\r\n" + empty + "\r\n")
	w.say("DELETE " + location + " HTTP/1.1\r\n" + empty + "\r\n")
}

// say sends a request and returns where what it made, or leads to, is; empty for
// nothing. Of a stream of events the beginning is enough.
func (w *wire) say(request string) (location string) {
	if w.conn == nil {
		err := w.host.Do(func() (err error) {
			w.conn, err = net.DialTimeout("tcp", w.to, 10*time.Second)
			return err
		})
		if err != nil {
			w.t.Errorf("%s: %v", w.to, err)
			return ""
		}
		w.reader = bufio.NewReader(w.conn)
	}
	_ = w.conn.SetDeadline(time.Now().Add(20 * time.Second))
	method, _, _ := strings.Cut(request, " ")
	_, err := io.WriteString(w.conn, request)
	if err != nil {
		w.close()
		return ""
	}
	answer, err := http.ReadResponse(w.reader, &http.Request{Method: method})
	if err != nil {
		w.close()
		return ""
	}
	w.answered++
	stream := strings.HasPrefix(answer.Header.Get("Content-Type"), "text/event-stream")
	if !stream {
		_, err = io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close()
	}
	if stream || err != nil || answer.Close {
		w.close()
	}
	for _, cookie := range answer.Cookies() {
		if cookie.Name == "sekisho_owner" {
			w.cookie = cookie.Name + "=" + cookie.Value
		}
	}
	if answer.StatusCode == http.StatusCreated || answer.StatusCode == http.StatusSeeOther {
		return answer.Header.Get("Location")
	}
	return ""
}
