package output

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

// Receiver writes what comes while it comes. Close ends it with the summary.
type Receiver interface {
	Message(exposure.Received) error
	Close(exposure.ReceivedSummary) error
}

// ReceiverFormats are the formats that have no end and so fit what is received.
var ReceiverFormats = []string{textName, "jsonl"}

// Received begins to write what is received, in one of ReceiverFormats.
func Received(w io.Writer, o Options) Receiver {
	var r Receiver = &receivedText{w: w, o: o, say: lang.For(o.Lang)}
	if o.Format == "jsonl" {
		r = &receivedLines{lines{w: w}}
	}
	if o.Redact {
		r = &receivedMasked{newMask(), r}
	}
	return r
}

type receivedLines struct{ lines }

type receivedSummaryLine struct {
	Type string `json:"type"`
	exposure.ReceivedSummary
}

// Message writes one line.
func (l *receivedLines) Message(m exposure.Received) error {
	l.write(m)
	return l.err
}

// Close writes the summary.
func (l *receivedLines) Close(s exposure.ReceivedSummary) error {
	if s.ByKind == nil {
		s.ByKind = map[string]int{}
	}
	l.write(receivedSummaryLine{"summary", s})
	return l.err
}

// receivedText is a line or a few for people.
type receivedText struct {
	w   io.Writer
	o   Options
	say *lang.Printer
}

// Message writes when, from whom and what, and what is odd about it.
func (t *receivedText) Message(m exposure.Received) error {
	head := fmt.Sprintf("%s %s %s", m.ReceivedAt.Format("2006-01-02 15:04:05.000"), m.From, m.Over)
	var lines []string
	switch {
	case m.Syslog != nil:
		s := m.Syslog
		who := strings.TrimSpace(s.Host.Terminal() + " " + s.App.Terminal())
		if !s.Process.IsZero() {
			who += "[" + s.Process.Terminal() + "]"
		}
		lines = append(lines, fmt.Sprintf("%s %s.%s %s: %s", head, s.Facility, s.Severity, cmp.Or(who, "-"), s.Message.Terminal()))
	case m.Trap != nil:
		lines = append(lines, t.trap(head, *m.Trap)...)
	default:
		lines = append(lines, head+" "+t.say.Say("receive.broken", "Error", m.Error)+" "+m.Raw.Terminal())
	}
	for _, note := range t.notes(m) {
		lines = append(lines, "    "+note)
	}
	for _, l := range lines {
		if _, err := fmt.Fprintln(t.w, harmless(l)); err != nil {
			return err
		}
	}
	return nil
}

func (t *receivedText) trap(head string, m exposure.TrapMessage) []string {
	kind := t.say.Say("receive.trap")
	if m.Inform {
		kind = t.say.Say("receive.inform")
	}
	name := cmp.Or(m.Trap, t.say.Say("receive.sealed"))
	lines := []string{strings.TrimRight(fmt.Sprintf("%s SNMP%s %s %s %s", head, m.Version, kind, name, m.Enterprise.Terminal()), " ")}
	for _, o := range m.Objects {
		lines = append(lines, "    "+o.Name+" = "+o.Value.Terminal())
	}
	return lines
}

// notes are what is to be known beside the message itself.
func (t *receivedText) notes(m exposure.Received) []string {
	var notes []string
	if !m.Mark.IsZero() {
		notes = append(notes, t.say.Say("receive.marked", "Mark", m.Mark.Terminal()))
	}
	if m.Truncated {
		notes = append(notes, t.say.Say("receive.truncated", "Bytes", m.Bytes))
	}
	if m.BrokenOff {
		notes = append(notes, t.say.Say("receive.broken-off", "Bytes", m.Bytes))
	}
	if m.PerhapsCut {
		notes = append(notes, t.say.Say("receive.perhaps-cut", "Bytes", m.Bytes))
	}
	if m.ClockMS != nil && (*m.ClockMS >= clockApart || *m.ClockMS <= -clockApart) {
		ahead := time.Duration(*m.ClockMS) * time.Millisecond
		if ahead > 0 {
			notes = append(notes, t.say.Say("receive.clock-ahead", "Time", ahead.Round(time.Second)))
		} else {
			notes = append(notes, t.say.Say("receive.clock-behind", "Time", (-ahead).Round(time.Second)))
		}
	}
	if m.Trap != nil && m.Trap.Acknowledged {
		notes = append(notes, t.say.Say("receive.acknowledged"))
	}
	if m.Trap != nil && m.Trap.User.IsZero() && m.Trap.Public {
		notes = append(notes, t.say.Say("receive.public"))
	}
	return notes
}

// clockApart is from how many milliseconds on two clocks differ: both forms of
// time may be to the second only.
const clockApart = 2000

// Close writes how much came, by kind.
func (t *receivedText) Close(s exposure.ReceivedSummary) error {
	words := make([]string, 0, len(s.ByKind))
	for _, kind := range slices.Sorted(maps.Keys(s.ByKind)) {
		words = append(words, fmt.Sprintf("%s %d", kind, s.ByKind[kind]))
	}
	line := t.say.Say("receive.summary", "Count", s.Received, "Marked", s.Marked, "Broken", s.Broken)
	if len(words) > 0 {
		line += " " + strings.Join(words, ", ")
	}
	if s.Unwritten > 0 {
		line += "\n" + t.say.Say("receive.unwritten", "Count", s.Unwritten)
	}
	if s.Dropped > 0 {
		line += "\n" + t.say.Say("receive.dropped", "Count", s.Dropped)
	}
	if s.Lost > 0 {
		line += "\n" + t.say.Say("receive.lost", "Count", s.Lost)
	}
	if s.Unshaken > 0 {
		line += "\n" + t.say.Say("receive.unshaken", "Count", s.Unshaken)
	}
	for l := range strings.Lines(line) {
		if _, err := fmt.Fprintln(t.w, harmless(strings.TrimSuffix(l, "\n"))); err != nil {
			return err
		}
	}
	return nil
}

// receivedMasked hides who sent what.
type receivedMasked struct {
	mask *mask
	to   Receiver
}

// Message hides the addresses and what others wrote.
func (r *receivedMasked) Message(m exposure.Received) error {
	m.From = netip.AddrPortFrom(r.mask.address(m.From.Addr()), m.From.Port())
	m.Raw, m.Error, m.File = r.mask.text(m.Raw), r.mask.sentence(m.Error), ""
	if s := m.Syslog; s != nil {
		hidden := *s
		hidden.Host, hidden.App, hidden.Process, hidden.ID = r.mask.text(s.Host), r.mask.text(s.App), r.mask.text(s.Process), r.mask.text(s.ID)
		hidden.Data, hidden.Message = r.mask.texts(s.Data), r.mask.text(s.Message)
		m.Syslog = &hidden
	}
	if s := m.Trap; s != nil {
		hidden := *s
		hidden.User, hidden.Engine, hidden.Agent = r.mask.text(s.User), "", r.mask.address(s.Agent)
		hidden.Objects = each(s.Objects, func(o exposure.TrapObject) exposure.TrapObject {
			o.Value = r.mask.text(o.Value)
			return o
		})
		m.Trap = &hidden
	}
	return r.to.Message(m)
}

// Close passes the summary on, whose kinds nobody outside has chosen but for
// the objects of traps.
func (r *receivedMasked) Close(s exposure.ReceivedSummary) error { return r.to.Close(s) }
