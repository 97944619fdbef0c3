package scan

import (
	"math"
	"testing"
)

func TestTries(t *testing.T) {
	for _, c := range []struct {
		name string
		open int
		loss float64
		goal float64
		want int
	}{
		{"no-loss", 50, 0, missed, 2},
		{"little-loss", 50, 0.0001, missed, 2},
		{"assumed", 0, assumedLoss, missed, 3},
		{"stealth-host", 5, 0.0975, missed, 4},
		{"five-percent-each-way", 50, 0.0975, missed, 5},
		{"twenty-percent-each-way", 50, 0.36, missed, 11},
		{"few-are-left", 50, 0.0975, missedFew, 8},
		{"nothing-gets-through", 50, 1, missed, mostTries},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := tries(c.open, c.loss, c.goal)
			if got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
			if left := float64(c.open+1) * math.Pow(c.loss, float64(got)); got < mostTries && left > c.goal*(1+1e-9) {
				t.Errorf("%d tries leave %g open ports unseen", got, left)
			}
		})
	}
}

func TestRoundTripsBound(t *testing.T) {
	for _, c := range []struct {
		name     string
		trips    roundTrips
		low, top float64
	}{
		{"nothing-seen", roundTrips{}, 1, 1},
		{"one-answer", roundTrips{1, 0}, 0.7, 0.75},
		{"hundred-answers", roundTrips{100, 0}, 0.02, 0.03},
		{"tenth-lost", roundTrips{360, 40}, 0.12, 0.13},
		{"all-lost", roundTrips{0, 100}, 0.99, 1.001},
	} {
		t.Run(c.name, func(t *testing.T) {
			bound := c.trips.bound()
			if bound < c.low || bound > c.top {
				t.Errorf("bound %g is not in [%g, %g]", bound, c.low, c.top)
			}
			if bound < c.trips.share() {
				t.Errorf("bound %g is below what was seen, %g", bound, c.trips.share())
			}
		})
	}
}
