package netio

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"sekisho/internal/exposure"
)

// answerer is a loopback socket that answers each datagram with replies.
func answerer(t *testing.T, network, at string, replies func(n int, asked []byte) [][]byte) netip.AddrPort {
	t.Helper()
	s, err := net.ListenPacket(network, at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	go func() {
		buf := make([]byte, 1500)
		for i := 0; ; i++ {
			n, from, err := s.ReadFrom(buf)
			if err != nil {
				return
			}
			for _, b := range replies(i, buf[:n]) {
				_, _ = s.WriteTo(b, from)
			}
		}
	}()
	return netip.MustParseAddrPort(s.LocalAddr().String())
}

// TestExchange ignores what is no answer, asks again when the first datagram is
// lost, and speaks both families.
func TestExchange(t *testing.T) {
	t.Parallel()
	for network, at := range map[string]string{"udp4": "127.0.0.1:0", "udp6": "[::1]:0"} {
		t.Run(network, func(t *testing.T) {
			t.Parallel()
			to := answerer(t, network, at, func(i int, asked []byte) [][]byte {
				if i == 0 {
					return nil // as if lost
				}
				return [][]byte{[]byte("noise"), append([]byte("re: "), asked...), []byte("late")}
			})
			d := &Dialer{Limits: Limits{Deadline: time.Now().Add(time.Minute)}}
			got, err := Exchange(t.Context(), d, to, []byte("hello"), func(b []byte) bool { return bytes.HasPrefix(b, []byte("re: ")) })
			if err != nil || string(got) != "re: hello" {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

// TestExchangeBudget has a peer that answers with more than it was granted.
func TestExchangeBudget(t *testing.T) {
	t.Parallel()
	to := answerer(t, "udp4", "127.0.0.1:0", func(int, []byte) [][]byte {
		return [][]byte{make([]byte, 1000), make([]byte, 1000), make([]byte, 1000)}
	})
	d := &Dialer{Limits: Limits{Deadline: time.Now().Add(time.Minute), Bytes: 1500}}
	_, err := Exchange(t.Context(), d, to, []byte("hello"), func([]byte) bool { return false })
	if !errors.Is(err, ErrBudget) {
		t.Errorf("%v", err)
	}
}

// TestExchangeSilence ends by the deadline, with silence for its evidence.
func TestExchangeSilence(t *testing.T) {
	t.Parallel()
	to := answerer(t, "udp4", "127.0.0.1:0", func(int, []byte) [][]byte { return nil })
	d := &Dialer{Limits: Limits{Deadline: time.Now().Add(50 * time.Millisecond)}}
	_, err := Exchange(t.Context(), d, to, []byte("hello"), func([]byte) bool { return true })
	var e *Error
	if !errors.As(err, &e) || e.Reason != exposure.NoResponse || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

// TestExchangeUnreachable asks a port that nobody has, in both families.
func TestExchangeUnreachable(t *testing.T) {
	t.Parallel()
	for network, at := range map[string]string{"udp4": "127.0.0.1:0", "udp6": "[::1]:0"} {
		s, err := net.ListenPacket(network, at)
		if err != nil {
			t.Fatal(err)
		}
		to := netip.MustParseAddrPort(s.LocalAddr().String())
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		d := &Dialer{Limits: Limits{Deadline: time.Now().Add(time.Minute)}}
		_, err = Exchange(t.Context(), d, to, []byte("hello"), func([]byte) bool { return true })
		var e *Error
		if !errors.As(err, &e) || e.Reason != exposure.PortUnreach || e.By != "" {
			t.Errorf("%s: %v", network, err)
		}
	}
}
