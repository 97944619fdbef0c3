//go:build linux

package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// result is a row measured in one family, a list of samples for each
// contender.
type result struct {
	row
	v6      bool
	truth   int // ports that are open
	lines   [][]string
	samples [][]sample
}

// memoryGoal holds for every row that has none of its own.
const memoryGoal = 64 << 10 // KiB

func (r row) memoryGoal() int {
	if r.memory > 0 {
		return r.memory << 10
	}
	return memoryGoal
}

// figures are what the samples of one contender come to.
type figures struct {
	runs                 int
	wall, best, worst    time.Duration
	cpu, sending         time.Duration
	rss                  int
	packets              uint64
	missed, invented     int
	worstMiss            []spot // the run that missed most
	failed               error
	rate, effort, recall float64
}

// tally takes the median of times and packets, the largest memory, and the sum
// of what was missed and invented. A run that failed counts for nothing.
func tally(samples []sample, truth int) figures {
	var f figures
	var walls, cpus, sendings []time.Duration
	var packets []uint64
	for _, s := range samples {
		if s.err != nil {
			f.failed = s.err
			continue
		}
		f.runs++
		walls, cpus, sendings = append(walls, s.wall), append(cpus, s.cpu), append(sendings, s.sending)
		packets = append(packets, s.packets)
		f.rss = max(f.rss, s.rss)
		f.missed += len(s.missed)
		f.invented += len(s.invented)
		if len(s.missed) > len(f.worstMiss) {
			f.worstMiss = s.missed
		}
	}
	if f.runs == 0 {
		return f
	}
	f.best, f.worst = slices.Min(walls), slices.Max(walls)
	f.wall, f.cpu, f.sending, f.packets = median(walls), median(cpus), median(sendings), median(packets)
	f.rate = float64(f.packets) / f.wall.Seconds()
	f.effort = f.cpu.Seconds() / float64(max(1, f.packets))
	f.recall = 1
	if all := truth * f.runs; all > 0 {
		f.recall -= float64(f.missed) / float64(all)
	}
	return f
}

// median is the middle one, the lower of two.
func median[T ~int64 | ~uint64](all []T) T {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[(len(sorted)-1)/2]
}

// verdict is what a result means for the goals: ok, over, or void.
func (r result) verdict() (word string, met bool) {
	f := tally(r.samples[0], r.truth)
	switch {
	case f.failed != nil:
		return "failed: " + f.failed.Error(), false
	case f.invented > 0, r.recall == 0 && f.missed > 0:
		return "void", false
	case r.recall > 0 && f.recall < r.recall:
		return "recall below " + percent(r.recall), false
	}
	compared, over := len(r.goals) == 0, false
	for i, c := range r.contenders[1:] {
		for _, g := range r.goals {
			if ratio, known := g.ratio(f, tally(r.samples[i+1], r.truth)); known && g.rival == c.name {
				compared, over = true, over || !g.met(ratio)
			}
		}
	}
	switch {
	case f.rss > r.memoryGoal():
		return "memory over", false
	case over:
		return "over", false
	case !compared:
		return "not compared", true
	}
	return "ok", true
}

// ratio is sekisho's figure divided by the rival's.
func (g goal) ratio(own, rival figures) (ratio float64, known bool) {
	if own.runs == 0 || rival.runs == 0 {
		return 0, false
	}
	switch g.measure {
	case rate:
		return own.rate / rival.rate, true
	case effort:
		return own.effort / rival.effort, true
	default:
		return own.wall.Seconds() / rival.wall.Seconds(), true
	}
}

func (g goal) met(ratio float64) bool {
	if g.measure == rate {
		return ratio >= g.limit
	}
	return ratio <= g.limit
}

// String is the goal as the table says it.
func (g goal) String() string {
	switch g.measure {
	case rate:
		return fmt.Sprintf("packets/s ≥ %g ×", g.limit)
	case effort:
		return fmt.Sprintf("CPU a packet ≤ %g ×", g.limit)
	default:
		return fmt.Sprintf("wall ≤ %g ×", g.limit)
	}
}

