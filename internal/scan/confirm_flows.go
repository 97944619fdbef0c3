package scan

import (
	"net/netip"
	"time"

	"sekisho/internal/netio"
)

// open waits until one more connection to a host may be made. It is false when
// the scan has ended.
func (c *confirmer) open(f *facade) bool { return !f.counted || c.flows.wait(c.ctx) }

// connect makes a whole connection to a port of a host.
func (c *confirmer) connect(f *facade, port uint16, m netio.Manners) netio.Handshake {
	if !c.open(f) {
		return netio.Handshake{}
	}
	return c.shake(c.ctx, netip.AddrPortFrom(f.address, port), m)
}

// until is when one more port of a host is confirmed at the latest: it waits
// for those before it.
func (c *confirmer) until(f *facade, now time.Time) time.Time {
	turn := now
	if f.counted {
		turn = c.flows.due(now, len(f.queue)+1)
	}
	return later(turn, now.Add(time.Duration(len(f.queue))*f.gap)).Add(confirmTime)
}
