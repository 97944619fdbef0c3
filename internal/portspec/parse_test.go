package portspec

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	tests := []struct {
		text     string
		udp      bool
		tcp, out string // of TCP and of UDP
	}{
		{"22", false, "22", ""},
		{"22", true, "", "22"},
		{"0", false, "0", ""},
		{"0-65535", false, "0-65535", ""},
		{"65535", false, "65535", ""},
		{"0022", false, "22", ""},
		{"22,80-90,ssh", false, "22,80-90", ""},
		{"80-90,85-95,96,22,80", false, "22,80-96", ""},
		{"90-90", false, "90", ""},
		{"-1024", false, "1-1024", ""},
		{"60000-", false, "60000-65535", ""},
		{"-", false, "1-65535", ""},
		{"-0", false, "", ""},
		{" 22 ,\t80 - 90", false, "", ""},
		{" 22 ,\t80-90\n", false, "22,80-90", ""},
		{"SSH,Dns,DOMAIN", false, "22,53", ""},
		{"smtps", false, "465", ""},
		{"t:22,u:53,161", false, "22", "53,161"},
		{"T:22,U:53,t:80", false, "22,80", "53"},
		{"22,t:80", true, "80", "22"},
		{"u:dns,https,t: https", false, "443", "53,443"},
		{"u:-1024", false, "", "1-1024"},
		{"@all", false, "1-65535", ""},
		{"@ALL,0", false, "0-65535", ""},
		{"@grid", false, "0-1055", ""},
		{"u:@common", false, "", "0,21-23,25,79-80,110,113,119,135,139,143,389,443,445,1002,1024-1030,1720,5000"},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			spec, err := Parse(tt.text, tt.udp)
			if tt.tcp == "" && tt.out == "" {
				if err == nil {
					t.Fatalf("Parse(%q) = %v, want an error", tt.text, spec)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if spec.TCP.String() != tt.tcp || spec.UDP.String() != tt.out {
				t.Errorf("Parse(%q) = t:%s u:%s, want t:%s u:%s", tt.text, spec.TCP, spec.UDP, tt.tcp, tt.out)
			}
		})
	}
}

func TestSets(t *testing.T) {
	for set, want := range map[string]int{"@common": 26, "@grid": 1056, "@all": 65535, "-": 65535} {
		spec, err := Parse(set, false)
		if err != nil {
			t.Fatal(err)
		}
		if spec.TCP.Len() != want || spec.UDP.Len() != 0 {
			t.Errorf("%s has %d TCP and %d UDP ports, want %d and none", set, spec.TCP.Len(), spec.UDP.Len(), want)
		}
	}
	spec, err := Parse("@trojan,u:@trojan", false)
	if err != nil {
		t.Fatal(err)
	}
	for _, port := range []uint16{1243, 6711, 6712, 6776, 12345, 12346, 20034, 27374, 31337, 54320} {
		if !spec.TCP.Contains(port) {
			t.Errorf("@trojan lacks %d", port)
		}
	}
	if !spec.UDP.Contains(31337) {
		t.Error("u:@trojan lacks 31337")
	}
}

// TestServiceSet holds @service against the catalogue, both ways.
func TestServiceSet(t *testing.T) {
	spec, err := Parse("@service,u:@service", false)
	if err != nil {
		t.Fatal(err)
	}
	tcp, udp := map[uint16]bool{}, map[uint16]bool{}
	for _, s := range Services() {
		if s.Trojan {
			continue
		}
		for _, port := range s.TCP {
			tcp[port] = true
		}
		for _, port := range s.UDP {
			udp[port] = true
		}
	}
	for _, side := range []struct {
		name string
		set  Set
		want map[uint16]bool
	}{{"tcp", spec.TCP, tcp}, {"udp", spec.UDP, udp}} {
		got := map[uint16]bool{}
		for port := range side.set.All() {
			got[port] = true
		}
		if diff := cmp.Diff(side.want, got); diff != "" {
			t.Errorf("%s (-catalogue +@service):\n%s", side.name, diff)
		}
	}
}

