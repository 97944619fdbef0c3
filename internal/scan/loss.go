package scan

import "math"

// roundTrips counts questions that a port is known to answer: those that were
// answered, and those that got lost on the way there or back.
type roundTrips struct{ answered, lost int }

func (r roundTrips) plus(o roundTrips) roundTrips {
	return roundTrips{r.answered + o.answered, r.lost + o.lost}
}

// share is the part that got lost.
func (r roundTrips) share() float64 {
	if r.answered+r.lost == 0 {
		return 0
	}
	return float64(r.lost) / float64(r.answered+r.lost)
}

// bound is the highest loss that the counts leave likely: the upper end of
// Wilson's one-sided 95 % interval.
func (r roundTrips) bound() float64 {
	n := float64(r.answered + r.lost)
	if n == 0 {
		return 1
	}
	const z = 1.6449
	p := float64(r.lost) / n
	return (p + z*z/(2*n) + z*math.Sqrt(p*(1-p)/n+z*z/(4*n*n))) / (1 + z*z/n)
}

// floor is the lowest loss that the counts leave likely, by the same interval.
func (r roundTrips) floor() float64 {
	return 1 - roundTrips{answered: r.lost, lost: r.answered}.bound()
}

// The tries that a port gets which does not answer.
const (
	fewestTries = 2
	mostTries   = 24
	// assumedLoss stands where nobody answers who could show the loss.
	assumedLoss = 0.1
	// missed is how many open ports a scan may miss on average, and missedFew
	// the same where few ports of a host are left that answers: to ask them
	// more often costs next to nothing.
	missed    = 0.001
	missedFew = missed / 1000
	few       = 100
)

// tries is how often to ask before silence means something, where open ports
// were found and loss is the share of round trips that gets lost: as if there
// were one open port more, until fewer than goal stay unseen.
func tries(open int, loss, goal float64) int {
	if loss <= 0 {
		return fewestTries
	}
	if loss >= 1 {
		return mostTries
	}
	n := math.Ceil(math.Log(goal/float64(open+1)) / math.Log(loss))
	return int(min(max(n, fewestTries), mostTries))
}
