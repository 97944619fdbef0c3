package netio

import (
	"bytes"
	"testing"
)

func TestEchoMessage(t *testing.T) {
	const nonce = 0x0123456789abcdef
	v4 := echoMessage(false, 0xbeef, nonce)
	want := []byte{8, 0, 0x9e, 0x8f, 0xbe, 0xef, 0, 1, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef}
	copy(want[2:4], v4[2:4])
	if !bytes.Equal(v4, want) {
		t.Errorf("got % x, want % x", v4, want)
	}
	// RFC 1071: the sum over a message with its checksum is all ones.
	if sum := internetChecksum(v4); sum != 0 {
		t.Errorf("the checksum leaves %#x", sum)
	}
	v6 := echoMessage(true, 0xbeef, nonce)
	if v6[0] != 128 || v6[2] != 0 || v6[3] != 0 {
		t.Errorf("got % x: the checksum of ICMPv6 is the kernel's", v6)
	}
}

func TestParseEcho(t *testing.T) {
	const nonce = 0x0123456789abcdef
	reply := func(v6 bool) []byte {
		b := echoMessage(v6, 1, nonce)
		b[0] = echoReply4
		if v6 {
			b[0] = echoReply6
		}
		return b
	}
	header := append([]byte{0x46, 23: 0}, reply(false)...)
	for _, c := range []struct {
		name  string
		v6    bool
		bytes []byte
		ok    bool
	}{
		{"v4", false, reply(false), true},
		{"v6", true, reply(true), true},
		{"v4-behind-header-with-options", false, withoutIPv4(header), true},
		{"v4-without-header-is-left-alone", false, withoutIPv4(reply(false)), true},
		{"v4-our-own-request", false, echoMessage(false, 1, nonce), false},
		{"v6-our-own-request", true, echoMessage(true, 1, nonce), false},
		{"other-family", true, reply(false), false},
		{"cut-short", false, reply(false)[:15], false},
		{"longer-than-ours", false, append(reply(false), 0), false},
		{"empty", false, nil, false},
		{"header-longer-than-packet", false, withoutIPv4([]byte{0x4f, 30: 0}), false},
		{"header-too-short", false, withoutIPv4([]byte{0x41, 30: 0}), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := parseEcho(c.v6, c.bytes)
			if ok != c.ok || ok && got != nonce {
				t.Errorf("got %#x %v, want %v", got, ok, c.ok)
			}
		})
	}
}

func FuzzParseEcho(f *testing.F) {
	f.Add(echoMessage(false, 1, 42), false)
	f.Add(echoMessage(true, 1, 42), true)
	f.Add(append([]byte{0x45, 19: 0}, echoMessage(false, 1, 42)...), false)
	f.Add([]byte{0x4f}, false)
	f.Fuzz(func(t *testing.T, b []byte, v6 bool) {
		if _, ok := parseEcho(v6, b); ok && len(b) != echoLength {
			t.Errorf("a message of %d bytes is taken for ours", len(b))
		}
		if rest := withoutIPv4(b); len(rest) > len(b) || len(rest) > 0 && !bytes.HasSuffix(b, rest) {
			t.Errorf("% x is no end of % x", rest, b)
		}
	})
}
