package netlogon

import (
	"encoding/binary"
	"slices"
	"testing"
)

// responseOf is an answer whose later names point back to the first.
func responseOf(flags uint32) []byte {
	b := make([]byte, fixed)
	binary.LittleEndian.PutUint16(b, opResponse)
	binary.LittleEndian.PutUint32(b[4:], flags)
	b = append(b, "\x04home\x07example\x00"...)          // forest
	b = append(b, 0xc0, fixed)                           // domain: the same
	b = append(b, 3, 'd', 'c', '1', 0xc0, fixed)         // host
	b = append(b, "\x04HOME\x00\x05\\\\DC1\x00\x00"...)  // NetBIOS names, nobody
	return append(b, "\x04Site\x00\x05Other\x00tail"...) // sites
}

func TestParse(t *testing.T) {
	r, err := Parse(responseOf(0x2c))
	if err != nil || r.Forest != "home.example" || r.Domain != "home.example" || r.Host != "dc1.home.example" ||
		r.NetBIOSDomain != "HOME" || r.NetBIOSName != "DC1" || r.Site != "Site" || r.ClientSite != "Other" {
		t.Errorf("read %+v, error %v", r, err)
	}
	if !slices.Equal(r.Roles(), []string{"global-catalog", "ldap", "kdc"}) {
		t.Errorf("roles %v", r.Roles())
	}
}

func FuzzParse(f *testing.F) {
	f.Add(responseOf(0xffffffff))
	f.Add(append(responseOf(0)[:fixed], 0xc0, fixed))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, _ := Parse(b)
		for _, text := range []string{r.Forest, r.Domain, r.Host, r.NetBIOSDomain, r.Site} {
			if len(text) > maxName {
				t.Errorf("a name of %d bytes", len(text))
			}
		}
	})
}
