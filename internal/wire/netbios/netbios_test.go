package netbios

import (
	"bytes"
	"testing"
)

// TestNames holds the first-level encoding by the examples of RFC 1001 section
// 14.1, and that reading turns it back.
func TestNames(t *testing.T) {
	n := Name{Text: "FRED"}
	n.Suffix = ' '
	if got := string(n.Encoded()); got != "\x20EGFCEFEECACACACACACACACACACACACA\x00" {
		t.Errorf("encoded %q", got)
	}
	back, rest, err := readName(append(n.Encoded(), 'x'))
	if err != nil || back.Text != "FRED" || back.Suffix != ' ' || string(rest) != "x" {
		t.Errorf("read back %+v, rest %q, error %v", back, rest, err)
	}
	if got := string(Any.Encoded()); got != "\x20CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\x00" {
		t.Errorf("the name of all is %q", got)
	}
}

// statusOf is an answer to a StatusQuery with names of 15 bytes, a suffix and
// flags.
func statusOf(names ...string) []byte {
	b := append([]byte{0x12, 0x34, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0}, Any.Encoded()...)
	b = append(b, 0, 0x21, 0, 1, 0, 0, 0, 0, 0, byte(1+18*len(names)+46), byte(len(names)))
	for _, n := range names {
		b = append(b, n...)
	}
	return append(append(b, 2, 0, 0, 0, 0, 9), make([]byte, 40)...)
}

func TestStatus(t *testing.T) {
	s, err := ParseStatus(statusOf(
		"PC1            \x00\x04\x00", "PC1            \x20\x04\x00", "OFFICE         \x00\x84\x00",
		"PC1            \x03\x04\x00", "TARO           \x03\x04\x00", "OFFICE         \x1c\x84\x00",
		"INet~Services  \x1c\x84\x00", "IS~PC1         \x00\x04\x00", "PC2            \x20\x0c\x00",
	), 0x1234)
	if err != nil {
		t.Fatal(err)
	}
	if s.Computer() != "PC1" || s.Workgroup() != "OFFICE" || len(s.Users()) != 1 || s.Users()[0] != "TARO" ||
		!s.Is(Controllers) || s.Is(MasterBrowser) || !s.Names[8].Conflict || s.MAC != [6]byte{2, 0, 0, 0, 0, 9} {
		t.Errorf("told %q %q %q %+v", s.Computer(), s.Workgroup(), s.Users(), s)
	}
	for i, want := range []Meaning{Workstation, FileServer, Domain, Messenger, Messenger, Controllers, IIS, IIS, FileServer} {
		if got := s.Names[i].Meaning(); got != want {
			t.Errorf("%s<%02x> is %q, want %q", s.Names[i].Text, s.Names[i].Suffix, got, want)
		}
	}
}

func TestAnswer(t *testing.T) {
	n := Name{Text: "PC1", Suffix: SuffixServer}
	b := append([]byte{0, 7, 0x85, 0, 0, 0, 0, 1, 0, 0, 0, 0}, n.Encoded()...)
	b = append(b, 0, 0x20, 0, 1, 0, 0, 0, 0, 0, 6, 0x80, 0, 192, 168, 77, 10)
	owners, err := ParseAnswer(b, 7)
	if err != nil || len(owners) != 1 || owners[0].Address.String() != "192.168.77.10" || !owners[0].Group {
		t.Errorf("owners %v, error %v", owners, err)
	}
	if owners, err := ParseAnswer([]byte{0, 7, 0x85, 3, 0, 0, 0, 0, 0, 0, 0, 0}, 7); err != nil || owners != nil {
		t.Errorf("nobody's name: %v, error %v", owners, err)
	}
	if _, err := ParseAnswer(b, 8); err == nil {
		t.Error("an answer to another question is taken")
	}
}

func FuzzMessage(f *testing.F) {
	f.Add(statusOf("PC1            \x00\x04\x00"), uint16(0x1234))
	f.Add(NameQuery(1, Server, true), uint16(1))
	f.Fuzz(func(t *testing.T, b []byte, id uint16) {
		before := bytes.Clone(b)
		if s, err := ParseStatus(b, id); err == nil && len(s.Names)*18 > len(b) {
			t.Errorf("%d names out of %d bytes", len(s.Names), len(b))
		} else if err == nil {
			for _, h := range s.Names {
				h.Meaning()
			}
			s.Computer()
			s.Users()
		}
		if owners, err := ParseAnswer(b, id); err == nil && len(owners)*6 > len(b) {
			t.Errorf("%d owners out of %d bytes", len(owners), len(b))
		}
		if len(b) >= SessionHeader {
			if _, n := Header([SessionHeader]byte(b)); n < 0 {
				t.Errorf("length %d", n)
			}
		}
		if !bytes.Equal(before, b) {
			t.Error("changed what it read")
		}
	})
}
