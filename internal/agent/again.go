package agent

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"sekisho/internal/cookie"
	"sekisho/internal/exposure"
	"sekisho/internal/scan"
)

// states are what a job saw of TCP ports, where it has to be held against what an
// earlier look saw.
type states map[uint16]exposure.State

func (s states) take(o exposure.Observation) {
	if s != nil && o.Transport == exposure.TCP {
		s[o.Port] = o.State
	}
}

// differing are the ports that an earlier look saw in another state. What one of
// them could not tell is no other state.
func (s states) differing(before []exposure.AlikePorts) exposure.PortList {
	var list exposure.PortList
	for _, b := range before {
		for _, p := range b.Ports {
			now, asked := s[p]
			if b.Transport == exposure.TCP && asked && now != b.State && now != exposure.Unknown && b.State != exposure.Unknown {
				list = append(list, p)
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// again asks once more the ports that an earlier look saw in another state, in each
// way that there is: what answers a whole connection need not answer half of one.
func (t *task) again(ctx context.Context, target exposure.Target, view func(netip.Addr) exposure.View, log *log) {
	ports := log.states.differing(t.job.Before)
	if len(ports) == 0 || ctx.Err() != nil {
		return
	}
	methods := []scan.Method{scan.Connect}
	if t.method == scan.SYN {
		methods = []scan.Method{scan.SYN, scan.Connect}
	}
	for _, m := range methods {
		name := "connect"
		if m == scan.SYN {
			name = "syn"
		}
		_, err := t.agent.engine.Run(ctx, scan.Request{
			Targets: []exposure.Target{target}, TCP: ports, Method: m, Retries: -1, Rate: t.agent.config.Station.Limits.Rate,
			Timeout: time.Until(t.job.Deadline), View: view, Vantage: t.agent.config.Station.ID, Key: cookie.Key(t.job.Key),
		}, func(o exposure.Observation) {
			log.askedAgain(exposure.AskedAgain{Port: o.Port, Method: name, State: t.honest(o).State, Reason: o.Reason, SeenAt: o.SeenAt.UTC()})
		})
		if err != nil {
			return // the job has ended; what was seen stays
		}
	}
}
