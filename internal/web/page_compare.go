package web

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"sekisho/internal/diff"
	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

// compared is the page of two looks side by side.
type compared struct {
	Sides       []comparedSide // none until two are named
	Written     []string       // links as the visitor wrote them
	Wrong       string
	Differences []string // in words
	More        int      // differences beyond those
	Families    bool     // one is of IPv4, the other of IPv6
	SameAddress bool
	Same        []sameForm
	OnlyA       string // ports that only one of them looked at
	OnlyB       string
	Untold      string // ports of which one of them could not tell
}

// comparedSide is one of the two.
type comparedSide struct {
	Name    string // A or B
	Look    exposure.Look
	Address string
	Verdict exposure.Outcome
	Partial bool
	Open    string
}

// sameForm are ports that are alike in both.
type sameForm struct {
	Form  form
	Ports string
}

// mostLink bounds the link of a result as somebody writes it.
const mostLink = 300

// mostDifferences bounds the sentences of one page.
const mostDifferences = 300

// linked is the id in a link to a result, or the word itself.
func linked(word string) string {
	word = strings.TrimSpace(word)
	if _, behind, ok := strings.Cut(word, "/look/"); ok {
		word = behind
	}
	if i := strings.IndexAny(word, "/?#"); i >= 0 {
		word = word[:i]
	}
	return word
}

// compare shows in what two looks differ. Whoever knows both links may see both.
func (s *Service) compare(w http.ResponseWriter, r *http.Request) {
	tag := s.spoken(w, r)
	say := lang.For(tag)
	var page compared
	var ids []string
	for _, word := range r.URL.Query()["look"] {
		if word = strings.TrimSpace(word); word == "" || len(ids) > 2 {
			continue
		}
		word = word[:min(len(word), mostLink)]
		page.Written = append(page.Written, written(word))
		ids = append(ids, linked(word))
	}
	status := http.StatusOK
	again := func(code int, wrong string) {
		status, page.Wrong = code, wrong
	}
	switch {
	case len(ids) < 2: // the other one is asked for
	case len(ids) != 2:
		again(http.StatusBadRequest, say.Say("web.compare-two"))
	case ids[0] == ids[1]:
		again(http.StatusBadRequest, say.Say("web.compare-same"))
	default:
		both := make([]*result, len(ids))
		for i, id := range ids {
			found, err := s.foundBy(r.Context(), id)
			if err != nil {
				code, text := s.explained(say, err)
				if code == http.StatusNotFound {
					text = say.Say("web.compare-gone", "Link", page.Written[i])
				}
				again(code, text)
				break
			}
			both[i] = found
		}
		if page.Wrong == "" {
			slices.SortStableFunc(both, func(a, b *result) int { return a.look.Started.Compare(b.look.Started) })
			page.fill(both[0], both[1], tag)
		}
	}
	for len(page.Written) < 2 {
		page.Written = append(page.Written, "")
	}
	w.Header().Set("X-Robots-Tag", "noindex")
	s.show(w, r, status, "compare", "", page, false)
}

// foundBy is a look and what came of it.
func (s *Service) foundBy(ctx context.Context, id string) (*result, error) {
	l, err := s.config.Keep.Look(ctx, id)
	if err != nil {
		return nil, err
	}
	f, err := s.heard(ctx, l.ID)
	if err != nil {
		return nil, err
	}
	list, _, _ := f.since(0)
	return resultOf(l, list), nil
}

func sideOf(name string, r *result) comparedSide {
	return comparedSide{
		Name: name, Look: r.look, Address: r.look.Job.Address.String(), Verdict: r.whole(), Partial: r.look.State != exposure.LookDone, Open: r.ranges(r.of(formOpen)),
	}
}

// fill says in what two looks differ, the older one first.
func (c *compared) fill(a, b *result, tag lang.Tag) {
	c.Sides = []comparedSide{sideOf("A", a), sideOf("B", b)}
	c.SameAddress = a.look.Job.Address == b.look.Job.Address
	c.Families = a.look.Job.Address.Is6() != b.look.Job.Address.Is6()
	older, newer := a.comparable(tag), b.comparable(tag)
	differences, _ := diff.Compare(older, newer)
	c.Differences = sentences(differences, a, b, tag)
	if c.More = len(c.Differences) - mostDifferences; c.More > 0 {
		c.Differences = c.Differences[:mostDifferences]
	}
	asked := map[endpoint]int{}
	for _, e := range a.asked() {
		asked[e]++
	}
	for _, e := range b.asked() {
		asked[e] += 2
	}
	var onlyA, onlyB, untold []endpoint
	same := map[form][]endpoint{}
	for e, who := range asked {
		fa, fb := a.form(e), b.form(e)
		unknown := func(f form) bool { return f == formUnknown || f == formPending }
		switch {
		case who == 1:
			onlyA = append(onlyA, e)
		case who == 2:
			onlyB = append(onlyB, e)
		case unknown(fa) || unknown(fb):
			untold = append(untold, e)
		case fa == fb:
			same[fa] = append(same[fa], e)
		}
	}
	for _, f := range forms {
		if list := same[f]; len(list) > 0 {
			c.Same = append(c.Same, sameForm{f, a.ranges(sortedEndpoints(list))})
		}
	}
	c.OnlyA, c.OnlyB, c.Untold = a.ranges(sortedEndpoints(onlyA)), a.ranges(sortedEndpoints(onlyB)), a.ranges(sortedEndpoints(untold))
}

