package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

// watched bounds one stream of events: after it the browser connects again and
// says what it has, so that a proxy which buffers is found out.
const watched = 5 * time.Minute

// alive is how often a stream says something when there is nothing to be said.
const alive = 15 * time.Second

// progress is one event: what the last batches changed.
type progress struct {
	Asked  int            `json:"asked"`
	Seen   int            `json:"seen"`
	Counts map[form]int   `json:"counts"`
	Cells  []progressCell `json:"cells,omitempty"`
	Open   []progressOpen `json:"open,omitempty"`
	Steps  []stepShown    `json:"steps,omitempty"`
	Watch  *watchShown    `json:"watch,omitempty"`
}

// progressCell are ports that are shown alike.
type progressCell struct {
	Transport string            `json:"transport"`
	Ports     exposure.PortList `json:"ports"`
	Form      form              `json:"form"`
	Verdict   exposure.Outcome  `json:"verdict"`
}

// progressOpen is one open port.
type progressOpen struct {
	Port string `json:"port"`
	Name string `json:"name"`
}

// change is the event of some ports.
func (r *result) change(news []endpoint) progress {
	p := progress{Asked: len(r.asked()), Seen: len(r.seen), Counts: map[form]int{}}
	for e := range r.seen {
		p.Counts[r.form(e)]++
	}
	slices.SortFunc(news, endpoint.compare)
	type key struct {
		transport exposure.Transport
		form      form
		verdict   exposure.Outcome
	}
	at := map[key]int{}
	for _, e := range slices.Compact(news) {
		k := key{e.Transport, r.form(e), r.outcome(e)}
		i, known := at[k]
		if !known {
			i = len(p.Cells)
			at[k] = i
			p.Cells = append(p.Cells, progressCell{Transport: e.Transport.String(), Form: k.form, Verdict: k.verdict})
		}
		p.Cells[i].Ports = append(p.Cells[i].Ports, e.Port)
		if k.form == formOpen {
			p.Open = append(p.Open, progressOpen{e.String(), nameOf(e)})
		}
	}
	return p
}

// stream is an open answer of events (WHATWG HTML, section 9.2).
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

func newStream(w http.ResponseWriter) stream {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // nginx would hold the events back
	st := stream{w, http.NewResponseController(w)}
	_ = st.control.SetReadDeadline(time.Time{}) // the request is read; the deadline would end the wait
	w.WriteHeader(http.StatusOK)
	_ = st.control.Flush() // the browser knows that it is heard
	return st
}

// send writes one event, with its number and name where it has them.
func (st stream) send(number int, name string, body any) error {
	_ = st.control.SetWriteDeadline(time.Now().Add(writeTime)) // where there is none, none ends the stream
	text := ": \n\n"
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		text = fmt.Sprintf("id: %d\nevent: %s\ndata: %s\n\n", number, name, b)
	}
	if _, err := st.w.Write([]byte(text)); err != nil {
		return err
	}
	return st.control.Flush()
}

// events are the batches of a look as they come, as what they change.
func (s *Service) events(w http.ResponseWriter, r *http.Request) {
	l, err := s.config.Keep.Look(r.Context(), r.PathValue("id"))
	if err != nil {
		s.failed(w, r, err)
		return
	}
	s.beat(r, l)
	after, _ := strconv.Atoi(r.Header.Get("Last-Event-ID"))
	f, err := s.heard(r.Context(), l.ID)
	if err != nil {
		s.failed(w, r, err)
		return
	}
	say := lang.For(s.spoken(w, r))
	st, told := newStream(w), newResult(l)
	st.told(r.Context(), f, 0, func(list []exposure.Batch) error {
		var changed []endpoint
		var steps []stepShown
		for _, b := range list {
			if found := told.take(b); b.Number > after {
				changed = append(changed, found...)
				steps = append(steps, told.steps(b, say)...)
			}
		}
		if len(changed)+len(steps) == 0 {
			return nil
		}
		p := told.change(changed)
		p.Steps, p.Watch = steps, told.watched(say)
		return st.send(told.last, "progress", p)
	}, func() error { return st.send(told.last, "end", struct{}{}) })
}

