package policy

import (
	"cmp"
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/portspec"
)

// Judge returns the report with a verdict for every expectation that the policy
// has of its hosts, and counts them. Verdicts that the report had are replaced.
func (p *Policy) Judge(r exposure.Report, c Context, tag lang.Tag) exposure.Report {
	r.Hosts = slices.Clone(r.Hosts)
	r.Policy = p.file
	r.Summary.Pass, r.Summary.Fail, r.Summary.Inconclusive = 0, 0, 0
	for i := range r.Hosts {
		j := judgement{Context: c, host: r.Hosts[i], tag: tag, ports: map[portKey]exposure.Port{}}
		for _, port := range j.host.Ports {
			port.Verdicts = nil
			j.ports[portKey{port.Transport, port.Port}] = port
		}
		plan := p.plan(j.host)
		for _, z := range zones {
			j.zone(plan.zones[z])
		}
		r.Hosts[i].Ports, r.Hosts[i].Verdicts = j.sorted(), j.groups
	}
	r.Outgoing = p.letOut(r.Outgoing, tag)
	for v := range Verdicts(r) {
		switch v.Verdict {
		case exposure.Pass:
			r.Summary.Pass++
		case exposure.Fail:
			r.Summary.Fail++
		default:
			r.Summary.Inconclusive++
		}
	}
	return r
}

// Verdicts yields every verdict of a report.
func Verdicts(r exposure.Report) func(yield func(exposure.Verdict) bool) {
	return func(yield func(exposure.Verdict) bool) {
		of := func(ports []exposure.Port) bool {
			for _, p := range ports {
				for _, v := range p.Verdicts {
					if !yield(v) {
						return false
					}
				}
			}
			return true
		}
		for _, h := range r.Hosts {
			if !of(h.Ports) {
				return
			}
			for _, g := range h.Verdicts {
				if !yield(g.Verdict) {
					return
				}
			}
		}
		of(r.Outgoing)
	}
}

// judgement is the judging of one host.
type judgement struct {
	Context
	host   exposure.Host
	tag    lang.Tag
	ports  map[portKey]exposure.Port
	groups []exposure.GroupVerdict
}

// sorted are the ports in the order of a report, those that nobody knew
// anything of among them where a verdict speaks of them.
func (j *judgement) sorted() []exposure.Port {
	list := make([]exposure.Port, 0, len(j.ports))
	for _, p := range j.ports {
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b exposure.Port) int {
		return cmp.Or(cmp.Compare(a.Port, b.Port), cmp.Compare(a.Transport, b.Transport))
	})
	return list
}

// port is what the report knows of a port, a bare one when it knows nothing.
func (j *judgement) port(key portKey) exposure.Port {
	if p, known := j.ports[key]; known {
		return p
	}
	service, _ := portspec.Lookup(key.transport.String(), key.port)
	return exposure.Port{Transport: key.transport, Port: key.port, Name: service.Name, Observations: []exposure.Observation{}}
}

// zone judges everything that is expected in one zone.
func (j *judgement) zone(z *zonePlan) {
	for _, e := range z.kept() {
		if !e.ranged() {
			e.each(func(t exposure.Transport, n uint16) { j.single(z.zone, portKey{t, n}, e) })
			continue
		}
		for _, t := range []exposure.Transport{exposure.TCP, exposure.UDP} {
			if ports := e.ports(t); len(ports) > 0 {
				j.group(z.zone, group{transport: t, ports: ports, label: ranges(ports), entry: e, all: true})
			}
		}
	}
	if z.rest == nil || z.rest.expect == exposure.ExpectAny {
		return
	}
	rest := &entry{expect: z.rest.expect, from: z.rest.from}
	var tcp, udp []uint16
	for n := 1; n <= 65535; n++ {
		if z.at[portKey{exposure.TCP, uint16(n)}] == nil {
			tcp = append(tcp, uint16(n))
		}
	}
	for key := range j.ports {
		if key.transport == exposure.UDP && z.at[key] == nil {
			udp = append(udp, key.port)
		}
	}
	slices.Sort(udp)
	j.group(z.zone, group{transport: exposure.TCP, ports: tcp, label: restLabel, entry: rest, all: true})
	// Nobody can ask every UDP port, and most are silent whatever they are: of the
	// rest of them only what was seen open counts.
	j.group(z.zone, group{transport: exposure.UDP, ports: udp, label: restLabel, entry: rest})
}

// restLabel stands for the ports of the rest.
const restLabel = "rest"

// ruled is the ruling of one port.
func (j *judgement) ruled(zone exposure.Zone, port exposure.Port, e *entry) ruling {
	s := newSight(j.host, zone, port)
	r := s.judge(e.expect)
	open := slices.ContainsFunc(s.seen, func(o exposure.Observation) bool { return o.State == exposure.Open })
	if e.needs.any() && open {
		s.fulfil(e.needs, &r, j.Context)
	}
	return r
}

// single judges one port and puts the verdict to it.
func (j *judgement) single(zone exposure.Zone, key portKey, e *entry) {
	if e.expect == exposure.ExpectAny && !e.needs.any() {
		return
	}
	port := j.port(key)
	j.put(key, port, zone, e, j.ruled(zone, port, e))
}

