package agent

import (
	"maps"
	"slices"
	"sync"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/reach"
)

// egressLasts is how long an answer proves that packets of this vantage get to
// a port of others.
const egressLasts = time.Hour

// egress is what this vantage knows of its own blindness: whoever answered from
// a port has proven that the vantage's provider does not cut it.
type egress struct {
	mu      sync.Mutex
	seen    map[exposure.Transport]map[uint16]time.Time
	reached time.Time // when somebody last came through to a port of the vantage's own
}

// take learns from an observation: only the target itself proves anything, what
// a device on the way says may come from the provider, and between this vantage and
// a private address there is none. It reports whether this one did, for that host at
// least.
func (e *egress) take(o exposure.Observation) bool {
	if o.By != "" || o.State != exposure.Open && o.State != exposure.Closed {
		return false
	}
	if reach.LAN(o.Address) {
		return true
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.seen == nil {
		e.seen = map[exposure.Transport]map[uint16]time.Time{}
	}
	ports := e.seen[o.Transport]
	if ports == nil {
		ports = map[uint16]time.Time{}
		e.seen[o.Transport] = ports
	}
	ports[o.Port] = o.SeenAt
	return true
}

func (e *egress) reach(at time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.reached = at
}

// open reports whether somebody came through within the hour.
func (e *egress) open(now time.Time) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return !e.reached.IsZero() && now.Sub(e.reached) <= egressLasts
}

// proven are the ports that something answered from within the hour.
func (e *egress) proven(now time.Time) exposure.StationPorts {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, ports := range e.seen {
		maps.DeleteFunc(ports, func(_ uint16, at time.Time) bool { return now.Sub(at) > egressLasts })
	}
	return exposure.StationPorts{
		TCP: slices.Sorted(maps.Keys(e.seen[exposure.TCP])),
		UDP: slices.Sorted(maps.Keys(e.seen[exposure.UDP])),
	}
}
