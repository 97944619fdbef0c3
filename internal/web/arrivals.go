package web

import (
	"hash/maphash"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"sekisho/internal/reach"
)

// arrivals notices when every caller comes from one private address: that of the
// bridge of a container, or of a reverse proxy that is not trusted. Nobody's own
// address is known then.
type arrivals struct {
	log  *slog.Logger
	seed maphash.Seed

	mu     sync.Mutex
	first  netip.Addr          // the only peer so far
	others bool                // there were more
	agents map[uint64]struct{} // different browsers of it
	told   time.Time
}

// From so many different browsers on, one private address is hardly one machine.
const manyAgents = 4

// toldAgain is how often the log says so.
const toldAgain = time.Hour

func newArrivals(log *slog.Logger) *arrivals {
	return &arrivals{log: log, seed: maphash.MakeSeed(), agents: map[uint64]struct{}{}}
}

// weigh adds to a client what the arrivals so far tell. A private address that is
// this machine's own way out stands for others: nobody sits at a gateway.
func (a *arrivals) weigh(c client, trusted bool, gateways []netip.Addr, r *http.Request) client {
	if trusted || !c.peer.IsValid() {
		return c
	}
	private := reach.LAN(c.peer) || reach.Loopback(c.peer)
	gateway := private && slices.Contains(gateways, c.peer)
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case reach.Loopback(c.peer) && c.through == "": // this machine asks itself
		return c
	case !a.first.IsValid():
		a.first = c.peer
	case a.first != c.peer:
		a.others = true
	}
	if private && !a.others && len(a.agents) < manyAgents {
		a.agents[maphash.String(a.seed, r.UserAgent()+"\x00"+r.Header.Get("Accept-Language"))] = struct{}{}
	}
	if !private || c.through == "" && !gateway && (a.others || len(a.agents) < manyAgents) {
		return c
	}
	c.bridged = true
	if gateway && c.through == "" {
		c.through = "callers arrive from " + c.peer.String() + ", the gateway of this machine, and not from their own addresses"
	}
	if now := time.Now(); now.Sub(a.told) > toldAgain {
		a.told = now
		a.log.Warn("every caller arrives from one private address", "address", c.peer, "why", c.through,
			"mend", "a container: --network=host; a reverse proxy: --trusted-proxies "+c.peer.String())
	}
	return c
}
