package hostnet

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/wire/igd"
)

// fakeGateway serves what a gateway would on the loopback, and the session that
// asks it.
func fakeGateway(t *testing.T, serve http.HandlerFunc) *session {
	t.Helper()
	s := httptest.NewServer(serve)
	t.Cleanup(s.Close)
	local := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	return &session{
		gateway: gateway{at: local, own: local, device: "lo"}, location: s.URL + "/root.xml",
		kind: "urn:schemas-upnp-org:service:WANIPConnection:1", control: s.URL + "/ctl",
		description: igd.Description{Device: igd.Device{Services: []igd.Service{{Type: "urn:schemas-upnp-org:service:WANIPConnection:1", Control: "/ctl"}}}},
	}
}

var indexAsked = regexp.MustCompile(`NewPortMappingIndex>(\d+)<`)

func soap(action, arguments string) string {
	return `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><u:` + action + `Response xmlns:u="x">` + arguments + `</u:` + action + `Response></s:Body></s:Envelope>`
}

func entryOf(port string) string {
	return soap("GetGenericPortMappingEntry", "<NewRemoteHost/><NewExternalPort>"+port+"</NewExternalPort><NewProtocol>TCP</NewProtocol><NewInternalPort>80</NewInternalPort><NewInternalClient>192.168.77.10</NewInternalClient><NewEnabled>1</NewEnabled><NewPortMappingDescription>\x1b[2J<![CDATA[<b>]]></NewPortMappingDescription><NewLeaseDuration>0</NewLeaseDuration>")
}

