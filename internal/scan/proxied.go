package scan

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
)

// proxyPatience is how long a proxy may take to say what became of a
// connection. What it has not said by then is unknown: most wait for a silent
// port longer than anybody would wait for them.
const proxyPatience = 20 * time.Second

// proxiedControl is how long a proxy is waited for that looks for what does not
// exist: one that grants everything does so at once.
const proxiedControl = 5 * time.Second

// How many connections go through a proxy at once. It serves others too.
const (
	proxiedWide   = 32
	proxiedPolite = 4
)

// proxiedTick is how often the progress is told at most.
const proxiedTick = 250 * time.Millisecond

// errProxied is why a request cannot go through a proxy.
var errProxied = errors.New("only TCP ports go through a proxy, by connecting, without shards and without a journal")

// proxyNowhere is a name that cannot be connected to (RFC 6761 section 6.4).
const proxyNowhere = "sekisho.invalid"

// proxied is a scan in which each connection goes through a proxy. A state is
// what the proxy says, and where it does not say unmistakably, unknown.
type proxied struct {
	request  *Request
	pretends bool // it grants what does not exist, so that its yes says nothing
	sent     int64
}

// runProxied asks each port of the request through its proxy. A proxy that
// cannot be used at all is an error; the rest is the ports' own.
func (e *Engine) runProxied(ctx context.Context, r Request, found func(exposure.Observation)) (exposure.ScanSummary, error) {
	if len(r.UDP) > 0 || r.Echo || r.Method == SYN || r.Shard.parted() || r.journal != nil {
		return exposure.ScanSummary{}, &Error{"use a proxy", errProxied}
	}
	started := time.Now()
	p := &proxied{request: &r}
	summary := exposure.ScanSummary{Hosts: r.hosts(), Ports: r.size(), Method: r.Say("method.proxy", "Proxy", r.Proxy.At)}
	limited, cancel := context.WithTimeout(ctx, p.bound())
	defer cancel()
	if err := p.control(limited); err != nil {
		return summary, err
	}
	if p.pretends {
		summary.Notes = append(summary.Notes, r.Say("note.proxy-pretends"))
	}
	var told time.Time
	p.each(limited, func(o exposure.Observation) {
		summary.Count(o.State)
		found(o)
		if r.Progress != nil && time.Since(told) > proxiedTick {
			told = time.Now()
			done := summary.Open + summary.Closed + summary.Filtered + summary.Unknown
			r.Progress(Progress{Done: done, Total: summary.Ports, Share: float64(done) / float64(summary.Ports), Sent: p.sent})
		}
	})
	summary.PacketsSent, summary.ElapsedMS = p.sent, time.Since(started).Milliseconds()
	summary.Complete = summary.Open+summary.Closed+summary.Filtered+summary.Unknown == summary.Ports
	if !summary.Complete && ctx.Err() == nil {
		summary.Notes = append(summary.Notes, r.Say("note.timeout"))
	}
	return summary, ctx.Err()
}

func (p *proxied) wide() int {
	if p.request.Profile == Polite {
		return proxiedPolite
	}
	return proxiedWide
}

// tries is how often an answer that says nothing is asked for.
func (p *proxied) tries() int {
	if p.request.Retries >= 0 {
		return 1 + p.request.Retries
	}
	return 2
}

// bound is the longest that the scan may take.
func (p *proxied) bound() time.Duration {
	if p.request.Timeout > 0 {
		return p.request.Timeout
	}
	rounds := p.request.size()/p.wide() + 2
	longest := time.Duration(rounds*p.tries()) * proxyPatience
	if p.request.Rate > 0 {
		longest += time.Duration(p.request.size()*p.tries()) * time.Second / time.Duration(p.request.Rate)
	}
	return longest
}

// control asks for what cannot be. A proxy that grants it grants everything:
// OpenSSH's does so before it has tried.
func (p *proxied) control(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, proxiedControl)
	defer cancel()
	err := p.dial(ctx, exposure.Target{Name: proxyNowhere, Address: netio.Behind(0)}, 443)
	if errors.Is(err, netio.ErrProxy) {
		if inner := errors.Unwrap(err); errors.Is(inner, netio.ErrProxy) {
			err = inner // where it was to lead says nothing
		}
		return &Error{"use the proxy", err}
	}
	p.pretends = err == nil
	return nil
}