func sortedEndpoints(list []endpoint) []endpoint {
	slices.SortFunc(list, endpoint.compare)
	return list
}

// comparable is a look as a report to be compared: the address and the view are no
// part of it, since it is that of the visitor wherever they were.
func (r *result) comparable(tag lang.Tag) exposure.Report {
	rep := exposure.Report{Schema: exposure.ReportSchema, Version: "look"}
	host := exposure.Host{Name: "visitor"}
	var told exposure.Job
	add := func(p exposure.Port) {
		for i := range p.Observations {
			p.Observations[i] = exposure.Observation{
				Transport: p.Transport, Port: p.Port, State: p.Observations[i].State, Reason: p.Observations[i].Reason, View: exposure.ViewOutside,
			}
		}
		host.Ports = append(host.Ports, p)
	}
	for _, e := range r.asked() {
		o, seen := r.seen[e]
		if !seen {
			continue
		}
		if e.Transport == exposure.UDP {
			told.UDP = append(told.UDP, e.Port)
		} else {
			told.TCP = append(told.TCP, e.Port)
		}
		if o.State == exposure.Open {
			add(r.port(e, tag))
			continue
		}
		add(exposure.Port{Transport: e.Transport, Port: e.Port, Name: nameOf(e), Observations: []exposure.Observation{o}})
	}
	if r.ping != nil {
		add(exposure.Port{Transport: exposure.ICMP, Observations: []exposure.Observation{*r.ping}})
	}
	rep.Hosts, rep.Asked = []exposure.Host{host}, askedOf(told)
	return rep
}

// sentences are differences in words: first what is open in one of them only, then
// what answers, and at last ports that nobody gets in by either way, those that are
// alike in one.
func sentences(list []exposure.Difference, a, b *result, tag lang.Tag) []string {
	say := lang.For(tag)
	var open, other, quiet []string
	type change struct{ a, b form }
	alike := map[change][]endpoint{}
	var order []change
	for _, d := range list {
		e := endpoint{d.Transport, d.Port}
		where := e.String()
		if d.Name != "" {
			where += " " + d.Name
		}
		switch d.Kind {
		case exposure.DiffState:
			fa, fb := a.form(e), b.form(e)
			wordA, wordB := say.Say("web.form-"+string(fa)), say.Say("web.form-"+string(fb))
			switch {
			case d.Transport == exposure.ICMP:
				if text := pings(d, say); text != "" {
					quiet = append(quiet, text)
				}
			case fa == formPending || fb == formPending:
			case fb == formOpen:
				open = append(open, say.Say("web.compare-open-b", "Port", where, "A", wordA))
			case fa == formOpen:
				open = append(open, say.Say("web.compare-open-a", "Port", where, "B", wordB))
			default:
				c := change{fa, fb}
				if alike[c] == nil {
					order = append(order, c)
				}
				alike[c] = append(alike[c], e)
			}
		case exposure.DiffService:
			other = append(other, say.Say("web.compare-service", "Port", where, "A", d.Old, "B", d.New))
		case exposure.DiffVersion:
			other = append(other, say.Say("web.compare-version", "Port", where, "A", d.Old, "B", d.New))
		case exposure.DiffCertificate:
			other = append(other, say.Say("web.compare-certificate", "Port", where))
		case exposure.DiffFinding:
			switch {
			case a.form(e) != b.form(e): // the state says it already
			case d.Old == "":
				other = append(other, say.Say("web.compare-finding-b", "Port", where, "Finding", found(b, e, d.Rule, tag)))
			case d.New == "":
				other = append(other, say.Say("web.compare-finding-a", "Port", where, "Finding", found(a, e, d.Rule, tag)))
			}
		}
	}
	for _, c := range order {
		ports, wordA, wordB := a.ranges(sortedEndpoints(alike[c])), say.Say("web.form-"+string(c.a)), say.Say("web.form-"+string(c.b))
		if c.a == formQuiet || c.b == formQuiet {
			quiet = append(quiet, say.Say("web.compare-quiet", "Port", ports, "A", wordA, "B", wordB))
			continue
		}
		quiet = append(quiet, say.Say("web.compare-state", "Port", ports, "A", wordA, "B", wordB))
	}
	return slices.Concat(open, other, quiet)
}

// pings says in which look a ping was answered, where that was so in one of them.
func pings(d exposure.Difference, say *lang.Printer) string {
	switch {
	case d.Added:
		return say.Say("web.compare-ping-b")
	case d.Old == exposure.Open.String():
		return say.Say("web.compare-ping-a")
	}
	return ""
}

// found is what a finding of a port means.
func found(r *result, e endpoint, rule string, tag lang.Tag) string {
	for _, f := range r.port(e, tag).Findings {
		if f.Rule == rule {
			return f.Meaning
		}
	}
	return rule
}
