package probe

import (
	"bytes"
	"encoding/binary"

	"sekisho/internal/exposure"
)

func init() {
	for name, instance := range map[string]string{"mc-sqlr": "MSSQLSERVER", "mc-sqlr-express": "SQLEXPRESS"} {
		register(Probe{
			Name: name, Transport: exposure.UDP, Ports: []uint16{1434}, Weak: true, Match: mcsqlrReplies,
			// CLNT_UCAST_INST, MC-SQLR section 2.2.3.
			Hello: func(uint64) []byte { return append(append([]byte{0x04}, instance...), 0) },
		})
	}
}

// mcsqlrReplies wants SVR_RESP with its size and the name that was asked for
// (MC-SQLR section 2.2.5). The two names that setup gives an instance are asked
// for, one at a time, and not all of them: the list, to one byte, is how these
// servers are used to flood others.
func mcsqlrReplies(hello, b []byte) bool {
	const header = 3
	return len(hello) > 2 && len(b) > header && b[0] == 0x05 &&
		int(binary.LittleEndian.Uint16(b[1:])) == len(b)-header &&
		bytes.Contains(bytes.ToUpper(b), append([]byte(";INSTANCENAME;"), bytes.ToUpper(hello[1:len(hello)-1])...))
}
