package netio

import "time"

// wheel remembers when the patience of attempts ends, in buckets of one tick.
// What ends earlier is not taken out: the generation tells it.
type wheel struct {
	epoch   time.Time
	at      int64 // the first tick that was not looked at
	buckets [wheelTicks][]wheelEntry
	out     []wheelEntry
}

type wheelEntry struct {
	slot       int32
	generation uint32
}

// A turn of the wheel takes 4 s. What is due later comes up too early, once a
// turn, and is put in again.
const (
	wheelTick  = 8 * time.Millisecond
	wheelTicks = 512
)

func newWheel(epoch time.Time) wheel { return wheel{epoch: epoch} }

// since is the time since the epoch: half the size of a time.Time.
func (w *wheel) since(t time.Time) time.Duration { return t.Sub(w.epoch) }

func (w *wheel) add(slot int32, generation uint32, deadline time.Duration) {
	// The tick after the deadline, so that none comes up early; but one that
	// was not looked at yet, and inside this turn.
	tick := max(int64(deadline/wheelTick)+1, w.at)
	tick = min(tick, w.at+wheelTicks-1)
	b := &w.buckets[tick%wheelTicks]
	*b = append(*b, wheelEntry{slot, generation})
}

// due returns what has come up. The slice is valid until the next call.
func (w *wheel) due(now time.Time) []wheelEntry {
	w.out = w.out[:0]
	last := int64(w.since(now) / wheelTick)
	for turn := 0; w.at <= last && turn < wheelTicks; turn++ {
		b := &w.buckets[w.at%wheelTicks]
		w.out = append(w.out, *b...)
		*b = (*b)[:0]
		w.at++
	}
	w.at = max(w.at, last+1)
	return w.out
}

// next is how long it is until something may come up.
func (w *wheel) next(now time.Time) time.Duration {
	for tick := w.at; tick < w.at+wheelTicks; tick++ {
		if len(w.buckets[tick%wheelTicks]) > 0 {
			return time.Duration(tick)*wheelTick - w.since(now)
		}
	}
	return wheelTicks * wheelTick
}
