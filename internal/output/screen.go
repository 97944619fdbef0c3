package output

import (
	"bytes"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"unicode/utf8"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

// Screen shows a conversation while it goes on: "< " before what the peer says,
// "> " before what is sent to it, "* " before what is told beside it. Every
// character that could act on the terminal is shown as an escape, the ends of
// the lines too: \r\n.
type Screen struct {
	w     io.Writer
	style Options
	// typed holds when the terminal shows by itself what is sent.
	typed  bool
	inside bool   // the line that is shown has not ended
	from   string // who said it
	half   []byte // the beginning of a character whose rest has not come
}

// NewScreen makes a Screen. What a person types at a terminal stands there
// already, so that it is not shown again.
func NewScreen(w io.Writer, o Options, typed bool) *Screen {
	return &Screen{w: w, style: o, typed: typed}
}

// Show shows what one side, "here" or "peer", said; a command of Telnet comes in
// words.
func (s *Screen) Show(from string, data []byte, command bool) error {
	mark := markOf(from)
	var b strings.Builder
	if command {
		s.end(&b)
		b.WriteString(mark + s.style.paint(dim, "IAC "+harmless(string(data))) + "\n")
		return s.write(&b)
	}
	if from == "here" && s.typed {
		s.end(&b)
		s.inside = false
		return s.write(&b)
	}
	if (s.inside || len(s.half) > 0) && s.from != from {
		s.end(&b)
	}
	s.from = from
	data = append(s.half, data...)
	s.half = nil
	for len(data) > 0 {
		piece := data
		if i := bytes.IndexByte(data, '\n'); i >= 0 {
			piece = data[:i+1]
		} else if cut := unfinished(data); cut > 0 {
			s.half, data, piece = bytes.Clone(data[len(data)-cut:]), data[:len(data)-cut], data[:len(data)-cut]
			if len(piece) == 0 {
				break
			}
		}
		piece = piece[:min(len(piece), untrusted.MaxText/2)]
		data = data[len(piece):]
		if !s.inside {
			b.WriteString(mark)
		}
		text := strings.TrimRight(string(piece), "\r\n")
		b.WriteString(untrusted.New(text, 0).Terminal() + s.style.paint(dim, untrusted.New(string(piece)[len(text):], 0).Terminal()))
		if s.inside = piece[len(piece)-1] != '\n'; !s.inside {
			b.WriteByte('\n')
		}
	}
	return s.write(&b)
}

// markOf stands before what a side says.
func markOf(from string) string {
	if from == "here" {
		return "> "
	}
	return "< "
}

// Note tells something beside the conversation.
func (s *Screen) Note(text string) error {
	var b strings.Builder
	s.end(&b)
	for line := range strings.Lines(text) {
		b.WriteString(s.style.paint(dim, "* "+harmless(strings.TrimRight(line, "\n"))) + "\n")
	}
	return s.write(&b)
}

// end ends a line that its speaker has not, and shows what waits for the rest
// of a character.
func (s *Screen) end(b *strings.Builder) {
	if len(s.half) > 0 {
		if !s.inside {
			b.WriteString(markOf(s.from))
		}
		b.WriteString(untrusted.New(s.half, 0).Terminal())
		s.half, s.inside = nil, true
	}
	if s.inside {
		b.WriteByte('\n')
	}
	s.inside = false
}

func (s *Screen) write(b *strings.Builder) error {
	_, err := io.WriteString(s.w, b.String())
	return err
}

// unfinished is how many bytes at the end are the beginning of a character.
func unfinished(b []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		tail := b[len(b)-n:]
		if utf8.RuneStart(tail[0]) {
			if !utf8.FullRune(tail) {
				return n
			}
			return 0
		}
	}
	return 0
}

// ConnectionRows are live connections as netstat wrote them: protocol, the two
// ends, the state, and the program where it is known. The marked ones have an
// arrow before them.
func ConnectionRows(list []exposure.Connection, marked func(exposure.Connection) bool) []string {
	local, remote := 0, 0
	for _, c := range list {
		local, remote = max(local, len(end(c.Local))), max(remote, len(end(c.Remote)))
	}
	var rows []string
	for _, c := range list {
		mark := "  "
		if marked(c) {
			mark = "> "
		}
		state := strings.ToUpper(strings.ReplaceAll(string(c.State), "-", "_"))
		row := fmt.Sprintf("%s%s  %-*s  %-*s  %-11s", mark, strings.ToUpper(c.Transport.String()), local, end(c.Local), remote, end(c.Remote), state)
		if c.Process != "" {
			row += fmt.Sprintf("  %s(%d)", harmless(c.Process), c.PID)
		}
		rows = append(rows, strings.TrimRight(row, " "))
	}
	return rows
}

// end is one end of a connection.
func end(a netip.AddrPort) string { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()).String() }
