//go:build linux && lab

package probe_test

import (
	"context"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
	"sekisho/internal/probe"
)

// told reports what is missing among the facts of a service that are texts.
func told(t *testing.T, svc exposure.Service, want map[string]string) {
	t.Helper()
	for name, text := range want {
		if got := svc.Facts.Text(name).Raw(); got != text {
			t.Errorf("%s: %s is %q, want %q", svc.Protocol, name, got, text)
		}
	}
}

// lists reports whether a fact that is a list holds a text that contains the
// words.
func lists(svc exposure.Service, name string, words ...string) bool {
	for _, line := range svc.Facts.Texts(name) {
		if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(line.Raw(), w) }) {
			return true
		}
	}
	return false
}

// windowsTrial runs a test from one host against another.
func windowsTrial(t *testing.T, from *lab.Host, name string, to netip.Addr, values map[string][]string) probe.Outcome {
	t.Helper()
	o := probe.TestOptions{Options: probe.Options{Timeout: 30 * time.Second}, Values: values}
	outcome, err := probe.RunTestThrough(t.Context(), from.Do, name, exposure.Target{Address: to, Name: "home.example"}, o)
	if err != nil || outcome.Service.Error != "" || outcome.Service.Confidence != exposure.Confirmed {
		t.Fatalf("test %s: %+v, error %v", name, outcome.Service, err)
	}
	return outcome
}

// windowsSteps are those of an outcome with an id and a result.
func windowsSteps(o probe.Outcome, id string, result exposure.StepResult) []exposure.Step {
	return slices.DeleteFunc(slices.Clone(o.Steps), func(s exposure.Step) bool { return s.ID != id || s.Result != result })
}

