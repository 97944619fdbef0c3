package probe

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
)

// A Recorder runs a probe against a real server and holds what was said to a
// recording, or writes that with -update. Of what is said inside TLS it keeps
// the plain text: it ends the TLS of the probe with the server's of the
// recordings and begins another with the real one.
type Recorder struct {
	Enter func(func() error) error // opens sockets, in a lab a host's Do
	To    netip.AddrPort
	Path  string // below testdata, without .txt: ftp/happy-vsftpd
	From  string // product, version and (system), as the first line names them

	// Until tells from what a server said on a connection how much of it can be
	// played again, −1 as long as all of it. After that the recording is silent.
	Until func(said []byte) int
	// Asked is the same for what the probe says: the rest goes to the server
	// and not into the recording. Nil: everything is recorded.
	Asked func(said []byte) int
	// AnyOrder says that all connections but the first come in any order, and
	// that only one of them says something.
	AnyOrder bool
	// Timeout is what the probe gets; 0: DefaultTimeout.
	Timeout time.Duration
	// Port is where the recording has the server, when there is none yet; 0: the
	// probe's first. Transport is over what, likewise.
	Port      uint16
	Transport exposure.Transport
}

// recordedName and recordedAt are what the probe is told to look at, so that
// recordings do not depend on the lab's addresses.
const recordedName = "home.example"

var recordedAt = netip.MustParseAddr("192.0.2.7")

// Run records, and compares or writes.
func (r Recorder) Run(t *testing.T) {
	t.Helper()
	path := "testdata/" + r.Path + ".txt"
	old := recording{source: "# " + r.From + ".\n", transport: r.Transport, port: r.Port}
	if r.Transport != exposure.NoTransport {
		old.source += fmt.Sprintf("@ %s %d\n", r.Transport, r.Port)
	}
	if _, err := os.Stat(path); err == nil {
		old = readRecording(t, path)
	} else if !*update {
		t.Fatalf("%v: record it with -update", err)
	}
	folder, _, _ := strings.Cut(r.Path, "/")
	i := slices.IndexFunc(probes, func(p Probe) bool {
		return p.Name == folder && (old.transport == exposure.NoTransport || p.Transport == old.transport)
	})
	if i < 0 {
		t.Fatalf("no probe %s", folder)
	}
	talk := &talk{t: t, recorder: r, first: probes[i].Transport == exposure.UDP}
	svc, err := talk.run(old.through(t, probes[i]), cmpOr(old.port, firstPort(probes[i])))
	if _, timed := svc.Facts["greeting_ms"]; timed {
		svc.Facts["greeting_ms"] = 0 // no time passes while a recording is played
	}
	got, jsonErr := json.MarshalIndent(svc, "", " ")
	if jsonErr != nil {
		t.Fatal(jsonErr)
	}
	if *update {
		r.write(t, path, old, talk, message(err), got)
		return
	}
	volatile, facts := volatileOf(t, path, old.source)
	if got := message(err); got != old.fails {
		t.Errorf("error %q, in %s %q", got, path, old.fails)
	}
	was, is := saidOf(r.settled(old.scripts), volatile), saidOf(talk.scripts(), volatile)
	alike(was, is)
	if diff := cmp.Diff(was, is); diff != "" {
		t.Errorf("%s: the real server says something else (-recorded +now); record again with -update, or mark what differs each time with a line ~ REGEXP:\n%s", path, diff)
	}
	if diff := cmp.Diff(mask(decode(t, []byte(old.want)), volatile, facts), mask(decode(t, got), volatile, facts)); diff != "" {
		t.Errorf("%s: service (-recorded +now):\n%s", path, diff)
	}
}

func firstPort(p Probe) uint16 {
	if len(p.Ports) == 0 {
		return 0
	}
	return p.Ports[0]
}

func cmpOr(a, b uint16) uint16 {
	if a != 0 {
		return a
	}
	return b
}

