package output

import (
	"fmt"
	"strings"

	"sekisho/internal/exposure"
)

// diagram draws messages between lifelines. The signs are of ASCII, since
// those for boxes are as wide as two in some terminals of East Asia, and the
// width of each text is counted in columns. Where the terminal is too narrow
// the messages stand one under the other.
func (p *page) diagram(d exposure.Diagram) {
	p.paragraph("", bold, d.Title)
	at, fits := lifelines(d, p.width())
	if !fits {
		for i, s := range d.Steps {
			p.paragraph(fmt.Sprintf("  %d. ", i+1), plain, p.say.Say("services.step", "From", d.Parties[s.From], "To", d.Parties[s.To], "Text", s.Text))
		}
		return
	}
	var heads, idle strings.Builder
	used := 0
	for i, name := range d.Parties {
		from := max(at[i]-columns(name)/2, 0)
		heads.WriteString(strings.Repeat(" ", max(from-used, 0)) + name)
		used = max(from, used) + columns(name)
		idle.WriteString(strings.Repeat(" ", at[i]-columns(idle.String())) + "|")
	}
	p.line(p.paint(dim, harmless(heads.String())), idle.String())
	for _, s := range d.Steps {
		p.line(harmless(message(at, s)))
	}
	p.line(idle.String())
}

// room for a message beside its text: a dash and a blank before it, a blank,
// two dashes and the head of the arrow behind it.
const arrowRoom = 6

// lifelines are the columns of the lines of the parties, as near to one another
// as their names and messages let them be; fits is false when that is too wide.
func lifelines(d exposure.Diagram, width int) (at []int, fits bool) {
	at = make([]int, len(d.Parties))
	for i, name := range d.Parties {
		if i == 0 {
			at[i] = columns(name) / 2
			continue
		}
		apart := (columns(d.Parties[i-1])+columns(name))/2 + 2
		for _, s := range d.Steps {
			if min(s.From, s.To) == i-1 && max(s.From, s.To) == i {
				apart = max(apart, columns(s.Text)+arrowRoom+1)
			}
		}
		at[i] = at[i-1] + apart
	}
	last := len(at) - 1
	for _, s := range d.Steps {
		// A message past several lines makes room before the last of them.
		from, to := min(s.From, s.To), max(s.From, s.To)
		if more := columns(s.Text) + arrowRoom + 1 - (at[to] - at[from]); more > 0 {
			for i := to; i <= last; i++ {
				at[i] += more
			}
		}
	}
	return at, len(at) > 0 && at[last]+(columns(d.Parties[last])+1)/2 <= width
}

// message is the line of one message: an arrow with its text in it, and the
// lines of the parties that it does not touch.
func message(at []int, s exposure.DiagramStep) string {
	from, to := min(s.From, s.To), max(s.From, s.To)
	room := at[to] - at[from] - 1
	arrow := "- " + s.Text + " "
	arrow += strings.Repeat("-", room-1-columns(arrow)) + ">"
	if s.From > s.To {
		arrow = "<-- " + s.Text + " "
		arrow += strings.Repeat("-", room-columns(arrow))
	}
	var b strings.Builder
	for i, column := range at {
		switch {
		case i > from && i < to:
			continue
		case i == to:
			b.WriteString(arrow)
		default:
			b.WriteString(strings.Repeat(" ", column-columns(b.String())))
		}
		b.WriteString("|")
	}
	return b.String()
}
