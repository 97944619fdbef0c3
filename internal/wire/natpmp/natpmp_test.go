package natpmp

import (
	"net/netip"
	"testing"
	"time"
)

// A router's answer: MiniUPnPd 2.3.1, up for 38232 seconds, at 8.8.4.4.
const told = "\x00\x80\x00\x00\x00\x00\x95X\b\b\x04\x04"

func TestParse(t *testing.T) {
	for name, c := range map[string]struct {
		datagram string
		want     Answer
		wrong    bool
	}{
		"address":                     {told, Answer{Since: 38232 * time.Second, Address: netip.MustParseAddr("8.8.4.4")}, false},
		"no address itself":           {"\x00\x80\x00\x03\x00\x00\x00\x05\x00\x00\x00\x00", Answer{Result: NetworkFailure, Since: 5 * time.Second}, false},
		"a short refusal":             {"\x00\x80\x00\x02\x00\x00\x00\x05", Answer{Result: NotAuthorized, Since: 5 * time.Second}, false},
		"a short success":             {"\x00\x80\x00\x00\x00\x00\x00\x05", Answer{}, true},
		"of PCP":                      {"\x02\x80\x00\x01\x00\x00\x00\x05\x00\x00\x00\x00", Answer{}, true},
		"to another question":         {"\x00\x81\x00\x00\x00\x00\x00\x05\x00\x00\x00\x00", Answer{}, true},
		"a result of nobody":          {"\x00\x80\x00\x06\x00\x00\x00\x05\x00\x00\x00\x00", Answer{}, true},
		"a question":                  {"\x00\x00", Answer{}, true},
		"longer than any":             {told + "\x00", Answer{}, true},
		"nothing":                     {"", Answer{}, true},
		"the address of no interface": {"\x00\x80\x00\x00\x00\x00\x00\x05\x00\x00\x00\x00", Answer{Since: 5 * time.Second, Address: netip.IPv4Unspecified()}, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Parse([]byte(c.datagram))
			if got != c.want || (err != nil) != c.wrong {
				t.Errorf("%+v, %v; want %+v", got, err, c.want)
			}
		})
	}
}

func TestRequest(t *testing.T) {
	if string(Request()) != "\x00\x00" {
		t.Errorf("%x", Request())
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{told, "\x00\x80\x00\x03\x00\x00\x00\x05\x00\x00\x00\x00", "\x02\x80\x00\x01", ""} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := Parse(b)
		if a.Address.IsValid() != (err == nil && a.Result == Success) {
			t.Errorf("%+v, %v", a, err)
		}
	})
}
