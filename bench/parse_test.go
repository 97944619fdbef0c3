//go:build linux

package main

import (
	"io"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func set(all ...string) spots {
	s := spots{}
	for _, text := range all {
		ap := netip.MustParseAddrPort(text)
		s[spot{ap.Addr(), ap.Port()}] = true
	}
	return s
}

func TestParsersReadWhatScannersPrint(t *testing.T) {
	tests := []struct {
		name  string
		parse func(io.Reader) (spots, error)
		text  string
		want  spots
		wrong bool
	}{
		{
			"sekisho", parseSekisho, `{"type":"observation","address":"10.0.0.2","transport":"tcp","port":6000,"state":"open","reason":"syn-ack"}
{"type":"observation","address":"10.0.0.2","transport":"tcp","port":7,"state":"filtered"}
{"type":"observation","address":"fd00::2","transport":"udp","port":53,"state":"open|filtered"}
{"type":"observation","address":"fd00::2","transport":"tcp","port":1,"state":"open"}
{"type":"summary","hosts":1,"open":2}
`, set("10.0.0.2:6000", "[fd00::2]:1"), false,
		},
		{"sekisho-cut-short", parseSekisho, `{"type":"observation","address":"10.0.0.2","port":1,"state":"open"}` + "\n", nil, true},
		{"sekisho-garbled", parseSekisho, `{"type":"obs`, nil, true},
		{
			"nmap", parseNmap, "# Nmap 7.93 scan initiated\nHost: 10.0.0.2 ()\tStatus: Up\n" +
				"Host: 10.0.0.2 ()\tPorts: 80/open/tcp//http///, 443/open|filtered/udp//https///, 6000/open/tcp/////\tIgnored State: closed (65531)\n" +
				"Host: fd00::2 ()\tPorts: 1/open/tcp/////\n# Nmap done at Sun\n",
			set("10.0.0.2:80", "10.0.0.2:6000", "[fd00::2]:1"), false,
		},
		{"nmap-cut-short", parseNmap, "Host: 10.0.0.2 ()\tStatus: Up\n", nil, true},
		{"nmap-garbled", parseNmap, "Host: 10.0.0.2 ()\tPorts: open\n# Nmap done\n", nil, true},
		{"nmap-no-number", parseNmap, "Host: 10.0.0.2 ()\tPorts: x/open/tcp\n# Nmap done\n", nil, true},
		{
			"masscan", parseMasscan, "#masscan\nopen tcp 443 10.0.0.2 1795355032\nopen tcp 655 fd00::2 1795355099\nclosed tcp 1 10.0.0.2 1\n# end\n",
			set("10.0.0.2:443", "[fd00::2]:655"), false,
		},
		{"masscan-nothing", parseMasscan, "", spots{}, false},
		{"masscan-garbled", parseMasscan, "open tcp 443\n", nil, true},
		{"masscan-no-address", parseMasscan, "open tcp 443 x 1\n", nil, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := test.parse(strings.NewReader(test.text))
			if (err != nil) != test.wrong {
				t.Fatalf("error %v, want one: %v", err, test.wrong)
			}
			if diff := cmp.Diff(test.want, got, cmpopts.EquateComparable(spot{})); err == nil && diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCompareTellsMissedAndInvented(t *testing.T) {
	got := compare(set("10.0.0.2:1", "10.0.0.2:9", "10.0.0.1:10"), set("10.0.0.2:9", "10.0.0.2:8"))
	if want := "[10.0.0.1:10 10.0.0.2:1]"; strings.Join(texts(got.missed), " ") != want[1:len(want)-1] {
		t.Errorf("missed %v, want %s", got.missed, want)
	}
	if want := "10.0.0.2:8"; strings.Join(texts(got.invented), " ") != want {
		t.Errorf("invented %v, want %s", got.invented, want)
	}
}

func texts(all []spot) (out []string) {
	for _, s := range all {
		out = append(out, s.String())
	}
	return out
}

// TestIdentifiedPorts reads what sekisho and nmap say of what answers.
func TestIdentifiedPorts(t *testing.T) {
	at := func(port uint16) spot { return spot{netip.MustParseAddr("10.0.0.2"), port} }
	want := map[spot]string{at(22): "OpenSSH 9.2p1", at(25): "", at(80): "nginx 1.22.1"}
	report := `{"hosts":[{"ports":[
		{"port":22,"observations":[{"address":"10.0.0.2","state":"open"}],"services":[{"address":"10.0.0.2","product":"OpenSSH","version":"9.2p1"}]},
		{"port":25,"observations":[{"address":"10.0.0.2","state":"open"}]},
		{"port":26,"observations":[{"address":"10.0.0.2","state":"closed"}]},
		{"port":80,"services":[{"address":"10.0.0.2","product":"nginx","version":"1.22.1"}]}]}]}`
	got, err := parseReport(strings.NewReader(report))
	if d := cmp.Diff(want, got, cmpopts.EquateComparable(spot{})); err != nil || d != "" {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
	grep := "Host: 10.0.0.2 ()\tPorts: 22/open/tcp//ssh//OpenSSH 9.2p1/, 25/open/tcp//smtp?///, 26/closed/tcp//x///, 80/open/tcp//http//nginx 1.22.1/\n# Nmap done\n"
	if got, err = parseVersions(strings.NewReader(grep)); err != nil || got[at(22)] != "OpenSSH 9.2p1" || got[at(80)] != "nginx 1.22.1" || len(got) != 3 {
		t.Errorf("%v, %v", got, err)
	}
	for _, cut := range []string{"", "Host: 10.0.0.2 ()\tPorts: 22/open/tcp//ssh//OpenSSH/\n"} {
		if _, err := parseVersions(strings.NewReader(cut)); err == nil {
			t.Errorf("%q passed for a whole result", cut)
		}
		if _, err := parseReport(strings.NewReader(cut)); err == nil {
			t.Errorf("%q passed for a whole report", cut)
		}
	}
}
