package output

import (
	"slices"

	"sekisho/internal/exposure"
)

// lastLine says the verdict of the whole report. Where -p named the ports, it
// speaks of those only.
func (p *page) lastLine(r exposure.Report) string {
	mend := mendable(collect(r))
	if s := r.Summary; s.Pass+s.Fail+s.Inconclusive > 0 {
		return p.say.Say("report.last-policy", "Pass", s.Pass, "Fail", s.Fail, "Inconclusive", s.Inconclusive, "Mend", mend)
	}
	switch {
	case blind(r) && len(r.Hosts) == 1:
		return p.say.Say("report.last-blind", "Host", hostName(r.Hosts[0]))
	case blind(r):
		return p.say.Say("report.last-blind-hosts", "Hosts", len(r.Hosts))
	}
	c := count(r)
	asked := shortened(harmless(r.Asked), quoteWidth)
	switch one := len(r.Hosts) == 1; {
	case one && r.Hosts[0].Own() && c.views[exposure.ViewOutside]:
		if asked != "" {
			return p.say.Say("report.last-outside-asked", "Asked", asked, "Count", c.outside, "Mend", mend)
		}
		return p.say.Say("report.last-outside", "Count", c.outside, "Mend", mend)
	case one && r.Hosts[0].Own():
		if asked != "" {
			return p.say.Say("report.last-asked", "Asked", asked, "Count", c.exposed, "Mend", mend)
		}
		return p.say.Say("report.last", "Count", c.exposed, "Mend", mend)
	case one:
		host, view := hostName(r.Hosts[0]), p.viewed(c.views)
		if asked != "" {
			return p.say.Say("report.last-host-asked", "Asked", asked, "Count", c.open, "Host", host, "View", view, "Mend", mend)
		}
		return p.say.Say("report.last-host", "Count", c.open, "Host", host, "View", view, "Mend", mend)
	case asked != "":
		return p.say.Say("report.last-hosts-asked", "Asked", asked, "Count", c.open, "Hosts", len(r.Hosts), "Mend", mend)
	}
	return p.say.Say("report.last-hosts", "Count", c.open, "Hosts", len(r.Hosts), "Mend", mend)
}

// counted is what the last line counts: ports, to which an ICMP echo does not
// belong, and the views that learned something.
type counted struct {
	exposed, open, outside int
	views                  map[exposure.View]bool
}

func count(r exposure.Report) counted {
	c := counted{views: map[exposure.View]bool{}}
	for _, h := range r.Hosts {
		for _, port := range h.Ports {
			outside := false
			for _, o := range port.Observations {
				if o.State != exposure.Unknown {
					c.views[o.View] = true
				}
				outside = outside || o.View == exposure.ViewOutside && o.State == exposure.Open
			}
			if port.Transport == exposure.ICMP {
				continue
			}
			if port.Exposed() {
				c.exposed++
			}
			if state(port) == exposure.Open {
				c.open++
			}
			if outside {
				c.outside++
			}
		}
	}
	return c
}

// viewed names the view that looked. Without any answer nobody can say which
// one it would have been.
func (p *page) viewed(views map[exposure.View]bool) string {
	if len(views) > 1 {
		return p.say.Say("view.several")
	}
	for v := range views {
		return p.view(v)
	}
	return p.say.Say("view.here")
}

func (p *page) view(v exposure.View) string { return p.say.Say("view." + string(v)) }

// settled is how many ports of a scan ended in a state that says something.
func settled(s exposure.ScanSummary) int { return s.Open + s.Closed + s.Filtered + s.OpenFiltered }

// unlooked is how many ports of a scan that ended early have no state at all.
func unlooked(s exposure.ScanSummary) int { return max(0, s.Ports-settled(s)-s.Unknown) }

