package probe

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
)

var update = flag.Bool("update", false, "write what came out as what is wanted")

// A recording is data: what a server sends and what it must be asked.
//
//	# comment          where it was recorded, what it is for
//	@ udp 53           transport and port, when they are not the probe's first
//	S: text\r\n        the server sends this (Go escapes)
//	C: text\r\n        the client must send this now
//	C?                 the server waits for anything from the client
//	S* text            the server sends this without end
//	S1 text            the server sends this, one byte a second
//	T: http/1.1        the server shakes hands for TLS, with these in its ALPN;
//	                   what follows is inside
//	...                the server stays silent until the client closes
//	+ 2s               the server lets time pass
//	RST                the server resets the connection
//	--- 3              the next three connections play what follows
//	! error            how the probe must end; nothing: without an error
//	% name option=text  the test of that name is played, with that option, and not the
//	                   probe of the folder alone; password=text is the password
//	~ regexp           what this matches in what is said differs each time it is
//	                   recorded (Recorder)
//	~= name name       so do these facts
//	=                  the Service that must come out, as JSON, to the end
//
// At the end of its lines the server closes. More connections than there are
// scripts for are refused.
type recording struct {
	transport exposure.Transport
	port      uint16
	scripts   [][]directive // one per connection
	fails     string
	want      string
	source    string // up to the line of the want
	test      string // that is played in place of the probe
	values    map[string][]string
}

// through is the probe that plays a recording: the one of the folder, or a test
// of it.
func (r recording) through(t testing.TB, p Probe) Probe {
	if r.test == "" {
		return p
	}
	test, p, ok := testNamed(r.test)
	if !ok {
		t.Fatalf("no test %s", r.test)
	}
	p.Run = func(ctx context.Context, s *Session) (exposure.Service, error) {
		o := TestOptions{Values: r.values}
		if secret := strings.Join(r.values["password"], ""); secret != "" {
			o.Password = func() (string, error) { return secret, nil }
		}
		trial := &Trial{test: test, options: o}
		if test.Secure {
			if err := s.begin(ctx, trial); err != nil {
				return exposure.Service{TLS: s.secure}, err
			}
		}
		svc, err := test.Run(ctx, s, trial)
		if svc.TLS == nil {
			svc.TLS = s.secure
		}
		return svc, err
	}
	return p
}

type directive struct{ verb, text string }

func readRecording(t testing.TB, path string) recording {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var r recording
	r.source, r.want, _ = strings.Cut(string(b), "\n=\n")
	r.source = strings.TrimSuffix(r.source, "\n") + "\n"
	times := 1
	var script []directive
	flush := func() {
		for range times {
			r.scripts = append(r.scripts, script)
		}
		script = nil
	}
	for i, line := range strings.Split(strings.TrimSuffix(r.source, "\n"), "\n") {
		verb, text, _ := strings.Cut(line, " ")
		switch verb {
		case "#", "~", "~=", "":
		case "%":
			words := strings.Fields(text)
			r.test, r.values = words[0], map[string][]string{}
			for _, word := range words[1:] {
				name, value, _ := strings.Cut(word, "=")
				r.values[name] = []string{value}
			}
		case "@":
			var name string
			if _, err := fmt.Sscan(text, &name, &r.port); err != nil {
				t.Fatalf("%s:%d: %v", path, i+1, err)
			}
			if err := r.transport.UnmarshalText([]byte(name)); err != nil {
				t.Fatalf("%s:%d: %v", path, i+1, err)
			}
		case "!":
			r.fails = text
		case "---":
			flush()
			times = 1
			if text != "" {
				if times, err = strconv.Atoi(text); err != nil {
					t.Fatalf("%s:%d: %v", path, i+1, err)
				}
			}
		default:
			d, err := readDirective(line)
			if err != nil {
				t.Fatalf("%s:%d: %v", path, i+1, err)
			}
			script = append(script, d)
		}
	}
	flush()
	return r
}

func readDirective(line string) (directive, error) {
	verb, text, _ := strings.Cut(line, " ")
	switch verb {
	case "S:", "C:", "S*", "S1":
		plain, err := strconv.Unquote(`"` + strings.ReplaceAll(text, `"`, `\"`) + `"`)
		return directive{verb, plain}, err
	case "T:", "...", "RST", "C?", "+":
		return directive{verb, text}, nil
	}
	return directive{}, fmt.Errorf("%q is no line of a recording", line)
}

