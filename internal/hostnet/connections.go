package hostnet

import (
	"cmp"
	"slices"

	"sekisho/internal/exposure"
)

// arranged sorts connections as a reader looks for them: by transport, port,
// address and peer.
func arranged(connections []exposure.Connection) []exposure.Connection {
	slices.SortFunc(connections, func(a, b exposure.Connection) int {
		return cmp.Or(
			cmp.Compare(a.Transport, b.Transport),
			cmp.Compare(a.Local.Port(), b.Local.Port()),
			a.Local.Compare(b.Local),
			cmp.Compare(rank(new(a.Remote.IsValid())), rank(new(b.Remote.IsValid()))),
			a.Remote.Compare(b.Remote),
			cmp.Compare(a.State, b.State),
			cmp.Compare(a.PID, b.PID),
		)
	})
	return connections
}

// connectionsUnseen counts the sockets whose process was hidden.
func connectionsUnseen(connections []exposure.Connection) []Unseen {
	hidden := 0
	for _, c := range connections {
		if c.Process == "" && !c.Unowned {
			hidden++
		}
	}
	if hidden == 0 {
		return nil
	}
	return []Unseen{{Kind: UnseenOwners, Count: hidden}}
}
