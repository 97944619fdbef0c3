package pcp

import (
	"net/netip"
	"strings"
	"testing"
	"time"
)

// The answer of MiniUPnPd 2.3.1.
const told = "\x02\x80\x00\x00\x00\x00\x00\x00\x00\x00\x95X\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"

func TestParse(t *testing.T) {
	for name, c := range map[string]struct {
		datagram string
		want     Answer
		wrong    bool
	}{
		"success":           {told, Answer{Version: 2, Since: 38232 * time.Second}, false},
		"another address":   {"\x02\x80\x00\x0c" + told[4:], Answer{Version: 2, Result: AddressMismatch, Since: 38232 * time.Second}, false},
		"another version":   {"\x01\x80\x00\x01" + told[4:], Answer{Version: 1, Result: UnsuppVersion, Since: 38232 * time.Second}, false},
		"with options":      {told + "\x01\x00\x00\x00", Answer{Version: 2, Since: 38232 * time.Second}, false},
		"of NAT-PMP":        {"\x00\x80" + told[2:], Answer{}, true},
		"to a MAP":          {"\x02\x81" + told[2:], Answer{}, true},
		"a request":         {"\x02\x00" + told[2:], Answer{}, true},
		"no whole word":     {told + "\x00", Answer{}, true},
		"too short":         {told[:20], Answer{}, true},
		"too long":          {told + strings.Repeat("\x00", 1100), Answer{}, true},
		"a result too high": {"\x02\x80\x00\x0e" + told[4:], Answer{}, true},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Parse([]byte(c.datagram))
			if got != c.want || (err != nil) != c.wrong {
				t.Errorf("%+v, %v; want %+v", got, err, c.want)
			}
		})
	}
}

func TestAnnounce(t *testing.T) {
	want := "\x02\x00\x00\x00\x00\x00\x00\x00" + strings.Repeat("\x00", 10) + "\xff\xff\xc0\xa8\x4d\x0a"
	if got := string(Announce(netip.MustParseAddr("192.168.77.10"))); got != want {
		t.Errorf("%x, want %x", got, want)
	}
	if got := string(Announce(netip.Addr{})); got != "\x02"+strings.Repeat("\x00", 23) {
		t.Errorf("%x", got)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{told, "\x01\x80\x00\x01" + told[4:], told[:9], ""} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if a, err := Parse(b); err == nil && (a.Version == 0 || a.Result > lastResult) {
			t.Errorf("%+v", a)
		}
	})
}
