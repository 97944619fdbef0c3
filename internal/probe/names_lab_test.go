//go:build linux && lab

package probe_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
	"sekisho/internal/lang"
	"sekisho/internal/probe"
	"sekisho/internal/rules"
)

// trial runs a test from one host against another.
func trial(t *testing.T, from *lab.Host, view exposure.View, name string, to netip.Addr, port uint16, values map[string][]string) probe.Outcome {
	t.Helper()
	out, err := probe.RunTestThrough(t.Context(), from.Do, name, exposure.Target{Address: to}, probe.TestOptions{
		Options: probe.Options{View: func(netip.Addr) exposure.View { return view }}, Port: port, Values: values,
	})
	if err != nil {
		t.Fatal(err)
	}
	if out.Service.Error != "" {
		t.Errorf("test %s of %s: %s", name, to, out.Service.Error)
	}
	return out
}

// became is what became of each step.
func became(out probe.Outcome) map[string]string {
	results := map[string]string{}
	for _, s := range out.Steps {
		results[s.ID] = s.Result.String()
	}
	return results
}

func holdSteps(t *testing.T, out probe.Outcome, want map[string]string) {
	t.Helper()
	got := became(out)
	for id, result := range want {
		if got[id] != result {
			t.Errorf("step %s: %q, want %q; of %+v", id, got[id], result, out.Steps)
		}
	}
}

// findings are the ids of what the rules say of a service.
func findings(out probe.Outcome) []string {
	s := out.Service
	p := exposure.Port{Transport: s.Transport, Port: s.Port, Services: []exposure.Service{s}, Observations: []exposure.Observation{{
		Address: s.Address, Transport: s.Transport, Port: s.Port, State: exposure.Open, View: s.View,
	}}}
	var ids []string
	for _, f := range rules.Judge(p, rules.Context{}, lang.English) {
		ids = append(ids, f.Rule)
	}
	return ids
}

// holdFindings holds that some findings are there and others are not: those
// with a minus sign before them.
func holdFindings(t *testing.T, out probe.Outcome, want ...string) {
	t.Helper()
	got := findings(out)
	for _, id := range want {
		if id, absent := strings.CutPrefix(id, "-"); slices.Contains(got, id) == absent {
			t.Errorf("%s at %s from %s: findings %v, want %v", out.Service.Protocol, out.Service.Address, out.Service.View, got, want)
		}
	}
}

// TestDNSInDepth asks BIND and Unbound from their own network and from outside,
// closed to strangers as they come and open to all.
func TestDNSInDepth(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	h.StartBind(t, lab.Bind{Config: `allow-transfer { 192.168.77.0/24; };`})
	h.StartUnbound(t, lab.Unbound{Port: 5301})
	h.StartUnbound(t, lab.Unbound{Port: 5302, Config: "access-control: 0.0.0.0/0 allow"})
	h.StartBind(t, lab.Bind{Port: 5303, Config: `recursion yes; allow-recursion { any; }; allow-query-cache { any; };`})
	for outer, inner := range map[uint16]uint16{53: 53, 5301: 5301, 5302: 5302, 5303: 5303} {
		l.Forward(t, "udp", outer, inner)
		l.Forward(t, "tcp", outer, inner)
	}
	name := map[string][]string{"name": {"home.example"}}

	in := trial(t, l.LAN, exposure.ViewLAN, "dns", h.V4, 53, name)
	holdSteps(t, in, map[string]string{
		"dns-udp": "ok", "dns-tcp": "ok", "dns-version": "ok", "dns-recursion": "ok", "dns-transfer": "ok", "dns-amplification": "ok",
	})
	holdFindings(t, in, "dns-zone-transfer", "not-judged-from-here", "-dns-open-resolver")
	if zone := in.Service.Facts.Text("zone").Raw(); zone != "home.example." || in.Service.Facts["zone_records"] != 8 {
		t.Errorf("zone %q of %v records", zone, in.Service.Facts["zone_records"])
	}

	out := trial(t, l.Outside, exposure.ViewOutside, "dns", l.Router.V4, 53, map[string][]string{"zone": {"home.example"}})
	holdSteps(t, out, map[string]string{"dns-udp": "refused", "dns-tcp": "refused", "dns-recursion": "refused", "dns-transfer": "refused"})
	holdFindings(t, out, "-dns-open-resolver", "-dns-zone-transfer", "-not-judged-from-here")

	holdFindings(t, trial(t, l.LAN, exposure.ViewLAN, "dns", h.V4, 5301, name), "not-judged-from-here", "-dns-open-resolver")
	holdFindings(t, trial(t, l.Outside, exposure.ViewOutside, "dns", l.Router.V4, 5302, name), "dns-open-resolver", "-not-judged-from-here")
	holdFindings(t, trial(t, l.Outside, exposure.ViewOutside, "dns", l.Router.V4, 5303, name), "dns-open-resolver")
	closed := trial(t, l.LAN, exposure.ViewLAN, "dns", h.V4, 5303, nil)
	holdSteps(t, closed, map[string]string{"dns-udp": "ok", "dns-transfer": "skipped"})
}

