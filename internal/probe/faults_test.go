package probe

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/netip"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

// faults are what may happen to a host, whatever it speaks.
var faults = []fault{
	{name: "silent", stream: func(c *inbox, _ *pipeLine, _ []byte) { _, _ = io.Copy(io.Discard, c) }},
	{name: "hangs-up", stream: func(*inbox, *pipeLine, []byte) {}, refuses: true},
	{name: "hangs-up-when-asked", stream: func(c *inbox, _ *pipeLine, _ []byte) { _, _ = c.Read(make([]byte, 1)) }},
	{name: "resets", stream: func(_ *inbox, line *pipeLine, _ []byte) { line.breaks() }, refuses: true},
	{name: "half-a-word", stream: func(c *inbox, _ *pipeLine, due []byte) { _, _ = c.Write(due[:len(due)/2]) }, datagram: func(due []byte) [][]byte { return [][]byte{due[:len(due)/2]} }},
	{name: "endless", stream: endless("A"), datagram: flood(bytes.Repeat([]byte("A"), 1400))},
	{name: "endless-zeros", stream: endless("\x00"), datagram: flood(make([]byte, 1400))},
	{name: "endless-ones", stream: endless("\xff"), datagram: flood(bytes.Repeat([]byte{0xff}, 1400))},
	{name: "endless-again", stream: func(c *inbox, _ *pipeLine, due []byte) { endless(string(due))(c, nil, nil) }, datagram: func(due []byte) [][]byte { return flood(due)(nil) }},
	{name: "many-lines", stream: lines("")},
	{name: "many-lines-of-one-reply", stream: lines("-")},
	{name: "garbled", stream: func(c *inbox, _ *pipeLine, due []byte) { sayOn(c, garbage(len(due)+64)) }, datagram: func(due []byte) [][]byte { return [][]byte{garbage(len(due) + 64), nil, garbage(1)} }},
	{name: "trickle", stream: trickle},
	{name: "echo", stream: func(c *inbox, _ *pipeLine, _ []byte) { _, _ = io.Copy(c, c) }},
	{name: "tls-trickle", stream: func(c *inbox, _ *pipeLine, _ []byte) {
		trickle(c, nil, []byte("\x16\x03\x03\x40\x00\x0b\xff\xff\xff"+strings.Repeat("\x00", 64)))
	}},
	{name: "http", stream: func(c *inbox, _ *pipeLine, _ []byte) {
		sayOn(c, []byte("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"))
	}},
	{name: "smtp", stream: func(c *inbox, _ *pipeLine, _ []byte) { sayOn(c, []byte("220 mail.example.org ESMTP Postfix\r\n")) }},
	{name: "ssh", stream: func(c *inbox, _ *pipeLine, _ []byte) { sayOn(c, []byte("SSH-2.0-OpenSSH_9.2p1\r\n")) }},
	{name: "tls-alert", stream: func(c *inbox, _ *pipeLine, _ []byte) { sayOn(c, []byte("\x15\x03\x01\x00\x02\x02\x28")) }},
	{name: "gzip-bomb", stream: func(c *inbox, _ *pipeLine, _ []byte) {
		sayOn(c, append([]byte("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Type: text/html\r\n\r\n"), bomb...))
	}},
	{name: "redirect", stream: func(c *inbox, _ *pipeLine, _ []byte) {
		sayOn(c, []byte("HTTP/1.1 301 Moved Permanently\r\nLocation: http://192.0.2.99/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
	}},
}

func endless(piece string) func(*inbox, *pipeLine, []byte) {
	return func(c *inbox, _ *pipeLine, _ []byte) {
		b := []byte(strings.Repeat(piece+" ", 1+4096/(1+len(piece))))
		for {
			if _, err := c.Write(b); err != nil {
				return
			}
		}
	}
}

func flood(b []byte) func([]byte) [][]byte {
	return func([]byte) [][]byte { return slices.Repeat([][]byte{b}, 300) }
}

// lines says the first line of what is due a hundred thousand times, with
// another character behind a number that stands before it.
func lines(fourth string) func(*inbox, *pipeLine, []byte) {
	return func(c *inbox, _ *pipeLine, due []byte) {
		line, _, _ := strings.Cut(string(due), "\n")
		line = strings.TrimSuffix(line, "\r")
		if line == "" {
			line = "220 hello"
		}
		if fourth != "" && len(line) > 3 {
			line = line[:3] + fourth + line[4:]
		}
		b := []byte(strings.Repeat(line+"\r\n", 1000))
		for range 100 {
			if _, err := c.Write(b); err != nil {
				return
			}
		}
	}
}

// sayOn says something and stays.
func sayOn(c *inbox, b []byte) {
	if _, err := c.Write(b); err == nil {
		_, _ = io.Copy(io.Discard, c)
	}
}

func trickle(c *inbox, _ *pipeLine, due []byte) {
	for _, b := range append(due, bytes.Repeat([]byte("\r\n"), 100)...) {
		time.Sleep(time.Second) // of the bubble's clock
		if _, err := c.Write([]byte{b}); err != nil {
			return
		}
	}
}

func garbage(n int) []byte {
	source := rand.NewPCG(uint64(n), 4)
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(source.Uint64() >> 56)
	}
	return b
}

var bomb = func() []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	for range 64 {
		_, _ = z.Write(make([]byte, 1<<20))
	}
	_ = z.Close()
	return b.Bytes()
}()

