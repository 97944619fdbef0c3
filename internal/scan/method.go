package scan

import (
	"errors"
	"fmt"
)

// methods remembers how TCP ports were asked and why, for the summary.
type methods struct {
	syn, connect bool
	own          bool  // some targets are this machine's own addresses
	why          error // raw SYN was not possible
	asked        bool  // the request wants connect
}

// raw opens the raw way, or returns none where ports are to be connected to.
// Only a request that insists on raw SYN gets an error.
func (m *methods) raw(e *Engine, r *Request, p *plan, own bool) (way, error) {
	if own || r.Method == Connect {
		m.connect, m.own, m.asked = true, m.own || own, r.Method == Connect
		return nil, nil
	}
	w, err := way(nil), fmt.Errorf("raw SYN: %w", errors.ErrUnsupported)
	if openSYN != nil {
		w, err = openSYN(e, r, p)
	}
	if err == nil {
		m.syn = true
		return w, nil
	}
	if r.Method == SYN {
		return nil, &Error{"send raw SYN", err}
	}
	m.connect, m.why = true, err
	return nil, nil
}

// words says it.
func (m *methods) words(r *Request) string {
	switch {
	case m.syn && m.connect:
		return r.Say("method.syn-and-connect")
	case m.syn:
		return r.Say("method.syn")
	case !m.connect:
		return ""
	case m.asked:
		return r.Say("method.connect")
	case errors.Is(m.why, ErrNotPermitted):
		return r.Say("method.connect-unpermitted")
	case m.why != nil:
		return r.Say("method.connect-unsupported")
	}
	return r.Say("method.connect-own")
}
