package coap

import (
	"bytes"
	"testing"
)

func TestMessages(t *testing.T) {
	asked := Request(0x1234, [4]byte{1, 2, 3, 4}, 0, ".well-known", "core")
	if want := []byte("\x44\x01\x12\x34\x01\x02\x03\x04\xbb.well-known\x04core\xc1\x04"); !bytes.Equal(asked, want) {
		t.Errorf("% x, want % x", asked, want)
	}
	if root := Request(1, [4]byte{}, 17); !bytes.Equal(root, []byte("\x44\x01\x00\x01\x00\x00\x00\x00\xd2\x0a\x01\x14")) {
		t.Errorf("% x", root)
	}
	for _, c := range []struct {
		b    string
		want Message
	}{
		{"\x64\x45\x12\x34\x01\x02\x03\x04\xc1\x28\xb1\x02\xff</>;ct=0", Message{Kind: Acknowledgement, Code: Content, Block: 0, Payload: []byte("</>;ct=0")}},
		{"\x64\x45\x12\x34\x01\x02\x03\x04\xd1\x0a\x1c\xffx", Message{Kind: Acknowledgement, Code: Content, Block: 1, More: true, Payload: []byte("x")}},
		{"\x70\x00\x12\x34", Message{Kind: Reset}},
		{"\x64\x84\x12\x34\x01\x02\x03\x04", Message{Kind: Acknowledgement, Code: NotFound}},
	} {
		m, err := Parse([]byte(c.b))
		if err != nil || m.Kind != c.want.Kind || m.Code != c.want.Code || m.ID != 0x1234 || m.Block != c.want.Block || m.More != c.want.More || !bytes.Equal(m.Payload, c.want.Payload) {
			t.Errorf("%q is read as %+v, %v; want %+v", c.b, m, err, c.want)
		}
	}
	for _, bad := range []string{"", "\x44\x01\x12", "\x44\x01\x12\x34\x01", "\x84\x01\x12\x34", "\x49\x01\x12\x34123456789", "\x40\x45\x12\x34\xff", "\x40\x45\x12\x34\xf0", "\x40\x45\x12\x34\x0d", "\x40\x45\x12\x34\xe0\x01", "\x40\x45\x12\x34\x03ab"} {
		if m, err := Parse([]byte(bad)); err == nil {
			t.Errorf("%q is read as %+v", bad, m)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("\x64\x45\x12\x34\x01\x02\x03\x04\xc1\x28\xb1\x0a\xff</>;ct=0"))
	f.Add([]byte("\x70\x00\x12\x34"))
	f.Add([]byte("\x40\x45\x12\x34\xed\x01\x00\x05hello"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Parse(b)
		if err == nil && (len(m.Payload)+len(m.Token) > len(b) || m.Block < 0 || m.Block >= 1<<20) {
			t.Errorf("%+v out of %d bytes", m, len(b))
		}
	})
}