func (j *judgement) put(key portKey, port exposure.Port, zone exposure.Zone, e *entry, r ruling) {
	port.Verdicts = append(slices.Clone(port.Verdicts), j.verdict(zone, e, r))
	j.ports[key] = port
}

func (j *judgement) verdict(zone exposure.Zone, e *entry, r ruling) exposure.Verdict {
	return exposure.Verdict{
		Zone: zone, Expectation: e.expect, Verdict: r.outcome, Basis: r.basis, Why: spoken(r.why, j.tag), From: e.from,
	}
}

// group is many ports of which the same is expected.
type group struct {
	transport exposure.Transport
	ports     []uint16 // in rising order
	label     string
	entry     *entry
	all       bool // every one of them must have been looked at
}

// group judges many ports: those that fail get a verdict of their own, the others
// one together.
func (j *judgement) group(zone exposure.Zone, g group) {
	good, failed := 0, 0
	var doubtful []uint16
	for _, n := range g.ports {
		key := portKey{g.transport, n}
		port, known := j.ports[key]
		if !known || len(newSight(j.host, zone, port).seen) == 0 {
			continue
		}
		switch r := j.ruled(zone, port, g.entry); r.outcome {
		case exposure.Pass:
			good++
		case exposure.Fail:
			failed++
			j.put(key, port, zone, g.entry, r)
		default:
			doubtful = append(doubtful, n)
		}
	}
	count := len(g.ports) - failed
	if !g.all || g.entry.expect == exposure.ExpectAny || count == 0 {
		return
	}
	var r ruling
	if sw := j.swept(zone, g); sw.addresses == 0 {
		r = newSight(j.host, zone, exposure.Port{Transport: g.transport}).unlooked(g.entry.expect)
	} else {
		r = sw.ruling(zone, g, failed+len(doubtful), doubtful)
	}
	j.groups = append(j.groups, exposure.GroupVerdict{
		Transport: g.transport, Ports: g.label, Count: count, Verdict: j.verdict(zone, g.entry, r),
	})
}

// letOut judges what this network must let out: the ports of others that were
// tried from here.
func (p *Policy) letOut(tried []exposure.Port, tag lang.Tag) []exposure.Port {
	ports := map[portKey]exposure.Port{}
	for _, port := range tried {
		port.Verdicts = nil
		ports[portKey{port.Transport, port.Port}] = port
	}
	j := judgement{tag: tag, ports: ports}
	for _, e := range p.outgoing() {
		e.each(func(t exposure.Transport, n uint16) {
			key := portKey{t, n}
			port := j.port(key)
			j.put(key, port, exposure.ZoneOutgoing, e, outward(e, port))
		})
	}
	return j.sorted()
}

// outward judges one port of others. That the other end refuses proves that the
// question went out as well as an answer does; silence proves nothing of where
// it was stopped.
func outward(e *entry, port exposure.Port) ruling {
	r := ruling{outcome: exposure.Inconclusive}
	var ways [2]struct{ out, stopped bool } // by family, where no host is named: a vantage answers for each
	for _, o := range port.Observations {
		if e.to != "" && o.Host != e.to && o.Address.String() != e.to {
			continue
		}
		way := &ways[0]
		if e.to == "" && o.Address.Is6() {
			way = &ways[1]
		}
		r.basis = exposure.BasisSeen
		host := cmp.Or(o.Host, o.Address.String())
		if e.to == "" && o.Host != "" {
			host += " (" + o.Address.String() + ")" // of which family it is matters
		}
		if o.State != exposure.Unknown || o.Detail == "" {
			r.why = append(r.why, say(whyTried, "Host", host, "State", stateWords[o.State], "Reason", string(o.Reason)))
		}
		if o.Detail != "" {
			r.why = append(r.why, say(whyDetail, "Host", host, "Detail", o.Detail))
		}
		switch stanceOf(o.State, o.Reason, o.By) {
		case reached:
			way.out = true
		case refused:
			way.out = true
			r.why = append(r.why, say(whyLetOut))
		case silent, rejected:
			way.stopped = true
		}
	}
	out, stopped, kept := false, false, false
	for _, way := range ways {
		out, stopped = out || way.out, stopped || way.stopped
		kept = kept || way.stopped && !way.out
	}
	switch {
	case len(r.why) == 0:
		r.why = []said{say(whyUntried)}
	case out && !kept && e.expect == exposure.ExpectOpen, !out && stopped && e.expect == exposure.ExpectClosed:
		r.outcome = exposure.Pass
	case out, stopped:
		r.outcome = exposure.Fail
	}
	return r
}

// ranges writes ports as a list of ranges.
func ranges(ports []uint16) string {
	var b strings.Builder
	for i := 0; i < len(ports); {
		end := i
		for end+1 < len(ports) && ports[end+1] == ports[end]+1 {
			end++
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(number(ports[i]))
		if end > i {
			b.WriteString("-" + number(ports[end]))
		}
		i = end + 1
	}
	return b.String()
}
