package scan

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
)

// methods remembers how TCP ports were asked and why, for the summary.
type methods struct {
	syn, connect bool
	own          bool  // some targets that are connected to are this machine's own addresses
	unreached    bool  // raw packets do not reach some others
	why          error // raw SYN was not possible, or not right
	asked        bool  // the request wants connect
	unread       bool  // this machine's output rules could not be read
}

// outputRule is why ports are connected to though raw SYN is possible: raw
// packets do not pass the rules that this machine has for what goes out, and
// would show ports that its programs cannot reach.
type outputRule struct{ name string }

func (e *outputRule) Error() string { return "raw packets do not pass the output rules in " + e.name }

// choose opens the door for raw packets, or returns none where ports are to be
// connected to. Only a request that insists on raw SYN gets an error.
func (m *methods) choose(e *Engine, r *Request) (*tap, error) {
	if m.asked = r.Method == Connect; m.asked || len(r.TCP) == 0 || !r.foreign() {
		return nil, nil
	}
	t, err := e.raw()
	if err == nil && r.Method == Auto {
		var rule string
		if rule, err = netio.OutputRule(); rule != "" {
			err = &outputRule{rule}
		} else if err != nil {
			m.unread, err = true, nil
		}
	}
	if err == nil {
		return t, nil
	}
	if r.Method == SYN {
		return nil, &Error{"send raw SYN", err}
	}
	m.why = err
	return nil, nil
}

// Settle tells how TCP ports of an address that is none of this machine's would
// be asked now by a method, and which source ports the questions would have: none
// where the kernel chooses them. An engine that is used on keeps them.
func (e *Engine) Settle(m Method, to netip.Addr) (used Method, first, last uint16, err error) {
	r := &Request{Method: m, TCP: []uint16{1}, Targets: []exposure.Target{{Address: to}}, Own: func(netip.Addr) bool { return false }}
	var chosen methods
	t, err := chosen.choose(e, r)
	if err != nil || t == nil {
		return Connect, 0, 0, err
	}
	if raw, _ := t.part(r.Targets); len(raw) == 0 {
		return Connect, 0, 0, nil
	}
	return SYN, t.row.First, t.row.Last, nil
}

// foreign reports whether some target is no address of this machine.
func (r *Request) foreign() bool {
	for _, t := range r.Targets {
		if !r.Own(t.Address) {
			return true
		}
	}
	return false
}

// raw is the engine's door for raw packets, opened when it is first needed and
// again when it has broken.
func (e *Engine) raw() (*tap, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.tap != nil && e.tap.failure() == nil {
		return e.tap, nil
	}
	if e.tap != nil {
		_ = e.tap.close()
		e.tap = nil
	}
	t, err := openTap()
	if errors.Is(err, fs.ErrPermission) {
		err = fmt.Errorf("%w: %w", ErrNotPermitted, err)
	}
	if err == nil {
		e.tap = t
	}
	return t, err
}

// words says it.
func (m *methods) words(r *Request) string {
	var rule *outputRule
	switch {
	case m.syn && m.connect && m.own && !m.unreached:
		return r.Say("method.syn-and-connect")
	case m.syn && m.connect:
		return r.Say("method.syn-and-connect-unreached")
	case m.syn:
		return r.Say("method.syn")
	case !m.connect:
		return ""
	case m.asked:
		return r.Say("method.connect")
	case errors.As(m.why, &rule):
		return r.Say("method.connect-rules", "Rule", rule.name)
	case errors.Is(m.why, ErrNotPermitted):
		return r.Say("method.connect-unpermitted")
	case m.why != nil:
		return r.Say("method.connect-unsupported")
	}
	if m.unreached {
		return r.Say("method.connect-unreached")
	}
	return r.Say("method.connect-own")
}
