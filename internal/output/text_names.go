package output

import (
	"strconv"
	"strings"

	"sekisho/internal/exposure"
)

// names are what everybody says of the names that were asked for, a line for
// each source and record.
func (p *page) names(list []exposure.Resolution) {
	for _, n := range list {
		if len(n.Answers) == 0 {
			continue
		}
		p.gap()
		p.line(p.paint(bold, p.say.Say("diagnosis.names", "Name", n.Name)))
		var rows [][]cell
		for _, row := range p.nameRows(n) {
			var cells []cell
			for _, word := range row {
				cells = append(cells, text(word))
			}
			rows = append(rows, cells)
		}
		var columns []column
		for i, head := range p.nameHeads() {
			columns = append(columns, column{head: head, least: []int{10, 12, 4, 16, 4}[i]})
		}
		p.line(p.table(columns, rows)...)
	}
}

func (p *page) nameHeads() []string {
	return []string{p.say.Say("column.says"), p.say.Say("column.server"), p.say.Say("column.record"), p.say.Say("column.addresses"), p.say.Say("column.ttl")}
}

// nameRows are the answers of a name: who says it, which server it is, of which
// record, what, and for how long it may be kept.
func (p *page) nameRows(n exposure.Resolution) [][]string {
	var rows [][]string
	for _, a := range n.Answers {
		var words []string
		for _, alias := range a.Chain {
			words = append(words, alias.Terminal())
		}
		for _, address := range a.Addresses {
			words = append(words, address.String())
		}
		if a.More > 0 {
			words = append(words, p.say.Say("diagnosis.more-addresses", "Count", a.More))
		}
		if len(a.Addresses) == 0 {
			words = append(words, p.say.Say("name-outcome."+string(a.Outcome)))
		}
		ttl := ""
		if a.TTL != nil {
			ttl = strconv.FormatUint(uint64(*a.TTL), 10) + " s"
		}
		rows = append(rows, []string{p.say.Say("name-source." + string(a.Source)), a.Server, a.Record, strings.Join(words, ", "), ttl})
	}
	return rows
}