// subject is what meets a host: a probe alone, a port that is identified, or a
// test.
type subject struct {
	name      string
	transport exposure.Transport
	at        netip.AddrPort
	timeout   time.Duration
	run       func(ctx context.Context, at *peer) Outcome
}

func probeSubject(p Probe) subject {
	return subject{"probe " + p.Name + " " + p.Transport.String(), p.Transport, netip.AddrPortFrom(recordedAt, firstPort(p)), DefaultTimeout, func(ctx context.Context, at *peer) Outcome {
		h := &hunt{peer: at, transport: p.Transport}
		svc, err := guard(ctx, p, h.session(p, nil))
		svc.Error = message(err)
		return Outcome{Service: svc}
	}}
}

func portSubject(transport exposure.Transport, port uint16) subject {
	return subject{fmt.Sprintf("port %s %d", transport, port), transport, netip.AddrPortFrom(recordedAt, port), DefaultTimeout, func(ctx context.Context, at *peer) Outcome {
		return Outcome{Service: identify(ctx, at, transport, DefaultTimeout)}
	}}
}

func testSubject(name string, o TestOptions) subject {
	test, p, _ := testNamed(name)
	test, p, o = o.routed(test, p)
	return subject{"test " + name, p.Transport, netip.AddrPortFrom(netip.MustParseAddr("192.168.77.10"), o.Port), DefaultTestTimeout, func(ctx context.Context, at *peer) Outcome {
		return runTest(ctx, at, p, test, o)
	}}
}

// subjects are all of them: each with no dialogue and those that it has.
func subjects() []subject {
	var all []subject
	for _, p := range All() {
		if p.Name == bannerName {
			continue
		}
		all = append(all, probeSubject(p))
		for _, port := range append(p.Ports[:min(1, len(p.Ports)):1], p.TLSPorts[:min(1, len(p.TLSPorts))]...) {
			s := portSubject(p.Transport, port)
			if !slices.ContainsFunc(all, func(o subject) bool { return o.name == s.name }) {
				all = append(all, s)
			}
		}
	}
	for _, test := range Tests() {
		all = append(all, testSubject(test.Name, TestOptions{User: "somebody", Password: func() (string, error) { return "secret-of-somebody", nil }}))
	}
	return all
}

// meets has a subject meet a stage in a bubble and holds what is true of every
// end.
func meets(t *testing.T, s subject, stage *stage) Outcome {
	t.Helper()
	begun := time.Now()
	stage.t, stage.at, stage.end = t, s.at, begun.Add(s.timeout)
	ctx, cancel := context.WithDeadline(t.Context(), stage.end)
	defer cancel()
	out := s.run(ctx, stage.host())
	if took := time.Since(begun); took > s.timeout+grace {
		t.Errorf("ended after %v, %v behind its deadline", took, took-s.timeout)
	}
	cancel()
	stage.servers.Wait()
	synctest.Wait()
	holdOutcome(t, out)
	return out
}

// holdOutcome holds what is true of every end.
func holdOutcome(t *testing.T, out Outcome) {
	t.Helper()
	if strings.Contains(out.Service.Error, "panic") {
		t.Errorf("error %q", out.Service.Error)
	}
	if out.Service.Protocol != "" && out.Service.Confidence == exposure.NoConfidence {
		t.Errorf("protocol %q without a confidence", out.Service.Protocol)
	}
	for _, s := range stringsOf(out) {
		inert(t, s)
	}
}

