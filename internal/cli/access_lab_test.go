//go:build linux && lab

package cli_test

import (
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// TestLocalTellsTheLine: which kind of line it is, by what it is asked for.
func TestLocalTellsTheLine(t *testing.T) {
	for name, want := range map[string]struct {
		access    lab.Access
		on        func(l *lab.Lab) *lab.Host
		provoke   func(t *testing.T, l *lab.Lab)
		arguments []string
		kind      exposure.NATKind
		certainty exposure.Certainty
	}{
		"unknown":         {lab.Direct, homeHost, nothing, nil, exposure.NATUnknown, ""},
		"one-router":      {lab.Routed, homeHost, pages("wan: 26.20.0.2\n", stunOutside), append(readPages, stun...), exposure.NATOne, exposure.CauseProven},
		"two-routers":     {lab.SecondRouter, homeHost, pages("wan: 192.168.0.2\n", nothing), readPages, exposure.NATDouble, exposure.CauseProven},
		"own-address":     {lab.Routed, routerHost, stunOutside, stun, exposure.NATNone, exposure.CauseProven},
		"cgnat":           {lab.CGNAT, routerHost, nothing, nil, exposure.NATCarrier, exposure.CauseProven},
		"ds-lite":         {lab.DSLite, routerHost, nothing, nil, exposure.NATDSLite, exposure.CauseProven},
		"map-e-rule":      {lab.MAPE, homeHost, ruled, []string{"--map-e-rule", "/tmp/rule.yaml"}, exposure.NATMAPE, exposure.CauseLikely},
		"map-e-dhcp-stun": {lab.MAPE, homeHost, together(stunOutside, offers(offersRule)), append([]string{"--ask-dhcpv6"}, stun...), exposure.NATMAPE, exposure.CauseProven},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := lab.New(t, lab.Behind(want.access))
			want.provoke(t, l)
			r := sekisho(t, want.on(l), root, append([]string{"local", "-f", "json"}, want.arguments...)...)
			d := decode[exposure.LocalDocument](t, r)
			if d.NAT == nil || d.NAT.Kind != want.kind || d.NAT.Certainty != want.certainty {
				t.Fatalf("%+v, want %s %s\n%s", d.NAT, want.kind, want.certainty, d.Unseen)
			}
			if want.kind == exposure.NATMAPE && (d.NAT.MAPE == nil || d.NAT.MAPE.Count != 252 || d.NAT.MAPE.Ports[0] != "1052-1055") {
				t.Errorf("%+v", d.NAT.MAPE)
			}
		})
	}
}

func homeHost(l *lab.Lab) *lab.Host { return l.Home }

func stunOutside(t *testing.T, l *lab.Lab) {
	t.Helper()
	l.Outside.StartCoturn(t, lab.Coturn{})
}

// TestDiagnoseProposesAPort: the page names the ports that can be had, one that is
// free, and where nginx is told it.
func TestDiagnoseProposesAPort(t *testing.T) {
	l := lab.New(t, lab.Behind(lab.MAPE))
	served(ruled)(t, l)
	r := sekisho(t, l.Home, root, "diagnose", "80", "--map-e-rule", "/tmp/rule.yaml")
	for _, want := range []string{"map-e-port, proven", "1052-1055", "listen 8220;", "sekisho firewall open 8220/tcp --from internet-v4", "sekisho diagnose 8220/tcp --merge seen.json"} {
		if !strings.Contains(r.out, want) {
			t.Errorf("no %q in\n%s%s", want, r.out, r.errs)
		}
	}
}
