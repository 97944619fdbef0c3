package snmp

import (
	"bytes"
	"encoding/hex"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var equate = cmp.Options{cmpopts.EquateEmpty(), cmpopts.EquateComparable(netip.Addr{}), cmpopts.IgnoreFields(Value{}, "Bytes")}

func TestMessagesReadBack(t *testing.T) {
	name := OID{1, 3, 6, 1, 2, 1, 1, 1, 0}
	messages := map[string]Message{
		"get":  {Version: V2c, Community: []byte("public"), PDU: PDU{Op: Get, ID: 0x41234567, Bindings: []Binding{{name, Value{Kind: Null}}}}},
		"bulk": {Version: V2c, Community: []byte("x"), PDU: PDU{Op: GetBulk, ID: -5, Index: 30, Bindings: []Binding{{name[:7], Value{Kind: Null}}}}},
		"trap": {Version: V2c, PDU: PDU{Op: Trap, ID: 7, Bindings: []Binding{
			{OID{1, 3, 6, 1, 2, 1, 1, 3, 0}, Number(TimeTicks, 4294967295)},
			{OID{1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0}, Identifier(OID{1, 3, 6, 1, 6, 3, 1, 1, 5, 1})},
			{OID{2, 999, 4294967295}, Number(Integer, -129)},
			{name, Text(strings.Repeat("long ", 60))},
		}}},
		"trap v1": {Version: V1, Community: []byte("public"), PDU: PDU{
			Op: TrapV1, Enterprise: OID{1, 3, 6, 1, 4, 1, 8072}, Agent: netip.MustParseAddr("192.0.2.7"), Generic: 6, Specific: 17, Uptime: 12345,
		}},
		"v3": {Version: V3, ID: 1, Reportable: true, PDU: PDU{Op: Get}},
	}
	for what, want := range messages {
		got, err := Parse(want.Marshal())
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if d := cmp.Diff(want, got, equate); d != "" {
			t.Errorf("%s (-want +got):\n%s", what, d)
		}
	}
}

// TestLyingLengths holds that a message whose lengths lie is refused.
func TestLyingLengths(t *testing.T) {
	good := Message{Version: V2c, Community: []byte("public"), PDU: PDU{Op: Response, Bindings: []Binding{{OID{1, 3, 6}, Text("x")}}}}.Marshal()
	bad := map[string][]byte{
		"nothing":            {},
		"2 GiB":              {0x30, 0x84, 0x7f, 0xff, 0xff, 0xff, 2, 1, 1},
		"eight bytes":        {0x30, 0x88, 0, 0, 0, 0, 0, 0, 0, 1, 2},
		"indefinite":         append([]byte{0x30, 0x80}, good[2:]...),
		"another version":    {0x30, 3, 2, 1, 2},
		"a sequence of bits": {0x30, 3, 3, 1, 0},
		"a long number":      {0x30, 11, 2, 9, 1, 1, 1, 1, 1, 1, 1, 1, 1},
		"an identifier ends": {0x30, 18, 2, 1, 1, 4, 0, 0xa2, 11, 2, 1, 0, 2, 1, 0, 2, 1, 0, 0x30, 4, 0x30, 2, 6, 0},
		"inner beyond the outer": func() []byte {
			b := slices.Clone(good)
			b[len(b)-2] = 9
			return b
		}(),
	}
	for i := range good {
		bad["cut at "+string(rune('0'+i%10))+string(rune('a'+i/10))] = good[:i]
	}
	for what, b := range bad {
		if m, err := Parse(b); err == nil {
			t.Errorf("%s: read as %+v", what, m)
		}
	}
	many := Message{Version: V1, PDU: PDU{Op: Response, Bindings: make([]Binding, maxBindings+1)}}
	for i := range many.PDU.Bindings {
		many.PDU.Bindings[i] = Binding{OID{1, 3}, Value{Kind: Null}}
	}
	if _, err := Parse(many.Marshal()); !errors.Is(err, ErrMany) {
		t.Errorf("too many objects: %v", err)
	}
}

// TestKeys are the examples of RFC 3414 section A.3.
func TestKeys(t *testing.T) {
	engine := append(make([]byte, 11), 2)
	for _, c := range []struct {
		auth int
		want string
	}{
		{0, "526f5eed9fcce26f8964c2930787d82b"},
		{1, "6695febc9288e36282235fc7151f128497b38f3f"},
	} {
		u := NewUser("x", Auths[c.auth], "maplesyrup", Priv{}, "")
		if got := hex.EncodeToString(u.Auth.localised(u.auth, engine)); got != c.want {
			t.Errorf("%s: key %s, want %s", u.Auth.Name, got, c.want)
		}
	}
}

// TestLongKeys holds the two makings of keys that are longer than a digest. The
// one of Cisco is the example of draft-reeder-snmpv3-usm-3desede-00 section B.1;
// Net-SNMP 5.9.3 was asked with all of them.
func TestLongKeys(t *testing.T) {
	engine := append(make([]byte, 11), 2)
	for _, c := range []struct {
		auth int
		priv string
		want string
	}{
		{1, "AES-192", "6695febc9288e36282235fc7151f128497b38f3f505e07eb"},
		{1, "AES-256", "6695febc9288e36282235fc7151f128497b38f3f505e07eb9af25568fa1f5dbe"},
		{1, "AES-192-C", "6695febc9288e36282235fc7151f128497b38f3f9b8b6d78"},
		{1, "AES-256-C", "6695febc9288e36282235fc7151f128497b38f3f9b8b6d78936ba6e7d19dfd9c"},
		{0, "AES-256-C", "526f5eed9fcce26f8964c2930787d82b79eff44a90650ee0a3a40abfac5acc12"},
		{3, "AES-256", "8982e0e549e866db361a6b625d84cccc11162d453ee8ce3a6445c2d6776f0f8b"},
	} {
		i := slices.IndexFunc(Privs, func(p Priv) bool { return p.Name == c.priv })
		u := NewUser("x", Auths[c.auth], "maplesyrup", Privs[i], "maplesyrup")
		if got := hex.EncodeToString(u.privKey(engine)); got != c.want {
			t.Errorf("%s %s: key %s", u.Auth.Name, c.priv, got)
		}
	}
}

// TestSealed holds that what one end seals the other opens, and that a wrong
// password or a changed byte is noticed.
func TestSealed(t *testing.T) {
	m := Message{Version: V3, ID: 5, Reportable: true, Security: Security{Engine: []byte("\x80\x00\x1f\x88\x04abc"), Boots: 3, Time: 77}, PDU: PDU{
		Op: Inform, ID: 9, Bindings: []Binding{{OID{1, 3, 6}, Text("hello there")}},
	}}
	for _, auth := range Auths {
		for _, priv := range append([]Priv{{}}, Privs...) {
			u := NewUser("me", auth, "password1", priv, "password2")
			b, err := u.Seal(m, 42)
			if err != nil {
				t.Fatal(err)
			}
			got, err := u.Open(b)
			if err != nil || got.Sealed {
				t.Fatalf("%s %s: %v", auth.Name, priv.Name, err)
			}
			if d := cmp.Diff(m.PDU, got.PDU, equate); d != "" {
				t.Errorf("%s %s (-want +got):\n%s", auth.Name, priv.Name, d)
			}
			if bytes.Contains(b, []byte("hello")) != (priv.Name == "") {
				t.Errorf("%s %s: the text is readable, or is not", auth.Name, priv.Name)
			}
			if raw, err := Parse(b); err != nil || raw.Sealed != (priv.Name != "") {
				t.Errorf("%s %s: sealed %v, %v", auth.Name, priv.Name, raw.Sealed, err)
			}
			if _, err := NewUser("me", auth, "password3", priv, "password2").Open(b); !errors.Is(err, ErrDigest) {
				t.Errorf("another password: %v", err)
			}
			b[len(b)-1] ^= 1
			if _, err := u.Open(b); !errors.Is(err, ErrDigest) {
				t.Errorf("a changed byte: %v", err)
			}
			if priv.Name != "" {
				b[len(b)-1] ^= 1
				if got, err := NewUser("me", auth, "password1", priv, "password4").Open(b); err == nil && cmp.Equal(got.PDU, m.PDU, equate) {
					t.Error("another password of the cipher opened it")
				}
			}
		}
	}
	if _, err := NewUser("me", Auths[1], "password1", Priv{}, "").Open(m.Marshal()); !errors.Is(err, ErrNoDigest) {
		t.Errorf("no digest: %v", err)
	}
}

func TestEngines(t *testing.T) {
	for id, want := range map[string]Engine{
		"80001f8880b2b520050bf9026b00000000":    {Enterprise: 8072, Format: "net-snmp", Created: time.Unix(0x6b02f90b, 0).UTC()},
		"8000000903001b210a0b0c":                {Enterprise: 9, Format: "mac", MAC: "00:1b:21:0a:0b:0c"},
		"800007e501c0000207":                    {Enterprise: 2021, Format: "ipv4", Address: netip.MustParseAddr("192.0.2.7")},
		"80003a8c0274686973":                    {Enterprise: 14988},
		"80003a8c04746869736d":                  {Enterprise: 14988, Format: "text", Text: "thism"},
		"8000000902" + strings.Repeat("20", 16): {Enterprise: 9, Format: "ipv6", Address: netip.MustParseAddr("2020:2020:2020:2020:2020:2020:2020:2020")},
		"000000090102030405060708":              {Enterprise: 9, Format: "old"},
		"80000009fe01":                          {Enterprise: 9, Format: "enterprise"},
		"8000000905" + strings.Repeat("01", 27): {Enterprise: 9, Format: "octets"},
	} {
		b, _ := hex.DecodeString(id)
		got, err := ParseEngine(b)
		if d := cmp.Diff(want, got, equate); d != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", id, err, d)
		}
	}
	if _, err := ParseEngine([]byte{1, 2, 3, 4}); !errors.Is(err, ErrRange) {
		t.Errorf("four bytes: %v", err)
	}
}

