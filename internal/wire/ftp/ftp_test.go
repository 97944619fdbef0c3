package ftp

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParsePassive(t *testing.T) {
	for text, want := range map[string]string{
		"Entering Passive Mode (192,168,77,10,195,80).":           "192.168.77.10:50000",
		"Entering Passive Mode (192, 168, 77, 10, 195, 80)":       "192.168.77.10:50000",
		"Entering Passive Mode. 192,168,77,10,195,80":             "192.168.77.10:50000",
		"=192,168,77,10,195,80":                                   "192.168.77.10:50000",
		"Mode 7 of 2026: (0,0,0,0,0,21)":                          "0.0.0.0:21",
		"Entering Passive Mode (192,168,77,10,195)":               "",
		"Entering Passive Mode (192,168,77,10,195,256)":           "",
		"Entering Passive Mode (192,168,77,10,195,80,1)":          "",
		"Entering Passive Mode (|||6446|)":                        "",
		"Entering Passive Mode (99999999999999999999,1,1,1,1,1).": "",
		"": "",
	} {
		got, err := ParsePassive(text)
		if want == "" {
			if err != ErrPassive {
				t.Errorf("%q: %v, %v", text, got, err)
			}
			continue
		}
		if err != nil || got != netip.MustParseAddrPort(want) {
			t.Errorf("%q: %v, %v; want %s", text, got, err, want)
		}
	}
}

func TestParseExtendedPassive(t *testing.T) {
	for text, want := range map[string]uint16{
		"Entering Extended Passive Mode (|||6446|)":          6446,
		"Entering Extended Passive Mode (|||6446|).":         6446,
		"Entering (for you) Extended Passive Mode (!!!22!)":  22,
		"Entering Extended Passive Mode (|1|10.0.0.1|6446|)": 6446,
		"Entering Extended Passive Mode (|||0|)":             0,
		"Entering Extended Passive Mode (|||65536|)":         0,
		"Entering Extended Passive Mode (||6446|)":           0,
		"Entering Extended Passive Mode (|||6446)":           0,
		"Entering Passive Mode (192,168,77,10,195,80)":       0,
		"()":  0,
		")(":  0,
		"( )": 0,
	} {
		got, err := ParseExtendedPassive(text)
		if got != want || (err == nil) != (want != 0) {
			t.Errorf("%q: %d, %v; want %d", text, got, err, want)
		}
	}
}

func TestArguments(t *testing.T) {
	for a, want := range map[string][2]string{
		"192.0.2.7:50000":          {"192,0,2,7,195,80", "|1|192.0.2.7|50000|"},
		"[::ffff:192.0.2.7]:50000": {"192,0,2,7,195,80", "|1|192.0.2.7|50000|"},
		"[2001:db8::7]:1024":       {"", "|2|2001:db8::7|1024|"},
		"[fe80::7%eth0]:1024":      {"", "|2|fe80::7|1024|"},
	} {
		at := netip.MustParseAddrPort(a)
		if got := [2]string{PortArgument(at), ExtendedPortArgument(at)}; got != want {
			t.Errorf("%s: %q, want %q", a, got, want)
		}
	}
}

func TestParseLine(t *testing.T) {
	for line, want := range map[string]Entry{
		"-rw-r--r--    1 0        0              20 Nov 22 17:00 welcome.txt\r\n": {Name: "welcome.txt", Size: 20},
		"-rw-r--r--   1 ftp ftp  4096 Jan  1  2024 with two  spaces":              {Name: "with two  spaces", Size: 4096},
		"drwxr-xr-x   2 ftp      ftp          4096 Nov 22 17:00 pub":              {Name: "pub", Size: 4096, Folder: true},
		"lrwxrwxrwx   1 ftp      ftp             3 Nov 22 17:00 a -> b":           {Name: "a -> b", Size: 3, Other: true},
		"-rw-r--r--   1 owner 20 Nov 22 17:00 no-group":                           {Name: "no-group", Size: 20},
		"-rw-r--r--   1 a b 20 Nov 22 17:00 20 Nov 22 17:00 x":                    {Name: "20 Nov 22 17:00 x", Size: 20},
		"11-22-26  05:00PM                   20 welcome file.txt":                 {Name: "welcome file.txt", Size: 20},
		"11-22-2026  17:00       <DIR>          pub":                              {Name: "pub", Size: -1, Folder: true},
		"total 12": {}, "": {}, "-": {}, "-rw": {}, "d d d d d d d d": {},
		"-rw-r--r-- 1 a b -20 Nov 22 17:00 x":       {},
		"11-22-26  05:00PM 99999999999999999999 x":  {},
		"-rw-r--r-- 1 a b 20 Nov 22 17:00":          {},
		"-rw-r--r-- 1 a b 999999999999999999999 x ": {},
	} {
		got, ok := ParseLine(line)
		if d := cmp.Diff(want, got); d != "" || ok != (want != Entry{}) {
			t.Errorf("%q: %v (-want +got):\n%s", line, ok, d)
		}
	}
}

