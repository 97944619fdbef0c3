package smb

import (
	"bytes"
	"encoding/binary"
	"testing"
)

func TestDialects(t *testing.T) {
	for d, want := range map[Dialect]string{SMB202: "2.0.2", SMB210: "2.1", SMB300: "3.0", SMB302: "3.0.2", SMB311: "3.1.1"} {
		if got := d.String(); got != want {
			t.Errorf("%#x is %s, want %s", uint16(d), got, want)
		}
	}
}

// negotiatedOf is an answer with contexts at its end.
func negotiatedOf(d Dialect, mode uint16, caps uint32, contexts ...[]byte) []byte {
	b := append2(nil, commandNegotiate, 0)
	b[16] = 1
	body := make([]byte, 64)
	binary.LittleEndian.PutUint16(body, 65)
	binary.LittleEndian.PutUint16(body[2:], mode)
	binary.LittleEndian.PutUint16(body[4:], uint16(d))
	binary.LittleEndian.PutUint16(body[6:], uint16(len(contexts)))
	binary.LittleEndian.PutUint32(body[24:], caps)
	binary.LittleEndian.PutUint32(body[60:], 128)
	b = append(b, body...)
	for _, c := range contexts {
		b = append(pad(b), c...)
	}
	return b
}

func TestNegotiated(t *testing.T) {
	b := negotiatedOf(SMB311, modeSigning|modeRequired, 0,
		appendContext(nil, contextEncryption, []byte{1, 0, 4, 0}), appendContext(nil, contextSigning, []byte{1, 0, 2, 0}),
		appendContext(nil, contextCompression, []byte{1, 0, 0, 0, 0, 0, 0, 0, 2, 0}))
	n, err := ParseNegotiated(b)
	if err != nil || n.Dialect != SMB311 || !n.Required || !n.Encryption || n.Cipher != "AES-256-GCM" || n.SignedBy != "AES-GMAC" || !n.Compresses {
		t.Errorf("read %+v, error %v", n, err)
	}
	n, err = ParseNegotiated(negotiatedOf(SMB300, modeSigning, capEncryption))
	if err != nil || n.Dialect != SMB300 || n.Required || !n.Encryption || n.Cipher != "" {
		t.Errorf("read %+v, error %v", n, err)
	}
	if _, err := ParseNegotiated(Negotiate(Dialects(), [16]byte{})); err == nil {
		t.Error("our own request is taken for an answer")
	}
}

// answer1 is an answer of SMB 1.
func answer1(command byte, words, data []byte) []byte {
	b := append1(nil, command)
	b[9] |= 0x80
	b = append(append(b, byte(len(words)/2)), words...)
	return append(binary.LittleEndian.AppendUint16(b, uint16(len(data))), data...)
}

func TestNegotiated1(t *testing.T) {
	words := make([]byte, 34)
	words[2] = 0x07
	words[33] = 8
	data := append(make([]byte, 8), 'W', 0, 'G', 0, 0, 0, 'P', 0, 'C', 0, 0, 0)
	n, err := ParseNegotiated1(answer1(command1, words, data))
	if err != nil || !n.Agreed || !n.Signing || n.Required || n.Extended || n.Domain != "WG" || n.Computer != "PC" {
		t.Errorf("read %+v, error %v", n, err)
	}
	n, err = ParseNegotiated1(answer1(command1, []byte{0xff, 0xff}, nil))
	if err != nil || n.Agreed {
		t.Errorf("a refusal is read as %+v, error %v", n, err)
	}
}

func TestSetup1(t *testing.T) {
	words := make([]byte, 8)
	words[6] = 3
	// The texts begin at an even place, counted from the header.
	data := append([]byte("tok"), 'U', 0, 'n', 0, 'i', 0, 'x', 0, 0, 0, 'S', 0, 'a', 0, 0, 0)
	a, err := ParseSetup1(answer1(setup1, words, data))
	if err != nil || string(a.Token) != "tok" || a.System != "Unix" || a.Program != "Sa" {
		t.Errorf("read %+v, error %v", a, err)
	}
}

func FuzzAnswers(f *testing.F) {
	f.Add(negotiatedOf(SMB311, 3, 0x7f, appendContext(nil, contextEncryption, []byte{1, 0, 2, 0})))
	f.Add(Negotiate(Dialects(), [16]byte{1}))
	f.Add(Setup([]byte("token")))
	f.Add(answer1(command1, make([]byte, 34), []byte("abc")))
	f.Add(answer1(setup1, make([]byte, 8), []byte("abc\x00def\x00")))
	f.Fuzz(func(t *testing.T, b []byte) {
		before := bytes.Clone(b)
		if n, err := ParseNegotiated(b); err == nil {
			_ = n.Dialect.String()
		}
		if _, token, err := ParseSetup(b); err == nil && len(token) > len(b) {
			t.Error("a token longer than the message")
		}
		_, _ = ParseNegotiated1(b)
		if a, err := ParseSetup1(b); err == nil && len(a.Token) > len(b) {
			t.Error("a token longer than the message")
		}
		if !bytes.Equal(before, b) {
			t.Error("changed what it read")
		}
	})
}
