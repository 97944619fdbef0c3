//go:build linux

package main

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
)

// spot is one port of one address.
type spot struct {
	addr netip.Addr
	port uint16
}

func (s spot) String() string { return netip.AddrPortFrom(s.addr, s.port).String() }

// spots is a set of ports of addresses: what is open, or what was called open.
type spots map[spot]bool

// pickPorts draws n different ports from first to last.
func pickPorts(r *rand.Rand, n int, first, last uint16) []uint16 {
	chosen := map[uint16]bool{}
	for len(chosen) < n {
		chosen[first+uint16(r.IntN(int(last-first)+1))] = true
	}
	return slices.Sorted(maps.Keys(chosen))
}

// pickFamiliar draws like pickPorts, but takes the first three from ports that
// most scanners ask first.
func pickFamiliar(r *rand.Rand, n int, first, last uint16) []uint16 {
	familiar := []uint16{21, 22, 25, 53, 80, 110, 143, 443, 3389, 8080}
	r.Shuffle(len(familiar), func(i, j int) { familiar[i], familiar[j] = familiar[j], familiar[i] })
	chosen := familiar[:3:3]
	for _, p := range pickPorts(r, n, first, last) {
		if len(chosen) < n && !slices.Contains(chosen, p) {
			chosen = append(chosen, p)
		}
	}
	slices.Sort(chosen)
	return chosen
}

// judged is what comparing a result with the truth tells.
type judged struct {
	missed, invented []spot
}

// compare holds what a scanner called open against what is open.
func compare(truth, said spots) judged {
	var j judged
	for s := range truth {
		if !said[s] {
			j.missed = append(j.missed, s)
		}
	}
	for s := range said {
		if !truth[s] {
			j.invented = append(j.invented, s)
		}
	}
	order := func(a, b spot) int {
		if c := a.addr.Compare(b.addr); c != 0 {
			return c
		}
		return int(a.port) - int(b.port)
	}
	slices.SortFunc(j.missed, order)
	slices.SortFunc(j.invented, order)
	return j
}

// network holds the addresses of a run. They follow from the seed, so that
// another seed scans other hosts.
type network struct {
	scanner4, target4, scanner6, target6 netip.Addr
	many4, many6                         netip.Prefix // 1,024 addresses behind the target
	near4, near6                         netip.Prefix // 1,024 addresses on its cable
}

func plan(seed uint64) network {
	n := seed%100 + 20
	addr := func(format string) netip.Addr { return netip.MustParseAddr(fmt.Sprintf(format, n)) }
	prefix := func(format string) netip.Prefix { return netip.MustParsePrefix(fmt.Sprintf(format, n)) }
	return network{
		scanner4: addr("10.%d.0.1"), target4: addr("10.%d.0.2"),
		scanner6: addr("fd%02d::1"), target6: addr("fd%02d::2"),
		many4: prefix("10.%d.64.0/22"), many6: prefix("fd%02d:0:0:64::/118"),
		near4: prefix("10.%d.128.0/22"), near6: prefix("fd%02d:0:0:128::/118"),
	}
}
