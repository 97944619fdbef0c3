package cli

import (
	"net"
	"net/netip"
	"testing"

	"sekisho/internal/exposure"
)

// A service that starts while the ports are looked at is not without an owner.
func TestLatecomersHaveOwners(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).AddrPort().Port()
	local := netip.MustParseAddr("127.0.0.1")
	r := &checkRun{machine: machine{own: map[netip.Addr]bool{local: true}}, bound: map[portKey]bool{}}
	closed := exposure.Observation{Transport: exposure.TCP, Address: local, Port: port, State: exposure.Closed}
	if r.latecomers(t.Context(), []exposure.Observation{closed}); len(r.listeners) != 0 {
		t.Fatalf("of a closed port: %v", r.listeners)
	}
	open := closed
	open.State = exposure.Open
	for range 2 { // the second time it is known
		r.latecomers(t.Context(), []exposure.Observation{open})
		if len(r.listeners) != 1 || r.listeners[0].Port != port || r.listeners[0].PID == 0 {
			t.Fatalf("%+v", r.listeners)
		}
	}
}