// TestNTPInDepth asks chrony, which knows nothing of control messages, and
// NTPsec with and without the restriction that it comes with.
func TestNTPInDepth(t *testing.T) {
	l := lab.New(t)
	l.Home.StartChrony(t, lab.Chrony{})
	l.Forward(t, "udp", 123, 123)
	for _, to := range []netip.Addr{l.Home.V4, l.Home.V6} {
		out := trial(t, l.LAN, exposure.ViewLAN, "ntp", to, 0, nil)
		holdSteps(t, out, map[string]string{"ntp-time": "ok", "ntp-control": "unknown", "ntp-monlist": "unknown", "ntp-associations": "skipped"})
		holdFindings(t, out, "-ntp-unsynchronised", "-ntp-clock-differs", "-amplifier", "-not-judged-from-here")
		if out.Service.Facts["stratum"] != 3 || out.Service.Facts["samples"] != 4 {
			t.Errorf("facts %v", out.Service.Facts)
		}
	}
	holdFindings(t, trial(t, l.Outside, exposure.ViewOutside, "ntp", l.Router.V4, 0, nil), "-amplifier")

	s := l.LAN.StartNTPsec(t, lab.NTPsec{Config: "server " + l.Home.V4.String() + " iburst\nunrestrict default noquery limited"})
	in := trial(t, l.Home, exposure.ViewLAN, "ntp", l.LAN.V4, 0, nil)
	holdSteps(t, in, map[string]string{"ntp-control": "ok", "ntp-associations": "ok"})
	holdFindings(t, in, "not-judged-from-here", "-amplifier", "version-disclosed")
	if in.Service.Product.Raw() != "NTPsec" || in.Service.Version.Raw() != "1.2.2" || in.Service.Facts["amplification_by"] != "ntp-readvar" {
		t.Errorf("service %+v", in.Service)
	}
	if lines := in.Service.Facts.Texts("associations"); len(lines) != 2 || !strings.Contains(lines[0].Raw()+lines[1].Raw(), l.Home.V4.String()) {
		t.Errorf("associations %v", lines)
	}
	out := in
	out.Service.View = exposure.ViewOutside
	holdFindings(t, out, "amplifier", "-not-judged-from-here")
	s.Stop()
	l.LAN.StartNTPsec(t, lab.NTPsec{})
	shut := trial(t, l.Home, exposure.ViewLAN, "ntp", l.LAN.V4, 0, nil)
	holdSteps(t, shut, map[string]string{"ntp-control": "unknown"})
	holdFindings(t, shut, "-not-judged-from-here", "-amplifier")
}

