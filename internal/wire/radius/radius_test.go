package radius

import (
	"bytes"
	"crypto/md5"
	"testing"
)

// TestStatusServer is the example of RFC 5997 section 6, whose secret is
// xyzzy5461.
func TestStatusServer(t *testing.T) {
	const secret = "xyzzy5461"
	authenticator := [16]byte{0x8a, 0x54, 0xf4, 0x68, 0x6f, 0xb3, 0x94, 0xc5, 0x28, 0x66, 0xe3, 0x02, 0x18, 0x5d, 0x06, 0x23}
	request := StatusServer(218, authenticator, secret)
	want := append([]byte{12, 218, 0, 38}, authenticator[:]...)
	want = append(want, 80, 18, 0x5a, 0x66, 0x5e, 0x2e, 0x1e, 0x84, 0x11, 0xf3, 0xe2, 0x43, 0x82, 0x20, 0x97, 0xc8, 0x4f, 0xa3)
	if !bytes.Equal(request, want) {
		t.Errorf("% x\nwant\n% x", request, want)
	}
	answer := []byte{AccessAccept, 218, 0, 20, 0xef, 0x0d, 0x55, 0x2a, 0x4b, 0xf2, 0xd6, 0x93, 0xec, 0x2b, 0x6f, 0xe8, 0xb5, 0x41, 0x1d, 0x66}
	if code, err := Check(request, answer, secret); err != nil || code != AccessAccept {
		t.Errorf("%d, %v", code, err)
	}
	if _, err := Check(request, answer, "other"); err == nil {
		t.Error("another secret proves it")
	}
	for n := range answer {
		if _, err := Check(request, answer[:n], secret); err == nil {
			t.Errorf("%d bytes are an answer", n)
		}
	}
}

// TestIdentity names a user as RFC 3579 section 2.1 has it, signed over zeros in
// place of the proof.
func TestIdentity(t *testing.T) {
	b := Identity(7, [16]byte{1}, "bob", "secret")
	want := []byte{1, 7, 0, byte(len(b)), 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 5, 'b', 'o', 'b', 32, 9, 's', 'e', 'k', 'i', 's', 'h', 'o', 79, 10, 2, 0, 0, 8, 1, 'b', 'o', 'b', 80, 18}
	if !bytes.HasPrefix(b, want) || len(b) != len(want)+md5.Size {
		t.Fatalf("% x", b)
	}
	bare := append(bytes.Clone(want), make([]byte, md5.Size)...)
	if !bytes.Equal(proof(bare, "secret"), b[len(want):]) {
		t.Error("the proof is another one")
	}
	if long := Identity(7, [16]byte{}, string(make([]byte, 1000)), "s"); len(long) > 4096 {
		t.Errorf("%d bytes", len(long))
	}
}

func TestMethod(t *testing.T) {
	head := append([]byte{11, 1, 0, 0}, make([]byte, 16)...)
	for want, attributes := range map[string][]byte{
		"PEAP": {18, 3, 'x', 79, 8, 1, 1, 0, 6, 25, 0}, "EAP-MD5": {79, 7, 1, 1, 0, 5, 4}, "EAP type 99": {79, 7, 1, 1, 0, 5, 99},
		"": {79, 6, 4, 1, 0, 4}, // a failure asks for nothing
	} {
		if got, ok := Method(append(bytes.Clone(head), attributes...)); got != want || ok != (want != "") {
			t.Errorf("%q, %v, want %q", got, ok, want)
		}
	}
	for _, lie := range [][]byte{{79, 0, 1, 1}, {79, 200, 1}, {79}, {79, 1}} {
		if got, ok := Method(append(bytes.Clone(head), lie...)); ok {
			t.Errorf("% x is %s", lie, got)
		}
	}
}

func FuzzMethod(f *testing.F) {
	f.Add(append(make([]byte, headerSize), 79, 8, 1, 1, 0, 6, 25, 0))
	f.Fuzz(func(_ *testing.T, b []byte) { Method(b) })
}

func FuzzCheck(f *testing.F) {
	request := StatusServer(1, [16]byte{}, "s")
	sum := md5.Sum(append(append([]byte{2, 1, 0, 20}, make([]byte, 16)...), 's'))
	f.Add(append([]byte{2, 1, 0, 20}, sum[:]...))
	f.Fuzz(func(t *testing.T, b []byte) {
		if code, err := Check(request, b, "s"); err == nil && code != b[0] {
			t.Errorf("code %d of % x", code, b)
		}
	})
}
