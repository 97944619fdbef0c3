//go:build linux && lab

package probe_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
	"sekisho/internal/probe"
)

// TestSTUNInDepth asks coturn for a relayed address, where it lends to
// everybody and where it wants a login.
func TestSTUNInDepth(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	h.StartCoturn(t, lab.Coturn{})
	h.StartCoturn(t, lab.Coturn{Port: 3580, Login: true})
	l.Forward(t, "udp", 3478, 3478)
	l.Forward(t, "udp", 3580, 3580)
	for _, to := range []netip.Addr{h.V4, h.V6} {
		in := trial(t, l.LAN, exposure.ViewLAN, "stun", to, 0, nil)
		holdSteps(t, in, map[string]string{"stun-binding": "ok", "stun-relay": "ok"})
		holdFindings(t, in, "not-judged-from-here", "-turn-open-relay", "version-disclosed")
		if s := in.Service; s.Product.Raw() != "coturn" || !strings.HasPrefix(s.Version.Raw(), "4.") || s.Facts.Text("relayed_at").IsZero() || s.Facts.Text("seen_from").IsZero() {
			t.Errorf("%+v", s)
		}
	}
	out := trial(t, l.Outside, exposure.ViewOutside, "stun", l.Router.V4, 0, nil)
	holdSteps(t, out, map[string]string{"stun-relay": "ok"})
	holdFindings(t, out, "turn-open-relay", "-not-judged-from-here")

	locked := trial(t, l.LAN, exposure.ViewLAN, "stun", h.V4, 3580, nil)
	holdSteps(t, locked, map[string]string{"stun-binding": "ok", "stun-relay": "refused"})
	holdFindings(t, locked, "-turn-open-relay", "-not-judged-from-here")
	if locked.Service.Facts.Text("realm").Raw() != "home.example" {
		t.Errorf("%+v", locked.Service)
	}
	holdFindings(t, trial(t, l.Outside, exposure.ViewOutside, "stun", l.Router.V4, 3580, nil), "-turn-open-relay")
}

// TestSIPInDepth asks Kamailio for registrations, where it believes everybody
// and where it wants a login. It recognises it over TCP too.
func TestSIPInDepth(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	h.StartKamailio(t, lab.Kamailio{TLS: true})
	h.StartKamailio(t, lab.Kamailio{Port: 5070, Login: true})
	for _, port := range []uint16{5060, 5070} {
		l.Forward(t, "udp", port, port)
		l.Forward(t, "tcp", port, port)
	}
	for _, to := range []netip.Addr{h.V4, h.V6} {
		for _, transport := range []exposure.Transport{exposure.TCP, exposure.UDP} {
			identify(t, l.LAN, to, transport, 5060, found{protocol: "sip", product: "Kamailio", version: "5."})
		}
		in := trial(t, l.LAN, exposure.ViewLAN, "sip", to, 0, nil)
		holdSteps(t, in, map[string]string{"sip-options-udp": "ok", "sip-options-tcp": "ok", "sip-register": "ok"})
		holdFindings(t, in, "not-judged-from-here", "-sip-register-without-login", "version-disclosed")
	}
	svc := identify(t, l.LAN, h.V4, exposure.TCP, 5061, found{protocol: "sip", product: "Kamailio", version: "5."})
	inTLS := trial(t, l.LAN, exposure.ViewLAN, "sip", h.V4, 5061, nil)
	holdSteps(t, inTLS, map[string]string{"tls-handshake": "ok", "sip-options-tls": "ok", "sip-register": "ok"})
	if svc.TLS == nil || inTLS.Service.TLS == nil {
		t.Errorf("%+v, %+v", svc, inTLS.Service)
	}
	out := trial(t, l.Outside, exposure.ViewOutside, "sip", l.Router.V4, 0, nil)
	holdSteps(t, out, map[string]string{"sip-options-udp": "ok", "sip-options-tcp": "ok", "sip-register": "ok"})
	holdFindings(t, out, "sip-register-without-login", "-not-judged-from-here")

	locked := trial(t, l.Outside, exposure.ViewOutside, "sip", l.Router.V4, 5070, nil)
	holdSteps(t, locked, map[string]string{"sip-options-udp": "ok", "sip-register": "refused"})
	holdFindings(t, locked, "-sip-register-without-login")
	holdFindings(t, trial(t, l.LAN, exposure.ViewLAN, "sip", h.V4, 5070, nil), "-not-judged-from-here")
}

// TestUPnPInDepth reads the description of MiniUPnPd from its own network. Others
// are told where it is in there.
func TestUPnPInDepth(t *testing.T) {
	l := lab.New(t)
	l.Home.StartMiniupnpd(t)
	in := trial(t, l.LAN, exposure.ViewLAN, "ssdp", l.Home.V4, 0, nil)
	holdSteps(t, in, map[string]string{"ssdp-search": "ok", "ssdp-description": "ok"})
	holdFindings(t, in, "not-judged-from-here", "upnp-opens-ports", "-upnp-answers-strangers")
	if f := in.Service.Facts; f["opens_ports"] != true || f.Text("device_name").IsZero() || f.Text("model").IsZero() || len(f.Texts("services")) < 3 {
		t.Errorf("%+v", in.Service)
	}
	l.Forward(t, "udp", 1900, 1900)
	out := trial(t, l.Outside, exposure.ViewOutside, "ssdp", l.Router.V4, 0, nil)
	holdSteps(t, out, map[string]string{"ssdp-search": "ok", "ssdp-description": "skipped"})
	holdFindings(t, out, "upnp-answers-strangers", "-not-judged-from-here")
}

