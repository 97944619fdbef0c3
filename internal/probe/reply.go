package probe

import (
	"bytes"
	"strconv"
	"strings"

	"sekisho/internal/untrusted"
)

// maxReplyBytes bounds a reply beside its lines.
const maxReplyBytes = 32 << 10

// reply is an answer of three digits and text, on one line or several (RFC 959
// section 4.2, RFC 5321 section 4.2.1).
type reply struct {
	code  int
	lines []string // without the code where a line bears it
}

// text is all lines of the reply.
func (r reply) text() string { return strings.Join(r.lines, "\n") }

// banner is the reply as a banner shows it, with its code.
func (r reply) banner() untrusted.Text {
	if r.code == 0 {
		return untrusted.New(r.text(), maxBanner)
	}
	return untrusted.New(strconv.Itoa(r.code)+" "+r.text(), maxBanner)
}

// reply reads one reply. What came before an error stands beside it.
func (c *Conn) reply() (reply, error) {
	var r reply
	size := 0
	for {
		line, err := c.Line()
		if err != nil {
			if line != "" {
				r.lines = append(r.lines, line)
			}
			return r, err
		}
		code, last, text := replyLine(line)
		if r.code == 0 {
			if code == 0 {
				r.lines = append(r.lines, line)
				return r, ErrProtocol
			}
			r.code = code
		}
		if code != r.code {
			text, last = line, false
		}
		r.lines = append(r.lines, text)
		if last {
			return r, nil
		}
		if size += len(line); len(r.lines) >= maxReplyLines || size > maxReplyBytes {
			return r, errReply
		}
	}
}

// replyLine takes a line apart: its code, 0 when it has none, and whether it
// is the last of its reply.
func replyLine(line string) (code int, last bool, text string) {
	if len(line) < 3 || line[0] < '1' || line[0] > '6' {
		return 0, false, line
	}
	code, err := strconv.Atoi(line[:3])
	if err != nil {
		return 0, false, line
	}
	switch {
	case len(line) == 3:
		return code, true, ""
	case line[3] == ' ':
		return code, true, line[4:]
	case line[3] == '-':
		return code, false, line[4:]
	}
	return 0, false, line
}

// ask sends a command and reads its reply.
func (c *Conn) ask(command string) (reply, error) {
	if err := c.Send(command); err != nil {
		return reply{}, err
	}
	return c.reply()
}

// dotted reads the lines of an answer that ends with a dot alone on a line, and
// takes away the dot that was put before lines which begin with one (RFC 1939
// section 3, RFC 3977 section 3.1.1). What came before an error stands beside it.
func (c *Conn) dotted() ([]string, error) {
	var lines []string
	size := 0
	for {
		line, err := c.Line()
		switch {
		case err != nil:
			return lines, err
		case line == ".":
			return lines, nil
		}
		lines = append(lines, strings.TrimPrefix(line, "."))
		if size += len(line); len(lines) >= maxReplyLines || size > maxReplyBytes {
			return lines, errReply
		}
	}
}

// fieldOf is a field of a header as HTTP, SSDP and SIP write it, empty when it is
// not there. Its name may be written in any case.
func fieldOf(b []byte, name string) string {
	for line := range bytes.Lines(b) {
		field, value, found := strings.Cut(string(line), ":")
		if found && strings.EqualFold(strings.TrimSpace(field), name) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