// TestDomainController asks Samba as a domain controller in every protocol of
// Windows.
func TestDomainController(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	h.StartSambaController(t, lab.SambaController{Config: "server min protocol = NT1\n"})
	for _, to := range []netip.Addr{h.V4, h.V6} {
		for port, protocol := range map[uint16]string{445: "smb", 139: "netbios-ssn"} {
			svc := identify(t, l.LAN, to, exposure.TCP, port, found{
				protocol: protocol, product: "Samba",
				facts: exposure.Facts{"signing_required": true, "smb1": true, "encryption": true},
			})
			told(t, svc, map[string]string{"dialect": "3.1.1", "computer": "HOME", "domain": "HOMEDOM", "dns_computer": "home.home.example", "dns_domain": "home.example"})
			if len(svc.Facts.Texts("dialects")) != 5 {
				t.Errorf("dialects %v", svc.Facts.Texts("dialects"))
			}
		}
		svc := identify(t, l.LAN, to, exposure.TCP, 135, found{protocol: "msrpc", facts: exposure.Facts{"endpoint_mapper": true, "whole": true}})
		if !lists(svc, "endpoints", "12345678-1234-abcd-ef00-01234567cffb v1.0", "ncacn_ip_tcp:", "[MS-NRPC]") ||
			!lists(svc, "endpoints", `[\pipe\samr]`, "[MS-SAMR]") {
			t.Errorf("endpoints %v", svc.Facts.Texts("endpoints"))
		}
		for port, secure := range map[uint16]bool{389: false, 3268: false, 636: true} {
			svc = identify(t, l.LAN, to, exposure.TCP, port, found{
				protocol: "ldap", product: "Samba", facts: exposure.Facts{"anonymous_bind": true, "anonymous_read": false, "global_catalog": true},
			})
			told(t, svc, map[string]string{
				"ad_domain": "home.example", "ad_forest": "home.example", "dc_name": "home.home.example", "ad_site": "Default-First-Site-Name",
				"domain_level": "Windows Server 2008 R2",
			})
			if svc.TLS == nil || svc.TLS.Certificate == nil || svc.TLS.StartTLS == secure || len(svc.Facts.Texts("root_dse")) < 40 {
				t.Errorf("port %d: TLS %+v, %d lines of the root", port, svc.TLS, len(svc.Facts.Texts("root_dse")))
			}
		}
		svc = identify(t, l.LAN, to, exposure.UDP, 389, found{protocol: "cldap", product: "Samba"})
		told(t, svc, map[string]string{"ad_domain": "home.example", "domain": "HOMEDOM", "computer": "HOME", "dc_name": "home.home.example"})
		if factor, _ := svc.Facts["amplification"].(float64); factor < 10 || !lists(svc, "dc_roles", "kdc") {
			t.Errorf("cldap: %v", svc.Facts)
		}
		identify(t, l.LAN, to, exposure.TCP, 88, found{protocol: "kerberos"})
	}
	h.AwaitNetBIOS(t)
	svc := identify(t, l.LAN, h.V4, exposure.UDP, 137, found{protocol: "netbios-ns", facts: exposure.Facts{"domain_controller": true}})
	told(t, svc, map[string]string{"computer": "HOME", "workgroup": "HOMEDOM"})

	holdSteps(t, trial(t, l.LAN, exposure.ViewLAN, "cldap", h.V4, 0, nil), map[string]string{"cldap-ask": "ok", "cldap-root": "ok", "cldap-locate": "ok"})
	l.Forward(t, "udp", 389, 389)
	holdFindings(t, trial(t, l.LAN, exposure.ViewLAN, "cldap", h.V4, 0, nil), "not-judged-from-here", "-amplifier")
	holdFindings(t, trial(t, l.Outside, exposure.ViewOutside, "cldap", l.Router.V4, 0, nil), "amplifier", "-not-judged-from-here")
	if n := len(windowsSteps(windowsTrial(t, l.LAN, "smb", h.V4, nil), "smb-dialect", exposure.StepOK)); n != 5 {
		t.Errorf("%d dialects agreed on", n)
	}
	samr := windowsTrial(t, l.LAN, "msrpc", h.V4, map[string][]string{"uuid": {"{12345778-1234-ABCD-EF00-0123456789AC}"}})
	if n := len(windowsSteps(samr, "msrpc-endpoint", exposure.StepOK)); n == 0 || n != len(samr.Service.Facts.Texts("endpoints")) || n > 10 {
		t.Errorf("%d endpoints of samr: %v", n, samr.Service.Facts.Texts("endpoints"))
	}
	for realm, want := range map[string]string{"home.example": "HOME.EXAMPLE", "elsewhere.example": ""} {
		out := windowsTrial(t, l.LAN, "kerberos", h.V4, map[string][]string{"realm": {realm}})
		holdSteps(t, out, map[string]string{"kerberos-ask": "ok", "kerberos-udp": "ok"})
		svc := out.Service
		told(t, svc, map[string]string{"realm": want})
	}
	named := windowsTrial(t, l.LAN, "netbios", h.V4, map[string][]string{"name": {"homedom#1b"}})
	if s := windowsSteps(named, "netbios-name", exposure.StepOK); len(s) != 1 || s[0].Said.Raw() != h.V4.String() {
		t.Errorf("the name: %+v", named.Steps)
	}
	if len(windowsSteps(named, "netbios-session", exposure.StepOK)) != 1 || len(windowsSteps(named, "netbios-datagram", exposure.StepSkipped)) != 1 {
		t.Errorf("steps %+v", named.Steps)
	}
	lan := windowsTrial(t, l.LAN, "netbios", l.LAN.V4, map[string][]string{"lan": {"eth0"}})
	if !lists(lan.Service, "neighbours", h.V4.String(), "HOME", "domain-controllers", "file-server") {
		t.Errorf("neighbours: %+v", lan.Steps)
	}
}