// TestMDNSInDepth has Avahi tell what it announces, and nothing to others.
func TestMDNSInDepth(t *testing.T) {
	l := lab.New(t)
	l.Home.StartAvahi(t)
	in := trial(t, l.LAN, exposure.ViewLAN, "mdns", l.Home.V4, 0, nil)
	holdSteps(t, in, map[string]string{"mdns-kinds": "ok", "mdns-instances": "ok"})
	holdFindings(t, in, "not-judged-from-here", "-mdns-answers-strangers")
	if !lists(in.Service, "announced", "_http._tcp") || !lists(in.Service, "instances", "Lab._http._tcp") || in.Service.Facts.Text("hostname").Raw() != "home.local" {
		t.Errorf("%+v", in.Service)
	}
	in.Service.View = exposure.ViewOutside
	holdFindings(t, in, "mdns-answers-strangers", "-not-judged-from-here")

	l.Forward(t, "udp", 5353, 5353)
	out, err := probe.RunTestThrough(t.Context(), l.Outside.Do, "mdns", exposure.Target{Address: l.Router.V4}, probe.TestOptions{})
	if err != nil || became(out)["mdns-kinds"] != "failed" || out.Service.Protocol != "" {
		t.Errorf("%+v, %v", out, err)
	}
}

// TestCoAPInDepth lists what libcoap's server has.
func TestCoAPInDepth(t *testing.T) {
	l := lab.New(t)
	l.Home.StartCoAP(t, 0)
	l.Forward(t, "udp", 5683, 5683)
	for _, to := range []netip.Addr{l.Home.V4, l.Home.V6} {
		in := trial(t, l.LAN, exposure.ViewLAN, "coap", to, 0, nil)
		holdSteps(t, in, map[string]string{"coap-ping": "ok", "coap-resources": "ok", "coap-root": "ok"})
		holdFindings(t, in, "not-judged-from-here", "-coap-answers-strangers")
		if !lists(in.Service, "resources", "/time") || in.Service.Product.Raw() != "libcoap" || in.Service.Facts["login_required"] != false {
			t.Errorf("%+v", in.Service)
		}
	}
	holdFindings(t, trial(t, l.Outside, exposure.ViewOutside, "coap", l.Router.V4, 0, nil), "coap-answers-strangers", "-not-judged-from-here")
}

// TestQUICInDepth asks Caddy, which keeps to the book.
func TestQUICInDepth(t *testing.T) {
	l := lab.New(t)
	l.Home.StartCaddy(t)
	l.Forward(t, "udp", 443, 443)
	l.Forward(t, "tcp", 443, 443)
	for _, out := range []probe.Outcome{
		trial(t, l.LAN, exposure.ViewLAN, "quic", l.Home.V4, 0, nil),
		trial(t, l.LAN, exposure.ViewLAN, "quic", l.Home.V6, 0, nil),
		trial(t, l.Outside, exposure.ViewOutside, "quic", l.Router.V4, 0, nil),
	} {
		holdSteps(t, out, map[string]string{"quic-versions": "ok", "quic-short": "ok", "quic-offered": "ok"})
		holdFindings(t, out, "-quic-answers-short", "-quic-only-drafts", "-amplifier", "-not-judged-from-here")
		if !lists(out.Service, "versions", "1") || out.Service.Product.Raw() != "Caddy" {
			t.Errorf("%+v", out.Service)
		}
	}
}

// TestSimpleServices asks what inetd has over UDP and TCP, and recognises it
// at both.
func TestSimpleServices(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	h.StartSimpleServices(t)
	l.Forward(t, "udp", 19, 19)
	l.Forward(t, "tcp", 19, 19)
	for name, port := range map[string]uint16{"echo": 7, "daytime": 13, "qotd": 17, "chargen": 19, "time": 37} {
		o := probe.Options{Timeout: 20 * time.Second}
		svc := probe.IdentifyThrough(t.Context(), l.LAN.Do, exposure.Target{Address: h.V4}, exposure.TCP, port, o)
		if svc.Protocol != name || svc.Confidence < exposure.Likely || svc.Error != "" {
			t.Errorf("port %d is named %q, %v, error %q; want %s", port, svc.Protocol, svc.Confidence, svc.Error, name)
		}
		in := trial(t, l.LAN, exposure.ViewLAN, name, h.V4, 0, nil)
		want := map[string]string{"simple-udp": "ok", "simple-tcp": "ok"}
		if name == "qotd" {
			want["simple-udp"] = "failed" // there is none in Debian
		}
		holdSteps(t, in, want)
		holdFindings(t, in, "simple-service", "-amplifier")
		if name == "chargen" {
			holdFindings(t, in, "not-judged-from-here")
		}
	}
	discard := trial(t, l.LAN, exposure.ViewLAN, "discard", h.V4, 0, nil)
	holdSteps(t, discard, map[string]string{"simple-udp": "unknown", "simple-tcp": "ok"})
	holdFindings(t, discard, "simple-service")
	holdFindings(t, trial(t, l.Outside, exposure.ViewOutside, "chargen", l.Router.V4, 0, nil), "amplifier", "simple-service", "-not-judged-from-here")
}