// write keeps the head of a recording: where it is from, and what is volatile.
func (r Recorder) write(t *testing.T, path string, old recording, talk *talk, fails string, got []byte) {
	var out bytes.Buffer
	for line := range strings.Lines(old.source) {
		verb, _, _ := strings.Cut(line, " ")
		if _, remark, ok := strings.Cut(line, ")"); ok && verb == "#" && out.Len() == 0 {
			line = "# " + r.From + remark // which may have been another version
		}
		if slices.Contains([]string{"#", "~", "~=", "@", "%"}, verb) {
			out.WriteString(line)
		}
	}
	talk.print(&out)
	if fails != "" {
		fmt.Fprintf(&out, "! %s\n", fails)
	}
	fmt.Fprintf(&out, "=\n%s\n", got)
	if err := os.MkdirAll("testdata/"+strings.SplitN(r.Path, "/", 2)[0], 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// volatileOf are the lines ~ of a recording: what such an expression matches in
// what is said, each byte taken for a letter, differs every time; and those of
// the lines ~=: the facts that do.
func volatileOf(t testing.TB, path, source string) (list []*regexp.Regexp, facts []string) {
	for line := range strings.Lines(source) {
		if text, ok := strings.CutPrefix(line, "~ "); ok {
			re, err := regexp.Compile(strings.TrimSuffix(text, "\n"))
			if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			list = append(list, re)
		}
		if names, ok := strings.CutPrefix(line, "~= "); ok {
			facts = append(facts, strings.Fields(names)...)
		}
	}
	return list, facts
}

// said is what both ends say on one connection, each as one text: how it falls
// into packets is the network's affair.
type said struct{ Server, Client string }

func saidOf(scripts [][]directive, volatile []*regexp.Regexp) []said {
	list := make([]said, len(scripts))
	for i, script := range scripts {
		for _, d := range script {
			switch d.verb {
			case "S:":
				list[i].Server += d.text
			case "C:":
				list[i].Client += d.text
			case "T:":
				list[i].Server += "[TLS]"
			}
		}
		list[i].Server = blank(letters(list[i].Server), volatile)
		list[i].Client = blank(letters(list[i].Client), volatile)
	}
	return list
}

// alike forgives what a probe did not come to say: whether it answers the last
// word before it closes depends on how that fell into packets. So does whether
// it stays for the farewell.
func alike(was, is []said) {
	for i := range min(len(was), len(is)) {
		if strings.HasSuffix(was[i].Client, "QUIT\r\n") {
			was[i].Server, is[i].Server = farewell(was[i].Server, is[i].Server), farewell(is[i].Server, was[i].Server)
		}
		if strings.HasPrefix(was[i].Client, is[i].Client) {
			was[i].Client = is[i].Client
		} else if strings.HasPrefix(is[i].Client, was[i].Client) {
			is[i].Client = was[i].Client
		}
	}
}

// farewell is what a server said without the one line that it said beyond what
// it said the other time.
func farewell(server, other string) string {
	if rest, more := strings.CutPrefix(server, other); more && strings.Count(rest, "\n") <= 1 {
		return other
	}
	return server
}

// letters makes a letter of each byte, so that an expression sees the same
// number of them whatever the bytes are.
func letters(s string) string {
	list := make([]rune, len(s))
	for i := range len(s) {
		list[i] = rune(s[i])
	}
	return string(list)
}

// blank leaves out what is volatile.
func blank(s string, volatile []*regexp.Regexp) string {
	for _, re := range volatile {
		s = re.ReplaceAllLiteralString(s, "")
	}
	return s
}

// mask blanks what is volatile in the texts of a document, and the facts that
// are.
func mask(v any, volatile []*regexp.Regexp, facts []string) any {
	switch v := v.(type) {
	case string:
		return blank(v, volatile)
	case []any:
		for i := range v {
			v[i] = mask(v[i], volatile, facts)
		}
	case map[string]any:
		for k := range v {
			if v[k] = mask(v[k], volatile, facts); slices.Contains(facts, k) {
				v[k] = "~"
			}
		}
	}
	return v
}

// talk is one run of a probe through the recorder.
type talk struct {
	t        *testing.T
	recorder Recorder
	number   uint16 // of the port that the probe is told
	end      time.Time

	mu        sync.Mutex
	lines     []*recordedLine
	datagrams []directive
	first     bool          // what is said in datagrams comes first, if only that nothing was
	port      *recordedLine // where that is said on a connection of its own
	relays    sync.WaitGroup
}

func (k *talk) run(p Probe, port uint16) (exposure.Service, error) {
	timeout := k.recorder.Timeout
	if timeout == 0 {
		timeout = DefaultTimeout
	}
	k.end, k.number = time.Now().Add(timeout), port
	ctx, cancel := context.WithDeadline(k.t.Context(), k.end)
	defer cancel()
	at := netip.AddrPortFrom(recordedAt, port)
	h := &hunt{transport: p.Transport, peer: &peer{
		target: exposure.Target{Address: recordedAt, Name: recordedName}, at: at, name: recordedName, wide: defaultParallel,
		owned: true, nonce: func() uint64 { return testNonce }, dial: k.dial, exchange: k.exchange, anyPort: k.anyPort,
		dialFrom: k.dialFrom,
	}}
	svc, err := guard(ctx, p, h.session(p, nil))
	cancel()
	k.relays.Wait()
	for name := range svc.Facts {
		if strings.HasSuffix(name, "_ms") || strings.HasSuffix(name, "_us") {
			svc.Facts[name] = 0 // how long it took: nothing in a bubble of synctest
		}
	}
	return svc, err
}

// real is where the real server has the port that the probe asked for.
func (k *talk) real(to netip.AddrPort) netip.AddrPort {
	if to.Port() == k.number {
		return k.recorder.To
	}
	return netip.AddrPortFrom(k.recorder.To.Addr(), to.Port())
}

func (k *talk) dial(ctx context.Context, transport exposure.Transport, to netip.AddrPort) (net.Conn, error) {
	line := &recordedLine{talk: k, datagrams: transport == exposure.UDP}
	c, err := k.record(ctx, to, line, func(d *netio.Dialer, at netip.AddrPort) (net.Conn, error) { return d.Dial(ctx, transport, at) })
	if err == nil {
		k.mu.Lock()
		k.lines = append(k.lines, line)
		k.mu.Unlock()
	}
	return c, err
}

// anyPort is the player's: what is said in it is the first script.
func (k *talk) anyPort(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	k.port = &recordedLine{talk: k, datagrams: true}
	return k.record(ctx, to, k.port, func(d *netio.Dialer, at netip.AddrPort) (net.Conn, error) { return d.DialAnyPort(ctx, at) })
}

func (k *talk) dialFrom(ctx context.Context, local uint16, to netip.AddrPort) (net.Conn, error) {
	k.port = &recordedLine{talk: k, datagrams: true}
	return k.record(ctx, to, k.port, func(d *netio.Dialer, at netip.AddrPort) (net.Conn, error) {
		d.Source = netip.AddrPortFrom(netip.IPv4Unspecified(), local)
		return d.Dial(ctx, exposure.UDP, at)
	})
}

// record opens a line to the real server and relays it.
func (k *talk) record(ctx context.Context, to netip.AddrPort, line *recordedLine, open func(*netio.Dialer, netip.AddrPort) (net.Conn, error)) (net.Conn, error) {
	d := &netio.Dialer{Limits: netio.Limits{Deadline: k.end, Bytes: maxBytes}}
	err := k.recorder.Enter(func() (err error) {
		line.server, err = open(d, k.real(to))
		return err
	})
	if err != nil {
		return nil, err
	}
	ours, theirs := net.Pipe()
	k.relays.Go(func() { line.relay(theirs) })
	end := &pipeLine{Conn: ours}
	if line.datagrams { // of a stream, the port differs each time
		end.local = line.server.LocalAddr()
	}
	return netio.Limits{Deadline: k.end, Bytes: maxBytes}.Bound(ctx, end, to), nil
}

func (k *talk) exchange(ctx context.Context, to netip.AddrPort, request []byte, accept func([]byte) bool) (answer []byte, err error) {
	d := &netio.Dialer{Limits: netio.Limits{Deadline: k.end, Bytes: maxBytes}}
	k.mu.Lock()
	k.datagrams = append(k.datagrams, directive{"C:", string(request)})
	k.mu.Unlock()
	err = k.recorder.Enter(func() (err error) {
		answer, err = netio.Exchange(ctx, d, k.real(to), request, func(b []byte) bool {
			k.mu.Lock()
			k.datagrams = append(k.datagrams, directive{"S:", string(b)})
			k.mu.Unlock()
			return accept(b)
		})
		return err
	})
	return answer, err
}

// scripts is what was said, by connection.
func (k *talk) scripts() [][]directive {
	var all [][]directive
	switch {
	case k.port != nil:
		all = append(all, k.port.script)
	case k.first || len(k.datagrams) > 0:
		all = append(all, k.datagrams)
	}
	for _, l := range k.lines {
		all = append(all, l.script)
	}
	return k.recorder.settled(all)
}

// settled are scripts of connections that come in any order, as those of TLS do,
// whose versions are asked for all at once: the first one, and behind it the one
// in which most was said, as often as there may be any.
func (r Recorder) settled(all [][]directive) [][]directive {
	if !r.AnyOrder || len(all) < 2 {
		return all
	}
	most := all[1]
	for _, script := range all[2:] {
		if talked(script) > talked(most) {
			most = script
		}
	}
	return append([][]directive{all[0]}, slices.Repeat([][]directive{most}, 9)...)
}

// talked is how many words there are in a script.
func talked(script []directive) int {
	n := 0
	for _, d := range script {
		n += len(d.text)
	}
	return n
}

// print writes what was said as a recording.
func (k *talk) print(out *bytes.Buffer) {
	all := k.scripts()
	for i := 0; i < len(all); {
		same := 1
		for i+same < len(all) && slices.Equal(all[i], all[i+same]) {
			same++
		}
		if i == 0 {
			same = 1 // the first one has no line that says how often
		} else if same > 1 {
			fmt.Fprintf(out, "--- %d\n", same)
		} else {
			out.WriteString("---\n")
		}
		for _, d := range all[i] {
			printDirective(out, d, !k.first)
		}
		i += same
	}
}

// printDirective writes a line for each line that was said, where lines are what
// is said: a datagram is one whatever it holds.
func printDirective(out *bytes.Buffer, d directive, byLine bool) {
	if d.verb != "S:" && d.verb != "C:" {
		fmt.Fprintln(out, strings.TrimSpace(d.verb+" "+d.text))
		return
	}
	lines := []string{d.text}
	if byLine && d.verb == "S:" && printable(d.text) {
		lines = slices.Collect(strings.Lines(d.text))
	}
	for _, line := range lines {
		quoted := strconv.Quote(line)
		fmt.Fprintf(out, "%s %s\n", d.verb, strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`))
	}
}

func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\r' && r != '\n' && r != '\t' || r == 0xfffd })
}

// recordedLine is one connection between the probe and the real server.
type recordedLine struct {
	talk      *talk
	server    net.Conn
	datagrams bool
	script    []directive
	heard     []byte // all that the server said, where Until is to judge it
	asked     []byte // all that the probe said, where Asked is
	silent    bool
}

// chunk is what one end sent, or that it closed.
type chunk struct {
	b   []byte
	end bool
}

// quiet is how long a server must pause for what it said to be one text.
const quiet = 40 * time.Millisecond

// relay hands on what both ends say until one of them closes.
func (l *recordedLine) relay(client net.Conn) {
	defer client.Close()
	defer func() { l.server.Close() }()
	asks := read(client)
	says, stop := l.listen(l.server)
	defer func() { stop() }()
	for {
		select {
		case c := <-asks:
			switch {
			case c.end:
				l.script = append(l.script, directive{"...", ""})
				return
			case l.silent:
			case clientHello(c.b):
				stop()
				inner, server, ok := l.secure(&inbox{Conn: client, chunks: bytesOf(asks), rest: c.b})
				if !ok {
					return
				}
				defer inner.Close()
				client, l.server = inner, server
				asks = read(inner)
				says, stop = l.listen(server)
			default:
				l.add("C:", l.kept(c.b))
				if _, err := l.server.Write(c.b); err != nil {
					return
				}
			}
		case c := <-says:
			if l.silent {
				says = nil
				continue
			}
			if b := l.playable(c.b); len(b) > 0 {
				l.add("S:", b)
				if _, err := client.Write(b); err != nil {
					l.script = append(l.script, directive{"...", ""}) // the probe has heard enough
					return
				}
			}
			if c.end && !l.silent {
				return
			}
		}
	}
}

// playable is what can be played again of what the server said now.
func (l *recordedLine) playable(b []byte) []byte {
	until := l.talk.recorder.Until
	if until == nil || len(b) == 0 {
		return b
	}
	before := len(l.heard)
	l.heard = append(l.heard, b...)
	if end := until(l.heard); end >= 0 && end <= len(l.heard) {
		l.silent = true
		return b[:max(0, end-before)]
	}
	return b
}

// kept is what is recorded of what the probe says now.
func (l *recordedLine) kept(b []byte) []byte {
	if l.talk.recorder.Asked == nil {
		return b
	}
	before := len(l.asked)
	l.asked = append(l.asked, b...)
	if end := l.talk.recorder.Asked(l.asked); end >= 0 {
		return b[:min(len(b), max(0, end-before))]
	}
	return b
}

func (l *recordedLine) add(verb string, b []byte) {
	if len(b) == 0 {
		return
	}
	if last := len(l.script) - 1; last >= 0 && l.script[last].verb == verb && !l.datagrams {
		l.script[last].text += string(b)
		return
	}
	l.script = append(l.script, directive{verb, string(b)})
}

// read hears what one end sends.
func read(c net.Conn) <-chan chunk {
	chunks := make(chan chunk, 1024)
	go func() {
		for {
			b := make([]byte, 16<<10)
			n, err := c.Read(b)
			if n > 0 {
				chunks <- chunk{b: b[:n]}
			}
			if err != nil {
				chunks <- chunk{end: true}
				return
			}
		}
	}()
	return chunks
}

// listen hears what the server says, in texts between pauses.
func (l *recordedLine) listen(server net.Conn) (<-chan chunk, func()) {
	if l.datagrams {
		return read(server), func() {}
	}
	var stopped atomic.Bool
	texts, ended := make(chan chunk, 1024), make(chan struct{})
	go func() {
		defer close(ended)
		var text []byte
		for b := make([]byte, 16<<10); ; {
			deadline := l.talk.end.Add(time.Minute)
			if len(text) > 0 {
				deadline = time.Now().Add(quiet)
			}
			server.SetReadDeadline(deadline)
			if stopped.Load() {
				return
			}
			n, err := server.Read(b)
			text = append(text, b[:n]...)
			switch {
			case err == nil:
				continue
			case errors.Is(err, os.ErrDeadlineExceeded) && len(text) > 0 && time.Now().Before(l.talk.end):
				texts <- chunk{b: text}
				text = nil
				continue
			}
			texts <- chunk{b: text, end: true}
			return
		}
	}()
	return texts, func() {
		stopped.Store(true)
		server.SetReadDeadline(time.Unix(1, 0))
		<-ended
		server.SetReadDeadline(time.Time{})
	}
}

// clientHello reports whether a client begins TLS (RFC 8446 section 5.1).
func clientHello(b []byte) bool { return len(b) > 5 && b[0] == 0x16 && b[1] == 3 && b[5] == 1 }

// secure shakes hands with both ends.
func (l *recordedLine) secure(client net.Conn) (inner, server net.Conn, ok bool) {
	config := testTLS(l.talk.t)
	config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		if !slices.Contains(hello.SupportedVersions, tls.VersionTLS12) {
			return nil, nil
		}
		outer := tls.Client(l.server, &tls.Config{InsecureSkipVerify: true, ServerName: hello.ServerName, NextProtos: hello.SupportedProtos})
		if err := outer.Handshake(); err != nil {
			return nil, err
		}
		server = outer
		if alpn := outer.ConnectionState().NegotiatedProtocol; alpn != "" {
			return testTLS(l.talk.t, alpn), nil
		}
		return nil, nil
	}
	secured := tls.Server(client, config)
	err := secured.Handshake()
	l.script = append(l.script, directive{"T:", secured.ConnectionState().NegotiatedProtocol})
	return secured, server, err == nil && server != nil
}

// bytesOf goes on with what an end sends, as an inbox wants it.
func bytesOf(chunks <-chan chunk) chan []byte {
	out := make(chan []byte, 1024)
	go func() {
		defer close(out)
		for c := range chunks {
			if c.end {
				return
			}
			out <- c.b
		}
	}()
	return out
}

// TestRecorder plays recordings as real servers and records them: the same
// comes out, and what differs is found unless it is marked.
func TestRecorder(t *testing.T) {
	for _, name := range []string{"ftp/happy-vsftpd-tls", "smtp/happy-postfix-starttls", "pop3/happy-dovecot", "dns/happy-bind"} {
		t.Run(strings.ReplaceAll(name, "/", "-"), func(t *testing.T) {
			path := "testdata/" + name + ".txt"
			old := readRecording(t, path)
			server := &player{t: t, scripts: slices.Clone(old.scripts)}
			at := listenAs(t, server)
			k := &talk{t: t, recorder: Recorder{Enter: func(f func() error) error { return f() }, To: at, Path: name}}
			i := slices.IndexFunc(probes, func(p Probe) bool { return p.Name == strings.Split(name, "/")[0] })
			svc, err := k.run(probes[i], firstPort(probes[i]))
			if message(err) != old.fails {
				t.Errorf("error %q, want %q", message(err), old.fails)
			}
			if diff := cmp.Diff(saidOf(old.scripts, nil), saidOf(k.scripts(), nil)); diff != "" {
				t.Errorf("recorded (-want +got):\n%s", diff)
			}
			got, _ := json.Marshal(svc)
			if diff := cmp.Diff(decode(t, []byte(old.want)), decode(t, got)); diff != "" {
				t.Errorf("service (-want +got):\n%s", diff)
			}
			var out bytes.Buffer
			k.print(&out)
			file := t.TempDir() + "/again.txt"
			if err := os.WriteFile(file, append(out.Bytes(), "=\n{}\n"...), 0o644); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(saidOf(old.scripts, nil), saidOf(readRecording(t, file).scripts, nil)); diff != "" {
				t.Errorf("written and read again (-want +got):\n%s", diff)
			}
		})
	}
	was, is := [][]directive{{{"S:", "Date: Sun\r\nA\xff"}, {"C:", "GET"}}}, [][]directive{{{"S:", "Date: "}, {"S:", "Mon\r\nA\xff"}, {"C:", "GET"}}}
	date := []*regexp.Regexp{regexp.MustCompile(`Date: \w+`)}
	if !cmp.Equal(saidOf(was, date), saidOf(is, date)) || cmp.Equal(saidOf(was, nil), saidOf(is, nil)) {
		t.Error("what is marked volatile, and only that, may differ")
	}
}

// listenAs has a player meet whoever connects.
func listenAs(t *testing.T, p *player) netip.AddrPort {
	t.Helper()
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var served sync.WaitGroup
	served.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			script, n, ok := p.next()
			if !ok {
				c.Close()
				continue
			}
			served.Go(func() {
				defer c.Close()
				(&pipeServer{t: t, conn: newInbox(c), n: n, line: &pipeLine{}}).play(script)
			})
		}
	})
	t.Cleanup(func() { ln.Close(); served.Wait() })
	return ln.Addr().(*net.TCPAddr).AddrPort()
}
