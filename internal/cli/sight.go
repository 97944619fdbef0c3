package cli

import (
	"sekisho/internal/diagnose"
	"sekisho/internal/diagnose/gather"
	"sekisho/internal/exposure"
	"sekisho/internal/witness"
)

// sight is what this machine itself sees of a vantage's job: it is opened when
// the vantage has said what it will send, and before it sends.
type sight struct {
	witness *witness.Witness
	watched exposure.Watched
	back    []diagnose.Back
}

// open begins to watch. Where packets cannot be captured the job goes on.
func (s *sight) open(plan exposure.Plan) error {
	var err error
	if s.witness, err = witness.Open(witness.Planned(plan, datagrams)); err != nil {
		s.watched = exposure.Watched{Address: plan.Address, Unseen: oneLine(err.Error())}
	}
	return nil
}

// close ends the watch, and looks up by which way answers go.
func (s *sight) close() {
	if s.witness == nil {
		return
	}
	s.watched = s.witness.Close()
	s.witness = nil
	s.back = gather.Back([]exposure.Watched{s.watched})
}

// datagrams are what a vantage sends to a UDP port.
func datagrams(port uint16, nonce uint64) [][]byte {
	var list [][]byte
	for _, p := range payloads(port) {
		list = append(list, p.New(nonce))
	}
	return list
}

// tellArrived gives a case what was watched of its zone's vantages.
func (r *checkRun) tellArrived(c *diagnose.Case) {
	for _, v := range r.outside {
		if v.trouble != "" || !v.sight.watched.Address.IsValid() || (v.view == exposure.ViewOutside) != (c.Zone != exposure.ZoneLAN) {
			continue
		}
		c.Watched = append(c.Watched, v.sight.watched)
		c.Back = append(c.Back, v.sight.back...)
		if v.view != exposure.ViewOutside {
			c.Sent = append(c.Sent, v.seen.Sent...)
		}
	}
}

// unwatched is the line about packets that could not be captured, once.
func (r *checkRun) unwatched() []string {
	for _, v := range r.outside {
		if v.sight.watched.Unseen != "" {
			return []string{r.app.say.Say("via.blind", "Error", v.sight.watched.Unseen)}
		}
	}
	return nil
}