func TestNames(t *testing.T) {
	n := Standard()
	for text, want := range map[string]string{
		"1.3.6.1.2.1.1.1.0":      "sysDescr.0",
		"sysDescr.0":             "sysDescr.0",
		"IF-MIB::ifOperStatus.3": "ifOperStatus.3",
		"linkDown":               "linkDown",
		".1.3.6.1.4.1.9.9":       "enterprises.9.9",
		"2.5.4":                  "2.5.4",
	} {
		o, ok := n.Lookup(text)
		if !ok || n.Name(o) != want {
			t.Errorf("%s: %v %s, want %s", text, ok, n.Name(o), want)
		}
	}
	for _, text := range []string{"noSuchThing", "sysDescr.x", "1", "", "1.2.99999999999", "ifDescr.", "3.1"} {
		if o, ok := n.Lookup(text); ok {
			t.Errorf("%q is %v", text, o)
		}
	}
	o, _ := n.Lookup("ifOperStatus.3")
	if got := n.Show(o, Number(Integer, 2)); got != "down(2)" {
		t.Errorf("a state is %q", got)
	}
	mac, _ := n.Lookup("ifPhysAddress.3")
	if got := n.Show(mac, Value{Kind: Octets, Bytes: []byte("abcdef")}); got != "61:62:63:64:65:66" {
		t.Errorf("a hardware address is %q", got)
	}
	if got := Ticks(8640000 + 366100).String(); got != "1d 1h1m1s" {
		t.Errorf("a time is %q", got)
	}
}

