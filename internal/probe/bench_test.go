package probe

import (
	"io"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"testing"
	"time"

	"sekisho/internal/exposure"
)

// benchServer is a loopback port that serves everybody.
func benchServer(b *testing.B, serve func(net.Conn)) netip.AddrPort {
	b.Helper()
	l := listenLoopback(b)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				serve(c)
			}()
		}
	}()
	return netip.MustParseAddrPort(l.Addr().String())
}

// BenchmarkIdentifyGreeting is one port whose server greets and closes.
func BenchmarkIdentifyGreeting(b *testing.B) {
	at := benchServer(b, func(c net.Conn) { _, _ = io.WriteString(c, "RFB 003.008\n") })
	for b.Loop() {
		svc := Identify(b.Context(), exposure.Target{Address: at.Addr()}, exposure.TCP, at.Port(), Options{})
		if svc.Protocol != "vnc" {
			b.Fatalf("found %+v", svc)
		}
	}
}

// BenchmarkIdentifyThousandMute is a thousand silent ports at once, and what
// they take of memory at their height, the server's side included.
func BenchmarkIdentifyThousandMute(b *testing.B) {
	at := benchServer(b, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	for b.Loop() {
		var all sync.WaitGroup
		for range 1000 {
			all.Go(func() {
				svc := Identify(b.Context(), exposure.Target{Address: at.Addr()}, exposure.TCP, at.Port(), Options{Timeout: 4 * time.Second})
				if svc.Confidence != exposure.Assigned {
					b.Errorf("found %+v", svc)
				}
			})
		}
		time.Sleep(3 * time.Second) // a measurement at the height, and no synchronisation
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(m.HeapInuse+m.StackInuse)/(1<<20), "MB-in-use")
		b.ReportMetric(float64(m.Sys)/(1<<20), "MB-of-the-system")
		all.Wait()
	}
}
