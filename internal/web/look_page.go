package web

import (
	"net/http"
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

// cell is one port of the grid.
type cell struct {
	Port      uint16
	Name      string
	Form      form
	Letter    string
	Word      string
	Verdict   exposure.Outcome
	Transport string
}

// row is 32 ports of the grid.
type row struct {
	First, Last uint16
	Cells       []cell
}

// rowOf is how many ports a row of the grid has, as ShieldsUP!'s.
const rowOf = 32

// counted is how many ports have a form.
type counted struct {
	Form  form
	Count int
	Ports string
}

// shown is a look as its page shows it.
type shown struct {
	Look      exposure.Look
	Mine      bool
	Running   bool
	Asked     int
	Seen      int
	Counts    []counted
	Grid      []row
	Forms     []form
	Letters   map[form]string
	Open      []exposure.Port
	Verdict   exposure.Outcome
	Unmet     []unmet
	Legs      []leg
	Silent    exposure.Outcome
	TCP       bool
	By        []string
	V6        bool
	Names     []header
	Ended     exposure.JobEnd
	Unproven  string
	Forum     string
	Quiet     int
	Everybody bool // every port that was asked is open
	Runs      []string
}

type unmet struct{ Run, Ports string }

// runName is what a visitor says to run as the page calls it, a list of their own
// as they wrote it.
func runName(say *lang.Printer, word string) string {
	text, own := strings.CutPrefix(word, ownRun)
	switch {
	case !own:
		return say.Say("web.run-" + word)
	case text == "":
		return say.Say("web.run-own-list")
	}
	return written(text)
}

// mostOpen bounds the open ports that are shown one by one.
const mostOpen = 256

func (s *Service) look(w http.ResponseWriter, r *http.Request) {
	found, err := s.found(r)
	if err != nil {
		s.failed(w, r, err)
		return
	}
	l := found.look
	s.beat(r, l)
	tag := s.spoken(w, r)
	say := lang.For(tag)
	v := shown{
		Look: l, Mine: mine(r, l), Running: !over(l.State), Asked: len(found.asked()), Seen: len(found.seen), Forms: forms, Letters: map[form]string{},
		Verdict: found.whole(), Legs: found.legs(), Silent: found.quiet(), TCP: len(l.Job.TCP) > 0, By: found.answeredBy(), V6: l.Job.Address.Is6(),
		Names: found.names(), Ended: found.ended, Forum: found.forum(say),
	}
	words := map[form]string{}
	for _, f := range forms {
		v.Letters[f], words[f] = say.Say("web.letter-"+string(f)), say.Say("web.form-"+string(f))
		if list := found.of(f); len(list) > 0 {
			v.Counts = append(v.Counts, counted{f, len(list), found.ranges(list)})
		}
	}
	var unproven []endpoint
	for _, e := range found.of(formUnknown) {
		if found.seen[e].Detail == egressUnproven {
			unproven = append(unproven, e)
		}
	}
	v.Unproven = found.ranges(unproven)
	for _, n := range found.unmet() {
		v.Unmet = append(v.Unmet, unmet{runName(say, n.Run), found.ranges(n.ports)})
	}
	for _, word := range l.Runs {
		v.Runs = append(v.Runs, runName(say, word))
	}
	open := found.of(formOpen)
	v.Everybody = len(open) > 15 && len(open) == v.Asked
	for _, e := range open[:min(len(open), mostOpen)] {
		p := found.port(e, tag)
		p.Verdicts = []exposure.Verdict{{Verdict: found.outcome(e)}}
		v.Open = append(v.Open, p)
	}
	v.Quiet = len(found.of(formQuiet))
	if l.Kind == "grid" {
		for ports := range slices.Chunk(l.Job.TCP, rowOf) {
			line := row{First: ports[0], Last: ports[len(ports)-1]}
			for _, p := range ports {
				e := endpoint{exposure.TCP, p}
				f := found.form(e)
				line.Cells = append(line.Cells, cell{p, nameOf(e), f, v.Letters[f], words[f], found.outcome(e), "tcp"})
			}
			v.Grid = append(v.Grid, line)
		}
	}
	w.Header().Set("X-Robots-Tag", "noindex")
	s.show(w, r, http.StatusOK, "look", say.Say("web.kind-"+l.Kind), v, v.Running)
}
