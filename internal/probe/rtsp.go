package probe

import (
	"bytes"
	"fmt"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{Name: "rtsp", Transport: exposure.UDP, Ports: []uint16{554}, Hello: rtspHello, Match: rtspReplies})
}

// rtspHello asks which methods there are; the number comes back (RFC 2326
// sections 10.1 and 12.17, and 9.2 for datagrams).
func rtspHello(nonce uint64) []byte {
	return fmt.Appendf(nil, "OPTIONS * RTSP/1.0\r\nCSeq: %d\r\n\r\n", nonce>>33)
}

// rtspReplies wants a status line and our number.
func rtspReplies(hello, b []byte) bool {
	_, number, found := bytes.Cut(hello, []byte("CSeq: "))
	number, _, _ = bytes.Cut(number, []byte("\r"))
	return found && bytes.HasPrefix(b, []byte("RTSP/1.0 ")) &&
		(bytes.Contains(b, fmt.Appendf(nil, "\nCSeq: %s\r", number)) || bytes.Contains(b, fmt.Appendf(nil, "\nCseq: %s\r", number)))
}
