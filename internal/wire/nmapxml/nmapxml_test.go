package nmapxml_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sekisho/internal/wire/nmapxml"
)

// said is what nmap 7.93 wrote of 127.0.0.1 (nmap -sV -p 21-25 -oX -), its
// fingerprint of the service left out.
const said = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE nmaprun>
<?xml-stylesheet href="file:///usr/share/nmap/nmap.xsl" type="text/xsl"?>
<!-- Nmap 7.93 scan initiated -->
<nmaprun scanner="nmap" args="nmap -sV -p 21-25 -oX - 127.0.0.1" start="1795331000" startstr="Sun Nov 22 07:03:20 2026" version="7.93" xmloutputversion="1.05">
<scaninfo type="syn" protocol="tcp" numservices="5" services="21-25"/>
<verbose level="0"/>
<debugging level="0"/>
<hosthint><status state="up" reason="localhost-response" reason_ttl="0"/><address addr="127.0.0.1" addrtype="ipv4"/></hosthint>
<host starttime="1795331000" endtime="1795331001"><status state="up" reason="localhost-response" reason_ttl="0"/>
<address addr="127.0.0.1" addrtype="ipv4"/>
<hostnames><hostname name="localhost" type="PTR"/></hostnames>
<ports><extraports state="closed" count="4"><extrareasons reason="reset" count="4" proto="tcp" ports="21,23-25"/></extraports>
<port protocol="tcp" portid="22"><state state="open" reason="syn-ack" reason_ttl="64"/><service name="ssh" product="OpenSSH" version="9.2p1" extrainfo="protocol 2.0" ostype="Linux" method="probed" conf="10"><cpe>cpe:/a:openbsd:openssh:9.2p1</cpe></service></port>
</ports>
<times srtt="36" rttvar="5000" to="100000"/>
</host>
<runstats><finished time="1795331001" timestr="Sun Nov 22 07:03:21 2026" summary="done" elapsed="0.41" exit="success"/><hosts up="1" down="0" total="1"/></runstats>
</nmaprun>
`

func TestRead(t *testing.T) {
	r, err := nmapxml.Read([]byte(said))
	if err != nil {
		t.Fatal(err)
	}
	h := r.Hosts[0]
	want := nmapxml.Port{
		Protocol: "tcp", Number: 22, State: nmapxml.State{State: "open", Reason: "syn-ack", TTL: 64},
		Service: &nmapxml.Service{Name: "ssh", Product: "OpenSSH", Version: "9.2p1", Extra: "protocol 2.0", Method: "probed", Confidence: 10},
	}
	if d := cmp.Diff(want, h.Ports.Ports[0]); d != "" {
		t.Error(d)
	}
	if h.Ports.Extra[0].Count != 4 || h.Names.Names[0].Name != "localhost" || r.ScanInfo[0].Services != "21-25" || h.End != 1795331001 {
		t.Errorf("%+v", r)
	}
	if !nmapxml.Is([]byte(said)) || nmapxml.Is([]byte(`{"a":"<nmaprun"}`)) {
		t.Error("it is not recognised")
	}
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	r, err := nmapxml.Read([]byte(said))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := nmapxml.Write(&b, r); err != nil {
		t.Fatal(err)
	}
	again, err := nmapxml.Read(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(r, again); d != "" {
		t.Error(d)
	}
}

func TestHostileDocuments(t *testing.T) {
	laughs := `<!DOCTYPE nmaprun [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><nmaprun args="&b;"></nmaprun>`
	for name, b := range map[string]string{
		"empty": "", "cut": said[:900], "entities": laughs, "other": "<html/>", "deep": "<nmaprun>" + strings.Repeat("<host>", 20000),
		"number": strings.Replace(said, `portid="22"`, `portid="70000"`, 1),
	} {
		if r, err := nmapxml.Read([]byte(b)); err == nil {
			t.Errorf("%s: it was taken: %+v", name, r)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(said))
	f.Add([]byte("<nmaprun><host><ports><port/></ports></host></nmaprun>"))
	f.Fuzz(func(t *testing.T, b []byte) {
		nmapxml.Is(b)
		r, err := nmapxml.Read(b)
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := nmapxml.Write(&out, r); err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
	})
}
