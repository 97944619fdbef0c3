package probe

import (
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/net/quic"

	"sekisho/internal/exposure"
)

// TestQUICServer asks a server of the library, on a port of its own.
func TestQUICServer(t *testing.T) {
	t.Parallel()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	config := testTLS(t, "h3")
	config.MinVersion, config.MaxVersion = tls.VersionTLS13, tls.VersionTLS13
	e, err := quic.NewEndpoint(pc, &quic.Config{TLSConfig: config})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	at := netip.MustParseAddrPort(pc.LocalAddr().String())
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	deadline, _ := ctx.Deadline()
	s := &Session{probe: "quic", peer: netPeer(exposure.Target{Address: at.Addr()}, at.Port(), Options{}, deadline)}
	defer s.close()
	svc, err := Hellos(443)[0].run(ctx, s)
	if err != nil || svc.Protocol != "quic" || svc.Confidence != exposure.Confirmed {
		t.Errorf("found %+v, error %v", svc, err)
	}
}
