package web

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Check is one thing without which the service can serve nobody.
type Check struct {
	Name string // as in the answer, one word
	Do   func(ctx context.Context) error
}

// checkTime bounds all checks of one question.
const checkTime = 2 * time.Second

type readiness struct {
	Status string            `json:"status"` // ready, not ready or stopping
	Checks map[string]string `json:"checks,omitempty"`
}

// ready answers whether the service can take jobs: 503 says which part cannot. Why,
// the log says: the whole world may ask here.
func (s *Service) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), checkTime)
	defer cancel()
	errs := make([]error, len(s.config.Ready))
	var wait sync.WaitGroup
	for i, c := range s.config.Ready {
		wait.Go(func() { errs[i] = c.Do(ctx) })
	}
	wait.Wait()
	answer := readiness{Status: "ready", Checks: map[string]string{}}
	status := http.StatusOK
	var troubles []string
	for i, c := range s.config.Ready {
		answer.Checks[c.Name] = "ok"
		if errs[i] != nil {
			answer.Checks[c.Name], answer.Status, status = "failed", "not ready", http.StatusServiceUnavailable
			troubles = append(troubles, c.Name+": "+errs[i].Error())
		}
	}
	if s.stopping.Load() {
		answer.Status, status = "stopping", http.StatusServiceUnavailable
	}
	s.unready.say(s.config.Log.Warn, troubles)
	s.write(w, status, answer)
}

// changes says something when it is another than the last time.
type changes struct {
	mu   sync.Mutex
	last []string
}

func (c *changes) say(log func(string, ...any), troubles []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !slices.Equal(c.last, troubles) && len(troubles) > 0 {
		log("not ready", "why", strings.Join(troubles, "; "))
	}
	c.last = troubles
}
