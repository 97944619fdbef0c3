package netio

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"sekisho/internal/exposure"
)

func TestLastOf(t *testing.T) {
	for network, want := range map[string]string{
		"192.168.77.10/24": "192.168.77.255", "10.1.2.3/8": "10.255.255.255", "172.16.5.4/30": "172.16.5.7", "192.0.2.1/25": "192.0.2.127",
	} {
		if got := lastOf(netip.MustParsePrefix(network)); got.String() != want {
			t.Errorf("%s ends in %s, want %s", network, got, want)
		}
	}
}

// TestBroadcastNeedsALAN holds that what is no interface with a network of its
// own is told so, and that nothing is sent.
func TestBroadcastNeedsALAN(t *testing.T) {
	for _, device := range []string{"lo", "no-such-interface"} {
		err := Broadcast(context.Background(), device, 9, []byte("x"), time.Now(), nil)
		var typed *Error
		if !errors.As(err, &typed) || typed.Reason != exposure.LocalError {
			t.Errorf("%s: error %v", device, err)
		}
	}
}
