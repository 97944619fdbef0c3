package netio

import (
	"encoding/binary"
	"testing"

	"golang.org/x/sys/unix"
)

// segment is a TCP header with flags between two ports.
func segment(from, to uint16, flags byte) []byte {
	b := make([]byte, tcpHeader)
	binary.BigEndian.PutUint16(b, from)
	binary.BigEndian.PutUint16(b[2:], to)
	b[13] = flags
	return b
}

func inIPv4(ttl byte, payload []byte) []byte {
	b := make([]byte, 20, 20+len(payload))
	b[0], b[8] = 0x45, ttl
	return append(b, payload...)
}

func hopLimit(n byte) []byte {
	b := make([]byte, unix.CmsgSpace(4))
	binary.NativeEndian.PutUint64(b, uint64(unix.CmsgLen(4)))
	binary.NativeEndian.PutUint32(b[8:], unix.SOL_IPV6)
	binary.NativeEndian.PutUint32(b[12:], unix.IPV6_HOPLIMIT)
	binary.NativeEndian.PutUint32(b[16:], uint32(n))
	return b
}

func TestLifetimeOf(t *testing.T) {
	for name, c := range map[string]struct {
		packet, oob []byte
		v6          bool
		left        int
	}{
		"reset":           {inIPv4(63, segment(80, 5000, 0x14)), nil, false, 63},
		"accepted":        {inIPv4(254, segment(80, 5000, 0x12)), nil, false, 254},
		"another port":    {inIPv4(63, segment(81, 5000, 0x14)), nil, false, 0},
		"to another":      {inIPv4(63, segment(80, 5001, 0x14)), nil, false, 0},
		"data":            {inIPv4(63, segment(80, 5000, 0x18)), nil, false, 0},
		"cut":             {inIPv4(63, segment(80, 5000, 0x14)[:10]), nil, false, 0},
		"empty":           {nil, nil, false, 0},
		"IPv6":            {segment(80, 5000, 0x14), hopLimit(61), true, 61},
		"IPv6 without it": {segment(80, 5000, 0x14), nil, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			if left, ok := lifetimeOf(c.packet, c.oob, c.v6, 80, 5000); left != c.left || ok != (c.left > 0) {
				t.Errorf("%d %v, want %d", left, ok, c.left)
			}
		})
	}
}

func FuzzLifetime(f *testing.F) {
	f.Add(inIPv4(63, segment(80, 5000, 0x14)), []byte{}, false)
	f.Add(segment(80, 5000, 0x12), hopLimit(61), true)
	f.Fuzz(func(t *testing.T, packet, oob []byte, v6 bool) {
		if left, _ := lifetimeOf(packet, oob, v6, 80, 5000); left < 0 || left > 255 {
			t.Errorf("%d hops left", left)
		}
	})
}