var heading = []string{"row", "IP", "scanner", "runs", "wall s (min–max)", "CPU s", "MiB", "packets", "k/s", "missed", "false", "sekisho ÷ this (goal)"}

// cells are a result's lines of the table.
func (r result) cells() [][]string {
	own := tally(r.samples[0], r.truth)
	var lines [][]string
	for i, c := range r.contenders {
		name, family := "", ""
		if i == 0 {
			name, family = r.name, "4"
			if r.v6 {
				family = "6"
			}
		}
		if len(r.samples[i]) == 0 {
			continue
		}
		f := tally(r.samples[i], r.truth)
		if f.runs == 0 {
			lines = append(lines, []string{name, family, c.name, "0", "—", "—", "—", "—", "—", "—", "—", "failed: " + f.failed.Error()})
			continue
		}
		last := ""
		if i == 0 {
			last, _ = r.verdict()
			if r.recall > 0 {
				last += fmt.Sprintf("; recall %s (goal ≥ %s)", percent(own.recall), percent(r.recall))
			}
		} else {
			last = strings.Join(r.ratios(c.name, own, f), "; ")
		}
		if r.sending() && f.sending > 0 {
			last += fmt.Sprintf("; while sending %.0f k/s", float64(f.packets)/f.sending.Seconds()/1000)
		}
		lines = append(lines, []string{
			name, family, c.name, fmt.Sprint(f.runs),
			fmt.Sprintf("%.2f (%.2f–%.2f)", f.wall.Seconds(), f.best.Seconds(), f.worst.Seconds()),
			fmt.Sprintf("%.2f", f.cpu.Seconds()), fmt.Sprintf("%.1f", float64(f.rss)/1024),
			fmt.Sprint(f.packets), fmt.Sprintf("%.0f", f.rate/1000), fmt.Sprint(f.missed), fmt.Sprint(f.invented), last,
		})
	}
	return lines
}

func (r result) ratios(rival string, own, theirs figures) (all []string) {
	for _, g := range r.goals {
		if g.rival != rival {
			continue
		}
		if ratio, known := g.ratio(own, theirs); known {
			word := "over"
			if g.met(ratio) {
				word = "ok"
			}
			all = append(all, fmt.Sprintf("%.2f (%s) %s", ratio, g, word))
		}
	}
	return all
}

// sending reports whether the row is about how fast packets are sent.
func (r result) sending() bool {
	return slices.ContainsFunc(r.goals, func(g goal) bool { return g.measure == rate })
}

func percent(share float64) string { return fmt.Sprintf("%.4g %%", share*100) }

// printTable writes the results as one table, then what each row is and the
// command lines.
func printTable(w io.Writer, machine []string, results []result, markdown bool) {
	for _, line := range machine {
		fmt.Fprintln(w, "- "+line)
	}
	fmt.Fprintln(w)
	var lines [][]string
	for _, r := range results {
		lines = append(lines, r.cells()...)
	}
	if markdown {
		printMarkdown(w, lines)
	} else {
		printText(w, lines)
	}
	fmt.Fprintln(w)
	fence := func() {
		if markdown {
			fmt.Fprintln(w, "```")
		}
	}
	fence()
	for i, r := range results {
		if i == 0 || results[i-1].name != r.name {
			fmt.Fprintf(w, "%s: %s\n", r.name, r.what)
		}
		for _, line := range r.lines {
			fmt.Fprintln(w, "    "+strings.Join(line, " "))
		}
	}
	fence()
	for _, r := range results {
		if f := tally(r.samples[0], r.truth); len(f.worstMiss) > 0 {
			fmt.Fprintf(w, "%s: sekisho missed in its worst run: %v\n", r.name, f.worstMiss[:min(20, len(f.worstMiss))])
		}
	}
}

func printText(w io.Writer, lines [][]string) {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, line := range append([][]string{heading}, lines...) {
		fmt.Fprintln(out, strings.Join(line, "\t"))
	}
	out.Flush()
}

func printMarkdown(w io.Writer, lines [][]string) {
	rule := slices.Repeat([]string{"---"}, len(heading))
	for _, line := range append([][]string{heading, rule}, lines...) {
		fmt.Fprintln(w, "| "+strings.Join(line, " | ")+" |")
	}
}