func TestMIBFiles(t *testing.T) {
	n := Extended()
	err := n.Read([]byte(`ACME-MIB DEFINITIONS ::= BEGIN
IMPORTS OBJECT-TYPE, enterprises FROM SNMPv2-SMI;
-- a comment ::= { enterprises 1 }
acmeTemp OBJECT-TYPE
    SYNTAX Integer32 { cold(1), hot(2) }
    DESCRIPTION "Says foo OBJECT-TYPE ::= { acme 99 }"
    ::= { acmeObjects 3 }
acme MODULE-IDENTITY LAST-UPDATED "2026" ::= { iso org(3) dod(6) internet(1) private(4) enterprises(1) 4711 }
acmeObjects OBJECT IDENTIFIER ::= { acme 1 }
acmeAlarm TRAP-TYPE ENTERPRISE acme VARIABLES { acmeTemp } ::= 5
acmeNote NOTIFICATION-TYPE OBJECTS { acmeTemp } STATUS current ::= { acme 0 7 }
orphan OBJECT IDENTIFIER ::= { nowhere 1 }
sysDescr OBJECT IDENTIFIER ::= { acme 9 }
END
`))
	if err != nil {
		t.Fatal(err)
	}
	if missing := n.Resolve(); missing != 1 {
		t.Errorf("%d have no place, want the orphan", missing)
	}
	for text, want := range map[string]string{
		"1.3.6.1.4.1.4711.1.3.0": "acmeTemp.0",
		"1.3.6.1.4.1.4711.0.5":   "acmeAlarm",
		"1.3.6.1.4.1.4711.0.7":   "acmeNote",
		"1.3.6.1.2.1.1.1.0":      "sysDescr.0",
	} {
		o, _ := ParseOID(text)
		if got := n.Name(o); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
	if _, ok := Standard().Lookup("acmeTemp"); ok {
		t.Error("the standard names have changed")
	}
	if err := n.Read(make([]byte, MaxMIB+1)); !errors.Is(err, ErrMIB) {
		t.Errorf("a big file: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(Message{Version: V2c, Community: []byte("public"), PDU: PDU{Op: Trap, Bindings: []Binding{{OID{1, 3, 6, 1}, Text("x")}}}}.Marshal())
	f.Add(Message{Version: V1, PDU: PDU{Op: TrapV1, Enterprise: OID{1, 3}, Bindings: []Binding{{OID{1, 3, 6, 1}, Number(Counter64, 1<<62)}}}}.Marshal())
	u := NewUser("me", Auths[1], "password1", Privs[1], "password2")
	sealed, err := u.Seal(Message{Security: Security{Engine: []byte("\x80\x00\x1f\x88\x04abc")}, PDU: PDU{Op: Inform}}, 1)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Add(Message{Version: V3, PDU: PDU{Op: Report}}.Marshal())
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Parse(b)
		_, _ = u.Open(b)
		_, _ = ParseEngine(m.Security.Engine)
		for _, one := range m.PDU.Bindings {
			_ = Standard().Name(one.Name)
			_ = Standard().Show(one.Name, one.Value)
		}
		if err != nil || m.Version == V3 {
			return
		}
		// What was read means the same when it is written and read again.
		again, err := Parse(m.Marshal())
		if err != nil || len(again.PDU.Bindings) != len(m.PDU.Bindings) || again.PDU.ID != m.PDU.ID {
			t.Errorf("%+v reads back as %+v, %v", m, again, err)
		}
	})
}

func FuzzMIB(f *testing.F) {
	f.Add("a OBJECT IDENTIFIER ::= { iso org(3) 6 }\nb OBJECT-TYPE DESCRIPTION \"x\" ::= { a 1 }\nc TRAP-TYPE ENTERPRISE { a } ::= 4 -- x")
	f.Add("a OBJECT IDENTIFIER ::= { b 1 } b OBJECT IDENTIFIER ::= { a 1 }")
	f.Fuzz(func(t *testing.T, text string) {
		n := Extended()
		if n.Read([]byte(text)) == nil {
			n.Resolve()
		}
		if o, ok := n.Lookup("sysDescr.0"); !ok || n.Name(o) != "sysDescr.0" {
			t.Error("a module took a standard name away")
		}
	})
}
