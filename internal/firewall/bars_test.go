package firewall_test

import (
	"net/netip"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/firewall"
)

// TestBars: chains that hold nothing that keeps out are like none.
func TestBars(t *testing.T) {
	const head = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:ufw-before-input - [0:0]\n"
	for name, c := range map[string]struct {
		rules       string
		bars, input bool
	}{
		"empty":      {head, false, false},
		"jump":       {head + "-A INPUT -j ufw-before-input\n-A ufw-before-input -p tcp -m tcp --dport 22 -j ACCEPT\n", false, false},
		"far":        {head + "-A INPUT -j ufw-before-input\n-A ufw-before-input -p tcp -m tcp --dport 22 -j DROP\n", true, true},
		"unused":     {head + "-A ufw-before-input -p tcp -m tcp --dport 22 -j DROP\n", false, false},
		"reject":     {head + "-A INPUT -p tcp -j REJECT\n", true, true},
		"policy":     {"*filter\n:INPUT DROP [0:0]\n", true, true},
		"forward":    {"*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n", true, false},
		"not-known":  {head + "-A INPUT -j NOSUCHTARGET --x\n", true, true},
		"loop":       {head + "-A INPUT -j ufw-before-input\n-A ufw-before-input -j ufw-before-input\n", false, false},
		"loopholes":  {head + "-A INPUT -j ufw-before-input\n-A ufw-before-input -j RETURN\n", false, false},
		"with-limit": {head + "-A INPUT -m limit --limit 3/min -j LOG\n", false, false},
	} {
		r, err := firewall.ParseIptables([]byte(c.rules+"COMMIT\n"), false, nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if r.Bars() != c.bars || r.BarsInput() != c.input {
			t.Errorf("%s: %v and %v for input, want %v and %v", name, r.Bars(), r.BarsInput(), c.bars, c.input)
		}
	}
	r, err := firewall.ParseNFT([]byte(`{"nftables":[{"table":{"family":"inet","name":"a","handle":1}},{"chain":{"family":"inet","table":"a","name":"i","handle":1,"type":"filter","hook":"input","prio":0,"policy":"accept"}},
		{"map":{"family":"inet","name":"fate","table":"a","type":"inet_service","handle":2,"map":"verdict","elem":[[80,{"drop":null}]]}},
		{"rule":{"family":"inet","table":"a","chain":"i","handle":3,"expr":[{"vmap":{"key":{"payload":{"protocol":"tcp","field":"dport"}},"data":"@fate"}}]}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if !r.Bars() {
		t.Error("a map that drops counts as nothing")
	}
}

// TestExtensionHeadersAreNotThere: ufw drops what has a routing header of IPv6, and
// the packets that are asked about have none.
func TestExtensionHeadersAreNotThere(t *testing.T) {
	r, err := firewall.ParseIptables([]byte("*filter\n:INPUT DROP [0:0]\n-A INPUT -m rt --rt-type 0 -j DROP\n-A INPUT -m frag --fragmore -j DROP\n-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT\nCOMMIT\n"), true, nil)
	if err != nil {
		t.Fatal(err)
	}
	m := &firewall.Machine{Interfaces: []firewall.Interface{{Name: "eth0", Index: 2, Prefixes: []netip.Prefix{netip.MustParsePrefix("2001:db8::1/64")}}}}
	d := r.Evaluate(m, firewall.Packet{Transport: exposure.TCP, In: "eth0", Source: netip.MustParseAddr("2001:db8::2"), SourcePort: 4000, Destination: netip.MustParseAddr("2001:db8::1"), Port: 80})
	if d.Verdict != firewall.Accept {
		t.Errorf("%+v", d)
	}
}
