package web

import (
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/portspec"
	"sekisho/internal/rules"
)

// result is what a look told so far, put together from its batches. It decides
// nothing but what follows from them and from what the visitor says to run.
type result struct {
	look     exposure.Look
	seen     map[endpoint]exposure.Observation
	services map[endpoint]exposure.Service
	trials   []trial
	ping     *exposure.Observation
	again    map[uint16][]exposure.AskedAgain // of TCP ports
	summary  *exposure.ScanSummary
	unasked  *exposure.Unasked
	hops     []exposure.AnswerHops
	ended    exposure.JobEnd
	watching watching
	last     int // number of the last batch
	intended intended
}

func newResult(l exposure.Look) *result {
	r := &result{look: l, seen: map[endpoint]exposure.Observation{}, services: map[endpoint]exposure.Service{}, again: map[uint16][]exposure.AskedAgain{}, intended: intend(l.Runs)}
	for _, t := range l.Job.Tests {
		r.trials = append(r.trials, trial{Test: t})
	}
	return r
}

func resultOf(l exposure.Look, batches []exposure.Batch) *result {
	r := newResult(l)
	for _, b := range batches {
		r.take(b)
	}
	return r
}

// take adds a batch and returns the ports that it tells of.
func (r *result) take(b exposure.Batch) []endpoint {
	var news []endpoint
	for _, o := range b.Observations {
		if o.Transport == exposure.ICMP {
			r.ping = &o
			continue
		}
		e := endpoint{o.Transport, o.Port}
		r.saw(e, o)
		news = append(news, e)
	}
	for _, a := range b.Alike {
		for _, p := range a.Ports {
			e := endpoint{a.Transport, p}
			r.saw(e, exposure.Observation{
				Address: r.look.Job.Address, Transport: a.Transport, Port: p, State: a.State, Reason: a.Reason, By: a.By, Detail: a.Detail,
				View: exposure.ViewOutside, Attempts: a.Attempts, SeenAt: a.SeenAt,
			})
			news = append(news, e)
		}
	}
	for _, s := range b.Services {
		service := s.Service
		service.Transport, service.Port = s.Transport, s.Port
		r.services[endpoint{s.Transport, s.Port}] = service
	}
	r.tested(b)
	if b.Summary != nil {
		r.summary = b.Summary
	}
	for _, a := range b.Again {
		r.again[a.Port] = append(r.again[a.Port], a)
	}
	if b.Unasked != nil {
		r.unasked, r.hops = b.Unasked, b.Hops
	}
	if b.Ended != "" {
		r.ended = b.Ended
	}
	r.last = max(r.last, b.Number)
	return news
}

// saw takes in what was seen of a port last.
func (r *result) saw(e endpoint, o exposure.Observation) {
	r.seen[e] = o
	if r.look.Job.Watch {
		r.watching.take(o)
	}
}

// asked are the ports in order.
func (r *result) asked() []endpoint { return endpoints(r.look.Job.TCP, r.look.Job.UDP) }

// form is how a state is shown: by a letter and a shape, which the class names.
type form string

// The forms. Silent and refused are both filtered: only the former is stealth.
const (
	formPending form = "pending"
	formOpen    form = "open"
	formClosed  form = "closed"
	formSilent  form = "silent"
	formRefused form = "refused"
	formQuiet   form = "quiet" // open|filtered
	formUnknown form = "unknown"
)

var forms = []form{formOpen, formClosed, formSilent, formRefused, formQuiet, formUnknown, formPending}

func (r *result) form(e endpoint) form {
	o, ok := r.seen[e]
	if !ok {
		return formPending
	}
	return formOf(o.State, o.Reason)
}

// formOf is the form of a state that was found by some evidence.
func formOf(state exposure.State, reason exposure.Reason) form {
	switch {
	case state == exposure.Open:
		return formOpen
	case state == exposure.Closed:
		return formClosed
	case state == exposure.Filtered && reason == exposure.NoResponse:
		return formSilent
	case state == exposure.Filtered:
		return formRefused
	case state == exposure.OpenFiltered:
		return formQuiet
	}
	return formUnknown
}

// outcome is the verdict of one port against what the visitor says to run.
func (r *result) outcome(e endpoint) exposure.Outcome {
	switch r.form(e) {
	case formOpen:
		if r.intended.ports[e] {
			return exposure.Pass
		}
		return exposure.Fail
	case formClosed, formSilent, formRefused:
		for _, n := range r.intended.needs {
			if slices.Contains(n.ports, e) && !r.met(n) {
				return exposure.Fail
			}
		}
		return exposure.Pass
	}
	return exposure.Inconclusive
}

