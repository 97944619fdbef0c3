package probe

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
)

// TestWaitingServerIsAskedOn has a server on another's port that waits for the
// rest of every word that is not its own, as Samba does: it is named all the
// same, and nothing belongs to the port that lost its turn.
func TestWaitingServerIsAskedOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		end := time.Now().Add(DefaultTimeout)
		ctx, cancel := context.WithDeadline(t.Context(), end)
		defer cancel()
		host := (&player{t: t, end: end}).peer(exposure.TCP, netip.MustParseAddrPort("192.0.2.7:4450"), "")
		host.dial = func(ctx context.Context, _ exposure.Transport, to netip.AddrPort) (net.Conn, error) {
			client, server := net.Pipe()
			go func() {
				defer server.Close()
				buf := make([]byte, 4096)
				for {
					n, err := server.Read(buf)
					if err != nil {
						return
					}
					if n > 8 && string(buf[4:8]) == "\xfeSMB" {
						// No dialect in common, which is an answer of SMB 2.
						answer := append([]byte{0, 0, 0, 73}, buf[4:68]...)
						copy(answer[12:], []byte{0xbb, 0, 0, 0xc0})
						answer[20] = 1
						if _, err := server.Write(append(answer, make([]byte, 9)...)); err != nil {
							return
						}
					}
				}
			}()
			return netio.Limits{Deadline: end, Bytes: maxBytes}.Bound(ctx, client, to), nil
		}
		svc := identify(ctx, host, exposure.TCP, DefaultTimeout)
		if svc.Protocol != "smb" || svc.Confidence != exposure.Confirmed {
			t.Errorf("found %+v", svc)
		}
		cancel()
		synctest.Wait()
	})
}
