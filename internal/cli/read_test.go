package cli

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/output"
)

// nmapSaid is a scan of nmap with what an older version called its reasons.
const nmapSaid = `<?xml version="1.0"?><!DOCTYPE nmaprun>
<nmaprun scanner="nmap" start="1795331000" version="7.93" xmloutputversion="1.05">
<scaninfo type="syn" protocol="tcp" numservices="100" services="1-100"/>
<host endtime="1795331001"><status state="up" reason="arp-response" reason_ttl="0"/>
<address addr="192.168.1.9" addrtype="ipv4"/><address addr="02:00:00:00:00:01" addrtype="mac"/>
<hostnames><hostname name="nas.example" type="user"/><hostname name="other.example" type="PTR"/></hostnames>
<ports><extraports state="filtered" count="97"><extrareasons reason="no-responses" count="97"/></extraports>
<port protocol="tcp" portid="22"><state state="open" reason="syn-ack" reason_ttl="64"/><service name="ssh" product="OpenSSH" version="9.2p1" method="probed" conf="10"/></port>
<port protocol="tcp" portid="80"><state state="filtered" reason="host-prohibited" reason_ttl="64" reason_ip="192.168.1.1"/></port>
<port protocol="tcp" portid="81"><state state="unfiltered" reason="reset" reason_ttl="64"/></port>
</ports></host>
<runstats><finished time="1795331001" elapsed="1" exit="success"/><hosts up="1" down="0" total="1"/></runstats></nmaprun>`

func TestNmapIsRead(t *testing.T) {
	r, err := document([]byte(nmapSaid))
	if err != nil {
		t.Fatal(err)
	}
	h := r.Hosts[0]
	if h.Name != "nas.example" || len(h.Addresses) != 1 || h.Addresses[0] != netip.MustParseAddr("192.168.1.9") || len(h.Ports) != 3 {
		t.Fatalf("%+v", h)
	}
	ssh, web, odd := h.Ports[0], h.Ports[1].Observations[0], h.Ports[2].Observations[0]
	if o := ssh.Observations[0]; o.State != exposure.Open || o.View != exposure.ViewLAN || ssh.Services[0].Product.Raw() != "OpenSSH" || o.SeenAt.Unix() != 1795331001 {
		t.Errorf("%+v", ssh)
	}
	if web.State != exposure.Filtered || web.Reason != exposure.AdminProhibited || web.By != "192.168.1.1" {
		t.Errorf("%+v", web)
	}
	if odd.State != exposure.Unknown {
		t.Errorf("a state without a word of ours: %+v", odd)
	}
	if s := h.Swept[0]; s.Ports != "1-100" || s.States[0].Count != 97 || s.States[0].Reason != exposure.NoResponse {
		t.Errorf("%+v", h.Swept)
	}
}

// TestReportsAreReadBack: what check writes is what is read, in JSON and in the
// form of nmap.
func TestReportsAreReadBack(t *testing.T) {
	first, err := document([]byte(nmapSaid))
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"json", "nmap-xml"} {
		var b bytes.Buffer
		if err := output.Report(&b, first, output.Options{Format: format}); err != nil {
			t.Fatal(err)
		}
		again, err := document(b.Bytes())
		if err != nil {
			t.Fatalf("%s: %v", format, err)
		}
		if p := again.Hosts[0].Ports[0]; p.Port != 22 || p.Observations[0].State != exposure.Open || p.Services[0].Port != 22 || p.Services[0].Transport != exposure.TCP {
			t.Errorf("%s: %+v", format, p)
		}
	}
}

func TestWhatIsNoReportIsRefused(t *testing.T) {
	for name, b := range map[string]string{
		"empty": "", "text": "PORT STATE", "list": "[]", "other": `{"schema":"sekisho/local/1"}`, "cut": `{"schema":"sekisho/report/1",` + "\n" + `"hosts":[`,
		"state": `{"schema":"sekisho/scan/1","observations":[{"state":"ajar"}]}`, "xml": "<nmaprun", "deep": strings.Repeat("[", 20000),
	} {
		if r, err := document([]byte(b)); err == nil {
			t.Errorf("%s: it was taken: %+v", name, r)
		}
	}
}

func FuzzDocument(f *testing.F) {
	f.Add([]byte(nmapSaid))
	f.Add([]byte(`{"schema":"sekisho/report/1","hosts":[{"addresses":["192.0.2.7"],"ports":[{"transport":"tcp","port":22,"observations":[],"services":[{"address":"192.0.2.7","view":"lan"}]}]}]}`))
	f.Add([]byte(`{"schema":"sekisho/scan/1","observations":[{"address":"192.0.2.7","transport":"tcp","port":22,"state":"open"}],"summary":{}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := document(b)
		if err != nil {
			return
		}
		for _, format := range []string{"text", "nmap-xml"} {
			if err := output.Report(&bytes.Buffer{}, r, output.Options{Format: format}); err != nil {
				t.Errorf("%s: %v", format, err)
			}
		}
	})
}