// testNonce is what every hello in a recording is made with.
const testNonce = 0x0123456789ab1234

// player stands for the network: it plays a recording to whoever dials.
type player struct {
	t       *testing.T
	end     time.Time
	mu      sync.Mutex
	scripts [][]directive
	always  []directive // what every connection plays when there are no scripts
	dialled int

	datagrams []directive // the first script, where datagrams are exchanged
	local     net.Addr    // of our end; nil: that of a pipe
	volatile  []*regexp.Regexp
	servers   sync.WaitGroup
}

// peer makes a peer of the player.
func (p *player) peer(transport exposure.Transport, at netip.AddrPort, name string) *peer {
	if transport == exposure.UDP {
		p.datagrams, p.scripts = p.scripts[0], p.scripts[1:]
	}
	return &peer{
		target: exposure.Target{Address: at.Addr(), Name: name}, at: at, name: name, wide: defaultParallel, owned: true,
		nonce: func() uint64 { return testNonce }, dial: p.dial, exchange: p.exchange, anyPort: p.anyPort,
		dialFrom: func(ctx context.Context, local uint16, to netip.AddrPort) (net.Conn, error) {
			p.local = net.UDPAddrFromAddrPort(netip.AddrPortFrom(recordedFrom, local))
			return p.anyPort(ctx, to)
		},
	}
}

// recordedFrom is where a player has us, where a protocol has us say it.
var recordedFrom = netip.MustParseAddr("192.0.2.8")

// anyPort plays the first script, that of the datagrams, on a connection.
func (p *player) anyPort(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	p.mu.Lock()
	p.scripts = append([][]directive{p.datagrams}, p.scripts...)
	p.mu.Unlock()
	return p.dial(ctx, exposure.UDP, to)
}

func (p *player) next() (script []directive, n int, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dialled++
	if len(p.scripts) == 0 {
		return p.always, p.dialled, p.always != nil
	}
	script, p.scripts = p.scripts[0], p.scripts[1:]
	return script, p.dialled, true
}

func (p *player) dial(ctx context.Context, _ exposure.Transport, to netip.AddrPort) (net.Conn, error) {
	script, n, ok := p.next()
	if !ok {
		return nil, &netio.Error{Op: "dial", Target: to, Reason: exposure.ConnRefused, Err: syscall.ECONNREFUSED}
	}
	client, server := net.Pipe()
	line := &pipeLine{Conn: client, local: p.local}
	p.servers.Go(func() {
		defer server.Close()
		(&pipeServer{t: p.t, conn: newInbox(server), n: n, line: line, volatile: p.volatile}).play(script)
	})
	return netio.Limits{Deadline: p.end, Bytes: maxBytes}.Bound(ctx, line, to), nil
}

// exchange answers datagrams: the client's must be the next C, and the S lines
// behind it come back.
func (p *player) exchange(ctx context.Context, to netip.AddrPort, request []byte, accept func([]byte) bool) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for asked := false; len(p.datagrams) > 0; {
		d := p.datagrams[0]
		if d.verb == "C:" && asked {
			break
		}
		p.datagrams = p.datagrams[1:]
		switch {
		case d.verb == "C:":
			asked = true
			if !same(d.text, string(request), p.volatile) {
				p.t.Errorf("the client asked\n%q, want\n%q", request, d.text)
			}
		case d.verb == "S:" && accept([]byte(d.text)):
			return []byte(d.text), nil
		case d.verb == "RST":
			return nil, &netio.Error{Op: "receive", Target: to, Reason: exposure.PortUnreach, Err: syscall.ECONNREFUSED}
		}
	}
	<-ctx.Done()
	return nil, &netio.Error{Op: "receive", Target: to, Reason: exposure.NoResponse, Err: os.ErrDeadlineExceeded}
}

// same reports whether two texts differ in what is volatile only.
func same(a, b string, volatile []*regexp.Regexp) bool {
	return a == b || blank(letters(a), volatile) == blank(letters(b), volatile)
}