// dial connects once and lets go.
func (p *proxied) dial(ctx context.Context, t exposure.Target, port uint16) error {
	ctx, cancel := context.WithTimeout(ctx, proxyPatience)
	defer cancel()
	d := &netio.Dialer{Proxy: p.request.Proxy, Name: t.Name, Limits: netio.Limits{Deadline: time.Now().Add(proxyPatience)}}
	c, err := d.Dial(ctx, exposure.TCP, netip.AddrPortFrom(t.Address, port))
	if err != nil {
		return err
	}
	return c.Close()
}

// proxiedPort is one port to ask.
type proxiedPort struct {
	target exposure.Target
	port   uint16
}

// each asks every port, some at once, and tells each from one goroutine.
func (p *proxied) each(ctx context.Context, tell func(exposure.Observation)) {
	ports := make(chan proxiedPort)
	seen := make(chan exposure.Observation)
	var workers sync.WaitGroup
	for range p.wide() {
		workers.Go(func() {
			for one := range ports {
				if o, whole := p.ask(ctx, one); whole {
					seen <- o
				}
			}
		})
	}
	go func() {
		defer close(ports)
		var tick <-chan time.Time
		if p.request.Rate > 0 {
			t := time.NewTicker(time.Second / time.Duration(p.request.Rate))
			defer t.Stop()
			tick = t.C
		}
		for _, port := range p.request.TCP {
			for _, target := range p.request.Targets {
				if tick != nil {
					select {
					case <-tick:
					case <-ctx.Done():
						return
					}
				}
				select {
				case ports <- proxiedPort{target, port}:
				case <-ctx.Done():
					return
				}
			}
		}
	}()
	go func() {
		workers.Wait()
		close(seen)
	}()
	for o := range seen {
		p.sent += int64(o.Attempts)
		tell(o)
	}
}

// ask finds the state of one port; whole is false when the scan ended meanwhile.
func (p *proxied) ask(ctx context.Context, one proxiedPort) (o exposure.Observation, whole bool) {
	r := p.request
	o = exposure.Observation{
		Host: one.target.Name, Address: one.target.Address, Transport: exposure.TCP, Port: one.port,
		View: exposure.ViewProxy, Vantage: r.Vantage,
	}
	for o.Attempts < p.tries() {
		err := p.dial(ctx, one.target, one.port)
		o.Attempts++
		o.SeenAt = time.Now().Round(0).UTC()
		o.State, o.Reason, o.By = proxiedState(err)
		switch {
		case ctx.Err() != nil:
			return o, false
		case err == nil && p.pretends:
			o.State, o.Reason, o.By = exposure.Unknown, exposure.LocalError, ""
			o.Detail = r.Say("note.proxy-pretends")
			return o, true
		case o.State != exposure.Unknown:
			if err == nil {
				o.By = r.Proxy.At.Addr().String()
			}
			return o, true
		}
		var e *netio.Error
		if errors.As(err, &e) {
			o.Detail = r.Say("detail.proxy", "Error", e.Err.Error())
		}
	}
	return o, true
}

// proxiedState is what the end of a connection through a proxy says of the port.
func proxiedState(err error) (exposure.State, exposure.Reason, string) {
	var e *netio.Error
	switch {
	case err == nil:
		return exposure.Open, exposure.ProtoResponse, ""
	case !errors.As(err, &e):
		return exposure.Unknown, exposure.LocalError, ""
	}
	switch e.Reason {
	case exposure.ConnRefused, exposure.Reset:
		return exposure.Closed, e.Reason, e.By
	case exposure.NoResponse, exposure.HostUnreach, exposure.NetUnreach, exposure.TimeExceeded, exposure.AdminProhibited:
		return exposure.Filtered, e.Reason, e.By
	}
	return exposure.Unknown, exposure.LocalError, ""
}
