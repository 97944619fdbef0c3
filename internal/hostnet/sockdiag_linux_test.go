package hostnet

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// String shows a socket with what it points to.
func (s socket) String() string {
	only := "unknown"
	if s.v6only != nil {
		only = fmt.Sprint(*s.v6only)
	}
	return fmt.Sprintf("%s %s index %d v6only %s uid %d inode %d cgroup %d partial %v", s.transport, s.local, s.index, only, s.uid, s.inode, s.cgroup, s.partial)
}

// message builds a struct inet_diag_msg with attributes behind it, as the
// kernel of this processor's byte order does.
func message(family, state uint8, local netip.AddrPort, index, uid, inode uint32, attributes ...[]byte) []byte {
	b := make([]byte, diagMessageSize)
	b[0], b[1] = family, state
	binary.BigEndian.PutUint16(b[4:], local.Port())
	copy(b[8:], local.Addr().AsSlice())
	binary.NativeEndian.PutUint32(b[40:], index)
	binary.NativeEndian.PutUint32(b[64:], uid)
	binary.NativeEndian.PutUint32(b[68:], inode)
	return append(b, slices.Concat(attributes...)...)
}

// attribute is padded to four bytes, its length without the padding.
func attribute(kind uint16, value ...byte) []byte {
	b := binary.NativeEndian.AppendUint16(nil, uint16(unix.SizeofRtAttr+len(value)))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = append(b, value...)
	return append(b, make([]byte, -len(b)&3)...)
}

func TestParseMessage(t *testing.T) {
	v4, v6 := netip.MustParseAddrPort("127.0.0.1:22"), netip.MustParseAddrPort("[fe80::1]:22")
	group := binary.NativeEndian.AppendUint64(nil, 4711)
	listen := message(unix.AF_INET6, 10, v6, 7, 33, 99)
	tests := []struct {
		name    string
		table   int
		message []byte
		want    string // "": no listener
		err     error
	}{
		{"v4", 0, message(unix.AF_INET, 10, v4, 0, 1000, 5), "tcp 127.0.0.1:22 index 0 v6only unknown uid 1000 inode 5 cgroup 0 partial false", nil},
		{"v6", 1, message(unix.AF_INET6, 10, v6, 7, 33, 99, attribute(8, 0), attribute(diagV6Only, 1), attribute(diagCgroup, group...)), "tcp [fe80::1]:22 index 7 v6only true uid 33 inode 99 cgroup 4711 partial false", nil},
		{"dual-stack", 3, message(unix.AF_INET6, 7, v6, 0, 0, 0, attribute(diagV6Only, 0)), "udp [fe80::1]:22 index 0 v6only false uid 0 inode 0 cgroup 0 partial false", nil},
		{"flags-above-the-kind", 1, message(unix.AF_INET6, 10, v6, 0, 0, 1, attribute(diagV6Only|unix.NLA_F_NESTED, 1)), "tcp [fe80::1]:22 index 0 v6only true uid 0 inode 1 cgroup 0 partial false", nil},
		{"unpadded-end", 1, append(slices.Clone(listen), attribute(diagV6Only, 1)[:5]...), "tcp [fe80::1]:22 index 7 v6only true uid 33 inode 99 cgroup 0 partial false", nil},
		{"empty-attributes", 1, message(unix.AF_INET6, 10, v6, 7, 33, 99, attribute(diagV6Only), attribute(diagCgroup, 1, 2)), "tcp [fe80::1]:22 index 7 v6only unknown uid 33 inode 99 cgroup 0 partial false", nil},
		{"other-family", 0, message(unix.AF_INET6, 10, v6, 0, 0, 0), "", nil},
		{"other-state", 0, message(unix.AF_INET, 1, v4, 0, 0, 0), "", nil},
		{"short", 0, message(unix.AF_INET, 10, v4, 0, 0, 0)[:71], "", errMessage},
		{"attribute-too-long", 1, append(slices.Clone(listen), 200, 0, 11, 0), "", errMessage},
		{"attribute-too-short", 1, append(slices.Clone(listen), 3, 0, 11, 0, 1, 0, 0, 0), "", errMessage},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, listens, err := tables[test.table].parse(test.message)
			if !errors.Is(err, test.err) {
				t.Fatalf("error %v, want %v", err, test.err)
			}
			if err == nil && listens != (test.want != "") {
				t.Fatalf("listens %v", listens)
			}
			if test.want != "" && s.String() != test.want {
				t.Errorf("got  %s\nwant %s", s, test.want)
			}
		})
	}
}

func TestRequest(t *testing.T) {
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		t.Fatal("the expectations below are written for little-endian processors")
	}
	for i, want := range []string{"02060000" + "00040000", "0a060000" + "00040000", "02110000" + "80000000", "0a110000" + "80000000"} {
		got := hex.EncodeToString(tables[i].request())
		if got[:16] != want || len(got) != 2*diagRequestSize {
			t.Errorf("%s: %s, want %s and %d bytes", tables[i].file, got, want, diagRequestSize)
		}
	}
}

func FuzzParseMessage(f *testing.F) {
	local := netip.MustParseAddrPort("[fe80::1]:22")
	f.Add(message(unix.AF_INET6, 10, local, 7, 33, 99, attribute(diagV6Only, 1), attribute(diagCgroup, 1, 2, 3, 4, 5, 6, 7, 8)))
	f.Add(message(unix.AF_INET, 7, netip.MustParseAddrPort("1.2.3.4:5"), 0, 0, 0, attribute(diagV6Only)))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, table := range append(connected(), tables...) {
			s, listens, err := table.parse(b)
			if listens && err == nil && (!s.local.IsValid() || s.transport != table.transport) {
				t.Errorf("%s: parse(%x) = %s", table.file, b, s)
			}
		}
	})
}
