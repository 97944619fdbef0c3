package lab

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// Peer is what a server in the zoo does with one connection. The connection is
// closed when it returns, and when the context, that of the test, ends.
type Peer func(ctx context.Context, c net.Conn)

// Loopback is a listener on a free port of this machine's loopback, for peers
// that need no lab. A host's own is Host.Listen.
func Loopback(t T) net.Listener {
	t.Helper()
	ln, err := listenConfig.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("zoo: %v", err)
	}
	return ln
}

// listenConfig listens for plain TCP, as servers do that are not written in Go.
var listenConfig = func() (c net.ListenConfig) {
	c.SetMultipathTCP(false)
	return c
}()

// Serve has a peer meet everybody who connects, until the test ends, and
// returns where.
func Serve(t T, ln net.Listener, p Peer) netip.AddrPort {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				stop := context.AfterFunc(ctx, func() { c.Close() })
				defer stop()
				defer c.Close()
				p(ctx, c)
			})
		}
	})
	t.Cleanup(func() {
		cancel()
		ln.Close()
		wg.Wait()
	})
	return ln.Addr().(*net.TCPAddr).AddrPort()
}

// Silent never says a word, and lets the client speak for as long as it likes.
func Silent() Peer {
	return func(_ context.Context, c net.Conn) { io.Copy(io.Discard, c) }
}

// HangUp closes the connection at once.
func HangUp() Peer { return func(context.Context, net.Conn) {} }

// Reset accepts the connection and resets it, which the client can meet as
// early as in its connect.
func Reset() Peer {
	return func(_ context.Context, c net.Conn) { c.(*net.TCPConn).SetLinger(0) }
}

// Greet says a text first and nothing after it.
func Greet(text string) Peer {
	return func(_ context.Context, c net.Conn) {
		if _, err := io.WriteString(c, text); err == nil {
			io.Copy(io.Discard, c)
		}
	}
}

// Endless repeats a piece of text for ever: "a" is a line without an end,
// "220-a\r\n" a reply without one.
func Endless(piece string) Peer {
	return func(_ context.Context, c net.Conn) {
		batch := strings.Repeat(piece, 1+4096/len(piece))
		for {
			if _, err := io.WriteString(c, batch); err != nil {
				return
			}
		}
	}
}

// Drip says a text one byte at a time, and nothing after it.
func Drip(text string, every time.Duration) Peer {
	return func(ctx context.Context, c net.Conn) {
		if drip(ctx, c, text, every) {
			io.Copy(io.Discard, c)
		}
	}
}

// TrickleTLS answers a TLS handshake with the largest record there is, of
// which it sends one byte at a time, and begins another when it is through.
func TrickleTLS(every time.Duration) Peer {
	// A handshake record of 16,384 bytes (RFC 8446 section 5.1) that holds the
	// beginning of an endless certificate message.
	record := "\x16\x03\x03\x40\x00" + "\x0b\xff\xff\xff" + strings.Repeat("\x00", 1<<14-4)
	return func(ctx context.Context, c net.Conn) {
		for drip(ctx, c, record, every) {
			continue
		}
	}
}

// drip says a text one byte at a time, and reports whether it could to the end.
func drip(ctx context.Context, c net.Conn, text string, every time.Duration) bool {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for i := range len(text) {
		if _, err := io.WriteString(c, text[i:i+1]); err != nil {
			return false
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// Script plays one side of a recorded conversation, written as recordings are:
// "S: 220 ready\r\n" is said to the client, "C: EHLO" is a line that the
// client must begin so. A client that says something else fails the test.
func Script(t T, steps ...string) Peer {
	for _, step := range steps {
		if !strings.HasPrefix(step, "S: ") && !strings.HasPrefix(step, "C: ") {
			t.Fatalf("zoo: step %q is neither the server's nor the client's", step)
		}
	}
	return func(_ context.Context, c net.Conn) {
		lines := bufio.NewReader(c)
		for _, step := range steps {
			if text, ours := strings.CutPrefix(step, "S: "); ours {
				if _, err := io.WriteString(c, text); err != nil {
					t.Errorf("zoo: say %q: %v", text, err)
					return
				}
				continue
			}
			want := strings.TrimPrefix(step, "C: ")
			if line, err := lines.ReadString('\n'); !strings.HasPrefix(line, want) {
				t.Errorf("zoo: client said %q, %v; want %q", line, err, want)
				return
			}
		}
	}
}

// ServeDatagrams has answer meet every datagram until the test ends, and
// returns where. It sends each of the answers; a nil function never answers.
func ServeDatagrams(t T, pc net.PacketConn, answer func(request []byte) [][]byte) netip.AddrPort {
	var wg sync.WaitGroup
	wg.Go(func() {
		buf := make([]byte, 1<<16)
		for {
			n, from, err := pc.ReadFrom(buf)
			if err != nil {
				return
			}
			if answer == nil {
				continue
			}
			for _, a := range answer(buf[:n]) {
				pc.WriteTo(a, from)
			}
		}
	})
	t.Cleanup(func() {
		pc.Close()
		wg.Wait()
	})
	return pc.LocalAddr().(*net.UDPAddr).AddrPort()
}