const noMore = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><detail><UPnPError><errorCode>713</errorCode></UPnPError></detail></s:Fault></s:Body></s:Envelope>`

// TestListsOfHostileGateways: a list that never ends is cut, one that lies in
// between is read on, and a page in place of an answer ends it.
func TestListsOfHostileGateways(t *testing.T) {
	for name, c := range map[string]struct {
		serve func(index string) string
		count int
		cut   bool
	}{
		"endless": {func(string) string { return entryOf("80") }, maxMappings, true},
		"two":     {func(i string) string { return map[string]string{"0": entryOf("80"), "1": entryOf("81")}[i] }, 2, true},
		"two and end": {func(i string) string {
			return map[string]string{"0": entryOf("80"), "1": entryOf("99999"), "2": entryOf("82"), "3": noMore}[i]
		}, 2, false},
		"a page":        {func(string) string { return "<html><body>Log in</body></html>" }, 0, true},
		"deep":          {func(string) string { return strings.Repeat("<a>", 5000) }, 0, true},
		"larger than 1": {func(string) string { return strings.Repeat("A", 1<<20) }, 0, true},
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			s := fakeGateway(t, func(w http.ResponseWriter, r *http.Request) {
				b, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				if found := indexAsked.FindSubmatch(b); found != nil {
					fmt.Fprint(w, strings.ReplaceAll(c.serve(string(found[1])), "\x1b", ""))
				}
			})
			list, cut := s.list(t.Context())
			if len(list) != c.count || cut != c.cut {
				t.Errorf("%d entries, cut %v; want %d, %v", len(list), cut, c.count, c.cut)
			}
		})
	}
}

// TestGatewayLeadsNowhereElse: what a description says lies at another host is
// not asked, and nothing that redirects is followed.
func TestGatewayLeadsNowhereElse(t *testing.T) {
	asked := 0
	stranger := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer stranger.Close()
	s := fakeGateway(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, stranger.URL, http.StatusFound) })
	for _, control := range []string{"http://127.0.0.2:1/ctl", "https://127.0.0.1/ctl", "http://router.example/ctl"} {
		if _, err := s.call(t.Context(), s.kind, control, igd.GetStatusInfo); err == nil {
			t.Errorf("%s was asked", control)
		}
	}
	if s.connection(t.Context()) || asked > 0 {
		t.Errorf("a redirect was followed (%d)", asked)
	}
}

// TestConnectionThatIsUp is taken before one that is not.
func TestConnectionThatIsUp(t *testing.T) {
	s := fakeGateway(t, func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		address, status := "", "Disconnected"
		if r.URL.Path == "/ppp" {
			address, status = "203.0.113.7", "Connected"
		}
		switch {
		case strings.Contains(string(b), igd.GetStatusInfo):
			fmt.Fprint(w, soap(igd.GetStatusInfo, "<NewConnectionStatus>"+status+"</NewConnectionStatus>"))
		case strings.Contains(string(b), igd.GetSpecificPortMappingEntry):
			fmt.Fprint(w, soap(igd.GetSpecificPortMappingEntry, "<NewInternalPort>8080</NewInternalPort><NewInternalClient>192.168.77.10</NewInternalClient><NewEnabled>1</NewEnabled>"))
		default:
			fmt.Fprint(w, soap(igd.GetExternalIPAddress, "<NewExternalIPAddress>"+address+"</NewExternalIPAddress>"))
		}
	})
	s.description.Device.Services = append(s.description.Device.Services, igd.Service{Type: "urn:schemas-upnp-org:service:WANPPPConnection:1", Control: "/ppp"})
	if !s.connection(t.Context()) || s.wan.String() != "203.0.113.7" || !strings.HasSuffix(s.control, "/ppp") {
		t.Errorf("%v at %s", s.wan, s.control)
	}
	list := s.specific(t.Context(), []exposure.RouterPort{{Transport: exposure.UDP, Port: 53}}, nil)
	if len(list) != 1 || list[0].Outer != 53 || list[0].Transport != exposure.UDP || list[0].To.Port() != 8080 || list[0].Requested {
		t.Errorf("%+v", list)
	}
}

func TestGatewayOf(t *testing.T) {
	n := Network{Devices: []Device{
		{Name: "eth0", Prefixes: []netip.Prefix{netip.MustParsePrefix("192.168.1.10/24")}},
		{Name: "wg0", Prefixes: []netip.Prefix{netip.MustParsePrefix("10.9.0.2/24")}},
		{Name: "ppp0", Prefixes: []netip.Prefix{netip.MustParsePrefix("203.0.113.7/32")}},
	}}
	route := func(device, via string, metric int) Route {
		return Route{To: netip.MustParsePrefix("0.0.0.0/0"), Device: device, Via: netip.MustParseAddr(via), Metric: metric}
	}
	for want, routes := range map[string][]Route{
		"192.168.1.1": {route("wg0", "10.9.0.1", 600), route("eth0", "192.168.1.1", 100)},
		"10.9.0.1":    {route("wg0", "10.9.0.1", 50), route("eth0", "192.168.1.1", 100)},
		"":            {route("eth0", "203.0.113.1", 0), route("eth0", "192.168.1.1", 100)},
		"none":        {route("eth0", "192.168.2.1", 0)},
		"no-route":    nil,
	} {
		n.Routes = routes
		g, ok := gatewayOf(n)
		if ok != net.ParseIP(want).IsPrivate() || ok && g.at.String() != want {
			t.Errorf("%+v, %v; want %q", g, ok, want)
		}
	}
}

func TestWANKindOf(t *testing.T) {
	for address, want := range map[string]exposure.WANKind{
		"8.8.8.8": exposure.WANGlobal, "192.168.1.4": exposure.WANPrivate, "100.64.3.4": exposure.WANShared, "192.0.0.2": exposure.WANSpecial,
		"127.0.0.1": exposure.WANSpecial, "10.0.0.1": exposure.WANPrivate, "169.254.1.1": exposure.WANPrivate,
	} {
		if got := WANKindOf(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s is %q, want %q", address, got, want)
		}
	}
	if WANKindOf(netip.Addr{}) != "" {
		t.Error("no address has a kind")
	}
}