// pipeLine is the client's end of a connection, which can be reset.
type pipeLine struct {
	net.Conn
	local   net.Addr // nil: the pipe's
	mu      sync.Mutex
	reset   bool
	refused bool
}

// LocalAddr is where the client is.
func (l *pipeLine) LocalAddr() net.Addr {
	if l.local != nil {
		return l.local
	}
	return l.Conn.LocalAddr()
}

func (l *pipeLine) Read(b []byte) (int, error) {
	n, err := l.Conn.Read(b)
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err != nil && l.reset:
		err = &net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
	case err != nil && l.refused:
		err = &net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNREFUSED)}
	}
	return n, err
}

// Write writes, and tells a reset as a socket does.
func (l *pipeLine) Write(b []byte) (int, error) {
	n, err := l.Conn.Write(b)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil && l.reset {
		err = &net.OpError{Op: "write", Err: os.NewSyscallError("write", syscall.ECONNRESET)}
	}
	return n, err
}

// SetReadDeadline sets it. A pipe whose other end is closed refuses, which a
// socket never does.
func (l *pipeLine) SetReadDeadline(t time.Time) error {
	if err := l.Conn.SetReadDeadline(t); !errors.Is(err, io.ErrClosedPipe) {
		return err
	}
	return nil
}

// inbox takes what the client sends at any time, as a kernel would, so that a
// pipe does not make both ends wait for each other.
type inbox struct {
	net.Conn
	chunks chan []byte
	rest   []byte
}

func newInbox(c net.Conn) *inbox {
	in := &inbox{Conn: c, chunks: make(chan []byte, 1024)}
	go func() {
		defer close(in.chunks)
		for {
			b := make([]byte, 4096)
			n, err := c.Read(b)
			if n > 0 {
				in.chunks <- b[:n]
			}
			if err != nil {
				return
			}
		}
	}()
	return in
}

func (in *inbox) Read(b []byte) (int, error) {
	if len(in.rest) == 0 {
		chunk, ok := <-in.chunks
		if !ok {
			return 0, io.EOF
		}
		in.rest = chunk
	}
	n := copy(b, in.rest)
	in.rest = in.rest[n:]
	return n, nil
}

// pipeServer plays one script.
type pipeServer struct {
	t    *testing.T
	conn net.Conn
	n    int // which connection it is, for messages
	line *pipeLine

	volatile []*regexp.Regexp
}

func (s *pipeServer) play(script []directive) {
	for i, d := range script {
		var err error
		switch d.verb {
		case "S:":
			_, err = s.conn.Write([]byte(d.text))
		case "S*":
			for err == nil {
				_, err = s.conn.Write([]byte(d.text))
			}
		case "S1":
			for _, b := range []byte(d.text) {
				time.Sleep(time.Second) // of the bubble's clock
				if _, err = s.conn.Write([]byte{b}); err != nil {
					break
				}
			}
		case "C:":
			got := make([]byte, len(d.text))
			n, _ := io.ReadFull(s.conn, got)
			if !same(string(got[:n]), d.text, s.volatile) {
				s.t.Errorf("connection %d, line %d: the client sent %q, want %q", s.n, i+1, got[:n], d.text)
				return
			}
		case "C?":
			_, err = s.conn.Read(make([]byte, 4096))
		case "+":
			pause, parse := time.ParseDuration(d.text)
			if parse != nil {
				s.t.Error(parse)
			}
			time.Sleep(pause) // of the bubble's clock
		case "T:":
			inner := tls.Server(s.conn, testTLS(s.t, strings.Fields(d.text)...))
			if err = inner.Handshake(); err == nil {
				defer inner.Close()
				s.conn = newInbox(inner)
			}
		case "...":
			_, err = io.Copy(io.Discard, s.conn)
		case "RST":
			s.line.mu.Lock()
			s.line.reset = true
			s.line.mu.Unlock()
			return
		}
		if err != nil {
			return // the client has closed, which it may at any time
		}
	}
}

