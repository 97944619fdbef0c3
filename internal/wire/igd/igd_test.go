package igd

import (
	"errors"
	"maps"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// What MiniUPnPd 2.3.1 says.
const (
	reply = "HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=120\r\nST: upnp:rootdevice\r\nUSN: uuid:00000000-0000-4000-8000-000000000001::upnp:rootdevice\r\nEXT:\r\n" +
		"SERVER: Debian/6.1 UPnP/1.1 MiniUPnPd/2.3.1\r\nLOCATION: http://192.168.77.1:44035/rootDesc.xml\r\n\r\n"
	described = `<?xml version="1.0"?>
<root xmlns="urn:schemas-upnp-org:device-1-0" configId="1337"><specVersion><major>1</major><minor>1</minor></specVersion><device><deviceType>urn:schemas-upnp-org:device:InternetGatewayDevice:2</deviceType><friendlyName>Debian router</friendlyName><manufacturer>Debian</manufacturer><modelName>Debian router</modelName><serviceList><service><serviceType>urn:schemas-upnp-org:service:Layer3Forwarding:1</serviceType><controlURL>/ctl/L3F</controlURL></service></serviceList><deviceList><device><serviceList><service><serviceType>urn:schemas-upnp-org:service:WANCommonInterfaceConfig:1</serviceType><controlURL>/ctl/CmnIfCfg</controlURL></service></serviceList><deviceList><device><serviceList><service><serviceType>urn:schemas-upnp-org:service:WANIPConnection:2</serviceType><controlURL>/ctl/IPConn</controlURL></service><service><serviceType>urn:schemas-upnp-org:service:WANIPv6FirewallControl:1</serviceType><controlURL>/ctl/IP6FCtl</controlURL></service></serviceList></device></deviceList></device></deviceList><presentationURL>http://192.168.77.1/</presentationURL></device></root>`
	entry   = `<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body><u:GetGenericPortMappingEntryResponse xmlns:u="urn:schemas-upnp-org:service:WANIPConnection:2"><NewRemoteHost></NewRemoteHost><NewExternalPort>80</NewExternalPort><NewProtocol>TCP</NewProtocol><NewInternalPort>8080</NewInternalPort><NewInternalClient>192.168.77.20</NewInternalClient><NewEnabled>1</NewEnabled><NewPortMappingDescription>game &amp; more</NewPortMappingDescription><NewLeaseDuration>3600</NewLeaseDuration></u:GetGenericPortMappingEntryResponse></s:Body></s:Envelope>`
	refused = `<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Client</faultcode><faultstring>UPnPError</faultstring><detail><UPnPError xmlns="urn:schemas-upnp-org:control-1-0"><errorCode>713</errorCode><errorDescription>SpecifiedArrayIndexInvalid</errorDescription></UPnPError></detail></s:Fault></s:Body></s:Envelope>`
)

func TestParseReply(t *testing.T) {
	got, err := ParseReply([]byte(reply))
	want := Found{"upnp:rootdevice", "http://192.168.77.1:44035/rootDesc.xml", "Debian/6.1 UPnP/1.1 MiniUPnPd/2.3.1"}
	if got != want || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
	for _, text := range []string{
		"", "NOTIFY * HTTP/1.1\r\n\r\n", "HTTP/1.1 404 Not Found\r\nST: x\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", strings.Repeat("A", 5000),
		string(Search(RootDevice)),
	} {
		if got, err := ParseReply([]byte(text)); err == nil {
			t.Errorf("%.20q is read as %+v", text, got)
		}
	}
}

func TestAt(t *testing.T) {
	host := netip.MustParseAddr("192.0.2.7")
	for location, want := range map[string]bool{
		"http://192.0.2.7:5000/root.xml": true, "http://192.0.2.7/": true, "http://192.0.2.7:5000": true,
		"http://192.0.2.8:5000/root.xml": false, "http://home.example/root.xml": false, "https://192.0.2.7/": false,
		"http://user@192.0.2.7/": false, "http://192.0.2.7:99999/": false, "http://192.0.2.7:0/": false, "gopher://192.0.2.7/": false, "": false,
		"http://[::ffff:192.0.2.7]:5000/a": true, "http://0xc0000207/": false, "//192.0.2.7/": false, "http://192.0.2.7/a b\r\nX: y": false,
	} {
		at, path, ok := At(location, host)
		if ok != want || ok && (at.Addr() != host || strings.ContainsAny(path, " \r\n")) {
			t.Errorf("%q: %v, %q, %v", location, at, path, ok)
		}
	}
}

func TestParseDescription(t *testing.T) {
	d, err := ParseDescription([]byte(described))
	if err != nil {
		t.Fatal(err)
	}
	const location = "http://192.168.77.1:44035/rootDesc.xml"
	var connections, firewalls []string
	for _, s := range d.Device.All() {
		if s.Connection() {
			connections = append(connections, s.Type+" "+d.Control(s, location))
		}
		if s.Firewall6() {
			firewalls = append(firewalls, d.Control(s, location))
		}
	}
	want := []string{"urn:schemas-upnp-org:service:WANIPConnection:2 http://192.168.77.1:44035/ctl/IPConn"}
	if diff := cmp.Diff(want, connections); diff != "" || d.Device.FriendlyName != "Debian router" || d.Device.Presentation != "http://192.168.77.1/" {
		t.Errorf("%+v\n%s", d, diff)
	}
	if diff := cmp.Diff([]string{"http://192.168.77.1:44035/ctl/IP6FCtl"}, firewalls); diff != "" {
		t.Error(diff)
	}
	d.URLBase = "http://192.168.77.1:5000/"
	if got := d.Control(Service{Control: "ctl/IPConn"}, location); got != "http://192.168.77.1:5000/ctl/IPConn" {
		t.Error(got)
	}
	deep := strings.Repeat("<device>", 40) + strings.Repeat("</device>", 40)
	for text, want := range map[string]error{
		"<root": ErrDocument, "": ErrDocument, "<root>" + deep + "</root>": ErrDeep, "\x00\x01": ErrDocument,
		`<!DOCTYPE r [<!ENTITY a "x"><!ENTITY b "&a;&a;">]><root><device><friendlyName>&b;</friendlyName></device></root>`: ErrDocument,
	} {
		if _, err := ParseDescription([]byte(text)); !errors.Is(err, want) {
			t.Errorf("%.30q: %v, want %v", text, err, want)
		}
	}
	many := "<root><device><serviceList>" + strings.Repeat("<service><serviceType>x</serviceType></service>", 1000) + "</serviceList></device></root>"
	if d, err := ParseDescription([]byte(many)); err != nil || len(d.Device.All()) != mostServices {
		t.Errorf("%d services, %v", len(d.Device.All()), err)
	}
}

func TestParseAnswer(t *testing.T) {
	a, err := ParseAnswer([]byte(entry), GetGenericPortMappingEntry)
	if err != nil {
		t.Fatal(err)
	}
	got, err := a.Mapping()
	want := Mapping{Outer: 80, To: netip.MustParseAddrPort("192.168.77.20:8080"), Enabled: true, Description: "game & more", Lease: time.Hour}
	if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Addr{}, netip.AddrPort{})); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	_, err = ParseAnswer([]byte(refused), GetGenericPortMappingEntry)
	var fault *Fault
	if !errors.As(err, &fault) || !fault.End() || fault.Code != 713 {
		t.Errorf("%v", err)
	}
	if _, err := ParseAnswer([]byte(entry), GetExternalIPAddress); err == nil {
		t.Error("the answer to another call is taken")
	}
	if _, err := ParseAnswer([]byte("<html><body>login</body></html>"), GetExternalIPAddress); err == nil {
		t.Error("a page for people is taken")
	}
}

