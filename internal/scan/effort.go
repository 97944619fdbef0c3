package scan

import (
	"math"
	"strconv"
	"time"

	"sekisho/internal/exposure"
)

// effort is what a run has to tell of the pains it took: how long the round
// trips were, how often silent ports were asked, how hard the paths were driven
// and how much was missed all the same.
type effort struct {
	rtt      time.Duration // of the slowest lane, smoothed
	tries    int           // most that a silent port got
	silent   bool          // some port was
	missed   float64       // open ones among them, as is to be expected
	profiles []Profile
}

// silence counts the silent ports of one host.
func (e *effort) silence(t tried, missed float64) {
	e.silent = true
	e.tries = max(e.tries, t.most)
	e.missed += missed
}

// tell fills the summary in.
func (e *effort) tell(s *exposure.ScanSummary, rate int) {
	s.RTT, s.Rate = exposure.Microseconds(e.rtt), rate
	if e.silent {
		// No more of it is worth telling than three digits.
		missed, _ := strconv.ParseFloat(strconv.FormatFloat(e.missed, 'g', 3, 64), 64)
		s.Tries, s.ExpectedMissed = e.tries, &missed
	}
	var profiles exposure.ScanSummary
	for _, p := range e.profiles {
		profiles = profiles.Plus(exposure.ScanSummary{Profile: profileWords[p]})
	}
	s.Profile = profiles.Profile
}

// drive takes note of a profile that lanes go by. This machine's own addresses
// have none.
func (e *effort) drive(g *group) {
	if !g.own {
		e.profiles = append(e.profiles, g.profile)
	}
}

// tried is how often the silent ports of a host were asked.
type tried struct{ fewest, most int }

func (t *tried) count(tries int) {
	if t.most == 0 || tries < t.fewest {
		t.fewest = tries
	}
	t.most = max(t.most, tries)
}

// expect is how many open ports stay unseen, by the same reckoning as tries:
// as if there were one more than were found, of which each try misses its
// share.
func expect(open int, loss float64, tries int) float64 {
	return float64(open+1) * math.Pow(loss, float64(max(tries, 0)))
}

// expect is the same for the silent ports of a host: none on this machine,
// where nothing gets lost. A try that waited for less than an answer takes
// counts for nothing.
func (l *ledger) expect(h *host) float64 {
	if l.own {
		return 0
	}
	return expect(h.open, l.loss(h), h.tried.fewest-h.hasty)
}

func (l *udpLane) expect(h *udpHost) float64 {
	if l.own {
		return 0
	}
	return expect(h.open, h.loss(), h.tried.fewest-h.extra)
}

// expect is the same for a host of which earlier runs learned all there is.
func (h *hostPast) expect() float64 {
	return expect(h.open, (&udpHost{seen: h.way.seen}).loss(), h.tried.fewest)
}
