package cli

import (
	"context"
	"errors"
	"io/fs"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"

	"sekisho/internal/diagnose"
	"sekisho/internal/diagnose/gather"
	"sekisho/internal/exposure"
	"sekisho/internal/hostnet"
	"sekisho/internal/netio"
	"sekisho/internal/reach"
	"sekisho/internal/untrusted"
	"sekisho/internal/witness"
)

const (
	listenMost = 5 * time.Minute // without --timeout
	listenLook = time.Minute     // what the look at the end may take, also after Ctrl-C
	mostComers = 1000            // addresses
)

// comers are those who come to a temporary listener: what was heard on the wire,
// before the packet filter, and whose connection came about.
type comers struct {
	machine machine
	port    portKey
	sight   *witness.Witness // nil when packets cannot be captured

	mu    sync.Mutex
	taken map[netip.Addr]exposure.Arrival // by the listener, by who came
}

// listenDiagnosis takes what comes for a port where nothing listens yet, and then
// tells the way to it: a forward is proven before the server exists.
func (a *app) listenDiagnosis(ctx context.Context, flags *diagnoseFlags) error {
	ports, err := a.askedPorts(flags.listen, flags)
	if err != nil || len(ports) != 1 || ports[0].port == 0 {
		return a.fail(exitUsage, "listen.port", "Port", quoted(flags.listen))
	}
	m, err := a.machine()
	if err != nil {
		return err
	}
	key := ports[0].portKey
	l, err := witness.Listen(ctx, key.transport, key.port)
	if err != nil {
		return a.notListening(ctx, key, err)
	}
	c := &comers{machine: m, port: key, taken: map[netip.Addr]exposure.Arrival{}}
	watch := witness.Watch{TCP: []uint16{key.port}}
	if key.transport == exposure.UDP {
		watch = witness.Watch{UDP: []uint16{key.port}}
	}
	if c.sight, err = witness.Open(watch); err != nil {
		a.note("listen.blind", "Error", oneLine(err.Error()))
	} else {
		defer c.sight.Close()
	}
	serving, end := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.Serve(serving, func(came exposure.Arrival) { c.take(a, came) })
	}()
	defer func() { end(); <-done }()
	if len(flags.via.urls) == 0 { // a vantage comes when it is asked
		a.waitForComers(ctx, flags, c)
	}
	return a.tellComers(ctx, flags, c, ports)
}

// notListening is why a port could not be taken, in one line.
func (a *app) notListening(ctx context.Context, key portKey, err error) error {
	port := strconv.Itoa(int(key.port)) + "/" + key.transport.String()
	switch {
	case errors.Is(err, fs.ErrPermission):
		return a.fail(exitUsage, "listen.privileged", "Port", port)
	case !netio.SourceTaken(err):
		return a.fail(exitUsage, "listen.failed", "Port", port, "Error", reason(err))
	}
	process := ""
	if list, _, err := hostnet.Listeners(ctx); err == nil {
		i := slices.IndexFunc(list, func(l exposure.Listener) bool {
			return l.Transport == key.transport && l.Port == key.port && l.Process != ""
		})
		if i >= 0 {
			process = list[i].Process + " (" + strconv.Itoa(list[i].PID) + ")"
		}
	}
	return a.fail(exitUsage, "listen.in-use", "Port", port, "Process", untrusted.New(process, maxReason).Terminal())
}

// waitForComers says what to run elsewhere and waits, telling who comes.
func (a *app) waitForComers(ctx context.Context, flags *diagnoseFlags, c *comers) {
	most := listenMost
	if a.common.timeout > 0 {
		most = a.common.timeout
	}
	port, spec := strconv.Itoa(int(c.port.port))+"/"+c.port.transport.String(), strconv.Itoa(int(c.port.port))
	if c.port.transport == exposure.UDP {
		spec = "u:" + spec
	}
	for _, own := range c.machine.addresses {
		if !own.IsLoopback() && !own.IsLinkLocalUnicast() && flags.family.keeps(own) {
			a.note("listen.elsewhere", "Address", own, "Ports", spec)
			break
		}
	}
	a.note("listen.outside")
	a.note("listen.ready", "Port", port, "Seconds", int(most.Seconds()))
	waiting, stop := context.WithTimeout(ctx, most)
	defer stop()
	told := map[netip.Addr]bool{}
	for waited(waiting, time.Now().Add(time.Second)) {
		for _, came := range c.seen().Arrivals {
			if came.Answer == "" && !told[came.From.Addr()] && time.Since(came.SeenAt) > time.Second && len(told) < mostComers {
				told[came.From.Addr()] = true
				a.note("diagnosis.arrival-unanswered", "Time", clock(came.SeenAt), "From", came.From.Addr(), "To", came.To)
			}
		}
	}
}

