package portqry

import (
	"bytes"
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sekisho/internal/exposure"
)

// controller is a domain controller behind a filter.
func controller() host {
	h := host{states: map[Asked]exposure.State{}, says: map[Asked]*Speech{
		{exposure.TCP, 135}: {Heard: true, Found: exposure.QueryAnswer{Endpoints: []exposure.QueryEndpoint{
			{UUID: "12345678-1234-abcd-ef00-01234567cffb", Annotation: "Netlogon", Protocol: "ncacn_ip_tcp", Host: "198.51.100.1", Endpoint: "49664"},
			{UUID: "12345778-1234-abcd-ef00-0123456789ac", Protocol: "ncacn_ip_tcp", Endpoint: "49665"},
			{UUID: "12345778-1234-abcd-ef00-0123456789ab", Protocol: "ncacn_np", Endpoint: `\pipe\lsass`},
			{UUID: "12345678-1234-abcd-ef00-01234567cffb", Annotation: "Netlogon", Protocol: "ncacn_ip_tcp", Endpoint: "49664"},
			{UUID: "11111111-1234-abcd-ef00-01234567cffb", Protocol: "ncacn_http", Endpoint: "593"},
			{UUID: "22222222-1234-abcd-ef00-01234567cffb", Protocol: "ncacn_ip_tcp", Endpoint: "x"},
		}}},
		{exposure.UDP, 389}: {Heard: true},
	}}
	for _, port := range []uint16{88, 135, 389, 445, 464, 49664, 49665} {
		h.states[Asked{exposure.TCP, port}] = exposure.Open
	}
	h.states[Asked{exposure.UDP, 389}] = exposure.OpenFiltered
	return h
}

func followed(t *testing.T, h host, line string, code int) (string, exposure.QueryDocument) {
	t.Helper()
	c, err := Parse(strings.Fields(line))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	found, err := Query(t.Context(), c, h.eyes(), &out)
	if err != nil || found.ExitCode != code {
		t.Errorf("exit code %d, error %v; want %d", found.ExitCode, err, code)
	}
	_, behind, _ := strings.Cut(out.String(), "Following")
	return behind, found
}

func TestFollow(t *testing.T) {
	h := controller()
	h.says[Asked{exposure.TCP, 135}].Found.Endpoints = append(h.says[Asked{exposure.TCP, 135}].Found.Endpoints, exposure.QueryEndpoint{UUID: needs[len(needs)-1].uuid, Protocol: "ncalrpc"})
	got, found := followed(t, h, "-n 192.0.2.7 -e 135 -nr --follow-epm", Listening)
	want := ` the endpoint mapper: 2 TCP ports of 7 endpoints

TCP port 49664 (unknown service): LISTENING
   12345678-1234-abcd-ef00-01234567cffb Netlogon

TCP port 49665 (unknown service): LISTENING
   12345778-1234-abcd-ef00-0123456789ac

What else a domain join needs:

TCP port 88 (unknown service): LISTENING

UDP port 389 (unknown service): LISTENING

TCP port 389 (unknown service): LISTENING

TCP port 445 (unknown service): LISTENING

TCP port 464 (unknown service): LISTENING

======== What would block a domain join ========

Nothing: every port that a domain join needs is LISTENING

======== End of domain join summary ========

`
	if d := cmp.Diff(want, got); d != "" || !found.Join.Ready || len(found.Ports) != 8 || !found.Ports[1].Followed {
		t.Errorf("%+v, -want +got:\n%s", found.Join, d)
	}
}

func TestFollowBlocked(t *testing.T) {
	h := controller()
	h.states[Asked{exposure.TCP, 49664}] = exposure.Filtered
	h.states[Asked{exposure.TCP, 445}] = exposure.Closed
	delete(h.says, Asked{exposure.UDP, 389})
	got, found := followed(t, h, "-n 192.0.2.7 -o 135,445 -nr --follow-epm", NotListening)
	want := `======== What would block a domain join ========

UDP port 389: LISTENING or FILTERED, needed for finding the controller (LDAP)
TCP port 445: NOT LISTENING, needed for SMB
TCP port 49664: FILTERED, needed for Netlogon
directory replication (DRS): the endpoint mapper names no endpoint

======== End of domain join summary ========

`
	if !strings.HasSuffix(got, want) || found.Join.Ready || len(found.Join.Blocked) != 4 {
		t.Errorf("%+v, it said:\n%s", found.Join, got)
	}
}

// TestFollowNothing: without an endpoint mapper its interfaces are not called
// missing one by one.
func TestFollowNothing(t *testing.T) {
	h := controller()
	h.states[Asked{exposure.TCP, 135}] = exposure.Closed
	got, found := followed(t, h, "-n 192.0.2.7 -e 135 -nr --follow-epm", NotListening)
	if len(found.Join.Blocked) != 1 || !strings.Contains(got, "TCP port 135: NOT LISTENING, needed for the RPC endpoint mapper\n") {
		t.Errorf("%+v, it said:\n%s", found.Join, got)
	}
	h = controller()
	h.says[Asked{exposure.TCP, 135}].Found.Endpoints = nil
	if got, found = followed(t, h, "-n 192.0.2.7 -e 135 -nr --follow-epm", Listening); found.Join.Ready {
		t.Errorf("nothing was named and all is well:\n%s", got)
	}
}

// TestQueryStops holds that a refusal ends a query before anything is asked,
// and what a query knows by itself.
func TestQueryStops(t *testing.T) {
	refused := errors.New("refused")
	h := host{states: map[Asked]exposure.State{{exposure.TCP, 80}: exposure.Open}}
	eyes := h.eyes()
	eyes.Allowed = func(netip.Addr, int) error { return refused }
	found, err := Query(t.Context(), Command{Node: "[192.0.2.7]", TCP: true, Ports: []uint16{80}, NoReverse: true}, eyes, &bytes.Buffer{})
	if !errors.Is(err, refused) || len(found.Ports) != 0 || !found.Partial {
		t.Errorf("found %+v, error %v", found, err)
	}
	found, err = Query(t.Context(), Command{Node: "server", TCP: true, Ports: []uint16{80}, Family: "6"}, h.eyes(), &bytes.Buffer{})
	if err != nil || found.ExitCode != Unresolved {
		t.Errorf("a name without an IPv6 address: %+v, %v", found, err)
	}
}

// TestQueryCalledOff: what was found of a range before Ctrl-C is told.
func TestQueryCalledOff(t *testing.T) {
	h := host{states: map[Asked]exposure.State{{exposure.TCP, 80}: exposure.Open, {exposure.TCP, 82}: exposure.Closed}}
	ctx, cancel := context.WithCancel(t.Context())
	eyes := h.eyes()
	eyes.Ahead = func(context.Context, netip.Addr, []Asked) error { cancel(); return ctx.Err() }
	c, err := Parse(strings.Fields("-n 192.0.2.7 -r 80:90 -nr"))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	found, err := Query(ctx, c, eyes, &out)
	if !errors.Is(err, context.Canceled) || !found.Partial || len(found.Ports) != 2 || !strings.HasSuffix(out.String(), "192.0.2.7\n\nTCP port 80 (http service): LISTENING\n\nTCP port 82 (unknown service): NOT LISTENING\n\n") {
		t.Errorf("found %+v, error %v; it said:\n%s", found, err, out.String())
	}
}