// blind reports whether nothing that was asked could be looked at: a report
// that then counts no open port would tell something that nobody knows. What
// is bound on this machine is known without asking.
func blind(r exposure.Report) bool {
	asked := false
	for _, h := range r.Hosts {
		for _, port := range h.Ports {
			if len(port.Listeners) > 0 || state(port) != exposure.Unknown {
				return false
			}
			asked = asked || len(port.Observations) > 0
		}
	}
	if r.Scan != nil {
		return r.Scan.Ports > 0 && settled(*r.Scan) == 0
	}
	return asked
}

// unreached says why nothing of a host could be looked at, if that is so. A
// report that holds some of the observations only knows it when the scan as a
// whole learned nothing.
func (p *page) unreached(r exposure.Report, h exposure.Host) {
	if r.Scan != nil && settled(*r.Scan) > 0 && kept(r) < r.Scan.Ports {
		return
	}
	if !blind(exposure.Report{Hosts: []exposure.Host{h}}) {
		return
	}
	var reasons []string
	for _, port := range h.Ports {
		for _, o := range port.Observations {
			if len(reasons) < rangesShown {
				reasons = appendNew(reasons, p.why(o))
			}
		}
	}
	p.gap()
	p.paragraph("", yellow, p.say.Say("report.blind", "Reasons", reasons))
}

func kept(r exposure.Report) int {
	n := 0
	for _, h := range r.Hosts {
		for _, port := range h.Ports {
			n += len(port.Observations)
		}
	}
	return n
}

// why says in words what kept an observation from learning anything.
func (p *page) why(o exposure.Observation) string {
	switch {
	case o.Reason == exposure.HostUnreach && o.By == exposure.Local:
		return p.say.Say("why.neighbour")
	case o.Reason == exposure.NetUnreach && o.By == exposure.Local:
		return p.say.Say("why.no-route")
	case o.Detail != "":
		return o.Detail
	case o.By != "" && o.By != exposure.Local:
		return p.say.Say("scan.reason-by", "Reason", o.Reason, "By", o.By)
	}
	return string(o.Reason)
}

// unshown counts what has no row. A report need not hold what is neither open
// nor anybody's, so the numbers are those of the scan where it has them.
func (p *page) unshown(r exposure.Report) {
	if p.Show == ShowAll {
		return
	}
	counts, addresses := map[exposure.State]int{}, 0
	for _, h := range r.Hosts {
		addresses += len(h.Addresses)
		for _, port := range h.Ports {
			row := p.Show.showsPort(port)
			for _, o := range port.Observations {
				switch {
				case r.Scan != nil && (row || o.Transport == exposure.ICMP):
					counts[o.State]--
				case r.Scan == nil && !row && o.Transport != exposure.ICMP:
					counts[o.State]++
				}
			}
		}
	}
	if r.Scan != nil {
		addresses = r.Scan.Hosts
		counts[exposure.Closed] += r.Scan.Closed
		counts[exposure.Filtered] += r.Scan.Filtered
		counts[exposure.OpenFiltered] += r.Scan.OpenFiltered
	}
	var states []string
	for _, s := range []exposure.State{exposure.Closed, exposure.Filtered, exposure.OpenFiltered} {
		if counts[s] > 0 {
			states = append(states, p.say.Say("report.hidden-state", "Count", counts[s], "State", p.state(s)))
		}
	}
	if len(states) == 0 {
		return
	}
	p.gap()
	if addresses > 1 {
		p.paragraph("", dim, p.say.Say("report.hidden-together", "States", states, "Count", addresses))
		return
	}
	p.paragraph("", dim, p.say.Say("report.hidden", "States", states))
}

// echoes is how many observations of a report are ICMP echoes, which are no
// ports.
func echoes(r exposure.Report) int {
	n := 0
	for _, h := range r.Hosts {
		for _, port := range h.Ports {
			if port.Transport == exposure.ICMP {
				n += len(port.Observations)
			}
		}
	}
	return n
}

// mendable counts the headings that ask for something to be done, as a reader
// does: one thing on several ports is one.
func mendable(matters []*matter) int {
	mend := slices.IndexFunc(matters, func(m *matter) bool { return m.Severity == exposure.Info })
	if mend < 0 {
		return len(matters)
	}
	return mend
}
