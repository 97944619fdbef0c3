package rules

import (
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/portspec"
)

func init() {
	register(rule{"exposed-local-service", judgeExposed})
}

// local is a service that belongs on the loopback address: its makers bind it
// there, or say that it must not be reached by others.
type local struct {
	name      string
	ports     []uint16
	processes []string
	severity  exposure.Severity
	meaning   lang.Text
	bind      lang.Text // the step that binds it to loopback
	unit      string    // in Debian
}

// publishers are processes that hold a port for a container, hosts those that
// run any program: behind both the number tells what it is.
var (
	publishers = []string{"docker-proxy", "rootlessport", "rootlesskit", "conmon", "slirp4netns", "pasta", "pasta.avx2"}
	hosts      = []string{"", "systemd", "java", "beam.smp", "dockerd"}
)

// spokenBy names the services that are known by what they speak, by their
// protocol or by their API over HTTP.
var spokenBy = map[string]string{
	"mysql": "MySQL/MariaDB", "postgresql": "PostgreSQL", "redis": "Redis", "memcached": "memcached", "mongodb": "MongoDB", "x11": "X11",
	"rpcbind": "rpcbind", "elasticsearch": "Elasticsearch", "docker": "Docker API", "couchdb": "CouchDB", "influxdb": "InfluxDB", "etcd": "etcd",
	"ollama": "Ollama",
	"mssql":  "SQL Server",
}

// is reports whether a port is this service: by what it speaks, by the
// process that holds it, or by its number where neither says otherwise.
func (l local) is(s subject) bool {
	if l.told(s) {
		return true
	}
	process := strings.TrimSuffix(s.owner().Process, ".exe")
	if process != "" && slices.Contains(l.processes, process) {
		return true
	}
	if !slices.Contains(l.ports, s.Port.Port) || !slices.Contains(hosts, process) && !slices.Contains(publishers, process) {
		return false
	}
	return !slices.ContainsFunc(s.spoken(), func(service exposure.Service) bool {
		return usualPorts[service.Protocol] != nil && service.Protocol != "http"
	})
}

// told reports whether the service said itself that it is this one.
func (l local) told(s subject) bool {
	return slices.ContainsFunc(s.spoken(), func(service exposure.Service) bool { return spokenBy[speaks(service)] == l.name })
}

// judgeExposed speaks of services that others must not reach and may.
func judgeExposed(s subject) []ruling {
	if !s.Exposed() {
		return nil
	}
	for _, l := range locals {
		if !l.is(s) {
			continue
		}
		evidence := s.exposure(l.name)
		if l.told(s) && s.owner().Process == "" {
			evidence = s.answering(l.name)
		}
		severity, meaning := l.severity, l.meaning
		for _, service := range s.spoken() {
			if u, open := unlockedBy(service); open && !u.unjudged(s, service) {
				return nil // that it asks for no password says more, and its remedy holds this one
			}
			if refuses, _ := service.Facts.Bool("protected_mode"); refuses {
				severity, meaning = exposure.Low, tellsMuch // it serves its own machine only
			}
			if required, _ := service.Facts.Bool("password_required"); required && severity > exposure.Medium {
				severity, meaning = exposure.Medium, guessesPasswords
			}
		}
		return []ruling{{severity, evidence, say(meaning), s.hide(l)}}
	}
	return s.localNetworkOnly()
}

// answering says that the service itself told what it is.
func (s subject) answering(name string) said {
	address, _ := s.reachableAt()
	if address.IsUnspecified() {
		return say(lang.Text{
			EN: "{{.Name}} answers on all addresses, port {{.Port}}.",
			JA: "{{.Name}}が全アドレスのポート {{.Port}} で応答しています。",
		}, "Name", name, "Port", s.number())
	}
	return say(lang.Text{
		EN: "{{.Name}} answers at {{.Address}}, port {{.Port}}.",
		JA: "{{.Name}}が {{.Address}} のポート {{.Port}} で応答しています。",
	}, "Name", name, "Address", address, "Port", s.number())
}

// exposure says how it is known that others may reach the service.
func (s subject) exposure(name string) said {
	process := s.owner().Process
	address, bound := s.reachableAt()
	switch {
	case process != "" && address.IsUnspecified():
		return say(lang.Text{
			EN: "{{.Name}} ({{.Process}}) listens on all addresses, port {{.Port}}.",
			JA: "{{.Name}}({{.Process}})が全アドレスのポート {{.Port}} で待ち受けています。",
		}, "Name", name, "Process", process, "Port", s.number())
	case process != "":
		return say(lang.Text{
			EN: "{{.Name}} ({{.Process}}) listens at {{.Address}}, port {{.Port}}.",
			JA: "{{.Name}}({{.Process}})が {{.Address}} のポート {{.Port}} で待ち受けています。",
		}, "Name", name, "Process", process, "Address", address, "Port", s.number())
	case address.IsUnspecified():
		return say(lang.Text{
			EN: "Something listens on all addresses, port {{.Port}}; by its number it is {{.Name}}.",
			JA: "全アドレスのポート {{.Port}} で待ち受けがあります。番号からは {{.Name}} です。",
		}, "Name", name, "Port", s.number())
	}
	if bound {
		return say(lang.Text{
			EN: "Something listens at {{.Address}}, port {{.Port}}; by its number it is {{.Name}}.",
			JA: "{{.Address}} のポート {{.Port}} で待ち受けがあります。番号からは {{.Name}} です。",
		}, "Name", name, "Address", address, "Port", s.number())
	}
	return say(lang.Text{
		EN: "Port {{.Port}} is open at {{.Address}}; by its number it is {{.Name}}.",
		JA: "{{.Address}} のポート {{.Port}} が開いています。番号からは {{.Name}} です。",
	}, "Name", name, "Address", address, "Port", s.number())
}