// TestIKEInDepth has strongSwan agree to good proposals only, to weak ones, and
// to aggressive mode.
func TestIKEInDepth(t *testing.T) {
	l := lab.New(t)
	for _, c := range []struct {
		charon   lab.Charon
		steps    map[string]string
		findings []string
	}{
		{
			lab.Charon{Version: 2},
			map[string]string{"ike-v2": "ok", "ike-v1": "refused", "ike-v2-weak": "refused", "ike-v1-weak": "refused", "ike-v1-aggressive": "refused"},
			[]string{"-ike-weak-algorithms", "-ike-version-1", "-ike-aggressive-mode"},
		},
		{
			lab.Charon{Proposals: "aes256-sha256-modp2048,3des-sha1-modp1024"},
			map[string]string{"ike-v2": "ok", "ike-v1": "ok", "ike-v2-weak": "ok", "ike-v1-weak": "ok", "ike-v1-aggressive": "refused"},
			[]string{"ike-weak-algorithms", "ike-version-1", "-ike-aggressive-mode"},
		},
		{
			lab.Charon{Version: 1, Proposals: "aes256-sha1-modp1024", Aggressive: true},
			map[string]string{"ike-v2": "refused", "ike-v1-weak": "ok", "ike-v1-aggressive": "ok"},
			[]string{"ike-weak-algorithms", "ike-version-1", "ike-aggressive-mode"},
		},
	} {
		s := l.Home.StartCharon(t, c.charon)
		out := trial(t, l.LAN, exposure.ViewLAN, "ike", l.Home.V4, 0, nil)
		holdSteps(t, out, c.steps)
		holdFindings(t, out, c.findings...)
		if out.Service.Product.Raw() != "strongSwan" && c.charon.Version != 2 {
			t.Errorf("product %q, vendors %v", out.Service.Product, out.Service.Facts.Texts("vendor_ids"))
		}
		s.Stop()
	}
}

// TestTFTPInDepth reads files of tftpd, which answers from another port, by the
// name of the test and by its recognition.
func TestTFTPInDepth(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	h.WriteFile(t, "/srv/tftp/router.cfg", strings.Repeat("enable secret lab\n", 100))
	h.WriteFile(t, "/srv/tftp/image", strings.Repeat("x", 80<<10))
	h.StartTftpd(t, lab.Tftpd{})
	for _, to := range []netip.Addr{h.V4, h.V6} {
		svc := probe.IdentifyThrough(t.Context(), l.LAN.Do, exposure.Target{Address: to}, exposure.UDP, 69, probe.Options{})
		if svc.Protocol != "tftp" || svc.Confidence != exposure.Confirmed || svc.Error != "" {
			t.Errorf("%+v", svc)
		}
		for file, want := range map[string]struct {
			result string
			bytes  any
		}{"router.cfg": {"ok", 1800}, "image": {"ok", 64 << 10}, "nothing": {"refused", nil}} {
			out := trial(t, l.LAN, exposure.ViewLAN, "tftp", to, 0, map[string][]string{"file": {file}})
			holdSteps(t, out, map[string]string{"tftp-answer": "ok", "tftp-read": want.result})
			if out.Service.Facts["file_bytes"] != want.bytes {
				t.Errorf("%s: %v bytes, want %v", file, out.Service.Facts["file_bytes"], want.bytes)
			}
			if want.bytes != nil && (len(out.Flow) != 2 || out.Flow[1].From.Port() == 69 || out.Flow[0].To.Port() != 69) {
				t.Errorf("flow %+v", out.Flow)
			}
			holdFindings(t, out, "tftp-no-login")
		}
	}
}

// TestL2TPInDepth has xl2tpd begin a tunnel.
func TestL2TPInDepth(t *testing.T) {
	l := lab.New(t)
	l.Home.StartXl2tpd(t, lab.Xl2tpd{})
	out := trial(t, l.LAN, exposure.ViewLAN, "l2tp", l.Home.V4, 0, nil)
	holdSteps(t, out, map[string]string{"l2tp-tunnel": "ok"})
	holdFindings(t, out, "l2tp-without-ipsec")
	if s := out.Service; s.Product.Raw() != "xl2tpd" || s.Facts.Text("hostname").Raw() != "home" {
		t.Errorf("%+v", s)
	}
}

