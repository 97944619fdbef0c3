package probe

import (
	"bytes"
	"encoding/binary"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{Name: "capwap", Transport: exposure.UDP, Ports: []uint16{5246, 5247}, Weak: true, Hello: capwapHello, Match: capwapReplies})
}

const capwapHeader = 8

// capwapHello is the Discovery Request of an access point, which stands before
// DTLS and leaves nothing behind (RFC 5415 sections 4.3, 4.5 and 5.1), with the
// elements that it must have. The sequence number of one byte comes back.
func capwapHello(nonce uint64) []byte {
	elements := capwapElement(20, []byte{0}) // Discovery Type: unknown
	// Board Data: the number of nobody's maker, model and serial number.
	elements = append(elements, capwapElement(38, append([]byte{0, 0, 0, 0}, append(capwapElement(0, []byte("sekisho")), capwapElement(1, []byte("0"))...)...))...)
	// Descriptor: one radio at most, none in use, no encryption, three versions.
	descriptor := []byte{1, 0, 1, 1, 0, 0}
	for kind := range byte(3) {
		descriptor = append(descriptor, 0, 0, 0, 0, 0, kind, 0, 1, '0')
	}
	elements = append(elements, capwapElement(39, descriptor)...)
	elements = append(elements, capwapElement(41, []byte{0x08})...)               // frames in native form
	elements = append(elements, capwapElement(44, []byte{0})...)                  // local MAC
	elements = append(elements, capwapElement(1048, []byte{1, 0, 0, 0, 0x0f})...) // the radio, RFC 5416 section 6.25
	b := []byte{0, 2 << 3, 0x02, 0, 0, 0, 0, 0}
	b = append(b, 0, 0, 0, 1, byte(nonce))
	b = binary.BigEndian.AppendUint16(b, uint16(len(elements)+3))
	return append(append(b, 0), elements...)
}

func capwapElement(kind uint16, value []byte) []byte {
	b := binary.BigEndian.AppendUint16(nil, kind)
	b = binary.BigEndian.AppendUint16(b, uint16(len(value)))
	return append(b, value...)
}

// capwapReplies wants a Discovery Response of the same sequence number.
func capwapReplies(hello, b []byte) bool {
	if len(hello) < capwapHeader+8 || len(b) < capwapHeader+8 || b[0] != 0 {
		return false
	}
	header := int(b[1]>>3) * 4
	if header < capwapHeader || len(b) < header+8 {
		return false
	}
	b = b[header:]
	return bytes.Equal(b[:4], []byte{0, 0, 0, 2}) && b[4] == hello[capwapHeader+4] &&
		int(binary.BigEndian.Uint16(b[5:])) == len(b)-5
}
