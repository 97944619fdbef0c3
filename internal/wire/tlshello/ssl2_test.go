package tlshello_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"sekisho/internal/wire/tlshello"
)

// hello2 is a SERVER-HELLO as the book has it: a certificate of 5 bytes, two
// ciphers, a connection of 16.
var hello2 = append([]byte{
	0x80, 11 + 5 + 6 + 16, 4, 0, 1, 0, 2, 0, 5, 0, 6, 0, 16, 'c', 'e', 'r', 't', '!', 1, 0, 0x80, 7, 0, 0xc0,
}, make([]byte, 16)...)

func TestHello2(t *testing.T) {
	b := tlshello.Hello2([16]byte{1, 2})
	want := append([]byte{0x80, byte(len(b) - 2), 1, 0, 2, 0, 21, 0, 0, 0, 16, 1, 0, 0x80}, b[14:len(b)-16]...)
	if !bytes.Equal(b, append(want, append([]byte{1, 2}, make([]byte, 14)...)...)) || len(b) != 2+9+21+16 {
		t.Errorf("% x", b)
	}
}

func TestParse2(t *testing.T) {
	a, err := tlshello.Parse2(hello2)
	if err != nil || string(a.Certificate) != "cert!" || !slices.Equal(a.Ciphers, []string{"SSL_CK_RC4_128_WITH_MD5", "SSL_CK_DES_192_EDE3_CBC_WITH_MD5"}) {
		t.Errorf("%+v, %v", a, err)
	}
	for n := range hello2 {
		if _, err := tlshello.Parse2(hello2[:n]); !errors.Is(err, tlshello.ErrShort) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	for name, b := range map[string][]byte{
		"tls-alert": {21, 3, 1, 0, 2, 2, 70}, "error": {0x80, 3, 0, 0, 1}, "http": []byte("HTTP/1.1 400 Bad Request\r\n"), "one-byte": {21},
	} {
		if _, err := tlshello.Parse2(b); !errors.Is(err, tlshello.ErrBad) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for i, to := range map[int]byte{1: 40, 2: 1, 3: 7, 4: 9, 6: 3, 8: 6, 10: 5} {
		lie := bytes.Clone(hello2)
		lie[i] = to
		if a, err := tlshello.Parse2(lie); err == nil {
			t.Errorf("byte %d is %d: %+v", i, to, a)
		}
	}
}

func FuzzParse2(f *testing.F) {
	f.Add(hello2)
	f.Add([]byte{21, 3, 1, 0, 2, 2, 70})
	f.Fuzz(func(t *testing.T, b []byte) {
		a, _ := tlshello.Parse2(b)
		if len(a.Certificate)+3*len(a.Ciphers) > len(b) {
			t.Errorf("%d bytes tell %d of a certificate and %d ciphers", len(b), len(a.Certificate), len(a.Ciphers))
		}
	})
}
