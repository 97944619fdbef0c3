package probe

import (
	"bytes"
	"encoding/binary"

	"sekisho/internal/exposure"
)

func init() {
	// The address that every station may take for its own is off in most, and
	// one that is asked by another number is silent.
	register(Probe{Name: "dnp3", Transport: exposure.UDP, Ports: []uint16{20000}, Silent: true, Hello: dnp3Hello, Match: dnp3Replies})
}

const (
	dnp3Frame = 10 // a header alone: start, length, control, to, from, checksum
	dnp3Self  = 0xfffc
)

// dnp3Hello asks for the status of the link (IEEE 1815 section 9.2.4), from an
// address that is the nonce and below those with a meaning.
func dnp3Hello(nonce uint64) []byte {
	b := []byte{0x05, 0x64, 5, 0xc9} // from a master, primary, request link status
	b = binary.LittleEndian.AppendUint16(b, dnp3Self)
	b = binary.LittleEndian.AppendUint16(b, uint16(nonce)&0x7fff)
	return binary.LittleEndian.AppendUint16(b, dnp3Checksum(b))
}

// dnp3Checksum is the CRC of section 9.2.4.4: x¹⁶ + x¹³ + x¹² + x¹¹ + x¹⁰ + x⁸ +
// x⁶ + x⁵ + x² + 1, the low bit first, inverted.
func dnp3Checksum(b []byte) uint16 {
	var crc uint16
	for _, c := range b {
		crc ^= uint16(c)
		for range 8 {
			low := crc & 1
			crc >>= 1
			if low != 0 {
				crc ^= 0xa6bc
			}
		}
	}
	return ^crc
}

// dnp3Replies wants a whole frame of a station to our address.
func dnp3Replies(hello, b []byte) bool {
	return len(hello) == dnp3Frame && len(b) >= dnp3Frame && b[0] == 0x05 && b[1] == 0x64 && b[3]&0xc0 == 0 &&
		bytes.Equal(b[4:6], hello[6:8]) && binary.LittleEndian.Uint16(b[8:]) == dnp3Checksum(b[:8])
}
