//go:build linux && lab

package gather_test

import (
	"errors"
	"net/netip"
	"testing"

	"sekisho/internal/diagnose/gather"
	"sekisho/internal/lab"
	"sekisho/internal/wire/dhcp6"
	"sekisho/internal/wire/mape"
)

// Kea tells a rule of MAP-E and the far end of DS-Lite; where nobody answers, that
// is said in the end.
func TestSoftwires(t *testing.T) {
	l := lab.New(t)
	ask := func(device string) (told dhcp6.Settings, err error) {
		err = l.Home.Do(func() error {
			var err error
			told, err = gather.Softwires(t.Context(), device)
			return err
		})
		return told, err
	}
	if _, err := ask("lo"); !errors.Is(err, gather.ErrNoLinkLocal) {
		t.Errorf("on the loopback: %v", err)
	}
	if _, err := ask("eth9"); err == nil {
		t.Error("an interface that is not there was asked")
	}
	server := l.Router.StartKea(t, "lan", `{"name": "aftr-name", "data": "aftr.carrier.example"},
		{"name": "s46-cont-mape"},
		{"space": "s46-cont-mape-options", "name": "s46-rule", "data": "0, 16, 24, 192.0.2.0, 2001:db8::/40"},
		{"space": "s46-cont-mape-options", "name": "s46-br", "data": "2001:db8:ffff::1"},
		{"space": "s46-rule-options", "name": "s46-portparams", "data": "4, 0/0"}`)
	told, err := ask("eth0")
	if err != nil {
		t.Fatal(err)
	}
	if told.AFTR != "aftr.carrier.example" || told.MAPE == nil || len(told.MAPE.Rules) != 1 {
		t.Fatalf("%+v", told)
	}
	want := mape.Rule{
		IPv6: netip.MustParsePrefix("2001:db8::/40"), IPv4: netip.MustParsePrefix("192.0.2.0/24"), EA: 16, Offset: 4,
		Relay: netip.MustParseAddr("2001:db8:ffff::1"),
	}
	if told.MAPE.Rules[0] != want {
		t.Errorf("%+v", told.MAPE.Rules[0])
	}
	server.Stop()
	if _, err := ask("eth0"); !errors.Is(err, gather.ErrNoServer) {
		t.Errorf("without a server: %v", err)
	}
}
