package exposure

import (
	"encoding/json"
	"slices"
	"testing"
)

func TestPortListIsRanges(t *testing.T) {
	for text, want := range map[string]PortList{
		"":               nil,
		"0":              {0},
		"22,80-82,65535": {22, 80, 81, 82, 65535},
		"65533-65535":    {65533, 65534, 65535},
		"1-2,4":          {1, 2, 4},
	} {
		var got PortList
		if err := got.UnmarshalText([]byte(text)); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q is %v, %v; want %v", text, got, err, want)
		}
		if b, _ := want.MarshalText(); string(b) != text {
			t.Errorf("%v is written %q, want %q", want, b, text)
		}
	}
	for _, text := range []string{",", "x", "1,", "2-1", "1,1", "5-9,8", "65536", "-1", "1-", "0-65535,0"} {
		var got PortList
		if err := got.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is taken as %v", text, got)
		}
	}
}

func TestPortListHas(t *testing.T) {
	l := PortList{0, 22, 80, 65535}
	for port, want := range map[uint16]bool{0: true, 1: false, 22: true, 23: false, 65535: true, 65534: false} {
		if l.Has(port) != want {
			t.Errorf("%v has %d: %v", l, port, !want)
		}
	}
}

func TestJobKeyReadsBack(t *testing.T) {
	want := Job{Key: JobKey{1, 2, 15: 255}}
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got Job
	if err := json.Unmarshal(b, &got); err != nil || got.Key != want.Key {
		t.Errorf("%s reads back as %x, %v", b, got.Key, err)
	}
	for _, text := range []string{"", "00", "zz0102030405060708090a0b0c0d0e0f", "000102030405060708090a0b0c0d0e0f00"} {
		if err := got.Key.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is taken for a key", text)
		}
	}
}

func FuzzPortList(f *testing.F) {
	for _, s := range []string{"", "1-65535", "22,80-90", "9-3", "1,,2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var l, again PortList
		if l.UnmarshalText([]byte(s)) != nil {
			return
		}
		b, _ := l.MarshalText()
		if err := again.UnmarshalText(b); err != nil || !slices.Equal(l, again) {
			t.Errorf("%q: %v reads back as %v, %v", s, l, again, err)
		}
	})
}
