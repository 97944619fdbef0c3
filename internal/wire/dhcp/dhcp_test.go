package dhcp

import (
	"net/netip"
	"testing"
)

// answer makes a reply to a request with further options.
func answer(asked []byte, more ...byte) []byte {
	b := append([]byte(nil), asked[:headerSize]...)
	b[0] = reply
	b = append(append(b, magic...), optionType, 1, ack)
	return append(b, more...)
}

func TestInform(t *testing.T) {
	asked := Inform(7, netip.MustParseAddr("192.168.1.9"), [6]byte{2, 1, 2, 3, 4, 5}, "sekisho")
	if asked[0] != request || asked[15] != 9 || asked[28] != 2 || len(asked) < headerSize+16 {
		t.Errorf("% x", asked)
	}
	said := answer(asked, optionServer, 4, 192, 168, 1, 1, optionRouter, 4, 192, 168, 1, 1, optionPad,
		optionDNS, 8, 192, 168, 1, 1, 9, 9, 9, 9, optionDomain, 5, 'h', 'o', 'm', 'e', 0, optionEnd)
	if !Answers(asked, said) || Answers(asked, asked) || Answers(Inform(8, netip.Addr{}, [6]byte{}, ""), said) {
		t.Error("the answer is not told from others")
	}
	s, err := Parse(said)
	if err != nil || s.Server != netip.MustParseAddr("192.168.1.1") || len(s.Names) != 2 || string(s.Domain) != "home" || len(s.Routers) != 1 {
		t.Errorf("%+v, %v", s, err)
	}
	for _, lie := range [][]byte{said[:headerSize], answer(asked, optionDNS, 200, 1), answer(asked, optionDNS)} {
		if s, err := Parse(lie); err == nil {
			t.Errorf("% x is read as %+v", lie, s)
		}
	}
}

func FuzzParse(f *testing.F) {
	asked := Inform(7, netip.MustParseAddr("192.168.1.9"), [6]byte{}, "x")
	f.Add(answer(asked, optionDNS, 4, 1, 2, 3, 4, optionEnd))
	f.Fuzz(func(t *testing.T, b []byte) {
		Answers(asked, b)
		s, _ := Parse(b)
		if len(s.Names) > maxAddresses || len(s.Domain)+len(s.BootFile) > len(b) {
			t.Errorf("%+v", s)
		}
	})
}
