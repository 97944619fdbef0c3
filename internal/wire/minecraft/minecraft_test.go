package minecraft

import (
	"bytes"
	"encoding/json"
	"testing"
)

func TestHandshake(t *testing.T) {
	// The example of the protocol's description: version 47, localhost, 25565.
	want := []byte("\x0f\x00\x2f\x09localhost\x63\xdd\x01")
	if got := Handshake(47, "localhost", 25565, ToStatus); !bytes.Equal(got, want) {
		t.Errorf("handshake % x, want % x", got, want)
	}
	if got := AppendVarInt(nil, -1); !bytes.Equal(got, []byte{0xff, 0xff, 0xff, 0xff, 0x0f}) {
		t.Errorf("-1 is % x", got)
	}
	if got := LoginStart("a"); len(got) != 1+1+2+16 || got[0] != 19 {
		t.Errorf("login start % x", got)
	}
}

func TestPlain(t *testing.T) {
	for text, want := range map[string]string{
		`"§aA §lMinecraft Server§r"`:                                 "A Minecraft Server",
		`{"text":"a","extra":[{"text":"b"},"c",["d",{"text":"e"}]]}`: "abcde",
		`{"translate":"multiplayer.disconnect.not_whitelisted"}`:     "multiplayer.disconnect.not_whitelisted",
		`[[[[[[[[[["too deep"]]]]]]]]]]`:                             "",
		`17`:                                                         "",
		``:                                                           "",
		`{"text":17}`:                                                "",
		`{"extra":[{"extra":[{"extra":[{"text":"x"}]}]}],"text":"y"}`: "yx",
	} {
		if got := Plain(json.RawMessage(text)); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func FuzzReadPacket(f *testing.F) {
	f.Add([]byte("\x05\x00\x03{}x"))
	f.Add([]byte("\xff\xff\xff\xff\xff\x01"))
	status := `{"version":{"name":"1.20.4","protocol":765},"players":{"max":20,"online":1,"sample":[{"name":"a"}]},"description":{"text":"x","extra":["y"]}}`
	f.Add(packet(appendText([]byte{0}, status)))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bytes.NewReader(b)
		_, body, err := ReadPacket(r, r)
		if err != nil {
			return
		}
		if len(body) > len(b) {
			t.Fatalf("%d bytes of %d", len(body), len(b))
		}
		if s, err := ReadStatus(body); err == nil && len(Plain(s.Description)) > 8*len(b) {
			t.Errorf("%d bytes became a text of %d", len(b), len(Plain(s.Description)))
		}
	})
}
