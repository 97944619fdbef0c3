package netio

import (
	"errors"
	"net/netip"
	"testing"

	"sekisho/internal/exposure"
)

func TestRouteToThisMachineIsOwn(t *testing.T) {
	routes, err := OpenRoutes()
	if err != nil {
		t.Fatal(err)
	}
	defer routes.Close()
	for _, a := range []string{"127.0.0.1", "127.9.9.9", "::ffff:127.0.0.1"} {
		way, err := routes.To(netip.MustParseAddr(a))
		if err != nil {
			t.Errorf("%s: %v", a, err)
		}
		if !way.Own || way.Raw || !way.Source.IsLoopback() {
			t.Errorf("%s: %+v", a, way)
		}
	}
}

func TestNoRouteIsSaidByThisMachine(t *testing.T) {
	routes, err := OpenRoutes()
	if err != nil {
		t.Fatal(err)
	}
	defer routes.Close()
	_, err = routes.To(netip.MustParseAddr("fe80::1%nosuchdevice"))
	var e *Error
	if !errors.As(err, &e) || e.Reason != exposure.LocalError || e.By != exposure.Local {
		t.Errorf("error %#v", err)
	}
}
