package scan

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
)

// intercepted are the ports that middleboxes near a vantage like to answer for
// everybody: caches and parental filters (80, 443, 3128, 8080), mail filters of
// providers and of virus scanners (25, 110, 143, 465, 587, 993, 995), gateways
// that rewrite a protocol (21, 53, 5060).
var intercepted = []uint16{21, 25, 53, 80, 110, 143, 443, 465, 587, 993, 995, 3128, 5060, 8080}

// What finding the place of a middlebox may cost: hops that a host may be away,
// hosts that are looked at in one scan, and the wait for one answer beside its
// round trip. Of one host it takes about five questions to find how far away it
// is, two to be sure, one for each of its ports of that kind, and five for the
// middlebox.
const (
	mostHops     = 30
	mostMeasured = 64
	reachWait    = time.Second
)

// wayTo is what is known of the way to a host, on which others may answer.
type wayTo struct {
	routed    bool
	asked     bool       // whether it is routed
	reference uint16     // a port that answers and that nobody intercepts
	suspects  []heldPort // open, and not told
	measuring bool
	done      bool // there is nothing more to be known
	distance  int  // in hops, once known
	hops      int  // to the middlebox, at most
	by        netip.Addr
	ports     []uint16 // that it answers
}

// suspect keeps an open port from being told when somebody on the way may have
// answered for it. Only who is not on the link has such a way.
func (c *confirmer) suspect(f *facade, p heldPort) bool {
	w := &f.way
	if w.done || !slices.Contains(intercepted, p.Port) {
		return false
	}
	if !w.asked {
		w.asked = true
		w.routed = c.measured < mostMeasured && c.routed(p.Address)
	}
	if !w.routed {
		return false
	}
	w.suspects = append(w.suspects, p)
	c.measure(f)
	return true
}

// refer takes note of a port by which the distance of a host can be found.
func (c *confirmer) refer(f *facade, p heldPort) {
	if f.way.reference == 0 && !slices.Contains(intercepted, p.Port) {
		f.way.reference = p.Port
		c.measure(f)
	}
}

// measure begins to look who answers for a host, when that can be found out.
func (c *confirmer) measure(f *facade) {
	w := &f.way
	if w.measuring || w.done || w.reference == 0 || len(w.suspects) == 0 {
		return
	}
	w.measuring = true
	if w.distance == 0 {
		c.measured++
	}
	c.working.Go(func() { c.locate(f) })
}

// locate looks who answers the suspects of a host, until there are none left.
func (c *confirmer) locate(f *facade) {
	ask := func(port uint16, hops int) netio.Reached {
		if !c.open(f) {
			return netio.Reached{Reason: exposure.NoResponse}
		}
		return c.reach(c.ctx, netip.AddrPortFrom(f.address, port), hops, reachWait)
	}
	w := &f.way
	if w.distance == 0 {
		w.distance = distance(func(hops int) netio.Reached { return ask(w.reference, hops) })
	}
	for {
		c.mu.Lock()
		suspects := w.suspects
		w.suspects = nil
		if len(suspects) == 0 || w.distance < 2 {
			w.measuring, w.done = false, w.distance < 2
			c.mu.Unlock()
			c.tell(observations(suspects))
			return
		}
		c.mu.Unlock()
		c.tell(c.ends(f, suspects, ask))
	}
}

func observations(held []heldPort) []exposure.Observation {
	told := make([]exposure.Observation, len(held))
	for i, p := range held {
		told[i] = p.Observation
	}
	return told
}

// distance is how many hops away the one is whom ask asks, 0 when that cannot
// be learned: the fewest hops that let an answer through, where one less has a
// router say that the packet died, three times over, since packets of one
// connection may go another way than those of the next.
func distance(ask func(hops int) netio.Reached) int {
	low, high := 1, mostHops
	answered, died := 0, 0
	for low < high {
		middle := (low + high) / 2
		if ask(middle).Answered() {
			high, answered = middle, middle
		} else {
			low, died = middle+1, middle
		}
	}
	if answered != high || died != high-1 {
		return 0
	}
	for range 2 {
		if high > 1 && ask(high-1).Reason != exposure.TimeExceeded {
			return 0
		}
	}
	return high
}

// ends finds out of ports on which side of their host's last hop the one is who
// answers.
func (c *confirmer) ends(f *facade, suspects []heldPort, ask func(uint16, int) netio.Reached) []exposure.Observation {
	near := make([]bool, len(suspects))
	var all sync.WaitGroup
	for i, p := range suspects {
		all.Go(func() { near[i] = ask(p.Port, f.way.distance-1).Reason == exposure.SynAck })
	}
	all.Wait()
	told := observations(suspects)
	if place := slices.Index(near, true); place >= 0 && f.way.hops == 0 {
		c.place(f, suspects[place].Port, ask)
	}
	for i := range told {
		if !near[i] {
			continue
		}
		o := &told[i]
		c.mu.Lock()
		f.way.ports = append(f.way.ports, o.Port)
		c.mu.Unlock()
		o.State, o.RTT = exposure.Unknown, 0
		o.Detail = c.request.Say("detail.intercepted", "Hops", f.way.hops, "Distance", f.way.distance)
		if f.way.by.IsValid() {
			o.By = f.way.by.String()
		}
	}
	return told
}

// place finds out how far away at most the middlebox is that answers a port,
// and its name: the router of that hop.
func (c *confirmer) place(f *facade, port uint16, ask func(uint16, int) netio.Reached) {
	low, high := 1, f.way.distance-1
	for low < high {
		if middle := (low + high) / 2; ask(port, middle).Reason == exposure.SynAck {
			high = middle
		} else {
			low = middle + 1
		}
	}
	router := ask(f.way.reference, high)
	c.mu.Lock()
	defer c.mu.Unlock()
	f.way.hops = high
	if router.Reason == exposure.TimeExceeded {
		f.way.by = router.By
	}
	c.mention(f)
}

// routed reports whether the way to an address leads over a router. What the
// kernel cannot say counts as no.
func routed(a netip.Addr) bool {
	routes, err := netio.OpenRoutes()
	if err != nil {
		return false
	}
	defer routes.Close()
	way, err := routes.To(a)
	return err == nil && !way.Own && way.NextHop != a.WithZone("")
}

// list words port numbers.
func list(ports []uint16) string {
	slices.Sort(ports)
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(ports), "[]"), " ", ", ")
}
