package agent

import (
	"context"
	"net/netip"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/scan"
)

// Bounds of what is sent to a peer.
const (
	peerRate = 50 // packets a second
	peerTime = 30 * time.Second
)

// Prove sends to ports of a peer that allowed it, and keeps which of them answered:
// packets of this vantage get there. It returns those.
func (a *Agent) Prove(ctx context.Context, peer netip.Addr, ports exposure.StationPorts) (exposure.StationPorts, error) {
	var proven exposure.StationPorts
	_, err := a.engine.Run(ctx, scan.Request{
		Targets: []exposure.Target{{Address: peer}}, TCP: ports.TCP, UDP: ports.UDP, Method: a.config.Method, Retries: -1,
		Rate: peerRate, Timeout: peerTime, Payloads: a.config.Payloads, Vantage: a.config.Station.ID,
	}, func(o exposure.Observation) {
		if !a.egress.take(o) {
			return
		}
		if o.Transport == exposure.UDP {
			proven.UDP = append(proven.UDP, o.Port)
		} else {
			proven.TCP = append(proven.TCP, o.Port)
		}
	})
	return proven, err
}

// Reached notes that somebody else's connection to a port of this vantage's own came
// through, as those of FTP servers are to in mode PORT.
func (a *Agent) Reached(at time.Time) { a.egress.reach(at) }
