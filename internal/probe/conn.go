package probe

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"time"
)

// Bounds of what is read of text. A line of RFC 5321 has 512 bytes and of RFC
// 4253 255; longer ones exist, endless ones are an attack.
const (
	maxLine       = 4096
	maxReplyLines = 128
	maxBanner     = 1024
)

// Conn is one connection to the peer, buffered for reading. Its deadlines and
// its budget lie beneath it and beneath whatever library uses it.
type Conn struct {
	net.Conn
	r *bufio.Reader
}

func newConn(c net.Conn) *Conn { return &Conn{Conn: c, r: bufio.NewReaderSize(c, maxLine)} }

// alpn is the protocol that the server chose in the handshake of a connection
// inside TLS (RFC 7301), empty when it chose none.
func (c *Conn) alpn() string {
	inner := c.Conn
	if t, ok := inner.(*tap); ok {
		inner = t.Conn
	}
	if secure, ok := inner.(*tls.Conn); ok {
		return secure.ConnectionState().NegotiatedProtocol
	}
	return ""
}

// Read reads through the buffer.
func (c *Conn) Read(p []byte) (int, error) { return c.r.Read(p) }

// Line reads one line and returns it without its end.
func (c *Conn) Line() (string, error) {
	line, err := c.r.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return string(line), errLine
	case err != nil:
		return string(line), err
	}
	return strings.TrimRight(string(line), "\r\n"), nil
}

// Send writes one command line and its end.
func (c *Conn) Send(line string) error {
	_, err := c.Write([]byte(line + "\r\n"))
	return err
}

// tookToGreet is how long the peer took from the connection, or from the
// handshake of TLS, to its first byte, in milliseconds. It is known on a
// connection of which something was read and that is not upgraded.
func (c *Conn) tookToGreet() (ms int, known bool) {
	t, ok := c.Conn.(*tap)
	if !ok || t.spoke.IsZero() || t.begun.IsZero() {
		return 0, false
	}
	return int(t.spoke.Sub(t.begun).Milliseconds()), true
}

// How long a peer that has begun to speak may pause before what it said counts
// as whole: briefly after a line end, longer in the middle of a line.
const (
	quietAfterLine = 250 * time.Millisecond
	quietInLine    = 1500 * time.Millisecond
)

// greeting waits for what the peer says first and leaves it unread. It returns
// when enough says that what came is enough, when the peer pauses, when more
// than a banner came, or with the error that ended the waiting; what came
// before that stands beside it.
func (c *Conn) greeting(ctx context.Context, enough func(first []byte) bool) ([]byte, error) {
	_, err := c.r.Peek(1)
	for err == nil {
		first, _ := c.r.Peek(c.r.Buffered())
		line := bytes.HasSuffix(first, []byte("\n"))
		switch {
		case enough(first):
			return first, c.SetReadDeadline(time.Time{})
		case len(first) > maxBanner && !bytes.ContainsRune(first, '\n'):
			return first, errors.Join(errLong, c.SetReadDeadline(time.Time{}))
		case len(first) > maxBanner:
			return first, c.SetReadDeadline(time.Time{})
		}
		quiet := quietInLine
		if line {
			quiet = quietAfterLine
		}
		if err = c.SetReadDeadline(time.Now().Add(quiet)); err != nil {
			break
		}
		_, err = c.r.Peek(len(first) + 1)
	}
	first, _ := c.r.Peek(c.r.Buffered())
	end, bounded := ctx.Deadline()
	paused := errors.Is(err, os.ErrDeadlineExceeded) && (!bounded || time.Now().Before(end))
	if len(first) > 0 && (paused || errors.Is(err, io.EOF)) {
		err = nil
	}
	return first, errors.Join(err, c.SetReadDeadline(time.Time{}))
}
