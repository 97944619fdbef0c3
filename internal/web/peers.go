package web

import (
	"net/http"
	"time"

	"sekisho/internal/exposure"
)

// grantLasts is how long another vantage may send to the ports that it was granted.
const grantLasts = 2 * time.Minute

// peer allows another vantage to send to some ports of this one. Nothing is sent
// from here: the kernel answers, or whoever listens.
func (s *Service) peer(w http.ResponseWriter, r *http.Request) {
	if err := s.refuses(r); err != nil {
		s.problem(w, err)
		return
	}
	now := time.Now()
	if wait := s.naming.take(caller(r), now); wait > 0 {
		s.later(w, wait)
		return
	}
	s.config.Log.Info("peer", "address", caller(r))
	s.write(w, http.StatusOK, exposure.NewPeerGrant(s.config.Door.Station().Echoes, now.Add(grantLasts)))
}
