package probe

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
)

// stage is a host that plays along until something happens to it: it answers as
// in a dialogue, whatever it is asked, and from one of its utterances on it has
// a fault, on every connection. Its datagrams are utterances too.
type stage struct {
	t     *testing.T
	end   time.Time
	at    netip.AddrPort
	fault fault
	cut   int // the utterance in place of which the fault comes; -1: never

	mu        sync.Mutex
	scripts   [][]directive
	datagrams []directive // where datagrams are exchanged one by one
	uttered   int
	asked     []string // everything that came from the client, with its transport and port
	servers   sync.WaitGroup
}

// fault is what becomes of a host. Stream is a connection of which due would
// have been said next; datagram is what comes to an asker, after which nothing
// does.
type fault struct {
	name     string
	stream   func(c *inbox, line *pipeLine, due []byte)
	datagram func(due []byte) [][]byte
	refuses  bool // ICMP says that nobody is there
}

// datagrams are what comes, which is nothing where the fault is one of a stream.
func (f fault) datagrams(due []byte) [][]byte {
	if f.datagram == nil {
		return nil
	}
	return f.datagram(due)
}

// dialogue is what a host says.
type dialogue struct {
	name, path string
	recording
	options dialogueOptions
}

// host makes a peer of the stage.
func (s *stage) host() *peer {
	return &peer{
		target: exposure.Target{Address: s.at.Addr(), Name: recordedName}, at: s.at, name: recordedName, wide: defaultParallel, owned: true,
		nonce: func() uint64 { return testNonce }, dial: s.dial, exchange: s.exchange,
		anyPort: func(ctx context.Context, to netip.AddrPort) (net.Conn, error) { return s.dial(ctx, exposure.UDP, to) },
		dialFrom: func(ctx context.Context, _ uint16, to netip.AddrPort) (net.Conn, error) {
			return s.dial(ctx, exposure.UDP, to)
		},
		broadcast: func(context.Context, string, uint16, []byte, time.Time, func(netip.AddrPort, []byte)) error {
			return nil
		},
	}
}

// speaks reports whether the next utterance is still the host's own.
func (s *stage) speaks() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.uttered++
	return s.cut < 0 || s.uttered <= s.cut
}

// broken reports whether the fault has come.
func (s *stage) broken() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cut >= 0 && s.uttered >= s.cut
}

func (s *stage) hear(transport exposure.Transport, to netip.AddrPort, b []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if to.Addr() != s.at.Addr() {
		s.t.Errorf("it went to %s, which is not the host", to)
	}
	s.asked = append(s.asked, fmt.Sprintf("%s/%d %s", transport, to.Port(), b))
}

func (s *stage) dial(ctx context.Context, transport exposure.Transport, to netip.AddrPort) (net.Conn, error) {
	s.hear(transport, to, nil)
	s.mu.Lock()
	var script []directive
	more := len(s.scripts) > 0
	if more {
		script, s.scripts = s.scripts[0], s.scripts[1:]
	}
	s.mu.Unlock()
	if !more && !s.broken() {
		return nil, &netio.Error{Op: "dial", Target: to, Reason: exposure.ConnRefused, Err: syscall.ECONNREFUSED}
	}
	client, server := net.Pipe()
	line := &pipeLine{Conn: client}
	in := newInbox(server)
	s.servers.Go(func() {
		defer server.Close()
		s.play(script, transport, to, in, line)
	})
	return netio.Limits{Deadline: s.end, Bytes: maxBytes}.Bound(ctx, line, to), nil
}

// play answers on one connection.
func (s *stage) play(script []directive, transport exposure.Transport, to netip.AddrPort, c *inbox, line *pipeLine) {
	for len(script) > 0 {
		d := script[0]
		script = script[1:]
		var err error
		switch d.verb {
		case "S:":
			if !s.speaks() {
				s.fail(transport, c, line, []byte(d.text))
				return
			}
			_, err = c.Write([]byte(d.text))
		case "C:", "C?":
			err = s.wait(transport, to, c, len(d.text))
		case "T:":
			inner := tls.Server(c, testTLS(s.t, strings.Fields(d.text)...))
			if err = inner.Handshake(); err == nil {
				defer inner.Close()
				c = newInbox(inner)
			}
		case "...":
			_, err = io.Copy(io.Discard, c)
		case "RST":
			line.breaks()
			return
		}
		if err != nil {
			return
		}
	}
	if s.broken() {
		s.fail(transport, c, line, nil)
	}
}

