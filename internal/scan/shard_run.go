package scan

import (
	"context"
	"encoding/hex"

	"sekisho/internal/exposure"
)

// recall finds out what is known of the targets of the next wave. It returns
// those that have ports to ask, and what earlier runs concluded of all, if there
// were any.
func (n *run) recall(targets []exposure.Target) ([]exposure.Target, runner, error) {
	k, err := n.request.know(n.first, targets)
	n.known = k
	if k == nil || err != nil {
		return targets, nil, err
	}
	var earlier runner
	if n.request.journal != nil {
		earlier = &replay{request: n.request, first: n.first, targets: targets}
	}
	n.first += len(targets)
	k.silence(&n.effort)
	return k.left(), earlier, nil
}

// silence counts the silent ports of hosts that no lane will ask, since earlier
// runs have concluded all that is asked of them that way.
func (k *known) silence(e *effort) {
	for place, h := range k.hosts {
		if h.silent == 0 || place.transport == exposure.ICMP || k.asks(place) {
			continue
		}
		missed := 0.0
		if !k.request.Own(k.targets[place.target].Address) {
			missed = h.expect()
		}
		e.silence(h.tried, missed)
	}
}

// parts says what part of a work the run did.
func (n *run) parts() {
	s, r := &n.summary, n.request
	if r.Shard.parted() {
		sum := fingerprint([]Request{{Targets: r.Targets, TCP: r.TCP, UDP: r.UDP, Echo: r.Echo, Shard: Shard{Of: r.Shard.Of, Skip: r.Shard.Skip}}})
		s.Notes = append(s.Notes, r.Say("note.shard", "Shard", s.Shard, "Ports", r.size(), "Work", hex.EncodeToString(sum[:4])))
	}
	if n.repeated > 0 {
		s.Notes = append(s.Notes, r.Say("note.resumed", "Count", n.repeated, "Ports", s.Ports))
	}
}

// replay is what earlier runs concluded, told once more. It stands among the
// lanes of a wave.
type replay struct {
	request *Request
	first   int
	targets []exposure.Target
	told    func(*plan, []conclusion)
	count   int
}

func (r *replay) report(told func(*plan, []conclusion)) { r.told = told }

// run tells all of it, even when ctx has ended: it is known.
func (r *replay) run(context.Context) error {
	_, err := r.request.repeat(r.first, r.targets, func(p *plan, batch []conclusion) {
		r.count += len(batch)
		r.told(p, batch)
	})
	return err
}

func (r *replay) remark(n *run) { n.repeated += r.count }
func (r *replay) close() error  { return nil }
func (r *replay) size() int     { return 0 }
func (r *replay) sent() int64   { return 0 }
func (r *replay) left() int64   { return 0 }

func (r *replay) unopened() int64 { return 0 }
