package firewall

import (
	"cmp"
	"slices"
)

// station is one thing that hangs in a hook: a chain, connection tracking, or the
// chains that translate addresses, which the kernel asks together.
type station struct {
	priority int
	chain    *chain
	track    bool
	nat      []*chain
	isNAT    bool
}

// stations are those of a hook in the order in which packets of the family meet
// them. Of chains with the same priority the one that was hung in later comes
// first (nf_hook_entries_grow); within a table that is known. Between tables it
// is not, so rotation puts another one first.
func (r *Ruleset) stations(h hook, v6 bool, rotation int) []station {
	var list []station
	var nat []*chain
	translates := false
	for _, t := range slices.Backward(r.tables) {
		if t.dormant || !t.family.takes(v6) {
			continue
		}
		for _, c := range newestFirst(t.order) {
			switch {
			case c.base == nil:
			case c.base.kind == "nat":
				translates = true
				if c.base.hook == h {
					nat = append(nat, c)
				}
			case c.base.hook == h && (len(c.rules) > 0 || c.base.drop):
				list = append(list, station{priority: c.base.priority, chain: c})
			}
		}
	}
	if h == prerouting || h == output {
		list = append(list, station{priority: prioTrack, track: true})
	}
	if translates && h != forward && h != ingress && h != egress {
		slices.SortStableFunc(nat, func(a, b *chain) int { return cmp.Compare(a.base.priority, b.base.priority) })
		s := station{priority: prioDstNAT, nat: nat, isNAT: true}
		if h == postrouting || h == input {
			s.priority = prioSrcNAT
		}
		list = append(list, s)
	}
	slices.SortStableFunc(list, func(a, b station) int { return cmp.Compare(a.priority, b.priority) })
	for from := 0; from < len(list); {
		to := from + 1
		for to < len(list) && list[to].priority == list[from].priority {
			to++
		}
		if group := list[from:to]; loose(group) {
			turn(group, rotation%len(group))
		}
		from = to
	}
	return list
}

// loose reports whether the order of stations with one priority is not known.
func loose(group []station) bool {
	for _, s := range group {
		if s.chain == nil || s.chain.table != group[0].chain.table {
			return len(group) > 1
		}
	}
	return false
}

func turn(group []station, by int) {
	copy(group, append(slices.Clone(group[by:]), group[:by]...))
}

func newestFirst(chains []*chain) []*chain {
	list := slices.Clone(chains)
	slices.SortStableFunc(list, func(a, b *chain) int { return cmp.Compare(b.order, a.order) })
	return list
}

// maxRotations bounds how many orders are tried.
const maxRotations = 8

// rotations is how many orders of chains with the same priority are possible, as
// far as they are tried.
func (r *Ruleset) rotations() int {
	most := 1
	for _, h := range []hook{ingress, prerouting, input, forward, output, postrouting, egress} {
		for _, v6 := range []bool{false, true} {
			list := r.stations(h, v6, 0)
			for from := 0; from < len(list); {
				to := from + 1
				for to < len(list) && list[to].priority == list[from].priority {
					to++
				}
				if loose(list[from:to]) {
					most = max(most, to-from)
				}
				from = to
			}
		}
	}
	return min(most, maxRotations)
}

// hook walks packets through all that hangs in a hook and returns those that pass.
func (w *walker) hook(h hook, live []*state) []*state {
	if len(live) == 0 {
		return nil
	}
	for _, st := range w.stationsOf(h, live[0].v6) {
		var next []*state
		for _, s := range live {
			switch {
			case st.track:
				next = merge(next, s.track())
			case st.isNAT:
				for _, s := range w.translate(h, st.nat, s) {
					next = merge(next, s)
				}
			case (h == ingress || h == egress) && len(st.chain.base.devices) == 0:
				s := s.doubting(w.doubt(st.chain.first(), "the interface that the chain hangs at is not told"))
				next = merge(next, s)
				for _, s := range w.base(st.chain, []*state{s}) {
					next = merge(next, s)
				}
			case !st.chain.sees(h, s):
				next = merge(next, s)
			default:
				for _, s := range w.base(st.chain, []*state{s}) {
					next = merge(next, s)
				}
			}
		}
		live = next
	}
	return live
}

type stationKey struct {
	h        hook
	v6       bool
	rotation int
}

func (w *walker) stationsOf(h hook, v6 bool) []station {
	key := stationKey{h, v6, w.rotation}
	list, ok := w.stations[key]
	if !ok {
		if w.stations == nil {
			w.stations = map[stationKey][]station{}
		}
		list = w.rules.stations(h, v6, w.rotation)
		w.stations[key] = list
	}
	return list
}

// sees reports whether a chain is asked about the packet: those of ingress and
// egress hang at devices.
func (c *chain) sees(h hook, s *state) bool {
	switch h {
	case ingress:
		return slices.Contains(c.base.devices, s.in.Name)
	case egress:
		return s.out != nil && slices.Contains(c.base.devices, s.out.Name)
	}
	return true
}

// track is the packet after connection tracking saw it.
func (s *state) track() *state {
	if s.tracked {
		return s
	}
	c := s.clone()
	c.tracked = true
	return c
}

// translate asks the chains of nat about the first packet of a connection. The
// first of them that settles an address ends that (nf_nat_inet_fn).
func (w *walker) translate(h hook, chains []*chain, s *state) []*state {
	if s.masked != nil && h == prerouting && s.connected() {
		c := s.clone()
		c.dst, c.masked = *s.masked, nil
		return []*state{c}
	}
	settled := s.natDst
	if h == postrouting || h == input {
		settled = s.natSrc
	}
	if settled || s.ct != ctNew || !s.tracked {
		return []*state{s}
	}
	live := []*state{s}
	var done []*state
	for _, c := range chains {
		var next []*state
		for _, s := range live {
			for _, s := range w.base(c, []*state{s}) {
				next = merge(next, s)
			}
			done = append(done, w.nat...)
		}
		live = next
	}
	for _, s := range live {
		c := s.clone()
		if h == postrouting || h == input {
			c.natSrc = true
		} else {
			c.natDst = true
		}
		done = merge(done, c)
	}
	return done
}