func TestAnswers(t *testing.T) {
	for text, want := range map[string]string{"8.8.4.4": "8.8.4.4", "": "invalid IP", "0.0.0.0": "invalid IP", "fe80::1%eth0": "invalid IP", "::ffff:8.8.4.4": "8.8.4.4", "x": "invalid IP"} {
		if got := (Answer{"NewExternalIPAddress": text}).Address(); got.String() != want {
			t.Errorf("%q is %v", text, got)
		}
	}
	if !(Answer{"NewConnectionStatus": "Connected"}).Connected() || (Answer{"NewConnectionStatus": "Disconnected"}).Connected() {
		t.Error("the status is not read")
	}
	if enabled, pinholes, ok := (Answer{"FirewallEnabled": "1", "InboundPinholeAllowed": "0"}).Firewall6(); !enabled || pinholes || !ok {
		t.Error("the filter is not read")
	}
	if _, _, ok := (Answer{}).Firewall6(); ok {
		t.Error("a filter is read from nothing")
	}
	whole := Answer{"NewProtocol": "udp", "NewExternalPort": "53", "NewInternalPort": "53", "NewInternalClient": "192.168.77.10", "NewRemoteHost": "203.0.113.9", "NewEnabled": "0"}
	if m, err := whole.Mapping(); err != nil || !m.UDP || m.Enabled || m.Remote != netip.MustParseAddr("203.0.113.9") || m.Lease != 0 {
		t.Errorf("%+v, %v", m, err)
	}
	for name, value := range map[string]string{"NewProtocol": "SCTP", "NewExternalPort": "65536", "NewInternalPort": "-1", "NewInternalClient": "nas.local", "NewRemoteHost": "x"} {
		broken := Answer{}
		maps.Copy(broken, whole)
		broken[name] = value
		if m, err := broken.Mapping(); err == nil {
			t.Errorf("%s %s is read as %+v", name, value, m)
		}
	}
}