// testTLS is a server that speaks one version with one suite, so that what is
// learned of it does not depend on the machine.
func testTLS(t *testing.T, alpn ...string) *tls.Config {
	cert, err := tls.LoadX509KeyPair("testdata/tls/server.pem", "testdata/tls/server.key")
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{
		Certificates: []tls.Certificate{cert},
		MinVersion:   tls.VersionTLS12, MaxVersion: tls.VersionTLS12,
		CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256},
		NextProtos:   alpn,
	}
}

// recordingsOf are the cases that a probe with a Run has, and more or fewer
// those that are named.
var (
	usualRecordings = []string{"happy", "wrong", "silent", "hangup", "endless", "garbled"}
	recordingsOf    = map[string][]string{
		"banner":  {"happy", "endless", "garbled"},
		"dns":     append(usualRecordings, "udp"),
		"quic":    {"happy", "wrong", "silent", "hangup", "garbled", "lying"},
		"snmpv1":  append(usualRecordings, "lying"),
		"snmpv2c": append(usualRecordings, "lying"),
		"snmpv3":  append(usualRecordings, "lying"),
	}
)

// TestRecordings plays each recording to the probe of its folder.
func TestRecordings(t *testing.T) {
	for _, p := range All() {
		kinds := recordingsOf[p.Name]
		switch {
		case p.Run != nil && kinds == nil:
			kinds = usualRecordings
		case p.Run == nil && p.Asks():
			kinds = []string{"happy"} // TestMatch does the rest
		}
		for _, kind := range kinds {
			if found, _ := filepath.Glob(filepath.Join("testdata", p.Name, kind+"*.txt")); len(found) == 0 {
				t.Errorf("probe %s has no recording %s*.txt", p.Name, kind)
			}
		}
	}
	paths, err := filepath.Glob("testdata/*/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no recordings: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(strings.TrimPrefix(path, "testdata/"), ".txt"), func(t *testing.T) {
			r := readRecording(t, path)
			synctest.Test(t, func(t *testing.T) { playRecording(t, path, r) })
		})
	}
}

func playRecording(t *testing.T, path string, r recording) {
	name := filepath.Base(filepath.Dir(path))
	i := slices.IndexFunc(probes, func(p Probe) bool {
		return p.Name == name && (r.transport == exposure.NoTransport || p.Transport == r.transport)
	})
	if i < 0 {
		t.Fatalf("no probe %s", name)
	}
	p := r.through(t, probes[i])
	if r.port == 0 && len(p.Ports) > 0 {
		r.port = p.Ports[0]
	}
	end := time.Now().Add(DefaultTimeout)
	ctx, cancel := context.WithDeadline(t.Context(), end)
	defer cancel()
	volatile, _ := volatileOf(t, path, r.source)
	net := &player{t: t, end: end, scripts: r.scripts, volatile: volatile}
	h := &hunt{peer: net.peer(p.Transport, netip.AddrPortFrom(netip.MustParseAddr("192.0.2.7"), r.port), "home.example"), transport: p.Transport}
	s := h.session(p, nil)
	if name == bannerName {
		// It has no connection of its own: what it judges was said to the hunt.
		s.greeted, s.unasked = []byte(r.scripts[0][0].text), true
	}
	svc, err := guard(ctx, p, s)
	cancel()
	net.servers.Wait()

	if got := message(err); got != r.fails && !*update {
		t.Errorf("error %q, want %q", got, r.fails)
	}
	got, jsonErr := json.MarshalIndent(svc, "", " ")
	if jsonErr != nil {
		t.Fatal(jsonErr)
	}
	if *update {
		rewrite(t, path, r, message(err), got)
		return
	}
	if diff := cmp.Diff(decode(t, []byte(r.want)), decode(t, got)); diff != "" {
		t.Errorf("service (-want +got):\n%s", diff)
	}
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func decode(t *testing.T, b []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatalf("%v in %q", err, b)
	}
	return v
}

func rewrite(t *testing.T, path string, r recording, fails string, got []byte) {
	t.Helper()
	var out bytes.Buffer
	for line := range strings.Lines(r.source) {
		if !strings.HasPrefix(line, "! ") {
			out.WriteString(line)
		}
	}
	if fails != "" {
		out.WriteString("! " + fails + "\n")
	}
	fmt.Fprintf(&out, "=\n%s\n", got)
	if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
