package web

import (
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

// watchKind is the look at one port that goes on while its owner changes a router.
const watchKind = "watch"

// watching is what came of a port that is asked again and again: how often it was
// asked, when last, and from when on it was in which state.
type watching struct {
	times int
	last  time.Time
	turns []turn
}

// turn is when a port was first seen in another state than before.
type turn struct {
	at   time.Time
	form form
}

// mostTurns bounds what a port that is never twice the same can fill.
const mostTurns = 256

// take adds what was seen once.
func (w *watching) take(o exposure.Observation) {
	w.times++
	w.last = o.SeenAt
	f := formOf(o.State, o.Reason)
	if n := len(w.turns); n < mostTurns && (n == 0 || w.turns[n-1].form != f) {
		w.turns = append(w.turns, turn{o.SeenAt, f})
	}
}

// watchShown is what a page tells of it.
type watchShown struct {
	Port  string      `json:"port"`
	Now   string      `json:"now"` // in words
	Form  form        `json:"form"`
	Times string      `json:"times"`
	Turns []turnShown `json:"turns"`
	Open  bool        `json:"open"`
}

// turnShown is a line of its log.
type turnShown struct {
	Time string `json:"time"` // by the clock of the vantage
	Form form   `json:"form"`
	Word string `json:"word"`
}

// clock is how a page writes when something was seen.
const clock = "15:04:05 UTC"

// watched is what is to be told of a port that is asked again and again, nil where
// none is.
func (r *result) watched(say *lang.Printer) *watchShown {
	if !r.look.Job.Watch || len(r.look.Job.TCP) != 1 {
		return nil
	}
	e := endpoint{exposure.TCP, r.look.Job.TCP[0]}
	v := &watchShown{Port: e.String(), Form: r.form(e), Times: say.Say("web.watch-not-yet")}
	v.Open = v.Form == formOpen
	v.Now = say.Say("web.form-" + string(v.Form))
	w := r.watching
	if w.times > 0 {
		v.Times = say.Say("web.watch-times", "Count", w.times, "Time", w.last.UTC().Format(clock))
	}
	for _, t := range w.turns {
		v.Turns = append(v.Turns, turnShown{t.at.UTC().Format(clock), t.form, say.Say("web.form-" + string(t.form))})
	}
	return v
}

// turnDocument is when a port was first seen in another state than before, as
// machines read it.
type turnDocument struct {
	At   time.Time `json:"at"`
	Form form      `json:"form"`
}

// turns are those of a port that was watched.
func (r *result) turns() []turnDocument {
	var list []turnDocument
	for _, t := range r.watching.turns {
		list = append(list, turnDocument{t.at.UTC(), t.form})
	}
	return list
}
