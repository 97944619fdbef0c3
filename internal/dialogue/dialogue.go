// Package dialogue is the conversation that a person types: lines go out with
// CR LF at their end, and what comes back is handed on as it came, with nothing
// left out. It dials nothing and shows nothing; every part of it is bounded.
package dialogue

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"sekisho/internal/netio"
)

// Kind is who made an event.
type Kind uint8

// The kinds.
const (
	Heard Kind = iota + 1 // bytes of the peer, as they came
	Said                  // bytes of ours, as they went
)

// Event is bytes that crossed the connection.
type Event struct {
	Kind Kind
	Data []byte // valid until the function that got the event returns
	// Command is set where the bytes are no text but a command of Telnet, which
	// Data then holds in words (DO ECHO).
	Command bool
}

// End is why a conversation ended, in the words of machine formats.
type End string

// The ends.
const (
	ByPeer      End = "peer"          // it closed the connection
	ByUser      End = "user"          // the end of what is typed (Ctrl-D), or the command to leave
	Silent      End = "silence"       // the input had ended, and nothing more came
	Interrupted End = "interrupted"   // the context ended (Ctrl-C)
	TooMuch     End = "limit"         // more came than the connection may bring
	LineTooLong End = "line-too-long" // a line of more than 64 KiB was to be sent
	Failed      End = "error"         // a fault of the connection
)

const (
	maxLine    = 64 << 10
	readAtOnce = 16 << 10

	// escape is Ctrl-], for which the telnet of old listened.
	escape = "\x1d"

	// pace is how long a peer must have been quiet before the next line of a
	// pipe goes out: mail servers take offence at lines that do not wait for
	// the answer (RFC 5321 section 4.3.1).
	pace = 100 * time.Millisecond

	// greetingTime is how long a pipe's first line waits for a peer that is to
	// speak first. Mail servers let strangers wait for seconds, to see who
	// cannot.
	greetingTime = 10 * time.Second

	// writingTime bounds the sending of one line to a peer that takes nothing.
	writingTime = 30 * time.Second
)

// Talk is one conversation over a connection that somebody else made.
type Talk struct {
	Conn net.Conn
	In   io.Reader
	// Typed holds when a person types: the end of the input ends the
	// conversation at once, and a line that begins with Ctrl-] is a command.
	// Else the input is a pipe: its lines go out one by one, each when the peer
	// has been quiet for a moment, and after the last one what still comes is
	// waited for.
	Typed  bool
	Greets bool          // the peer speaks first; a pipe's first line waits for that
	Wait   time.Duration // how long a pipe's end waits for more, from the last byte on
	Telnet bool          // options are negotiated (RFC 854): all are refused
	Told   func(Event)   // called from one goroutine, in the order of time
	// Command is called with what stands behind Ctrl-]; it reports whether the
	// conversation is over. Nil: such a line is sent as any other.
	Command func(word string) (over bool)
	Every   time.Duration // how often Tick is called; 0: never
	Tick    func()
}

// line is one line of the input without its end.
type line struct {
	text string
	err  error // io.EOF, ErrLine or what reading said; the text is whole all the same
}

// ErrLine is why a line was not sent: it is longer than 64 KiB.
var ErrLine = errors.New("a line of more than 64 KiB")