// TestFaults gives every probe, port and test a host that has a fault from the
// first word on, unasked or when it is asked.
func TestFaults(t *testing.T) {
	for i, s := range subjects() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			for k, f := range faults {
				if (i+k)%portion != 0 {
					continue
				}
				if s.transport == exposure.UDP && f.datagram == nil && !f.refuses && f.name != "silent" {
					continue // it would be silent again
				}
				for when, scripts := range map[string][][]directive{"greets": nil, "answers": slices.Repeat([][]directive{{{"C?", ""}}}, 64)} {
					if s.transport == exposure.UDP && when == "answers" {
						continue // there it always waits for the question
					}
					synctest.Test(t, func(t *testing.T) {
						out := meets(t, s, &stage{fault: f, scripts: scripts})
						if said := out.Service.Error; !slices.ContainsFunc(faultWords(f.name, when), func(w string) bool { return strings.Contains(said, w) && (w != "" || said == "") }) {
							t.Errorf("error %q", said)
						}
						if t.Failed() {
							t.Fatalf("%s when it %s: %+v", f.name, when, out)
						}
					})
				}
			}
		})
	}
}

// faultWords are what the error may say, one of which it does. An empty one is no
// error: the peer was taken for what it seems to be.
func faultWords(name, when string) []string {
	words := []string{"i/o timeout", "answered no datagram", "answers no stranger", "said nothing in"}
	closed := []string{"peer closed the connection", "closed it without a word", "connection refused", "port-unreach", "connection reset by peer", "reset it without a word"}
	mistaken := append(words, "", ErrProtocol.Error())
	switch name {
	case "silent", "hangs-up-when-asked", "half-a-word":
		if name != "silent" {
			words = append(words, closed...)
		}
		return append(words, "") // syslog and traps are answered by nobody
	case "hangs-up", "resets":
		if when == "greets" {
			return closed
		}
		return append(append(words, closed...), "")
	case "tls-alert":
		return append(mistaken, "handshake failure")
	case "echo":
		return append(mistaken, "unexpected handshake message")
	case "http", "redirect", "gzip-bomb":
		mistaken = append(mistaken, "refused the question")
	}
	return append(mistaken, "peer sent ")
}

// playable are the dialogues of each subject: those of the tests, and for a probe
// and for the tests that it has the exchanges that were recorded.
func playable(t *testing.T) map[string][]scene {
	all := map[string][]scene{}
	add := func(s subject, path string, r recording, invited bool) {
		name := strings.TrimSuffix(strings.TrimPrefix(path, "testdata/"), filepath.Ext(path))
		s.at = netip.AddrPortFrom(s.at.Addr(), cmp.Or(r.port, s.at.Port()))
		all[s.name] = append(all[s.name], scene{s, name, r, invited})
	}
	for _, d := range readDialogues(t) {
		add(testSubject(d.name, d.options.options()), d.path, d.recording, d.options.User+d.options.Password != "")
	}
	for _, p := range All() {
		if p.Name == bannerName {
			continue
		}
		paths, err := filepath.Glob("testdata/" + p.Name + "/happy*.txt")
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			r := readRecording(t, path)
			if r.transport != exposure.NoTransport && r.transport != p.Transport {
				continue
			}
			r.transport = p.Transport
			add(probeSubject(p), path, r, false)
			for _, test := range p.Tests {
				o := TestOptions{}
				if test.Mail {
					o.Values = map[string][]string{"resolver": {recordedAt.String()}}
				}
				s := testSubject(test.Name, o)
				s.at = netip.AddrPortFrom(recordedAt, s.at.Port())
				add(s, path, r, false)
			}
		}
	}
	return all
}

// scene is a subject in a dialogue.
type scene struct {
	subject
	dialogue string
	recording
	invited bool // somebody named a user
}

// stage is the host of a scene.
func (s scene) stage(f fault, cut int) *stage {
	st := &stage{fault: f, cut: cut, scripts: slices.Clone(s.scripts)}
	for i, script := range st.scripts {
		st.scripts[i] = slices.Clone(script) // a test may have this host alone say other words
	}
	if s.recording.transport == exposure.UDP {
		st.datagrams, st.scripts = st.scripts[0], st.scripts[1:]
		return st
	}
	for i, script := range st.scripts {
		st.scripts[i] = nil
		for _, d := range script { // lines that were said as one are one utterance
			if last := len(st.scripts[i]) - 1; d.verb == "S:" && last >= 0 && st.scripts[i][last].verb == "S:" {
				st.scripts[i][last].text += d.text
			} else {
				st.scripts[i] = append(st.scripts[i], d)
			}
		}
	}
	return st
}

