package probe

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
)

// TestMemoryOfHostilePeers holds that what a probe or a test allocates in all is
// bounded by what it was sent.
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
		"many-goes":       bytes.Repeat([]byte("331 go\r\n"), 100_000),
		"many-yeses":      bytes.Repeat([]byte("+OK\r\n"), 100_000),
		"many-tags":       bytes.Repeat([]byte("* CAPABILITY A\r\ns1 OK\r\n"), 100_000),
		"gzip-bomb":       append([]byte("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"), bomb...),
		"zeros":           make([]byte, 1<<20),
		"endless-interim": bytes.Repeat([]byte("HTTP/1.1 100 Continue\r\n\r\n"), 10_000),
		"endless-offers":  bytes.Repeat([]byte{telnetIAC, telnetDo, 1, telnetIAC, telnetWill, 3}, 100_000),
		"endless-options": bytes.Repeat([]byte{telnetIAC, telnetSB, 24, 0, 0, 0}, 100_000),
		"long-message":    append([]byte{0xff, 0xff, 0x12, 0x34, 0x84, 0}, bytes.Repeat([]byte{0xc0, 0x0c}, 40_000)...),
	}
	for i, s := range subjects() {
		if strings.HasPrefix(s.name, "port ") || slices.ContainsFunc(dear, func(name string) bool { return slices.Contains(strings.Fields(s.name), name) }) {
			continue // a port is looked at by many probes
		}
		for k, name := range slices.Sorted(maps.Keys(said)) {
			if (i+k)%portion != 0 {
				continue
			}
			b := said[name]
			holdMemory(t, s, name, func(int, bool) []byte { return b })
		}
	}
}

// dear are the probes and tests whose handshakes cost more than is held here,
// whoever the peer is.
var dear = []string{"tls", "ssh", "https", "doh"}

// TestMemoryOfHostsThatBegin does so with hosts that begin as real ones do and
// then never stop.
func TestMemoryOfHostsThatBegin(t *testing.T) {
	for name, scenes := range playable(t) {
		for i, sc := range scenes {
			if slices.Contains(dear, strings.Fields(name)[1]) {
				continue
			}
			for cut := 0; cut < sc.utterances(); cut += 1 + sc.utterances()*portion/maxCuts {
				for _, piece := range []string{"", []string{"A", "\x00", "\xff", "250-x\r\n", "* x\r\n", "+OK\r\n"}[(i+cut)%6]} {
					first, rest := sc.floods(cut, piece)
					holdMemory(t, sc.subject, fmt.Sprintf("%s/%d%q", sc.dialogue, cut, piece), func(n int, datagram bool) []byte {
						switch list := rest; {
						case datagram:
							return first
						case n < len(list):
							return list[n]
						}
						return nil
					})
				}
			}
		}
	}
}

// utterances is how many there are in a scene.
func (s scene) utterances() (n int) {
	st := s.stage(fault{}, -1)
	for _, script := range append(st.scripts, st.datagrams) {
		for _, d := range script {
			if d.verb == "S:" {
				n++
			}
		}
	}
	return n
}

// floods is what a host says on each of its connections, and in datagrams, all
// at once: as far as the utterance, and then the piece again and again, the
// utterance itself when there is none.
func (s scene) floods(cut int, piece string) (datagram []byte, connections [][]byte) {
	st := s.stage(fault{}, -1)
	n := 0
	for _, d := range st.datagrams {
		if d.verb == "S:" {
			if datagram = []byte(d.text); n == cut {
				break
			}
			n++
		}
	}
	for _, script := range st.scripts {
		var said []byte
		for _, d := range script {
			if d.verb != "S:" {
				continue
			}
			if n++; n > cut {
				again := cmp.Or(piece, d.text)
				said = append(said, strings.Repeat(again, 1+maxBytes/len(again))...)
				break
			}
			said = append(said, d.text...)
		}
		connections = append(connections, said)
	}
	return datagram, connections
}

// holdMemory holds that a subject allocates no more than 64 KiB, sixteen times
// what it read and the buffers of each conversation after the first. Says is what
// the host says on its n-th connection.
func holdMemory(t *testing.T, s subject, name string, says func(n int, datagram bool) []byte) {
	t.Helper()
	var took, most uint64
	// The count is of the whole process: what other goroutines do meanwhile adds
	// to it, and so the least of a few runs is the subject's.
	for range 3 {
		var read, conversations int
		host := fixedPeer(nil)
		host.at, host.target.Address = s.at, s.at.Addr()
		host.dial = func(ctx context.Context, transport exposure.Transport, to netip.AddrPort) (net.Conn, error) {
			conversations++
			return netio.Limits{Bytes: maxBytes}.Bound(ctx, countedConn{fixedConn{bytes.NewReader(says(conversations-1, false))}, &read}, to), nil
		}
		host.anyPort = func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
			return host.dial(ctx, exposure.UDP, to)
		}
		host.dialFrom = func(ctx context.Context, _ uint16, to netip.AddrPort) (net.Conn, error) {
			return host.dial(ctx, exposure.UDP, to)
		}
		host.exchange = func(_ context.Context, to netip.AddrPort, _ []byte, accept func([]byte) bool) ([]byte, error) {
			conversations++
			b := says(0, true)
			b = b[:min(len(b), maxHelloReply)]
			read += len(b)
			if accept(b) {
				return b, nil
			}
			return nil, &netio.Error{Op: "receive", Target: to, Reason: exposure.NoResponse, Err: os.ErrDeadlineExceeded}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		s.run(ctx, host) // whatever it finds
		runtime.ReadMemStats(&after)
		cancel()
		took, most = after.TotalAlloc-before.TotalAlloc, uint64(64<<10+16*read+2*maxLine*max(0, conversations-1)+forgotten)
		if took <= most {
			return
		}
	}
	t.Errorf("%s, %s: %d bytes allocated, at most %d", s.name, name, took, most)
}

// countedConn counts what is read of it.
type countedConn struct {
	fixedConn
	read *int
}

// Read reads.
func (c countedConn) Read(b []byte) (int, error) {
	n, err := c.fixedConn.Read(b)
	*c.read += n
	return n, err
}

func fields(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("X-" + strings.Repeat("a", i%50) + string(rune('a'+i%26)) + ": b\r\n")
	}
	return b.String()
}
