package reach

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestClassify(t *testing.T) {
	tests := []struct {
		address, prefix, name, rfc string
		reachable                  Reachable
		embedded                   string
	}{
		{"127.0.0.1", "127.0.0.0/8", "Loopback", "[RFC1122], Section 3.2.1.3", No, ""},
		{"0.0.0.0", "0.0.0.0/32", "This host on this network", "[RFC1122], Section 3.2.1.3", No, ""},
		{"0.0.0.1", "0.0.0.0/8", "This network", "[RFC791], Section 3.2", No, ""},
		{"10.1.2.3", "10.0.0.0/8", "Private-Use", "[RFC1918]", No, ""},
		{"100.64.0.1", "100.64.0.0/10", "Shared Address Space", "[RFC6598]", No, ""},
		{"100.100.100.200", "100.64.0.0/10", "Shared Address Space", "[RFC6598]", No, ""}, // metadata of a cloud
		{"169.254.169.254", "169.254.0.0/16", "Link Local", "[RFC3927]", No, ""},          // metadata of most clouds
		{"168.63.129.16", "168.63.129.16/32", "Azure platform address", "Microsoft: What is IP address 168.63.129.16?", No, ""},
		{"192.0.0.1", "192.0.0.0/29", "IPv4 Service Continuity Prefix", "[RFC7335]", No, ""},
		{"192.0.0.8", "192.0.0.8/32", "IPv4 dummy address", "[RFC7600]", No, ""},
		{"192.0.0.9", "192.0.0.9/32", "Port Control Protocol Anycast", "[RFC7723]", Yes, ""},
		{"192.0.0.11", "192.0.0.0/24", "IETF Protocol Assignments", "[RFC6890], Section 2.1", No, ""},
		{"192.0.0.170", "192.0.0.170/32", "NAT64/DNS64 Discovery", "[RFC8880][RFC7050], Section 2.2", No, ""},
		{"192.0.0.171", "192.0.0.171/32", "NAT64/DNS64 Discovery", "[RFC8880][RFC7050], Section 2.2", No, ""},
		{"192.0.0.192", "192.0.0.0/24", "IETF Protocol Assignments", "[RFC6890], Section 2.1", No, ""}, // metadata of a cloud
		{"192.0.2.7", "192.0.2.0/24", "Documentation (TEST-NET-1)", "[RFC5737]", No, ""},
		{"192.31.196.1", "192.31.196.0/24", "AS112-v4", "[RFC7535]", Yes, ""},
		{"192.88.99.1", "192.88.99.0/24", "Deprecated (6to4 Relay Anycast)", "[RFC7526]", Unsaid, ""},
		{"192.88.99.2", "192.88.99.2/32", "6a44-relay anycast address", "[RFC6751]", No, ""},
		{"198.19.255.255", "198.18.0.0/15", "Benchmarking", "[RFC2544]", No, ""},
		{"224.0.0.1", "224.0.0.0/4", "Multicast", "[RFC5771]", Unsaid, ""},
		{"240.0.0.1", "240.0.0.0/4", "Reserved", "[RFC1112], Section 4", No, ""},
		{"255.255.255.255", "255.255.255.255/32", "Limited Broadcast", "[RFC8190] [RFC919], Section 7", No, ""},
		{"::", "::/128", "Unspecified Address", "[RFC4291]", No, ""},
		{"::1", "::1/128", "Loopback Address", "[RFC4291]", No, ""},
		{"::127.0.0.1", "::/96", "Deprecated (IPv4-compatible Address)", "[RFC4291], Section 2.5.5.1", Unsaid, "127.0.0.1"},
		{"::8.8.8.8", "::/96", "Deprecated (IPv4-compatible Address)", "[RFC4291], Section 2.5.5.1", Unsaid, "8.8.8.8"},
		{"::ffff:8.8.8.8", "::ffff:0.0.0.0/96", "IPv4-mapped Address", "[RFC4291]", No, "8.8.8.8"},
		{"64:ff9b::192.168.0.1", "64:ff9b::/96", "IPv4-IPv6 Translat.", "[RFC6052]", Yes, "192.168.0.1"},
		{"64:ff9b:1::1", "64:ff9b:1::/48", "IPv4-IPv6 Translat.", "[RFC8215]", No, ""},
		{"64:ff9b:2::1", "::/3", "Not assigned by IETF", "[RFC4291], Section 2.4", No, ""},
		{"100::1", "100::/64", "Discard-Only Address Block", "[RFC6666]", No, ""},
		{"2001::1", "2001::/32", "TEREDO", "[RFC4380] [RFC8190]", Unsaid, "255.255.255.254"},
		// The example of RFC 4380: client 192.0.2.45 behind server 65.54.227.120.
		{"2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001::/32", "TEREDO", "[RFC4380] [RFC8190]", Unsaid, "192.0.2.45"},
		{"2001:1::1", "2001:1::1/128", "Port Control Protocol Anycast", "[RFC7723]", Yes, ""},
		{"2001:1::4", "2001::/23", "IETF Protocol Assignments", "[RFC2928]", No, ""},
		{"2001:20::1", "2001:20::/28", "ORCHIDv2", "[RFC7343]", Yes, ""},
		{"2001:db8::1", "2001:db8::/32", "Documentation", "[RFC3849]", No, ""},
		{"2002:7f00:1::", "2002::/16", "6to4", "[RFC3056]", Unsaid, "127.0.0.1"},
		{"3fff:fff::1", "3fff::/20", "Documentation", "[RFC9637]", No, ""},
		{"4000::1", "4000::/2", "Not assigned by IETF", "[RFC4291], Section 2.4", No, ""},
		{"5f00::1", "5f00::/16", "Segment Routing (SRv6) SIDs", "[RFC9602]", No, ""},
		{"fd00:ec2::254", "fc00::/7", "Unique-Local", "[RFC4193] [RFC8190]", No, ""}, // metadata of a cloud
		{"fe80::1", "fe80::/10", "Link-Local Unicast", "[RFC4291]", No, ""},
		{"fe80::1%eth0", "fe80::/10", "Link-Local Unicast", "[RFC4291]", No, ""},
		{"fec0::1", "fec0::/10", "Deprecated (Site-Local Unicast)", "[RFC3879]", No, ""},
		{"ff02::1%eth0", "ff00::/8", "Multicast", "[RFC4291], Section 2.7", Unsaid, ""},
	}
	type seen struct {
		Prefix, Name, RFC string
		Reachable         Reachable
		Embedded          string
	}
	for _, tt := range tests {
		t.Run(tt.address, func(t *testing.T) {
			k := Classify(netip.MustParseAddr(tt.address))
			got := seen{k.Prefix.String(), k.Name, k.RFC, k.Reachable, ""}
			if k.Embedded.IsValid() {
				got.Embedded = k.Embedded.String()
			}
			if diff := cmp.Diff(seen{tt.prefix, tt.name, tt.rfc, tt.reachable, tt.embedded}, got); diff != "" {
				t.Errorf("Classify (-want +got):\n%s", diff)
			}
			if k.Global() {
				t.Error("a special address is called global")
			}
		})
	}
}