// TestTellingDatagramServices holds what real servers tell in the answer to one
// datagram, and that what answers no stranger is said to.
func TestTellingDatagramServices(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	serve(t, h, nil, "memcached", "-u", "nobody", "-l", "::,0.0.0.0", "-p", "11211", "-U", "11211")
	serve(t, h, nil, "turnserver", "-n", "--listening-port", "3478", "--no-tls", "--no-dtls", "--no-cli", "--no-auth",
		"-L", h.V4.String(), "--log-file", "stdout", "--pidfile", "/tmp/turn.pid", "--userdb", "/tmp/turn.db")
	h.WriteFile(t, "/etc/lab/avahi.conf", "[server]\nenable-dbus=no\nhost-name=home\n[publish]\npublish-workstation=yes\n")
	serve(t, h, nil, "avahi-daemon", "-f", "/etc/lab/avahi.conf", "--no-drop-root", "--no-chroot", "--no-rlimits")
	h.StartMiniupnpd(t)
	for _, c := range []struct {
		protocol, product, version string
		port                       uint16
		fact                       string
	}{
		{"memcached", "memcached", "1.6.", 11211, "amplification"},
		{"stun", "coturn", "4.", 3478, "seen_from"},
		{"mdns", "", "", 5353, "announced"},
		{"ssdp", "MiniUPnPd", "2.", 1900, "location"},
	} {
		if _, up := answers(t, l.LAN, netip.AddrPortFrom(h.V4, c.port), probeOver(t, c.protocol)); !up {
			t.Errorf("%s does not answer", c.protocol)
		}
		svc := probe.IdentifyThrough(t.Context(), l.LAN.Do, exposure.Target{Address: h.V4}, exposure.UDP, c.port, probe.Options{})
		if svc.Protocol != c.protocol || !strings.HasPrefix(svc.Product.Raw(), c.product) || !strings.HasPrefix(svc.Version.Raw(), c.version) || svc.Facts[c.fact] == nil || svc.Error != "" {
			t.Errorf("%s: %+v", c.protocol, svc)
		}
	}
	h.ListenPacket(t, "udp4", ":51820")
	svc := probe.IdentifyThrough(t.Context(), l.LAN.Do, exposure.Target{Address: h.V4}, exposure.UDP, 51820, probe.Options{Timeout: time.Second})
	if svc.Confidence != exposure.Assigned || !strings.Contains(svc.Error, "wireguard answers no stranger") {
		t.Errorf("%+v", svc)
	}
}

// TestRADIUSInDepth asks FreeRADIUS without its secret, with it, and with
// another one.
func TestRADIUSInDepth(t *testing.T) {
	l := lab.New(t)
	l.Home.StartFreeRADIUS(t, "correct-horse")
	for _, c := range []struct {
		secret string
		want   string
	}{{"", "skipped"}, {"correct-horse", "ok"}, {"battery-staple", "failed"}} {
		o := probe.TestOptions{}
		if c.secret != "" {
			o.Password = func() (string, error) { return c.secret, nil }
		}
		out, err := probe.RunTestThrough(t.Context(), l.LAN.Do, "radius", exposure.Target{Address: l.Home.V4}, o)
		if err != nil {
			t.Fatal(err)
		}
		holdSteps(t, out, map[string]string{"radius-stranger": "unknown", "radius-secret": c.want})
		if (out.Service.Protocol == "radius") != (c.want == "ok") || (out.Service.Error == "") != (c.want == "ok") {
			t.Errorf("secret %q: %+v", c.secret, out.Service)
		}
	}
	o := probe.TestOptions{User: "bob", Password: func() (string, error) { return "correct-horse", nil }}
	out, err := probe.RunTestThrough(t.Context(), l.LAN.Do, "radius", exposure.Target{Address: l.Home.V4}, o)
	if err != nil {
		t.Fatal(err)
	}
	holdSteps(t, out, map[string]string{"radius-secret": "ok", "radius-user": "ok"})
	if last := out.Steps[len(out.Steps)-1]; last.Said.Raw() != "Access-Challenge" || out.Service.Facts.Text("eap_method").Raw() != "EAP-MD5" {
		t.Errorf("%+v", out)
	}
}