func TestCall(t *testing.T) {
	got := string(Call("urn:a\"<b", GetGenericPortMappingEntry, Argument{"NewPortMappingIndex", "<7"}))
	if !strings.Contains(got, `xmlns:u="urn:a&#34;&lt;b"><NewPortMappingIndex>&lt;7</NewPortMappingIndex></u:GetGenericPortMappingEntry>`) {
		t.Error(got)
	}
	if got := Action("urn:a\r\nX: y\"", GetStatusInfo); got != `"urn:aX:y#GetStatusInfo"` {
		t.Error(got)
	}
}

func FuzzParseReply(f *testing.F) {
	for _, seed := range []string{reply, "", "HTTP/1.1 200 OK\r\nST: x\r\nContent-Length: 9999999\r\n\r\n", "HTTP/1.1 200\r\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if found, err := ParseReply(b); err == nil && found.Target == "" {
			t.Errorf("%+v", found)
		}
	})
}

func FuzzParseDescription(f *testing.F) {
	for _, seed := range []string{described, "<root><device/></root>", "<a><b>", "\xff\xfe<\x00"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := ParseDescription(b)
		if err != nil {
			return
		}
		for _, s := range d.Device.All() {
			if a := Action(s.Type, GetStatusInfo); strings.ContainsAny(a, "\r\n ") || strings.Count(a, `"`) != 2 {
				t.Errorf("%q", a)
			}
			At(d.Control(s, "http://192.0.2.1/"), netip.AddrFrom4([4]byte{192, 0, 2, 1}))
		}
	})
}

func FuzzParseAnswer(f *testing.F) {
	for _, seed := range []string{entry, refused, "<s:Envelope><s:Body/></s:Envelope>", ""} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := ParseAnswer(b, GetGenericPortMappingEntry)
		if (a == nil) != (err != nil) {
			t.Fatalf("%v, %v", a, err)
		}
		if m, err := a.Mapping(); err == nil && !m.To.IsValid() {
			t.Errorf("%+v", m)
		}
	})
}

func FuzzAt(f *testing.F) {
	for _, seed := range []string{"http://192.0.2.7:5000/root.xml", "http://[::1]:9/x", "http://192.0.2.7/\r\nX:"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, location string) {
		host := netip.AddrFrom4([4]byte{192, 0, 2, 7})
		if at, path, ok := At(location, host); ok && (at.Addr() != host || at.Port() == 0 || strings.ContainsAny(path, " \r\n")) {
			t.Errorf("%q: %v %q", location, at, path)
		}
	})
}