// TestFaultsInDialogues has hosts break in the middle of what real servers said
// to the probe or the test: whatever comes then, what was known before is still
// told.
func TestFaultsInDialogues(t *testing.T) {
	all := playable(t)
	for _, test := range Tests() {
		if len(all["test "+test.Name]) == 0 {
			t.Errorf("test %s has no dialogue: record one in a lab test with -dialogues", test.Name)
		}
	}
	for name, scenes := range all {
		for _, sc := range scenes {
			t.Run(name+"/"+sc.dialogue, func(t *testing.T) {
				t.Parallel()
				var uttered int
				synctest.Test(t, func(t *testing.T) {
					whole := sc.stage(fault{}, -1)
					meets(t, sc.subject, whole)
					uttered = whole.uttered
				})
				var before map[string]bool
				for k := 0; k < uttered; k += 1 + uttered*portion/maxCuts {
					// Each fault has its turn, but not in each place.
					now := meetsFault(t, sc, hangsUp, k)
					tells(t, sc, hangsUp, k, before, now)
					for _, f := range []fault{faults[k%len(faults)], faults[(7*k+len(sc.dialogue))%len(faults)]} {
						tells(t, sc, f, k, now, meetsFault(t, sc, f, k))
					}
					before = now
				}
			})
		}
	}
}

// maxCuts bounds in how many places about a long dialogue breaks.
const maxCuts = 16

var hangsUp = faults[slices.IndexFunc(faults, func(f fault) bool { return f.name == "hangs-up" })]

func meetsFault(t *testing.T, sc scene, f fault, k int) (told map[string]bool) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		out := meets(t, sc.subject, sc.stage(f, k))
		if t.Failed() {
			t.Fatalf("%s at utterance %d: %+v", f.name, k, out)
		}
		told = known(out)
	})
	return told
}

// tells holds what was known before to what is told now. A test that does two
// things at once may hear them in another order the next time, and so each word
// has a second and a third chance.
func tells(t *testing.T, sc scene, f fault, k int, before, now map[string]bool) {
	t.Helper()
	lost := func(word string) bool { return before[word] && !now[word] && !overruled(word) }
	missing := slices.DeleteFunc(slices.Sorted(maps.Keys(before)), func(word string) bool { return !lost(word) })
	for range 2 {
		if len(missing) == 0 {
			return
		}
		before, now = meetsFault(t, sc, hangsUp, k), meetsFault(t, sc, f, k)
		missing = slices.DeleteFunc(missing, func(word string) bool { return !lost(word) })
	}
	if len(missing) > 0 {
		t.Errorf("%s at utterance %d: lost %q, has %q", f.name, k, missing, slices.Sorted(maps.Keys(now)))
	}
}

// overruled reports whether a word may go when more is heard: it is about an
// answer that a later one replaces, or says that something did not work.
func overruled(word string) bool {
	for _, may := range []string{
		"fact epsv", "fact smb1", "fact mode6", "fact mode7", "fact starttls_works", // what a closed connection says, and silence does not
		"fact security_headers ", // of the page behind a redirect
		"fact security_types ",   // of which one has kinds of its own
		"step ftp-",              // a data connection that the server closes has the end of a file
		"protocol",               // tls, until something speaks inside
	} {
		if strings.HasPrefix(word, may) {
			return true
		}
	}
	return false
}

// known is what an outcome tells, a word for each thing: that something is known,
// and each element of what is a list.
func known(out Outcome) map[string]bool {
	words := map[string]bool{}
	s := out.Service
	for what, is := range map[string]string{"protocol": s.Protocol, "product": s.Product.Raw(), "version": s.Version.Raw(), "banner": s.Banner.Raw()} {
		if is != "" {
			words[what] = true
		}
	}
	for name, is := range s.Facts {
		words["fact "+name] = true
		if list := reflect.ValueOf(is); list.Kind() == reflect.Slice {
			for i := range list.Len() {
				words[fmt.Sprintf("fact %s %v", name, list.Index(i))] = true
			}
		}
	}
	if s.TLS != nil {
		words["tls"] = true
	}
	for _, step := range out.Steps {
		if step.Result == exposure.StepOK {
			words["step "+step.ID] = true
		}
	}
	return words
}

// stringsOf are the texts of an outcome that go out as they are: those that are
// no untrusted.Text.
func stringsOf(out Outcome) []string {
	var all []string
	var walk func(v reflect.Value)
	walk = func(v reflect.Value) {
		if !v.IsValid() {
			return
		}
		if v.Type() == reflect.TypeFor[untrusted.Text]() || v.Type() == reflect.TypeFor[netip.Addr]() || v.Type() == reflect.TypeFor[netip.AddrPort]() || v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		switch v.Kind() {
		case reflect.String:
			all = append(all, v.String())
		case reflect.Struct:
			for _, field := range v.Fields() {
				walk(field)
			}
		case reflect.Slice, reflect.Array:
			for i := range v.Len() {
				walk(v.Index(i))
			}
		case reflect.Map:
			for _, k := range v.MapKeys() {
				walk(k)
				walk(v.MapIndex(k))
			}
		case reflect.Pointer, reflect.Interface:
			walk(v.Elem())
		}
	}
	walk(reflect.ValueOf(out))
	return all
}
