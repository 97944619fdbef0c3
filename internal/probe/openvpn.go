package probe

import (
	"bytes"
	"context"
	"encoding/binary"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

func init() {
	// Servers with tls-auth or tls-crypt, which most guides tell to set, answer
	// nobody without their key.
	register(Probe{Name: "openvpn", Transport: exposure.UDP, Ports: []uint16{1194}, Silent: true, Hello: openvpnHello, Match: openvpnReplies, Tell: openvpnTell, Tests: []Test{openvpnTest}})
	register(Probe{Name: "openvpn", Transport: exposure.TCP, Ports: []uint16{1194}, ClientFirst: true, Run: runOpenVPN})
}

const (
	openvpnClientReset = 7 << 3 // P_CONTROL_HARD_RESET_CLIENT_V2, key 0
	openvpnServerReset = 8 << 3
	openvpnAck         = 5 << 3
	openvpnID          = 8
)

// openvpnHello is the first packet of a client: its session id, nothing to
// acknowledge, packet number 0.
func openvpnHello(nonce uint64) []byte {
	b := binary.BigEndian.AppendUint64([]byte{openvpnClientReset}, nonce)
	return append(b, 0, 0, 0, 0, 0)
}

// openvpnReplies wants the server's reset, or its acknowledgement alone, which
// acknowledges packets and names our session behind their numbers.
func openvpnReplies(hello, b []byte) bool {
	const acks = 1 + openvpnID
	if len(hello) < acks || len(b) <= acks || b[0] != openvpnServerReset && b[0] != openvpnAck {
		return false
	}
	session := acks + 1 + 4*int(b[acks])
	return b[acks] > 0 && len(b) >= session+openvpnID && bytes.Equal(b[session:session+openvpnID], hello[1:acks])
}

// openvpnTell notes that the server answers without a static key: with tls-auth
// or tls-crypt it would have dropped our packet.
func openvpnTell(_ []byte, svc *exposure.Service) {
	svc.Product = untrusted.New("OpenVPN", 0)
	svc.Facts["static_key"] = false
}

// runOpenVPN asks over TCP.
func runOpenVPN(ctx context.Context, s *Session) (exposure.Service, error) {
	hello := openvpnHello(s.peer.nonce())
	b, err := s.openvpnFramed(ctx, hello)
	if err == nil && !openvpnReplies(hello, b) {
		err = ErrProtocol
	}
	if err != nil {
		return exposure.Service{}, s.fail("ask", err)
	}
	svc := exposure.Service{Protocol: "openvpn", Confidence: exposure.Confirmed, Facts: exposure.Facts{}}
	openvpnTell(b, &svc)
	return svc, nil
}
