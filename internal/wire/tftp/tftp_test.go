package tftp

import (
	"bytes"
	"testing"
)

func TestPackets(t *testing.T) {
	if got := ReadRequest("a.cfg"); !bytes.Equal(got, []byte("\x00\x01a.cfg\x00octet\x00")) {
		t.Errorf("% x", got)
	}
	if got := Ack(258); !bytes.Equal(got, []byte{0, 4, 1, 2}) {
		t.Errorf("% x", got)
	}
	if p, err := Parse([]byte("\x00\x03\x00\x02hello")); err != nil || p.Kind != Data || p.Block != 2 || string(p.Data) != "hello" {
		t.Errorf("%+v, %v", p, err)
	}
	if p, err := Parse([]byte("\x00\x05\x00\x01File not found\x00")); err != nil || p.Code != NotFound || string(p.Message) != "File not found" {
		t.Errorf("%+v, %v", p, err)
	}
	if p, err := Parse(Abort("enough")); err != nil || string(p.Message) != "enough" {
		t.Errorf("%+v, %v", p, err)
	}
	for _, bad := range [][]byte{nil, {0, 3, 0}, ReadRequest("x"), {0, 5, 0, 9, 0}, append([]byte{0, 3, 0, 1}, make([]byte, BlockSize+1)...)} {
		if p, err := Parse(bad); err == nil {
			t.Errorf("% x is read as %+v", bad, p)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("\x00\x05\x00\x01File not found\x00"))
	f.Add([]byte("\x00\x03\x00\x01x"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := Parse(b)
		if err == nil && len(p.Data)+len(p.Message) > len(b) {
			t.Errorf("%+v out of %d bytes", p, len(b))
		}
	})
}