func TestOrdinary(t *testing.T) {
	for _, s := range []string{
		"1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0", "172.15.255.255",
		"172.32.0.0", "192.0.1.0", "168.63.129.15", "168.63.129.17", "198.17.255.255", "198.20.0.0", "223.255.255.255",
		"2000::", "2001:200::1", "2001:4860:4860::8888", "2003::1", "2400::1%eth0", "3fff:1000::", "3fff:ffff::",
	} {
		a := netip.MustParseAddr(s)
		want := Kind{Reachable: Yes, ordinary: true}
		if k := Classify(a); k != want {
			t.Errorf("%s is %+v, want ordinary", s, k)
		}
		if !Global(a) || LAN(a) || Loopback(a) {
			t.Errorf("%s: global %v lan %v loopback %v", s, Global(a), LAN(a), Loopback(a))
		}
	}
}

// TestNothingSlipsThrough is the list of forms in which an address of this
// machine, its network or its cloud was seen to pass a check of the kind
// "global unicast and not private".
func TestNothingSlipsThrough(t *testing.T) {
	for _, s := range []string{
		"127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
		"100.100.100.200", "192.0.0.192", "168.63.129.16", "198.18.0.1", "224.0.0.251", "239.255.255.250", "255.255.255.255",
		"::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1",
		"64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1", "2002:7f00:1::1", "2002:c0a8:101::1", "2001:0:4136:e378:8000:63bf:80ff:fffe",
		"fc00::1", "fd00:ec2::254", "fd20:ce::254", "fe80::1", "fe80::1%lo", "fec0::1", "ff02::1", "ff02::fb%eth0",
		"ff0e::1", "2001:db8::1", "3fff::1", "100::1", "5f00::1",
	} {
		if a := netip.MustParseAddr(s); Global(a) {
			t.Errorf("%s is called global", s)
		}
	}
	// What inet_aton would take for 127.0.0.1 never becomes an address here,
	// so that it cannot become another one elsewhere.
	for _, s := range []string{"0x7f.1", "0x7f000001", "2130706433", "127.1", "0177.0.0.1", "127.0.0.01", "1.2.3.4.5", "[::1]", "::1%"} {
		if a, err := netip.ParseAddr(s); err == nil {
			t.Errorf("netip takes %q for %s", s, a)
		}
	}
	if Global(netip.Addr{}) || LAN(netip.Addr{}) || Loopback(netip.Addr{}) {
		t.Error("no address at all is something")
	}
}

func TestLANAndLoopback(t *testing.T) {
	tests := []struct {
		address       string
		lan, loopback bool
	}{
		{"10.0.0.1", true, false},
		{"172.31.255.255", true, false},
		{"192.168.0.1", true, false},
		{"169.254.0.1", true, false},
		{"::ffff:192.168.0.1", true, false},
		{"fd12:3456::1", true, false},
		{"fe80::1%eth0", true, false},
		{"fec0::1", true, false},
		{"fec0::1%eth0", true, false},
		{"127.0.0.1", false, true},
		{"127.255.255.254", false, true},
		{"::1", false, true},
		{"::1%lo", false, true},
		{"::ffff:127.0.0.1", false, true},
		{"0.0.0.0", false, false},
		{"100.64.0.1", false, false},
		{"192.0.0.1", false, false},
		{"192.0.2.1", false, false},
		{"64:ff9b::10.0.0.1", false, false},
		{"2002:a00:1::1", false, false},
		{"ff02::1", false, false},
		{"224.0.0.1", false, false},
	}
	for _, tt := range tests {
		t.Run(tt.address, func(t *testing.T) {
			a := netip.MustParseAddr(tt.address)
			if LAN(a) != tt.lan || Loopback(a) != tt.loopback {
				t.Errorf("lan %v loopback %v, want %v %v", LAN(a), Loopback(a), tt.lan, tt.loopback)
			}
			if Global(a) {
				t.Error("called global")
			}
		})
	}
}
