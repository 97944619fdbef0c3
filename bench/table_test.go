//go:build linux

package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func seconds(all ...float64) (samples []sample) {
	for _, s := range all {
		d := time.Duration(s * float64(time.Second))
		samples = append(samples, sample{wall: d, cpu: d / 2, sending: d, rss: 20 << 10, packets: 1000})
	}
	return samples
}

func missing(n int, samples []sample) []sample {
	samples[0].missed = make([]spot, n)
	return samples
}

func TestVerdicts(t *testing.T) {
	rival := contender{name: nmap}
	plain := row{name: "A", contenders: []contender{{name: sekisho}, rival}, goals: []goal{{nmap, wall, 0.5}}}
	sending := plain
	sending.goals = []goal{{nmap, rate, 1.5}, {nmap, effort, 0.75}}
	recall := row{name: "R", contenders: []contender{{name: sekisho}}, recall: 0.99}
	failed := []sample{{err: errors.New("no such command")}}
	fat := seconds(1)
	fat[0].rss = memoryGoal + 1
	invented := seconds(1)
	invented[0].invented = make([]spot, 1)
	tests := []struct {
		name    string
		row     row
		samples [][]sample
		want    string
		met     bool
	}{
		{"met", plain, [][]sample{seconds(1, 9, 1), seconds(2, 2, 2)}, "ok", true},
		{"missed-by-a-little", plain, [][]sample{seconds(1.01), seconds(2)}, "over", false},
		{"median-counts", plain, [][]sample{seconds(0.1, 1.1, 1.1), seconds(2, 2, 2)}, "over", false},
		{"one-missed-port-voids", plain, [][]sample{missing(1, seconds(0.1, 0.1)), seconds(2, 2)}, "void", false},
		{"one-false-port-voids", plain, [][]sample{invented, seconds(2)}, "void", false},
		{"memory", plain, [][]sample{fat, seconds(2)}, "memory over", false},
		{"failed", plain, [][]sample{failed, seconds(2)}, "failed: no such command", false},
		{"rival-failed", plain, [][]sample{seconds(1), failed}, "not compared", true},
		{"rate-met", sending, [][]sample{seconds(1), seconds(2)}, "ok", true},
		{"rate-missed", sending, [][]sample{seconds(1), seconds(1.4)}, "over", false},
		{"recall-met", recall, [][]sample{missing(1, seconds(1))}, "ok", true},
		{"recall-missed", recall, [][]sample{missing(2, seconds(1))}, "recall below 99 %", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := result{row: test.row, truth: 100, samples: test.samples}
			if got, met := r.verdict(); got != test.want || met != test.met {
				t.Errorf("%q, met %v; want %q, %v", got, met, test.want, test.met)
			}
		})
	}
}

func TestTableSaysWhatCountsAndHow(t *testing.T) {
	r := result{
		row: row{name: "A", what: "all ports", contenders: []contender{{name: sekisho}, {name: nmap}, {name: masscan}}, goals: []goal{{nmap, wall, 0.85}}},
		v6:  true, truth: 5,
		lines:   [][]string{{"sekisho", "scan"}, {"nmap", "-n"}, {"masscan"}},
		samples: [][]sample{seconds(1, 3, 2), missing(2, seconds(4, 4, 5)), {{err: errors.New("no IPv6")}}},
	}
	var out strings.Builder
	printTable(&out, []string{"a machine"}, []result{r}, true)
	want := `- a machine

| row | IP | scanner | runs | wall s (min–max) | CPU s | MiB | packets | k/s | missed | false | sekisho ÷ this (goal) |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
| A | 6 | sekisho | 3 | 2.00 (1.00–3.00) | 1.00 | 20.0 | 1000 | 0 | 0 | 0 | ok |
|  |  | nmap | 3 | 4.00 (4.00–5.00) | 2.00 | 20.0 | 1000 | 0 | 2 | 0 | 0.50 (wall ≤ 0.85 ×) ok |
|  |  | masscan | 0 | — | — | — | — | — | — | — | failed: no IPv6 |

` + "```" + `
A: all ports
    sekisho scan
    nmap -n
    masscan
` + "```\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestRowsAreAskedForByName(t *testing.T) {
	o, err := parseOptions([]string{"b", "--runs", "2", "A", "--family", "6", "--loss", "0.1", "--tools", "nmap"})
	if err != nil {
		t.Fatal(err)
	}
	if len(o.rows) != 2 || o.rows[0].name != "A" || o.rows[1].name != "B" || o.runs != 2 || len(o.families) != 1 || !o.families[0] {
		t.Errorf("rows %v, runs %d, families %v", o.rows, o.runs, o.families)
	}
	for _, r := range o.rows {
		if r.loss != 0.1 || len(r.contenders) != 2 || r.contenders[0].name != sekisho || r.contenders[1].name != nmap {
			t.Errorf("%s: loss %g, %v", r.name, r.loss, r.contenders)
		}
	}
	if all, err := parseOptions([]string{"all"}); err != nil || len(all.rows) != len(rows()) {
		t.Errorf("all are %d rows, %v", len(all.rows), err)
	}
	for _, wrong := range [][]string{{}, {"Z"}, {"A", "A2"}, {"A", "--family", "5"}, {"A", "--runs", "0"}} {
		if _, err := parseOptions(wrong); err == nil {
			t.Errorf("%q was taken", wrong)
		}
	}
}

// TestCommandsNameTargetAndPorts holds that each row's command lines ask for
// the row's ports at its addresses, in both families, and that only two rows
// give sekisho more than that.
func TestCommandsNameTargetAndPorts(t *testing.T) {
	n := plan(1)
	for _, r := range rows() {
		for _, v6 := range []bool{false, true} {
			for _, c := range r.contenders {
				line := strings.Join(command(r, c, n, "02:00:00:00:00:01", v6), " ")
				if !strings.Contains(line, " -p "+r.ports+" ") || !strings.Contains(line, targetOf(r, n, v6)) {
					t.Errorf("%s: %s", r.name, line)
				}
				if fixed := strings.Contains(line, "--retries 0"); c.name == sekisho && fixed != (r.where != alone && !r.identify) {
					t.Errorf("%s: fixed tries %v: %s", r.name, fixed, line)
				}
			}
		}
	}
}
