package rdp

import "testing"

func TestConfirm(t *testing.T) {
	frame := func(b ...byte) []byte {
		all := append([]byte{3, 0, 0, byte(11 + len(b)), byte(6 + len(b)), 0xd0, 0, 0, 0x12, 0x34, 0}, b...)
		return all
	}
	for name, c := range map[string]struct {
		b    []byte
		want Confirmed
	}{
		"old":     {frame(), Confirmed{}},
		"chosen":  {frame(2, 0x1f, 8, 0, 2, 0, 0, 0), Confirmed{Negotiates: true, Chosen: Hybrid, Flags: 0x1f}},
		"refused": {frame(3, 0, 8, 0, 5, 0, 0, 0), Confirmed{Negotiates: true, Failure: FailureHybridRequired}},
	} {
		if got, err := ParseConfirm(c.b); err != nil || got != c.want {
			t.Errorf("%s: %+v, error %v", name, got, err)
		}
	}
	if _, err := ParseConfirm(Request(Hybrid)); err == nil {
		t.Error("our own request is taken for an answer")
	}
}

func FuzzConfirm(f *testing.F) {
	f.Add(Request(TLS))
	f.Add([]byte{3, 0, 0, 19, 14, 0xd0, 0, 0, 0x12, 0x34, 0, 2, 0, 8, 0, 1, 0, 0, 0})
	f.Fuzz(func(_ *testing.T, b []byte) {
		if c, err := ParseConfirm(b); err == nil {
			_ = c.Chosen.String()
		}
	})
}
