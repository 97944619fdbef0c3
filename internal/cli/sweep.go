package cli

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"sekisho/internal/exposure"
)

// maxSweeps is of how many addresses a report counts what it does not keep. The
// addresses beyond it are looked at all the same.
const maxSweeps = 1024

// sweeps counts, by address and transport, what a report does not keep an
// observation of.
type sweeps map[sweepKey]*sweep

type sweepKey struct {
	address   netip.Addr
	transport exposure.Transport
	view      exposure.View
}

// sweep is what became of the ports of one address.
type sweep struct {
	asked  [65536 / 64]uint64
	counts map[exposure.SweepState]int
}

// add takes up an observation; kept tells whether the report has it.
func (s sweeps) add(o exposure.Observation, kept bool) {
	if o.Transport != exposure.TCP && o.Transport != exposure.UDP {
		return
	}
	key := sweepKey{o.Address, o.Transport, o.View}
	w := s[key]
	if w == nil {
		if len(s) == maxSweeps {
			return
		}
		w = &sweep{counts: map[exposure.SweepState]int{}}
		s[key] = w
	}
	w.asked[o.Port/64] |= 1 << (o.Port % 64)
	if !kept {
		w.counts[exposure.SweepState{State: o.State, Reason: o.Reason, By: o.By}]++
	}
}

// list are the sweeps of which something was not kept, in the order of the
// addresses.
func (s sweeps) list() []exposure.Sweep {
	var all []exposure.Sweep
	for key, w := range s {
		if len(w.counts) == 0 {
			continue
		}
		one := exposure.Sweep{Address: key.address, Transport: key.transport, View: key.view, Ports: w.ports()}
		for state, n := range w.counts {
			state.Count = n
			one.States = append(one.States, state)
		}
		slices.SortFunc(one.States, func(a, b exposure.SweepState) int {
			return cmp.Or(cmp.Compare(a.State, b.State), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.By, b.By))
		})
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b exposure.Sweep) int {
		return cmp.Or(a.Address.Compare(b.Address), cmp.Compare(a.Transport, b.Transport), cmp.Compare(a.View, b.View))
	})
	return all
}

// ports writes the ports that were asked as ranges.
func (w *sweep) ports() string {
	has := func(n int) bool { return n < 65536 && w.asked[n/64]&(1<<(n%64)) != 0 }
	var items []string
	for n := 0; n < 65536; n++ {
		if !has(n) {
			continue
		}
		last := n
		for has(last + 1) {
			last++
		}
		if last == n {
			items = append(items, fmt.Sprint(n))
		} else {
			items = append(items, fmt.Sprintf("%d-%d", n, last))
		}
		n = last
	}
	return strings.Join(items, ",")
}
