package rules

import (
	"slices"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func init() {
	register(rule{"wrong-service", judgeWrongService})
	register(rule{"service-on-unusual-port", judgeUnusualPort})
}

// usualPorts are where people look for a protocol. HTTP is everywhere, so only
// its presence in the place of another is worth a word.
var usualPorts = map[string][]uint16{
	"ssh":    {22},
	"ftp":    {21, 990},
	"telnet": {23, 992},
	"smtp":   {25, 465, 587, 2525},
	"dns":    {53, 853, 5353, 5355},
	"http":   {80, 443, 8080, 8443},
	"pop3":   {110, 995},
	"imap":   {143, 993},
	"nntp":   {119, 433, 563},

	"smb":         {445},
	"netbios-ssn": {139},
	"msrpc":       {135, 593, 1025, 1026, 1027, 1028, 1029, 1030, 49152, 49153, 49154, 49155, 49156, 49157},
	"ldap":        {389, 636, 3268, 3269},
	"kerberos":    {88},
	"rdp":         {3389},
	"vnc":         {5900, 5901, 5902, 5903},
	"mssql":       {1433},
	"winrm":       {5985, 5986, 47001},

	"mysql":      {3306},
	"postgresql": {5432},
	"redis":      {6379, 26379},
	"mongodb":    {27017, 27018, 27019},
	"memcached":  {11211},
	"mqtt":       {1883, 8883},
	"amqp":       {5672, 5671},
	"nats":       {4222},
	"rsync":      {873},

	"irc":       {6667, 6660, 6661, 6662, 6663, 6664, 6665, 6666, 6668, 6669, 6697, 7000},
	"minecraft": {25565},
}

// usualTLSPorts are where people look for a protocol inside TLS.
var usualTLSPorts = map[string]uint16{
	"ftp": 990, "telnet": 992, "smtp": 465, "dns": 853, "pop3": 995, "imap": 993, "nntp": 563,
	"ldap": 636, "winrm": 5986, "mqtt": 8883, "amqp": 5671, "irc": 6697,
}

// usualPort is where people look for a service.
func usualPort(service exposure.Service) int {
	if port := usualTLSPorts[service.Protocol]; port != 0 && service.TLS != nil && !service.TLS.StartTLS {
		return int(port)
	}
	return int(usualPorts[service.Protocol][0])
}

// judgeWrongService speaks of a service on the port of another.
func judgeWrongService(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		usual := usualProtocol(s.Port.Port)
		if usualPorts[service.Protocol] == nil || usual == "" || usual == service.Protocol {
			return nil
		}
		return []ruling{{exposure.Info, say(lang.Text{
			EN: "{{.Protocol}} answers on port {{.Port}}, where {{.Usual}} is expected.",
			JA: "ポート {{.Port}} は通常 {{.Usual}} のものですが、{{.Protocol}} が応答しています。",
		}, "Protocol", service.Protocol, "Port", s.number(), "Usual", usual), say(lang.Text{
			EN: "Some do this to pass a firewall that knows ports only. If it was not you, find out who did.",
			JA: "番号だけを見るファイアウォールを通り抜けるために使われることがあります。心当たりがなければ、誰が始めたのかを確かめます。",
		}), []said{s.whose()}}}
	})
}

// judgeUnusualPort speaks of a service on a number where nobody looks for it.
func judgeUnusualPort(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		usual := usualPorts[service.Protocol]
		if usual == nil || service.Protocol == "http" || usualProtocol(s.Port.Port) != "" {
			return nil
		}
		return []ruling{{exposure.Info, say(lang.Text{
			EN: "{{.Protocol}} answers on port {{.Port}}; its usual port is {{.Usual}}.",
			JA: "{{.Protocol}} がポート {{.Port}} で応答しています。通常は {{.Usual}} です。",
		}, "Protocol", service.Protocol, "Port", s.number(), "Usual", usualPort(service)), say(lang.Text{
			EN: "Another number keeps out only those who do not look: whoever scans finds it all the same.",
			JA: "番号を変えても、調べる人には見つかります。防げるのは、決まった番号しか見ない相手だけです。",
		}), []said{say(lang.Text{
			EN: "If you moved it on purpose, nothing is to be done.",
			JA: "意図して変えたのなら、何もする必要はありません。",
		}), s.whose()}}}
	})
}

// whose is how one finds out who started a service. To stop it is no advice
// here: it may be the very way by which the reader came in.
func (s subject) whose() said {
	if !s.Local {
		return say(lang.Text{
			EN: "See on that host which program holds the port:\nss -lnp 'sport = :{{.Port}}'",
			JA: "そのホストで、どのプログラムのものかを確かめます。\nss -lnp 'sport = :{{.Port}}'",
		}, "Port", s.number())
	}
	return say(lang.Text{
		EN: "See which program holds the port:\nss -lnp 'sport = :{{.Port}}'",
		JA: "どのプログラムのものかを確かめます。\nss -lnp 'sport = :{{.Port}}'",
	}, "Port", s.number())
}

func usualProtocol(port uint16) string {
	for protocol, ports := range usualPorts {
		if slices.Contains(ports, port) {
			return protocol
		}
	}
	return ""
}
