package scan

import "time"

// trail remembers when a lap came by each place of the order, in steps.
type trail struct {
	marks []mark
	step  time.Duration // between marks
	at    int           // the mark that was looked at last: a lap only goes forward
}

// mark is a place and the time when everything before it had been asked.
type mark struct {
	place int
	at    time.Time
}

// The marks of a trail are at first a millisecond apart and never more than so
// many.
const (
	firstStep = time.Millisecond
	mostMarks = 4096
)

// note marks that the lap is at a place.
func (t *trail) note(place int, now time.Time) {
	if n := len(t.marks); n > 0 && now.Sub(t.marks[n-1].at) < t.step {
		return
	}
	t.marks = append(t.marks, mark{place, now})
	if len(t.marks) < mostMarks {
		return
	}
	for i := range mostMarks / 2 {
		t.marks[i] = t.marks[2*i+1]
	}
	t.marks = t.marks[:mostMarks/2]
	t.step *= 2
}

// end marks the end of the lap.
func (t *trail) end(place int, now time.Time) {
	t.marks = append(t.marks, mark{place, now})
}

// passed is a time by which the place had been asked. Places must rise from
// call to call.
func (t *trail) passed(place int) time.Time {
	for t.at < len(t.marks) && t.marks[t.at].place <= place {
		t.at++
	}
	if t.at == len(t.marks) {
		return time.Time{}
	}
	return t.marks[t.at].at
}

// between are the places that may have been asked from one time to another, of
// those before most.
func (t *trail) between(from, to time.Time, most int) (first, last int) {
	for _, m := range t.marks {
		if m.at.Before(from) {
			first = m.place
		}
		if m.at.After(to) {
			return first, min(m.place, most)
		}
	}
	return first, most
}

func newTrail() trail { return trail{step: firstStep} }
