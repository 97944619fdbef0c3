package scan

import (
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
)

// controlPorts is how many ports are asked of which nobody expects anything.
const controlPorts = 8

// mayPrint reports whether a port is one where printers print whatever they are
// sent: such a port is told nothing.
func mayPrint(port uint16) bool { return 9100 <= port && port <= 9107 }

// unlikely draws control ports: such that the scan does not ask, if there are
// some, and else some of those from which connections go out (RFC 6335 section
// 6), where servers are few.
func unlikely(asked []uint16, seed uint64) []uint16 {
	const privileged, dynamic = 1024, 49152
	var others, high []uint16
	for port := privileged; port <= 65535; port++ {
		if mayPrint(uint16(port)) {
			continue
		}
		if _, found := slices.BinarySearch(asked, uint16(port)); !found {
			others = append(others, uint16(port))
		} else if port >= dynamic {
			high = append(high, uint16(port))
		}
	}
	random := rand.New(rand.NewPCG(seed, controlPorts))
	for _, ports := range [][]uint16{others, high} {
		random.Shuffle(len(ports), func(i, j int) { ports[i], ports[j] = ports[j], ports[i] })
	}
	return append(others[:min(len(others), controlPorts)], high...)[:controlPorts]
}

// Waits for the connections to control ports.
const (
	controlAccept  = 2500 * time.Millisecond // a SYN that was lost is repeated after one second
	controlListen  = 300 * time.Millisecond
	controlSurvive = time.Second
	controlWhole   = 2 * time.Second
)

// words are what a port is told that has said nothing: an empty line. Servers
// of HTTP skip it (RFC 9112 section 2.2), those of line protocols answer it
// with an error or not at all, and it carries nothing into anybody's log.
var words = []byte("\r\n")

func wordsFor(port uint16) []byte {
	if mayPrint(port) {
		return nil
	}
	return words
}

// examine finds out by its controls what a host is that all ports of have
// answered so far.
func (c *confirmer) examine(f *facade) {
	c.mu.Lock()
	if c.controls == nil {
		c.controls = unlikely(c.request.TCP, c.request.Seed)
	}
	ports := c.controls
	c.mu.Unlock()
	answers := make([]netio.Handshake, len(ports))
	var all sync.WaitGroup
	for i, port := range ports {
		c.places <- struct{}{}
		all.Go(func() {
			defer func() { <-c.places }()
			answers[i] = c.connect(f, port, netio.Manners{
				Accept: controlAccept, Listen: controlListen, Survive: controlSurvive, Whole: controlWhole,
				Words: words,
			})
		})
	}
	all.Wait()
	j := judge(answers)
	c.mu.Lock()
	f.stage, f.asked, f.took = j.stage, len(ports), j.accepted
	if j.slowest > 0 {
		f.survive = max(3*j.slowest, leastSurvive)
	}
	if f.stage != honest {
		c.mention(f)
	}
	told := c.release(nil, f)
	c.mu.Unlock()
	c.fewer.Broadcast()
	c.tell(told)
}

// leastSurvive is how long a connection must last at least, where middleboxes
// reset those that nobody stands behind.
const leastSurvive = 200 * time.Millisecond

// judgement is what controls tell of a host.
type judgement struct {
	stage    stage
	accepted int
	slowest  time.Duration // reset of a connection that was accepted
}

// judge weighs the controls of a host. When this machine could not ask them,
// there is nothing against the host.
func judge(answers []netio.Handshake) judgement {
	var j judgement
	proven := 0
	for _, a := range answers {
		if a.Reason != exposure.SynAck {
			continue
		}
		j.accepted++
		switch a.After {
		case netio.Nothing:
		case netio.WasReset:
			j.slowest = max(j.slowest, a.Passed)
		default:
			proven++
		}
	}
	switch {
	case 2*j.accepted < len(answers):
		j.stage = honest
	case 2*proven > j.accepted:
		j.stage = hollow
	default:
		j.stage = doubted
	}
	return j
}
