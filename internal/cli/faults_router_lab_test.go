//go:build linux && lab

package cli_test

import (
	"fmt"
	"net/netip"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// pages is what the person read off the router's pages, in the file that
// readPages names.
func pages(text string, before func(t *testing.T, l *lab.Lab)) func(t *testing.T, l *lab.Lab) {
	return func(t *testing.T, l *lab.Lab) {
		t.Helper()
		before(t, l)
		l.Home.WriteFile(t, "/tmp/router.yaml", text)
	}
}

var (
	readPages = []string{"--router", "/tmp/router.yaml"}
	closed    = []string{"--closed"}
	closedBy  = append([]string{"--closed"}, readPages...)
)

// What the pages of a router say.
const (
	nothingForwarded = "wan: 26.10.0.2\nwhole: true\ndmz: none\n"
	webHere          = "wan: 26.10.0.2\nforwards: [{protocol: tcp, outer: 80, to: 192.168.77.10}]\n"
	webThere         = "wan: 26.10.0.2\nforwards: [{protocol: tcp, outer: 80, to: 192.168.77.20}]\n"
	dnsHere          = "wan: 26.10.0.2\nforwards: [{protocol: udp, outer: 53, to: 192.168.77.10}]\n"
	allHere          = "wan: 26.10.0.2\nwhole: true\ndmz: 192.168.77.10\n"
	sixFiltered      = "ipv6: filtered\nwhole: true\ndmz: none\n"
)

// mapped has a program of home ask the router by UPnP to send a port on.
func mapped(transport string, outer uint16, to netip.AddrPort, after func(t *testing.T, l *lab.Lab)) func(t *testing.T, l *lab.Lab) {
	return func(t *testing.T, l *lab.Lab) {
		t.Helper()
		l.StartUPnP(t, lab.RouterUPnP{})
		l.Home.MapUPnP(t, transport, outer, to, 0)
		after(t, l)
	}
}

// sentOn has the router send every port of a transport on, by hand: to home, or
// to the other PC.
func sentOn(match string, to string, after func(t *testing.T, l *lab.Lab)) func(t *testing.T, l *lab.Lab) {
	return func(t *testing.T, l *lab.Lab) {
		t.Helper()
		l.Router.NFT(t, fmt.Sprintf(`add rule inet router prerouting iifname "wan" meta nfproto ipv4 %s dnat ip to %s`, match, to))
		after(t, l)
	}
}

// onPage lets those outside come to what the router itself serves.
func onPage(match string, start func(t *testing.T, h *lab.Host), after func(t *testing.T, l *lab.Lab)) func(t *testing.T, l *lab.Lab) {
	return func(t *testing.T, l *lab.Lab) {
		t.Helper()
		start(t, l.Router)
		l.Router.NFT(t, "insert rule inet router input "+match+" accept")
		after(t, l)
	}
}

// sixPassed has the router let everything in over IPv6.
func sixPassed(after func(t *testing.T, l *lab.Lab)) func(t *testing.T, l *lab.Lab) {
	return func(t *testing.T, l *lab.Lab) {
		t.Helper()
		l.Router.NFT(t, `add rule inet router opened meta nfproto ipv6 accept`)
		after(t, l)
	}
}

// kept has the router stop what it forwards.
func kept(proto string, port uint16, match string, v lab.Verdict, after func(t *testing.T, l *lab.Lab)) func(t *testing.T, l *lab.Lab) {
	return func(t *testing.T, l *lab.Lab) {
		t.Helper()
		l.Forward(t, proto, port, port)
		l.Router.Filter(t, lab.Forwarding, `iifname "wan" `+match, v)
		after(t, l)
	}
}

func nginxOn(t *testing.T, h *lab.Host) { h.StartNginx(t, lab.Nginx{}) }
func bindOn(t *testing.T, h *lab.Host)  { h.StartBind(t, lab.Bind{}) }
func nothing(*testing.T, *lab.Lab)      {}

func sshd(t *testing.T, l *lab.Lab) { l.Home.StartSshd(t, lab.Sshd{}) }
func dns(t *testing.T, l *lab.Lab)  { bindOn(t, l.Home) }

func together(a, b func(t *testing.T, l *lab.Lab)) func(t *testing.T, l *lab.Lab) {
	return func(t *testing.T, l *lab.Lab) {
		t.Helper()
		a(t, l)
		b(t, l)
	}
}

func webOnLAN(t *testing.T, l *lab.Lab) { l.LAN.StartNginx(t, lab.Nginx{}) }

var (
	homeWeb = netip.MustParseAddrPort("192.168.77.10:80")
	lanWeb  = netip.MustParseAddrPort("192.168.77.20:80")
	homeDNS = netip.MustParseAddrPort("192.168.77.10:53")
	lanDNS  = netip.MustParseAddrPort("192.168.77.20:53")
)

// routerFaults are faults of the router before the machine.
var routerFaults = []fault{
	{name: "forwarded, as the person says", provoke: pages(webHere, web(func(t *testing.T, l *lab.Lab) { l.Forward(t, "tcp", 80, 80) })), from: outsideHost, at: routerV4, port: "80", arguments: readPages, cause: "ok", certainty: exposure.CauseProven},
	{name: "forwarded by UPnP", provoke: mapped("tcp", 80, homeWeb, web(nil)), from: outsideHost, at: routerV4, port: "80", cause: "ok", certainty: exposure.CauseProven},
	{name: "forwarded, UDP", provoke: mapped("udp", 53, homeDNS, dns), from: outsideHost, at: routerV4, port: "53/udp", cause: "ok", certainty: exposure.CauseProven},
	{name: "forwarded, the same key outside", provoke: func(t *testing.T, l *lab.Lab) {
		sshd(t, l)
		l.Forward(t, "tcp", 22, 22)
	}, looks: []look{{from: outsideHost, at: at(routerV4), ports: "22", verb: "check"}}, port: "22", cause: "ok", certainty: exposure.CauseProven},

	{name: "no forward, as the person says", provoke: pages(nothingForwarded, web(nil)), from: outsideHost, at: routerV4, port: "80", arguments: readPages, cause: "router-no-forward", certainty: exposure.CauseProven},
	{name: "no forward, UDP", provoke: pages(nothingForwarded, dns), from: outsideHost, at: routerV4, port: "53/udp", arguments: readPages, cause: "router-no-forward", certainty: exposure.CauseProven},
	{name: "no forward, the router refuses", provoke: pages(nothingForwarded, web(func(t *testing.T, l *lab.Lab) {
		l.Router.NFT(t, `insert rule inet router input iifname "wan" tcp dport 80 reject with tcp reset`)
	})), from: outsideHost, at: routerV4, port: "80", arguments: readPages, cause: "router-no-forward", certainty: exposure.CauseProven},
	{name: "no forward, the router forbids", provoke: pages(nothingForwarded, web(func(t *testing.T, l *lab.Lab) {
		l.Router.NFT(t, `insert rule inet router input iifname "wan" tcp dport 80 reject with icmpx type admin-prohibited`)
	})), from: outsideHost, at: routerV4, port: "80", arguments: readPages, cause: "router-no-forward", certainty: exposure.CauseProven},
	{name: "no forward, the router's page answers", provoke: pages(nothingForwarded, onPage("tcp dport 80", nginxOn, web(nil))), from: outsideHost, at: routerV4, port: "80", arguments: readPages, cause: "router-no-forward", certainty: exposure.CauseProven},
	{name: "no forward, UPnP lists none", provoke: func(t *testing.T, l *lab.Lab) {
		l.StartUPnP(t, lab.RouterUPnP{})
		web(nil)(t, l)
	}, from: outsideHost, at: routerV4, port: "80", cause: "router-no-forward", certainty: exposure.CausePossible},

	{name: "UPnP to another PC", provoke: mapped("tcp", 80, lanWeb, web(nil)), from: outsideHost, at: routerV4, port: "80", cause: "forward-elsewhere", certainty: exposure.CauseProven},
	{name: "UPnP to another PC that answers", provoke: mapped("tcp", 80, lanWeb, together(web(nil), webOnLAN)), from: outsideHost, at: routerV4, port: "80", cause: "forward-elsewhere", certainty: exposure.CauseProven},
	{name: "UPnP to another PC, UDP", provoke: mapped("udp", 53, lanDNS, dns), from: outsideHost, at: routerV4, port: "53/udp", cause: "forward-elsewhere", certainty: exposure.CauseProven},
	{name: "to another PC, by hand", provoke: pages(webThere, sentOn("tcp dport 80", "192.168.77.20", together(web(nil), webOnLAN))), from: outsideHost, at: routerV4, port: "80", arguments: readPages, cause: "forward-elsewhere", certainty: exposure.CauseProven},
	{name: "to another PC, nobody says so", provoke: func(t *testing.T, l *lab.Lab) {
		sentOn("tcp dport 22", "192.168.77.20", sshd)(t, l)
		l.LAN.StartSshd(t, lab.Sshd{})
	}, looks: []look{{from: outsideHost, at: at(routerV4), ports: "22", verb: "check"}}, port: "22", cause: "forward-elsewhere", certainty: exposure.CauseLikely},
	{name: "to another port", provoke: mapped("tcp", 80, netip.MustParseAddrPort("192.168.77.10:8081"), web(nil)), from: outsideHost, at: routerV4, port: "80", cause: "forward-elsewhere", certainty: exposure.CauseProven},
	{name: "to another port, UDP", provoke: mapped("udp", 53, netip.MustParseAddrPort("192.168.77.10:5354"), dns), from: outsideHost, at: routerV4, port: "53/udp", cause: "forward-elsewhere", certainty: exposure.CauseProven},

	{name: "opened by UPnP", provoke: mapped("tcp", 80, homeWeb, web(nil)), from: outsideHost, at: routerV4, port: "80", arguments: closed, cause: "opened-by-upnp", certainty: exposure.CauseProven},
	{name: "opened by UPnP, UDP", provoke: mapped("udp", 53, homeDNS, dns), from: outsideHost, at: routerV4, port: "53/udp", arguments: closed, cause: "opened-by-upnp", certainty: exposure.CauseProven},
	{name: "a UPnP mapping that was forgotten", provoke: mapped("tcp", 80, lanWeb, webOnLAN), from: outsideHost, at: routerV4, port: "80", arguments: closed, cause: "opened-by-upnp", certainty: exposure.CauseProven},
	{name: "forwarded by hand, and open", provoke: pages(webHere, web(func(t *testing.T, l *lab.Lab) { l.Forward(t, "tcp", 80, 80) })), from: outsideHost, at: routerV4, port: "80", arguments: closedBy, cause: "firewall-off", certainty: exposure.CauseProven},
	{name: "forwarded to another PC, and open", provoke: pages(webThere, sentOn("tcp dport 80", "192.168.77.20", webOnLAN)), from: outsideHost, at: routerV4, port: "80", arguments: closedBy, cause: "forward-elsewhere", certainty: exposure.CauseProven},

	{name: "DMZ host", provoke: pages(allHere, sentOn("meta l4proto { tcp, udp }", "192.168.77.10", sshd)), looks: []look{{from: outsideHost, at: at(routerV4), ports: "22", verb: "check"}}, port: "22", arguments: closedBy, cause: "router-dmz", certainty: exposure.CauseProven},
	{name: "DMZ host, UDP", provoke: pages(allHere, sentOn("meta l4proto { tcp, udp }", "192.168.77.10", dns)), from: outsideHost, at: routerV4, port: "53/udp", arguments: closedBy, cause: "router-dmz", certainty: exposure.CauseLikely},
	{name: "DMZ host that nobody told of", provoke: pages("wan: 26.10.0.2\nwhole: true\n", sentOn("meta l4proto { tcp, udp }", "192.168.77.10", sshd)), looks: []look{{from: outsideHost, at: at(routerV4), ports: "22", verb: "check"}}, port: "22", arguments: closedBy, cause: "router-dmz", certainty: exposure.CauseProven},

	{name: "the router's page outside", provoke: pages(nothingForwarded, onPage("tcp dport 80", nginxOn, nothing)), from: outsideHost, at: routerV4, port: "80", arguments: closedBy, cause: "router-itself", certainty: exposure.CauseProven},
	{name: "the router's page outside, the same port here", provoke: pages(nothingForwarded, onPage("tcp dport 80", nginxOn, web(nil))), from: outsideHost, at: routerV4, port: "80", arguments: closedBy, cause: "router-itself", certainty: exposure.CauseProven},
	{name: "the router's page outside, nothing known", provoke: onPage("tcp dport 80", nginxOn, nothing), from: outsideHost, at: routerV4, port: "80", arguments: closed, cause: "router-itself", certainty: exposure.CauseLikely},
	{name: "the router answers names outside", provoke: pages(nothingForwarded, onPage("udp dport 53", bindOn, nothing)), from: outsideHost, at: routerV4, port: "53/udp", arguments: closedBy, cause: "router-itself", certainty: exposure.CauseProven},

	{name: "IPv6 passes, IPv4 does not", provoke: sixPassed(web(nil)), from: outsideHost, at: homeV6, looks: []look{{from: outsideHost, at: at(routerV4), ports: "80"}}, port: "80", arguments: []string{"--closed", "-6"}, cause: "ipv6-unfiltered", certainty: exposure.CauseProven},
	{name: "IPv6 passes, filtered here over IPv4 only", provoke: sixPassed(web(func(t *testing.T, l *lab.Lab) {
		l.Home.NFT(t, "table ip own {\n chain input {\n type filter hook input priority filter; policy drop\n ct state established,related accept\n iif lo accept\n }\n}")
	})), from: outsideHost, at: homeV6, port: "80", arguments: closed, cause: "ipv6-unfiltered", certainty: exposure.CauseProven},
	{name: "IPv6 passes, UDP", provoke: sixPassed(together(dns, func(t *testing.T, l *lab.Lab) {
		l.Home.NFT(t, "table ip own {\n chain input {\n type filter hook input priority filter; policy drop\n ct state established,related accept\n iif lo accept\n }\n}")
	})), from: outsideHost, at: homeV6, port: "53/udp", arguments: closed, cause: "ipv6-unfiltered", certainty: exposure.CauseProven},
	{name: "IPv6 passes, nothing known of IPv4", provoke: sixPassed(web(nil)), from: outsideHost, at: homeV6, port: "80", arguments: closed, cause: "ipv6-unfiltered", certainty: exposure.CauseLikely},

	{name: "the router forbids what it forwards", provoke: pages(webHere, kept("tcp", 80, "tcp dport 80", lab.RejectAdmin, web(nil))), from: outsideHost, at: routerV4, port: "80", arguments: readPages, cause: "router-filter", certainty: exposure.CauseProven},
	{name: "the router forbids what it forwards, UDP", provoke: pages(dnsHere, kept("udp", 53, "udp dport 53", lab.RejectAdmin, dns)), from: outsideHost, at: routerV4, port: "53/udp", arguments: readPages, cause: "router-filter", certainty: exposure.CauseProven},
	{name: "the router drops what it forwards", provoke: pages(webHere+"blocks: [80/tcp]\n", kept("tcp", 80, "tcp dport 80", lab.Drop, web(nil))), from: outsideHost, at: routerV4, port: "80", arguments: readPages, cause: "router-filter", certainty: exposure.CauseProven},
	{name: "the router drops what it forwards, UDP", provoke: pages(dnsHere+"blocks: [53/udp]\n", kept("udp", 53, "udp dport 53", lab.Drop, dns)), from: outsideHost, at: routerV4, port: "53/udp", arguments: readPages, cause: "router-filter", certainty: exposure.CauseProven},
	{name: "the router filters IPv6", provoke: pages(sixFiltered, web(nil)), from: outsideHost, at: homeV6, port: "80", arguments: readPages, cause: "router-filter", certainty: exposure.CauseProven},
	{name: "the router filters IPv6, UDP", provoke: pages(sixFiltered, dns), from: outsideHost, at: homeV6, port: "53/udp", arguments: readPages, cause: "router-filter", certainty: exposure.CauseProven},
	{name: "the router forbids IPv6", provoke: pages("own: [\"2608:26:10::2\"]\n", kept("tcp", 80, "meta nfproto ipv6 tcp dport 80", lab.RejectAdmin, web(nil))), from: outsideHost, at: homeV6, port: "80", arguments: readPages, cause: "router-filter", certainty: exposure.CauseProven},
	{name: "the router's IPv6 filter is on, as UPnP says", provoke: func(t *testing.T, l *lab.Lab) {
		l.StartUPnP(t, lab.RouterUPnP{})
		web(nil)(t, l)
	}, from: outsideHost, at: homeV6, port: "80", cause: "router-filter", certainty: exposure.CauseLikely},

	{name: "second router, forwarded on the first", access: lab.SecondRouter, provoke: pages("wan: 192.168.0.2\nforwards: [{protocol: tcp, outer: 80, to: 192.168.77.10}]\nblocks: [none]\n", web(func(t *testing.T, l *lab.Lab) { l.Forward(t, "tcp", 80, 80) })), from: outsideHost, at: carrierV4, port: "80", arguments: readPages, cause: "double-nat", certainty: exposure.CauseLikely},
	{name: "second router, no forward on the first", access: lab.SecondRouter, provoke: pages("wan: 192.168.0.2\nwhole: true\ndmz: none\n", web(nil)), from: outsideHost, at: carrierV4, port: "80", arguments: readPages, cause: "router-no-forward", certainty: exposure.CauseProven},
	{name: "shared address, as the router's page says", access: lab.CGNAT, provoke: pages("wan: 100.64.9.2\n", web(nil)), from: outsideHost, at: carrierV4, port: "80", arguments: readPages, cause: "cgnat", certainty: exposure.CauseProven},
}
