package scan

import (
	"sync"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
)

// Waits for the connections that confirm ports.
const (
	confirmAccept = 4 * time.Second // for two repeats of a SYN
	confirmListen = 300 * time.Millisecond
	confirmWhole  = 3 * time.Second
	// confirmTime is how long a port may wait for its turn, beside the time
	// that the pace takes.
	confirmTime = 75 * time.Second
)

// Where many connections came to nothing, the rest need not wait for as long:
// what stands behind a middlebox shows itself at once or not at all.
const (
	enoughMute = 32
	leastWhole = 200 * time.Millisecond
)

// When this machine cannot connect, a port is given up after so many tries.
const (
	mostShakes = 15
	shakePause = 200 * time.Millisecond
)

// confirm connects to the ports that wait in a host's queue.
func (c *confirmer) confirm(f *facade) {
	var running sync.WaitGroup
	for {
		c.mu.Lock()
		f.working = len(f.queue) > 0
		if !f.working {
			c.mu.Unlock()
			break
		}
		p := f.queue[0]
		f.queue = f.queue[1:]
		c.mu.Unlock()
		c.places <- struct{}{}
		running.Go(func() {
			o, ok := c.port(f, p)
			<-c.places
			c.mu.Lock()
			c.waiting--
			c.mu.Unlock()
			c.fewer.Broadcast()
			if ok {
				c.out <- []exposure.Observation{o}
			}
		})
	}
	running.Wait()
}

// port confirms one port. It is not ok when the scan was ended before anything
// was known.
func (c *confirmer) port(f *facade, p heldPort) (o exposure.Observation, ok bool) {
	var h netio.Handshake
	fate := unconfirmed
	for tries := range mostShakes {
		if tries > 0 && !c.sleep(shakePause) {
			return o, false
		}
		m, allowed := c.manners(f, p)
		if !allowed {
			return o, false
		}
		if time.Now().After(p.until) {
			break
		}
		h = c.connect(f, p.Port, m)
		if fate = decide(h); fate != failed || !netio.Scarce(h.Err) {
			break
		}
	}
	if c.ctx.Err() != nil && fate != real && fate != nobody {
		return o, false
	}
	c.learn(f, h, fate)
	return c.word(p, h, fate), true
}

// manners are how a port of a host is connected to, when its turn has come.
// They are not allowed when the scan has ended.
func (c *confirmer) manners(f *facade, p heldPort) (m netio.Manners, allowed bool) {
	c.mu.Lock()
	now := time.Now()
	wait := f.next.Sub(now)
	f.next = now.Add(max(wait, 0) + f.gap)
	c.mu.Unlock()
	if wait > 0 && !c.sleep(wait) {
		return m, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	m = netio.Manners{
		Accept: confirmAccept, Listen: confirmListen, Survive: f.survive, Whole: confirmWhole,
		Words: wordsFor(p.Port), Shut: p.shut,
	}
	if f.mute >= enoughMute {
		m.Whole = 4 * f.usual
		if !p.shut {
			m.Whole = max(m.Whole, 2*f.survive)
		}
		// What is left of the time is for all who still wait.
		share := p.until.Sub(now) * mostAtOnce / time.Duration(len(f.queue)+mostAtOnce)
		m.Whole = min(max(min(m.Whole, share), leastWhole), confirmWhole)
		m.Listen = min(m.Listen, m.Whole/2)
	}
	return m, c.ctx.Err() == nil
}

// sleep waits, unless the scan is ended.
func (c *confirmer) sleep(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.ctx.Done():
		return false
	}
}

// fate is what a whole connection made of an open port.
type fate uint8

const (
	unconfirmed fate = iota // no connection could be made any more
	failed                  // for want of something of this machine
	real                    // somebody has it
	nobody                  // has it: a middlebox had accepted
	barred                  // it accepts, and takes nothing
	fates       = iota
)

// decide weighs a connection to a port that has answered before.
func decide(h netio.Handshake) fate {
	if h.Reason == exposure.LocalError {
		return failed
	}
	if h.Reason != exposure.SynAck {
		return unconfirmed
	}
	switch h.After {
	case netio.Nothing:
		return barred
	case netio.WasReset:
		return nobody
	}
	return real
}

// learn takes from a connection what it tells of others to the host.
func (c *confirmer) learn(f *facade, h netio.Handshake, fate fate) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f.seen[fate]++
	switch fate {
	case barred:
		f.mute++
	case real, nobody:
		if f.usual == 0 {
			f.usual = h.Passed
		}
		f.usual += (h.Passed - f.usual) / 8
	}
}

// word makes the observation of a port whose fate is known.
func (c *confirmer) word(p heldPort, h netio.Handshake, fate fate) exposure.Observation {
	o, r := p.Observation, c.request
	switch fate {
	case real:
		o.Detail = ""
		return o
	case nobody:
		o.State, o.Reason, o.Detail = exposure.Closed, exposure.Reset, r.Say("detail.nobody-behind")
		return o
	case barred:
		o.Detail = r.Say("detail.barred")
	case failed:
		o.Reason, o.Detail = exposure.LocalError, r.Say("detail.local", "Error", h.Err.Error())
	case unconfirmed:
		if h.Reason != "" {
			o.Reason = h.Reason
		}
		o.Detail = r.Say("detail.unconfirmed")
	}
	o.State, o.RTT = exposure.Unknown, 0
	return o
}

// remark says in the summary what hosts turned out to be. It is called when all
// is told.
func (c *confirmer) remark(n *run) {
	n.summary.PacketsSent += c.made()
	for _, f := range c.order {
		address, r, notes := f.address.String(), c.request, &n.summary.Notes
		if f.stage == hollow {
			*notes = append(*notes, r.Say("note.all-answer", "Address", address, "Asked", f.asked, "Took", f.took))
		}
		if f.seen[nobody] > 0 {
			*notes = append(*notes, r.Say("note.middlebox", "Address", address, "Count", f.seen[nobody]))
		}
		if len(f.way.ports) > 0 {
			*notes = append(*notes, r.Say("note.intercepted", "Address", address, "Ports", list(f.way.ports), "Hops", f.way.hops, "Distance", f.way.distance))
		}
		if f.seen[barred] > 0 {
			*notes = append(*notes, r.Say("note.barred", "Address", address, "Count", f.seen[barred]))
		}
		if f.seen[unconfirmed] > 0 {
			*notes = append(*notes, r.Say("note.unconfirmed", "Address", address, "Count", f.seen[unconfirmed]))
		}
	}
}
