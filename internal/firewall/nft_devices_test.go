package firewall

import (
	"net/netip"
	"testing"

	"sekisho/internal/exposure"
)

// ingressJSON is what nft 1.0.6 tells of a chain at an interface: everything but
// the interface.
const ingressJSON = `{"nftables": [
	{"metainfo": {"version": "1.0.6", "json_schema_version": 1}},
	{"table": {"family": "netdev", "name": "guard", "handle": 1}},
	{"chain": {"family": "netdev", "table": "guard", "name": "in", "handle": 1, "type": "filter", "hook": "ingress", "prio": -500, "policy": "accept"}},
	{"rule": {"family": "netdev", "table": "guard", "chain": "in", "handle": 2, "expr": [{"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": 80}}, {"drop": null}]}}
]}`

func TestHang(t *testing.T) {
	eth0, other := netip.MustParsePrefix("192.168.1.10/24"), netip.MustParsePrefix("10.9.9.1/24")
	m := &Machine{Interfaces: []Interface{{Name: "eth0", Index: 2, Prefixes: []netip.Prefix{eth0}}, {Name: "eth9", Index: 3, Prefixes: []netip.Prefix{other}}}, Routes: []Route{{To: eth0.Masked(), Device: "eth0"}, {To: other.Masked(), Device: "eth9"}}}
	for name, c := range map[string]struct {
		listed, by string
		want       Verdict
	}{
		"told":          {"table netdev guard {\n\tchain in {\n\t\ttype filter hook ingress device \"eth0\" priority -500; policy accept;\n\t}\n}\n", "eth0", Drop},
		"another":       {"table netdev guard {\n\tchain in {\n\t\ttype filter hook ingress device \"eth0\" priority -500; policy accept;\n\t}\n}\n", "eth9", Accept},
		"several":       {"table netdev guard {\n\tchain in {\n\t\ttype filter hook ingress devices = { \"eth0\", eth9 } priority filter; policy accept;\n\t}\n}\n", "eth9", Drop},
		"of some table": {"table netdev other {\n\tchain in {\n\t\ttype filter hook ingress device \"eth0\" priority -500; policy accept;\n\t}\n}\n", "eth0", CannotSay},
		"untold":        {"", "eth0", CannotSay},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := ParseNFT([]byte(ingressJSON))
			if err != nil {
				t.Fatal(err)
			}
			r.Hang([]byte(c.listed))
			p := Packet{Transport: exposure.TCP, In: c.by, Source: netip.MustParseAddr("192.168.1.20"), SourcePort: 50000, Destination: eth0.Addr(), Port: 80}
			if c.by == "eth9" {
				p.Source, p.Destination = netip.MustParseAddr("10.9.9.2"), other.Addr()
			}
			if got := r.Evaluate(m, p); got.Verdict != c.want {
				t.Errorf("%s, want %s: %v", got.Verdict, c.want, got.Doubts)
			}
		})
	}
}

// FuzzHang: whatever is listed, it is read or left.
func FuzzHang(f *testing.F) {
	f.Add([]byte("table netdev guard {\n\tchain in {\n\t\ttype filter hook ingress device \"eth0\" priority -500; policy accept;\n\t}\n}\n"))
	f.Add([]byte("table netdev guard {\n\tchain in {\n\t\ttype filter hook ingress devices = { \"eth0\", eth9, } priority filter;\n"))
	f.Add([]byte("table inet guard {\n\tchain in {\n\t\ttype filter hook egress device priority"))
	f.Fuzz(func(t *testing.T, listed []byte) {
		r, err := ParseNFT([]byte(ingressJSON))
		if err != nil {
			t.Fatal(err)
		}
		r.Hang(listed)
	})
}