func TestParseFacts(t *testing.T) {
	for line, want := range map[string]Entry{
		"type=file;size=20;modify=20261122170000;UNIX.mode=0644; welcome.txt\r\n": {Name: "welcome.txt", Size: 20},
		"Type=dir;modify=20261122170000; pub":                                     {Name: "pub", Size: -1, Folder: true},
		"type=cdir; .":                                                            {Name: ".", Size: -1, Other: true},
		"type=OS.unix=slink:/etc; link":                                           {Name: "link", Size: -1, Other: true},
		"type=file;size=-7; odd":                                                  {Name: "odd", Size: -1},
		"type=file;size=99999999999999999999;  spaced":                            {Name: " spaced", Size: -1},

		// Lines without a fact of use.
		"welcome.txt": {},
		"no facts":    {},
		"":            {},
		"type=file;":  {},
		"type=file; ": {},
	} {
		got, ok := ParseFacts(line)
		if d := cmp.Diff(want, got); d != "" || ok != (want != Entry{}) {
			t.Errorf("%q: %v (-want +got):\n%s", line, ok, d)
		}
	}
}

func TestSmallestIsAPlainFile(t *testing.T) {
	if e, ok := Smallest([]Entry{{Name: "pub", Folder: true}, {Name: "a/b"}, {Name: `a\b`}, {Name: ".."}, {Name: "x\x1b[2J"}, {Name: " x"}, {Name: "l", Other: true}}); ok {
		t.Errorf("%+v was taken", e)
	}
	e, ok := Smallest([]Entry{{Name: "unknown", Size: -1}, {Name: "big", Size: 7000}, {Name: "small", Size: 7}, {Name: "also", Size: 7}})
	if !ok || e.Name != "small" {
		t.Errorf("%+v, %v", e, ok)
	}
	if e, ok := Smallest([]Entry{{Name: "unknown", Size: -1}}); !ok || e.Name != "unknown" {
		t.Errorf("%+v, %v", e, ok)
	}
}

func TestFoldersCanBeEntered(t *testing.T) {
	got := Folders([]Entry{{Name: "in", Folder: true}, {Name: "file"}, {Name: "..", Folder: true}, {Name: "a/b", Folder: true}, {Name: "x\x00", Folder: true}, {Name: "pub", Folder: true}})
	if d := cmp.Diff([]string{"in", "pub"}, got); d != "" {
		t.Error(d)
	}
}

// FuzzPassive holds that what is read can be written and read again.
func FuzzPassive(f *testing.F) {
	f.Add("Entering Passive Mode (192,168,77,10,195,80).")
	f.Add("Entering Extended Passive Mode (|||6446|)")
	f.Add("(1,2,3,4,5,6")
	f.Fuzz(func(t *testing.T, text string) {
		if a, err := ParsePassive(text); err == nil {
			if b, err := ParsePassive(PortArgument(a)); err != nil || a != b {
				t.Errorf("%v became %v, %v", a, b, err)
			}
		}
		if port, err := ParseExtendedPassive(text); err == nil && port == 0 {
			t.Error("port 0")
		}
	})
}

// FuzzListing holds that what is chosen from a list can stand in a command.
func FuzzListing(f *testing.F) {
	f.Add("-rw-r--r--    1 0        0              20 Nov 22 17:00 welcome.txt")
	f.Add("11-22-26  05:00PM                   20 welcome.txt")
	f.Add("type=file;size=20; welcome.txt")
	f.Fuzz(func(t *testing.T, text string) {
		var entries []Entry
		for line := range strings.Lines(text) {
			if e, ok := ParseLine(line); ok {
				entries = append(entries, e)
			}
			if e, ok := ParseFacts(line); ok {
				entries = append(entries, e)
			}
		}
		if e, ok := Smallest(entries); ok && (e.Name == "" || strings.ContainsAny(e.Name, "\r\n\x00/")) {
			t.Errorf("%q was chosen", e.Name)
		}
	})
}