// hide is how the service gets back to the loopback address: for a container by
// the way its port is published, else by its own setting.
func (s subject) hide(l local) []said {
	owner := s.owner()
	steps := []said{say(l.bind)}
	if l.unit != "" {
		steps = append(steps, s.restarted(l.unit))
	}
	if slices.ContainsFunc(s.spoken(), func(service exposure.Service) bool { return product(service, "pgbouncer") }) {
		steps = []said{say(lang.Text{
			EN: "Bind it to this machine: in /etc/pgbouncer/pgbouncer.ini\nlisten_addr = 127.0.0.1",
			JA: "自機内だけで待ち受けるようにします。/etc/pgbouncer/pgbouncer.ini に書きます。\nlisten_addr = 127.0.0.1",
		}), s.restarted("pgbouncer")}
	}
	if owner.Container != "" || slices.Contains(publishers, owner.Process) {
		steps = []said{say(lang.Text{
			EN: "A container publishes the port. Publish it on the loopback address only, in the command or in compose.yaml:\n-p 127.0.0.1:{{.Port}}:{{.Port}}",
			JA: "コンテナがポートを公開しています。コマンドか compose.yaml で、自機内だけに公開します。\n-p 127.0.0.1:{{.Port}}:{{.Port}}",
		}, "Port", s.number())}
	}
	return append(steps, admitFew, s.unneeded())
}

// lanServices are the names in the catalogue of what belongs to a local network
// and is known by what it speaks, whatever its port is.
var lanServices = map[string]string{
	"smb": "microsoft-ds", "netbios-ssn": "netbios-ssn", "netbios-ns": "netbios-ns", "msrpc": "epmap", "ldap": "ldap", "cldap": "ldap",
	"mssql": "ms-sql-s", "mc-sqlr": "ms-sql-m", "winrm": "wsman", "vnc": "rfb",
}

// localNetworkOnly speaks of what the catalogue knows to belong to a local
// network and to nobody on the Internet, once the Internet sees it.
func (s subject) localNetworkOnly() []ruling {
	service, known := portspec.Lookup(s.Transport.String(), s.Port.Port)
	for _, spoken := range s.spoken() {
		if name := lanServices[spoken.Protocol]; name != "" && spoken.View == exposure.ViewOutside && (!known || !service.LocalOnly) {
			service, known = portspec.ByName(name)
		}
	}
	if !known || !service.LocalOnly || !s.open(exposure.ViewOutside) || s.toldToStrangers() || s.another() {
		return nil
	}
	severity, evidence := exposure.High, say(lang.Text{
		EN: "Port {{.Port}} ({{.Name}}) is open as seen from the Internet side.",
		JA: "ポート {{.Port}}({{.Name}})がインターネット側から見て開いています。",
	}, "Port", s.number(), "Name", service.Name)
	if called := s.webServer(); called != "" && !strings.Contains(strings.ToLower(called), strings.ToLower(service.Name)) {
		severity, evidence = exposure.Medium, say(lang.Text{
			EN: `Port {{.Port}} is open as seen from the Internet side; by its number it is {{.Name}}. What answers calls itself "{{.Product}}".`,
			JA: "ポート {{.Port}} がインターネット側から見て開いています。番号からは {{.Name}} ですが、「{{.Product}}」と名乗っています。",
		}, "Port", s.number(), "Name", service.Name, "Product", called)
	}
	return []ruling{{severity, evidence, say(lang.Text(service.Risk)), []said{say(lang.Text{
		EN: "Close it towards the Internet: take the forward out of the router, or let the firewall admit your own network only.",
		JA: "インターネット側に対して閉じます。ルーターの転送設定を外すか、ファイアウォールで自分のネットワークだけを許可します。",
	}), s.unneeded()}}}
}

// another reports whether something answered that is at home on other numbers,
// so that this one tells nothing. HTTP is at home everywhere.
func (s subject) another() bool {
	return slices.ContainsFunc(s.spoken(), func(service exposure.Service) bool {
		usual := usualPorts[service.Protocol]
		return usual != nil && service.Protocol != "http" && lanServices[service.Protocol] == "" && !slices.Contains(usual, s.Port.Port)
	})
}

// webServer is what an HTTP server calls itself: with it the number is a guess,
// since any program may stand behind such a server.
func (s subject) webServer() string {
	for _, service := range s.spoken("http") {
		if !service.Product.IsZero() {
			return quote(service.Product)
		}
	}
	return ""
}

// toldToStrangers reports whether a rule of the protocol itself says that
// strangers are answered, and more about it than the number tells.
func (s subject) toldToStrangers() bool {
	return slices.ContainsFunc(s.spoken("ssdp", "mdns", "coap", "dhcp"), func(service exposure.Service) bool {
		return strangers(service) && (service.Protocol != "coap" || coapTells(service))
	})
}
