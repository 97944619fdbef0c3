package dialogue

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sekisho/internal/netio"
)

// transcript is what crossed the connection, > for ours and < for the peer's.
type transcript struct{ strings.Builder }

func (t *transcript) told(e Event) {
	mark := map[Kind]string{Heard: "<", Said: ">"}[e.Kind]
	if e.Command {
		mark += "!"
	}
	t.WriteString(mark + string(e.Data) + "|")
}

// talked runs a conversation with a peer in a bubble of its own time. Without
// an input in the talk the peer types.
func talked(t *testing.T, talk Talk, peer func(c net.Conn, keys io.Writer)) (transcript string, end End, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		in, keys := io.Pipe()
		if talk.In == nil {
			talk.In = in
		}
		go func() {
			defer theirs.Close()
			peer(theirs, keys)
		}()
		var told transcriptOf
		talk.Conn, talk.Told = ours, told.told
		end, err = talk.Run(t.Context())
		_ = ours.Close()
		_ = keys.Close()
		transcript = told.String()
	})
	return transcript, end, err
}

type transcriptOf = transcript

func TestTypedLinesGoOutWithCRLF(t *testing.T) {
	got, end, err := talked(t, Talk{Typed: true}, func(c net.Conn, keys io.Writer) {
		r := bufio.NewReader(c)
		for _, line := range []string{"HELO me\n", "QUIT\r\n"} {
			if _, err := io.WriteString(keys, line); err != nil {
				return
			}
			l, _ := r.ReadString('\n')
			_, _ = io.WriteString(c, "you said "+l)
			synctest.Wait() // the answer is told before the next line is typed
		}
	})
	if want := ">HELO me\r\n|<you said HELO me\r\n|>QUIT\r\n|<you said QUIT\r\n|"; got != want || end != ByPeer || err != nil {
		t.Errorf("%q, %s, %v", got, end, err)
	}
}

func TestEndOfTyping(t *testing.T) {
	got, end, err := talked(t, Talk{In: strings.NewReader(""), Typed: true}, func(c net.Conn, _ io.Writer) { _, _ = io.Copy(io.Discard, c) })
	if got != "" || end != ByUser || err != nil {
		t.Errorf("%q, %s, %v", got, end, err)
	}
}

// TestPipe: each line waits until the peer has been quiet, the first for its
// greeting, and after the last one what still comes is heard.
func TestPipe(t *testing.T) {
	got, end, err := talked(t, Talk{In: strings.NewReader("EHLO x\nQUIT"), Greets: true, Wait: 5 * time.Second}, func(c net.Conn, _ io.Writer) {
		time.Sleep(7 * time.Second) // a bubble's seconds cost nothing
		r := bufio.NewReader(c)
		_, _ = io.WriteString(c, "220 ready\r\n")
		for range 2 {
			l, err := r.ReadString('\n')
			if err != nil {
				return
			}
			time.Sleep(20 * time.Millisecond)
			_, _ = io.WriteString(c, "250 "+l)
		}
		_, _ = io.Copy(io.Discard, c)
	})
	if want := "<220 ready\r\n|>EHLO x\r\n|<250 EHLO x\r\n|>QUIT\r\n|<250 QUIT\r\n|"; got != want || end != Silent || err != nil {
		t.Errorf("%q, %s, %v", got, end, err)
	}
}

func TestSilentPeerOfAPipe(t *testing.T) {
	_, end, err := talked(t, Talk{In: strings.NewReader("hello\n"), Greets: true, Wait: time.Second}, func(c net.Conn, _ io.Writer) { _, _ = io.Copy(io.Discard, c) })
	if end != Silent || err != nil {
		t.Errorf("%s, %v", end, err)
	}
}

func TestLineTooLong(t *testing.T) {
	got, end, err := talked(t, Talk{In: strings.NewReader(strings.Repeat("x", maxLine+1))}, func(c net.Conn, _ io.Writer) { _, _ = io.Copy(io.Discard, c) })
	if got != "" || end != LineTooLong || !errors.Is(err, ErrLine) {
		t.Errorf("%d bytes, %s, %v", len(got), end, err)
	}
}

func TestInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		defer theirs.Close()
		ctx, cancel := context.WithCancel(t.Context())
		in, keys := io.Pipe()
		defer keys.Close()
		time.AfterFunc(time.Second, cancel)
		talk := Talk{Conn: ours, In: in, Typed: true, Told: func(Event) {}}
		if end, err := talk.Run(ctx); end != Interrupted || !errors.Is(err, context.Canceled) {
			t.Errorf("%s, %v", end, err)
		}
	})
}

// TestEndlessPeer holds that the budget of the connection ends what a peer
// never does.
func TestEndlessPeer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		for {
			if _, err := c.Write(make([]byte, 4096)); err != nil {
				return
			}
		}
	}()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	in, keys := io.Pipe()
	defer keys.Close()
	heard := 0
	to := c.RemoteAddr().(*net.TCPAddr).AddrPort()
	talk := Talk{Conn: netio.Limits{Bytes: 100_000}.Bound(t.Context(), c, to), In: in, Typed: true, Told: func(e Event) { heard += len(e.Data) }}
	if end, err := talk.Run(t.Context()); end != TooMuch || !errors.Is(err, netio.ErrBudget) || heard != 100_000 {
		t.Errorf("%s, %v after %d bytes", end, err, heard)
	}
}

func TestCommands(t *testing.T) {
	var words []string
	got, end, err := talked(t, Talk{
		In: strings.NewReader("\x1dwhat \nplain\n\x1dquit\nnever\n"), Typed: true,
		Command: func(word string) bool { words = append(words, word); return word == "quit" },
	}, func(c net.Conn, _ io.Writer) { _, _ = io.Copy(io.Discard, c) })
	if got != ">plain\r\n|" || end != ByUser || err != nil || strings.Join(words, ",") != "what,quit" {
		t.Errorf("%q, %q, %s, %v", got, words, end, err)
	}
}

// TestTelnetRefusesOptions: commands in pieces are put together, every option is
// refused, and an endless offer is refused so many times only.
func TestTelnetRefusesOptions(t *testing.T) {
	got, end, err := talked(t, Talk{In: strings.NewReader(""), Telnet: true, Wait: time.Second}, func(c net.Conn, _ io.Writer) {
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			_, _ = io.Copy(io.Discard, c)
		}()
		for _, piece := range []string{"hi \xff", "\xfd\x18\xff\xfb\x01", "\xff\xfa\x18\x01\xff", "\xf0log\xff\xffin: ", "\xff\xf9\xff\xfe\x63"} {
			_, _ = io.WriteString(c, piece)
		}
		<-gone
	})
	want := "<hi |<!DO TERMINAL TYPE|>!WONT TERMINAL TYPE|<!WILL ECHO|>!DONT ECHO|<!SB TERMINAL TYPE, 1 bytes|<log\xffin: |<!GO AHEAD|<!DONT 99|"
	if got != want || end != Silent || err != nil {
		t.Errorf("%q, %s, %v", got, end, err)
	}
	n := negotiation{on: true}
	answers := 0
	for range 1000 {
		for _, p := range n.parts([]byte("\xff\xfb\x01")) {
			if p.answer != nil {
				answers++
			}
		}
	}
	if answers != maxAnswers {
		t.Errorf("%d answers", answers)
	}
}

func FuzzTelnet(f *testing.F) {
	for _, seed := range []string{"plain", "\xff", "\xff\xfd\x18", "\xff\xfa\x18\x01\xff\xf0x", "\xff\xfa" + strings.Repeat("x", 2000), "\xff\xff"} {
		f.Add([]byte(seed), 3)
	}
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		n := negotiation{on: true}
		cut = max(0, min(cut, len(b)))
		text := 0
		for _, piece := range [][]byte{b[:cut], b[cut:]} {
			for _, p := range n.parts(piece) {
				if !p.command {
					text += len(p.data)
				}
			}
		}
		if text > len(b) || len(n.pending) > len(b) {
			t.Fatalf("%d bytes of text and %d that wait, of %d", text, len(n.pending), len(b))
		}
	})
}
