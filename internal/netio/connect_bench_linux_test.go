package netio

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// BenchmarkConnect asks a closed port of loopback with the connector, both as
// it does for addresses of this machine and as for others, and with a goroutine
// for each attempt, as many at once. Cpu-ns/op is user and system time.
func BenchmarkConnect(b *testing.B) {
	const atOnce = 1000
	at := closedPort(b)
	for name, own := range map[string]bool{"connector-own": true, "connector": false} {
		b.Run(name, func(b *testing.B) {
			c, err := NewConnector(NewDescriptors())
			if err != nil {
				b.Fatal(err)
			}
			defer c.Close()
			var ended []Connection
			measure(b, func() {
				for started, done := 0, 0; done < b.N; {
					for started < b.N && c.Waiting() < atOnce {
						if err := c.Start(uint64(started), at, own, time.Second); err != nil {
							b.Fatal(err)
						}
						started++
					}
					if ended, err = c.Wait(ended[:0], time.Now().Add(time.Second)); err != nil {
						b.Fatal(err)
					}
					done += len(ended)
				}
			})
		})
	}
	b.Run("goroutines", func(b *testing.B) {
		dialer := net.Dialer{Timeout: time.Second, KeepAlive: -1}
		measure(b, func() {
			room := make(chan struct{}, atOnce)
			var running sync.WaitGroup
			for range b.N {
				room <- struct{}{}
				running.Go(func() {
					conn, err := dialer.DialTCP(b.Context(), "tcp", netip.AddrPort{}, at)
					if err == nil {
						conn.Close()
					} else if !errors.Is(err, unix.ECONNREFUSED) {
						b.Error(err)
					}
					<-room
				})
			}
			running.Wait()
		})
	})
}

// closedPort is a port of loopback that refuses.
func closedPort(b *testing.B) netip.AddrPort {
	b.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).AddrPort()
}

// measure reports what run takes of the processors.
func measure(b *testing.B, run func()) {
	b.Helper()
	used := func() int64 {
		var u unix.Rusage
		if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return u.Utime.Nano() + u.Stime.Nano()
	}
	before := used()
	b.ReportAllocs()
	b.ResetTimer()
	run()
	b.ReportMetric(float64(used()-before)/float64(b.N), "cpu-ns/op")
}