// Run talks until either side has enough, or ctx ends. It closes the
// connection. A reader of the input that waits in Read is left behind: no
// system lets one call a terminal off.
func (t *Talk) Run(ctx context.Context) (End, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = t.Conn.Close() })
	defer stop()
	heard, faults := t.listen(ctx)
	typed := t.read(ctx)
	var tick <-chan time.Time
	if t.Every > 0 && t.Tick != nil {
		ticker := time.NewTicker(t.Every)
		defer ticker.Stop()
		tick = ticker.C
	}
	options := negotiation{on: t.Telnet}
	quiet := time.NewTimer(pace)
	defer quiet.Stop()
	if !t.Typed && t.Greets {
		quiet.Reset(greetingTime)
	}
	ready, ended := t.Typed, false
	for {
		lines := typed
		if !ready || ended {
			lines = nil
		}
		select {
		case <-ctx.Done():
			return Interrupted, ctx.Err()
		case <-tick:
			t.Tick()
		case <-quiet.C:
			if ended {
				return Silent, nil
			}
			ready = true
		case data := <-heard:
			if err := t.hear(&options, data); err != nil {
				return t.ending(ctx, err)
			}
			switch {
			case ended:
				quiet.Reset(t.Wait)
			case !t.Typed:
				ready = false
				quiet.Reset(pace)
			}
		case err := <-faults:
			return t.ending(ctx, err)
		case l := <-lines:
			over, err := t.take(l)
			if err != nil {
				return t.ending(ctx, err)
			}
			if over {
				return ByUser, nil
			}
			switch {
			case errors.Is(l.err, ErrLine):
				return LineTooLong, ErrLine
			case l.err != nil && t.Typed:
				return ByUser, nil
			case l.err != nil:
				ended = true
				quiet.Reset(t.Wait)
			case !t.Typed:
				ready = false
				quiet.Reset(pace)
			}
		}
	}
}

// take sends a line of the input, or does the command that it is.
func (t *Talk) take(l line) (over bool, err error) {
	if l.text == "" && l.err != nil {
		return false, nil
	}
	if word, is := strings.CutPrefix(l.text, escape); is && t.Typed && t.Command != nil {
		return t.Command(strings.TrimSpace(word)), nil
	}
	return false, t.say([]byte(l.text+"\r\n"), Event{})
}

// say sends bytes and tells of them, as the event says.
func (t *Talk) say(data []byte, e Event) error {
	if err := t.Conn.SetWriteDeadline(time.Now().Add(writingTime)); err != nil {
		return err
	}
	if _, err := t.Conn.Write(data); err != nil {
		return err
	}
	e.Kind = Said
	if !e.Command {
		e.Data = data
	}
	t.Told(e)
	return nil
}

// hear tells of bytes that came and answers the commands of Telnet in them.
func (t *Talk) hear(n *negotiation, data []byte) error {
	for _, part := range n.parts(data) {
		t.Told(Event{Kind: Heard, Data: part.data, Command: part.answer != nil || part.command})
		if part.answer != nil {
			if err := t.say(part.answer, Event{Command: true, Data: []byte(part.answered)}); err != nil {
				return err
			}
		}
	}
	return nil
}

// listen reads the connection. What it found comes before the fault that ended
// it.
func (t *Talk) listen(ctx context.Context) (<-chan []byte, <-chan error) {
	heard, faults := make(chan []byte), make(chan error, 1)
	go func() {
		for {
			b := make([]byte, readAtOnce)
			n, err := t.Conn.Read(b)
			if n > 0 {
				select {
				case heard <- b[:n]:
				case <-ctx.Done():
					return
				}
			}
			if err != nil {
				faults <- err
				return
			}
		}
	}()
	return heard, faults
}

// read reads the lines of the input.
func (t *Talk) read(ctx context.Context) <-chan line {
	lines := make(chan line)
	go func() {
		r := bufio.NewReaderSize(t.In, maxLine)
		for {
			text, err := r.ReadSlice('\n')
			l := line{text: strings.TrimRight(string(text), "\r\n"), err: err}
			if errors.Is(err, bufio.ErrBufferFull) {
				l = line{err: ErrLine}
			}
			select {
			case lines <- l:
			case <-ctx.Done():
				return
			}
			if l.err != nil {
				return
			}
		}
	}()
	return lines
}

// ending is what a fault of the connection says.
func (t *Talk) ending(ctx context.Context, err error) (End, error) {
	switch {
	case ctx.Err() != nil:
		return Interrupted, ctx.Err()
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF): // many close without the alert of TLS
		return ByPeer, nil
	case errors.Is(err, netio.ErrBudget):
		return TooMuch, err
	case errors.Is(err, os.ErrDeadlineExceeded):
		return Failed, fmt.Errorf("the time is over: %w", err)
	}
	return Failed, err
}
