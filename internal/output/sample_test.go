package output_test

import (
	"net/netip"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/rules"
	"sekisho/internal/untrusted"
)

var (
	began = time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)
	ended = began.Add(1410 * time.Millisecond)
)

func ip(s string) netip.Addr { return netip.MustParseAddr(s) }

func prefixes(all ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(all))
	for i, s := range all {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

func net(s string) untrusted.Text { return untrusted.New(s, 0) }

func nets(all ...string) []untrusted.Text {
	out := make([]untrusted.Text, len(all))
	for i, s := range all {
		out[i] = net(s)
	}
	return out
}

func seen(address string, view exposure.View, transport exposure.Transport, port uint16, state exposure.State, reason exposure.Reason) exposure.Observation {
	return exposure.Observation{
		Address: ip(address), View: view, Vantage: "self", Transport: transport, Port: port, State: state, Reason: reason,
		RTT: exposure.Microseconds(310 * time.Microsecond), Attempts: 1, SeenAt: ended,
	}
}

// everywhere is a TCP port that this machine saw open at all of its addresses.
func everywhere(port uint16) []exposure.Observation {
	return []exposure.Observation{
		seen("127.0.0.1", exposure.ViewLoopback, exposure.TCP, port, exposure.Open, exposure.SynAck),
		seen("192.168.1.5", exposure.ViewSelf, exposure.TCP, port, exposure.Open, exposure.SynAck),
	}
}

func inside(port uint16) []exposure.Observation {
	return []exposure.Observation{
		seen("127.0.0.1", exposure.ViewLoopback, exposure.TCP, port, exposure.Open, exposure.SynAck),
		seen("192.168.1.5", exposure.ViewSelf, exposure.TCP, port, exposure.Closed, exposure.ConnRefused),
	}
}

func answers(protocol, product, version, banner string, facts exposure.Facts) exposure.Service {
	return exposure.Service{
		Address: ip("127.0.0.1"), View: exposure.ViewLoopback, Protocol: protocol, Product: net(product), Version: net(version),
		Banner: net(banner), Confidence: exposure.Confirmed, Facts: facts,
	}
}

func holds(address, process string, pid int, user, unit string) exposure.Listener {
	return exposure.Listener{Address: ip(address), Process: process, PID: pid, User: user, Unit: unit}
}

// judged completes a report with the findings of the rules and the summary.
func judged(r exposure.Report, tag lang.Tag, local bool) exposure.Report {
	r.Schema, r.Version, r.StartedAt, r.FinishedAt = exposure.ReportSchema, "0.1.0", began, ended
	for _, h := range r.Hosts {
		for i := range h.Ports {
			p := &h.Ports[i]
			p.Findings = append(p.Findings, rules.Judge(*p, rules.Context{Now: ended, Owners: true, Local: local}, tag)...)
			for _, f := range p.Findings {
				r.Summary.Findings.Add(f.Severity)
			}
		}
	}
	return r
}

// household is a machine with a few services, as check sees it.
func household(tag lang.Tag) exposure.Report {
	expired := exposure.TLS{
		Versions: []string{"TLS 1.2", "TLS 1.3"}, Cipher: "TLS_AES_128_GCM_SHA256", ALPN: []string{"h2"},
		Certificate: &exposure.Certificate{
			Subject: net("CN=home.example"), Issuer: net("CN=R11,O=Let's Encrypt,C=US"), Names: nets("home.example", "www.home.example"),
			NotBefore: began.AddDate(0, -4, 0), NotAfter: began.AddDate(0, -1, 0), KeyType: "ECDSA", KeyBits: 256,
			SHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		},
		Chain: nets("CN=home.example", "CN=R11,O=Let's Encrypt,C=US"),
	}
	nginx := answers("http", "nginx", "1.22.1", "", exposure.Facts{"status": 200, "server": net("nginx/1.22.1"), "title": net("ようこそ")})
	nginx.TLS = &expired
	unknown := answers("", "", "", "READY 3f2a \x1b[2J\u202e", exposure.Facts{"speaks_first": true})
	unknown.Confidence = exposure.Likely
	dns := seen("192.168.1.5", exposure.ViewSelf, exposure.UDP, 53, exposure.Open, exposure.ProtoResponse)
	mdns := seen("192.168.1.5", exposure.ViewSelf, exposure.UDP, 5353, exposure.OpenFiltered, exposure.NoResponse)
	loss := 0.0
	return judged(exposure.Report{
		Vantages: []exposure.Vantage{{ID: "self", Kind: "self", Address: ip("192.168.1.5")}},
		Hosts: []exposure.Host{{
			Name: "home.example", Addresses: []netip.Addr{ip("127.0.0.1"), ip("::1"), ip("192.168.1.5")},
			Ports: []exposure.Port{
				{
					Transport: exposure.TCP, Port: 21, Name: "ftp", Observations: everywhere(21),
					Services:  []exposure.Service{answers("ftp", "vsftpd", "3.0.3", "220 (vsFTPd 3.0.3)", exposure.Facts{"anonymous": false, "auth_tls": false, "login_without_tls": true})},
					Listeners: []exposure.Listener{{Address: ip("::"), V6Only: new(false), Process: "vsftpd", PID: 812, User: "root", Unit: "vsftpd.service", Command: "/usr/sbin/vsftpd /etc/vsftpd.conf"}},
				},
				{
					Transport: exposure.TCP, Port: 22, Name: "ssh", Observations: everywhere(22),
					Services:  []exposure.Service{answers("ssh", "OpenSSH", "9.2p1", "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10", exposure.Facts{"auth_methods": nets("publickey", "password")})},
					Listeners: []exposure.Listener{holds("0.0.0.0", "sshd", 640, "root", "ssh.service"), holds("::", "sshd", 640, "root", "ssh.service")},
				},
				{
					Transport: exposure.UDP, Port: 53, Name: "domain", Observations: []exposure.Observation{dns},
					Services:  []exposure.Service{answers("dns", "BIND", "9.18.49", "", exposure.Facts{"version_bind": net("9.18.49-1~deb12u3-Debian")})},
					Listeners: []exposure.Listener{holds("192.168.1.5", "named", 701, "bind", "named.service"), holds("127.0.0.1", "named", 701, "bind", "named.service")},
				},
				{
					Transport: exposure.TCP, Port: 443, Name: "https", Observations: everywhere(443), Services: []exposure.Service{nginx},
					Listeners: []exposure.Listener{holds("0.0.0.0", "nginx", 900, "root", "nginx.service")},
				},
				{
					Transport: exposure.UDP, Port: 5353, Name: "mdns", Observations: []exposure.Observation{mdns},
					Listeners: []exposure.Listener{{Address: ip("0.0.0.0"), Device: "wlan0", Process: "avahi-daemon", PID: 500, User: "avahi", Unit: "avahi-daemon.service"}},
				},
				{
					Transport: exposure.TCP, Port: 5432, Name: "postgresql", Observations: inside(5432),
					Services:  []exposure.Service{{Address: ip("127.0.0.1"), View: exposure.ViewLoopback, Confidence: exposure.Assigned, Error: "accepted the connection and said nothing in 5s"}},
					Listeners: []exposure.Listener{holds("127.0.0.1", "postgres", 933, "postgres", "postgresql@15-main.service")},
				},
				{
					Transport: exposure.TCP, Port: 6379, Name: "redis", Observations: everywhere(6379),
					Services:  []exposure.Service{{Address: ip("127.0.0.1"), View: exposure.ViewLoopback, Confidence: exposure.Assigned}},
					Listeners: []exposure.Listener{{Address: ip("0.0.0.0"), Process: "docker-proxy", PID: 1544, User: "root", Unit: "docker.service"}},
				},
				{Transport: exposure.TCP, Port: 8088, Observations: everywhere(8088), Services: []exposure.Service{unknown}},
				{Transport: exposure.TCP, Port: 9999, Observations: []exposure.Observation{seen("127.0.0.1", exposure.ViewLoopback, exposure.TCP, 9999, exposure.Closed, exposure.ConnRefused)}},
			},
		}},
		Scan: &exposure.ScanSummary{Hosts: 3, Ports: 196605, Open: 21, Closed: 196584, PacketsSent: 196802, ElapsedMS: 1400, Loss: &loss, Complete: true, Method: "connect"},
	}, tag, true)
}

// another is a host of the LAN, seen from here at two addresses.
func another(tag lang.Tag) exposure.Report {
	at := func(address string, port uint16, state exposure.State, reason exposure.Reason) exposure.Observation {
		return seen(address, exposure.ViewLAN, exposure.TCP, port, state, reason)
	}
	telnet := answers("telnet", "", "", "", exposure.Facts{"login_prompt": true})
	telnet.Address, telnet.View = ip("192.168.1.1"), exposure.ViewLAN
	web := answers("http", "lighttpd", "", "", exposure.Facts{"www_authenticate": net(`Basic realm="ROUTER"`)})
	web.Address, web.View, web.Confidence = ip("192.168.1.1"), exposure.ViewLAN, exposure.Likely
	return judged(exposure.Report{
		Vantages: []exposure.Vantage{{ID: "self", Kind: "self", Address: ip("192.168.1.5")}},
		Hosts: []exposure.Host{{
			Name: "router.home", Addresses: []netip.Addr{ip("192.168.1.1"), ip("fd00::1")},
			Ports: []exposure.Port{
				{Transport: exposure.TCP, Port: 23, Name: "telnet", Observations: []exposure.Observation{at("192.168.1.1", 23, exposure.Open, exposure.SynAck), at("fd00::1", 23, exposure.Filtered, exposure.NoResponse)}, Services: []exposure.Service{telnet}},
				{Transport: exposure.TCP, Port: 80, Name: "http", Observations: []exposure.Observation{at("192.168.1.1", 80, exposure.Open, exposure.SynAck), at("fd00::1", 80, exposure.Open, exposure.SynAck)}, Services: []exposure.Service{web}},
				{Transport: exposure.TCP, Port: 443, Name: "https", Observations: []exposure.Observation{at("192.168.1.1", 443, exposure.Closed, exposure.Reset), at("fd00::1", 443, exposure.Closed, exposure.Reset)}},
			},
		}},
		Scan: &exposure.ScanSummary{Hosts: 2, Ports: 6, Open: 3, Closed: 2, Filtered: 1, PacketsSent: 9, ElapsedMS: 1400, Complete: false, Unknown: 1},
	}, tag, false)
}

// tested is an FTP server in depth, on a port of its own.
func tested(tag lang.Tag) exposure.TestDocument {
	at := func(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }
	d := exposure.TestDocument{
		Schema: exposure.TestSchema, Version: "0.1.0", Test: "ftp", StartedAt: began, FinishedAt: ended,
		Host: "home.example", Address: ip("192.168.1.5"), Transport: exposure.TCP, Port: 2121, View: exposure.ViewLAN,
		Service: answers("ftp", "vsftpd", "3.0.3", "220 (vsFTPd 3.0.3)", exposure.Facts{
			"anonymous": true, "auth_tls": false, "login_without_tls": true, "features": nets("EPRT", "EPSV"), "system": net("UNIX Type: L8"),
		}),
		Steps: []exposure.Step{
			{ID: "connect", Result: exposure.StepOK, Said: net("220 (vsFTPd 3.0.3)"), Local: at("192.168.1.9:51342"), Remote: at("192.168.1.5:2121")},
			{ID: "tls-handshake", Result: exposure.StepRefused, Asked: "AUTH TLS", Said: net("530 Please login with USER and PASS."), Facts: exposure.Facts{"tries": 1}},
			{ID: "tls-handshake", Result: exposure.StepFailed, Detail: "i/o timeout"},
			{ID: "connect", Result: exposure.StepSkipped, Why: "no-route"},
		},
		Flow: []exposure.Flow{
			{Row: exposure.FlowControl, From: at("192.168.1.9:51342"), To: at("192.168.1.5:2121")},
			{Row: exposure.FlowListing, From: at("192.168.1.5:20"), To: at("192.168.1.9:40001"), What: "PORT"},
			{Row: exposure.FlowTransfer, From: at("[2001:db8::5]:40123"), To: at("[2001:db8::9]:51344"), What: "EPSV"},
		},
	}
	d.Findings = rules.Judge(exposure.Port{
		Transport: d.Transport, Port: d.Port, Services: []exposure.Service{d.Service},
		Observations: []exposure.Observation{seen("192.168.1.5", exposure.ViewLAN, exposure.TCP, 2121, exposure.Open, exposure.ProtoResponse)},
	}, rules.Context{Now: ended}, tag)
	return d
}

// connected are servers that were tried: what belongs there, something else,
// one that says nothing, one that is closed, and a name without an address.
func connected() exposure.ConnectDocument {
	web := answers("http", "nginx", "1.22.1", "", nil)
	web.Address, web.View = ip("192.0.2.80"), exposure.ViewOutside
	login := answers("ssh", "OpenSSH", "9.2p1", "SSH-2.0-OpenSSH_9.2p1", nil)
	login.Address, login.View = ip("192.0.2.25"), exposure.ViewOutside
	mute := exposure.Service{Address: ip("192.168.1.8"), View: exposure.ViewLAN, Confidence: exposure.Assigned, Silence: exposure.Mute, Error: "accepted the connection and said nothing in 5s"}
	return exposure.ConnectDocument{Schema: exposure.ConnectSchema, Version: "0.1.0", SeenAt: began, Servers: []exposure.ConnectedServer{
		{Role: exposure.RoleHost, Host: "www.example", Port: 80, Address: web.Address, State: exposure.Open, Reason: exposure.SynAck, Expected: "http", Service: &web},
		{Role: exposure.RoleProxy, Host: "192.168.1.8", Port: 8080, Source: "HTTP_PROXY", Address: mute.Address, State: exposure.Open, Reason: exposure.SynAck, Service: &mute},
		{Role: exposure.RoleOut, Host: "smtp.example", Port: 25, Address: login.Address, State: exposure.Open, Reason: exposure.SynAck, Expected: "smtp", Service: &login},
		{Role: exposure.RoleIn, Host: "pop.example", Port: 110, Address: ip("2001:db8::110"), State: exposure.Closed, Reason: exposure.ConnRefused, Expected: "pop3"},
		{Role: exposure.RoleNews, Host: "news.example", Port: 119, Expected: "nntp", Error: "news.example: no such host"},
	}, Proxies: []exposure.ProxySetting{
		{Source: "HTTP_PROXY", Kind: "http", URL: "http://192.168.1.8:8080"},
		{Source: "no_proxy", Kind: "exempt", Hosts: []string{"localhost", ".inner.example"}},
		{Source: "gnome", Kind: "pac", URL: "http://wpad.example/proxy.pac"},
		{Source: "kde", Kind: "detect"},
	}, Past: "nas.inner.example"}
}

// typed is a conversation, with what could act on a terminal in it.
func typed() exposure.ConnectDocument {
	at := func(seconds int) time.Time { return began.Add(time.Duration(seconds) * time.Second) }
	here, there := netip.MustParseAddrPort("192.168.1.5:50412"), netip.MustParseAddrPort("192.0.2.25:25")
	return exposure.ConnectDocument{
		Schema: exposure.ConnectSchema, Version: "0.1.0", SeenAt: began,
		Servers: []exposure.ConnectedServer{{Role: exposure.RoleHost, Host: "mail.example", Port: 25, Address: there.Addr(), State: exposure.Open, Reason: exposure.SynAck, Expected: "smtp"}},
		Dialogue: &exposure.Dialogue{
			StartedAt: began, FinishedAt: at(9), Local: here, Remote: there, Ended: "peer", Sent: 6, Received: 60, Cut: true,
			TLS: &exposure.TLS{Versions: []string{"TLS 1.3"}, Cipher: "TLS_AES_128_GCM_SHA256"},
			Lines: []exposure.DialogueLine{
				{At: at(1), From: "peer", Text: untrusted.New("220 mail.example \x1b[31mESMTP\r\n", 0)},
				{At: at(2), From: "peer", Text: untrusted.New("DO ECHO", 0), Command: true},
				{At: at(2), From: "here", Text: untrusted.New("WONT ECHO", 0), Command: true},
				{At: at(3), From: "here", Text: untrusted.New("QUIT\r\n", 0)},
				{At: at(4), From: "peer", Text: untrusted.New("221 さようなら", 0)},
			},
			Connections: []exposure.Connection{
				{Transport: exposure.TCP, Local: here, Remote: there, State: exposure.SocketEstablished, Process: "sekisho", PID: 4711, User: "me", Command: "sekisho connect -i mail.example 25"},
				{Transport: exposure.TCP, Local: netip.MustParseAddrPort("[2001:db8::5]:40000"), Remote: netip.MustParseAddrPort("[2001:db8::80]:443"), State: exposure.SocketTimeWait, Unowned: true},
			},
			States: []exposure.SocketState{exposure.SocketCloseWait, exposure.SocketTimeWait},
		},
	}
}

// book is a few entries of the book of services, and a topic.
func book() exposure.CatalogueDocument {
	return exposure.CatalogueDocument{
		Schema: exposure.ServicesSchema, Version: "0.1.0",
		Services: []exposure.CatalogueEntry{
			{
				Name: "telnet", TCP: []uint16{23, 2323}, Range: "system", Summary: "a terminal on another machine", Session: "The client connects, and each key goes out by itself.",
				Risk: "Who sits on the way reads the password.", Close: "Switch it off and use SSH.", Usual: exposure.Usual{HomePC: "closed", HomeServer: "closed", MailServer: "closed", WebServer: "closed"},
				Cleartext: true, LoginCleartext: true, Successor: "ssh", Facts: []string{"One packet a key.", "Enter sends no more than any other key, so that whoever reads along reads letter by letter."},
				Diagrams: []exposure.Diagram{
					{Title: "One key", Parties: []string{"client", "サーバー"}, Steps: []exposure.DiagramStep{{From: 0, To: 1, Text: "the key: l"}, {From: 1, To: 0, Text: "ACKとエコー l"}}},
					{Title: "Past a third", Parties: []string{"PC", "server", "MX", "PC"}, Steps: []exposure.DiagramStep{{From: 0, To: 1, Text: "SMTP 587"}, {From: 1, To: 2, Text: "SMTP 25"}, {From: 3, To: 1, Text: "POP3, past another one"}}},
				},
			},
			{
				Name: "domain", Aliases: []string{"dns"}, TCP: []uint16{53}, UDP: []uint16{53}, Range: "system", Summary: "names and addresses", Session: "A question and an answer.", Risk: "It floods others.", Close: "Listen on the LAN.",
				Usual: exposure.Usual{HomePC: "outward", HomeServer: "lan", MailServer: "outward", WebServer: "open"}, Cleartext: true, Upgrade: "STARTTLS",
				Tables: []exposure.Table{{Title: "Facilities", Heads: []string{"NUMBER", "NAME"}, Rows: [][]string{{"0", "kern"}, {"16-23", "local0 to local7, which are free for whoever wants to sort the logs of devices"}}}},
			},
			{Name: "netbios-ns", UDP: []uint16{137}, Range: "user", Summary: "names of the LAN", Session: "Asked of everybody.", Risk: "It tells who is logged on.", Close: "Switch it off.", Usual: exposure.Usual{HomePC: "lan", HomeServer: "lan", MailServer: "closed", WebServer: "closed"}, LocalOnly: true},
			{Name: "back-orifice", UDP: []uint16{31337}, Range: "dynamic", Summary: "a trojan of 1998", Session: "It waits.", Risk: "Somebody else rules the machine.", Close: "Install anew.", Usual: exposure.Usual{HomePC: "closed", HomeServer: "closed", MailServer: "closed", WebServer: "closed"}, Cleartext: true, Trojan: true},
		},
		Topics: []exposure.Topic{{Name: "ports", Title: "Port numbers", Facts: []string{"From 0 to 65535."}, Tables: []exposure.Table{{Title: "Ranges", Heads: []string{"PORTS", "WHAT FOR"}, Rows: [][]string{{"0-1023", "services that everybody knows"}}}}}},
		Also:   []string{"ssh", "ftp"},
	}
}

// diagnosed are two ports of a machine: one that its firewall keeps out for
// certain, and one of which nobody knows why it is silent from outside. The
// texts are those of one language, as diagnose makes them.
func diagnosed(tag lang.Tag) exposure.Diagnosis {
	words := func(en, ja string) string {
		if tag == lang.Japanese {
			return ja
		}
		return en
	}
	stage := func(id string, result exposure.StageResult, en, ja string) exposure.Stage {
		return exposure.Stage{ID: id, Result: result, Detail: words(en, ja)}
	}
	return exposure.Diagnosis{
		Schema: exposure.DiagnosisSchema, Version: "0.1.0", SeenAt: began, Host: "home", Addresses: []netip.Addr{ip("192.168.1.5")},
		Ports: []exposure.DiagnosedPort{
			{
				Transport: exposure.TCP, Port: 21, Name: "ftp", Zone: exposure.ZoneLAN,
				Cause: exposure.Cause{ID: "host-firewall", Certainty: exposure.CauseProven, Evidence: []string{
					words("The packet filter keeps newcomers out: inet filter input: tcp dport 21 drop.", "パケットフィルターが外からの接続を止めます(inet filter input: tcp dport 21 drop)。"),
					words("vsftpd (812) 0.0.0.0:21 takes what comes for 192.168.1.5.", "vsftpd (812) 0.0.0.0:21 が 192.168.1.5 あての接続を受けます。"),
				}, Remedy: []string{words("See the command that opens the port:\nsekisho firewall open 21/tcp --from lan", "ポートを開けるコマンドを表示します。\nsekisho firewall open 21/tcp --from lan")}},
				Stages: []exposure.Stage{
					stage("listening", exposure.StageOK, "A process has it: vsftpd (812) 0.0.0.0:21.", "プロセスが待ち受けています(vsftpd (812) 0.0.0.0:21)。"),
					stage("host-firewall", exposure.StageCut, "The packet filter keeps newcomers out.", "パケットフィルターが外からの接続を止めます。"),
					stage("outside", exposure.StageUnknown, "Nobody outside looked.", "インターネット側からは見ていません。"),
				},
				Transfers: []exposure.Transfer{
					{View: exposure.ViewSelf, Address: ip("192.168.1.5"), Step: "login", Result: exposure.StepOK},
					{View: exposure.ViewSelf, Address: ip("192.168.1.5"), Step: "list", Mode: "pasv", Result: exposure.StepFailed, Why: "ftp-data-silent", Told: "192.168.1.5:50003"},
					{View: exposure.ViewSelf, Address: ip("192.168.1.5"), Step: "list", Mode: "port", Result: exposure.StepOK},
					{View: exposure.ViewSelf, Address: ip("192.168.1.5"), Step: "get", Mode: "pasv", Result: exposure.StepSkipped, Why: "ftp-no-data"},
				},
			},
			{
				Transport: exposure.UDP, Port: 53, Name: "domain", Zone: exposure.ZoneInternetV4,
				Cause:  exposure.Cause{ID: "router-no-forward", Certainty: exposure.CausePossible, Evidence: []string{words("203.0.113.7 did not answer.", "203.0.113.7 から返事がありません。")}, Remedy: []string{}},
				Rivals: []exposure.Rival{{ID: "carrier-block", Test: words("Look at another port from outside.", "外から別の番号を調べます。")}},
				Stages: []exposure.Stage{stage("outside", exposure.StageCut, "203.0.113.7 did not answer.", "203.0.113.7 から返事がありません。")},
			},
		},
		Names: []exposure.Resolution{{Name: "home.example", Addresses: []netip.Addr{ip("203.0.113.7")}, Answers: []exposure.NameAnswer{
			{Source: exposure.NameResolver, Server: "192.168.1.1:53", Record: "A", Outcome: exposure.NameFound, Addresses: []netip.Addr{ip("203.0.113.7")}, TTL: new(uint32(40))},
			{Source: exposure.NameAuthority, Server: "198.51.100.53:53", Record: "AAAA", Outcome: exposure.NameNoData, Chain: []untrusted.Text{untrusted.New("www.home.example", 99)}},
		}}},
		Unseen: []string{words("3 owners could not be seen.", "3件の持ち主は見えませんでした。")},
	}
}
