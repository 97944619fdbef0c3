package output

import (
	"slices"
	"strings"

	"sekisho/internal/exposure"
)

// transferModes are the columns of the table of FTP.
var transferModes = []string{"pasv", "epsv", "port", "eprt", "pasv-clear"}

// transferRow is one step as it went from one view in each mode.
type transferRow struct {
	view, step string
	cells      []transferCell
}

// transferCell is what became of a step in one mode, and why in words.
type transferCell struct {
	result exposure.StepResult
	words  []string
}

// transfers are the table of FTP: a row for each view and step, a column for
// each mode that was tried. The login is the same for all modes. What was seen of
// another host was seen from here.
func (p *page) transfers(list []exposure.Transfer, mine bool) (heads []string, rows []transferRow) {
	var modes []string
	for _, m := range transferModes {
		if slices.ContainsFunc(list, func(t exposure.Transfer) bool { return t.Mode == m }) {
			modes = append(modes, m)
		}
	}
	heads = []string{p.say.Say("column.zone"), p.say.Say("column.step")}
	for _, m := range modes {
		heads = append(heads, p.say.Say("ftp-mode."+m))
	}
	if len(modes) == 0 {
		heads, modes = append(heads, p.say.Say("column.result")), []string{""}
	}
	for _, t := range list {
		from := "view." + string(t.View)
		if !mine {
			from = "view.here"
		}
		view := harmless(p.say.Say("transfer.view", "View", p.say.Say(from), "Address", p.address(t.Address)))
		step := harmless(p.say.Say("ftp-step." + t.Step))
		i := slices.IndexFunc(rows, func(r transferRow) bool { return r.view == view && r.step == step })
		if i < 0 {
			i = len(rows)
			rows = append(rows, transferRow{view, step, make([]transferCell, len(modes))})
		}
		c := transferCell{result: t.Result, words: []string{p.say.Say("result." + t.Result.String())}}
		if t.Why != "" {
			c.words = append(c.words, harmless(p.say.Say("why."+t.Why)))
		}
		if t.Told != "" && t.Result != exposure.StepOK {
			c.words = append(c.words, p.say.Say("transfer.told", "Told", harmless(t.Told)))
		}
		for n, m := range modes {
			if t.Mode == "" || t.Mode == m {
				rows[i].cells[n] = c
			}
		}
	}
	return heads, rows
}

// textTransfers is the table of FTP on a terminal, below its title.
func (p *page) textTransfers(title string, list []exposure.Transfer, mine bool) {
	if len(list) == 0 {
		return
	}
	heads, all := p.transfers(list, mine)
	columns := []column{{head: heads[0], least: 12}, {head: heads[1]}}
	for _, h := range heads[2:] {
		columns = append(columns, column{head: h, least: 8})
	}
	var rows [][]cell
	for _, r := range all {
		row := []cell{text(r.view), text(r.step)}
		for _, c := range r.cells {
			row = append(row, cell{c.words, stepStyles[c.result]})
		}
		rows = append(rows, row)
	}
	p.paragraph("", bold, title)
	p.line(p.table(columns, rows)...)
}

// transfersOf is the title of the table of FTP of one port among others.
func (p *page) transfersOf(port exposure.Port) string {
	return p.say.Say("transfer.title-port", "Port", portLabel(port.Transport, port.Port))
}

// transfers writes the table of FTP in markdown, below its title.
func (m markdown) transfers(title string, list []exposure.Transfer, mine bool) {
	if len(list) == 0 {
		return
	}
	heads, rows := m.page.transfers(list, mine)
	m.line("", "### "+marked(title), "")
	m.row(heads...)
	m.line(strings.Repeat("|---", len(heads)) + "|")
	for _, r := range rows {
		m.row(transferWords(r)...)
	}
}

// transferWords are the cells of a row as one word or sentence each.
func transferWords(r transferRow) []string {
	words := []string{r.view, r.step}
	for _, c := range r.cells {
		words = append(words, strings.Join(c.words, ": "))
	}
	return words
}