func TestParseErrors(t *testing.T) {
	long := strings.Repeat("1,", 500)
	tests := []struct {
		text       string
		kind       Kind
		offset     int
		item       string
		suggestion string
	}{
		{"", Missing, 0, "", ""},
		{"   ", Missing, 0, "", ""},
		{",22", Missing, 0, "", ""},
		{"22,,80", Missing, 3, "", ""},
		{"22, ,80", Missing, 3, "", ""},
		{"22,", Missing, 3, "", ""},
		{"u:", Missing, 2, "", ""},
		{"22,u: ,80", Missing, 5, "", ""},
		{"22,80-9O", Misplaced, 7, "O", "80-90"},
		{"80:90", Misplaced, 2, ":", "80-90"},
		{"22;80", Misplaced, 2, ";", "22,80"},
		{"22 80", Misplaced, 2, " ", "22,80"},
		{"53/udp", Misplaced, 2, "/", "u:53"},
		{"domain/UDP", Misplaced, 6, "/", "u:domain"},
		{"22.5", Misplaced, 2, ".", ""},
		{"1-2-3", Misplaced, 3, "-", ""},
		{"0x16", Misplaced, 1, "x", ""},
		{"22\x1b[2J", Misplaced, 2, "\x1b", ""},
		{"ssh$(id)", Misplaced, 3, "$", ""},
		{"[22]", Misplaced, 0, "[", ""},
		{"80-ssh", Misplaced, 3, "s", ""},
		{"22\xff", Misplaced, 2, "\xff", ""},
		{"２２,80", FullWidth, 0, "２", "22,80"},
		{"22、80", FullWidth, 2, "、", "22,80"},
		{"22,80–90", FullWidth, 5, "–", "22,80-90"},
		{"ｓｓｈ", FullWidth, 0, "ｓ", "ssh"},
		{"22,65536", TooLarge, 3, "65536", ""},
		{"80-99999", TooLarge, 3, "99999", ""},
		{"18446744073709551617", TooLarge, 0, "18446744073709551617", ""},
		{"--5", Negative, 1, "-5", ""},
		{"80--90", Negative, 3, "-90", ""},
		{"22,90-80", Reversed, 3, "90-80", "80-90"},
		{"-0", Reversed, 0, "-0", ""},
		{"22,htpp", UnknownName, 3, "htpp", "http"},
		{"telnte", UnknownName, 0, "telnte", "telnet"},
		{"サーバー,22", UnknownName, 0, "サーバー", ""},
		{"22,ウェブ", UnknownName, 3, "ウェブ", ""},
		{"nosuchthing", UnknownName, 0, "nosuchthing", ""},
		{"@comon", UnknownSet, 0, "@comon", "@common"},
		{"22,@", UnknownSet, 3, "@", ""},
		{"ウェブ,@nosuch", UnknownName, 0, "ウェブ", ""},
		{"s:22", UnknownPrefix, 0, "s:", ""},
		{"22,UDP:53", UnknownPrefix, 3, "UDP:", "u:"},
		{"u:ssh", NotUDP, 2, "ssh", "t:ssh"},
		{long + "90-80", Reversed, 1000, "90-80", "80-90"},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			_, err := Parse(tt.text, false)
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("Parse(%q): %v, want an *Error", tt.text, err)
			}
			if diff := cmp.Diff(Error{tt.kind, tt.text, tt.offset, tt.item, tt.suggestion}, *e); diff != "" {
				t.Errorf("Parse(%q) (-want +got):\n%s", tt.text, diff)
			}
		})
	}
}

// anyItem draws one item of a list.
func anyItem(t *rapid.T) string {
	number := rapid.Uint16()
	switch rapid.IntRange(0, 5).Draw(t, "item") {
	case 0:
		a, b := number.Draw(t, "a"), number.Draw(t, "b")
		return span{min(a, b), max(a, b)}.text()
	case 1:
		return rapid.SampledFrom(setNames).Draw(t, "set")
	case 2:
		s := rapid.SampledFrom(Services()).Filter(func(s Service) bool { return len(s.TCP) > 0 }).Draw(t, "service")
		return s.Name
	default:
		a := number.Draw(t, "a")
		return span{a, a}.text()
	}
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items := rapid.SliceOfN(rapid.Custom(anyItem), 1, 20).Draw(t, "items")
		spec, err := Parse(strings.Join(items, ","), false)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse(spec.TCP.String(), false)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(spec, again, cmp.AllowUnexported(Set{}, span{})); diff != "" {
			t.Errorf("Parse(String) (-first +again):\n%s", diff)
		}
		holdSet(t, spec.TCP)
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"22,80-90,ssh,@common,u:53,t:@grid", "-", "-1024", "60000-", "80-9O", "２２、80", "@service,@trojan,@all",
		"u:", "t:t:22", "53/udp", "22\x00", "\xff", "サーバー", "\t、", "--5", "0-0", "9999999999999999999999",
	} {
		f.Add(s, false)
		f.Add(s, true)
	}
	f.Fuzz(func(t *testing.T, text string, udp bool) {
		spec, err := Parse(text, udp)
		if err != nil {
			holdError(t, text, err)
			return
		}
		for _, s := range []Set{spec.TCP, spec.UDP} {
			holdSet(t, s)
			if s.Len() == 0 {
				continue
			}
			again, err := Parse(s.String(), false)
			if err != nil || again.TCP.String() != s.String() {
				t.Errorf("Parse(%q) = %s, %v", s, again.TCP, err)
			}
		}
		if spec.TCP.Len()+spec.UDP.Len() == 0 {
			t.Errorf("Parse(%q) is empty without an error", text)
		}
	})
}