// TestFileServer asks Samba as a file server: as it comes, with the dialect of
// before 2006 only, and as it should be.
func TestFileServer(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	h.StartSmbd(t, lab.Smbd{})
	h.StartSmbd(t, lab.Smbd{Port: 4450, Config: "server min protocol = NT1\nserver max protocol = NT1"})
	h.StartSmbd(t, lab.Smbd{Port: 4451, Config: "server min protocol = SMB3_00\nserver signing = mandatory\nserver smb encrypt = required"})
	for _, to := range []netip.Addr{h.V4, h.V6} {
		svc := identify(t, l.LAN, to, exposure.TCP, 445, found{protocol: "smb", product: "Samba", facts: exposure.Facts{"smb1": false, "signing_required": false}})
		told(t, svc, map[string]string{"computer": "HOME", "dialect": "3.1.1"})
		if to.Is6() {
			continue // on others' ports it takes seconds until it is its turn
		}
		svc = identify(t, l.LAN, to, exposure.TCP, 4450, found{
			protocol: "smb", product: "Samba", version: "4.", facts: exposure.Facts{"smb1": true, "signing_required": false, "encryption": false},
		})
		told(t, svc, map[string]string{"computer": "HOME", "dialect": "NT LM 0.12"})
		svc = identify(t, l.LAN, to, exposure.TCP, 4451, found{
			protocol: "smb", product: "Samba", facts: exposure.Facts{"smb1": false, "signing_required": true, "encryption": true},
		})
		if spoken := svc.Facts.Texts("dialects"); len(spoken) != 3 || spoken[0].Raw() != "3.0" {
			t.Errorf("dialects %v", spoken)
		}
	}
}

// TestSQLServer asks a stand-in: no SQL Server can be had here. What it says is
// made after MS-TDS section 4.1 and MC-SQLR section 4.
func TestSQLServer(t *testing.T) {
	l := lab.New(t)
	const prelogin = "\x04\x01\x00\x25\x00\x00\x01\x00\x00\x00\x15\x00\x06\x01\x00\x1b\x00\x01\x02\x00\x1c\x00\x01\x03\x00\x1d\x00\x00\xff\x0f\x00\x07\xd0\x00\x05\x02\x00"
	const list = "ServerName;HOME;InstanceName;SQLEXPRESS;IsClustered;No;Version;15.0.2000.5;tcp;49700;;" +
		"ServerName;HOME;InstanceName;OLD;IsClustered;Yes;Version;10.50.6000.34;np;\\\\HOME\\pipe\\MSSQL$OLD\\sql\\query;;"
	h := l.Home
	lab.Serve(t, h.Listen(t, "tcp", ":1433"), func(_ context.Context, c net.Conn) {
		buf := make([]byte, 256)
		if n, _ := c.Read(buf); n > 8 && buf[0] == 0x12 {
			_, _ = io.WriteString(c, prelogin)
			_, _ = c.Read(buf) // until the client closes
		}
	})
	lab.ServeDatagrams(t, h.ListenPacket(t, "udp", ":1434"), func(request []byte) [][]byte {
		if string(request) != "\x03" {
			return nil
		}
		return [][]byte{append([]byte{5, byte(len(list)), byte(len(list) >> 8)}, list...)}
	})
	for _, to := range []netip.Addr{h.V4, h.V6} {
		svc := identify(t, l.LAN, to, exposure.TCP, 1433, found{protocol: "mssql", product: "SQL Server 2019", version: "15.0.2000.5"})
		told(t, svc, map[string]string{"encryption": "not-supported"})
		o := windowsTrial(t, l.LAN, "mssql", to, nil)
		if !lists(o.Service, "instances", `HOME\SQLEXPRESS`, "SQL Server 2019", "tcp 49700") || !lists(o.Service, "instances", `HOME\OLD`, "2008 R2", "clustered") {
			t.Errorf("instances %v", o.Service.Facts.Texts("instances"))
		}
	}
}