// told hands on what comes of a look, after a batch, and then its end. It gives up
// when nobody reads any more, or after a while.
func (st stream) told(ctx context.Context, f *feed, after int, some func([]exposure.Batch) error, ended func() error) {
	end := time.NewTimer(watched)
	defer end.Stop()
	quiet := time.NewTicker(alive)
	defer quiet.Stop()
	for {
		list, over, news := f.since(after)
		if len(list) > 0 {
			if some(list) != nil {
				return
			}
			after = list[len(list)-1].Number
		}
		if over {
			_ = ended() // who reads no more misses nothing
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-end.C:
			return
		case <-quiet.C:
			if st.send(0, "", nil) != nil {
				return
			}
		case <-news:
		}
	}
}

// resultDocument is a look as machines read it.
type resultDocument struct {
	Schema   string                `json:"schema"`
	Kind     string                `json:"kind"`
	State    exposure.LookState    `json:"state"`
	Ended    exposure.JobEnd       `json:"ended,omitempty"`
	Address  string                `json:"address"`
	Started  time.Time             `json:"started_at"`
	Finished time.Time             `json:"finished_at,omitzero"`
	Expires  time.Time             `json:"expires_at"`
	Runs     []string              `json:"runs,omitempty"`
	TCP      exposure.PortList     `json:"tcp,omitempty"`
	UDP      exposure.PortList     `json:"udp,omitempty"`
	Verdict  exposure.Outcome      `json:"verdict"`
	Silent   exposure.Outcome      `json:"fully_silent"`
	Counts   map[string]int        `json:"counts"`
	Alike    []exposure.AlikePorts `json:"alike,omitempty"`
	Ports    []exposure.Port       `json:"ports"`
	Echo     *exposure.Observation `json:"echo,omitempty"`
	Unasked  *exposure.Unasked     `json:"unasked,omitempty"`
	Turns    []turnDocument        `json:"turns,omitempty"` // of a port that was watched
	Tests    []testDocument        `json:"tests,omitempty"`
	Summary  *exposure.ScanSummary `json:"summary,omitempty"`
}

// resultSchema is the name of the document.
const resultSchema = "sekisho/look/1"

// document is the result for machines: closed and silent ports by their ranges,
// the others one by one.
func (r *result) document(tag lang.Tag) resultDocument {
	d := resultDocument{
		Schema: resultSchema, Kind: r.look.Kind, State: r.look.State, Ended: r.ended, Address: r.look.Job.Address.String(),
		Started: r.look.Started.UTC(), Finished: r.look.Finished.UTC(), Expires: r.look.Expires.UTC(), Runs: r.look.Runs, TCP: r.look.Job.TCP, UDP: r.look.Job.UDP,
		Verdict: r.whole(), Silent: r.quiet(), Counts: map[string]int{}, Ports: []exposure.Port{}, Echo: r.ping, Unasked: r.unasked, Summary: r.summary, Turns: r.turns(), Tests: r.testDocuments(tag),
	}
	if !over(r.look.State) {
		d.Finished = time.Time{}
	}
	for _, e := range r.asked() {
		f := r.form(e)
		d.Counts[string(f)]++
		o, seen := r.seen[e]
		if !seen {
			continue
		}
		if f == formOpen || f == formUnknown {
			d.Ports = append(d.Ports, r.port(e, tag))
			continue
		}
		i := slices.IndexFunc(d.Alike, func(a exposure.AlikePorts) bool {
			return a.Transport == o.Transport && a.State == o.State && a.Reason == o.Reason && a.By == o.By && a.Detail == o.Detail
		})
		if i < 0 {
			i = len(d.Alike)
			d.Alike = append(d.Alike, exposure.AlikePorts{Transport: o.Transport, State: o.State, Reason: o.Reason, By: o.By, Detail: o.Detail})
		}
		a := &d.Alike[i]
		a.Ports = append(a.Ports, o.Port)
		a.Attempts = max(a.Attempts, o.Attempts)
		if o.SeenAt.After(a.SeenAt) {
			a.SeenAt = o.SeenAt
		}
	}
	return d
}
