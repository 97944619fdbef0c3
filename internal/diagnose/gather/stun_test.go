package gather

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"
)

// stunServer answers each request by what answer makes of it and of whom it is
// from.
func stunServer(t *testing.T, answer func(request []byte, from netip.AddrPort) []byte) netip.AddrPort {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			if reply := answer(bytes.Clone(buf[:n]), from.(*net.UDPAddr).AddrPort()); reply != nil {
				_, _ = conn.WriteTo(reply, from)
			}
		}
	}()
	return conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

// mappedAs is a Binding response that tells an address (RFC 8489 section 14.2).
func mappedAs(request []byte, at netip.AddrPort) []byte {
	value := []byte{0, 1}
	value = binary.BigEndian.AppendUint16(value, at.Port()^0x2112)
	four := at.Addr().As4()
	for i, b := range []byte{0x21, 0x12, 0xa4, 0x42} {
		value = append(value, four[i]^b)
	}
	reply := append([]byte{1, 1, 0, 12}, request[4:20]...)
	return append(append(reply, 0, 0x20, 0, 8), value...)
}

func TestMapped(t *testing.T) {
	public := netip.MustParseAddr("192.0.2.18")
	for name, e := range map[string]struct {
		answer func(request []byte, from netip.AddrPort) []byte
		ports  int
		whole  bool
		err    error
	}{
		"ports-stay": {func(r []byte, from netip.AddrPort) []byte {
			return mappedAs(r, netip.AddrPortFrom(public, from.Port()))
		}, 4, true, nil},
		"ports-of-map-e": {func(r []byte, from netip.AddrPort) []byte {
			return mappedAs(r, netip.AddrPortFrom(public, from.Port()|1<<15&^0x3fc|0x34<<2))
		}, 4, false, nil},
		"one-port":      {func(r []byte, _ netip.AddrPort) []byte { return mappedAs(r, netip.AddrPortFrom(public, 1232)) }, 4, false, nil},
		"tells-nothing": {func(r []byte, _ netip.AddrPort) []byte { return append([]byte{1, 1, 0, 0}, r[4:20]...) }, 0, false, ErrUnmapped},
		"refuses":       {func(r []byte, _ netip.AddrPort) []byte { return append([]byte{1, 0x11, 0, 0}, r[4:20]...) }, 0, false, ErrUnmapped},
		"lies-about-lengths": {func(r []byte, _ netip.AddrPort) []byte {
			b := mappedAs(r, netip.AddrPortFrom(public, 1232))
			b[23] = 200
			return b
		}, 0, false, ErrUnmapped},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			m, err := Mapped(ctx, stunServer(t, e.answer))
			if !errors.Is(err, e.err) || len(m.Ports) != e.ports || m.Whole() != e.whole || e.ports > 0 && m.Address != public {
				t.Errorf("%+v, %v", m, err)
			}
		})
	}
}

func TestMappedRefused(t *testing.T) {
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	conn.Close()
	if m, err := Mapped(t.Context(), at); err == nil {
		t.Errorf("%+v", m)
	}
}
