package netio

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"sekisho/internal/exposure"
)

// queueEntry makes the control message of one error: type, code, and who sent
// it.
func queueEntry(level, kind int32, origin, typ, code uint8, by netip.Addr) []byte {
	data := make([]byte, extendedError)
	data[4], data[5], data[6] = origin, typ, code
	if by.Is4() {
		data = append(binary.NativeEndian.AppendUint16(data, unix.AF_INET), 0, 0)
		data = append(append(data, by.AsSlice()...), make([]byte, 8)...)
	} else if by.IsValid() {
		data = append(binary.NativeEndian.AppendUint16(data, unix.AF_INET6), 0, 0, 0, 0, 0, 0)
		data = append(append(data, by.AsSlice()...), 0, 0, 0, 0)
	}
	b := make([]byte, unix.CmsgSpace(len(data)))
	h := (*unix.Cmsghdr)(unsafe.Pointer(&b[0]))
	h.Level, h.Type = level, kind
	h.SetLen(unix.CmsgLen(len(data)))
	copy(b[unix.CmsgLen(0):], data)
	return b
}

func TestParseErrorQueue(t *testing.T) {
	router4, router6 := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")
	for name, c := range map[string]struct {
		entry []byte
		want  exposure.Reason
		by    netip.Addr
	}{
		"prohibited":    {queueEntry(unix.SOL_IP, unix.IP_RECVERR, unix.SO_EE_ORIGIN_ICMP, 3, 13, router4), exposure.AdminProhibited, router4},
		"port":          {queueEntry(unix.SOL_IP, unix.IP_RECVERR, unix.SO_EE_ORIGIN_ICMP, 3, 3, router4), exposure.PortUnreach, router4},
		"prohibited-v6": {queueEntry(unix.SOL_IPV6, unix.IPV6_RECVERR, unix.SO_EE_ORIGIN_ICMP6, 1, 1, router6), exposure.AdminProhibited, router6},
		"no-sender":     {queueEntry(unix.SOL_IP, unix.IP_RECVERR, unix.SO_EE_ORIGIN_ICMP, 3, 1, netip.Addr{}), exposure.HostUnreach, netip.Addr{}},
		"of-our-own":    {queueEntry(unix.SOL_IP, unix.IP_RECVERR, unix.SO_EE_ORIGIN_LOCAL, 0, 0, netip.Addr{}), "", netip.Addr{}},
		"no-error":      {queueEntry(unix.SOL_IP, unix.IP_RECVERR, unix.SO_EE_ORIGIN_ICMP, 8, 0, router4), "", netip.Addr{}},
		"another":       {queueEntry(unix.SOL_IP, unix.IP_TTL, unix.SO_EE_ORIGIN_ICMP, 3, 3, router4), "", netip.Addr{}},
		"nothing":       {nil, "", netip.Addr{}},
		"cut":           {queueEntry(unix.SOL_IP, unix.IP_RECVERR, unix.SO_EE_ORIGIN_ICMP, 3, 3, router4)[:20], "", netip.Addr{}},
	} {
		t.Run(name, func(t *testing.T) {
			reason, by, ok := parseErrorQueue(c.entry)
			if reason != c.want || ok != (c.want != "") || ok && by != c.by {
				t.Errorf("%q by %s (%v), want %q by %s", reason, by, ok, c.want, c.by)
			}
		})
	}
}

func FuzzErrorQueue(f *testing.F) {
	f.Add(queueEntry(unix.SOL_IP, unix.IP_RECVERR, unix.SO_EE_ORIGIN_ICMP, 3, 13, netip.MustParseAddr("192.0.2.1")))
	f.Add(queueEntry(unix.SOL_IPV6, unix.IPV6_RECVERR, unix.SO_EE_ORIGIN_ICMP6, 1, 4, netip.MustParseAddr("2001:db8::1")))
	f.Add(queueEntry(unix.SOL_SOCKET, unix.SO_RXQ_OVFL, 1, 2, 3, netip.Addr{}))
	f.Fuzz(func(t *testing.T, oob []byte) {
		if reason, _, ok := parseErrorQueue(oob); ok != (reason != "") {
			t.Errorf("reason %q, %v", reason, ok)
		}
		if lost, ok := parseOverflow(oob); !ok && lost != 0 {
			t.Errorf("%d lost, %v", lost, ok)
		}
	})
}
