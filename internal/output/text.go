package output

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/untrusted"
)

// textName is the format for people, which is first in lists.
const textName = "text"

func init() {
	register(format{name: textName, report: textReport, scan: newTextScanner, local: textLocal, test: textTest, tried: textConnect, cause: textDiagnosis, book: textServices})
}

// page is a text as it grows.
type page struct {
	Options
	say *lang.Printer
	strings.Builder
}

func newPage(o Options) *page { return &page{Options: o, say: lang.For(o.Lang)} }

// line writes finished lines.
func (p *page) line(lines ...string) {
	for _, l := range lines {
		p.WriteString(l)
		p.WriteByte('\n')
	}
}

// gap writes an empty line between two parts.
func (p *page) gap() {
	if p.Len() > 0 {
		p.line("")
	}
}

// paragraph wraps a text: the first line after head, the others under it.
func (p *page) paragraph(head string, s style, text string) {
	indent := strings.Repeat(" ", columns(head))
	for i, l := range wrap(harmless(text), p.width()-len(indent)) {
		if i > 0 {
			head = indent
		}
		p.line(strings.TrimRight(head+p.paint(s, l), " "))
	}
}

// copied writes a line that people will copy: it is never wrapped.
func (p *page) copied(text string) {
	p.line(strings.TrimRight(findingIndent+"    "+p.paint(bold, harmless(text)), " "))
}

// to writes the page out.
func (p *page) to(w io.Writer) error {
	_, err := io.WriteString(w, p.String())
	return err
}

// harmless makes any string one for a terminal. Everything on a page passes it,
// wherever it came from: names of processes, users and hosts are chosen by
// others too, and a document may have been read from a file.
func harmless(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
		return s
	}
	var b strings.Builder
	for s != "" {
		end := min(len(s), untrusted.MaxText)
		for end < len(s) && end > untrusted.MaxText-utf8.UTFMax && !utf8.RuneStart(s[end]) {
			end--
		}
		b.WriteString(untrusted.New(s[:end], 0).Terminal())
		s = s[end:]
	}
	return b.String()
}

// shortened cuts a text to a number of columns and shows the cut.
func shortened(s string, width int) string {
	if columns(s) <= width {
		return s
	}
	if width <= len(ellipsis) {
		return ellipsis // the cut must show, even where it takes more room
	}
	cut := wrap(s, width-len(ellipsis))[0]
	return cut + ellipsis
}

// ellipsis is of ASCII: the character of that name is as wide as two in some
// terminals of East Asia.
const ellipsis = "..."

// portLabel is how people write a port.
func portLabel(t exposure.Transport, port uint16) string {
	if t == exposure.ICMP {
		return t.String()
	}
	return fmt.Sprintf("%d/%s", port, t)
}

func (p *page) state(s exposure.State) string { return p.say.Say("state." + s.String()) }

// stateStyle makes the state that its owner must think about stand out.
func stateStyle(s exposure.State, exposed bool) style {
	switch {
	case s == exposure.Open && exposed:
		return yellow
	case s == exposure.Open:
		return green
	case s == exposure.Closed:
		return dim
	case s == exposure.Unknown:
		return red
	}
	return cyan
}

// unseen says what could not be seen. Root lacks no right: what it did not see
// says itself why.
func (p *page) unseen(items []string) {
	switch {
	case len(items) == 0:
	case p.Root:
		p.gap()
		p.paragraph("", plain, p.say.Say("report.unseen-root", "Items", items))
	default:
		p.gap()
		p.paragraph("", plain, p.say.Say("report.unseen", "Items", items))
	}
}
