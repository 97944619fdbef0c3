package web

import (
	"html"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

// row is 32 ports of the grid.
type row struct {
	First, Last uint16
	Cells       template.HTML
}

// mostCell is about how many bytes a port of the grid takes.
const mostCell = 240

// gridNames are the ports of the grid and what their numbers are usually for, as a
// page writes them: each of its thousand is looked up once, and not in every page.
var gridNames = sync.OnceValue(func() map[uint16]string {
	names := map[uint16]string{}
	for _, p := range listed("@grid", false) {
		names[p] = html.EscapeString(strings.TrimSpace(strconv.Itoa(int(p)) + " " + nameOf(endpoint{exposure.TCP, p})))
	}
	return names
})

// cells are the ports of a row as the page shows them. They are written here, since
// a template spends 13 ms on the thousand of them where this spends one.
func (r *result) cells(ports []uint16, letters, words map[form]string) template.HTML {
	var b strings.Builder
	b.Grow(len(ports) * mostCell)
	names := gridNames()
	for _, p := range ports {
		e := endpoint{exposure.TCP, p}
		f, number := r.form(e), strconv.Itoa(int(p))
		word, letter := words[f], letters[f]
		for _, part := range [...]string{
			`<a class="c `, string(f), " ", string(r.outcome(e)), `" id="p`, number, `" href="/book?q=`, number, `/tcp" tabindex="-1" title="`,
			names[p], ": ", word, `" aria-label="`, names[p], ": ", word, `">`, letter, `</a>`,
		} {
			b.WriteString(part)
		}
	}
	return template.HTML(b.String()) //nolint:gosec // what comes from elsewhere is escaped
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
	Unproven  string // ports that are unknown, since nothing proves that the vantage sends there
	Unsure    string // silent ones of which the same is true
	Forum     string
	Quiet     int
	Everybody bool // every port that was asked is open
	Runs      []string
	Unasked   []string // what came that nobody had asked for
	Unwatched string   // why that could not be watched
	Pair      *pair
	Devices   []string // from how far away the answers came
	Offered   bool     // a page asks for such a look
	Trials    []trialShown
	Watch     *watchShown
	Control   uint16 // the port of FTP of which the look saw the control connection only
}

// unproven are the ports of a form to which nothing proves that the vantage can send.
func (r *result) unproven(f form) string {
	return r.ranges(slices.DeleteFunc(r.of(f), func(e endpoint) bool { return r.seen[e].Detail != exposure.EgressUnproven }))
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
		Names: found.names(), Ended: found.ended,
	}
	v.Devices = devices(found, say)
	v.Pair = s.paired(r, found, say)
	v.Unasked = unaskedWords(found.unasked, say)
	if found.unasked != nil {
		v.Unwatched = clean(found.unasked.Unseen)
	}
	if !v.Running {
		v.Forum = found.forum(say)
	}
	_, v.Offered = kindOf(l.Kind)
	v.Trials, v.Control = found.tried(say), found.controlOnly()
	v.Watch = found.watched(say)
	v.TCP = v.TCP && len(v.Trials) == 0 && v.Watch == nil  // silence is not what a test is for
	words, letters := map[form]string{}, map[form]string{} // escaped, for the grid
	for _, f := range forms {
		v.Letters[f] = say.Say("web.letter-" + string(f))
		letters[f], words[f] = html.EscapeString(v.Letters[f]), html.EscapeString(say.Say("web.form-"+string(f)))
		if list := found.of(f); len(list) > 0 {
			v.Counts = append(v.Counts, counted{f, len(list), found.ranges(list)})
		}
	}
	v.Unproven, v.Unsure = found.unproven(formUnknown), found.unproven(formSilent)
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
			v.Grid = append(v.Grid, row{ports[0], ports[len(ports)-1], found.cells(ports, letters, words)})
		}
	}
	w.Header().Set("X-Robots-Tag", "noindex")
	s.show(w, r, http.StatusOK, "look", say.Say("web.kind-"+l.Kind), v, v.Running)
}

// unaskedWords names what came without having been asked for.
func unaskedWords(u *exposure.Unasked, say *lang.Printer) []string {
	if u == nil {
		return nil
	}
	var list []string
	for _, p := range u.Came {
		at := func(t exposure.Transport) string {
			e := endpoint{t, p.Port}
			return strings.TrimSpace(e.String() + " " + nameOf(e))
		}
		switch p.Kind {
		case exposure.UnaskedConnection:
			list = append(list, say.Say("web.unasked-connection", "Port", at(exposure.TCP), "From", int(p.From)))
		case exposure.UnaskedSegment:
			list = append(list, say.Say("web.unasked-segment", "Port", at(exposure.TCP), "From", int(p.From)))
		case exposure.UnaskedDatagram:
			list = append(list, say.Say("web.unasked-datagram", "Port", at(exposure.UDP), "From", int(p.From)))
		case exposure.UnaskedEcho:
			list = append(list, say.Say("web.unasked-echo"))
		case exposure.UnaskedError:
			list = append(list, say.Say("web.unasked-error"))
		default:
			list = append(list, say.Say("web.unasked-message"))
		}
	}
	if u.More > 0 {
		list = append(list, say.Say("web.unasked-more", "Packets", u.More))
	}
	return list
}
