package scan

import "time"

// progressEvery is how often the progress is told.
const progressEvery = 250 * time.Millisecond

// meter measures the rate of sending between two tellings.
type meter struct {
	began time.Time
	at    time.Time
	sent  int64
	rate  float64
}

// tell works out how far the scan is.
func (n *run) tell(lanes []runner, now time.Time) {
	if n.request.Progress == nil {
		return
	}
	s := &n.summary
	p := Progress{Total: n.total, Done: s.Open + s.Closed + s.Filtered + s.OpenFiltered + s.Unknown}
	todo := 0.0
	for _, l := range n.ended {
		p.Sent += l.sent()
	}
	ports := 0
	for _, l := range lanes {
		p.Sent += l.sent()
		todo += float64(l.left())
		ports += l.size()
	}
	for _, l := range n.ended {
		ports += l.size()
	}
	// Later waves have been asked nothing yet.
	todo += float64(fewestTries * max(n.total-ports, 0))
	p.Share = float64(p.Sent) / max(float64(p.Sent)+todo, 1)
	p.Rate = n.meter.measure(p.Sent, now)
	if p.Rate > 0 {
		p.Left = time.Duration(todo / p.Rate * float64(time.Second))
	}
	if opening := n.openingTime(lanes, now); opening > 0 {
		p.Left = opening // at times nothing is sent for it
	}
	if wait := waits(lanes); wait > 0 {
		// What a limit delays takes its time, whatever is sent meanwhile.
		p.Left = wait
		p.Share = float64(now.Sub(n.meter.began)) / float64(now.Sub(n.meter.began)+wait)
	}
	n.request.Progress(p)
}

// measure smooths the rate, since a scan sends in strokes.
func (m *meter) measure(sent int64, now time.Time) float64 {
	if !m.at.IsZero() && now.After(m.at) {
		rate := float64(sent-m.sent) / now.Sub(m.at).Seconds()
		if m.rate == 0 {
			m.rate = rate
		}
		m.rate += (rate - m.rate) / 4
	}
	if m.began.IsZero() {
		m.began = now
	}
	m.at, m.sent = now, sent
	return m.rate
}

// openingTime is how long it takes until the last connection may be opened,
// where they are counted.
func (n *run) openingTime(lanes []runner, now time.Time) time.Duration {
	var open int64
	for _, l := range lanes {
		open += l.unopened()
	}
	if open == 0 {
		return 0
	}
	return n.engine.flows.due(now, int(open)).Sub(now)
}
