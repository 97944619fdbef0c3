package probe

import (
	"bytes"
	"fmt"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{Name: "mgcp", Transport: exposure.UDP, Ports: []uint16{2427, 2727}, Hello: mgcpHello, Match: mgcpReplies})
}

// mgcpHello asks after an endpoint that there is not (RFC 3435 section 2.3.8).
// Its transaction has nine digits (section 3.2.1.2).
func mgcpHello(nonce uint64) []byte {
	return fmt.Appendf(nil, "AUEP %d sekisho@[127.0.0.1] MGCP 1.0\r\n", nonce>>34%900_000_000+100_000_000)
}

// mgcpReplies wants a response code and our transaction (section 3.3).
func mgcpReplies(hello, b []byte) bool {
	fields := bytes.Fields(hello)
	return len(fields) > 1 && len(b) >= 13 && b[0] >= '0' && b[0] <= '9' && b[3] == ' ' &&
		bytes.Equal(b[4:13], fields[1]) && (len(b) == 13 || b[13] == ' ' || b[13] == '\r' || b[13] == '\n')
}
