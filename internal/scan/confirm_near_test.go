package scan

import (
	"net/netip"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
)

func TestDistance(t *testing.T) {
	answer := netio.Reached{Reason: exposure.SynAck}
	refusal := netio.Reached{Reason: exposure.ConnRefused}
	died := netio.Reached{Reason: exposure.TimeExceeded, By: netip.MustParseAddr("192.0.2.1")}
	prohibited := netio.Reached{Reason: exposure.AdminProhibited, By: netip.MustParseAddr("192.0.2.1")}
	silence := netio.Reached{Reason: exposure.NoResponse}
	from := func(distance int, there netio.Reached) func(int) netio.Reached {
		return func(hops int) netio.Reached {
			if hops < distance {
				return died
			}
			return there
		}
	}
	for _, c := range []struct {
		name string
		ask  func(hops int) netio.Reached
		want int
	}{
		{"next", from(1, answer), 1},
		{"second", from(2, refusal), 2},
		{"middle", from(14, answer), 14},
		{"far", from(29, refusal), 29},
		{"too_far", from(30, answer), 0},
		{"nobody", from(99, answer), 0},
		{"all_silent", func(int) netio.Reached { return silence }, 0},
		{"rejected_on_the_way", from(7, prohibited), 0},
		{"last_router_silent", func(hops int) netio.Reached {
			if hops == 8 {
				return silence
			}
			return from(9, answer)(hops)
		}, 0},
		{"answer_lost", func(hops int) netio.Reached {
			if hops == 3 {
				return silence
			}
			return from(3, answer)(hops)
		}, 0},
		{"no_room_here", func(int) netio.Reached { return netio.Reached{Reason: exposure.LocalError} }, 0},
	} {
		asked := 0
		got := distance(func(hops int) netio.Reached {
			asked++
			return c.ask(hops)
		})
		if got != c.want || asked > 8 {
			t.Errorf("%s: %d, want %d, by %d questions", c.name, got, c.want, asked)
		}
	}
	// The packets of one connection go another way than those of the next.
	turn := 0
	got := distance(func(hops int) netio.Reached {
		turn++
		return from(5+turn%2, answer)(hops)
	})
	if got != 0 {
		t.Errorf("two ways of another length: %d", got)
	}
}
