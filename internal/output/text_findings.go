package output

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"sekisho/internal/exposure"
)

// matter is the same finding on one port or many.
type matter struct {
	exposure.Finding
	ports    []portName
	evidence []string // one for each port
}

// portName is a port and the host it belongs to.
type portName struct {
	host      string
	transport exposure.Transport
	port      uint16
}

const (
	wholeOfRule   = 3  // blocks of one rule that are shown, unless all is asked for
	shortOfRule   = 8  // the same in short
	evidenceShown = 3  // pieces of evidence under one matter
	rangesShown   = 10 // ports or ranges of ports in an enumeration
)

// findings shows what is to be mended, the gravest first and each rule
// together, then in short what is only worth knowing.
func (p *page) findings(r exposure.Report) {
	matters := collect(r)
	// What cannot be told apart by its rule is one of many and stands in a line.
	mend := mendable(matters)
	if mend > 0 {
		p.gap()
		p.line(p.paint(bold, p.say.Say("report.findings")))
	}
	p.matters(matters[:mend], wholeOfRule, p.matter)
	if mend == len(matters) {
		return
	}
	p.gap()
	p.line(p.paint(bold, p.say.Say("report.findings-info")))
	if p.Show == ShowAll {
		p.matters(matters[mend:], wholeOfRule, p.matter)
		return
	}
	p.gap()
	p.matters(matters[mend:], shortOfRule, p.inShort)
	p.paragraph("", dim, p.say.Say("report.findings-info-more"))
}

// collect puts findings together that differ in port and evidence only.
func collect(r exposure.Report) []*matter {
	var matters []*matter
	known := map[string]*matter{}
	for _, h := range r.Hosts {
		name := ""
		if len(r.Hosts) > 1 {
			name = hostName(h) + " "
		}
		for _, port := range h.Ports {
			for _, f := range port.Findings {
				key := strings.Join(append([]string{f.Rule, f.Severity.String(), f.Meaning}, f.Remedy...), "\x00")
				m := known[key]
				if m == nil {
					m = &matter{Finding: f}
					known[key] = m
					matters = append(matters, m)
				}
				m.ports = append(m.ports, portName{name, port.Transport, port.Port})
				m.evidence = append(m.evidence, f.Evidence)
			}
		}
	}
	order := map[string]int{}
	for _, m := range matters {
		if _, seen := order[m.Rule]; !seen {
			order[m.Rule] = len(order)
		}
	}
	slices.SortStableFunc(matters, func(a, b *matter) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(order[a.Rule], order[b.Rule]))
	})
	return matters
}

// matters shows each with write, but of each rule and severity only the first
// few: five hundred alike bury the one that differs.
func (p *page) matters(matters []*matter, most int, write func(*matter)) {
	for begin := 0; begin < len(matters); {
		end := begin
		for end < len(matters) && matters[end].Rule == matters[begin].Rule && matters[end].Severity == matters[begin].Severity {
			end++
		}
		alike := matters[begin:end]
		shown := alike
		if p.Show != ShowAll && len(alike) > most {
			shown = alike[:most]
		}
		for _, m := range shown {
			write(m)
		}
		if rest := alike[len(shown):]; len(rest) > 0 {
			var ports []portName
			for _, m := range rest {
				ports = append(ports, m.ports...)
			}
			p.paragraph(findingIndent, dim, p.say.Say("report.more-of-rule", "Count", len(rest), "Rule", alike[0].Rule, "Ports", p.enumerate(ports)))
		}
		begin = end
	}
}

const findingIndent = "  "

// matter shows one in full: where, what was seen, what it means, what to do.
func (p *page) matter(m *matter) {
	p.gap()
	styles := map[exposure.Severity]style{exposure.High: red, exposure.Medium: yellow, exposure.Low: cyan, exposure.Info: dim}
	p.paragraph("", styles[m.Severity], p.title(m))
	p.evidences(m)
	p.paragraph(findingIndent, plain, m.Meaning)
	if len(m.Remedy) == 0 {
		return
	}
	p.paragraph(findingIndent, bold, p.say.Say("report.what-to-do"))
	for _, step := range m.Remedy {
		p.step(step)
	}
}

// step is one step of a remedy: what to do in words on its first line, then
// commands or lines of a file, which are never wrapped, so that they can be
// copied.
func (p *page) step(step string) {
	words, commands, _ := strings.Cut(step, "\n")
	p.paragraph(findingIndent+"- ", plain, words)
	for command := range strings.Lines(commands) {
		p.copied(strings.TrimRight(command, "\n"))
	}
}

// inShort shows what is only worth knowing: where, and what was seen.
func (p *page) inShort(m *matter) {
	p.paragraph("", plain, p.title(m))
	p.evidences(m)
}

func (p *page) title(m *matter) string {
	return p.say.Say("report.finding", "Severity", p.say.Say("severity."+m.Severity.String()),
		"Ports", p.enumerate(m.ports), "Rule", m.Rule)
}

// evidences shows what was seen, each different thing once.
func (p *page) evidences(m *matter) {
	var different []string
	known := map[string]bool{} // a matter of every port has 65535 of them
	for _, e := range m.evidence {
		if e != "" && !known[e] {
			known[e] = true
			different = append(different, e)
		}
	}
	for i, e := range different {
		if i == evidenceShown && p.Show != ShowAll {
			p.paragraph(findingIndent, dim, p.say.Say("report.more-evidence", "Count", len(different)-i))
			return
		}
		p.paragraph(findingIndent, plain, e)
	}
}

// enumerate lists ports, neighbouring ones as a range, and no endless list.
func (p *page) enumerate(ports []portName) []string {
	slices.SortStableFunc(ports, func(a, b portName) int {
		return cmp.Or(strings.Compare(a.host, b.host), cmp.Compare(a.transport, b.transport), cmp.Compare(a.port, b.port))
	})
	ports = slices.Compact(ports)
	var names []string
	for begin := 0; begin < len(ports); {
		end := begin + 1
		for end < len(ports) && ports[end] == (portName{ports[begin].host, ports[begin].transport, ports[end-1].port + 1}) {
			end++
		}
		first, last := ports[begin], ports[end-1]
		label := portLabel(last.transport, last.port)
		if end-begin > 2 {
			label = fmt.Sprintf("%d-%s", first.port, label)
		} else {
			end = begin + 1
			label = portLabel(first.transport, first.port)
		}
		names = append(names, first.host+label)
		begin = end
	}
	if len(names) > rangesShown && p.Show != ShowAll {
		names = append(names[:rangesShown], ellipsis)
	}
	return names
}
