package probe

import (
	"bytes"

	"sekisho/internal/exposure"
)

func init() {
	// By the specification the answer goes to port 3610 of whoever asks; there
	// are devices that send it back to where the question came from.
	register(Probe{Name: "echonet", Transport: exposure.UDP, Ports: []uint16{3610}, Silent: true, Hello: echonetHello, Match: echonetReplies})
}

const echonetHeader = 12

// echonetHello reads one property, whether it is on, of the node's own profile
// (ECHONET Lite part II, section 3.2), as a controller would.
func echonetHello(nonce uint64) []byte {
	return []byte{
		0x10, 0x81, byte(nonce >> 8), byte(nonce),
		0x05, 0xff, 0x01, // from a controller
		0x0e, 0xf0, 0x01, // to the profile
		0x62, 1, 0x80, 0, // Get, one property, its code, no value
	}
}

// echonetReplies wants the answer or the refusal of the same transaction, from
// the profile to the controller.
func echonetReplies(hello, b []byte) bool {
	return len(hello) > echonetHeader && len(b) >= echonetHeader+2 && bytes.Equal(b[:4], hello[:4]) &&
		bytes.Equal(b[4:7], hello[7:10]) && bytes.Equal(b[7:10], hello[4:7]) && (b[10] == 0x72 || b[10] == 0x52)
}
