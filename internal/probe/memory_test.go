package probe

import (
	"bytes"
	"context"
	"runtime"
	"strings"
	"testing"
)

// TestMemoryOfHostilePeers holds that what a probe allocates in all is bounded
// by what it was sent: 64 KiB and sixteen times the bytes that it read. TLS and
// SSH are left out, whose handshakes cost more than that whoever the peer is.
func TestMemoryOfHostilePeers(t *testing.T) {
	said := map[string][]byte{
		"endless-line":    bytes.Repeat([]byte("A"), 1<<20),
		"many-lines":      bytes.Repeat([]byte("220-FTP and SMTP\r\n"), 100_000),
		"many-replies":    bytes.Repeat([]byte("220 FTP\r\n"), 100_000),
		"many-mails":      bytes.Repeat([]byte("250 SMTP\r\n"), 100_000),
		"endless-header":  []byte("HTTP/1.1 200 OK\r\n" + strings.Repeat("X-Again: a\r\n", 100_000)),
		"many-fields":     []byte("HTTP/1.1 200 OK\r\n" + fields(10_000)),
		"endless-body":    []byte("HTTP/1.1 200 OK\r\n\r\n" + strings.Repeat("<title", 100_000)),
		"endless-chunks":  []byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + strings.Repeat("1\r\na\r\n", 100_000)),
		"endless-interim": bytes.Repeat([]byte("HTTP/1.1 100 Continue\r\n\r\n"), 10_000),
		"endless-offers":  bytes.Repeat([]byte{telnetIAC, telnetDo, 1, telnetIAC, telnetWill, 3}, 100_000),
		"endless-options": bytes.Repeat([]byte{telnetIAC, telnetSB, 24, 0, 0, 0}, 100_000),
		"long-message":    append([]byte{0xff, 0xff, 0x12, 0x34, 0x84, 0}, bytes.Repeat([]byte{0xc0, 0x0c}, 40_000)...),
	}
	for _, p := range All() {
		if p.Name == tlsName || p.Name == "ssh" {
			continue
		}
		for name, b := range said {
			t.Run(p.Name+"-"+p.Transport.String()+"/"+name, func(t *testing.T) {
				read := uint64(min(len(b), maxBytes))
				took, most := uint64(0), 64<<10+16*read
				// The count is of the whole process: what other goroutines do
				// meanwhile adds to it, and so the least of a few runs is the probe's.
				for range 3 {
					if took = allocated(p, b); took <= most {
						return
					}
				}
				t.Errorf("%d bytes for %d read, at most %d", took, read, most)
			})
		}
	}
}

// allocated is how much a probe allocates against a peer that says b.
func allocated(p Probe, b []byte) uint64 {
	h := &hunt{peer: fixedPeer(b), transport: p.Transport}
	s := h.session(p, nil)
	defer s.close()
	s.greeted, s.unasked = b[:min(len(b), maxBanner+1)], true
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, _ = p.run(context.Background(), s) // whatever it finds
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func fields(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("X-" + strings.Repeat("a", i%50) + string(rune('a'+i%26)) + ": b\r\n")
	}
	return b.String()
}
