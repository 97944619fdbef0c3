package hostnet

import (
	"cmp"
	"slices"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

// The most bytes of a name that the machine tells. Whoever runs a process
// chooses its name and its arguments, so both are text from outside.
const (
	maxName    = 64
	maxCommand = 256
)

// clean makes text of the machine harmless for every sink: a process may call
// itself anything, escape codes included (prctl PR_SET_NAME).
func clean(text string, limit int) string { return untrusted.New(text, limit).Terminal() }

// merged sorts listeners and makes one of those that differ in their process
// number only: the workers of a server that each opened the same port with
// SO_REUSEPORT. The lowest number stays.
func merged(listeners []exposure.Listener) []exposure.Listener {
	slices.SortFunc(listeners, func(a, b exposure.Listener) int {
		return cmp.Or(compare(a, b), cmp.Compare(a.PID, b.PID), cmp.Compare(a.Command, b.Command))
	})
	return slices.CompactFunc(listeners, func(a, b exposure.Listener) bool { return compare(a, b) == 0 })
}

// compare orders listeners by what a reader looks for first; two that compare
// equal are the same port of the same owner.
func compare(a, b exposure.Listener) int {
	return cmp.Or(
		cmp.Compare(a.Transport, b.Transport),
		cmp.Compare(a.Port, b.Port),
		a.Address.Compare(b.Address),
		cmp.Compare(a.Device, b.Device),
		cmp.Compare(rank(a.V6Only), rank(b.V6Only)),
		cmp.Compare(a.Process, b.Process),
		cmp.Compare(a.User, b.User),
		cmp.Compare(a.Unit, b.Unit),
		cmp.Compare(a.Container, b.Container),
		cmp.Compare(rank(&a.Unowned), rank(&b.Unowned)),
	)
}

// rank orders a fact that may be unknown.
func rank(known *bool) int {
	switch {
	case known == nil:
		return 0
	case *known:
		return 2
	}
	return 1
}

// ownersUnseen counts the listeners whose process was hidden.
func ownersUnseen(listeners []exposure.Listener) []Unseen {
	hidden := 0
	for _, l := range listeners {
		if l.Process == "" && !l.Unowned {
			hidden++
		}
	}
	if hidden == 0 {
		return nil
	}
	return []Unseen{{Kind: UnseenOwners, Count: hidden}}
}
