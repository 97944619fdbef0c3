package probe

import (
	"bytes"
	"encoding/binary"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{Name: "modbus", Transport: exposure.UDP, Ports: []uint16{502}, Hello: modbusHello, Match: modbusReplies})
}

const (
	modbusHeader   = 7
	modbusIdentify = 0x2b
)

// modbusHello reads the names of maker and device (Modbus Application Protocol
// 1.1b3, section 6.21), which touches no value of the machine.
func modbusHello(nonce uint64) []byte {
	b := binary.BigEndian.AppendUint16(nil, uint16(nonce))
	return append(b, 0, 0, 0, 5, 0xff, modbusIdentify, 0x0e, 1, 0)
}

// modbusReplies wants an answer or an exception of the same transaction. The
// answer says of which kind it is, and the question is no answer.
func modbusReplies(hello, b []byte) bool {
	if len(hello) <= modbusHeader || len(b) < modbusHeader+2 || !bytes.Equal(b[:4], hello[:4]) ||
		int(binary.BigEndian.Uint16(b[4:])) != len(b)-6 {
		return false
	}
	return b[modbusHeader] == modbusIdentify|0x80 && len(b) == modbusHeader+2 ||
		b[modbusHeader] == modbusIdentify && b[modbusHeader+1] == 0x0e && len(b) > modbusHeader+6
}