// clock is the time of the day, in UTC.
func clock(t time.Time) string { return t.UTC().Format("15:04:05") }

// take keeps who came to the listener, and tells of him the first time. This
// machine's own connections prove nothing.
func (c *comers) take(a *app, came exposure.Arrival) {
	from := came.From.Addr()
	if c.machine.isOwn(from) || from.IsLoopback() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	known, again := c.taken[from]
	switch {
	case again:
		known.Packets++
		c.taken[from] = known
		return
	case len(c.taken) >= mostComers:
		return
	}
	c.taken[from] = came
	id := "diagnosis.arrival-answered"
	if came.Accepted {
		id = "diagnosis.arrival-accepted"
	}
	a.note(id, "Time", clock(came.SeenAt), "From", from, "To", came.To, "Answer", string(came.Answer))
}

// seen is who came until now, each once: those whose connection came about first.
func (c *comers) seen() exposure.Watched {
	var w exposure.Watched
	if c.sight != nil {
		w = c.sight.Seen()
	}
	w.Arrivals = slices.DeleteFunc(w.Arrivals, func(came exposure.Arrival) bool { return c.machine.isOwn(came.From.Addr()) })
	c.mu.Lock()
	defer c.mu.Unlock()
	heard := map[netip.Addr]bool{}
	for i, came := range w.Arrivals {
		from := came.From.Addr()
		heard[from] = true
		w.Arrivals[i].Accepted = c.taken[from].Accepted
	}
	for from, came := range c.taken {
		if !heard[from] {
			w.Arrivals = append(w.Arrivals, came)
		}
	}
	slices.SortStableFunc(w.Arrivals, func(a, b exposure.Arrival) int {
		if a.Accepted != b.Accepted {
			if a.Accepted {
				return -1
			}
			return 1
		}
		return a.SeenAt.Compare(b.SeenAt)
	})
	return w
}

// zoneOf is the zone that somebody came from.
func (c *comers) zoneOf(from netip.Addr) exposure.Zone {
	switch {
	case !reach.Global(from) || c.machine.onLink(from):
		return exposure.ZoneLAN
	case from.Unmap().Is4():
		return exposure.ZoneInternetV4
	}
	return exposure.ZoneInternetV6
}

// zones adds those that somebody came from. Where only people of the Internet
// came, nothing needs to be told of the LAN.
func (c *comers) zones(zones []exposure.Zone) []exposure.Zone {
	if c == nil {
		return zones
	}
	var found []exposure.Zone
	for _, came := range c.seen().Arrivals {
		if zone := c.zoneOf(came.From.Addr()); !slices.Contains(found, zone) {
			found = append(found, zone)
		}
	}
	for _, zone := range zones {
		if zone != exposure.ZoneLAN && !slices.Contains(found, zone) || len(found) == 0 {
			found = append(found, zone)
		}
	}
	slices.Sort(found)
	return found
}

// tell adds to a case who came from its zone. What listens is the listener, of
// which no protocol is to be expected; and whether the own global address leads
// back in from inside is not the question.
func (c *comers) tell(to *diagnose.Case) {
	if c == nil {
		return
	}
	to.Expected, to.Services = "", nil
	to.Observations = slices.DeleteFunc(to.Observations, func(o exposure.Observation) bool { return o.View == exposure.ViewHairpin })
	w := c.seen()
	w.Arrivals = slices.DeleteFunc(w.Arrivals, func(came exposure.Arrival) bool { return c.zoneOf(came.From.Addr()) != to.Zone })
	to.Watched = append(to.Watched, w)
	to.Back = append(to.Back, gather.Back(to.Watched)...)
}

// tellComers looks at the way while the listener still stands, and tells it with
// who came. Ctrl-C ends the waiting, not this.
func (a *app) tellComers(ctx context.Context, flags *diagnoseFlags, c *comers, ports []asked) error {
	looking := ctx
	if len(flags.via.urls) == 0 {
		var stop context.CancelFunc
		looking, stop = context.WithTimeout(context.WithoutCancel(ctx), listenLook)
		defer stop()
	}
	flags.came = c
	document, err := a.diagnoseOwn(looking, flags, ports, nil)
	if err != nil {
		return err
	}
	document.Partial = document.Partial || ctx.Err() != nil
	if len(c.seen().Arrivals) == 0 {
		a.note("listen.nobody", "Port", strconv.Itoa(int(c.port.port))+"/"+c.port.transport.String())
	}
	err = a.tellDiagnosis(ctx, document)
	if err == nil && len(c.seen().Arrivals) == 0 && len(flags.via.urls) == 0 {
		return exit(exitUnseen)
	}
	return err
}
