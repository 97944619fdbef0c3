package scan

import (
	"net/netip"
	"testing"

	"sekisho/internal/exposure"
)

func TestWeigh(t *testing.T) {
	router := netip.MustParseAddr("192.0.2.1")
	const tcp, udp, icmp = exposure.TCP, exposure.UDP, exposure.ICMP
	for _, c := range []struct {
		name      string
		transport exposure.Transport
		evidence  evidence
		state     exposure.State
		weight    weight
	}{
		{"syn-ack", tcp, evidence{reason: exposure.SynAck}, exposure.Open, certain},
		{"accepted-and-cut", tcp, evidence{reason: exposure.SynAck, note: cut}, exposure.Open, certain},
		{"refused", tcp, evidence{reason: exposure.ConnRefused}, exposure.Closed, certain},
		{"reset", tcp, evidence{reason: exposure.Reset}, exposure.Closed, certain},
		{"prohibited-by-router", tcp, evidence{reason: exposure.AdminProhibited, by: router}, exposure.Filtered, certain},
		{"prohibited-by-target", tcp, evidence{reason: exposure.AdminProhibited}, exposure.Filtered, certain},
		{"tcp-port-unreachable", tcp, evidence{reason: exposure.PortUnreach}, exposure.Filtered, certain},
		{"tcp-port-unreachable-by-router", tcp, evidence{reason: exposure.PortUnreach, by: router}, exposure.Filtered, certain},
		{"protocol-unreachable", tcp, evidence{reason: exposure.ProtoUnreach}, exposure.Filtered, certain},
		{"router-finds-no-host", tcp, evidence{reason: exposure.HostUnreach, by: router}, exposure.Filtered, hint},
		{"router-finds-no-net", tcp, evidence{reason: exposure.NetUnreach, by: router}, exposure.Filtered, hint},
		{"loop-of-routes", tcp, evidence{reason: exposure.TimeExceeded, by: router}, exposure.Filtered, hint},
		{"own-neighbour-missing", tcp, evidence{reason: exposure.HostUnreach, local: true}, exposure.Unknown, nothing},
		{"own-route-missing", tcp, evidence{reason: exposure.NetUnreach, local: true}, exposure.Unknown, certain},
		{"own-rule-prohibits", tcp, evidence{reason: exposure.AdminProhibited, local: true}, exposure.Unknown, certain},
		{"own-rule-port-unreachable", udp, evidence{reason: exposure.PortUnreach, local: true}, exposure.Unknown, certain},
		{"own-fault", tcp, evidence{reason: exposure.LocalError, local: true}, exposure.Unknown, certain},
		{"own-shortage", tcp, evidence{reason: exposure.LocalError, local: true, void: true}, exposure.Unknown, nothing},
		{"own-sockets-met", tcp, evidence{reason: exposure.SynAck, void: true}, exposure.Unknown, nothing},
		{"udp-reply", udp, evidence{reason: exposure.ProtoResponse}, exposure.Open, certain},
		{"udp-strange-reply", udp, evidence{reason: exposure.ProtoResponse, note: unrecognised}, exposure.Open, hint},
		{"udp-port-unreachable", udp, evidence{reason: exposure.PortUnreach}, exposure.Closed, certain},
		{"udp-port-unreachable-by-router", udp, evidence{reason: exposure.PortUnreach, by: router}, exposure.Filtered, certain},
		{"udp-prohibited", udp, evidence{reason: exposure.AdminProhibited, by: router}, exposure.Filtered, certain},
		{"udp-protocol-unreachable", udp, evidence{reason: exposure.ProtoUnreach}, exposure.Filtered, certain},
		{"echo-reply", icmp, evidence{reason: exposure.EchoReply}, exposure.Open, certain},
		{"echo-prohibited", icmp, evidence{reason: exposure.AdminProhibited, by: router}, exposure.Filtered, certain},
		{"word-that-nobody-knows", tcp, evidence{reason: "surprise"}, exposure.Unknown, certain},
	} {
		t.Run(c.name, func(t *testing.T) {
			state, weight := weigh(c.transport, c.evidence)
			if state != c.state || weight != c.weight {
				t.Errorf("got %v with weight %d, want %v with weight %d", state, weight, c.state, c.weight)
			}
		})
	}
}

func TestSilence(t *testing.T) {
	for transport, want := range map[exposure.Transport]exposure.State{
		exposure.TCP: exposure.Filtered, exposure.UDP: exposure.OpenFiltered, exposure.ICMP: exposure.Filtered,
	} {
		if got := silence(transport); got != want {
			t.Errorf("%v: got %v, want %v", transport, got, want)
		}
	}
}
