package output

import (
	"cmp"
	"io"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/portspec"
)

// textScanner keeps what is to be shown and counts the rest, so that the table
// can be laid out when all is known.
type textScanner struct {
	w       io.Writer
	options Options
	hosts   []*scannedHost
	index   map[netip.Addr]*scannedHost
	echoes  echoCounts
}

// echoCounts counts the ICMP echoes alone, which are no ports.
type echoCounts struct {
	exposure.ScanSummary
	unsent int
	why    string // they were not sent
}

func (c *echoCounts) add(o exposure.Observation) {
	c.Ports++
	c.Count(o.State)
	if o.Reason == exposure.LocalError {
		c.unsent++
		c.why = o.Detail
	}
}

// scannedHost is one address of a scan.
type scannedHost struct {
	name    string
	address netip.Addr
	shown   []exposure.Observation
	hidden  map[outcome]int
}

// outcome is what ports that are not shown are counted by. An echo is no port.
type outcome struct {
	echo   bool
	state  exposure.State
	reason exposure.Reason
}

func newTextScanner(w io.Writer, o Options) Scanner {
	return &textScanner{w: w, options: o, index: map[netip.Addr]*scannedHost{}}
}

// Observe keeps the observation or counts it.
func (s *textScanner) Observe(o exposure.Observation) error {
	h := s.index[o.Address]
	if h == nil {
		h = &scannedHost{name: o.Host, address: o.Address, hidden: map[outcome]int{}}
		s.index[o.Address] = h
		s.hosts = append(s.hosts, h)
	}
	if o.Transport == exposure.ICMP {
		s.echoes.add(o)
	}
	if s.options.Show.shows(o) {
		h.shown = append(h.shown, o)
	} else {
		h.hidden[outcome{o.Transport == exposure.ICMP, o.State, o.Reason}]++
	}
	return nil
}

// Close writes the page.
func (s *textScanner) Close(summary exposure.ScanSummary) error {
	p := newPage(s.options)
	slices.SortFunc(s.hosts, func(a, b *scannedHost) int { return a.address.Compare(b.address) })
	alike := withNothingToShow(s.hosts)
	for _, h := range s.hosts {
		if len(h.shown) > 0 || len(alike[h.outcomes()]) == 1 {
			p.scannedHost(h)
		}
	}
	p.alike(alike)
	p.gap()
	p.summary(summary, s.echoes)
	return p.to(s.w)
}

func (p *page) scannedHost(h *scannedHost) {
	p.gap()
	title := p.address(h.address)
	if h.name != "" && h.name != h.address.String() {
		title = p.say.Say("scan.host", "Host", h.name, "Address", title)
	}
	p.paragraph("", bold, title)
	slices.SortFunc(h.shown, func(a, b exposure.Observation) int {
		// The echo first: a port 0 would otherwise stand before it.
		return cmp.Or(cmp.Compare(echoFirst(a), echoFirst(b)), cmp.Compare(a.Port, b.Port), cmp.Compare(a.Transport, b.Transport))
	})
	var rows [][]cell
	for _, o := range h.shown {
		rows = append(rows, []cell{
			text(portLabel(o.Transport, o.Port)),
			{[]string{p.state(o.State)}, stateStyle(o.State, false)},
			text(p.reason(o)...),
			text(p.assigned(o)),
		})
	}
	p.line(p.table([]column{
		{head: p.say.Say("column.port")},
		{head: p.say.Say("column.state")},
		{head: p.say.Say("column.reason"), least: 10},
		{head: p.say.Say("column.assigned"), least: 12},
	}, rows)...)
	p.hidden(h.hidden)
}

// reason is the evidence in nmap's words, who gave it when it was another, and
// the engine's own note.
func (p *page) reason(o exposure.Observation) []string {
	lines := []string{string(o.Reason)}
	if o.By != "" {
		lines[0] = p.say.Say("scan.reason-by", "Reason", o.Reason, "By", o.By)
	}
	if o.Detail != "" {
		lines = append(lines, o.Detail)
	}
	return lines
}

// assigned is what the number is for, which is not what answers there.
func (p *page) assigned(o exposure.Observation) string {
	s, _ := portspec.Lookup(o.Transport.String(), o.Port)
	return s.Name
}

// hidden counts the ports that are not shown, the most first.
func (p *page) hidden(counts map[outcome]int) {
	for _, o := range mostFirst(counts) {
		if o.echo {
			p.paragraph("", dim, p.say.Say("scan.hidden-echo", "State", p.state(o.state), "Reason", o.reason))
			continue
		}
		p.paragraph("", dim, p.say.Say("scan.hidden", "Count", counts[o], "State", p.state(o.state), "Reason", o.reason))
	}
}

// mostFirst are the outcomes, ports before the echo, the most first.
func mostFirst(counts map[outcome]int) []outcome {
	return slices.SortedFunc(maps.Keys(counts), func(a, b outcome) int {
		switch {
		case a.echo && !b.echo:
			return 1
		case b.echo && !a.echo:
			return -1
		}
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a.state, b.state), strings.Compare(string(a.reason), string(b.reason)))
	})
}

// echoFirst orders the observations of an address: 0 is an echo, 1 a port.
func echoFirst(o exposure.Observation) int {
	if o.Transport == exposure.ICMP {
		return 0
	}
	return 1
}

// summary ends a scan: what came of it, what it cost, and whether it is whole.
func (p *page) summary(s exposure.ScanSummary, echoes echoCounts) {
	s.Ports -= echoes.Ports
	s.Open -= echoes.Open
	s.Closed -= echoes.Closed
	s.Filtered -= echoes.Filtered
	s.OpenFiltered -= echoes.OpenFiltered
	s.Unknown -= echoes.Unknown
	p.paragraph("", bold, p.say.Say("scan.summary", "Count", s.Ports, "Hosts", s.Hosts, "Open", s.Open,
		"Closed", s.Closed, "Filtered", s.Filtered, "OpenFiltered", s.OpenFiltered))
	if sent := echoes.Ports - echoes.unsent; sent > 0 {
		p.paragraph("", plain, p.say.Say("scan.echoes", "Count", echoes.Open, "Hosts", sent))
	}
	if echoes.unsent > 0 {
		p.paragraph("", yellow, p.say.Say("scan.echoes-unsent", "Count", echoes.unsent, "Why", echoes.why))
	}
	p.paragraph("", plain, p.cost(s))
	p.effort(s, plain)
	if s.Method != "" {
		p.paragraph("", plain, p.say.Say("scan.method", "Method", s.Method))
	}
	p.notes(s)
	switch missing := unlooked(s); {
	case s.Complete:
	case missing > 0:
		p.paragraph("", yellow, p.say.Say("scan.incomplete-ports", "Count", missing))
	default:
		p.paragraph("", yellow, p.say.Say("scan.incomplete"))
	}
}
