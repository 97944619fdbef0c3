package lab

import "sync"

// transcript keeps the last of what a program says, for the message that tells
// why it failed. It may be read while the program still speaks.
type transcript struct {
	mu   sync.Mutex
	text []byte
}

// transcriptRoom is how much is kept.
const transcriptRoom = 64 << 10

// Write keeps p.
func (t *transcript) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if over := len(t.text) - transcriptRoom; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
	return len(p), nil
}

// String is what was kept.
func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}
