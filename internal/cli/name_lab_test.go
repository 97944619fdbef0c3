//go:build linux && lab

package cli_test

import (
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"

	"sekisho/internal/lab"
)

// TestNameTestPage has a visitor behind the NAT router test names of which a real
// server knows what they lead to, over both families, and counts what the service
// sends to the addresses of those names: nothing.
func TestNameTestPage(t *testing.T) {
	l := lab.New(t)
	l.Outside.Run(t, "ip", "route", "replace", "default", "via", l.Router.V4.String())
	l.Outside.Run(t, "ip", "-6", "route", "replace", "default", "via", l.Router.V6.String())
	l.Router.NFT(t, `table inet names {
		counter strays {
		}
		chain arriving {
			type filter hook prerouting priority raw
			iifname "wan" ip daddr { 26.10.0.99, 26.77.0.1 } counter name strays
			iifname "wan" ip6 daddr 2a00::1 counter name strays
		}
	}`)
	l.Outside.StartBind(t, lab.Bind{
		Zones: `zone "ddns.example" { type primary; file "/etc/bind/ddns"; };`,
		Files: map[string]string{"/etc/bind/ddns": fmt.Sprintf(`$TTL 60
@ SOA ns me 1 3600 600 86400 120
  NS ns
ns A %[3]s
right A %[1]s
      AAAA %[2]s
old A 26.10.0.99
two A %[1]s
two A 26.77.0.1
alias CNAME old
ring CNAME ring2
ring2 CNAME ring
foreign6 A %[1]s
         AAAA 2a00::1
inside A 192.168.77.10
bare TXT "no address"
xn--fct A %[1]s
`, l.Router.V4, l.Home.V6, l.Outside.V4)},
	})
	l.Outside.WriteFile(t, "/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
	serving(t, l.Outside, root)
	v4 := newPageVisitor(t, l.Home, "http://"+l.Outside.V4.String()+":8080")
	v6 := newPageVisitor(t, l.Home, "http://["+l.Outside.V6.String()+"]:8080")
	for _, c := range []struct {
		by      *pageVisitor
		name    string
		verdict string
		words   []string
	}{
		{v4, "right.ddns.example", "inconclusive", []string{l.Router.V4.String() + "</code> – yours", "You did not come over IPv6", "60 seconds", "http://[" + l.Outside.V6.String() + "]:8080/name"}},
		{v6, "Right.ddns.example.", "inconclusive", []string{l.Home.V6.String() + "</code> – yours", "did not come over IPv4"}},
		{v4, "old.ddns.example", "fail", []string{"26.10.0.99</code> – not yours", l.Router.V4.String() + " is what belongs there"}},
		{v4, "alias.ddns.example", "fail", []string{"It is an alias", "old.ddns.example"}},
		{v4, "ring.ddns.example", "", nil},
		{v4, "two.ddns.example", "fail", []string{"26.77.0.1</code> – not yours", "others are not"}},
		{v6, "foreign6.ddns.example", "fail", []string{"2a00::1</code> – not yours"}},
		{v4, "inside.ddns.example", "fail", []string{"192.168.77.10", "Private-Use"}},
		{v4, "bare.ddns.example", "fail", []string{"has no address"}},
		{v4, "none.ddns.example", "fail", []string{"no such name"}},
		{v4, "家.ddns.example", "pass", []string{"Yes: xn--fct.ddns.example"}},
		{v4, "unknown.example.org", "inconclusive", []string{"could not be looked up"}},
	} {
		answer, err := c.by.PostForm(c.by.base+"/name", url.Values{"name": {c.name}})
		status, body := c.by.read(t, answer, err)
		text := html.UnescapeString(body)
		if status != 200 || !strings.Contains(body, `class="verdict `+c.verdict) {
			t.Errorf("%s: %d, want %s: %s", c.name, status, c.verdict, body)
		}
		for _, words := range c.words {
			if !strings.Contains(strings.ToLower(text), strings.ToLower(words)) {
				t.Errorf("%s: %q is not in %s", c.name, words, body)
			}
		}
	}
	if status, body := v4.page(t, "/"); status != 200 || !strings.Contains(body, `href="/name"`) {
		t.Errorf("%d %s", status, body)
	}
	if out := l.Router.Run(t, "nft", "list", "counter", "inet", "names", "strays"); !strings.Contains(out, "packets 0 ") {
		t.Errorf("the service sent to what a name leads to:\n%s", out)
	}
}
