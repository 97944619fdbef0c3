package lab_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"sekisho/internal/lab"
)

// visit connects to a peer on loopback, with a deadline for all of it.
func visit(t *testing.T, p lab.Peer, within time.Duration) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", lab.Serve(t, lab.Loopback(t), p).String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(within))
	return c
}

const (
	soon = 20 * time.Second      // for what must come
	wait = 50 * time.Millisecond // for what must not
)

// timedOut reports whether an exchange ended at its deadline.
func timedOut(err error) bool {
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout()
}

func TestSilentPeerSaysNothing(t *testing.T) {
	c := visit(t, lab.Silent(), wait)
	if _, err := c.Write([]byte("anybody there?\n")); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(c); len(got) != 0 || !timedOut(err) {
		t.Errorf("a silent peer said %q, %v", got, err)
	}
}

func TestPeersThatLeave(t *testing.T) {
	if got, err := io.ReadAll(visit(t, lab.HangUp(), soon)); len(got) != 0 || err != nil {
		t.Errorf("a peer that hangs up: %q, %v; want the end", got, err)
	}
	// The reset may come before the connection is known to be made.
	c, err := net.Dial("tcp", lab.Serve(t, lab.Loopback(t), lab.Reset()).String())
	if err == nil {
		defer c.Close()
		_, err = io.ReadAll(c)
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("a peer that resets: %v; want a reset", err)
	}
}

func TestPeersThatSpeak(t *testing.T) {
	for name, tc := range map[string]struct {
		peer lab.Peer
		want string
	}{
		"greet":         {lab.Greet("220 hello\r\n"), "220 hello\r\n"},
		"drip":          {lab.Drip("220 hello\r\n", time.Microsecond), "220 hello\r\n"},
		"endless-line":  {lab.Endless("a"), strings.Repeat("a", 1<<20)},
		"endless-lines": {lab.Endless("220-a\r\n"), strings.Repeat("220-a\r\n", 1<<17)},
		"trickle-tls":   {lab.TrickleTLS(time.Microsecond), "\x16\x03\x03\x40\x00\x0b\xff\xff\xff\x00\x00\x00"},
	} {
		t.Run(name, func(t *testing.T) {
			got := make([]byte, len(tc.want))
			if _, err := io.ReadFull(visit(t, tc.peer, soon), got); err != nil || string(got) != tc.want {
				t.Errorf("heard %.80q, %v; want %.80q", got, err, tc.want)
			}
		})
	}
}

func TestPeersThatStopSpeakingStay(t *testing.T) {
	for name, p := range map[string]lab.Peer{"greet": lab.Greet("a"), "drip": lab.Drip("a", time.Microsecond)} {
		t.Run(name, func(t *testing.T) {
			if got, err := io.ReadAll(visit(t, p, 4*wait)); string(got) != "a" || !timedOut(err) {
				t.Errorf("heard %q, %v; want one byte and nothing more", got, err)
			}
		})
	}
}

// outcome records what a script finds wrong.
type outcome struct {
	*testing.T
	errors chan string
}

func (o outcome) Errorf(format string, _ ...any) { o.errors <- format }

func TestScript(t *testing.T) {
	steps := []string{"S: 220 ready\r\n", "C: EHLO ", "S: 250 hello\r\n", "C: QUIT", "S: 221 bye\r\n"}
	for name, tc := range map[string]struct {
		say, hear string
		wrong     int
	}{
		"as-written":    {"EHLO me\r\nQUIT\r\n", "220 ready\r\n250 hello\r\n221 bye\r\n", 0},
		"something-odd": {"HELO me\r\n", "220 ready\r\n", 1},
		"too-short":     {"EHLO me\r\n", "220 ready\r\n250 hello\r\n", 1},
	} {
		t.Run(name, func(t *testing.T) {
			o := outcome{t, make(chan string, 8)}
			c := visit(t, lab.Script(o, steps...), soon)
			if _, err := io.WriteString(c, tc.say); err != nil {
				t.Fatal(err)
			}
			c.(*net.TCPConn).CloseWrite()
			got, err := io.ReadAll(c)
			if err != nil || string(got) != tc.hear || len(o.errors) != tc.wrong {
				t.Errorf("heard %q, %v and %d complaints; want %q and %d", got, err, len(o.errors), tc.hear, tc.wrong)
			}
		})
	}
}

// TestZooClosesWithItsTest shows that no peer outlives the test that let it out.
func TestZooClosesWithItsTest(t *testing.T) {
	for name, p := range map[string]lab.Peer{
		"silent": lab.Silent(), "endless": lab.Endless("a"), "drip": lab.Drip("abc", time.Hour), "trickle": lab.TrickleTLS(time.Hour),
	} {
		t.Run(name, func(t *testing.T) {
			var c net.Conn
			came, left := make(chan struct{}), make(chan struct{})
			t.Run("let-out", func(t *testing.T) {
				var err error
				c, err = net.Dial("tcp", lab.Serve(t, lab.Loopback(t), func(ctx context.Context, c net.Conn) {
					defer close(left)
					close(came)
					p(ctx, c)
				}).String())
				if err != nil {
					t.Fatal(err)
				}
				<-came
			})
			defer c.Close()
			select {
			case <-left:
			default:
				t.Error("the peer is still there")
			}
		})
	}
}

func TestServeDatagrams(t *testing.T) {
	listen := func() net.PacketConn {
		pc, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		return pc
	}
	asked := func(answer func([]byte) [][]byte, within time.Duration, answers int) ([]string, error) {
		c, err := net.Dial("udp", lab.ServeDatagrams(t, listen(), answer).String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := c.Write([]byte("ping")); err != nil {
			t.Fatal(err)
		}
		c.SetReadDeadline(time.Now().Add(within))
		var got []string
		buf := make([]byte, 64)
		for range answers {
			n, err := c.Read(buf)
			if err != nil {
				return got, err
			}
			got = append(got, string(buf[:n]))
		}
		return got, nil
	}
	twice := func(request []byte) [][]byte { return [][]byte{bytes.ToUpper(request), []byte("again")} }
	if got, err := asked(twice, soon, 2); err != nil || !slices.Equal(got, []string{"PING", "again"}) {
		t.Errorf("heard %q, %v", got, err)
	}
	if got, err := asked(nil, wait, 1); !timedOut(err) {
		t.Errorf("who never answers said %q, %v", got, err)
	}
}
