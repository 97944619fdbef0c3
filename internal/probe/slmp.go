package probe

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{Name: "slmp", Transport: exposure.UDP, Ports: []uint16{5006, 5007}, Hello: slmpHello, Match: slmpReplies})
}

const slmpHeader = 9 // of a 3E frame: kind, way to the station, length of the rest

// slmpHello is the self-test of the controller, which sends back what it gets:
// sixteen digits (Mitsubishi SH-080956, Self Test, command 0619). It reads and
// writes nothing.
func slmpHello(nonce uint64) []byte {
	const digits = 16
	b := []byte{0x50, 0, 0, 0xff, 0xff, 0x03, 0, 2 + 4 + 2 + digits, 0}
	b = append(b, 4, 0, 0x19, 0x06, 0, 0) // wait a second at most, command, subcommand
	return fmt.Appendf(append(b, digits, 0), "%016X", nonce)
}

// slmpReplies wants a response without an error that has the same digits.
func slmpReplies(hello, b []byte) bool {
	const text = slmpHeader + 2 + 4
	const answer = slmpHeader + 2
	return len(hello) > text && len(b) > answer && b[0] == 0xd0 && b[1] == 0 && bytes.Equal(b[2:7], hello[2:7]) &&
		int(binary.LittleEndian.Uint16(b[7:])) == len(b)-slmpHeader && b[9] == 0 && b[10] == 0 && bytes.Equal(b[answer:], hello[text:])
}
