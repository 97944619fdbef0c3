package portspec

import "sync"

// setNames are the sets in the order in which they are told.
var setNames = []string{"@common", "@service", "@grid", "@trojan", "@all"}

// common is what ShieldsUP! asks for as "Common Ports": 26 of them.
var common = []span{
	{0, 0},
	{21, 23},
	{25, 25},
	{79, 80},
	{110, 110},
	{113, 113},
	{119, 119},
	{135, 135},
	{139, 139},
	{143, 143},
	{389, 389},
	{443, 443},
	{445, 445},
	{1002, 1002},
	{1024, 1030},
	{1720, 1720},
	{5000, 5000},
}

// grid is what ShieldsUP! paints as "All Service Ports": 33 rows of 32, the
// privileged ports and the first ones above, where old Windows listened.
var grid = []span{{0, 1055}}

// every is all ports that a service can have on a network; 0 is reserved (RFC
// 6335 section 6).
var every = []span{{1, 65535}}

// named returns what a set, in lower case and with its @, holds on a transport.
func named(name string, udp bool) (ports []span, known bool) {
	switch name {
	case "@common":
		return common, true
	case "@grid":
		return grid, true
	case "@all":
		return every, true
	case "@service":
		return ofCatalogue()[kindOfSet{trojan: false, udp: udp}], true
	case "@trojan":
		return ofCatalogue()[kindOfSet{trojan: true, udp: udp}], true
	}
	return nil, false
}

type kindOfSet struct{ trojan, udp bool }

// ofCatalogue is the sets that follow from the catalogue.
var ofCatalogue = sync.OnceValue(func() map[kindOfSet][]span {
	sets := map[kindOfSet][]span{}
	for _, of := range []kindOfSet{{false, false}, {false, true}, {true, false}, {true, true}} {
		var all bitmap
		for _, s := range Services() {
			if s.Trojan != of.trojan {
				continue
			}
			numbers := s.TCP
			if of.udp {
				numbers = s.UDP
			}
			for _, port := range numbers {
				all.add(port, port)
			}
		}
		sets[of] = all.set().spans
	}
	return sets
})
