package web

import (
	"context"
	"net/http"
	"slices"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

// counterparts are the kinds of look that are shown beside each other: what was
// open for the first may be silent for the second.
var counterparts = map[string]string{"quick": "syn", "syn": "quick"}

// pairWithin is how far two looks may lie apart to be a pair.
const pairWithin = 24 * time.Hour

// counterpart is the look of the other kind at the same address by the same owner
// that was done nearest to a time; ErrLookGone when there is none.
func (s *Service) counterpart(ctx context.Context, l exposure.Look) (*result, error) {
	other, paired := counterparts[l.Kind]
	if !paired {
		return nil, exposure.ErrLookGone
	}
	list, err := s.config.Keep.OwnedLooks(ctx, l.Owner, l.Started.Add(pairWithin), mostResults)
	if err != nil {
		return nil, err
	}
	apart := func(o exposure.Look) time.Duration { return o.Started.Sub(l.Started).Abs() }
	list = slices.DeleteFunc(list, func(o exposure.Look) bool {
		return o.Kind != other || o.State != exposure.LookDone || o.Job.Address != l.Job.Address || apart(o) > pairWithin
	})
	if len(list) == 0 {
		return nil, exposure.ErrLookGone
	}
	nearest := slices.MinFunc(list, func(a, b exposure.Look) int { return int(apart(a) - apart(b)) })
	return s.foundBy(ctx, nearest.ID)
}

// before is what the counterpart of a look that is to begin saw of its ports.
func (s *Service) before(ctx context.Context, l exposure.Look, tcp exposure.PortList) []exposure.AlikePorts {
	other, err := s.counterpart(ctx, l)
	if err != nil {
		return nil // it goes without
	}
	var list []exposure.AlikePorts
	for _, p := range tcp {
		o, seen := other.seen[endpoint{exposure.TCP, p}]
		if !seen {
			continue
		}
		i := slices.IndexFunc(list, func(a exposure.AlikePorts) bool { return a.State == o.State && a.Reason == o.Reason })
		if i < 0 {
			i = len(list)
			list = append(list, exposure.AlikePorts{Transport: exposure.TCP, State: o.State, Reason: o.Reason, SeenAt: o.SeenAt})
		}
		list[i].Ports = append(list[i].Ports, p)
	}
	return list
}

// pair is a look beside its counterpart, the earlier one first.
type pair struct {
	Other  string // the kind that there is none of yet; empty for a pair
	First  exposure.Look
	Second exposure.Look
	Same   int // ports that both saw alike
	Rows   []pairRow
}

// pairRow is one port on which the two differ, in words.
type pairRow struct {
	Port, First, Second string
	Again               []string // what came of asking again
	Why                 string
}

// paired puts a look beside its counterpart: for its owner, since who has the link
// of one has not that of the other.
func (s *Service) paired(r *http.Request, found *result, say *lang.Printer) *pair {
	other, is := counterparts[found.look.Kind]
	if !is || !mine(r, found.look) || !over(found.look.State) {
		return nil
	}
	with, err := s.counterpart(r.Context(), found.look)
	if err != nil {
		return &pair{Other: other}
	}
	first, second := found, with
	if with.look.Started.Before(found.look.Started) {
		first, second = with, found
	}
	p := &pair{First: first.look, Second: second.look}
	for _, e := range second.asked() {
		was, sawFirst := first.seen[e]
		is, sawSecond := second.seen[e]
		if !sawFirst || !sawSecond || e.Transport != exposure.TCP {
			continue
		}
		if was.State == is.State {
			p.Same++
			continue
		}
		row := pairRow{Port: e.String(), First: say.Say("web.form-" + string(first.form(e))), Second: say.Say("web.form-" + string(second.form(e)))}
		if name := nameOf(e); name != "" {
			row.Port += " " + name
		}
		var again []exposure.AskedAgain
		if first.asWas(second.look.Job.Before, e) {
			again = second.again[e.Port]
		}
		for _, a := range again {
			row.Again = append(row.Again, say.Say("web.again-"+a.Method, "State", say.Say("web.form-"+string(formOf(a.State, a.Reason)))))
		}
		row.Why = say.Say("web.differ-" + explain(was.State, is.State, again))
		p.Rows = append(p.Rows, row)
	}
	return p
}

// asWas reports whether a port had been seen by this look as a later one was told:
// else that asked again because of another look.
func (r *result) asWas(before []exposure.AlikePorts, e endpoint) bool {
	return slices.ContainsFunc(before, func(a exposure.AlikePorts) bool {
		return a.Transport == e.Transport && a.Ports.Has(e.Port) && a.State == r.seen[e].State
	})
}

// explain says why a port was in one state for the first look and in another for
// the second, by what came of asking again.
func explain(first, second exposure.State, again []exposure.AskedAgain) string {
	if first == exposure.Unknown || second == exposure.Unknown {
		return "unknown" // the vantage's own failure, which asking again tells nothing of
	}
	known := slices.DeleteFunc(slices.Clone(again), func(a exposure.AskedAgain) bool { return a.State == exposure.Unknown })
	if len(known) == 0 {
		return "unasked"
	}
	now := known[0].State
	alike := !slices.ContainsFunc(known, func(a exposure.AskedAgain) bool { return a.State != now })
	switch {
	case !alike:
		return "method"
	case now == first:
		return "passing"
	case now != second:
		return "wavering"
	case first == exposure.Open && second == exposure.Filtered:
		return "shut-out"
	case first == exposure.Open:
		return "ended"
	case second == exposure.Open:
		return "opened"
	case second == exposure.Filtered:
		return "hushed"
	}
	return "changed"
}
