package scan_test

import (
	"net/netip"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/scan"
)

// BenchmarkConnect looks at all TCP ports of loopback by connecting: beside it
// stands nmap -n -sT -p- 127.0.0.1.
func BenchmarkConnect(b *testing.B) {
	for _, address := range []string{"127.0.0.1", "::1"} {
		b.Run(address, func(b *testing.B) {
			e := scan.New()
			defer e.Close()
			ports := make([]uint16, 65535)
			for i := range ports {
				ports[i] = uint16(i + 1)
			}
			for b.Loop() {
				summary, err := e.Run(b.Context(), scan.Request{
					Targets: []exposure.Target{{Address: netip.MustParseAddr(address)}}, TCP: ports, Retries: -1, Own: netip.Addr.IsLoopback,
				}, func(exposure.Observation) {})
				if err != nil || !summary.Complete {
					b.Fatal(summary, err)
				}
			}
		})
	}
}