// TestDNSOverTLSAndHTTPS asks Unbound over TLS, which is recognised at its port
// too, and over HTTPS.
func TestDNSOverTLSAndHTTPS(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	h.StartUnbound(t, lab.Unbound{TLS: true})
	name := map[string][]string{"name": {"home.example"}}
	svc := identify(t, l.LAN, h.V4, exposure.TCP, 853, found{protocol: "dns", product: "Unbound"})
	if svc.TLS == nil {
		t.Errorf("%+v", svc)
	}
	dot := trial(t, l.LAN, exposure.ViewLAN, "dns", h.V4, 853, name)
	holdSteps(t, dot, map[string]string{"tls-handshake": "ok", "dns-tls": "ok", "dns-version": "ok"})
	doh := trial(t, l.LAN, exposure.ViewLAN, "doh", h.V4, 0, name)
	holdSteps(t, doh, map[string]string{"tls-handshake": "ok", "dns-https": "ok", "dns-version": "ok"})
	if doh.Service.Facts["doh"] != true || doh.Service.TLS == nil || doh.Service.Product.Raw() != "Unbound" {
		t.Errorf("%+v", doh.Service)
	}
}

// TestNamesRecordedAgain records the recordings of BIND, Unbound and xl2tpd
// again.
func TestNamesRecordedAgain(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	at := func(port uint16) netip.AddrPort { return netip.AddrPortFrom(h.V4, port) }
	s := h.StartUnbound(t, lab.Unbound{})
	recordAgain(t, l.LAN, at(53), "dns/udp-unbound", "Unbound", "unbound")
	recordAgain(t, l.LAN, at(53), "dns/happy-unbound", "Unbound", "unbound")
	s.Stop()
	h.StartBind(t, lab.Bind{Config: `server-id "ns1.home.example";`})
	recordAgain(t, l.LAN, at(53), "dns/udp-bind-lan", "BIND", "bind9")
	h.StartXl2tpd(t, lab.Xl2tpd{})
	recordAgain(t, l.LAN, at(1701), "l2tp/happy", "xl2tpd", "xl2tpd")
}

// TestDHCPInDepth has dnsmasq tell the settings of the network. It leases no
// address for that.
func TestDHCPInDepth(t *testing.T) {
	l := lab.New(t)
	s := l.Home.StartDnsmasq(t, "dhcp-range=192.168.77.100,192.168.77.110,1h\ndhcp-option=option:router,192.168.77.1\ndomain=home.example\n")
	out := trial(t, l.LAN, exposure.ViewLAN, "dhcp", l.Home.V4, 0, nil)
	holdSteps(t, out, map[string]string{"dhcp-inform": "ok"})
	holdFindings(t, out, "not-judged-from-here", "-dhcp-answers-strangers")
	f := out.Service.Facts
	if f.Text("server").Raw() != l.Home.V4.String() || f.Text("domain").Raw() != "home.example" || len(f.Texts("routers")) != 1 {
		t.Errorf("%+v", out.Service)
	}
	l.Forward(t, "udp", 67, 67)
	holdFindings(t, trial(t, l.Outside, exposure.ViewOutside, "dhcp", l.Router.V4, 0, nil), "dhcp-answers-strangers", "-not-judged-from-here")
	if strings.Contains(s.Log(), "DHCPOFFER") {
		t.Errorf("an address was offered: %s", s.Log())
	}
}
