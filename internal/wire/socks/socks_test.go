package socks_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"sekisho/internal/wire/socks"
)

func TestMessages(t *testing.T) {
	v4, v6 := netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("2001:db8::7")
	must := func(b []byte, err error) string {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
		return string(b)
	}
	for got, want := range map[string]string{
		string(socks.Greeting(socks.NoAuth, socks.Password)):                     "\x05\x02\x00\x02",
		must(socks.Login("me", "secret")):                                        "\x01\x02me\x06secret",
		must(socks.Connect(socks.Target{Addr: v4, Port: 80})):                    "\x05\x01\x00\x01\xc0\x00\x02\x07\x00\x50",
		must(socks.Connect(socks.Target{Addr: v6, Port: 80})):                    "\x05\x01\x00\x04 \x01\r\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x07\x00\x50",
		must(socks.Connect(socks.Target{Name: "home.example", Port: 443})):       "\x05\x01\x00\x03\x0chome.example\x01\xbb",
		must(socks.Connect4(socks.Target{Addr: v4, Port: 80}, "me")):             "\x04\x01\x00\x50\xc0\x00\x02\x07me\x00",
		must(socks.Connect4(socks.Target{Name: "home.example", Port: 80}, "me")): "\x04\x01\x00\x50\x00\x00\x00\x01me\x00home.example\x00",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	long := strings.Repeat("x", 256)
	for name, err := range map[string]error{
		"user":  second(socks.Login(long, "")),
		"empty": second(socks.Login("", "x")),
		"name":  second(socks.Connect(socks.Target{Name: long})),
		"none":  second(socks.Connect(socks.Target{})),
		"name4": second(socks.Connect4(socks.Target{Name: long}, "")),
		"v6":    second(socks.Connect4(socks.Target{Addr: v6}, "")),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func second(_ []byte, err error) error { return err }

func TestAnswers(t *testing.T) {
	for said, want := range map[string]error{
		"": socks.ErrShort, "\x05": socks.ErrShort, "\x05\x05\x00\x01\x00": socks.ErrShort,
		"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00": nil, "\x05\x00\x00\x03\x02hi\x00\x50": nil,
		"HTTP/1.1": socks.ErrBad, "\x05\x00\x00\x09\x00\x00": socks.ErrBad, "\x05\x00\x07\x01\x00": socks.ErrBad,
	} {
		if _, size, err := socks.ParseReply([]byte(said)); !errors.Is(err, want) || err == nil && size != len(said) {
			t.Errorf("%q: %d bytes, %v; want %v", said, size, err, want)
		}
	}
	for said, want := range map[string]error{"\x00\x5a\x00\x00\x00\x00\x00\x00": nil, "\x00\x5b": socks.ErrShort, "\x05\x00": socks.ErrBad, "\x00\x01": socks.ErrBad} {
		if _, err := socks.ParseReply4([]byte(said)); !errors.Is(err, want) {
			t.Errorf("%q: %v; want %v", said, err, want)
		}
	}
	if m, err := socks.ParseChoice([]byte("\x05\xff")); m != socks.NoAcceptable || err != nil {
		t.Errorf("%v, %v", m, err)
	}
	if _, err := socks.ParseChoice([]byte("H")); !errors.Is(err, socks.ErrBad) {
		t.Error(err)
	}
	if ok, err := socks.ParseLogin([]byte("\x01\x01")); ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
}

func TestWords(t *testing.T) {
	if got := socks.Refused.String() + ", " + socks.Code(77).String() + ", " + socks.Rejected4.String() + ", " + socks.Code4(7).String() + ", " + socks.Password.String() + ", " + socks.Method(9).String(); got !=
		"connection refused, code 77, request rejected or failed, code 7, password, method 9" {
		t.Error(got)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"\x05\x00", "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00", "\x00\x5a\x00\x00\x00\x00\x00\x00", "\x01\x00", "HTTP/1.1 400"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, size, err := socks.ParseReply(b); err == nil && size > len(b) {
			t.Errorf("%d of %d bytes", size, len(b))
		}
		for _, err := range []error{third(socks.ParseChoice(b)), third(socks.ParseLogin(b)), third(socks.ParseReply4(b))} {
			if err != nil && !errors.Is(err, socks.ErrShort) && !errors.Is(err, socks.ErrBad) {
				t.Error(err)
			}
		}
	})
}

func third[T any](_ T, err error) error { return err }

// FuzzMessages holds that what is sent has the lengths that it says.
func FuzzMessages(f *testing.F) {
	f.Add("home.example", "me")
	f.Fuzz(func(t *testing.T, name, user string) {
		if b, err := socks.Login(user, name); err == nil && len(b) != 3+len(user)+len(name) {
			t.Errorf("login of %d bytes", len(b))
		}
		if b, err := socks.Connect4(socks.Target{Name: name, Port: 443}, user); err == nil && len(b) != 10+len(user)+len(name) {
			t.Errorf("request of %d bytes", len(b))
		}
		if b, err := socks.Connect(socks.Target{Name: name, Port: 443}); err == nil && len(b) != 7+len(name) {
			t.Errorf("request of %d bytes", len(b))
		}
	})
}
