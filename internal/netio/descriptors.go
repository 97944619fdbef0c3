package netio

import "sync"

// Descriptors is how many files this process may still open for asking in
// bulk. All connectors of an engine share one, so that scans side by side stay
// under the limit together.
type Descriptors struct {
	// Limit and Open tell how many descriptors the process may have and has;
	// ok is false where the system has no such limit.
	limit func() (n int, ok bool)
	open  func() int

	mu    sync.Mutex
	taken int
	most  int
}

// NewDescriptors returns the budget of this process.
func NewDescriptors() *Descriptors {
	return &Descriptors{limit: descriptorLimit, open: openDescriptors}
}

// unlimited is the budget where the system sets none: as many sockets as one
// connector can use.
const unlimited = 16384

// Refresh reads the limit and what is open anew. An eighth of the limit,
// between 16 and 256, stays free for the rest of the program.
func (d *Descriptors) Refresh() {
	limit, limited := d.limit()
	open := d.open()
	d.mu.Lock()
	defer d.mu.Unlock()
	if !limited {
		d.most = unlimited
		return
	}
	spare := min(max(limit/8, 16), 256)
	d.most = max(limit-(open-d.taken)-spare, 1)
}

// take asks for one descriptor.
func (d *Descriptors) take() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.taken >= d.most {
		return false
	}
	d.taken++
	return true
}

// give returns descriptors.
func (d *Descriptors) give(n int) {
	d.mu.Lock()
	d.taken -= n
	d.mu.Unlock()
}