// met reports whether one of the ports of a need is open.
func (r *result) met(n need) bool {
	return slices.ContainsFunc(n.ports, func(e endpoint) bool { return r.form(e) == formOpen })
}

// of are the ports of a form.
func (r *result) of(f form) []endpoint {
	var list []endpoint
	for _, e := range r.asked() {
		if r.form(e) == f {
			list = append(list, e)
		}
	}
	return list
}

// whole is the verdict of all of it: a fail of one port is one; what could not be
// seen is never a pass. UDP that does not answer is told apart and not counted.
func (r *result) whole() exposure.Outcome {
	if len(r.trials) > 0 {
		return r.passed()
	}
	verdict := exposure.Pass
	for _, e := range r.asked() {
		switch r.outcome(e) {
		case exposure.Fail:
			return exposure.Fail
		case exposure.Inconclusive:
			if r.form(e) != formQuiet {
				verdict = exposure.Inconclusive
			}
		}
	}
	return verdict
}

// unmet are the words of what is said to run and not reachable, with its ports
// that were asked.
func (r *result) unmet() []need {
	var list []need
	for _, n := range r.intended.needs {
		asked := n
		asked.ports = slices.DeleteFunc(slices.Clone(n.ports), func(e endpoint) bool { return r.form(e) == formPending })
		if len(asked.ports) > 0 && !r.met(n) {
			list = append(list, asked)
		}
	}
	return list
}

// leg is one of the three of a machine that is silent altogether.
type leg struct {
	ID      string
	Outcome exposure.Outcome
}

// legs are the three: every port silent, no answer to a ping, and nothing that
// nobody asked for. What was not watched for from its begin to its end is never
// passed.
func (r *result) legs() []leg {
	ports := exposure.Pass
	for _, e := range r.asked() {
		switch r.form(e) {
		case formOpen, formClosed, formRefused:
			ports = exposure.Fail
		case formUnknown, formPending:
			if ports == exposure.Pass {
				ports = exposure.Inconclusive
			}
		}
	}
	ping := exposure.Inconclusive
	if r.ping != nil {
		switch {
		case r.ping.State == exposure.Open:
			ping = exposure.Fail
		case r.ping.Reason == exposure.NoResponse:
			ping = exposure.Pass
		}
	}
	return []leg{{"ports", ports}, {"ping", ping}, {"unsolicited", r.calm()}}
}

// calm is whether nothing came that nobody asked for.
func (r *result) calm() exposure.Outcome {
	switch u := r.unasked; {
	case u == nil:
		return exposure.Inconclusive
	case len(u.Came) > 0 || u.More > 0:
		return exposure.Fail
	case u.Watched && r.look.State == exposure.LookDone:
		return exposure.Pass
	}
	return exposure.Inconclusive
}

// quiet is the verdict of the legs together.
func (r *result) quiet() exposure.Outcome {
	verdict := exposure.Pass
	for _, l := range r.legs() {
		if l.Outcome == exposure.Fail {
			return exposure.Fail
		}
		if l.Outcome == exposure.Inconclusive {
			verdict = exposure.Inconclusive
		}
	}
	return verdict
}

// answeredBy are the addresses that answered in place of the target.
func (r *result) answeredBy() []string {
	var list []string
	for _, e := range r.asked() {
		if by := r.seen[e].By; by != "" && by != exposure.Local && !slices.Contains(list, by) {
			list = append(list, by)
		}
	}
	slices.Sort(list)
	return list
}

// port is everything that is known of one port, with what is to be said of it.
func (r *result) port(e endpoint, tag lang.Tag) exposure.Port {
	p := exposure.Port{Transport: e.Transport, Port: e.Port, Name: nameOf(e)}
	if o, ok := r.seen[e]; ok {
		p.Observations = []exposure.Observation{o}
	}
	if s, ok := r.triedService(e); ok {
		p.Services = []exposure.Service{s}
	}
	p.Findings = rules.Judge(p, rules.Context{Now: r.look.Started}, tag)
	return p
}

// nameOf is what the number is usually for, as the catalogue has it.
func nameOf(e endpoint) string {
	s, ok := portspec.Lookup(strings.ToLower(e.Transport.String()), e.Port)
	if !ok {
		return ""
	}
	return s.Name
}
