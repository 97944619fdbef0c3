package probe

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"net"
	"net/netip"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
)

// TestMuteServersAreFound moves each server that waits to be spoken to in its own
// words to a port that belongs to nobody. It says nothing to any other word and
// does not close, and some take their time: each is found within the time of a
// port.
func TestMuteServersAreFound(t *testing.T) {
	for _, p := range All() {
		if p.Transport != exposure.TCP || p.Blind == 0 || p.Name == tlsName {
			continue
		}
		for _, late := range []time.Duration{0, patience * 5 / 6} {
			t.Run(p.Name+"/"+late.String(), func(t *testing.T) {
				script := opening(t, p)
				synctest.Test(t, func(t *testing.T) {
					var servers sync.WaitGroup
					var asked time.Duration // until it was spoken to in its own words
					begun := time.Now()
					end := begun.Add(DefaultTimeout)
					ctx, cancel := context.WithDeadline(t.Context(), end)
					defer cancel()
					host := (&player{t: t, end: end}).peer(exposure.TCP, netip.MustParseAddrPort("192.0.2.7:12345"), recordedName)
					host.dial = func(ctx context.Context, _ exposure.Transport, to netip.AddrPort) (net.Conn, error) {
						client, server := net.Pipe()
						servers.Go(func() { waits(t, server, script, late, func() { asked = time.Since(begun) }) })
						return netio.Limits{Deadline: end, Bytes: maxBytes}.Bound(ctx, &pipeLine{Conn: client}, to), nil
					}
					svc := identify(ctx, host, exposure.TCP, DefaultTimeout)
					t.Logf("%s, late by %v: asked after %v, found %q after %v", p.Name, late, asked, svc.Protocol, time.Since(begun))
					if svc.Protocol != cmp.Or(p.Protocol, p.Name) {
						t.Errorf("found %+v", svc)
					}
					cancel()
					servers.Wait()
				})
			})
		}
	}
}

// waits plays a script to who opens with its word, and says nothing to others.
func waits(t *testing.T, c net.Conn, script []directive, late time.Duration, heard func()) {
	line := &pipeLine{Conn: c}
	in := newInbox(c)
	defer c.Close()
	opening := script[0].text[:min(len(script[0].text), 4)]
	b := make([]byte, 4096)
	n, err := in.Read(b)
	if err == nil && bytes.HasPrefix(b[:n], []byte(opening)) {
		heard()
		time.Sleep(late) // of the bubble's clock
		(&stage{t: t, cut: -1}).play(script[1:], exposure.TCP, netip.AddrPort{}, in, line)
		return
	}
	if err == nil {
		_, _ = io.Copy(io.Discard, in)
	}
}

// handmade are the first words where the recording takes any.
var handmade = map[string]string{"mssql": "\x12\x01\x00\x2f"}

// opening is a script of a probe in which it speaks first.
func opening(t *testing.T, p Probe) []directive {
	t.Helper()
	paths, err := filepath.Glob("testdata/" + p.Name + "/happy*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		r := readRecording(t, path)
		script := r.scripts[0]
		if r.transport == exposure.UDP || len(script) < 2 || script[0].verb[0] != 'C' || script[1].verb != "S:" {
			continue
		}
		if script[0].verb == "C?" {
			script[0].text = handmade[p.Name]
		}
		if script[0].text != "" {
			return script
		}
	}
	t.Fatalf("in no recording of %s does it speak first", p.Name)
	return nil
}