// wait takes what the client says, about as much as was said when it was
// recorded, or what it says before it pauses.
func (s *stage) wait(transport exposure.Transport, to netip.AddrPort, c *inbox, size int) error {
	idle := time.NewTimer(time.Hour)
	defer idle.Stop()
	got := []byte(nil)
	if len(c.rest) > 0 {
		got, c.rest = c.rest, nil
	}
	for len(got) == 0 || len(got) < size && transport == exposure.TCP {
		if len(got) > 0 {
			idle.Reset(50 * time.Millisecond) // of the bubble's clock
		}
		select {
		case chunk, ok := <-c.chunks:
			if !ok {
				return io.EOF
			}
			got = append(got, chunk...)
			continue
		case <-idle.C:
		}
		break
	}
	s.hear(transport, to, got)
	return nil
}

// fail has the fault on a connection.
func (s *stage) fail(transport exposure.Transport, c *inbox, line *pipeLine, due []byte) {
	if transport == exposure.TCP {
		s.fault.stream(c, line, due)
		return
	}
	for {
		if _, err := c.Read(make([]byte, 1<<16)); err != nil {
			return
		}
		if s.fault.refuses {
			line.refuse()
			return
		}
		for _, b := range s.fault.datagrams(due) {
			if _, err := c.Write(b); err != nil {
				return
			}
		}
	}
}

// exchange answers a datagram with those that came back to the next one of the
// dialogue.
func (s *stage) exchange(ctx context.Context, to netip.AddrPort, request []byte, accept func([]byte) bool) ([]byte, error) {
	s.hear(exposure.UDP, to, request)
	var due []byte
	for asked := false; !s.broken(); {
		s.mu.Lock()
		if len(s.datagrams) == 0 || asked && s.datagrams[0].verb == "C:" {
			s.mu.Unlock()
			break
		}
		d := s.datagrams[0]
		s.datagrams = s.datagrams[1:]
		s.mu.Unlock()
		if d.verb == "C:" {
			asked = true
			continue
		}
		if !s.speaks() {
			due = []byte(d.text)
			break
		}
		if accept([]byte(d.text)) {
			return []byte(d.text), nil
		}
	}
	if s.broken() && s.fault.refuses {
		return nil, &netio.Error{Op: "receive", Target: to, Reason: exposure.PortUnreach, Err: syscall.ECONNREFUSED}
	}
	if s.broken() {
		for _, b := range s.fault.datagrams(due) {
			if accept(b) {
				return b, nil
			}
		}
	}
	<-ctx.Done()
	return nil, &netio.Error{Op: "receive", Target: to, Reason: exposure.NoResponse, Err: os.ErrDeadlineExceeded}
}

// breaks resets the connection.
func (l *pipeLine) breaks() {
	l.mu.Lock()
	l.reset = true
	l.mu.Unlock()
}

// refuse answers datagrams with an ICMP error.
func (l *pipeLine) refuse() {
	l.mu.Lock()
	l.refused = true
	l.mu.Unlock()
}

// readDialogues reads those of the tests.
func readDialogues(t testing.TB) []dialogue {
	t.Helper()
	paths, err := filepath.Glob("testdata/dialogues/*.dialogue")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no dialogues: %v", err)
	}
	var all []dialogue
	for _, path := range paths {
		name, _, _ := strings.Cut(strings.TrimSuffix(filepath.Base(path), ".dialogue"), ".")
		d := dialogue{name: name, path: path, recording: readRecording(t, path)}
		for line := range strings.Lines(d.source) {
			if text, ok := strings.CutPrefix(line, "# {"); ok {
				if err := json.Unmarshal([]byte("{"+text), &d.options); err != nil {
					t.Fatalf("%s: %v", path, err)
				}
			}
		}
		all = append(all, d)
	}
	return all
}
