package probe

import (
	"encoding/binary"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{
		Name: "dtls", Transport: exposure.UDP, Weak: true, Hello: dtlsHello, Match: dtlsReplies,
		// CoAP, TURN, SNMP and its traps, syslog, RADIUS, the gateway of Remote
		// Desktop and SIP, inside DTLS.
		Ports: []uint16{5684, 5349, 10161, 10162, 6514, 2083, 3391, 5061},
	})
}

const (
	dtlsRecord    = 13
	dtlsHandshake = 12
)

// dtlsHello is a ClientHello of version 1.2 without a cookie. A server that
// guards itself against forged senders answers with the cookie alone and keeps
// nothing (RFC 6347 section 4.2.1). It should then take the number of our record
// for its own; OpenSSL does and GnuTLS does not, so nothing of ours comes back
// for certain. What is offered is what large servers and small devices have.
func dtlsHello(nonce uint64) []byte {
	body := append([]byte{0xfe, 0xfd}, noise(nonce, 32)...)
	body = append(body, 0, 0) // no session, no cookie
	body = append(body, 0, 16,
		0xc0, 0x2b, 0xc0, 0x2f, 0xc0, 0x30, 0xc0, 0x14, 0xc0, 0x13, 0xc0, 0xae, 0xc0, 0xa8, 0x00, 0xae,
		1, 0)
	extensions := []byte{
		0x00, 0x0a, 0, 8, 0, 6, 0, 29, 0, 23, 0, 24, // groups
		0x00, 0x0b, 0, 2, 1, 0, // points as they are
		0x00, 0x0d, 0, 12, 0, 10, 4, 3, 8, 4, 4, 1, 5, 1, 2, 1, // signatures
		0x00, 0x17, 0, 0, // RFC 7627
		0xff, 0x01, 0, 1, 0, // RFC 5746
	}
	body = binary.BigEndian.AppendUint16(body, uint16(len(extensions)))
	body = append(body, extensions...)
	size := []byte{0, byte(len(body) >> 8), byte(len(body))}
	b := []byte{22, 0xfe, 0xff, 0, 0, 0, 0, 0, 0, 0, 0}
	b = binary.BigEndian.AppendUint16(b, uint16(dtlsHandshake+len(body)))
	b = append(append(b, 1), size...)
	b = append(append(b, 0, 0, 0, 0, 0), size...)
	return append(b, body...)
}

// dtlsReplies wants a record of the first epoch that holds a request to prove
// our address, a ServerHello or an alert.
func dtlsReplies(_, b []byte) bool {
	if len(b) < dtlsRecord+2 || b[1] != 0xfe || b[2] != 0xff && b[2] != 0xfd || b[3] != 0 || b[4] != 0 {
		return false
	}
	size := int(binary.BigEndian.Uint16(b[11:]))
	if size > len(b)-dtlsRecord {
		return false
	}
	const alert, handshake = 21, 22
	return b[0] == alert && size == 2 && b[dtlsRecord] <= 2 ||
		b[0] == handshake && size >= dtlsHandshake && (b[dtlsRecord] == 3 || b[dtlsRecord] == 2)
}
