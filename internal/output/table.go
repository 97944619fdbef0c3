package output

import (
	"slices"
	"strings"
)

// cell is one field of a table: the lines that it wants, all in one style.
type cell struct {
	lines []string
	style style
}

func text(lines ...string) cell {
	return cell{lines: slices.DeleteFunc(lines, func(line string) bool { return line == "" })}
}

// column says how a column behaves when room is scarce: one with a least width
// gives way down to it and wraps, one without keeps its own width.
type column struct {
	head  string
	least int
}

const (
	gap         = 2   // columns between two columns
	widest      = 120 // a table does not sprawl over a very wide terminal
	fallback    = 80  // the width where none is known
	narrowest   = 24  // below it nothing can be laid out
	stackIndent = "  "
)

// width is the room that there is.
func (o Options) width() int {
	switch {
	case o.Width <= 0:
		return fallback
	case o.Width < narrowest:
		return narrowest
	}
	return min(o.Width, widest)
}

// table lays rows out in columns, or one under the other where the terminal is
// too narrow for columns.
func (o Options) table(heads []column, rows [][]cell) []string {
	heads, rows = withoutEmpty(heads, rows)
	for _, row := range rows {
		for i := range row {
			row[i].lines = each(row[i].lines, harmless)
		}
	}
	if len(rows) == 0 {
		return nil
	}
	widths, fits := layout(heads, rows, o.width())
	if !fits {
		return o.stack(heads, rows)
	}
	titles := make([]cell, len(heads))
	for i, h := range heads {
		titles[i] = cell{[]string{h.head}, dim}
	}
	out := o.row(widths, titles)
	for _, row := range rows {
		out = append(out, o.row(widths, row)...)
	}
	return out
}

// withoutEmpty drops the columns in which no row has anything.
func withoutEmpty(heads []column, rows [][]cell) ([]column, [][]cell) {
	var keep []int
	for i := range heads {
		for _, row := range rows {
			if strings.Join(row[i].lines, "") != "" {
				keep = append(keep, i)
				break
			}
		}
	}
	kept := make([]column, len(keep))
	for i, k := range keep {
		kept[i] = heads[k]
	}
	out := make([][]cell, len(rows))
	for r, row := range rows {
		out[r] = make([]cell, len(keep))
		for i, k := range keep {
			out[r][i] = row[k]
		}
	}
	return kept, out
}

// layout gives each column its width: what it wants if all of it fits,
// otherwise the widest of those that may give way gives way first.
func layout(heads []column, rows [][]cell, width int) (widths []int, fits bool) {
	widths = make([]int, len(heads))
	total := gap * (len(heads) - 1)
	for i, h := range heads {
		widths[i] = columns(h.head)
		for _, row := range rows {
			for _, line := range row[i].lines {
				widths[i] = max(widths[i], columns(line))
			}
		}
		total += widths[i]
	}
	for total > width {
		most := -1
		for i, h := range heads {
			if h.least > 0 && widths[i] > h.least && (most < 0 || widths[i] > widths[most]) {
				most = i
			}
		}
		if most < 0 {
			return nil, false
		}
		widths[most]--
		total--
	}
	return widths, true
}

// row lays one row out; a cell that is too wide for its column goes on below.
func (o Options) row(widths []int, row []cell) []string {
	wrapped := make([][]string, len(row))
	height := 1
	for i, c := range row {
		for _, line := range c.lines {
			wrapped[i] = append(wrapped[i], wrap(line, widths[i])...)
		}
		height = max(height, len(wrapped[i]))
	}
	out := make([]string, height)
	for n := range out {
		var b strings.Builder
		pending := 0 // blanks are written only before something
		for i, c := range row {
			var line string
			if n < len(wrapped[i]) {
				line = wrapped[i][n]
			}
			if line != "" {
				b.WriteString(strings.Repeat(" ", pending))
				b.WriteString(o.paint(c.style, line))
				pending = 0
			}
			pending += widths[i] - columns(line) + gap
		}
		out[n] = b.String()
	}
	return out
}

// stack lays each row out downwards: what keeps its width side by side, the
// rest indented below.
func (o Options) stack(heads []column, rows [][]cell) []string {
	var out []string
	for _, row := range rows {
		out = append(out, o.heading(heads, row)...)
		for i, c := range row {
			if heads[i].least == 0 {
				continue
			}
			for _, line := range c.lines {
				if line == "" {
					continue
				}
				for _, part := range wrap(line, o.width()-len(stackIndent)) {
					out = append(out, stackIndent+o.paint(c.style, part))
				}
			}
		}
	}
	return out
}

// heading puts the cells that keep their width side by side, on as many lines
// as they need.
func (o Options) heading(heads []column, row []cell) []string {
	var (
		out  []string
		line string
		used int
	)
	for i, c := range row {
		if heads[i].least > 0 {
			continue
		}
		for _, word := range c.lines {
			if word == "" {
				continue
			}
			if used > 0 && used+gap+columns(word) > o.width() {
				out = append(out, line)
				line, used = "", 0
			}
			if used > 0 {
				line += strings.Repeat(" ", gap)
				used += gap
			}
			line += o.paint(c.style, word)
			used += columns(word)
		}
	}
	return append(out, line)
}
