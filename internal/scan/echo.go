package scan

import (
	"time"

	"sekisho/internal/cookie"
	"sekisho/internal/exposure"
	"sekisho/internal/netio"
)

// echoWay asks hosts for ICMP echoes: their one port is number 0.
type echoWay struct {
	echoes *netio.Echoes
	plan   *plan
	key    cookie.Key
	clock  clock
	ready  []evidence
	sent   int64
}

func newEchoWay(p *plan) (way, error) {
	return &echoWay{echoes: netio.NewEchoes(), plan: p, key: p.key, clock: newClock(p.size())}, nil
}

func (w *echoWay) send(batch []ask) (int, error) {
	for i, a := range batch {
		w.clock.start(a.index)
		err := w.echoes.Send(a.to.Addr(), w.key.Word(a.to, 0))
		switch {
		case err == nil:
			w.sent++
		case netio.Scarce(err):
			return i, err
		default:
			w.ready = append(w.ready, unsent(a, err))
		}
	}
	return len(batch), nil
}

func (w *echoWay) receive(into []evidence, until time.Time) ([]evidence, error) {
	into = append(into, w.ready...)
	if len(w.ready) > 0 {
		until = time.Time{}
	}
	w.ready = w.ready[:0]
	err := w.echoes.Receive(until, func(r netio.Echo) {
		index, ok := w.plan.find(r.Peer)
		if !ok {
			return
		}
		e := evidence{index: index, reason: r.Reason, by: r.By, local: r.Local, at: r.At, rtt: w.clock.since(index, r.At)}
		if r.Reason == "" {
			if r.Nonce != w.key.Word(w.plan.endpoint(index), 0) {
				return
			}
			e.reason = exposure.EchoReply
		}
		into = append(into, e)
	})
	return into, err
}

func (w *echoWay) waiting() int   { return -1 }
func (w *echoWay) packets() int64 { return w.sent }
func (w *echoWay) close() error   { return w.echoes.Close() }
