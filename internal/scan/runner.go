package scan

import (
	"context"

	"sekisho/internal/exposure"
)

// runner asks all ports of one plan and concludes each of them. A run drives
// several at once and sums up what they tell.
type runner interface {
	run(ctx context.Context) error
	close() error
	report(func(*plan, []conclusion)) // who is told of conclusions; before run
	size() int                        // ports
	sent() int64                      // packets
	left() int64                      // questions still to be asked, as far as is known
	unopened() int64                  // connections still to be opened, where they are counted
	remark(n *run)                    // fills the summary in, after run
}

func (l *lane) close() error { return l.way.close() }
func (l *lane) size() int    { return l.plan.size() }
func (l *lane) sent() int64  { return l.packets.Load() }
func (l *lane) left() int64  { return l.todo.Load() }

func (l *lane) unopened() int64 { return l.toOpen.Load() }

func (l *lane) report(conclude func(*plan, []conclusion)) {
	l.conclude = func(l *lane, batch []conclusion) { conclude(l.plan, batch) }
}

func (l *lane) remark(n *run) {
	n.assumed = n.assumed || l.ledger.assumed(l.known)
	n.troubled(l.trouble)
	n.effort.rtt = max(n.effort.rtt, l.ledger.srtt)
	for i := range l.ledger.hosts {
		n.seen = n.seen.plus(l.ledger.hosts[i].way())
		address, h := l.plan.targets[i].Address.String(), &l.ledger.hosts[i]
		if h.silent > 0 && l.plan.transport != exposure.ICMP {
			n.effort.silence(h.tried, l.ledger.expect(h))
		}
		n.limits(address, h)
		if !h.fellSilent.IsZero() {
			n.summary.Notes = append(n.summary.Notes, n.request.Say("note.fell-silent",
				"Address", address, "After", n.span(h.fellSilent.Sub(l.started).Seconds())))
		}
	}
}
