package rawsock

import (
	"encoding/binary"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// block lays packets out as the kernel does.
func block(now time.Time, packets ...[]byte) []byte {
	const first = 48
	native := binary.NativeEndian
	b := make([]byte, first)
	native.PutUint32(b[blockPackets:], uint32(len(packets)))
	native.PutUint32(b[blockFirst:], first)
	for i, p := range packets {
		h := make([]byte, 80+(len(p)+15)/16*16)
		if i < len(packets)-1 {
			native.PutUint32(h[packetNext:], uint32(len(h)))
		}
		native.PutUint32(h[packetSec:], uint32(now.Unix()))
		native.PutUint32(h[packetNsec:], uint32(now.Nanosecond()))
		native.PutUint32(h[packetSnap:], uint32(len(p)))
		native.PutUint32(h[packetLen:], uint32(len(p)))
		native.PutUint32(h[packetStatus:], unix.TP_STATUS_USER|unix.TP_STATUS_CSUMNOTREADY)
		native.PutUint16(h[packetNet:], 80)
		binary.BigEndian.PutUint16(h[linkProtocol:], uint16(IPv6))
		native.PutUint32(h[linkIndex:], 7)
		copy(h[80:], p)
		b = append(b, h...)
	}
	return b
}

func TestWalk(t *testing.T) {
	now := time.Now()
	sent := now.Add(-3 * time.Millisecond)
	whole := block(sent, []byte("one"), []byte("two and more"), []byte("three"))
	long := block(sent, []byte("cut"))
	binary.NativeEndian.PutUint32(long[48+packetLen:], 9000)
	outside := block(sent, []byte("one"), []byte("two"))
	binary.NativeEndian.PutUint32(outside[48+packetNext:], 1<<31)
	long2 := block(sent, []byte("one"))
	binary.NativeEndian.PutUint32(long2[48+packetSnap:], 1<<31)
	for _, c := range []struct {
		name  string
		block []byte
		want  []string
	}{
		{"whole", whole, []string{"one", "two and more", "three"}},
		{"none", block(sent), nil},
		{"cut_packet", long, nil},
		{"next_outside", outside, []string{"one"}},
		{"length_outside", long2, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			walk(c.block, now, false, func(p Packet) {
				got = append(got, string(p.Data))
				if p.Protocol != IPv6 || p.Index != 7 || !p.Unsummed {
					t.Errorf("protocol %#x, index %d, unsummed %t", p.Protocol, p.Index, p.Unsummed)
				}
				if age := now.Sub(p.At); age != 3*time.Millisecond {
					t.Errorf("age %v, want 3ms", age)
				}
			})
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func FuzzWalk(f *testing.F) {
	f.Add(block(time.Now(), []byte("one"), []byte("two")))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < 48 {
			return
		}
		n := 0
		walk(b, time.Now(), true, func(p Packet) {
			n++
			if len(p.Data) > len(b) {
				t.Error("a packet longer than its block")
			}
		})
		if n > len(b) { // each packet begins behind the one before
			t.Errorf("%d packets of %d bytes", n, len(b))
		}
	})
}

// A clock that was set while a packet waited must not make a round trip of
// hours, or one that ended before it began.
func TestArrivalClockSet(t *testing.T) {
	now := time.Now()
	for _, step := range []time.Duration{time.Hour, -time.Hour} {
		at := now.Add(step)
		if got := arrival(now, uint32(at.Unix()), uint32(at.Nanosecond())); !got.Equal(now) {
			t.Errorf("clock off by %v: arrival %v from now", step, got.Sub(now))
		}
	}
}

// What is no packet socket is refused and closed, not read as one.
func TestNewRefusesOtherSockets(t *testing.T) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = New(fds[0], fds[1], Ports{First: 61000, Last: 61000})
	var e *Error
	if !errors.As(err, &e) || !strings.Contains(err.Error(), "no packet socket") {
		t.Fatalf("error %v", err)
	}
	for _, fd := range fds {
		if err := unix.SetNonblock(fd, true); !errors.Is(err, unix.EBADF) {
			t.Errorf("descriptor left open: %v", err)
		}
	}
}

func TestErrorNamesThePermission(t *testing.T) {
	err := &Error{"open", os.NewSyscallError("socket", unix.EPERM)}
	if !strings.Contains(err.Error(), "CAP_NET_RAW") {
		t.Error(err)
	}
}
