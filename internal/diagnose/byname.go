package diagnose

import (
	"slices"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

// The facts of further ways to a port: by the host's name, and through a proxy.
const (
	byNameOpen   fact = "by-name-open"
	byNameShut   fact = "by-name-shut"
	byNameInside fact = "by-name-inside" // at an address that is a router's, which from inside tells nothing
	proxyOpen    fact = "proxy-open"
	proxyShut    fact = "proxy-shut"
	proxyUnknown fact = "proxy-unknown"
)

// learnFurther takes in what was seen of the port by the host's name and through a
// proxy. From here a name that leads to the router before this machine goes out
// and comes back in (hairpin): that it does not answer cuts nobody else off.
func (c Case) learnFurther(known map[fact]said) {
	for _, o := range c.ByName {
		pairs := append(c.pairs(), "Name", o.Host, "At", o.Address, "Reason", string(o.Reason))
		switch {
		case o.State == exposure.Open:
			known[byNameOpen] = say(lang.Text{EN: "By the name {{.Name}} a connection to {{.At}} comes about.", JA: "{{.Name}} という名前で、{{.At}} に接続できます。"}, pairs...)
		case !slices.Contains(c.Addresses, o.Address):
			known[byNameInside] = say(lang.Text{EN: "By the name {{.Name}} no connection to {{.At}} comes about from here ({{.Reason}}): many routers do not send their own network's connections back in, which cuts nobody else off.", JA: "{{.Name}} という名前では、この機器から {{.At}} に接続できません({{.Reason}})。宅内からの折り返しに対応しないルーターが多く、その場合も外側の利用者に影響はありません。"}, pairs...)
		case o.State == exposure.Closed || o.State == exposure.Filtered:
			known[byNameShut] = say(lang.Text{EN: "By the name {{.Name}} no connection to {{.At}} comes about ({{.Reason}}).", JA: "{{.Name}} という名前では、{{.At}} に接続できません({{.Reason}})。"}, pairs...)
		}
	}
	if c.Unproxied != "" {
		known[proxyUnknown] = say(lang.Text{EN: "The proxy {{.Proxy}} could not be used: {{.Error}}.", JA: "プロキシ {{.Proxy}} を使えません({{.Error}})。"}, "Proxy", c.Proxy, "Error", c.Unproxied)
	}
	for _, o := range c.Proxied {
		pairs := append(c.pairs(), "Proxy", c.Proxy, "At", o.Address, "Reason", string(o.Reason), "Detail", o.Detail)
		switch o.State {
		case exposure.Open:
			known[proxyOpen] = say(lang.Text{EN: "The proxy {{.Proxy}} gets a connection to {{.At}}.", JA: "プロキシ {{.Proxy}} を通すと、{{.At}} に接続できます。"}, pairs...)
		case exposure.Closed, exposure.Filtered:
			known[proxyShut] = say(lang.Text{EN: "The proxy {{.Proxy}} gets no connection to {{.At}} ({{.Reason}}).", JA: "プロキシ {{.Proxy}} からは、{{.At}} に接続できません({{.Reason}})。"}, pairs...)
		default:
			known[proxyUnknown] = say(lang.Text{EN: "The proxy {{.Proxy}} does not tell whether it gets a connection to {{.At}}{{if .Detail}}: {{.Detail}}{{end}}.", JA: "プロキシ {{.Proxy}} からは、{{.At}} に接続できるかどうか分かりません{{if .Detail}}({{.Detail}}){{end}}。"}, pairs...)
		}
	}
}
