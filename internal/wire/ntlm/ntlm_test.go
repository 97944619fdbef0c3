package ntlm

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"
	"unicode/utf16"
)

func wide(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

// challengeOf is a challenge with a description of pairs.
func challengeOf(flags uint32, build uint16, pairs map[uint16][]byte) []byte {
	var info []byte
	for _, kind := range []uint16{1, 2, 3, 4, 5, 7} {
		if v, ok := pairs[kind]; ok {
			info = binary.LittleEndian.AppendUint16(info, kind)
			info = binary.LittleEndian.AppendUint16(info, uint16(len(v)))
			info = append(info, v...)
		}
	}
	info = append(info, 0, 0, 0, 0)
	target := wide("CORP")
	b := append(bytes.Clone(signature), 2, 0, 0, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(target)))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(target)))
	b = binary.LittleEndian.AppendUint32(b, 56)
	b = binary.LittleEndian.AppendUint32(b, flags)
	b = append(b, make([]byte, 16)...)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(info)))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(info)))
	b = binary.LittleEndian.AppendUint32(b, uint32(56+len(target)))
	b = append(b, 10, 0)
	b = binary.LittleEndian.AppendUint16(b, build)
	b = append(b, 0, 0, 0, 15)
	return append(append(b, target...), info...)
}

func TestParse(t *testing.T) {
	at := time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)
	ticks := binary.LittleEndian.AppendUint64(nil, uint64(at.Unix())*1e7+116444736000000000)
	b := challengeOf(negotiateFlags, 20348, map[uint16][]byte{
		1: wide("SRV"), 2: wide("CORP"), 3: wide("srv.corp.example"), 4: wide("corp.example"), 5: wide("example"), 7: ticks,
	})
	c, err := Parse(append([]byte("in whatever it is wrapped "), b...))
	want := Challenge{
		Target: "CORP", Computer: "SRV", Domain: "CORP", DNSComputer: "srv.corp.example", DNSDomain: "corp.example", DNSForest: "example",
		Major: 10, Build: 20348, Time: at,
	}
	if err != nil || c != want {
		t.Errorf("read %+v, error %v; want %+v", c, err, want)
	}
	if _, err := Parse(Wrapped()); err == nil {
		t.Error("a first message is taken for a challenge")
	}
}

func FuzzParse(f *testing.F) {
	f.Add(challengeOf(negotiateFlags, 17763, map[uint16][]byte{1: wide("日本語"), 7: make([]byte, 8)}))
	f.Add(Wrapped())
	f.Fuzz(func(t *testing.T, b []byte) {
		before := bytes.Clone(b)
		if c, err := Parse(b); err == nil && !bytes.Contains(b, signature) {
			t.Errorf("a challenge without a signature: %+v", c)
		}
		if !bytes.Equal(before, b) {
			t.Error("changed what it read")
		}
	})
}