// TestDirectory asks OpenLDAP as it comes, and one that keeps strangers out.
func TestDirectory(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	h.StartSlapd(t, lab.Slapd{})
	h.StartSlapd(t, lab.Slapd{Port: 3890, Config: "disallow bind_anon\nrequire authc\nsecurity tls=1\n"})
	for _, to := range []netip.Addr{h.V4, h.V6} {
		svc := identify(t, l.LAN, to, exposure.TCP, 389, found{
			protocol: "ldap", product: "OpenLDAP", facts: exposure.Facts{"anonymous_bind": true, "anonymous_read": true, "starttls": true},
		})
		if !lists(svc, "naming_contexts", "dc=home,dc=example") || svc.TLS == nil {
			t.Errorf("%+v", svc)
		}
		svc = identify(t, l.LAN, to, exposure.TCP, 3890, found{protocol: "ldap", facts: exposure.Facts{"anonymous_bind": false, "starttls": true}})
		if read, _ := svc.Facts.Bool("anonymous_read"); read {
			t.Errorf("%+v", svc)
		}
	}
	if o := windowsTrial(t, l.LAN, "ldap", h.V4, map[string][]string{"base": {"cn=nobody,dc=home,dc=example"}}); len(windowsSteps(o, "ldap-read", exposure.StepRefused)) != 1 {
		t.Errorf("steps %+v", o.Steps)
	}
}

// TestRemoteDesktops asks xrdp and TigerVNC, each as it should and as it should
// not be.
func TestRemoteDesktops(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	h.StartXrdp(t, lab.Xrdp{})
	h.StartXrdp(t, lab.Xrdp{Port: 33890, Security: "rdp"})
	h.StartTigerVNC(t, lab.TigerVNC{})
	h.StartTigerVNC(t, lab.TigerVNC{Port: 5999, Types: "X509None,TLSVnc"})
	svc := identify(t, l.LAN, h.V4, exposure.TCP, 3389, found{protocol: "rdp", facts: exposure.Facts{"nla": false, "nla_required": false}})
	if !lists(svc, "security_protocols", "tls") || svc.TLS == nil || svc.TLS.Certificate.Subject.Raw() != "CN=home.example" {
		t.Errorf("%+v", svc)
	}
	svc = identify(t, l.LAN, h.V4, exposure.TCP, 33890, found{protocol: "rdp", facts: exposure.Facts{"rdp_security": true, "nla_required": false}})
	if svc.TLS != nil || len(svc.Facts.Texts("security_protocols")) != 1 {
		t.Errorf("%+v", svc)
	}
	if o := windowsTrial(t, l.LAN, "rdp", h.V4, nil); len(windowsSteps(o, "rdp-security", exposure.StepOK)) == 0 {
		t.Errorf("steps %+v", o.Steps)
	}
	for _, to := range []netip.Addr{h.V4, h.V6} {
		identify(t, l.LAN, to, exposure.TCP, 5900, found{protocol: "vnc", facts: exposure.Facts{"no_password": true, "cleartext": true}})
		svc = identify(t, l.LAN, to, exposure.TCP, 5999, found{protocol: "vnc", facts: exposure.Facts{"no_password": true, "cleartext": false, "vencrypt": true}})
		if !lists(svc, "security_types", "x509-none") || !lists(svc, "security_types", "tls-vnc") {
			t.Errorf("%+v", svc)
		}
	}
}

// TestWindowsRecordedAgain records the happy recordings of OpenLDAP, xrdp and
// TigerVNC again. What Samba says is full of clocks, numbers and keys, and is
// held by TestDomainController.
func TestWindowsRecordedAgain(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	at := func(port uint16) netip.AddrPort { return netip.AddrPortFrom(h.V4, port) }
	h.StartSlapd(t, lab.Slapd{})
	recordAgain(t, l.LAN, at(389), "ldap/happy-openldap", "OpenLDAP slapd", "slapd")
	h.StartXrdp(t, lab.Xrdp{})
	recordAgain(t, l.LAN, at(3389), "rdp/happy-xrdp", "xrdp", "xrdp")
	h.StartTigerVNC(t, lab.TigerVNC{Types: "None,VncAuth"})
	recordAgain(t, l.LAN, at(5900), "vnc/happy-tigervnc-none", "TigerVNC", "tigervnc-standalone-server")
	h.StartTigerVNC(t, lab.TigerVNC{Port: 5902, Types: "TLSVnc,VncAuth"})
	recordAgain(t, l.LAN, at(5902), "vnc/happy-tigervnc-tls", "TigerVNC", "tigervnc-standalone-server")
}
